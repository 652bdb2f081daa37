/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Answers out of our own zones. */

#include "daemon/dns/query-zone.h"

#include "daemon/dns/rdata.h"

/* One answer in the making. */
struct search {
        const struct zone_store *zones;
        struct packet_writer *p;
        const struct zone *zone; /* where the chain is now */
        bool may_forward;
        struct query_chain chain;
};

/* What to do behind a step. */
enum step {
        STEP_END,  /* the outcome is known */
        STEP_NEXT, /* the chain has a new last name */
};

/* RFC 2308 3: the SOA's TTL is the time for which absence may be cached. */
static enum query_outcome deny(const struct search *s, enum packet_rcode rcode)
{
        s->p->rcode = rcode;
        packet_writer_add_soa(s->p, PACKET_AUTHORITY, s->zone, zone_negative_ttl(s->zone));
        return rcode == PACKET_NXDOMAIN ? QUERY_OUTCOME_NXDOMAIN : QUERY_OUTCOME_NODATA;
}

/* The RRset at NODE that answers TYPE; for ANY, one that is there (RFC 8482 4.1). */
static const struct rrset *choose_rrset(const struct zone_node *node, uint16_t type)
{
        return type == RDATA_ANY ? zone_node_next(node, NULL) : zone_node_rrset(node, type);
}

/* Whether the answer is the SOA, which is not served as it is stored: asked for, or all that is there for
 * ANY. */
static bool wants_soa(const struct search *s, const struct rrset *set)
{
        uint16_t type = s->p->query->type;

        if (set && set->type == RDATA_SOA)
                return true;
        return !set && (type == RDATA_SOA || type == RDATA_ANY) &&
               name_equal(query_chain_last(&s->chain), zone_apex(s->zone));
}

bool query_chain_push(struct query_chain *chain, const struct name *target)
{
        if (chain->n == ELEMENTSOF(chain->names))
                return false;
        for (size_t i = 0; i < chain->n; i++)
                if (name_equal(&chain->names[i], target))
                        return false;
        chain->names[chain->n++] = *target;
        return true;
}

static enum step follow(struct search *s, const struct rrset *alias, enum query_outcome *ret)
{
        const struct rrset_entry *e = rrset_next(alias, NULL);
        struct name target;

        *ret = QUERY_OUTCOME_ANSWERED;
        if (!packet_writer_add_rrset(s->p, PACKET_ANSWER, query_chain_last(&s->chain), alias))
                return STEP_END;
        if (name_from_wire(e->rdata, e->size, &target) < 0 || !query_chain_push(&s->chain, &target))
                return STEP_END;
        return STEP_NEXT;
}

/* What a CNAME's own name has beside it (RFC 4035 2.5) is not looked for at its target. */
static bool is_of_the_name(uint16_t type)
{
        return type == RDATA_RRSIG || type == RDATA_NSEC;
}

/* Answers out of NODE (NULL: an empty non-terminal), which is the last name's own or the wildcard for it. */
static enum step answer_node(struct search *s, const struct zone_node *node, enum query_outcome *ret)
{
        const struct rrset *set = node ? choose_rrset(node, s->p->query->type) : NULL;
        const struct name *name = query_chain_last(&s->chain);

        s->p->flags |= PACKET_FLAG_AA;
        *ret = QUERY_OUTCOME_ANSWERED;
        if (wants_soa(s, set)) {
                packet_writer_add_soa(s->p, PACKET_ANSWER, s->zone, zone_soa_ttl(s->zone));
                return STEP_END;
        }
        if (set) {
                if (packet_writer_add_rrset(s->p, PACKET_ANSWER, name, set))
                        query_add_addresses(s->zones, s->p, name, set);
                return STEP_END;
        }
        set = node ? zone_node_rrset(node, RDATA_CNAME) : NULL;
        if (set && !is_of_the_name(s->p->query->type))
                return follow(s, set, ret);
        *ret = deny(s, PACKET_NOERROR);
        return STEP_END;
}

/* Whether the upstream decides: of names that a zone with ZONE_FALLTHROUGH says nothing of, itself among
 * them. */
