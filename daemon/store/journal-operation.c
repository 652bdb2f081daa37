/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/store/journal-operation.h"

#include <string.h>

#include "daemon/store/journal-internal.h"

void journal_operations_clear(struct journal_operations *operations)
{
        free(operations->data);
        *operations = (struct journal_operations){};
}

/* Room for N more octets; NULL (and failed) without memory. */
static uint8_t *extend(struct journal_operations *o, size_t n)
{
        uint8_t *p;

        if (o->failed)
                return NULL;
        if (n > o->allocated - o->size) {
                size_t allocated = MAX(o->allocated * 2, o->size + n + 64);
                uint8_t *data = realloc(o->data, allocated);

                if (!data) {
                        o->failed = true;
                        return NULL;
                }
                o->data = data;
                o->allocated = allocated;
        }
        p = o->data + o->size;
        o->size += n;
        return p;
}

static void put(struct journal_operations *o, const void *from, size_t n)
{
        uint8_t *p = extend(o, n);

        if (p && n > 0)
                memcpy(p, from, n);
}

static void put_u8(struct journal_operations *o, uint8_t v)
{
        put(o, &v, sizeof(v));
}

static void put_u16(struct journal_operations *o, uint16_t v)
{
        put(o, (uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

static void put_u32(struct journal_operations *o, uint32_t v)
{
        put_u16(o, (uint16_t)(v >> 16));
        put_u16(o, (uint16_t)v);
}

static void put_u64(struct journal_operations *o, uint64_t v)
{
        put_u32(o, (uint32_t)(v >> 32));
        put_u32(o, (uint32_t)v);
}

static void put_name(struct journal_operations *o, const struct name *name)
{
        put(o, name->wire, name->size);
}

void journal_operations_append(struct journal_operations *operations, const struct journal_operations *from)
{
        put(operations, from->data, from->size);
}

static enum journal_kind kind_of_life(uint8_t life)
{
        return life == RECORD_PERSISTENT ? JOURNAL_PERSISTENT : JOURNAL_RUNTIME;
}

static bool zone_removed(const struct change *change, const struct name *apex)
{
        struct change_zone zone;

        for (size_t i = 0; change_get_zone(change, i, &zone); i++)
                if (zone.state == CHANGE_ZONE_REMOVED && name_equal(&zone.apex, apex))
                        return true;
        return false;
}

static void encode_zone_state(const struct change_zone *zone, struct journal_operations o[JOURNAL_KINDS])
{
        bool persistent = zone->flags & ZONE_PERSISTENT;
        struct journal_operations *own = &o[persistent ? JOURNAL_PERSISTENT : JOURNAL_RUNTIME];

        if (zone->state == CHANGE_ZONE_KEPT || zone->flags & ZONE_FILE)
                return;

        /* The runtime file may have records of a persistent zone; and a new zone begins empty, whatever an
         * older file left there. */
        put_u8(&o[JOURNAL_RUNTIME], OPERATION_ZONE_DROP);
        put_name(&o[JOURNAL_RUNTIME], &zone->apex);
        if (persistent) {
                put_u8(own, OPERATION_ZONE_DROP);
                put_name(own, &zone->apex);
        }
        if (zone->state == CHANGE_ZONE_CREATED) {
                put_u8(own, OPERATION_ZONE_PUT);
                put_name(own, &zone->apex);
                put_u64(own, zone->flags);
                put_u32(own, zone->uid);
        }
}

/* RRsets are sorted by rdata, uid, life (zone.h). */
static int compare_entries(const struct rrset_entry *a, const struct rrset_entry *b)
{
        int r = memcmp(a->rdata, b->rdata, MIN(a->size, b->size));

        if (r != 0)
                return r;
        if (a->size != b->size)
                return a->size < b->size ? -1 : 1;
        if (a->uid != b->uid)
                return a->uid < b->uid ? -1 : 1;
        return (a->life > b->life) - (a->life < b->life);
}

/* Which RRset each file's operations are about, so that it is named once. */
struct rrset_cursor {
        const struct change_rrset *rrset;
        bool named[JOURNAL_KINDS];
};

static void encode_entry(struct rrset_cursor *cursor, const struct rrset_entry *e, bool keep,
        struct journal_operations operations[JOURNAL_KINDS])
{
        enum journal_kind kind = kind_of_life(e->life);
        struct journal_operations *o = &operations[kind];

        if (e->life == RECORD_FILE)
                return; /* of a zone file, which keeps it */
        if (!cursor->named[kind]) {
                put_u8(o, OPERATION_RRSET);
                put_name(o, &cursor->rrset->zone);
                put_name(o, &cursor->rrset->owner);
                put_u16(o, cursor->rrset->type);
                cursor->named[kind] = true;
        }
        put_u8(o, keep ? OPERATION_RECORD_PUT : OPERATION_RECORD_DROP);
        put_u32(o, e->uid);
        put_u16(o, e->size);
        put(o, e->rdata, e->size);
        if (keep)
                put_u32(o, e->ttl);
}

/*
 * Encodes the entries of one side that the other has not: of `before`, to be dropped, or of `after` (also
 * where the TTL differs), to be put. Both walks see the same order; were it not the documented one, more
 * would be written than needed, never less.
 */
static void encode_difference(struct rrset_cursor *cursor, const struct rrset *set, const struct rrset *other,
        bool keep, struct journal_operations o[JOURNAL_KINDS])
{
        const struct rrset_entry *e = set ? rrset_next(set, NULL) : NULL;
        const struct rrset_entry *f = other ? rrset_next(other, NULL) : NULL;

        while (e) {
                int r = f ? compare_entries(e, f) : -1;

                if (r > 0) {
                        f = rrset_next(other, f);
                        continue;
                }
                if (r < 0 || (keep && e->ttl != f->ttl))
                        encode_entry(cursor, e, keep, o);
                e = rrset_next(set, e);
        }
}

/* All drops of a change go before all puts: a zone may be removed and created anew in one. */
static void encode_rrsets(const struct change *change, bool keep, struct journal_operations o[JOURNAL_KINDS])
{
        struct change_rrset rrset;

        for (size_t i = 0; change_get_rrset(change, i, &rrset); i++) {
                struct rrset_cursor cursor = {.rrset = &rrset};

                if (keep)
                        encode_difference(&cursor, rrset.after, rrset.before, true, o);
                else if (rrset.before && !zone_removed(change, &rrset.zone))
                        encode_difference(&cursor, rrset.before, rrset.after, false, o);
        }
}

/* The serial goes to each file that has news, to the runtime file where none has. */
static void encode_serials(const struct change *change, struct journal_operations o[JOURNAL_KINDS])
{
        bool news[JOURNAL_KINDS] = {o[JOURNAL_RUNTIME].size > 0, o[JOURNAL_PERSISTENT].size > 0};
        struct change_zone zone;

        for (size_t i = 0; change_get_zone(change, i, &zone); i++) {
                bool persistent = news[JOURNAL_PERSISTENT] && zone.flags & ZONE_PERSISTENT;

                if (zone.state == CHANGE_ZONE_REMOVED || zone.flags & ZONE_FILE)
                        continue;
                for (int kind = 0; kind < JOURNAL_KINDS; kind++)
                        if (kind == JOURNAL_PERSISTENT ? persistent : news[JOURNAL_RUNTIME] || !persistent) {
                                put_u8(&o[kind], OPERATION_SERIAL);
                                put_name(&o[kind], &zone.apex);
                                put_u64(&o[kind], zone.serial);
                        }
        }
}

static int check_memory(struct journal_operations o[], size_t n)
{
        bool failed = false;

        for (size_t i = 0; i < n; i++)
                failed = failed || o[i].failed;
        if (!failed)
                return 0;
        for (size_t i = 0; i < n; i++)
                journal_operations_clear(&o[i]);
        return -ENOMEM;
}

int journal_encode_change(const struct change *change, struct journal_operations operations[JOURNAL_KINDS])
{
        struct change_zone zone;

        for (size_t i = 0; change_get_zone(change, i, &zone); i++)
                encode_zone_state(&zone, operations);
        encode_rrsets(change, false, operations);
        encode_rrsets(change, true, operations);
        encode_serials(change, operations);
        return check_memory(operations, JOURNAL_KINDS);
}

static void put_ifname(struct journal_operations *o, const char *ifname)
{
        size_t n = strnlen(ifname, sizeof(((struct journal_link *)NULL)->ifname) - 1);

        put_u8(o, (uint8_t)n);
        put(o, ifname, n);
}

int journal_encode_link(const struct journal_link *link, struct journal_operations *operations)
{
        size_t domains_size = 0;

        for (size_t i = 0; i < link->n_domains; i++)
                domains_size += 1 + (size_t)link->domains[i].name.size;
        put_u8(operations, OPERATION_LINK_PUT);
        put_ifname(operations, link->ifname);
        put_u32(operations, link->ifindex);
        put_u32(operations, link->uid);
        put_u8(operations, link->default_route);
        put_u16(operations, (uint16_t)domains_size);
        for (size_t i = 0; i < link->n_domains; i++) {
                put_u8(operations, link->domains[i].route_only);
                put_name(operations, &link->domains[i].name);
        }
        return check_memory(operations, 1);
}

int journal_encode_link_removal(const char *ifname, struct journal_operations *operations)
{
        put_u8(operations, OPERATION_LINK_DROP);
        put_ifname(operations, ifname);
        return check_memory(operations, 1);
}

static enum journal_kind kind_of_rule(const struct upstream_rule *rule)
{
        return rule->flags & UPSTREAM_PERSISTENT ? JOURNAL_PERSISTENT : JOURNAL_RUNTIME;
}

static void put_rule(struct journal_operations *o, const struct upstream_rule *rule)
{
        uint8_t servers[JOURNAL_SERVERS_SIZE];
        size_t size = journal_encode_servers(rule, servers);

        put_u8(o, OPERATION_UPSTREAM_PUT);
        put_name(o, &rule->domain);
        put_u64(o, rule->flags);
        put_u32(o, rule->uid);
        put_u16(o, (uint16_t)size);
        put(o, servers, size);
}

int journal_encode_upstream(const struct upstream_rule *rule, const struct upstream_rule *former,
        struct journal_operations operations[JOURNAL_KINDS])
{
        if (former && (!rule || kind_of_rule(rule) != kind_of_rule(former))) {
                put_u8(&operations[kind_of_rule(former)], OPERATION_UPSTREAM_DROP);
                put_name(&operations[kind_of_rule(former)], &former->domain);
        }
        if (rule)
                put_rule(&operations[kind_of_rule(rule)], rule);
        return check_memory(operations, JOURNAL_KINDS);
}
