/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is not ours goes to an upstream: rules by longest suffix, a bounded cache in front of each, identical
 * queries under way joined, and an answer for every query within FORWARD_TIMEOUT_USEC: the upstream's, an
 * expired one (RFC 8767), or SERVFAIL with an extended error that says why. libunbound asks, retries, speaks
 * TLS and validates (daemon/dns/upstream.h); its answers are read again record by record before they are
 * cached (daemon/dns/answer.h), so that nothing malformed reaches a client.
 */

#include <systemd/sd-event.h>

#include "daemon/dns/answer.h"
#include "daemon/dns/edns.h"
#include "daemon/dns/query.h"
#include "daemon/dns/upstream-rule.h"

/* A client that gives up after five seconds, as most do, has heard from us by then. */
#define FORWARD_TIMEOUT_USEC 4500000ULL
#define FORWARD_RULES_MAX 256

struct forward;

struct forward_options {
        size_t cache_octets;      /* of all rules together; 0: no cache */
        uint32_t expired_seconds; /* how long an expired answer may still serve; 0: not at all */
        uint32_t per_client_max;  /* queries of one client address under way */
        uint32_t outstanding_max; /* queries of all clients under way */
        const char *trust_anchor; /* file for rules that validate (ldns/unbound format); copied */
        const char *certificates; /* CA bundle for DNS over TLS; copied */
};

/* How a lookup ended. */
enum forward_verdict {
        FORWARD_NONE,   /* no rule for the name: refused */
        FORWARD_READY,  /* `answer` */
        FORWARD_WAIT,   /* an upstream is being asked; forward_ready_t is called */
        FORWARD_BLOCK,  /* the rule has no servers */
        FORWARD_FAILED, /* SERVFAIL with `error` */
};

/* What is asked for, and what came of it. */
struct forward_lookup {
        const struct name *name; /* lower case: the query's, or where a chain of CNAMEs of ours has ended */
        uint16_t type;
        bool dnssec_ok;
        bool checking_disabled;
        bool cache_only; /* nobody is asked (RD is clear): what is not cached is FORWARD_NONE */

        const struct upstream_rule *rule; /* NULL with FORWARD_NONE */
        const struct answer *answer;      /* good until the event loop turns */
        uint32_t age;                     /* seconds since it came: what its TTLs have lost */
        bool cached, stale;
        struct edns_error error; /* FORWARD_FAILED; also FORWARD_READY with a stale answer */
};

/*
 * REQUEST (client's address and transport with it), copied when the lookup began, may be answered now: LOOKUP
 * is FORWARD_READY or FORWARD_FAILED. The wait has been taken off its owner already. Called from the event
 * loop, never from within forward_get.
 */
typedef void (*forward_ready_t)(void *userdata, const struct query_request *request,
        enum forward_verdict verdict, const struct forward_lookup *lookup);

int forward_new(sd_event *event, const struct forward_options *options, forward_ready_t ready, void *userdata,
        struct forward **ret);
struct forward *forward_free(struct forward *forward); /* waiting queries get SERVFAIL before it returns */
DEFINE_CLEANUP(struct forward *, forward_free)

/*
 * Looks NAME up: in the cache, or by asking the rule's servers; REQUEST then waits on its owner. With no
 * owner, or none of its client's share of waits left: FORWARD_FAILED.
 */
enum forward_verdict forward_get(
        struct forward *forward, struct forward_lookup *lookup, const struct query_request *request);

/* Takes effect for queries that come later; contexts and caches are made anew where need be. */
int forward_set_options(struct forward *forward, const struct forward_options *options);

/*
 * Adds RULE, or replaces the one with the same domain and origin. Queries under way end as they began; what
 * is cached of names that now go elsewhere is dropped. -E2BIG: FORWARD_RULES_MAX; -EINVAL: some of its
 * servers have a TLS name and some have none; -ENOMEM. On failure nothing has changed.
 */
int forward_set_rule(struct forward *forward, const struct upstream_rule *rule);
/* -ENOENT. */
int forward_remove_rule(struct forward *forward, const struct name *domain, enum upstream_origin origin);

/* All rules, also those that another origin's overrides, in canonical order; NULL at the end. Good until the
 * next change of rules. */
const struct upstream_rule *forward_rule_at(const struct forward *forward, size_t i);
/* The rule that NAME goes by; NULL: none. */
const struct upstream_rule *forward_match(const struct forward *forward, const struct name *name);
/* Why the rule at I is not used, or fails: a constant ("overridden", "leads back to us"), or NULL: all is
 * well. */
const char *forward_rule_trouble(const struct forward *forward, size_t i);

/* Addresses that are our own: an upstream there is a loop and never asked. Copied. */
int forward_set_own(struct forward *forward, const struct endpoint *own, size_t n);

/* Whether NAME, of a query that came in, is one that we have sent out to see whether a rule's servers lead
 * back to us. They do, then: the rule fails until a later probe stays away. Anything will do for an answer.
 */
bool forward_is_probe(struct forward *forward, const struct name *name);

/* Drops what is cached at and below NAME (the root: everything); returns how many answers. */
size_t forward_flush(struct forward *forward, const struct name *name);

struct forward_stats {
        uint64_t queries;  /* forwarded or answered from the cache */
        uint64_t hits;     /* from the cache, fresh */
        uint64_t expired;  /* from the cache, expired */
        uint64_t joined;   /* to an identical query under way */
        uint64_t sent;     /* to libunbound */
        uint64_t timeouts; /* no answer in time */
        uint64_t failures; /* SERVFAIL of the upstream, malformed answers */
        uint64_t bogus;    /* DNSSEC validation failed */
        uint64_t loops;    /* led back to us */
        uint64_t limited;  /* over a limit */
        uint64_t outstanding;
        uint64_t cache_answers, cache_octets, cache_evicted;
};
/* Of all rules (RULE NULL) or of one (its domain, the rule in use). */
void forward_get_stats(const struct forward *forward, const struct name *domain, struct forward_stats *ret);
