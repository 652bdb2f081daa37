/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/zone.h"

#include <assert.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/dns/auto-ptr-index.h"
#include "daemon/dns/rdata.h"
#include "daemon/dns/zone-internal.h"

int zone_store_new(struct zone_store **ret)
{
        _cleanup_free_ struct zone_store *store = calloc(1, sizeof(*store));
        uint8_t key[16];

        if (!store)
                return -ENOMEM;
        /* Up to 256 octets come whole or not at all (getrandom(2)). */
        if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
                return -errno;
        store->key = siphash_key_from_bytes(key);
        *ret = TAKE_PTR(store);
        return 0;
}

struct zone_store *zone_store_free(struct zone_store *store)
{
        if (!store)
                return NULL;
        while (store->first)
                zone_store_detach(store, store->first);
        table_clear(&store->zones);
        free(store);
        return NULL;
}

size_t zone_store_zones(const struct zone_store *store)
{
        return store->n_zones;
}

size_t zone_store_records(const struct zone_store *store)
{
        return store->records;
}

size_t zone_store_memory(const struct zone_store *store)
{
        size_t memory = sizeof(*store) + table_memory(&store->zones);

        for (const struct zone *zone = store->first; zone; zone = zone->next)
                memory += sizeof(*zone) + zone->memory + table_memory(&zone->nodes);
        return memory;
}

int zone_store_reserve(struct zone_store *store, size_t n)
{
        return table_reserve(&store->zones, n);
}

void zone_store_attach(struct zone_store *store, struct zone *zone)
{
        assert(!zone->attached);
        if (!zone->previous && !zone->next)
                zone->previous = store->last;
        *(zone->previous ? &zone->previous->next : &store->first) = zone;
        *(zone->next ? &zone->next->previous : &store->last) = zone;

        table_insert(&store->zones, zone->hash, zone_ref(zone));
        zone->attached = true;
        store->n_zones++;
        store->records += zone->records;
        store->depths[name_labels(&zone->apex)]++;
        auto_ptr_index_add_zone(store, zone);
}

void zone_store_detach(struct zone_store *store, struct zone *zone)
{
        assert(zone->attached);
        auto_ptr_index_remove_zone(store, zone);
        *(zone->previous ? &zone->previous->next : &store->first) = zone->next;
        *(zone->next ? &zone->next->previous : &store->last) = zone->previous;

        table_remove(&store->zones, zone->hash, zone);
        zone->attached = false;
        store->n_zones--;
        store->records -= zone->records;
        store->depths[name_labels(&zone->apex)]--;
        zone_unref(zone);
}

static bool zone_match(const void *item, const void *key)
{
        return name_equal(zone_apex(item), key);
}

struct zone *zone_store_find(const struct zone_store *store, const struct name *apex)
{
        uint32_t hash = table_fold(siphash(&store->key, apex->wire, apex->size));

        return table_find(&store->zones, hash, zone_match, apex);
}

/* Hashes only suffixes of as many labels as some apex has: one, mostly. */
struct zone *zone_store_match(const struct zone_store *store, const struct name *name)
{
        struct name suffix = *name;

        if (store->n_zones == 0)
                return NULL;
        for (unsigned int n = name_labels(name);; n--) {
                if (store->depths[n] > 0) {
                        struct zone *zone = zone_store_find(store, &suffix);

                        if (zone)
                                return zone;
                }
                if (n == 0)
                        return NULL;
                name_strip(&suffix, 1, &suffix);
        }
}

struct zone *zone_store_next(const struct zone_store *store, const struct zone *zone)
{
        return zone ? zone->next : store->first;
}

static int compare_nodes(const void *x, const void *y)
{
        struct name a, b;

        zone_node_name(*(const struct zone_node *const *)x, &a);
        zone_node_name(*(const struct zone_node *const *)y, &b);
        return name_compare(&a, &b);
}

int zone_list_nodes(const struct zone *zone, const struct zone_node ***ret, size_t *ret_n)
{
        const struct zone_node **nodes, *node;
        size_t n = 0, position = 0;

        nodes = calloc(MAX(table_size(&zone->nodes), (size_t)1), sizeof(struct zone_node *));
        if (!nodes)
                return -ENOMEM;
        while ((node = zone_next_node(zone, &position)))
                if (node->sets)
                        nodes[n++] = node;
        qsort(nodes, n, sizeof(struct zone_node *), compare_nodes);
        *ret = nodes;
        *ret_n = n;
        return 0;
}

static void write_name(struct wire *w, const struct name *name)
{
        wire_write(w, name->wire, name->size);
}

/* The apex stands for the primary server, "hostmaster" below it for the mailbox (RFC 2142 7). */
static void write_soa(const struct zone *zone, struct wire *w)
{
        static const uint8_t hostmaster[] = "\012hostmaster";

        write_name(w, &zone->apex);
        if (zone->apex.size + sizeof(hostmaster) - 1 <= NAME_SIZE_MAX)
                wire_write(w, hostmaster, sizeof(hostmaster) - 1);
        write_name(w, &zone->apex);
        wire_write_u32(w, (uint32_t)zone->serial);
        wire_write_u32(w, ZONE_SOA_REFRESH);
        wire_write_u32(w, ZONE_SOA_RETRY);
        wire_write_u32(w, ZONE_SOA_EXPIRE);
        wire_write_u32(w, ZONE_SOA_MINIMUM);
}

/* Behind the two names of an SOA's rdata: serial, refresh, retry, expire, minimum. */
#define SOA_NUMBERS_SIZE 20

static const struct rrset *given_soa(const struct zone *zone)
{
        return zone_node_rrset(zone->top, RDATA_SOA);
}

uint16_t zone_soa_rdata(const struct zone *zone, uint8_t buf[ZONE_SOA_RDATA_MAX])
{
        const struct rrset *given = given_soa(zone);
        struct wire w = wire_writer(buf, ZONE_SOA_RDATA_MAX), serial;

        if (!given) {
                write_soa(zone, &w);
                return (uint16_t)w.position;
        }
        const struct rrset_entry *e = rrset_next(given, NULL);
        wire_write(&w, e->rdata, e->size);
        serial = wire_writer(buf + w.position - SOA_NUMBERS_SIZE, sizeof(uint32_t));
        wire_write_u32(&serial, (uint32_t)zone->serial);
        return (uint16_t)w.position;
}

uint32_t zone_soa_ttl(const struct zone *zone)
{
        const struct rrset *given = given_soa(zone);

        return given ? given->ttl : ZONE_SOA_TTL;
}

uint32_t zone_negative_ttl(const struct zone *zone)
{
        const struct rrset *given = given_soa(zone);
        uint32_t minimum = ZONE_SOA_MINIMUM;

        if (given) {
                const struct rrset_entry *e = rrset_next(given, NULL);
                struct wire r = wire_reader(e->rdata + e->size - sizeof(uint32_t), sizeof(uint32_t));

                minimum = wire_read_u32(&r);
        }
        return MIN(zone_soa_ttl(zone), minimum);
}
