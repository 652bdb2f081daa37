/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Questions that could not be answered a moment ago, and why: they are not asked again for seconds (RFC 9520
 * 3.2). Of a fixed number; the oldest goes first. Time is the caller's, in microseconds.
 */

#include "daemon/dns/cache.h"
#include "daemon/dns/edns.h"

#define FAILURES_MAX 1024

struct failures;

int failures_new(struct failures **ret);
struct failures *failures_free(struct failures *failures);
DEFINE_CLEANUP(struct failures *, failures_free)

/* In the place of what was there; not at all for want of memory. */
void failures_put(struct failures *failures, const struct cache_key *key, const struct edns_error *error,
        uint64_t until_usec);
void failures_remove(struct failures *failures, const struct cache_key *key);
void failures_flush(struct failures *failures, const struct name *name); /* at and below */

/* NULL: none. Good until the next change. */
const struct edns_error *failures_get(
        struct failures *failures, const struct cache_key *key, uint64_t now_usec);
