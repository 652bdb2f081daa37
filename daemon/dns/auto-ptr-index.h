/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * From addresses to the names that have them: the A and AAAA records of attached zones with ZONE_AUTO_PTR, in
 * order of address, then owner (canonical). A treap whose links lie within the RRsets themselves, so that
 * linking and unlinking, done by zone.c wherever RRsets come and go, take no memory and do not fail.
 * Wildcards are left out, as are records that another owner's stands for.
 */

#include "daemon/dns/zone.h"

struct auto_ptr_link {
        struct auto_ptr_link *left, *right;
        const struct zone *zone;
        const struct zone_node *node;
        const struct rrset *set;
        const struct rrset_entry *entry;
        uint32_t priority; /* above those below it; drawn by a keyed hash */
};

void auto_ptr_index_add(struct zone_store *store, const struct zone *zone, const struct zone_node *node,
        const struct rrset *set);
void auto_ptr_index_remove(struct zone_store *store, const struct zone_node *node, const struct rrset *set);

/* All of a zone that comes or goes. */
void auto_ptr_index_add_zone(struct zone_store *store, const struct zone *zone);
void auto_ptr_index_remove_zone(struct zone_store *store, const struct zone *zone);

/* The first link with this ADDRESS (SIZE 4 or 16), then the one behind LINK with the same address; or NULL.
 */
const struct auto_ptr_link *auto_ptr_index_first(
        const struct zone_store *store, const uint8_t *address, size_t size);
const struct auto_ptr_link *auto_ptr_index_next(
        const struct zone_store *store, const struct auto_ptr_link *link);
