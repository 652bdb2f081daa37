/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Upstreams' answers, kept: bounded in octets over all rules, the least recently used one goes first. A
 * look-up allocates nothing. An answer whose time is over stays until it is pushed out, for it may serve yet
 * (RFC 8767).
 *
 * Times are seconds of one clock that never goes back and runs in suspend too (CLOCK_BOOTTIME): the caller's.
 */

#include "daemon/dns/answer.h"

struct cache;

/* RULE: any number that tells the forwarding rules apart. Names are in lower case. */
struct cache_key {
        const struct name *name;
        uint32_t rule;
        uint16_t type;
        bool checking_disabled;
};

int cache_new(size_t octets_max, struct cache **ret);
struct cache *cache_free(struct cache *cache);
DEFINE_CLEANUP(struct cache *, cache_free)

void cache_set_limit(struct cache *cache, size_t octets_max); /* 0: keeps nothing */

/*
 * Keeps ANSWER (a reference of its own), fresh for answer_ttl, in the place of what was under KEY. One that
 * may not be kept (TTL 0), that is larger than an eighth of the cache, or for which there is no memory, is
 * not: what was under KEY is gone all the same.
 */
void cache_put(struct cache *cache, const struct cache_key *key, struct answer *answer, uint64_t now);

enum cache_state { CACHE_ABSENT, CACHE_FRESH, CACHE_EXPIRED };

/*
 * Looks KEY up. CACHE_EXPIRED: its time has been over for at most EXPIRED_MAX seconds. *RET_ANSWER is good
 * until the next change; *RET_AGE: seconds since it was put.
 */
enum cache_state cache_get(struct cache *cache, const struct cache_key *key, uint64_t now,
        uint32_t expired_max, const struct answer **ret_answer, uint32_t *ret_age);

/* Drops the answers at and below NAME, of all rules; or all of RULE. Returns how many. */
size_t cache_flush(struct cache *cache, const struct name *name);
size_t cache_flush_rule(struct cache *cache, uint32_t rule);

struct cache_stats {
        uint64_t answers;
        uint64_t octets;
        uint64_t evicted; /* pushed out for want of room */
};
void cache_get_stats(const struct cache *cache, struct cache_stats *ret);
/* Of RULE alone; walks the whole cache. `evicted` is 0. */
void cache_get_rule_stats(const struct cache *cache, uint32_t rule, struct cache_stats *ret);