static bool falls_through(const struct search *s, enum zone_lookup lookup, const struct zone_node *node)
{
        if (!s->may_forward || !(zone_flags(s->zone) & ZONE_FALLTHROUGH))
                return false;
        if (lookup == ZONE_ABSENT)
                return true;
        return lookup == ZONE_FOUND && !zone_node_next(node, NULL) && s->p->query->type != RDATA_SOA;
}

static bool is_node_of(const struct zone_node *node, const struct name *name)
{
        return node->size == name->size && memcmp(node->wire, name->wire, name->size) == 0;
}

/* DS is the one type that the parent answers at a zone cut (RFC 4035 3.1.4.1). */
static bool is_parent_side(const struct search *s, const struct zone_node *cut)
{
        return s->p->query->type == RDATA_DS && is_node_of(cut, query_chain_last(&s->chain));
}

/* One round of RFC 1034 4.3.2. NXDOMAIN is of the last name of a chain (RFC 6604 3). */
static enum step answer_last(struct search *s, enum query_outcome *ret)
{
        const struct zone_node *node;
        enum zone_lookup lookup = zone_lookup(s->zone, query_chain_last(&s->chain), &node);

        if (falls_through(s, lookup, node)) {
                *ret = QUERY_OUTCOME_FORWARD;
                return STEP_END;
        }
        switch (lookup) {
        case ZONE_FOUND:
        case ZONE_WILDCARD:
        case ZONE_EMPTY:
                return answer_node(s, node, ret);
        case ZONE_CUT:
                if (is_parent_side(s, node))
                        return answer_node(s, node, ret);
                query_refer(s->zones, s->p, s->zone, node);
                *ret = QUERY_OUTCOME_ANSWERED;
                return STEP_END;
        case ZONE_DNAME:
                s->p->flags |= PACKET_FLAG_AA;
                return query_redirect(s->p, node, &s->chain, ret) ? STEP_NEXT : STEP_END;
        case ZONE_ABSENT:
                break;
        }
        s->p->flags |= PACKET_FLAG_AA;
        *ret = deny(s, PACKET_NXDOMAIN);
        return STEP_END;
}

static enum query_outcome answer_chain(struct search *s)
{
        enum query_outcome outcome;

        while (answer_last(s, &outcome) == STEP_NEXT) {
                s->zone = query_find_zone(s->zones, query_chain_last(&s->chain), s->p->query->type);
                if (!s->zone)
                        return s->may_forward ? QUERY_OUTCOME_FORWARD : QUERY_OUTCOME_ANSWERED;
        }
        return outcome;
}

/* ZONE, or for the DS of its apex the zone around it. */
static const struct zone *parent_side(
        const struct zone_store *zones, const struct zone *zone, const struct name *name)
{
        const struct zone *parent;
        const struct zone_node *node = NULL;
        enum zone_lookup lookup = ZONE_ABSENT;
        struct name above;

        if (name_is_root(name) || !name_equal(name, zone_apex(zone)))
                return zone;
        name_strip(name, 1, &above);
        parent = zone_store_match(zones, &above);
        if (parent)
                lookup = zone_lookup(parent, name, &node);
        return lookup == ZONE_FOUND || lookup == ZONE_EMPTY || (lookup == ZONE_CUT && is_node_of(node, name))
                       ? parent
                       : zone;
}

const struct zone *query_find_zone(const struct zone_store *zones, const struct name *name, uint16_t type)
{
        const struct zone *zone = zone_store_match(zones, name);

        return zone && type == RDATA_DS ? parent_side(zones, zone, name) : zone;
}

enum query_outcome query_answer_zone(const struct query_context *context, struct packet_writer *p,
        const struct zone *zone, bool may_forward, struct name *ret_target)
{
        struct search s;
        enum query_outcome outcome;

        s.zones = context->zones;
        s.p = p;
        s.zone = zone;
        s.may_forward = may_forward;
        s.chain.names[0] = p->query->name;
        s.chain.n = 1;
        s.chain.n_dnames = 0;
        outcome = answer_chain(&s);
        if (outcome == QUERY_OUTCOME_FORWARD)
                *ret_target = *query_chain_last(&s.chain);
        return outcome;
}
