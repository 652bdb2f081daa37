/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "daemon/bus/bus-quota.h"

struct bus_quota {
        const struct config *config;
        struct bus_quota_delta totals;
};

/* Few uids push records on one machine: a list does. Finds UID's item, adds one where there is none. */
static struct bus_quota_item *item_get(struct bus_quota_delta *delta, uid_t uid)
{
        for (size_t i = 0; i < delta->n; i++)
                if (delta->items[i].uid == uid)
                        return &delta->items[i];
        struct bus_quota_item *items = reallocarray(delta->items, delta->n + 1, sizeof(*items));
        if (!items)
                return NULL;
        delta->items = items;
        items[delta->n] = (struct bus_quota_item){.uid = uid};
        return &items[delta->n++];
}

static const struct bus_quota_item *item_find(const struct bus_quota *quota, uid_t uid)
{
        static const struct bus_quota_item nothing = {};

        for (size_t i = 0; i < quota->totals.n; i++)
                if (quota->totals.items[i].uid == uid)
                        return &quota->totals.items[i];
        return &nothing;
}

int bus_quota_new(const struct config *config, struct bus_quota **ret)
{
        struct bus_quota *quota = calloc(1, sizeof(*quota));

        if (!quota)
                return -ENOMEM;
        quota->config = config;
        *ret = quota;
        return 0;
}

struct bus_quota *bus_quota_free(struct bus_quota *quota)
{
        bus_quota_delta_clear(&quota->totals);
        free(quota);
        return NULL;
}

void bus_quota_delta_clear(struct bus_quota_delta *delta)
{
        free(delta->items);
        *delta = (struct bus_quota_delta){};
}

static int measure_rrset(struct bus_quota_delta *delta, const struct rrset *set, int sign)
{
        if (!set)
                return 0;
        for (const struct rrset_entry *e = rrset_next(set, NULL); e; e = rrset_next(set, e)) {
                struct bus_quota_item *item = item_get(delta, e->uid);
                if (!item)
                        return -ENOMEM;
                item->records += sign;
        }
        return 0;
}

static int measure_zone(struct bus_quota_delta *delta, const struct change_zone *zone)
{
        if (zone->state == CHANGE_ZONE_KEPT)
                return 0;
        struct bus_quota_item *item = item_get(delta, zone->uid);
        if (!item)
                return -ENOMEM;
        item->zones += zone->state == CHANGE_ZONE_CREATED ? 1 : -1;
        return 0;
}

int bus_quota_measure(const struct change *change, struct bus_quota_delta *ret)
{
        _cleanup_(bus_quota_delta_clear) struct bus_quota_delta delta = {};
        struct change_rrset set;
        struct change_zone zone;
        int r;

        for (size_t i = 0; change_get_zone(change, i, &zone); i++) {
                r = measure_zone(&delta, &zone);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; change_get_rrset(change, i, &set); i++) {
                r = measure_rrset(&delta, set.before, -1);
                if (r >= 0)
                        r = measure_rrset(&delta, set.after, 1);
                if (r < 0)
                        return r;
        }
        *ret = delta;
        delta = (struct bus_quota_delta){};
        return 0;
}

int bus_quota_charge(struct bus_quota *quota, const struct bus_quota_delta *delta)
{
        for (size_t i = 0; i < delta->n; i++)
                if (!item_get(&quota->totals, delta->items[i].uid))
                        return -ENOMEM;
        for (size_t i = 0; i < delta->n; i++) {
                struct bus_quota_item *item = item_get(&quota->totals, delta->items[i].uid);
                item->zones += delta->items[i].zones;
                item->records += delta->items[i].records;
        }
        return 0;
}

void bus_quota_release(struct bus_quota *quota, const struct bus_quota_delta *delta)
{
        for (size_t i = 0; i < delta->n; i++) {
                struct bus_quota_item *item = item_get(&quota->totals, delta->items[i].uid);
                if (!item)
                        continue; /* was never charged */
                item->zones -= delta->items[i].zones;
                item->records -= delta->items[i].records;
        }
}

