/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/cache.h"

#include <string.h>
#include <sys/random.h>

#include "daemon/dns/siphash.h"
#include "daemon/dns/table.h"

/* No single answer may push out more than this part of the others. */
#define ANSWER_SHARE 8

struct entry {
        struct entry *newer, *older; /* by last use */
        struct answer *answer;
        uint64_t since;
        uint32_t hash;
        uint32_t rule;
        uint16_t type;
        bool checking_disabled;
        uint8_t name_size;
        uint8_t name[];
};

struct cache {
        struct siphash_key key;
        struct table entries;
        struct entry *newest, *oldest;
        size_t octets_max;
        size_t octets;
        uint64_t evicted;
};

/* With its place in the table. */
static size_t entry_octets(const struct entry *e)
{
        return sizeof(*e) + e->name_size + answer_memory(e->answer) + 2 * (sizeof(uint32_t) + sizeof(void *));
}

static uint32_t hash_key(const struct cache *cache, const struct cache_key *key)
{
        uint8_t data[NAME_SIZE_MAX + 7];
        struct wire w = wire_writer(data, sizeof(data));

        wire_write(&w, key->name->wire, key->name->size);
        wire_write_u32(&w, key->rule);
        wire_write_u16(&w, key->type);
        wire_write_u8(&w, key->checking_disabled);
        return table_fold(siphash(&cache->key, data, w.position));
}

static bool entry_match(const void *item, const void *with)
{
        const struct entry *e = item;
        const struct cache_key *key = with;

        return e->rule == key->rule && e->type == key->type &&
               e->checking_disabled == key->checking_disabled && e->name_size == key->name->size &&
               memcmp(e->name, key->name->wire, e->name_size) == 0;
}

static void unlink_entry(struct cache *cache, struct entry *e)
{
        *(e->newer ? &e->newer->older : &cache->newest) = e->older;
        *(e->older ? &e->older->newer : &cache->oldest) = e->newer;
}

static void link_newest(struct cache *cache, struct entry *e)
{
        e->newer = NULL;
        e->older = cache->newest;
        *(e->older ? &e->older->newer : &cache->oldest) = e;
        cache->newest = e;
}

static void drop(struct cache *cache, struct entry *e)
{
        table_remove(&cache->entries, e->hash, e);
        unlink_entry(cache, e);
        cache->octets -= entry_octets(e);
        answer_unref(e->answer);
        free(e);
}

static void make_room(struct cache *cache, size_t octets_max)
{
        while (cache->octets > octets_max) {
                drop(cache, cache->oldest);
                cache->evicted++;
        }
}

int cache_new(size_t octets_max, struct cache **ret)
{
        _cleanup_free_ struct cache *cache = calloc(1, sizeof(*cache));
        uint8_t key[16];

        if (!cache)
                return -ENOMEM;
        if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
                return -errno;
        cache->key = siphash_key_from_bytes(key);
        cache->octets_max = octets_max;
        *ret = TAKE_PTR(cache);
        return 0;
}

struct cache *cache_free(struct cache *cache)
{
        if (!cache)
                return NULL;
        while (cache->oldest)
                drop(cache, cache->oldest);
        table_clear(&cache->entries);
        free(cache);
        return NULL;
}

void cache_set_limit(struct cache *cache, size_t octets_max)
{
        cache->octets_max = octets_max;
        make_room(cache, octets_max);
}

static struct entry *entry_new(
        const struct cache_key *key, uint32_t hash, struct answer *answer, uint64_t now)
{
        struct entry *e = malloc(sizeof(*e) + key->name->size);

        if (!e)
                return NULL;
        *e = (struct entry){.answer = answer_ref(answer),
                .since = now,
                .hash = hash,
                .rule = key->rule,
                .type = key->type,
                .checking_disabled = key->checking_disabled,
                .name_size = key->name->size};
        memcpy(e->name, key->name->wire, key->name->size);
        return e;
}

void cache_put(struct cache *cache, const struct cache_key *key, struct answer *answer, uint64_t now)
{
        uint32_t hash = hash_key(cache, key);
        struct entry *e = table_find(&cache->entries, hash, entry_match, key);
        size_t octets;

        if (e)
                drop(cache, e);
        if (answer_ttl(answer) == 0 || table_reserve(&cache->entries, 1) < 0)
                return;
        e = entry_new(key, hash, answer, now);
        if (!e)
                return;
        octets = entry_octets(e);
        if (octets > cache->octets_max / ANSWER_SHARE) {
                answer_unref(e->answer);
                free(e);
                return;
        }
        make_room(cache, cache->octets_max - octets);
        table_insert(&cache->entries, hash, e);
        link_newest(cache, e);
        cache->octets += octets;
}

enum cache_state cache_get(struct cache *cache, const struct cache_key *key, uint64_t now,
        uint32_t expired_max, const struct answer **ret_answer, uint32_t *ret_age)
{
        struct entry *e = table_find(&cache->entries, hash_key(cache, key), entry_match, key);
        uint64_t age, ttl;

        if (!e)
                return CACHE_ABSENT;
        age = now > e->since ? now - e->since : 0;
        ttl = answer_ttl(e->answer);
        if (age >= ttl && age - ttl >= expired_max)
                return CACHE_ABSENT;
        unlink_entry(cache, e);
        link_newest(cache, e);
        *ret_answer = e->answer;
        *ret_age = (uint32_t)MIN(age, (uint64_t)UINT32_MAX);
        return age < ttl ? CACHE_FRESH : CACHE_EXPIRED;
}

static bool entry_is_below(const struct entry *e, const struct name *name)
{
        struct name own;

        own.size = e->name_size;
        memcpy(own.wire, e->name, e->name_size);
        return name_is_below(&own, name);
}

size_t cache_flush(struct cache *cache, const struct name *name)
{
        struct entry *e = cache->newest;
        size_t n = 0;

        while (e) {
                struct entry *older = e->older;

                if (entry_is_below(e, name)) {
                        drop(cache, e);
                        n++;
                }
                e = older;
        }
        return n;
}

size_t cache_flush_rule(struct cache *cache, uint32_t rule)
{
        struct entry *e = cache->newest;
        size_t n = 0;

        while (e) {
                struct entry *older = e->older;

                if (e->rule == rule) {
                        drop(cache, e);
                        n++;
                }
                e = older;
        }
        return n;
}

void cache_get_stats(const struct cache *cache, struct cache_stats *ret)
{
        *ret = (struct cache_stats){
                .answers = table_size(&cache->entries), .octets = cache->octets, .evicted = cache->evicted};
}

void cache_get_rule_stats(const struct cache *cache, uint32_t rule, struct cache_stats *ret)
{
        *ret = (struct cache_stats){};
        for (const struct entry *e = cache->newest; e; e = e->older)
                if (e->rule == rule) {
                        ret->answers++;
                        ret->octets += entry_octets(e);
                }
}
