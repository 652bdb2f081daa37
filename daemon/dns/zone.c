/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/zone.h"

#include <assert.h>
#include <string.h>

#include "daemon/dns/auto-ptr-index.h"
#include "daemon/dns/rdata.h"
#include "daemon/dns/zone-internal.h"

/* A name, or its end from some label on: both are wire format. */
struct suffix {
        const uint8_t *wire;
        size_t size;
};

static struct suffix suffix_of(const struct name *name)
{
        return (struct suffix){.wire = name->wire, .size = name->size};
}

static struct suffix suffix_parent(struct suffix s)
{
        return (struct suffix){.wire = s.wire + 1 + *s.wire, .size = s.size - 1 - *s.wire};
}

static bool node_match(const void *item, const void *key)
{
        const struct zone_node *node = item;
        const struct suffix *s = key;

        return node->size == s->size && memcmp(node->wire, s->wire, s->size) == 0;
}

static uint32_t suffix_hash(const struct zone *zone, struct suffix s)
{
        return table_fold(siphash(&zone->store->key, s.wire, s.size));
}

static struct zone_node *find(const struct zone *zone, struct suffix s)
{
        return table_find(&zone->nodes, suffix_hash(zone, s), node_match, &s);
}

static size_t node_memory(const struct zone_node *node)
{
        return sizeof(*node) + node->size;
}

/* Adds a node below PARENT (NULL for the apex), whose reference it takes over on success. */
static int node_add(struct zone *zone, struct suffix s, struct zone_node *parent, struct zone_node **ret)
{
        _cleanup_free_ struct zone_node *node = malloc(sizeof(*node) + s.size);
        int r;

        if (!node)
                return -ENOMEM;
        r = table_reserve(&zone->nodes, 1);
        if (r < 0)
                return r;
        *node = (struct zone_node){
                .parent = parent, .refs = 1, .hash = suffix_hash(zone, s), .size = (uint8_t)s.size};
        memcpy(node->wire, s.wire, s.size);
        table_insert(&zone->nodes, node->hash, node);
        zone->memory += node_memory(node);
        *ret = TAKE_PTR(node);
        return 0;
}

/* Recurses once for each label that is new, 127 at most; the apex is always there and ends it. */
static int hold(struct zone *zone, struct suffix s, struct zone_node **ret)
{
        struct zone_node *node = find(zone, s), *parent;
        int r;

        if (node) {
                node->refs++;
                *ret = node;
                return 0;
        }
        r = hold(zone, suffix_parent(s), &parent);
        if (r < 0)
                return r;
        r = node_add(zone, s, parent, ret);
        if (r < 0)
                zone_release_node(zone, parent);
        return r;
}

int zone_hold_node(struct zone *zone, const struct name *name, struct zone_node **ret)
{
        return hold(zone, suffix_of(name), ret);
}

struct zone_node *zone_peek_node(const struct zone *zone, const struct name *name)
{
        return find(zone, suffix_of(name));
}

void zone_release_node(struct zone *zone, struct zone_node *node)
{
        while (node && --node->refs == 0 && !node->sets) {
                struct zone_node *parent = node->parent;

                table_remove(&zone->nodes, node->hash, node);
                zone->memory -= node_memory(node);
                free(node);
                node = parent;
        }
}

/* NODE has begun or ceased to exist, and with it perhaps the empty non-terminals above it. */
static void count_existence(struct zone *zone, struct zone_node *node, bool exists)
{
        for (;;) {
                struct zone_node *parent = node->parent;
                bool before;

                if (zone_node_is_wildcard(node))
                        zone->wildcards += exists ? 1 : (size_t)-1;
                if (!parent)
                        return;
                before = zone_node_exists(parent);
                parent->below += exists ? 1 : (uint32_t)-1;
                if (zone_node_exists(parent) == before)
                        return;
                node = parent;
        }
}

static void count_content(struct zone *zone, const struct rrset *before, const struct rrset *after)
{
        size_t more = after ? after->n : 0, less = before ? before->n : 0;

        zone->records += more - less;
        if (zone->attached)
                zone->store->records += more - less;
        zone->memory += rrset_memory(after) - rrset_memory(before);
}

static void count_barrier(struct zone *zone, struct zone_node *node, uint16_t type, const struct rrset *set)
{
        uint8_t barrier = type == RDATA_NS && node != zone->top ? ZONE_BARRIER_CUT
                          : type == RDATA_DNAME                 ? ZONE_BARRIER_DNAME
                                                                : 0;
        bool before = node->barriers & barrier;

        if (barrier == 0 || before == (set != NULL))
                return;
        node->barriers ^= barrier;
        zone->barriers += set ? 1 : (size_t)-1;
}

struct rrset *zone_swap_rrset(struct zone *zone, struct zone_node *node, uint16_t type, struct rrset *set)
{
        bool existed = zone_node_exists(node);
        struct rrset **link = &node->sets, *before = NULL;

        assert(node->refs > 0);
        while (*link && (*link)->type < type)
                link = &(*link)->next;
        if (*link && (*link)->type == type) {
                before = *link;
                *link = before->next;
                before->next = NULL;
        }
        if (set) {
                set->next = *link;
                *link = set;
        }
        count_content(zone, before, set);
        count_barrier(zone, node, type, set);
        if (zone->attached) {
                auto_ptr_index_remove(zone->store, node, before);
                auto_ptr_index_add(zone->store, zone, node, set);
        }
        if (zone_node_exists(node) != existed)
                count_existence(zone, node, !existed);
        return before;
}

struct zone_node *zone_next_node(const struct zone *zone, size_t *position)
{
        return table_next(&zone->nodes, position);
}

