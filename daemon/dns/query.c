/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/query.h"

#include <stdarg.h>
#include <time.h>

#include "daemon/dns/auto-ptr.h"
#include "daemon/dns/query-work.h"
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

void query_work_begin(struct query_work *w)
{
        packet_writer_begin(&w->p, &w->query, w->request->data, w->buf, w->limit);
        packet_writer_reserve(&w->p, w->options.size);
        w->error.code = EDNS_ERROR_NONE;
        w->result = (struct query_result){};
}

static enum query_outcome fail(struct query_work *w, enum packet_rcode rcode)
{
        w->p.rcode = rcode;
        return QUERY_OUTCOME_ERROR;
}

enum query_outcome query_work_fail(
        struct query_work *w, enum packet_rcode rcode, enum edns_error_code code, const char *format, ...)
{
        va_list arguments;

        if (!w->query.has_edns) /* nobody would see it */
                return fail(w, rcode);
        va_start(arguments, format);
        edns_error_set_va(&w->error, code, format, arguments);
        va_end(arguments);
        return fail(w, rcode);
}

/*
 * Types that no zone holds (RFC 6895 3.1): transfers are refused, the mail ones were never implemented by
 * anyone, the others belong elsewhere in a message. As BIND decides, and Unbound for the most part.
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

static enum query_outcome refuse_name(struct query_work *w)
{
        char text[NAME_TEXT_SIZE];

        if (!w->query.has_edns) /* for speed */
                return fail(w, PACKET_REFUSED);
        return query_work_fail(w, PACKET_REFUSED, EDNS_ERROR_NOT_AUTHORITATIVE, "no zone, no rule: %s",
                name_to_text_bare(&w->query.name, text));
}

/* Where nobody answers for what lies outside, our part of the answer is all. */
static enum query_outcome answer_from_zone(struct query_work *w, const struct zone *zone)
{
        const struct query_result ours = {.source = QUERY_SOURCE_ZONE, .zone = zone};
        enum query_outcome outcome;
        struct name target;

        w->result = ours;
        outcome = query_answer_zone(w->context, &w->p, zone, true, &target);
        if (outcome != QUERY_OUTCOME_FORWARD)
                return outcome;
        outcome = query_forward(w, &target);
        if (outcome != QUERY_OUTCOME_NONE)
                return outcome;
        query_work_begin(w);
        w->result = ours;
        return query_answer_zone(w->context, &w->p, zone, false, &target);
}

static enum query_outcome answer_name(struct query_work *w)
{
        const struct packet_query *q = &w->query;
        struct forward *forward = w->context->forward;
        enum query_outcome outcome;
        const struct zone *zone;

        /* Before our zones, one of which may be where its name happens to be. */
        if (forward && forward_is_probe(forward, &q->name))
                return query_work_fail(w, PACKET_SERVFAIL, EDNS_ERROR_OTHER, "an upstream leads back to us");
        outcome = auto_ptr_answer(w->context->zones, &w->p, &zone);
        if (outcome != QUERY_OUTCOME_NONE) {
                w->result = (struct query_result){.source = QUERY_SOURCE_AUTO_PTR, .zone = zone};
                return outcome;
        }
        zone = query_find_zone(w->context->zones, &q->name, q->type);
        if (zone)
                return answer_from_zone(w, zone);
        outcome = query_forward(w, &q->name);
        return outcome == QUERY_OUTCOME_NONE ? refuse_name(w) : outcome;
}

/* What we have of any class is what we have of IN; that it is all is more than we know (RFC 1034 3.7.1). */
static enum query_outcome answer_any_class(struct query_work *w)
{
        const struct packet_query *q = &w->query;
        const struct zone *zone = query_find_zone(w->context->zones, &q->name, q->type);
        enum query_outcome outcome;
        struct name target;

        if (!zone)
                return refuse_name(w);
        w->result = (struct query_result){.source = QUERY_SOURCE_ZONE, .zone = zone};
        outcome = query_answer_zone(w->context, &w->p, zone, false, &target);
        w->p.flags &= (uint16_t)~PACKET_FLAG_AA;
        return outcome;
}

static enum query_outcome decide(struct query_work *w)
{
        const struct packet_query *q = &w->query;
        enum packet_rcode rcode = check_type(q->type);

