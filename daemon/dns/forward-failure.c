/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/forward-failure.h"

#include <string.h>
#include <sys/random.h>

#include "daemon/dns/siphash.h"
#include "daemon/dns/table.h"

struct failure {
        struct failure *newer, *older;
        struct name name;
        uint32_t rule;
        uint32_t hash;
        uint16_t type;
        bool checking_disabled;
        uint64_t until_usec;
        struct edns_error error;
};

struct failures {
        struct siphash_key key;
        struct table table;
        struct failure *newest, *oldest;
};

int failures_new(struct failures **ret)
{
        _cleanup_(failures_freep) struct failures *failures = calloc(1, sizeof(*failures));
        uint8_t key[16];

        if (!failures)
                return -ENOMEM;
        if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
                return -errno;
        failures->key = siphash_key_from_bytes(key);
        if (table_reserve(&failures->table, FAILURES_MAX) < 0)
                return -ENOMEM;
        *ret = TAKE_PTR(failures);
        return 0;
}

static void drop(struct failures *failures, struct failure *f)
{
        table_remove(&failures->table, f->hash, f);
        *(f->newer ? &f->newer->older : &failures->newest) = f->older;
        *(f->older ? &f->older->newer : &failures->oldest) = f->newer;
        free(f);
}

struct failures *failures_free(struct failures *failures)
{
        if (!failures)
                return NULL;
        while (failures->oldest)
                drop(failures, failures->oldest);
        table_clear(&failures->table);
        free(failures);
        return NULL;
}

static uint32_t hash_key(const struct failures *failures, const struct cache_key *key)
{
        uint64_t hash = siphash(&failures->key, key->name->wire, key->name->size);

        return table_fold(
                hash ^ (uint64_t)key->rule << 17 ^ (uint64_t)key->type << 1 ^ key->checking_disabled);
}

static bool failure_match(const void *item, const void *with)
{
        const struct failure *f = item;
        const struct cache_key *key = with;

        return f->rule == key->rule && f->type == key->type &&
               f->checking_disabled == key->checking_disabled && name_equal(&f->name, key->name);
}

static struct failure *find(const struct failures *failures, const struct cache_key *key)
{
        return table_find(&failures->table, hash_key(failures, key), failure_match, key);
}

void failures_remove(struct failures *failures, const struct cache_key *key)
{
        struct failure *f = find(failures, key);

        if (f)
                drop(failures, f);
}

void failures_put(struct failures *failures, const struct cache_key *key, const struct edns_error *error,
        uint64_t until_usec)
{
        struct failure *f;

        failures_remove(failures, key);
        if (table_size(&failures->table) == FAILURES_MAX)
                drop(failures, failures->oldest);
        f = malloc(sizeof(*f));
        if (!f)
                return;
        *f = (struct failure){.older = failures->newest,
                .name = *key->name,
                .rule = key->rule,
                .hash = hash_key(failures, key),
                .type = key->type,
                .checking_disabled = key->checking_disabled,
                .until_usec = until_usec,
                .error = *error};
        *(f->older ? &f->older->newer : &failures->oldest) = f;
        failures->newest = f;
        table_insert(&failures->table, f->hash, f);
}

void failures_flush(struct failures *failures, const struct name *name)
{
        for (struct failure *f = failures->newest, *older; f; f = older) {
                older = f->older;
                if (name_is_below(&f->name, name))
                        drop(failures, f);
        }
}

const struct edns_error *failures_get(
        struct failures *failures, const struct cache_key *key, uint64_t now_usec)
{
        struct failure *f = find(failures, key);

        if (!f)
                return NULL;
        if (now_usec < f->until_usec)
                return &f->error;
        drop(failures, f);
        return NULL;
}