int zone_new(struct zone_store *store, const struct name *apex, uint64_t flags, uid_t uid, struct zone **ret)
{
        _cleanup_free_ struct zone *zone = calloc(1, sizeof(*zone));
        int r;

        if (!zone)
                return -ENOMEM;
        zone->store = store;
        zone->refs = 1;
        zone->apex = *apex;
        zone->flags = flags;
        zone->uid = uid;
        zone->hash = suffix_hash(zone, suffix_of(apex));
        r = node_add(zone, suffix_of(apex), NULL, &zone->top);
        if (r < 0) {
                table_clear(&zone->nodes);
                return r;
        }
        *ret = TAKE_PTR(zone);
        return 0;
}

struct zone *zone_ref(struct zone *zone)
{
        zone->refs++;
        return zone;
}

static void node_free(struct zone_node *node)
{
        while (node->sets) {
                struct rrset *set = node->sets;

                node->sets = set->next;
                free(set);
        }
        free(node);
}

struct zone *zone_unref(struct zone *zone)
{
        struct zone_node *node;
        size_t position = 0;

        if (!zone || --zone->refs > 0)
                return NULL;
        while ((node = zone_next_node(zone, &position)))
                node_free(node);
        table_clear(&zone->nodes);
        free(zone);
        return NULL;
}

const struct name *zone_apex(const struct zone *zone)
{
        return &zone->apex;
}

uint64_t zone_serial(const struct zone *zone)
{
        return zone->serial;
}

uint64_t zone_flags(const struct zone *zone)
{
        return zone->flags;
}

uid_t zone_uid(const struct zone *zone)
{
        return zone->uid;
}

size_t zone_records(const struct zone *zone)
{
        return zone->records;
}

/* The N-th suffix of NAME that is N labels longer than the apex. */
static struct suffix suffix_at(const struct name *name, unsigned int labels, unsigned int n)
{
        struct suffix s = suffix_of(name);

        for (; labels > n; labels--)
                s = suffix_parent(s);
        return s;
}

/*
 * The longest existing ancestor of NAME, which does not exist itself (RFC 4592 3.3.1). Whatever is above an
 * existing name exists, so bisection finds it.
 */
static const struct zone_node *closest_encloser(const struct zone *zone, const struct name *name)
{
        unsigned int labels = name_labels(name) - name_labels(&zone->apex);
        unsigned int there = 0, absent = labels;
        const struct zone_node *encloser = zone->top;

        while (absent - there > 1) {
                unsigned int middle = there + (absent - there) / 2;
                const struct zone_node *node = find(zone, suffix_at(name, labels, middle));

                if (node && zone_node_exists(node)) {
                        there = middle;
                        encloser = node;
                } else
                        absent = middle;
        }
        return encloser;
}

/* The barrier nearest to the apex at or above NODE; a DNAME does not hide its own name, where NODE is EXACT.
 */
static const struct zone_node *find_barrier(const struct zone_node *node, bool exact)
{
        const struct zone_node *barrier = NULL;

        for (; node; node = node->parent, exact = false)
                if (node->barriers & (exact ? ZONE_BARRIER_CUT : ZONE_BARRIER_CUT | ZONE_BARRIER_DNAME))
                        barrier = node;
        return barrier;
}

static enum zone_lookup lookup_wildcard(
        const struct zone *zone, const struct zone_node *encloser, const struct zone_node **ret_node)
{
        const struct zone_node *node;
        struct name wildcard;

        if (zone->wildcards == 0 || encloser->size > NAME_SIZE_MAX - 2)
                return ZONE_ABSENT;
        memcpy(wildcard.wire, "\1*", 2);
        memcpy(wildcard.wire + 2, encloser->wire, encloser->size);
        wildcard.size = (uint8_t)(encloser->size + 2);

        node = zone_peek_node(zone, &wildcard);
        if (!node || !zone_node_exists(node))
                return ZONE_ABSENT;
        if (!node->sets)
                return ZONE_EMPTY;
        *ret_node = node;
        return ZONE_WILDCARD;
}

static enum zone_lookup lookup_existing(
        const struct zone *zone, const struct zone_node *node, const struct zone_node **ret_node)
{
        if (!node->sets && node != zone->top)
                return ZONE_EMPTY;
        *ret_node = node;
        return ZONE_FOUND;
}

enum zone_lookup zone_lookup(
        const struct zone *zone, const struct name *name, const struct zone_node **ret_node)
{
        const struct zone_node *node = zone_peek_node(zone, name), *barrier;
        bool exists = node && (zone_node_exists(node) || node == zone->top);

        *ret_node = NULL;
        if (!exists) {
                if (zone->wildcards == 0 && zone->barriers == 0)
                        return ZONE_ABSENT;
                node = closest_encloser(zone, name);
        }
        barrier = zone->barriers > 0 ? find_barrier(node, exists) : NULL;
        if (barrier) {
                *ret_node = barrier;
                return barrier->barriers & ZONE_BARRIER_CUT ? ZONE_CUT : ZONE_DNAME;
        }
        return exists ? lookup_existing(zone, node, ret_node) : lookup_wildcard(zone, node, ret_node);
}

const struct zone_node *zone_find_node(const struct zone *zone, const struct name *name)
{
        const struct zone_node *node = zone_peek_node(zone, name);

        return node && node->sets ? node : NULL;
}

const struct rrset *zone_node_rrset(const struct zone_node *node, uint16_t type)
{
        for (const struct rrset *set = node->sets; set; set = set->next)
                if (set->type == type)
                        return set;
        return NULL;
}

const struct rrset *zone_node_next(const struct zone_node *node, const struct rrset *set)
{
        return set ? set->next : node->sets;
}

void zone_node_name(const struct zone_node *node, struct name *ret)
{
        ret->size = node->size;
        memcpy(ret->wire, node->wire, node->size);
}
