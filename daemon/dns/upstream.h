/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The servers of one forwarding rule, asked by libunbound: it tries them in turn, retries, speaks TCP and
 * TLS, and validates. Its contexts are made when they are first needed; what belongs to a rule that validates
 * has two, the second without the validator, for clients that validate themselves (CD).
 */

#include <systemd/sd-event.h>

#include "daemon/dns/answer.h"
#include "daemon/dns/upstream-rule.h"

/* UDP queries leave from these ports only, so that the unit can name them (SocketBindAllow=): Linux's own
 * range (ip_local_port_range). */
#define UPSTREAM_PORT_FIRST 32768
#define UPSTREAM_PORT_LAST 60999

/* Why DNS over TLS cannot be had, a constant; NULL: it can. (Debian 12 builds libunbound without it; anything
 * asked by TLS fails then.) */
const char *upstream_tls_trouble(void);

struct upstream;
struct upstream_pool; /* the contexts of all rules, those that are on their way out too */
struct upstream_query;

int upstream_pool_new(sd_event *event, struct upstream_pool **ret);
/* No query's `done` is called any more. Upstreams are freed before it. Not from within `done`. */
struct upstream_pool *upstream_pool_free(struct upstream_pool *pool);
DEFINE_CLEANUP(struct upstream_pool *, upstream_pool_free)
size_t upstream_pool_contexts(const struct upstream_pool *pool);

struct upstream_options {
        const struct upstream_server *servers;
        size_t n_servers; /* at least 1; all of them with a TLS name, or none */
        bool validate;
        const char *trust_anchor; /* file; NULL or "": none, then what should be validated fails */
        const char *certificates; /* file; NULL or "": those that OpenSSL finds itself */
};

/* Everything is copied. -ENOMEM. */
int upstream_new(struct upstream_pool *pool, const struct upstream_options *options, struct upstream **ret);
/* Queries under way go on. */
struct upstream *upstream_free(struct upstream *upstream);
DEFINE_CLEANUP(struct upstream *, upstream_free)

/* Forgets what libunbound has cached and learned of the servers. Queries under way end with what they have.
 */
void upstream_renew(struct upstream *upstream);

struct upstream_result {
        const uint8_t *message; /* NULL: there is no answer; good until `done` returns */
        size_t size;
        enum answer_security security;
        const char *reason; /* why it is ANSWER_BOGUS; may be NULL */
};

typedef void (*upstream_done_t)(void *userdata, const struct upstream_result *result);

/*
 * Asks. DONE is called once, perhaps before this function returns, and *RET is dead then. CHECKING_DISABLED:
 * without validation. Failures name themselves in *RET_REASON, a constant: -ENOENT: a file is missing;
 * -EOPNOTSUPP: no TLS; -EIO: libunbound refuses; -ENOMEM.
 */
int upstream_ask(struct upstream *upstream, const struct name *name, uint16_t type, bool checking_disabled,
        upstream_done_t done, void *userdata, struct upstream_query **ret, const char **ret_reason);

/* DONE is not called any more. */
void upstream_query_cancel(struct upstream_query *query);
