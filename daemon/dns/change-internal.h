/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What change.c (lifecycle, applying, walking) and change-step.c, change-steps.c (building) share. */

#include "daemon/dns/change.h"
#include "daemon/dns/zone-internal.h"

/* An RRset to be replaced. Before change_apply `after` is owned, afterwards `before`. */
struct change_item {
        struct zone *zone; /* a reference of its own */
        struct zone_node *node;
        struct change_item *sibling; /* of the same node, in the same index */
        uint16_t type;
        bool of_removed_zone; /* listed only: goes and comes with its zone; neither side owned, node not held
                               */
        struct rrset *before;
        struct rrset *after;
        size_t first, last; /* while a step gathers: indices of its records, SIZE_MAX: none */
};

/* A zone that the change creates, removes, or changes the records of. */
struct change_op {
        struct zone *zone; /* a reference of its own */
        enum change_zone_state state;
        bool restored; /* keeps the serial that it has */
};

struct change {
        struct zone_store *store;
        bool applied;
        struct change_item **items; /* in order of the steps */
        size_t n_items, items_allocated;
        struct table item_index; /* by node */
        bool has_dname;          /* an item is one, or was */
        struct change_op **ops;
        size_t n_ops, ops_allocated;
        struct table op_index; /* by apex; the latest of each */
        size_t created;        /* ops that attach a zone */
};

/* An index of items has the first of each node; the others hang on it. */
struct change_item *change_item_first(const struct table *index, const struct zone_node *node);
struct change_item *change_item_find(const struct table *index, const struct zone_node *node, uint16_t type);
void change_item_insert(struct table *index, struct change_item *item); /* needs room for one */
void change_item_take(struct table *index, struct change_item *item);

/* A new item for NODE, which is held by it: `before` is what is stored now. -ENOMEM. */
int change_item_new(struct zone *zone, struct zone_node *node, uint16_t type, struct change_item **ret);
struct change_item *change_item_free(struct change_item *item, bool applied);

/* Makes room for N items more, then they can be added without fail. */
int change_reserve_items(struct change *c, size_t n);
void change_add_item(struct change *c, struct change_item *item);

/* The op of APEX, or NULL: not touched yet. */
struct change_op *change_op_find(const struct change *c, const struct name *apex);
int change_op_add(struct change *c, struct zone *zone, enum change_zone_state state, struct change_op **ret);

/* The zone of APEX as the change leaves it. -ENOENT with a reason. */
int change_find_zone(const struct change *c, const struct name *apex, struct zone **ret, char **ret_reason);
/* The op of ZONE, made if need be. -ENOMEM. */
int change_touch_zone(struct change *c, struct zone *zone, struct change_op **ret);

/* Forgets all items of ZONE, as before its removal. */
void change_drop_items(struct change *c, const struct zone *zone);
/* Forgets OP, which creates a zone; what was done to the apex before holds again. */
void change_drop_op(struct change *c, struct change_op *op);
