/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Answers of others, and special-use names: what our zones do not have. */

#include "daemon/dns/query-forward.h"

#include "daemon/dns/query-work.h"
#include "daemon/dns/special.h"

/* How often a query may wait because our zones have changed meanwhile. */
#define ROUNDS_MAX 4

bool query_forward_available(const struct query_context *context)
{
        return context->forward && forward_rule_at(context->forward, 0);
}

/* The longer domain counts; of equal ones the administrator's. The root's rule is never equal. */
static bool rule_wins(const struct upstream_rule *rule, const struct special *special)
{
        return rule && name_labels(&rule->domain) >= name_labels(&special->domain);
}

static enum query_outcome answer_special(
        struct query_work *w, const struct name *name, const struct special *special)
{
        uint16_t before = w->p.answers;

        w->result = (struct query_result){.source = QUERY_SOURCE_SPECIAL};
        if (special_answer(special, name, &w->p) == PACKET_NXDOMAIN)
                return QUERY_OUTCOME_NXDOMAIN;
        return w->p.answers > before ? QUERY_OUTCOME_ANSWERED : QUERY_OUTCOME_NODATA;
}

/* Begins to look NAME up, or takes up what has come of it. */
static enum forward_verdict look_up(struct query_work *w, struct forward_lookup *lookup)
{
        const struct query_arrival *arrival = w->arrival;
        struct query_request request = *w->request;
        bool exhausted = request.round >= ROUNDS_MAX || (arrival && arrival->verdict == FORWARD_FAILED);
        enum forward_verdict verdict;

        if (arrival && arrival->lookup->type == lookup->type &&
                name_equal(arrival->lookup->name, lookup->name)) {
                const struct name *name = lookup->name;

                *lookup = *arrival->lookup;
                lookup->name = name;
                return arrival->verdict;
        }
        if (exhausted) /* not once more for so long */
                request.owner = NULL;
        verdict = forward_get(w->context->forward, lookup, &request);
        if (verdict == FORWARD_FAILED && exhausted)
                edns_error_set(
                        &lookup->error, EDNS_ERROR_OTHER, "our zones changed while an upstream was asked");
        return verdict;
}

static enum query_outcome answer_ready(struct query_work *w, const struct forward_lookup *lookup)
{
        uint16_t before = w->p.answers;

        w->result =
                (struct query_result){.source = lookup->cached ? QUERY_SOURCE_CACHE : QUERY_SOURCE_UPSTREAM,
                        .rule = lookup->rule,
                        .stale = lookup->stale};
        if (lookup->stale)
                w->error = lookup->error;
        answer_write(lookup->answer, lookup->age, lookup->stale, &w->p);
        switch (w->p.rcode) {
        case PACKET_NOERROR:
                return w->p.answers > before || w->p.truncated ? QUERY_OUTCOME_ANSWERED
                                                               : QUERY_OUTCOME_NODATA;
        case PACKET_NXDOMAIN:
                return QUERY_OUTCOME_NXDOMAIN;
        default:
                return QUERY_OUTCOME_ERROR;
        }
}

static enum query_outcome block(struct query_work *w, const struct upstream_rule *rule)
{
        char text[NAME_TEXT_SIZE];

        w->result = (struct query_result){.source = QUERY_SOURCE_UPSTREAM, .rule = rule};
        (void)query_work_fail(w, PACKET_NXDOMAIN, EDNS_ERROR_BLOCKED, "blocked by the rule for %s",
                name_to_text_bare(&rule->domain, text));
        return QUERY_OUTCOME_NXDOMAIN;
}

/* Nothing of ours stays in an answer that is not one. */
static enum query_outcome give_up(struct query_work *w, const struct forward_lookup *lookup)
{
        query_work_begin(w);
        w->result = (struct query_result){.source = QUERY_SOURCE_UPSTREAM, .rule = lookup->rule};
        w->error = lookup->error;
        w->p.rcode = PACKET_SERVFAIL;
        return QUERY_OUTCOME_ERROR;
}

/* Who does not want recursion gets what is here, be it only our part of a chain. */
static enum query_outcome refuse(struct query_work *w)
{
        if (w->p.answers > 0)
                return QUERY_OUTCOME_NONE;
        return query_work_fail(w, PACKET_REFUSED, EDNS_ERROR_NOT_AUTHORITATIVE,
                "not in the cache, and no recursion is desired");
}

static enum query_outcome answer_by_rule(
        struct query_work *w, const struct name *name, const struct upstream_rule *rule)
{
        struct forward_lookup lookup = {.name = name,
                .type = w->query.type,
                .dnssec_ok = w->query.dnssec_ok,
                .checking_disabled = w->query.flags & PACKET_FLAG_CD,
                .cache_only = !(w->query.flags & PACKET_FLAG_RD),
                .error.code = EDNS_ERROR_NONE};
        enum forward_verdict verdict = look_up(w, &lookup);

        switch (verdict) {
        case FORWARD_WAIT:
                return QUERY_OUTCOME_WAIT;
        case FORWARD_NONE:
                return lookup.cache_only ? refuse(w) : QUERY_OUTCOME_NONE;
        case FORWARD_FAILED:
                return give_up(w, &lookup);
        case FORWARD_BLOCK:
                return block(w, rule);
        case FORWARD_READY:
                break;
        }
        return answer_ready(w, &lookup);
}

enum query_outcome query_forward(struct query_work *w, const struct name *name)
{
        struct forward *forward = w->context->forward;
        const struct upstream_rule *rule = forward ? forward_match(forward, name) : NULL;
        struct special special;

        if (special_match(name, &special) != SPECIAL_NONE && !rule_wins(rule, &special) &&
                !(rule && special_is_of_parent(&special, name, w->query.type)))
                return answer_special(w, name, &special);
        return rule ? answer_by_rule(w, name, rule) : QUERY_OUTCOME_NONE;
}

void query_forward_ready(void *userdata, const struct query_request *request, enum forward_verdict verdict,
        const struct forward_lookup *lookup)
{
        struct query_context *context = userdata;
        const struct query_arrival arrival = {.verdict = verdict, .lookup = lookup};
        struct query_request again = *request;
        struct query_owner *owner = request->owner;
        uint8_t answer[PACKET_SIZE_MAX];
        struct query_result result;
        ssize_t n;

        again.round++;
        n = query_answer_again(context, &again, &arrival, answer, sizeof(answer), &result);
        if (n > 0)
                owner->reply(owner, request->client, answer, (size_t)n, &result);
}
