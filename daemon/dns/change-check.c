/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What may stand together in a zone. */

#include "common/reason.h"
#include "daemon/dns/change-step.h"
#include "daemon/dns/rdata.h"

/* An RRset that a step leaves. */
struct checked {
        const struct step *step;
        const struct change_item *item;
        char **ret_reason;
};

/* Its name and type, written only where it is refused. */
struct words {
        char owner[NAME_TEXT_SIZE];
        char type[RDATA_TYPE_TEXT_SIZE];
};

static struct words words_of(const struct checked *k)
{
        struct words w;
        struct name owner;

        zone_node_name(k->item->node, &owner);
        name_to_text(&owner, w.owner);
        rdata_type_to_text(k->item->type, w.type);
        return w;
}

static bool is_at_apex(const struct checked *k)
{
        return k->item->node == k->step->zone->top;
}

static bool is_singleton(uint16_t type)
{
        return type == RDATA_CNAME || type == RDATA_DNAME || type == RDATA_SOA;
}

static int check_singleton(const struct checked *k)
{
        struct words w;

        if (!is_singleton(k->item->type) || k->item->after->n_served == 1)
                return 0;
        w = words_of(k);
        return reason_set(k->ret_reason, -EINVAL, "\"%s\" would have more than one %s", w.owner, w.type);
}

/* RFC 1034 3.6.2, RFC 2181 10.1, RFC 4035 2.4. */
static int check_apex(const struct checked *k)
{
        uint16_t type = k->item->type;
        struct words w;

        if (type != RDATA_SOA && type != RDATA_CNAME && type != RDATA_DS)
                return 0;
        if (is_at_apex(k) == (type == RDATA_SOA))
                return 0;
        w = words_of(k);
        if (type == RDATA_CNAME)
                return reason_set(k->ret_reason, -EINVAL,
                        "\"%s\" is the zone itself, a CNAME cannot stand beside its SOA", w.owner);
        if (type == RDATA_DS)
                return reason_set(k->ret_reason, -EINVAL,
                        "\"%s\" is the zone itself, its DS belongs into the zone above", w.owner);
        return reason_set(
                k->ret_reason, -EINVAL, "\"%s\" is not the zone itself, which alone has an SOA", w.owner);
}

/* RFC 4592 4.2 and 4.4: what they would mean for the names that they cover is not defined. */
static int check_wildcard(const struct checked *k)
{
        const struct zone_node *node = k->item->node;
        struct words w;

        if ((k->item->type != RDATA_NS && k->item->type != RDATA_DNAME) || !zone_node_is_wildcard(node))
                return 0;
        w = words_of(k);
        return reason_set(
                k->ret_reason, -EINVAL, "\"%s\" is a wildcard, which cannot have %s", w.owner, w.type);
}

/* Those that say something of the name itself (RFC 2181 10.1, RFC 4035 2.5). */
static bool may_be_beside_cname(uint16_t type)
{
        return type == RDATA_CNAME || type == RDATA_KEY || type == RDATA_RRSIG || type == RDATA_NSEC;
}

static int check_cname(const struct checked *k)
{
        char other[RDATA_TYPE_TEXT_SIZE];
        struct step_types types = {};
        struct words w;
        uint16_t type;

        do
                type = step_next_type(k->step, k->item->node, &types);
        while (may_be_beside_cname(type));
        if (type == 0)
                return 0;
        w = words_of(k);
        return reason_set(k->ret_reason, -EINVAL, "\"%s\" would have a CNAME beside data of type %s", w.owner,
                rdata_type_to_text(type, other));
}

/* What else stands at the name. */
static int check_beside(const struct checked *k)
{
        struct words w;

        if (k->item->type == RDATA_CNAME)
                return check_cname(k);
        if (may_be_beside_cname(k->item->type) || !step_effective(k->step, k->item->node, RDATA_CNAME))
                return 0;
        w = words_of(k);
        return reason_set(
                k->ret_reason, -EINVAL, "\"%s\" would have data of type %s beside a CNAME", w.owner, w.type);
}

/* RFC 6672 2.3: only at the apex do the two go together. */
static int check_delegation(const struct checked *k)
{
        uint16_t type = k->item->type;
        struct words w;

        if (is_at_apex(k) || (type != RDATA_NS && type != RDATA_DNAME) ||
                !step_effective(k->step, k->item->node, type == RDATA_NS ? RDATA_DNAME : RDATA_NS))
                return 0;
        w = words_of(k);
        return reason_set(k->ret_reason, -EINVAL, "\"%s\" would have a DNAME beside NS", w.owner);
}