int bus_quota_check_zone(const struct bus_quota *quota, uid_t uid)
{
        return uid != 0 && item_find(quota, uid)->zones >= (ssize_t)quota->config->zones_max ? -EDQUOT : 0;
}

static size_t count_of_uid(const struct rrset *set, uid_t uid)
{
        size_t n = 0;

        if (!set)
                return 0;
        for (const struct rrset_entry *e = rrset_next(set, NULL); e; e = rrset_next(set, e))
                n += e->uid == uid;
        return n;
}

static const struct rrset *rrset_of(const struct zone *zone, const struct record *record)
{
        const struct zone_node *node = zone_find_node(zone, &record->owner);

        return node ? zone_node_rrset(node, record->type) : NULL;
}

static int compare_rrset(const void *a, const void *b)
{
        const struct record *x = *(const struct record *const *)a, *y = *(const struct record *const *)b;

        return x->type != y->type ? (x->type < y->type ? -1 : 1) : name_compare(&x->owner, &y->owner);
}

/* UID's records in the RRsets that RECORDS replace. */
static int count_replaced_sets(
        const struct zone *zone, uid_t uid, const struct record_list *records, size_t *ret)
{
        _cleanup_free_ const struct record **sorted = calloc(records->n + 1, sizeof(*sorted));
        size_t n = 0;

        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < records->n; i++)
                sorted[i] = &records->items[i];
        qsort(sorted, records->n, sizeof(*sorted), compare_rrset);
        for (size_t i = 0; i < records->n; i++)
                if (i == 0 || compare_rrset(&sorted[i - 1], &sorted[i]) != 0)
                        n += count_of_uid(rrset_of(zone, sorted[i]), uid);
        *ret = n;
        return 0;
}

/* Those of RECORDS that are there already, so that only their TTL changes. */
static size_t count_present(const struct zone *zone, uid_t uid, const struct record_list *records)
{
        size_t n = 0;

        for (size_t i = 0; i < records->n; i++) {
                const struct record *r = &records->items[i];
                const struct rrset *set = rrset_of(zone, r);
                if (!set)
                        continue;
                for (const struct rrset_entry *e = rrset_next(set, NULL); e; e = rrset_next(set, e))
                        n += e->uid == uid && e->life == r->life && e->size == r->rdata_size &&
                             memcmp(e->rdata, r->rdata, e->size) == 0;
        }
        return n;
}

static int count_zone(const struct zone *zone, uid_t uid, size_t *ret)
{
        _cleanup_free_ const struct zone_node **nodes = NULL;
        size_t n_nodes, n = 0;
        int r = zone_list_nodes(zone, &nodes, &n_nodes);

        if (r < 0)
                return r;
        for (size_t i = 0; i < n_nodes; i++)
                for (const struct rrset *s = zone_node_next(nodes[i], NULL); s;
                        s = zone_node_next(nodes[i], s))
                        n += count_of_uid(s, uid);
        *ret = n;
        return 0;
}

int bus_quota_check_records(const struct bus_quota *quota, uid_t uid, enum bus_quota_method method,
        const struct zone *zone, const struct record_list *records)
{
        size_t given_back = 0, limit = quota->config->records_max;
        size_t after = (size_t)item_find(quota, uid)->records + records->n;
        int r = 0;

        if (uid == 0 || after <= limit)
                return 0;
        /* Only at the limit is it worth counting what the change gives back. */
        switch (method) {
        case BUS_QUOTA_SET:
                r = count_replaced_sets(zone, uid, records, &given_back);
                break;
        case BUS_QUOTA_ADD:
                given_back = count_present(zone, uid, records);
                break;
        case BUS_QUOTA_REPLACE:
                r = count_zone(zone, uid, &given_back);
                break;
        }
        if (r < 0)
                return r;
        return after - given_back > limit ? -EDQUOT : 0;
}
