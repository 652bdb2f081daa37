/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Zones from text, and back: for the tests of daemon/dns. */

#include "tests/unit/test.h"

#include <string.h>

#include "daemon/dns/change.h"
#include "daemon/dns/rdata.h"

static inline struct name name_of(const char *text)
{
        struct name n;

        if (name_from_text(text, NULL, &n) < 0)
                fail_msg("not a name: %s", text);
        return n;
}

static inline uint16_t type_of(const char *text)
{
        uint16_t type;

        if (rdata_type_from_text(text, &type) < 0)
                fail_msg("not a type: %s", text);
        return type;
}

/* As people write it; UID and LIFE are 0 where not given. */
struct fixture_record {
        const char *owner, *type;
        uint32_t ttl;
        const char *rdata;
        uid_t uid;
        enum record_life life;
};

/* R("db", "A", 60, "192.0.2.7", .uid = 7): one of FIXTURE_RECORDS. */
#define R(owner_text, type_text, seconds, rdata_text, ...) \
        { \
                .owner = owner_text, .type = type_text, .ttl = seconds, .rdata = rdata_text, __VA_ARGS__ \
        }

static inline void fixture_records(
        struct record_list *list, const char *zone, const struct fixture_record *from, size_t n)
{
        struct name origin = name_of(zone);

        for (size_t i = 0; i < n; i++) {
                struct record r = {.type = type_of(from[i].type),
                        .ttl = from[i].ttl,
                        .uid = from[i].uid,
                        .life = from[i].life};
                char *reason = NULL;

                if (name_from_text(from[i].owner, &origin, &r.owner) < 0)
                        fail_msg("not a name: %s", from[i].owner);
                if (rdata_from_text(r.type, from[i].rdata, &origin, &r.rdata, &r.rdata_size, &reason) < 0)
                        fail_msg("%s", reason);
                assert_int_equal(record_list_add(list, &r), 0);
                free(r.rdata);
        }
}

typedef int (*fixture_step_t)(
        struct change *c, const struct name *zone, const struct record *records, size_t n, char **ret_reason);

/* One step of C with these records; its result. */
static inline int fixture_step(struct change *c, fixture_step_t step, const char *zone,
        const struct fixture_record *from, size_t n, char **ret_reason)
{
        struct record_list list = {};
        struct name apex = name_of(zone);
        int r;

        fixture_records(&list, zone, from, n);
        r = step(c, &apex, list.items, list.n, ret_reason);
        record_list_clear(&list);
        return r;
}

#define FIXTURE_RECORDS(...) \
        (const struct fixture_record[]){__VA_ARGS__}, \
                sizeof((const struct fixture_record[]){__VA_ARGS__}) / sizeof(struct fixture_record)

/* A change of one step, applied. */
static inline void fixture_put(struct zone_store *store, fixture_step_t step, const char *zone,
        const struct fixture_record *from, size_t n)
{
        _cleanup_(change_freep) struct change *c = NULL;
        char *reason = NULL;

        assert_int_equal(change_new(store, &c), 0);
        if (fixture_step(c, step, zone, from, n, &reason) < 0)
                fail_msg("%s", reason);
        change_apply(c);
}

static inline void fixture_create(struct zone_store *store, const char *zone, uint64_t flags)
{
        _cleanup_(change_freep) struct change *c = NULL;
        struct name apex = name_of(zone);

        assert_int_equal(change_new(store, &c), 0);
        assert_int_equal(change_create_zone(c, &apex, flags, 0, NULL), 0);
        change_apply(c);
}

static inline int fixture_remove(struct change *c, const char *zone, const char *owner, const char *type,
        const char *rdata, char **ret_reason)
{
        struct name apex = name_of(zone);
        struct change_removal removal = {.type = *type ? type_of(type) : 0};
        uint8_t *octets = NULL;
        int r;

        assert_int_equal(name_from_text(owner, &apex, &removal.owner), 0);
        if (*rdata)
                assert_int_equal(rdata_from_text(removal.type ? removal.type : RDATA_TXT, rdata, &apex,
                                         &octets, &removal.rdata_size, NULL),
                        0);
        removal.rdata = octets;
        r = change_remove(c, &apex, &removal, 1, ret_reason);
        free(octets);
        return r;
}

static inline void fixture_dump_rrset(FILE *f, const struct zone_node *node, const struct rrset *set)
{
        char owner[NAME_TEXT_SIZE], type[RDATA_TYPE_TEXT_SIZE];
        struct name n;

        zone_node_name(node, &n);
        for (const struct rrset_entry *e = rrset_next(set, NULL); e; e = rrset_next(set, e)) {
                char *text;

                assert_int_equal(rdata_to_text(set->type, e->rdata, e->size, &text), 0);
                fprintf(f, "%s %u %s %s uid=%u life=%u%s\n", name_to_text(&n, owner), e->ttl,
                        rdata_type_to_text(set->type, type), text, e->uid, e->life,
                        e->duplicate ? " dup" : "");
                free(text);
        }
}

/* All that is in the store but the serials, in a stable order, to be freed. */
static inline char *fixture_dump(const struct zone_store *store)
{
        char *text = NULL, apex[NAME_TEXT_SIZE];
        size_t size;
        FILE *f = open_memstream(&text, &size);

        for (struct zone *zone = zone_store_next(store, NULL); zone; zone = zone_store_next(store, zone)) {
                const struct zone_node **nodes;
                size_t n;

                fprintf(f, "%s flags=%lu uid=%u records=%zu\n", name_to_text(zone_apex(zone), apex),
                        (unsigned long)zone_flags(zone), zone_uid(zone), zone_records(zone));
                assert_int_equal(zone_list_nodes(zone, &nodes, &n), 0);
                for (size_t i = 0; i < n; i++)
                        for (const struct rrset *set = zone_node_next(nodes[i], NULL); set;
                                set = zone_node_next(nodes[i], set))
                                fixture_dump_rrset(f, nodes[i], set);
                free(nodes);
        }
        fprintf(f, "zones=%zu records=%zu\n", zone_store_zones(store), zone_store_records(store));
        fclose(f);
        return text;
}