        if (!q->has_question) /* only a cookie was asked for (RFC 7873 5.4) */
                return QUERY_OUTCOME_NODATA;
        if (rcode == PACKET_REFUSED)
                return query_work_fail(w, rcode, EDNS_ERROR_NOT_SUPPORTED, "no zone transfers");
        if (rcode != PACKET_NOERROR)
                return fail(w, rcode);
        switch (q->class) {
        case PACKET_CLASS_IN:
                return answer_name(w);
        case PACKET_CLASS_ANY:
                return answer_any_class(w);
        default: /* CHAOS too: who we are and what we run is nobody's business */
                return fail(w, PACKET_REFUSED);
        }
}

static enum query_outcome answer(struct query_work *w, enum packet_verdict verdict, enum packet_rcode rcode)
{
        if (verdict == PACKET_ERROR) {
                if (rcode == PACKET_NOTIMP)
                        return query_work_fail(
                                w, rcode, EDNS_ERROR_NOT_SUPPORTED, "opcode %u", w->query.opcode);
                return fail(w, rcode);
        }
        return decide(w);
}

/* Those that are known beforehand; room is kept for them. */
static void add_options(struct query_work *w)
{
        const struct packet_query *q = &w->query;
        const struct query_request *request = w->request;
        uint8_t cookie[COOKIE_SIZE];
        enum cookie_verdict verdict;

        if (!q->has_edns)
                return;
        if (q->cookie_size > 0 && request->client &&
                cookie_answer(&w->context->cookies, q->cookie, q->cookie_size, request->client,
                        (uint32_t)time(NULL), &verdict, cookie) >= 0)
                edns_add_cookie(&w->options, cookie, sizeof(cookie));
        if (q->has_keepalive && request->transport == QUERY_TCP && request->idle_usec > 0)
                edns_add_keepalive(&w->options, request->idle_usec);
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
        case QUERY_OUTCOME_WAIT:
                break;
        }
        if (p->rcode == PACKET_REFUSED)
                stats->refused++;
        else if (p->rcode == PACKET_FORMERR)
                stats->formerr++;
        else
                stats->other++;
}

/* The extended error takes what room is left: it is the first to do without. */
static size_t finish(struct query_work *w)
{
        struct packet_writer *p = &w->p;
        size_t room = p->w.size - p->w.position;

        if (w->query.has_edns) {
                edns_add_error(&w->options, &w->error, room);
                packet_writer_reserve(p, w->options.size);
                p->options = w->options.data;
                p->options_size = w->options.size;
        }
        return packet_writer_end(p);
}

ssize_t query_answer_again(struct query_context *context, const struct query_request *request,
        const struct query_arrival *arrival, uint8_t *buf, size_t size, struct query_result *ret)
{
        struct query_work w; /* big, and for the most part written by what follows */
        enum packet_rcode rcode = PACKET_NOERROR;
        enum packet_verdict verdict = packet_parse(request->data, request->size, &w.query, &rcode);
        struct query_stats nobody = {}, *stats = request->uncounted ? &nobody : &context->stats;
        enum query_outcome outcome;

        if (verdict == PACKET_DROP) {
                stats->dropped++;
                if (ret)
                        *ret = (struct query_result){};
                return 0;
        }
        w.context = context;
        w.request = request;
        w.arrival = arrival;
        w.buf = buf;
        w.limit = answer_limit(&w.query, request->transport, size);
        w.options.size = 0;
        add_options(&w);
        query_work_begin(&w);
        outcome = answer(&w, verdict, rcode);
        if (outcome == QUERY_OUTCOME_WAIT)
                return -EINPROGRESS;
        if (verdict == PACKET_OK && query_forward_available(context))
                w.p.flags |= PACKET_FLAG_RA | (w.query.flags & PACKET_FLAG_CD); /* RFC 4035 3.2.2 */
        count(stats, &w.p, outcome);
        if (ret)
                *ret = w.result;
        return (ssize_t)finish(&w);
}

ssize_t query_answer(struct query_context *context, const struct query_request *request, uint8_t *buf,
        size_t size, struct query_result *ret)
{
        if (!request->uncounted)
                context->stats.received++;
        return query_answer_again(context, request, NULL, buf, size, ret);
}
