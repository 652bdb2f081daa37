/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/change.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "daemon/dns/change-internal.h"
#include "daemon/dns/rdata.h"
#include "common/reason.h"

static int reserve_pointers(void ***array, size_t n, size_t *allocated, size_t more)
{
        size_t wanted = *allocated;
        void **p;

        if (n + more <= *allocated)
                return 0;
        while (wanted < n + more)
                wanted = wanted > 0 ? wanted * 2 : 4;
        p = reallocarray(*array, wanted, sizeof(void *));
        if (!p)
                return -ENOMEM;
        *array = p;
        *allocated = wanted;
        return 0;
}

int change_reserve_items(struct change *c, size_t n)
{
        int r;

        r = reserve_pointers((void ***)&c->items, c->n_items, &c->items_allocated, n);
        if (r < 0)
                return r;
        return table_reserve(&c->item_index, n);
}

void change_add_item(struct change *c, struct change_item *item)
{
        c->items[c->n_items++] = item;
        if (item->type == RDATA_DNAME)
                c->has_dname = true;
        if (!item->of_removed_zone)
                change_item_insert(&c->item_index, item);
}

static bool op_match(const void *item, const void *key)
{
        const struct change_op *op = item;

        return name_equal(&op->zone->apex, key);
}

struct change_op *change_op_find(const struct change *c, const struct name *apex)
{
        uint32_t hash = table_fold(siphash(&c->store->key, apex->wire, apex->size));

        return table_find(&c->op_index, hash, op_match, apex);
}

int change_op_add(struct change *c, struct zone *zone, enum change_zone_state state, struct change_op **ret)
{
        _cleanup_free_ struct change_op *op = calloc(1, sizeof(*op));
        struct change_op *former = change_op_find(c, &zone->apex);
        int r;

        if (!op)
                return -ENOMEM;
        r = reserve_pointers((void ***)&c->ops, c->n_ops, &c->ops_allocated, 1);
        if (r < 0)
                return r;
        r = table_reserve(&c->op_index, 1);
        if (r < 0)
                return r;
        if (state == CHANGE_ZONE_CREATED) {
                r = zone_store_reserve(c->store, c->created + 1);
                if (r < 0)
                        return r;
                c->created++;
        }
        if (former)
                table_remove(&c->op_index, former->zone->hash, former);
        *op = (struct change_op){.zone = zone_ref(zone), .state = state};
        table_insert(&c->op_index, zone->hash, op);
        *ret = c->ops[c->n_ops++] = op;
        op = NULL;
        return 0;
}

static void op_free(struct change_op *op)
{
        zone_unref(op->zone);
        free(op);
}

void change_drop_op(struct change *c, struct change_op *op)
{
        struct change_op *former = NULL;
        size_t k = 0;

        for (size_t i = 0; i < c->n_ops; i++)
                if (c->ops[i] != op) {
                        if (name_equal(&c->ops[i]->zone->apex, &op->zone->apex))
                                former = c->ops[i];
                        c->ops[k++] = c->ops[i];
                }
        c->n_ops = k;
        table_remove(&c->op_index, op->zone->hash, op);
        if (former)
                table_insert(&c->op_index, former->zone->hash, former);
        if (op->state == CHANGE_ZONE_CREATED)
                c->created--;
        op_free(op);
}

int change_find_zone(const struct change *c, const struct name *apex, struct zone **ret, char **ret_reason)
{
        struct change_op *op = change_op_find(c, apex);
        char text[NAME_TEXT_SIZE];
        struct zone *zone = NULL;

        if (!op)
                zone = zone_store_find(c->store, apex);
        else if (op->state != CHANGE_ZONE_REMOVED)
                zone = op->zone;
        if (!zone)
                return reason_set(ret_reason, -ENOENT, "no zone \"%s\"", name_to_text_bare(apex, text));
        *ret = zone;
        return 0;
}

int change_touch_zone(struct change *c, struct zone *zone, struct change_op **ret)
{
        struct change_op *op = change_op_find(c, &zone->apex);

        if (!op)
                return change_op_add(c, zone, CHANGE_ZONE_KEPT, ret);
        *ret = op;
        return 0;
}

