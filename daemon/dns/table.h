/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * An open-addressing hash table of pointers with linear probing. The hashes lie in an array of their own, so
 * that a probe reads one cache line and touches an item only where its 32-bit hash agrees.
 *
 * Growth is spread out: the former array is kept, and each insertion moves TABLE_MOVES slots of it, so that
 * no insertion pays for a whole table; until then look-ups try both. Removal closes the gap (no tombstones)
 * in the current array and marks the slot in the former one, which takes no insertions any more. A table
 * never shrinks, so that what it held once it can hold again without memory.
 *
 * Zero-initialised is empty. Items belong to the caller.
 */

#include "common/util.h"

#define TABLE_MOVES 16

struct table_slots {
        uint32_t *hashes; /* TABLE_FREE, TABLE_GONE, or the item's hash */
        void **items;
        size_t capacity; /* a power of two, or 0 */
        size_t used;
};

struct table {
        struct table_slots current;
        struct table_slots former; /* capacity 0: none */
        size_t moved;              /* slots of `former` that are done */
};

enum { TABLE_FREE = 0, TABLE_GONE = 1, TABLE_HASH_MIN = 2 };

/* Folds a 64-bit hash to the form that the functions below take. */
static inline uint32_t table_fold(uint64_t hash)
{
        uint32_t h = (uint32_t)(hash ^ hash >> 32);

        return h < TABLE_HASH_MIN ? h + TABLE_HASH_MIN : h;
}

typedef bool (*table_match_t)(const void *item, const void *key);

static inline void *table_slots_find(
        const struct table_slots *s, uint32_t hash, table_match_t match, const void *key)
{
        if (s->used == 0)
                return NULL;
        for (size_t i = hash & (s->capacity - 1); s->hashes[i] != TABLE_FREE; i = (i + 1) & (s->capacity - 1))
                if (s->hashes[i] == hash && match(s->items[i], key))
                        return s->items[i];
        return NULL;
}

/* The item with HASH for which MATCH says yes; or NULL. */
static inline void *table_find(const struct table *t, uint32_t hash, table_match_t match, const void *key)
{
        void *item = table_slots_find(&t->current, hash, match, key);

        return item ? item : table_slots_find(&t->former, hash, match, key);
}

static inline size_t table_size(const struct table *t)
{
        return t->current.used + t->former.used;
}

/* Makes room, so that the next N insertions cannot fail. -ENOMEM. */
int table_reserve(struct table *t, size_t n);

/* Needs room. ITEM must not be in the table. */
void table_insert(struct table *t, uint32_t hash, void *item);

/* Takes ITEM out; it must be in. */
void table_remove(struct table *t, uint32_t hash, const void *item);

/* Walks all items in no order: *POSITION from 0; NULL at the end. No change of the table meanwhile. */
void *table_next(const struct table *t, size_t *position);

/* Frees the arrays, not the items; leaves an empty table. */
void table_clear(struct table *t);

size_t table_memory(const struct table *t); /* octets */
