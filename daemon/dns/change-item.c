/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* RRsets to be replaced, and the index that finds them by their node. */

#include "daemon/dns/change-internal.h"

static bool item_match(const void *item, const void *node)
{
        return ((const struct change_item *)item)->node == node;
}

/* Nobody outside chooses addresses, so a multiplicative hash will do. */
static uint32_t node_hash(const struct zone_node *node)
{
        return table_fold((uint64_t)(uintptr_t)node * 0x9e3779b97f4a7c15ULL);
}

struct change_item *change_item_first(const struct table *index, const struct zone_node *node)
{
        return table_find(index, node_hash(node), item_match, node);
}

struct change_item *change_item_find(const struct table *index, const struct zone_node *node, uint16_t type)
{
        struct change_item *item = change_item_first(index, node);

        while (item && item->type != type)
                item = item->sibling;
        return item;
}

void change_item_insert(struct table *index, struct change_item *item)
{
        struct change_item *first = change_item_first(index, item->node);

        if (!first) {
                item->sibling = NULL;
                table_insert(index, node_hash(item->node), item);
                return;
        }
        item->sibling = first->sibling;
        first->sibling = item;
}

void change_item_take(struct table *index, struct change_item *item)
{
        struct change_item *first = change_item_first(index, item->node);

        if (first != item) {
                while (first->sibling != item)
                        first = first->sibling;
                first->sibling = item->sibling;
                return;
        }
        table_remove(index, node_hash(item->node), item);
        if (item->sibling)
                table_insert(index, node_hash(item->node), item->sibling);
}

int change_item_new(struct zone *zone, struct zone_node *node, uint16_t type, struct change_item **ret)
{
        struct change_item *item = calloc(1, sizeof(*item));

        if (!item)
                return -ENOMEM;
        node->refs++;
        *item = (struct change_item){.zone = zone_ref(zone),
                .node = node,
                .type = type,
                .before = (struct rrset *)zone_node_rrset(node, type),
                .first = SIZE_MAX,
                .last = SIZE_MAX};
        *ret = item;
        return 0;
}

struct change_item *change_item_free(struct change_item *item, bool applied)
{
        if (!item)
                return NULL;
        if (!item->of_removed_zone) {
                free(applied ? item->before : item->after);
                zone_release_node(item->zone, item->node);
        }
        zone_unref(item->zone);
        free(item);
        return NULL;
}
