/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/change-step.h"
#include "daemon/dns/rdata.h"
#include "common/reason.h"

static int zone_exists(const struct change *c, const struct name *apex, char **ret_reason)
{
        const struct change_op *op = change_op_find(c, apex);
        char text[NAME_TEXT_SIZE];

        if (op ? op->state == CHANGE_ZONE_REMOVED : !zone_store_find(c->store, apex))
                return 0;
        return reason_set(ret_reason, -EEXIST, "zone \"%s\" exists", name_to_text_bare(apex, text));
}

static int create_zone(struct change *c, const struct name *apex, uint64_t flags, uid_t uid,
        struct change_op **ret, char **ret_reason)
{
        _cleanup_(zone_unrefp) struct zone *zone = NULL;
        int r;

        r = zone_exists(c, apex, ret_reason);
        if (r < 0)
                return r;
        r = zone_new(c->store, apex, flags, uid, &zone);
        if (r < 0)
                return r;
        return change_op_add(c, zone, CHANGE_ZONE_CREATED, ret);
}

int change_create_zone(
        struct change *c, const struct name *apex, uint64_t flags, uid_t uid, char **ret_reason)
{
        struct change_op *op;

        return create_zone(c, apex, flags, uid, &op, ret_reason);
}

int change_restore_zone(struct change *c, const struct name *apex, uint64_t flags, uid_t uid, uint64_t serial)
{
        struct change_op *op;
        int r;

        r = create_zone(c, apex, flags, uid, &op, NULL);
        if (r < 0)
                return r;
        op->restored = true;
        op->zone->serial = serial;
        return 0;
}

/* Items that list what ZONE holds, as gone. *N is their number; on failure some may be made. */
static int list_removed(struct zone *zone, struct change_item ***ret, size_t *n)
{
        size_t position = 0, allocated = 0;
        struct zone_node *node;

        while ((node = zone_next_node(zone, &position)))
                for (struct rrset *set = node->sets; set; set = set->next) {
                        struct change_item *item;

                        if (*n == allocated) {
                                allocated = allocated > 0 ? allocated * 2 : 16;
                                struct change_item **items =
                                        reallocarray(*ret, allocated, sizeof(struct change_item *));

                                if (!items)
                                        return -ENOMEM;
                                *ret = items;
                        }
                        item = calloc(1, sizeof(*item));
                        if (!item)
                                return -ENOMEM;
                        *item = (struct change_item){.zone = zone_ref(zone),
                                .node = node,
                                .type = set->type,
                                .of_removed_zone = true,
                                .before = set};
                        (*ret)[(*n)++] = item;
                }
        return 0;
}

static int remove_stored_zone(struct change *c, struct zone *zone)
{
        _cleanup_free_ struct change_item **items = NULL;
        struct change_op *op;
        size_t n = 0;
        int r;

        r = list_removed(zone, &items, &n);
        if (r >= 0)
                r = change_reserve_items(c, n);
        if (r >= 0)
                r = change_touch_zone(c, zone, &op);
        if (r < 0) {
                while (n > 0)
                        change_item_free(items[--n], false);
                return r;
        }
        change_drop_items(c, zone);
        for (size_t i = 0; i < n; i++)
                change_add_item(c, items[i]);
        op->state = CHANGE_ZONE_REMOVED;
        return 0;
}

int change_remove_zone(struct change *c, const struct name *apex, char **ret_reason)
{
        struct change_op *op = change_op_find(c, apex);
        struct zone *zone;
        int r;

        r = change_find_zone(c, apex, &zone, ret_reason);
        if (r < 0)
                return r;
        if (!op || op->state != CHANGE_ZONE_CREATED)
                return remove_stored_zone(c, zone);
        /* Created by this very change: as if it had never been named. */
        change_drop_items(c, zone);
        change_drop_op(c, op);
        return 0;
}

