/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/change-step.h"

#include "daemon/dns/rdata.h"

#include "common/reason.h"

int step_begin(struct change *c, const struct name *apex, struct step *ret, char **ret_reason)
{
        const struct change_op *op = change_op_find(c, apex);
        struct zone *zone;
        int r;

        r = change_find_zone(c, apex, &zone, ret_reason);
        if (r < 0)
                return r;
        *ret = (struct step){.change = c, .zone = zone, .restoring = op && op->restored};
        return 0;
}

void step_end(struct step *step)
{
        for (size_t i = 0; i < step->n_items; i++)
                change_item_free(step->items[i], false);
        free(step->items);
        table_clear(&step->index);
        *step = (struct step){};
}

const struct rrset *step_effective(const struct step *step, const struct zone_node *node, uint16_t type)
{
        const struct change_item *item = change_item_find(&step->index, node, type);

        if (!item)
                item = change_item_find(&step->change->item_index, node, type);
        return item ? item->after : zone_node_rrset(node, type);
}

uint16_t step_next_type(const struct step *step, const struct zone_node *node, struct step_types *at)
{
        const struct table *indexes[] = {&step->change->item_index, &step->index};

        if (!at->begun) {
                at->begun = true;
                at->set = node->sets;
        }
        for (; at->set; at->set = at->set->next)
                if (step_effective(step, node, at->set->type)) {
                        uint16_t type = at->set->type;

                        at->set = at->set->next;
                        return type;
                }
        for (; at->n_indexes < ELEMENTSOF(indexes); at->n_indexes++, at->item = NULL)
                for (;;) {
                        at->item = at->item ? at->item->sibling
                                            : change_item_first(indexes[at->n_indexes], node);
                        if (!at->item)
                                break;
                        if (zone_node_rrset(node, at->item->type) ||
                                (at->n_indexes > 0 && change_item_find(indexes[0], node, at->item->type)))
                                continue;
                        if (step_effective(step, node, at->item->type))
                                return at->item->type;
                }
        return 0;
}

/* The item of NODE and TYPE in the step; *RET_N is how many NODE has where there is none. */
static struct change_item *find_item(
        const struct step *step, const struct zone_node *node, uint16_t type, size_t *ret_n)
{
        struct change_item *item = change_item_first(&step->index, node);

        for (*ret_n = 0; item && item->type != type; item = item->sibling)
                ++*ret_n;
        return item;
}

int step_item(struct step *step, struct zone_node *node, uint16_t type, struct change_item **ret)
{
        size_t n;
        struct change_item *item = find_item(step, node, type, &n);
        int r;

        if (item) {
                *ret = item;
                return 0;
        }
        /* As many to go and as many to come, before step_check counts what stays. */
        if (n >= 2 * ZONE_NODE_RRSETS_MAX)
                return -E2BIG;
        if (step->n_items == step->items_allocated) {
                size_t allocated = step->items_allocated > 0 ? step->items_allocated * 2 : 4;
                struct change_item **items =
                        reallocarray(step->items, allocated, sizeof(struct change_item *));

                if (!items)
                        return -ENOMEM;
                step->items = items;
                step->items_allocated = allocated;
        }
        r = table_reserve(&step->index, 1);
        if (r < 0)
                return r;
        r = change_item_new(step->zone, node, type, &item);
        if (r < 0)
                return r;
        change_item_insert(&step->index, item);
        step->has_dname = step->has_dname || type == RDATA_DNAME;
        *ret = step->items[step->n_items++] = item;
        return 0;
}

int step_merge(struct step *step)
{
        struct change *c = step->change;
        struct change_op *op;
        int r;

        r = change_reserve_items(c, step->n_items);
        if (r < 0)
                return r;
        r = change_touch_zone(c, step->zone, &op);
        if (r < 0)
                return r;
        for (size_t i = 0; i < step->n_items; i++) {
                struct change_item *item = step->items[i];
                struct change_item *former = change_item_find(&c->item_index, item->node, item->type);

                if (former) {
                        struct rrset *after = former->after;

                        former->after = item->after;
                        item->after = after;
                        change_item_free(item, false);
                } else
                        change_add_item(c, item);
        }
        step->n_items = 0;
        return 0;
}