/* Keeps the items for which KEEP says yes, frees the others. */
static void filter_items(
        struct change *c, bool (*keep)(const struct change_item *item, const void *key), const void *key)
{
        size_t k = 0;

        for (size_t i = 0; i < c->n_items; i++) {
                struct change_item *item = c->items[i];

                if (keep(item, key)) {
                        c->items[k++] = item;
                        continue;
                }
                if (!item->of_removed_zone)
                        change_item_take(&c->item_index, item);
                change_item_free(item, false);
        }
        c->n_items = k;
}

static bool is_of_other_zone(const struct change_item *item, const void *zone)
{
        return item->zone != zone;
}

void change_drop_items(struct change *c, const struct zone *zone)
{
        filter_items(c, is_of_other_zone, zone);
}

int change_new(struct zone_store *store, struct change **ret)
{
        struct change *c = calloc(1, sizeof(*c));

        if (!c)
                return -ENOMEM;
        c->store = store;
        *ret = c;
        return 0;
}

struct change *change_free(struct change *c)
{
        if (!c)
                return NULL;
        for (size_t i = 0; i < c->n_items; i++)
                change_item_free(c->items[i], c->applied);
        free(c->items);
        table_clear(&c->item_index);
        for (size_t i = 0; i < c->n_ops; i++)
                op_free(c->ops[i]);
        free(c->ops);
        table_clear(&c->op_index);
        free(c);
        return NULL;
}

static bool is_difference(const struct change_item *item, const void *unused)
{
        return item->of_removed_zone || !rrset_equal(item->before, item->after);
}

static void swap_item(struct change_item *item, struct rrset *in, const struct rrset *out)
{
        const struct rrset *found;

        if (item->of_removed_zone)
                return;
        found = zone_swap_rrset(item->zone, item->node, item->type, in);
        assert(found == out);
}

static void raise_serials(struct change *c)
{
        uint64_t now = (uint64_t)time(NULL);

        for (size_t i = 0; i < c->n_ops; i++)
                if (!c->ops[i]->restored)
                        c->ops[i]->zone->serial = MAX(c->ops[i]->zone->serial + 1, now);
}

void change_apply(struct change *c)
{
        assert(!c->applied);
        filter_items(c, is_difference, NULL);
        for (size_t i = 0; i < c->n_ops; i++)
                if (c->ops[i]->state == CHANGE_ZONE_REMOVED)
                        zone_store_detach(c->store, c->ops[i]->zone);
                else if (c->ops[i]->state == CHANGE_ZONE_CREATED)
                        zone_store_attach(c->store, c->ops[i]->zone);
        for (size_t i = 0; i < c->n_items; i++)
                swap_item(c->items[i], c->items[i]->after, c->items[i]->before);
        raise_serials(c);
        c->applied = true;
}

void change_revert(struct change *c)
{
        assert(c->applied);
        for (size_t i = c->n_items; i-- > 0;)
                swap_item(c->items[i], c->items[i]->before, c->items[i]->after);
        for (size_t i = c->n_ops; i-- > 0;)
                if (c->ops[i]->state == CHANGE_ZONE_REMOVED)
                        zone_store_attach(c->store, c->ops[i]->zone);
                else if (c->ops[i]->state == CHANGE_ZONE_CREATED)
                        zone_store_detach(c->store, c->ops[i]->zone);
        raise_serials(c);
        c->applied = false;
}

bool change_get_zone(const struct change *c, size_t i, struct change_zone *ret)
{
        const struct zone *zone;

        if (i >= c->n_ops)
                return false;
        zone = c->ops[i]->zone;
        *ret = (struct change_zone){.apex = zone->apex,
                .state = c->ops[i]->state,
                .flags = zone->flags,
                .uid = zone->uid,
                .serial = zone->serial};
        return true;
}

bool change_get_rrset(const struct change *c, size_t i, struct change_rrset *ret)
{
        const struct change_item *item;

        if (i >= c->n_items)
                return false;
        item = c->items[i];
        *ret = (struct change_rrset){
                .zone = item->zone->apex, .type = item->type, .before = item->before, .after = item->after};
        zone_node_name(item->node, &ret->owner);
        return true;
}
