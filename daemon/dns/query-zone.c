/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Answers out of our own zones. */

#include "daemon/dns/query-internal.h"
#include "daemon/dns/rdata.h"

/* CNAMEs followed for one query. */
#define CHAIN_MAX 16

/* RFC 2308 3: the SOA's TTL is the time for which absence may be cached. */
static enum query_outcome deny(struct packet_writer *p, const struct zone *zone, enum packet_rcode rcode)
{
        p->rcode = rcode;
        packet_writer_add_soa(
                p, PACKET_AUTHORITY, zone, MIN((uint32_t)ZONE_SOA_TTL, (uint32_t)ZONE_SOA_MINIMUM));
        return rcode == PACKET_NXDOMAIN ? QUERY_OUTCOME_NXDOMAIN : QUERY_OUTCOME_NODATA;
}

/* The RRset at NODE that answers TYPE; for ANY, one that is there (RFC 8482 4.1). */
static const struct rrset *choose_rrset(const struct zone_node *node, uint16_t type)
{
        return type == RDATA_ANY ? zone_node_next(node, NULL) : zone_node_rrset(node, type);
}

/* Whether NAME's answer is the SOA, which is not stored: asked for, or all that is there for ANY. */
static bool wants_soa(
        const struct zone *zone, const struct name *name, uint16_t type, const struct rrset *set)
{
        return name_equal(name, zone_apex(zone)) && (type == RDATA_SOA || (type == RDATA_ANY && !set));
}

/* The names asked and pointed to so far. */
struct chain {
        struct name names[CHAIN_MAX + 1];
        size_t n;
};

/* Goes on to where ALIAS points; false: not followed, for it is a loop, or the limit. */
static bool follow(const struct rrset *alias, struct chain *chain)
{
        const struct rrset_entry *e = rrset_next(alias, NULL);
        struct name *target;

        if (chain->n == ELEMENTSOF(chain->names))
                return false;
        target = &chain->names[chain->n];
        if (name_from_wire(e->rdata, e->size, target) < 0)
                return false;
        for (size_t i = 0; i < chain->n; i++)
                if (name_equal(&chain->names[i], target))
                        return false;
        chain->n++;
        return true;
}

/* RFC 1034 4.3.2, for data that is all ours. NXDOMAIN is of the last name of a chain (RFC 6604 3). */
static enum query_outcome answer_chain(const struct query_context *context, struct packet_writer *p,
        const struct zone *zone, struct chain *chain, bool may_forward)
{
        uint16_t type = p->query->type;

        for (;;) {
                const struct name *name = &chain->names[chain->n - 1];
                const struct zone_node *node;
                const struct rrset *set = NULL;
                enum zone_lookup lookup = zone_lookup(zone, name, &node);

                if (lookup == ZONE_ABSENT && may_forward && (zone_flags(zone) & ZONE_FALLTHROUGH))
                        return QUERY_OUTCOME_FORWARD;
                p->flags |= PACKET_FLAG_AA;
                if (lookup == ZONE_ABSENT)
                        return deny(p, zone, PACKET_NXDOMAIN);
                if (node)
                        set = choose_rrset(node, type);
                if (wants_soa(zone, name, type, set)) {
                        packet_writer_add_soa(p, PACKET_ANSWER, zone, ZONE_SOA_TTL);
                        return QUERY_OUTCOME_ANSWERED;
                }
                if (set) {
                        packet_writer_add_rrset(p, PACKET_ANSWER, name, set);
                        return QUERY_OUTCOME_ANSWERED;
                }
                set = node ? zone_node_rrset(node, RDATA_CNAME) : NULL;
                if (!set)
                        return deny(p, zone, PACKET_NOERROR);
                if (!packet_writer_add_rrset(p, PACKET_ANSWER, name, set) || !follow(set, chain))
                        return QUERY_OUTCOME_ANSWERED;
                zone = query_find_zone(context->zones, &chain->names[chain->n - 1], type);
                if (!zone)
                        return may_forward ? QUERY_OUTCOME_FORWARD : QUERY_OUTCOME_ANSWERED;
        }
}

const struct zone *query_find_zone(const struct zone_store *zones, const struct name *name, uint16_t type)
{
        return zone_store_match(zones, name);
}

enum query_outcome query_answer_zone(const struct query_context *context, struct packet_writer *p,
        const struct zone *zone, bool may_forward, struct name *ret_target)
{
        struct chain chain;
        enum query_outcome outcome;

        chain.names[0] = p->query->name;
        chain.n = 1;
        outcome = answer_chain(context, p, zone, &chain, may_forward);
        if (outcome == QUERY_OUTCOME_FORWARD)
                *ret_target = chain.names[chain.n - 1];
        return outcome;
}
