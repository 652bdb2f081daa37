/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/query.h"

#include "daemon/dns/packet-write.h"
#include "daemon/dns/rdata.h"

/* CNAMEs followed for one query. */
#define CHAIN_MAX 16

/* What became of a query: also what is counted. */
enum outcome {
        OUTCOME_ANSWERED,
        OUTCOME_NODATA,
        OUTCOME_NXDOMAIN,
        OUTCOME_ERROR, /* the rcode says it */
};

static size_t answer_limit(const struct packet_query *q, enum query_transport transport, size_t size)
{
        size_t limit = PACKET_SIZE_MAX;

        /* RFC 6891 6.2.3: smaller sizes than 512 mean 512. */
        if (transport == QUERY_UDP) {
                limit = q->has_edns ? q->edns_udp_size : 0;
                limit = MIN(limit, (size_t)PACKET_UDP_EDNS_MAX);
                limit = MAX(limit, (size_t)PACKET_UDP_PLAIN_MAX);
        }
        return MIN(limit, size);
}

static enum outcome fail(struct packet_writer *p, enum packet_rcode rcode)
{
        p->rcode = rcode;
        return OUTCOME_ERROR;
}

/* RFC 2308 3: the SOA's TTL is the time for which absence may be cached. */
static enum outcome deny(struct packet_writer *p, const struct zone *zone, enum packet_rcode rcode)
{
        p->rcode = rcode;
        packet_writer_add_soa(
                p, PACKET_AUTHORITY, zone, MIN((uint32_t)ZONE_SOA_TTL, (uint32_t)ZONE_SOA_MINIMUM));
        return rcode == PACKET_NXDOMAIN ? OUTCOME_NXDOMAIN : OUTCOME_NODATA;
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

/* Goes on to where ALIAS points; false: not followed, for it is a loop, the limit, or outside of our zones.
 */
static bool follow(const struct query_context *context, const struct rrset *alias, struct chain *chain,
        const struct zone **zone)
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
        *zone = zone_store_match(context->zones, target);
        return *zone;
}

/* RFC 1034 4.3.2, for data that is all ours. NXDOMAIN is of the last name of a chain (RFC 6604 3). */
static enum outcome answer_from_zones(const struct query_context *context, struct packet_writer *p,
        const struct zone *zone, struct chain *chain)
{
        uint16_t type = p->query->type;

        for (;;) {
                const struct name *name = &chain->names[chain->n - 1];
                const struct zone_node *node;
                const struct rrset *set = NULL;
                enum zone_lookup lookup = zone_lookup(zone, name, &node);

                if (lookup == ZONE_ABSENT)
                        return deny(p, zone, PACKET_NXDOMAIN);
                if (node)
                        set = choose_rrset(node, type);
                if (wants_soa(zone, name, type, set)) {
                        packet_writer_add_soa(p, PACKET_ANSWER, zone, ZONE_SOA_TTL);
                        return OUTCOME_ANSWERED;
                }
                if (set) {
                        packet_writer_add_rrset(p, PACKET_ANSWER, name, set);
                        return OUTCOME_ANSWERED;
                }
                set = node ? zone_node_rrset(node, RDATA_CNAME) : NULL;
                if (!set)
                        return deny(p, zone, PACKET_NOERROR);
                if (!packet_writer_add_rrset(p, PACKET_ANSWER, name, set) ||
                        !follow(context, set, chain, &zone))
                        return OUTCOME_ANSWERED;
        }
}

/*
 * Types that no zone holds (RFC 6895 3.1): transfers are refused, the mail ones were never implemented by
 * anyone, the others belong elsewhere in a message. As BIND decides.
 */
static enum packet_rcode check_type(uint16_t type)
{
        switch (type) {
        case RDATA_ANY:
                return PACKET_NOERROR;
        case RDATA_IXFR:
        case RDATA_AXFR:
                return PACKET_REFUSED;
        case RDATA_MAILB:
        case RDATA_MAILA:
                return PACKET_NOTIMP;
        case RDATA_OPT:
        case 128 ... 250:
                return PACKET_FORMERR;
        default:
                return PACKET_NOERROR;
        }
}

static enum outcome decide(
        const struct query_context *context, struct packet_writer *p, const struct zone **ret_zone)
{
        const struct packet_query *q = p->query;
        enum packet_rcode rcode = check_type(q->type);
        const struct zone *zone;
        struct chain chain;

        if (rcode != PACKET_NOERROR)
                return fail(p, rcode);
        if (q->class != PACKET_CLASS_IN)
                return fail(p, PACKET_REFUSED);
        zone = zone_store_match(context->zones, &q->name);
        if (!zone)
                return fail(p, PACKET_REFUSED);

        *ret_zone = zone;
        p->flags |= PACKET_FLAG_AA;
        chain.names[0] = q->name;
        chain.n = 1;
        return answer_from_zones(context, p, zone, &chain);
}

static void count(struct query_stats *stats, const struct packet_writer *p, enum outcome outcome)
{
        if (p->truncated)
                stats->truncated++;
        switch (outcome) {
        case OUTCOME_ANSWERED:
                stats->answered++;
                return;
        case OUTCOME_NODATA:
                stats->nodata++;
                return;
        case OUTCOME_NXDOMAIN:
                stats->nxdomain++;
                return;
        case OUTCOME_ERROR:
                break;
        }
        if (p->rcode == PACKET_REFUSED)
                stats->refused++;
        else if (p->rcode == PACKET_FORMERR)
                stats->formerr++;
        else
                stats->other++;
}

size_t query_answer(struct query_context *context, enum query_transport transport, const uint8_t *request,
        size_t request_size, uint8_t *buf, size_t size, enum query_source *ret_source,
        const struct zone **ret_zone)
{
        const struct zone *zone = NULL;
        struct packet_query q;
        struct packet_writer p;
        enum packet_rcode rcode = PACKET_NOERROR;
        enum packet_verdict verdict = packet_parse(request, request_size, &q, &rcode);
        enum outcome outcome;

        context->stats.received++;
        if (ret_source)
                *ret_source = QUERY_SOURCE_NONE;
        if (ret_zone)
                *ret_zone = NULL;
        if (verdict == PACKET_DROP) {
                context->stats.dropped++;
                return 0;
        }

        packet_writer_begin(&p, &q, request, buf, answer_limit(&q, transport, size));
        outcome = verdict == PACKET_ERROR ? fail(&p, rcode) : decide(context, &p, &zone);
        count(&context->stats, &p, outcome);
        if (ret_source && zone)
                *ret_source = QUERY_SOURCE_ZONE;
        if (ret_zone)
                *ret_zone = zone;
        return packet_writer_end(&p);
}
