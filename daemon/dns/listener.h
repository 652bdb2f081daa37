/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The sockets of one address: UDP and TCP together, never half. Queries in, answers out; TCP per RFC 7766:
 * pipelined queries are answered as soon as may be, those that wait for an upstream later than those behind
 * them; a client may close its sending half, and still gets all its answers. A connection ends after
 * LISTENER_TCP_IDLE_USEC without a whole query taken in or all its answers taken out, while none waits for an
 * upstream; or after LISTENER_TCP_TOTAL_USEC in any case.
 *
 * No client can hold up others: each dispatch takes a bounded batch of datagrams, connections, octets or
 * queries. A connection is not read while LISTENER_TCP_OUTPUT_MAX octets of answers wait in it, or
 * LISTENER_TCP_WAITS_MAX queries for an upstream; where answers of these come to LISTENER_TCP_LATER_MAX
 * octets that the client does not take, it ends. Over the
 * limit per client, new connections are closed at once; at the limit of all, they wait in the kernel's queue
 * until one ends; out of descriptors or memory, accepting pauses for LISTENER_TCP_PAUSE_USEC.
 */

#include <systemd/sd-event.h>

#include "common/endpoint.h"
#include "daemon/dns/query.h"

#define LISTENER_TCP_CONNECTIONS_MAX 256 /* of one listener */
#define LISTENER_TCP_PER_CLIENT_MAX 32   /* from one address */
#define LISTENER_TCP_IDLE_USEC (10 * 1000000ULL)
#define LISTENER_TCP_TOTAL_USEC (120 * 1000000ULL)
#define LISTENER_TCP_PAUSE_USEC (100 * 1000ULL)
#define LISTENER_TCP_OUTPUT_MAX 65536
#define LISTENER_TCP_LATER_MAX (4 * LISTENER_TCP_OUTPUT_MAX)
#define LISTENER_TCP_WAITS_MAX 64 /* of one connection */

struct listener_sockets {
        int udp;
        int tcp;
};
#define LISTENER_SOCKETS_NONE ((struct listener_sockets){.udp = -1, .tcp = -1})

/*
 * Binds both sockets to E and listens, all or nothing: no SO_REUSEADDR on UDP (it would bind beside a
 * wildcard holder), no IP_FREEBIND. The negative errno is the failed bind's: -EADDRINUSE, -EACCES,
 * -EADDRNOTAVAIL …; *RET_PROTOCOL (may be NULL) is then the protocol that failed, IPPROTO_UDP or IPPROTO_TCP.
 */
int listener_bind(const struct endpoint *e, struct listener_sockets *ret, int *ret_protocol);
void listener_sockets_close(struct listener_sockets *sockets);

struct listener;

/*
 * Serves SOCKETS, which it takes over on success (and empties); QUERIES must outlive it. Sockets from
 * elsewhere (sd_listen_fds(3)) are made non-blocking. -EINVAL: one of the two is missing, or is not what it
 * should be.
 */
int listener_new(sd_event *event, struct listener_sockets *sockets, struct query_context *queries,
        struct listener **ret);
struct listener *listener_free(struct listener *listener); /* closes everything at once */
DEFINE_CLEANUP(struct listener *, listener_free)

/* Where it is bound. */
const struct endpoint *listener_endpoint(const struct listener *listener);
size_t listener_tcp_connections(const struct listener *listener);
