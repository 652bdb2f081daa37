/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What query-zone.c, query-dname.c and query-additional.c share: one answer out of our zones in the making.
 */

#include "daemon/dns/query-internal.h"
#include "daemon/dns/zone-internal.h"

/* CNAMEs followed for one query, synthesised ones too. */
#define QUERY_CHAIN_MAX 16

/* The names asked and pointed to so far, and the DNAMEs that are in the answer already. */
struct query_chain {
        struct name names[QUERY_CHAIN_MAX + 1];
        size_t n;
        const struct rrset *dnames[QUERY_CHAIN_MAX];
        size_t n_dnames;
};

static inline const struct name *query_chain_last(const struct query_chain *chain)
{
        return &chain->names[chain->n - 1];
}

/* Goes on to TARGET; false: not followed, for it is a loop, or the limit. */
bool query_chain_push(struct query_chain *chain, const struct name *target);

/*
 * Answers with the DNAME of NODE, above the chain's last name: the DNAME, the CNAME that follows from it (RFC
 * 6672 3.1), and goes on to its target. *RET_OUTCOME is set where the answer ends here, and false returned.
 */
bool query_redirect(struct packet_writer *p, const struct zone_node *node, struct query_chain *chain,
        enum query_outcome *ret_outcome);

/* Adds the addresses of the hosts that SET, of OWNER and in the answer section, names, as far as there is
 * room. */
void query_add_addresses(const struct zone_store *zones, struct packet_writer *p, const struct name *owner,
        const struct rrset *set);

/*
 * Refers to the servers of the delegation at NODE of ZONE (RFC 1034 4.3.2, 3b): NS and glue. TC is set where
 * the glue of servers within the delegation does not fit whole (RFC 9471 3.1); that of others may be missing.
 */
void query_refer(const struct zone_store *zones, struct packet_writer *p, const struct zone *zone,
        const struct zone_node *node);
