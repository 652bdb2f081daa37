/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What forward*.c share. A rule has servers; a flight is one question under way to them; a wait is one
 * client's query for its answer.
 */

#include "daemon/dns/cache.h"
#include "daemon/dns/forward.h"
#include "daemon/dns/forward-failure.h"
#include "daemon/dns/siphash.h"
#include "daemon/dns/table.h"
#include "daemon/dns/upstream.h"

#define FORWARD_STALE_USEC 1800000ULL /* RFC 8767 5: after which an expired answer serves */
#define FORWARD_REQUEST_MAX 4096      /* octets of a query that may wait: each is kept */
#define FORWARD_PROBE_USEC (30 * 1000000ULL)
#define FORWARD_FAILURE_SECONDS 5        /* RFC 9520 3.2 */
#define FORWARD_FAILURE_STALE_SECONDS 30 /* RFC 8767 5: with an expired answer to serve meanwhile */

/* A random name that is asked for through a rule and must not come in here. */
struct probe {
        struct name name; /* its size is 0: none yet */
        uint64_t sent_usec;
        struct upstream_query *query; /* NULL: none under way */
        bool seen;
};

struct rule {
        struct upstream_rule rule;
        struct forward *forward;
        unsigned int n_ref; /* the list's, and one of each flight */
        uint32_t id;        /* never used again */
        uint32_t hash;      /* of the domain */
        bool in_use;        /* of the rules of its domain it is the one that counts */
        bool removed;
        struct upstream *upstream; /* NULL: it blocks, or all of its servers are ourselves */
        const char *set_up_trouble;
        bool loops; /* as its last probe has shown */
        struct probe probe;
        size_t n_waits;
        struct forward_stats stats; /* what is counted; the rest is computed */
};

struct wait;

/* In order of when they began to wait, and so of deadline. */
struct wait_queue {
        struct wait *first, *last;
        uint64_t delay_usec;
        sd_event_source *timer;
};

enum { QUEUE_STALE, QUEUE_DEADLINE, N_QUEUES };

struct flight {
        struct flight *previous, *next; /* all flights */
        struct flight *next_completed;
        struct rule *rule;
        struct name name;
        uint16_t type;
        bool checking_disabled; /* as the cache knows it: only where the rule validates */
        bool joinable;          /* in the table; what comes of it is cached */
        bool completed;         /* what came of it is known; waits are answered when the event loop turns */
        uint32_t hash;
        struct upstream_query *query;
        struct wait *first, *last;
        struct answer *answer;  /* what came; NULL: `error` */
        struct answer *expired; /* to serve where nothing comes */
        uint64_t expired_came_usec;
        struct edns_error error;
};

/* How many waits one address has. */
struct client {
        struct endpoint address; /* port 0 */
        uint32_t hash;
        uint32_t n;
};

struct wait {
        struct query_wait wait; /* the first member: what its owner sees */
        struct flight *flight;
        struct wait *previous, *next; /* of the flight */
        struct {
                struct wait *previous, *next;
                bool in;
        } queued[N_QUEUES];
        uint64_t began_usec;
        struct client *client; /* NULL: ourselves */
        struct query_request request;
        struct endpoint from;
        bool dnssec_ok, checking_disabled;
        uint8_t data[]; /* the request's */
};

struct forward {
        sd_event *event;
        struct forward_options options; /* its texts are the next two */
        char *trust_anchor, *certificates;
        forward_ready_t ready;
        void *userdata;
        bool ending;
        struct siphash_key key;
        struct cache *cache;
        struct failures *failures;
        struct upstream_pool *pool;

        struct rule *rules[FORWARD_RULES_MAX]; /* canonical order of domains, then origin */
        size_t n_rules;
        uint32_t last_id;
        struct table used;                    /* those in use, by domain; room for all is there */
        uint16_t depths[NAME_LABELS_MAX + 1]; /* how many of them have so many labels */
        struct endpoint *own;
        size_t n_own;

        struct flight *flights;
        size_t n_flights;
        struct flight *first_completed, *last_completed;
        struct table joinable;
        sd_event_source *completion;
        struct wait_queue queues[N_QUEUES];
        size_t n_waits;
        struct table clients;
        struct forward_stats stats;
};

#define forward_count(forward, of_rule, field) \
        do { \
                (forward)->stats.field++; \
                (of_rule)->stats.field++; \
        } while (0)

enum edns_error_code stale_code(const struct answer *answer); /* RFC 8914 4.4, 4.20 */
uint64_t forward_now(const struct forward *forward); /* CLOCK_BOOTTIME, as of this turn of the event loop */

/* forward-rule.c */
struct rule *rule_match(const struct forward *forward, const struct name *name);
struct rule *rule_unref(struct rule *rule);
void rule_error(const struct rule *rule, enum edns_error_code code, const char *what, struct edns_error *ret);
bool rule_leads_back(const struct rule *rule);
void rule_leads_back_error(const struct rule *rule, struct edns_error *ret);
/* Gives each rule the servers that OPTIONS and OWN leave it. -ENOMEM: nothing has changed. */
int rules_set_up(struct forward *forward);
void rules_clear(struct forward *forward);

/* forward-flight.c */
int flights_init(struct forward *forward);
void flights_done(struct forward *forward); /* waits get SERVFAIL */
struct flight *flight_find(struct forward *forward, const struct cache_key *key);
/* Asks; *RET_ERROR says why it cannot be. EXPIRED: to serve where nothing comes, EXPIRED_AGE seconds old;
 * NULL: there is none. */
int flight_new(struct forward *forward, struct rule *rule, const struct cache_key *key,
        struct answer *expired, uint32_t expired_age, struct flight **ret, struct edns_error *ret_error);
/* Nobody joins it any more, and it is not cached. It may be gone afterwards. */
void flight_detach(struct flight *flight);
/* Ends without an answer. */
void flight_fail(struct flight *flight, const struct edns_error *error);
/* Those who come while it is still under way get ERROR at once. */
void flight_late(struct flight *flight, const struct edns_error *error);
void flight_free(struct flight *flight);

/* forward-wait.c */
int waits_init(struct forward *forward);
void waits_done(struct forward *forward);
/* REQUEST waits for FLIGHT. -EBUSY: over its client's share; -ENOMEM. */
int wait_new(struct flight *flight, const struct query_request *request, const struct forward_lookup *lookup);
/* Calls forward_ready_t with what its flight has, or has instead; ERROR: it has nothing yet. */
void wait_answer(struct wait *wait, const struct edns_error *error);
/* Whether the client of REQUEST has a wait left. */
bool wait_allowed(const struct forward *forward, const struct query_request *request);

/* forward-probe.c */
void probe_maybe(struct rule *rule); /* sends one where it is time */
void probe_cancel(struct rule *rule);
