/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Redirection of whole subtrees (RFC 6672). */

#include "daemon/dns/query-zone.h"
#include "daemon/dns/rdata.h"

/* RET = NAME, its last octets, which are NODE's name, replaced by TARGET. -ENAMETOOLONG. */
static int substitute(const struct name *name, const struct zone_node *node, const struct rrset_entry *target,
        struct name *ret)
{
        size_t kept = (size_t)name->size - node->size;

        if (kept + target->size > NAME_SIZE_MAX)
                return -ENAMETOOLONG;
        ret->size = (uint8_t)(kept + target->size);
        memcpy(ret->wire, name->wire, kept);
        memcpy(ret->wire + kept, target->rdata, target->size);
        return 0;
}

/* Once is enough, however often a chain goes through it. */
static bool add_dname(struct packet_writer *p, const struct zone_node *node, const struct rrset *set,
        struct query_chain *chain)
{
        struct name owner;

        for (size_t i = 0; i < chain->n_dnames; i++)
                if (chain->dnames[i] == set)
                        return true;
        if (chain->n_dnames < ELEMENTSOF(chain->dnames))
                chain->dnames[chain->n_dnames++] = set;
        zone_node_name(node, &owner);
        return packet_writer_add_rrset(p, PACKET_ANSWER, &owner, set);
}

bool query_redirect(struct packet_writer *p, const struct zone_node *node, struct query_chain *chain,
        enum query_outcome *ret_outcome)
{
        const struct rrset *set = zone_node_rrset(node, RDATA_DNAME);
        const struct name *name = query_chain_last(chain);
        struct name target;

        *ret_outcome = QUERY_OUTCOME_ANSWERED;
        if (!add_dname(p, node, set, chain))
                return false;
        if (substitute(name, node, rrset_next(set, NULL), &target) < 0) {
                p->rcode = PACKET_YXDOMAIN;
                *ret_outcome = QUERY_OUTCOME_ERROR;
                return false;
        }
        const struct packet_rdata cname = {.data = target.wire, .size = target.size};
        if (!packet_writer_add(p, PACKET_ANSWER, name, RDATA_CNAME, set->ttl, &cname, 1))
                return false;
        if (p->query->type == RDATA_CNAME)
                return false;
        return query_chain_push(chain, &target);
}
