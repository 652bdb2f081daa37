/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/rrset.h"

#include <assert.h>
#include <string.h>

#include "daemon/dns/auto-ptr-index.h"

static_assert(sizeof(struct rrset_entry) == 12, "entries are packed by it");
static_assert(sizeof(struct rrset) == 24, "entries and links are aligned by it");
static_assert(RRSET_SIZE_MAX / sizeof(struct rrset_entry) <= UINT16_MAX, "entries are counted in 16 bits");

/* Where an entry comes from while a set is built. */
struct source {
        uint32_t ttl;
        uint32_t uid;
        uint8_t life;
        uint16_t size;
        const uint8_t *rdata;
        size_t order; /* later ones win */
};

static size_t entry_size(uint16_t rdata_size)
{
        return (sizeof(struct rrset_entry) + rdata_size + 3) & ~(size_t)3;
}

const struct rrset_entry *rrset_next(const struct rrset *set, const struct rrset_entry *e)
{
        const uint8_t *p = e ? (const uint8_t *)e + entry_size(e->size) : set->entries;

        return p < set->entries + set->size ? (const struct rrset_entry *)p : NULL;
}

/* Octets of entries and what aligns the links behind them. */
static size_t entries_size(size_t size)
{
        return (size + 7) & ~(size_t)7;
}

struct auto_ptr_link *rrset_links(const struct rrset *set)
{
        return (struct auto_ptr_link *)(uintptr_t)(set->entries + entries_size(set->size));
}

/* As DNSSEC orders rdata (RFC 4034 6.3): octet by octet, a prefix first. */
static int compare_rdata(const struct source *a, const struct source *b)
{
        int c = memcmp(a->rdata, b->rdata, MIN(a->size, b->size));

        return c != 0 ? c : (int)a->size - (int)b->size;
}

static int compare_keys(const struct source *a, const struct source *b)
{
        int c = compare_rdata(a, b);

        if (c != 0)
                return c;
        if (a->uid != b->uid)
                return a->uid < b->uid ? -1 : 1;
        return (int)a->life - (int)b->life;
}

static int compare_sources(const void *x, const void *y)
{
        const struct source *a = x, *b = y;
        int c = compare_keys(a, b);

        if (c != 0)
                return c;
        return a->order < b->order ? -1 : a->order > b->order;
}

static size_t sources_from(
        struct source *sources, const struct rrset *base, const struct record *const *records, size_t n)
{
        size_t k = 0;

        if (base)
                for (const struct rrset_entry *e = rrset_next(base, NULL); e; e = rrset_next(base, e), k++)
                        sources[k] = (struct source){.ttl = e->ttl,
                                .uid = e->uid,
                                .life = e->life,
                                .size = e->size,
                                .rdata = e->rdata,
                                .order = k};
        for (size_t i = 0; i < n; i++, k++)
                sources[k] = (struct source){.ttl = records[i]->ttl,
                        .uid = records[i]->uid,
                        .life = (uint8_t)records[i]->life,
                        .size = records[i]->rdata_size,
                        .rdata = records[i]->rdata,
                        .order = k};
        return k;
}

/* Keeps the last of each key, as sorted; returns how many are left. */
static size_t sources_unique(struct source *sources, size_t n)
{
        size_t k = 0;

        for (size_t i = 0; i < n; i++) {
                if (k > 0 && compare_keys(&sources[k - 1], &sources[i]) == 0)
                        k--;
                sources[k++] = sources[i];
        }
        return k;
}

static void set_fill(struct rrset *set, const struct source *sources, size_t n)
{
        uint8_t *p = set->entries;

        set->ttl = UINT32_MAX;
        for (size_t i = 0; i < n; i++) {
                const struct source *s = &sources[i];
                struct rrset_entry *e = (struct rrset_entry *)p;

                *e = (struct rrset_entry){.ttl = s->ttl,
                        .uid = s->uid,
                        .life = s->life,
                        .size = s->size,
                        .duplicate = i > 0 && compare_rdata(s - 1, s) == 0};
                if (s->size > 0)
                        memcpy(e->rdata, s->rdata, s->size);
                set->n_served += !e->duplicate;
                set->ttl = MIN(set->ttl, s->ttl);
                p += entry_size(s->size);
        }
}

/* SOURCES are sorted and unique; N > 0. */
static int set_from_sources(
        uint16_t type, const struct source *sources, size_t n, bool linked, struct rrset **ret)
{
        struct rrset *set;
        size_t size = 0;

        for (size_t i = 0; i < n; i++)
                size += entry_size(sources[i].size);
        if (size > RRSET_SIZE_MAX)
                return -E2BIG;
        /* Zeroed, so that padding compares equal. */
        set = calloc(
                1, sizeof(*set) + (linked ? entries_size(size) + n * sizeof(struct auto_ptr_link) : size));
        if (!set)
                return -ENOMEM;
        set->type = type;
        set->n = (uint16_t)n;
        set->linked = linked;
        set->size = (uint32_t)size;
        set_fill(set, sources, n);
        *ret = set;
        return 0;
}

int rrset_new(uint16_t type, const struct rrset *base, const struct record *const *records, size_t n,
        bool linked, struct rrset **ret)
{
        _cleanup_free_ struct source *sources = calloc((base ? base->n : 0) + n, sizeof(*sources));
        size_t k;

        if (!sources)
                return -ENOMEM;
        k = sources_from(sources, base, records, n);
        qsort(sources, k, sizeof(*sources), compare_sources);
        return set_from_sources(type, sources, sources_unique(sources, k), linked, ret);
}

int rrset_without(const struct rrset *base, const uint8_t *rdata, uint16_t size, struct rrset **ret)
{
        _cleanup_free_ struct source *sources = calloc(base->n, sizeof(*sources));
        const struct source gone = {.rdata = rdata, .size = size};
        size_t k, left = 0;

        if (!sources)
                return -ENOMEM;
        k = sources_from(sources, base, NULL, 0);
        for (size_t i = 0; i < k; i++)
                if (compare_rdata(&sources[i], &gone) != 0)
                        sources[left++] = sources[i];
        if (left == k)
                return -ENOENT;
        if (left == 0) {
                *ret = NULL;
                return 0;
        }
        return set_from_sources(base->type, sources, left, base->linked, ret);
}

bool rrset_equal(const struct rrset *a, const struct rrset *b)
{
        if (!a || !b)
                return a == b;
        return a->type == b->type && a->n == b->n && a->size == b->size &&
               memcmp(a->entries, b->entries, a->size) == 0;
}

size_t rrset_memory(const struct rrset *set)
{
        if (!set)
                return 0;
        if (!set->linked)
                return sizeof(*set) + set->size;
        return sizeof(*set) + entries_size(set->size) + set->n * sizeof(struct auto_ptr_link);
}
