/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/table.h"

#include <assert.h>

#define CAPACITY_MIN 8

/* Three quarters full at most: beyond it, probes get long. */
static size_t room(size_t capacity)
{
        return capacity / 4 * 3;
}

static void slots_clear(struct table_slots *s)
{
        free(s->hashes);
        free(s->items);
        *s = (struct table_slots){};
}

static int slots_new(size_t capacity, struct table_slots *ret)
{
        _cleanup_free_ uint32_t *hashes = calloc(capacity, sizeof(*hashes));
        _cleanup_free_ void **items = calloc(capacity, sizeof(*items));

        if (!hashes || !items)
                return -ENOMEM;
        *ret = (struct table_slots){
                .hashes = TAKE_PTR(hashes), .items = TAKE_PTR(items), .capacity = capacity};
        return 0;
}

static void slots_insert(struct table_slots *s, uint32_t hash, void *item)
{
        size_t mask = s->capacity - 1, i = hash & mask;

        while (s->hashes[i] != TABLE_FREE)
                i = (i + 1) & mask;
        s->hashes[i] = hash;
        s->items[i] = item;
        s->used++;
}

/* Moves the next N slots of the former array into the current one. */
static void move_slots(struct table *t, size_t n)
{
        struct table_slots *f = &t->former;

        for (; n > 0 && f->used > 0; n--, t->moved++) {
                if (f->hashes[t->moved] < TABLE_HASH_MIN)
                        continue;
                slots_insert(&t->current, f->hashes[t->moved], f->items[t->moved]);
                /* Not FREE: items behind it in a run of probes must still be found. */
                f->hashes[t->moved] = TABLE_GONE;
                f->used--;
        }
        if (f->used == 0)
                slots_clear(f);
}

int table_reserve(struct table *t, size_t n)
{
        struct table_slots slots;
        size_t capacity = MAX(t->current.capacity, (size_t)CAPACITY_MIN / 2), wanted;
        int r;

        if (__builtin_add_overflow(table_size(t), n, &wanted) || wanted > SIZE_MAX / 64)
                return -ENOMEM;
        if (wanted <= room(t->current.capacity))
                return 0;
        do
                capacity *= 2;
        while (room(capacity) < wanted);

        r = slots_new(capacity, &slots);
        if (r < 0)
                return r;
        /* Only a reservation of many on top of a growth that has just begun finds work left here. */
        move_slots(t, SIZE_MAX);
        t->former = t->current;
        t->current = slots;
        t->moved = 0;
        if (t->former.used == 0)
                slots_clear(&t->former);
        return 0;
}

void table_insert(struct table *t, uint32_t hash, void *item)
{
        assert(table_size(t) < room(t->current.capacity));
        slots_insert(&t->current, hash, item);
        move_slots(t, TABLE_MOVES);
}

static size_t slots_index(const struct table_slots *s, uint32_t hash, const void *item)
{
        if (s->used == 0)
                return SIZE_MAX;
        for (size_t i = hash & (s->capacity - 1); s->hashes[i] != TABLE_FREE; i = (i + 1) & (s->capacity - 1))
                if (s->hashes[i] == hash && s->items[i] == item)
                        return i;
        return SIZE_MAX;
}

/* Moves each later item of the run into the gap that may not lie behind it, seen from its home slot. */
static void close_gap(struct table_slots *s, size_t gap)
{
        size_t mask = s->capacity - 1;

        for (size_t i = (gap + 1) & mask; s->hashes[i] != TABLE_FREE; i = (i + 1) & mask) {
                size_t home = s->hashes[i] & mask;

                if (((i - home) & mask) < ((i - gap) & mask))
                        continue;
                s->hashes[gap] = s->hashes[i];
                s->items[gap] = s->items[i];
                gap = i;
        }
        s->hashes[gap] = TABLE_FREE;
        s->items[gap] = NULL;
}

void table_remove(struct table *t, uint32_t hash, const void *item)
{
        size_t i = slots_index(&t->current, hash, item);

        if (i != SIZE_MAX) {
                t->current.used--;
                close_gap(&t->current, i);
                return;
        }
        i = slots_index(&t->former, hash, item);
        assert(i != SIZE_MAX);
        t->former.hashes[i] = TABLE_GONE;
        if (--t->former.used == 0)
                slots_clear(&t->former);
}

void *table_next(const struct table *t, size_t *position)
{
        while (*position < t->current.capacity + t->former.capacity) {
                const struct table_slots *s = &t->current;
                size_t i = (*position)++;

                if (i >= s->capacity) {
                        i -= s->capacity;
                        s = &t->former;
                }
                if (s->hashes[i] >= TABLE_HASH_MIN)
                        return s->items[i];
        }
        return NULL;
}

void table_clear(struct table *t)
{
        slots_clear(&t->current);
        slots_clear(&t->former);
        t->moved = 0;
}

size_t table_memory(const struct table *t)
{
        return (t->current.capacity + t->former.capacity) * (sizeof(uint32_t) + sizeof(void *));
}