static size_t count_items(const struct table *index, const struct zone_node *node)
{
        size_t n = 0;

        for (const struct change_item *item = change_item_first(index, node); item; item = item->sibling)
                n++;
        return n;
}

/* More than NODE will have, where it is among those that the step, the change or the zone has twice. */
static size_t estimate_types(const struct step *step, const struct zone_node *node)
{
        size_t n = count_items(&step->index, node) + count_items(&step->change->item_index, node);

        for (const struct rrset *set = node->sets; set; set = set->next)
                n++;
        return n;
}

/* Counted once for each name, by its first item. */
static int check_number(const struct checked *k)
{
        const struct zone_node *node = k->item->node;
        struct step_types types = {};
        struct words w;
        size_t n = 0;

        if (change_item_first(&k->step->index, node) != k->item ||
                estimate_types(k->step, node) <= ZONE_NODE_RRSETS_MAX)
                return 0;
        while (step_next_type(k->step, node, &types) != 0)
                n++;
        if (n <= ZONE_NODE_RRSETS_MAX)
                return 0;
        w = words_of(k);
        return reason_set(k->ret_reason, -E2BIG, "\"%s\" would have records of more than %d types", w.owner,
                ZONE_NODE_RRSETS_MAX);
}

static int refuse_below(const struct zone_node *node, const struct zone_node *redirected, char **ret_reason)
{
        char owner[NAME_TEXT_SIZE], above[NAME_TEXT_SIZE];
        struct name name;

        zone_node_name(node, &name);
        name_to_text(&name, owner);
        zone_node_name(redirected, &name);
        return reason_set(ret_reason, -EINVAL, "\"%s\" would be below the DNAME of \"%s\"", owner,
                name_to_text(&name, above));
}

/* RFC 6672 2.4: nothing is below a DNAME. Walks up to one that was there before the step, if there can be
 * one. */
static int check_above(const struct checked *k)
{
        if (!k->step->change->has_dname && k->step->zone->barriers == 0)
                return 0;
        for (const struct zone_node *node = k->item->node->parent; node; node = node->parent)
                if (step_effective(k->step, node, RDATA_DNAME))
                        return refuse_below(k->item->node, node, k->ret_reason);
        return 0;
}

/* The node above NODE that the step gives a DNAME; or NULL. */
static const struct zone_node *find_new_dname(const struct step *step, const struct zone_node *node)
{
        for (node = node->parent; node; node = node->parent) {
                const struct change_item *item = change_item_find(&step->index, node, RDATA_DNAME);

                if (item && item->after)
                        return node;
        }
        return NULL;
}

/* Whether the step gives a DNAME to a node that holders alone do not account for: something is below it. */
static bool has_dname_above_nodes(const struct step *step)
{
        for (size_t i = 0; step->has_dname && i < step->n_items; i++) {
                const struct change_item *item = step->items[i];
                size_t held = item->node == step->zone->top ? 1 : 0;

                held += count_items(&step->index, item->node);
                held += count_items(&step->change->item_index, item->node);
                if (item->type == RDATA_DNAME && item->after && item->node->refs > held)
                        return true;
        }
        return false;
}

/* What is below a DNAME of the step, be it there already. */
static int check_stored(const struct step *step, char **ret_reason)
{
        const struct zone_node *node, *redirected;
        size_t position = 0;

        if (!has_dname_above_nodes(step))
                return 0;
        while ((node = zone_next_node(step->zone, &position))) {
                struct step_types types = {};

                redirected = find_new_dname(step, node);
                if (redirected && step_next_type(step, node, &types) != 0)
                        return refuse_below(node, redirected, ret_reason);
        }
        return 0;
}

static int check_item(const struct step *step, const struct change_item *item, char **ret_reason)
{
        static int (*const checks[])(const struct checked *) = {
                check_singleton, check_apex, check_wildcard, check_beside, check_delegation, check_above};
        const struct checked k = {.step = step, .item = item, .ret_reason = ret_reason};
        int r = check_number(&k);

        for (size_t i = 0; item->after && r == 0 && i < ELEMENTSOF(checks); i++)
                r = checks[i](&k);
        return r;
}

int step_check(const struct step *step, char **ret_reason)
{
        for (size_t i = 0; i < step->n_items; i++) {
                int r = check_item(step, step->items[i], ret_reason);

                if (r < 0)
                        return r;
        }
        return check_stored(step, ret_reason);
}
