/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/auto-ptr-index.h"

#include <string.h>

#include "daemon/dns/rrset.h"
#include "daemon/dns/zone-internal.h"

static int compare_addresses(const struct rrset_entry *a, const uint8_t *address, size_t size)
{
        if (a->size != size)
                return a->size < size ? -1 : 1;
        return memcmp(a->rdata, address, size);
}

/* By address, owner, and, for the same owner in nested zones, by whatever tells links apart. */
static int compare(const struct auto_ptr_link *a, const struct auto_ptr_link *b)
{
        struct name owner_a, owner_b;
        int c = compare_addresses(a->entry, b->entry->rdata, b->entry->size);

        if (c != 0)
                return c;
        zone_node_name(a->node, &owner_a);
        zone_node_name(b->node, &owner_b);
        c = name_compare(&owner_a, &owner_b);
        if (c != 0)
                return c;
        return (uintptr_t)a < (uintptr_t)b ? -1 : (uintptr_t)a > (uintptr_t)b;
}

static void add_link(struct auto_ptr_link **at, struct auto_ptr_link *link)
{
        struct auto_ptr_link *rest, **left = &link->left, **right = &link->right;

        while (*at && (*at)->priority >= link->priority)
                at = compare(link, *at) < 0 ? &(*at)->left : &(*at)->right;
        rest = *at;
        *at = link;
        while (rest)
                if (compare(rest, link) < 0) {
                        *left = rest;
                        left = &rest->right;
                        rest = *left;
                } else {
                        *right = rest;
                        right = &rest->left;
                        rest = *right;
                }
        *left = *right = NULL;
}

static void remove_link(struct auto_ptr_link **at, const struct auto_ptr_link *link)
{
        struct auto_ptr_link *left = link->left, *right = link->right;

        while (*at != link)
                at = compare(link, *at) < 0 ? &(*at)->left : &(*at)->right;
        while (left && right)
                if (left->priority > right->priority) {
                        *at = left;
                        at = &left->right;
                        left = *at;
                } else {
                        *at = right;
                        at = &right->left;
                        right = *at;
                }
        *at = left ? left : right;
}

void auto_ptr_index_add(struct zone_store *store, const struct zone *zone, const struct zone_node *node,
        const struct rrset *set)
{
        struct auto_ptr_link *link;

        if (!set || !set->linked || zone_node_is_wildcard(node))
                return;
        link = rrset_links(set);
        for (const struct rrset_entry *e = rrset_next(set, NULL); e; e = rrset_next(set, e), link++) {
                if (e->duplicate)
                        continue;
                *link = (struct auto_ptr_link){.zone = zone,
                        .node = node,
                        .set = set,
                        .entry = e,
                        .priority = (uint32_t)siphash(&store->key, (const uint8_t *)&link, sizeof(link))};
                add_link(&store->addresses, link);
        }
}

void auto_ptr_index_remove(struct zone_store *store, const struct zone_node *node, const struct rrset *set)
{
        const struct auto_ptr_link *link;

        if (!set || !set->linked || zone_node_is_wildcard(node))
                return;
        link = rrset_links(set);
        for (const struct rrset_entry *e = rrset_next(set, NULL); e; e = rrset_next(set, e), link++)
                if (!e->duplicate)
                        remove_link(&store->addresses, link);
}

void auto_ptr_index_add_zone(struct zone_store *store, const struct zone *zone)
{
        const struct zone_node *node;
        size_t position = 0;

        if (!(zone->flags & ZONE_AUTO_PTR))
                return;
        while ((node = zone_next_node(zone, &position)))
                for (const struct rrset *set = node->sets; set; set = set->next)
                        auto_ptr_index_add(store, zone, node, set);
}

void auto_ptr_index_remove_zone(struct zone_store *store, const struct zone *zone)
{
        const struct zone_node *node;
        size_t position = 0;

        if (!(zone->flags & ZONE_AUTO_PTR))
                return;
        while ((node = zone_next_node(zone, &position)))
                for (const struct rrset *set = node->sets; set; set = set->next)
                        auto_ptr_index_remove(store, node, set);
}

const struct auto_ptr_link *auto_ptr_index_first(
        const struct zone_store *store, const uint8_t *address, size_t size)
{
        const struct auto_ptr_link *first = NULL;

        for (const struct auto_ptr_link *link = store->addresses; link;) {
                int c = compare_addresses(link->entry, address, size);

                if (c == 0)
                        first = link;
                link = c < 0 ? link->right : link->left;
        }
        return first;
}

const struct auto_ptr_link *auto_ptr_index_next(
        const struct zone_store *store, const struct auto_ptr_link *link)
{
        const struct auto_ptr_link *next = NULL;

        for (const struct auto_ptr_link *at = store->addresses; at;)
                if (compare(link, at) < 0) {
                        next = at;
                        at = at->left;
                } else
                        at = at->right;
        if (!next || compare_addresses(next->entry, link->entry->rdata, link->entry->size) != 0)
                return NULL;
        return next;
}
