/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What each query gets. The answer path: packet (parse) → query (decide) → our zones, special-use names, or
 * forward (cache, upstream) → packet (compose). What is in memory is answered at once, with no allocation and
 * no I/O; what an upstream must be asked for is answered later, to the owner of the query.
 */

#include <sys/types.h>

#include "common/endpoint.h"
#include "daemon/dns/cookie.h"
#include "daemon/dns/packet.h"
#include "daemon/dns/zone.h"

enum query_transport { QUERY_UDP, QUERY_TCP };

enum query_source {
        QUERY_SOURCE_NONE,     /* refused, not implemented, malformed, nobody to ask */
        QUERY_SOURCE_ZONE,     /* `zone` */
        QUERY_SOURCE_AUTO_PTR, /* made from the addresses of `zone` */
        QUERY_SOURCE_SPECIAL,  /* a special-use name (RFC 6761) */
        QUERY_SOURCE_CACHE,    /* an upstream's answer, kept; `rule` */
        QUERY_SOURCE_UPSTREAM, /* `rule` */
};

struct upstream_rule; /* daemon/dns/upstream-rule.h */
struct forward;       /* daemon/dns/forward.h */

/* Who answered and why. Pointers are good until zones or rules change next. */
struct query_result {
        enum query_source source;
        const struct zone *zone;
        const struct upstream_rule *rule;
        bool stale; /* an expired answer, for want of a fresh one (RFC 8767) */
};

struct query_stats {
        uint64_t received;
        uint64_t answered; /* NOERROR with data */
        uint64_t nodata;
        uint64_t nxdomain;
        uint64_t refused;
        uint64_t formerr;
        uint64_t other;   /* NOTIMP, BADVERS, SERVFAIL */
        uint64_t dropped; /* no answer owed: shorter than a header, or an answer itself */
        uint64_t truncated;
        uint64_t unsent; /* answers that the socket did not take: its buffer was full, or no route */
};

struct query_context {
        const struct zone_store *zones;
        struct forward *forward; /* NULL: what is not ours is refused */
        struct query_stats stats;
        struct cookie_secret cookies; /* zeroed at first */
};

struct query_owner;

/* One query that waits: embedded in what forward.c keeps of it. */
struct query_wait {
        struct query_owner *owner;
        struct query_wait *previous, *next;      /* of the same owner */
        void (*cancel)(struct query_wait *wait); /* nobody is interested any more: off the list already */
};

/*
 * An answer that came later, for CLIENT; called from the event loop, at most once for each query that waits,
 * which is off the list then. The callee does not cancel other waits of its own before it returns.
 */
typedef void (*query_reply_t)(struct query_owner *owner, const struct endpoint *client, const uint8_t *answer,
        size_t size, const struct query_result *result);

/* Who asks and can wait: a UDP socket, a TCP connection, a call of Resolve. Embedded there; zeroed but for
 * `reply` at first. */
struct query_owner {
        query_reply_t reply;
        struct query_wait *waits; /* list */
        size_t n_waits;
};

/* OWNER waits for WAIT, whose `cancel` is set; until the one is removed or the other cancelled. */
void query_owner_add(struct query_owner *owner, struct query_wait *wait);
void query_wait_remove(struct query_wait *wait); /* of no effect on one without an owner */

/* Forgets all that OWNER waits for: `reply` is not called any more. */
void query_owner_cancel(struct query_owner *owner);

struct query_request {
        enum query_transport transport;
        const struct endpoint *client; /* NULL: ourselves */
        struct query_owner *owner;     /* NULL: nobody waits; what would take an upstream is then SERVFAIL */
        const uint8_t *data;
        size_t size;
        uint64_t idle_usec;    /* TCP: after which the connection ends (RFC 7828); 0: not told */
        bool uncounted;        /* a question of our own: no matter of the statistics */
        unsigned int round;    /* how often it has waited already: query.c's own, kept in copies */
        uint64_t waiting_usec; /* since when, all rounds together: forward's own; 0: not yet */
};

/*
 * Answers REQUEST into BUF (SIZE at least 512; 65,535 for TCP). Returns the answer's octets; 0: silence is
 * owed (RFC 1035 has no answer to an answer); -EINPROGRESS: the answer goes to `owner` later, BUF and *RET
 * mean nothing. RET may be NULL.
 */
ssize_t query_answer(struct query_context *context, const struct query_request *request, uint8_t *buf,
        size_t size, struct query_result *ret);