/* What can be said of a record by itself. */
static int check_record(const struct step *step, const struct record *record, char **ret_reason)
{
        char owner[NAME_TEXT_SIZE], zone[NAME_TEXT_SIZE], type[RDATA_TYPE_TEXT_SIZE];

        name_to_text(&record->owner, owner);
        if (!name_is_below(&record->owner, &step->zone->apex))
                return reason_set(ret_reason, -EINVAL, "\"%s\" is not in zone \"%s\"", owner,
                        name_to_text_bare(&step->zone->apex, zone));
        rdata_type_to_text(record->type, type);
        if (!rdata_type_stored(record->type))
                return reason_set(
                        ret_reason, -EINVAL, "\"%s\": records of type %s are not supported", owner, type);
        if (record->ttl > RECORD_TTL_MAX)
                return reason_set(ret_reason, -EINVAL, "\"%s\" %s: TTL %u is over %u seconds", owner, type,
                        record->ttl, RECORD_TTL_MAX);
        if (!rdata_check(record->type, record->rdata, record->rdata_size))
                return reason_set(ret_reason, -EINVAL, "\"%s\": rdata is not valid for type %s", owner, type);
        if (step->restoring)
                return 0;
        /* A zone file's records and its zone go together. */
        if (step->zone->flags & ZONE_FILE
                        ? record->life != RECORD_FILE
                        : record->life != RECORD_RUNTIME && record->life != RECORD_PERSISTENT)
                return reason_set(ret_reason, -EINVAL, "\"%s\" %s: life \"%s\" is not supported", owner, type,
                        record_life_to_text(record->life));
        if (record->life == RECORD_PERSISTENT && !(step->zone->flags & ZONE_PERSISTENT))
                return reason_set(ret_reason, -EPERM,
                        "\"%s\" %s: zone \"%s\" is not persistent, so its records cannot be", owner, type,
                        name_to_text_bare(&step->zone->apex, zone));
        return 0;
}

/* Builds ITEM's RRset of BASE and its records, which NEXT links. */
static int build_item(struct change_item *item, const struct rrset *base, const struct record *records,
        const size_t *next, const struct record **chosen, char **ret_reason)
{
        char owner[NAME_TEXT_SIZE], type[RDATA_TYPE_TEXT_SIZE];
        bool linked =
                (item->zone->flags & ZONE_AUTO_PTR) && (item->type == RDATA_A || item->type == RDATA_AAAA);
        struct rrset *after;
        size_t n = 0;
        int r;

        for (size_t i = item->first; i != SIZE_MAX; i = next[i])
                chosen[n++] = &records[i];
        r = rrset_new(item->type, base, chosen, n, linked, &after);
        if (r == -E2BIG)
                return reason_set(ret_reason, r,
                        "\"%s\" would have more records of type %s than fit into one message",
                        name_to_text(&records[item->first].owner, owner),
                        rdata_type_to_text(item->type, type));
        if (r < 0)
                return r;
        item->after = after;
        return 0;
}

/* Sorts RECORDS to items, by name and type. */
static int gather(struct step *step, const struct record *records, size_t n, size_t *next, char **ret_reason)
{
        char owner[NAME_TEXT_SIZE];
        int r;

        for (size_t i = 0; i < n; i++) {
                struct change_item *item;
                struct zone_node *node;

                next[i] = SIZE_MAX;
                r = zone_hold_node(step->zone, &records[i].owner, &node);
                if (r < 0)
                        return r;
                r = step_item(step, node, records[i].type, &item);
                zone_release_node(step->zone, node);
                if (r == -E2BIG)
                        return reason_set(ret_reason, r, "\"%s\" would have records of more than %d types",
                                name_to_text(&records[i].owner, owner), ZONE_NODE_RRSETS_MAX);
                if (r < 0)
                        return r;
                *(item->first == SIZE_MAX ? &item->first : &next[item->last]) = i;
                item->last = i;
        }
        return 0;
}

static int put(struct step *step, const struct record *records, size_t n, bool add, char **ret_reason)
{
        _cleanup_free_ const struct record **chosen = NULL;
        _cleanup_free_ size_t *next = NULL;
        int r;

        for (size_t i = 0; i < n; i++) {
                r = check_record(step, &records[i], ret_reason);
                if (r < 0)
                        return r;
        }
        chosen = calloc(n + 1, sizeof(struct record *));
        next = calloc(n + 1, sizeof(*next));
        if (!chosen || !next)
                return -ENOMEM;
        r = gather(step, records, n, next, ret_reason);
        if (r < 0)
                return r;
        for (size_t i = 0; i < step->n_items; i++) {
                struct change_item *item = step->items[i];
                const struct change_item *former;
                const struct rrset *base = NULL;

                if (item->first == SIZE_MAX)
                        continue;
                if (add) {
                        former = change_item_find(&step->change->item_index, item->node, item->type);
                        base = former ? former->after : item->before;
                }
                r = build_item(item, base, records, next, chosen, ret_reason);
                if (r < 0)
                        return r;
        }
        r = step_check(step, ret_reason);
        if (r < 0)
                return r;
        return step_merge(step);
}

