/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * How many zones and records each uid has, and whether more would be too many (config: zones_max,
 * records_max). Root is counted, not limited. Removed records are given back to whoever put them there, not
 * to whoever removed them.
 */

#include <sys/types.h>

#include "daemon/config.h"
#include "daemon/dns/change.h"

struct bus_quota;

int bus_quota_new(const struct config *config, struct bus_quota **ret); /* CONFIG must outlive it */
struct bus_quota *bus_quota_free(struct bus_quota *quota);
DEFINE_CLEANUP(struct bus_quota *, bus_quota_free)

/* What one change did to the counts, to be taken back where it could not be made durable. */
struct bus_quota_delta {
        size_t n;
        struct bus_quota_item {
                uid_t uid;
                ssize_t zones;
                ssize_t records;
        } * items; /* malloc'ed */
};
void bus_quota_delta_clear(struct bus_quota_delta *delta);

/* Reads off an applied change what it did. -ENOMEM. */
int bus_quota_measure(const struct change *change, struct bus_quota_delta *ret);
/* Adds DELTA to the counts, or takes it back. -ENOMEM only for a uid not seen before. */
int bus_quota_charge(struct bus_quota *quota, const struct bus_quota_delta *delta);
void bus_quota_release(struct bus_quota *quota, const struct bus_quota_delta *delta);

/* Whether UID may have one zone more: 0 or -EDQUOT. */
int bus_quota_check_zone(const struct bus_quota *quota, uid_t uid);

enum bus_quota_method { BUS_QUOTA_SET, BUS_QUOTA_ADD, BUS_QUOTA_REPLACE };

/* Whether UID may have ZONE changed so by METHOD: 0, -EDQUOT, -ENOMEM. */
int bus_quota_check_records(const struct bus_quota *quota, uid_t uid, enum bus_quota_method method,
        const struct zone *zone, const struct record_list *records);
