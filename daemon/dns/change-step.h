/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One step of a change while it is gathered and checked: a list of items of its own, laid over those of the
 * change, which is only touched by step_merge. So a step that is refused leaves the change as it was.
 */

#include "daemon/dns/change-internal.h"

struct step {
        struct change *change;
        struct zone *zone;
        bool restoring; /* the zone is one of change_restore_zone */
        struct change_item **items;
        size_t n_items, items_allocated;
        bool has_dname;     /* an item is one */
        struct table index; /* by node */
};

/* Begins a step on the zone of APEX; frees what step_merge did not take. */
int step_begin(struct change *c, const struct name *apex, struct step *ret, char **ret_reason);
void step_end(struct step *step);

/* The RRset of NODE and TYPE as it will be: by the step, else by the change, else as stored. */
const struct rrset *step_effective(const struct step *step, const struct zone_node *node, uint16_t type);

/* The types of the RRsets that NODE will have, each once: AT is zeroed at first; 0 at the end. */
struct step_types {
        bool begun;
        const struct rrset *set;
        size_t n_indexes;
        const struct change_item *item;
};
uint16_t step_next_type(const struct step *step, const struct zone_node *node, struct step_types *at);

/* The step's item for NODE and TYPE, made if need be. -E2BIG: far over ZONE_NODE_RRSETS_MAX; -ENOMEM. */
int step_item(struct step *step, struct zone_node *node, uint16_t type, struct change_item **ret);

/*
 * Whether what the step leaves may stand together, in whatever order it came (change-check.c). What passes
 * still does so with any record of it missing, so steps that only remove need no check. -EINVAL, -E2BIG with
 * a reason.
 */
int step_check(const struct step *step, char **ret_reason);

/* Hands the items over to the change. -ENOMEM: nothing has changed. */
int step_merge(struct step *step);