int change_set(
        struct change *c, const struct name *zone, const struct record *records, size_t n, char **ret_reason)
{
        _cleanup_(step_end) struct step step = {};
        int r;

        r = step_begin(c, zone, &step, ret_reason);
        if (r < 0)
                return r;
        return put(&step, records, n, false, ret_reason);
}

int change_add(
        struct change *c, const struct name *zone, const struct record *records, size_t n, char **ret_reason)
{
        _cleanup_(step_end) struct step step = {};
        int r;

        r = step_begin(c, zone, &step, ret_reason);
        if (r < 0)
                return r;
        return put(&step, records, n, true, ret_reason);
}

/* Items, without an RRset to come, for all that the zone holds and all that the change has put there. */
static int clear_zone(struct step *step)
{
        struct change_item *item;
        struct zone_node *node;
        size_t position = 0;
        int r;

        while ((node = zone_next_node(step->zone, &position)))
                for (const struct rrset *set = node->sets; set; set = set->next) {
                        r = step_item(step, node, set->type, &item);
                        if (r < 0)
                                return r;
                }
        for (size_t i = 0; i < step->change->n_items; i++) {
                const struct change_item *former = step->change->items[i];

                if (former->zone != step->zone)
                        continue;
                r = step_item(step, former->node, former->type, &item);
                if (r < 0)
                        return r;
        }
        return 0;
}

int change_replace(
        struct change *c, const struct name *zone, const struct record *records, size_t n, char **ret_reason)
{
        _cleanup_(step_end) struct step step = {};
        int r;

        r = step_begin(c, zone, &step, ret_reason);
        if (r < 0)
                return r;
        r = clear_zone(&step);
        if (r < 0)
                return r;
        return put(&step, records, n, false, ret_reason);
}

/* One RRset, or of it the record with REMOVAL's rdata. 0: nothing to remove, 1: removed. */
static int remove_from_rrset(
        struct step *step, struct zone_node *node, uint16_t type, const struct change_removal *removal)
{
        const struct rrset *set = step_effective(step, node, type);
        struct rrset *after = NULL;
        struct change_item *item;
        int r;

        if (!set)
                return 0;
        if (removal->rdata) {
                r = rrset_without(set, removal->rdata, removal->rdata_size, &after);
                if (r < 0)
                        return r == -ENOENT ? 0 : r;
        }
        r = step_item(step, node, type, &item);
        if (r < 0) {
                free(after);
                return r;
        }
        free(item->after);
        item->after = after;
        return 1;
}

static int remove_one(struct step *step, const struct change_removal *removal, char **ret_reason)
{
        char owner[NAME_TEXT_SIZE], type[RDATA_TYPE_TEXT_SIZE];
        struct zone_node *node = zone_peek_node(step->zone, &removal->owner);
        struct step_types types = {};
        uint16_t found;
        int r, removed = 0;

        name_to_text(&removal->owner, owner);
        if (removal->type == 0 && removal->rdata)
                return reason_set(ret_reason, -EINVAL, "\"%s\": rdata to remove without its type", owner);
        if (node && removal->type != 0)
                removed = remove_from_rrset(step, node, removal->type, removal);
        while (node && removal->type == 0 && removed >= 0 &&
                (found = step_next_type(step, node, &types)) != 0) {
                r = remove_from_rrset(step, node, found, removal);
                removed = r < 0 ? r : removed + r;
        }
        if (removed < 0)
                return removed;
        if (removed > 0)
                return 0;
        if (removal->type == 0)
                return reason_set(ret_reason, -ENOENT, "no records at \"%s\"", owner);
        return reason_set(ret_reason, -ENOENT, "%s of type %s at \"%s\"",
                removal->rdata ? "no such record" : "no records", rdata_type_to_text(removal->type, type),
                owner);
}

int change_remove(struct change *c, const struct name *zone, const struct change_removal *removals, size_t n,
        char **ret_reason)
{
        _cleanup_(step_end) struct step step = {};
        int r;

        r = step_begin(c, zone, &step, ret_reason);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n; i++) {
                r = remove_one(&step, &removals[i], ret_reason);
                if (r < 0)
                        return r;
        }
        return step_merge(&step);
}
