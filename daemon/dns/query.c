/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/query.h"

#include "daemon/dns/auto-ptr.h"
#include "daemon/dns/query-internal.h"
#include "daemon/dns/rdata.h"

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

static enum query_outcome fail(struct packet_writer *p, enum packet_rcode rcode)
{
        p->rcode = rcode;
        return QUERY_OUTCOME_ERROR;
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

static enum query_outcome decide(
        const struct query_context *context, struct packet_writer *p, struct query_result *ret)
{
        const struct packet_query *q = p->query;
        enum packet_rcode rcode = check_type(q->type);
        enum query_outcome outcome;
        const struct zone *zone;
        struct name target;

        if (rcode != PACKET_NOERROR)
                return fail(p, rcode);
        if (q->class != PACKET_CLASS_IN)
                return fail(p, PACKET_REFUSED);
        outcome = auto_ptr_answer(context->zones, p, &ret->zone);
        if (outcome != QUERY_OUTCOME_NONE) {
                ret->source = QUERY_SOURCE_AUTO_PTR;
                return outcome;
        }
        zone = query_find_zone(context->zones, &q->name, q->type);
        if (!zone)
                return fail(p, PACKET_REFUSED);

        *ret = (struct query_result){.source = QUERY_SOURCE_ZONE, .zone = zone};
        return query_answer_zone(context, p, zone, false, &target);
}

static void count(struct query_stats *stats, const struct packet_writer *p, enum query_outcome outcome)
{
        if (p->truncated)
                stats->truncated++;
        switch (outcome) {
        case QUERY_OUTCOME_ANSWERED:
                stats->answered++;
                return;
        case QUERY_OUTCOME_NODATA:
                stats->nodata++;
                return;
        case QUERY_OUTCOME_NXDOMAIN:
                stats->nxdomain++;
                return;
        case QUERY_OUTCOME_ERROR:
        case QUERY_OUTCOME_NONE:
        case QUERY_OUTCOME_FORWARD:
                break;
        }
        if (p->rcode == PACKET_REFUSED)
                stats->refused++;
        else if (p->rcode == PACKET_FORMERR)
                stats->formerr++;
        else
                stats->other++;
}

ssize_t query_answer(struct query_context *context, const struct query_request *request, uint8_t *buf,
        size_t size, struct query_result *ret)
{
        struct query_result result = {};
        struct packet_query q;
        struct packet_writer p;
        enum packet_rcode rcode = PACKET_NOERROR;
        enum packet_verdict verdict = packet_parse(request->data, request->size, &q, &rcode);
        enum query_outcome outcome;

        context->stats.received++;
        if (verdict == PACKET_DROP) {
                context->stats.dropped++;
                goto silent;
        }

        packet_writer_begin(&p, &q, request->data, buf, answer_limit(&q, request->transport, size));
        outcome = verdict == PACKET_ERROR ? fail(&p, rcode) : decide(context, &p, &result);
        count(&context->stats, &p, outcome);
        if (ret)
                *ret = result;
        return (ssize_t)packet_writer_end(&p);

silent:
        if (ret)
                *ret = result;
        return 0;
}
