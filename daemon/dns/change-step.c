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

int step_item(struct step *step, struct zone_node *node, uint16_t type, struct change_item **ret)
{
        struct change_item *item = change_item_find(&step->index, node, type);
        int r;

        if (item) {
                *ret = item;
                return 0;
        }
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
        table_insert(&step->index, change_item_hash(node, type), item);
        *ret = step->items[step->n_items++] = item;
        return 0;
}

static const char *item_owner(const struct change_item *item, char buf[NAME_TEXT_SIZE])
{
        struct name owner;

        zone_node_name(item->node, &owner);
        return name_to_text(&owner, buf);
}

/* A CNAME is alone at its name, and there is one of it (RFC 1034 3.6.2, RFC 2181 10.1). */
static int check_cname(const struct step *step, const struct change_item *item, char **ret_reason)
{
        char owner[NAME_TEXT_SIZE], type[RDATA_TYPE_TEXT_SIZE];

        if (item->node == step->zone->top)
                return reason_set(ret_reason, -EINVAL,
                        "\"%s\" is the zone itself, a CNAME cannot stand beside its SOA",
                        item_owner(item, owner));
        if (item->after->n_served > 1)
                return reason_set(ret_reason, -EINVAL, "\"%s\" would have more than one CNAME",
                        item_owner(item, owner));
        for (size_t i = 0; rdata_type_stored_at(i) != 0; i++) {
                uint16_t other = rdata_type_stored_at(i);

                if (other != RDATA_CNAME && step_effective(step, item->node, other))
                        return reason_set(ret_reason, -EINVAL,
                                "\"%s\" would have a CNAME beside data of type %s", item_owner(item, owner),
                                rdata_type_to_text(other, type));
        }
        return 0;
}

int step_check(const struct step *step, char **ret_reason)
{
        char owner[NAME_TEXT_SIZE], type[RDATA_TYPE_TEXT_SIZE];
        int r;

        for (size_t i = 0; i < step->n_items; i++) {
                const struct change_item *item = step->items[i];

                if (!item->after)
                        continue;
                if (item->type == RDATA_CNAME) {
                        r = check_cname(step, item, ret_reason);
                        if (r < 0)
                                return r;
                } else if (step_effective(step, item->node, RDATA_CNAME))
                        return reason_set(ret_reason, -EINVAL,
                                "\"%s\" would have data of type %s beside a CNAME", item_owner(item, owner),
                                rdata_type_to_text(item->type, type));
        }
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
