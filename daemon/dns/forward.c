/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/forward.h"

#include <string.h>
#include <sys/random.h>

#include "daemon/dns/forward-internal.h"

uint64_t forward_now(const struct forward *forward)
{
        uint64_t usec = 0;

        (void)sd_event_now(forward->event, CLOCK_BOOTTIME, &usec);
        return usec;
}

static int copy_text(const char *text, char **ret)
{
        *ret = text ? strdup(text) : NULL;
        return text && !*ret ? -ENOMEM : 0;
}

static bool same_text(const char *a, const char *b)
{
        return strcmp(a ? a : "", b ? b : "") == 0;
}

int forward_set_options(struct forward *forward, const struct forward_options *options)
{
        _cleanup_free_ char *trust_anchor = NULL, *certificates = NULL;
        static const struct name root = {.size = 1};
        const struct forward_options former = forward->options;
        bool same = same_text(options->trust_anchor, former.trust_anchor) &&
                    same_text(options->certificates, former.certificates);

        if (copy_text(options->trust_anchor, &trust_anchor) < 0 ||
                copy_text(options->certificates, &certificates) < 0)
                return -ENOMEM;
        forward->options = *options;
        forward->options.trust_anchor = trust_anchor;
        forward->options.certificates = certificates;
        if (!same && rules_set_up(forward) < 0) {
                forward->options = former;
                return -ENOMEM;
        }
        free(forward->trust_anchor);
        free(forward->certificates);
        forward->trust_anchor = TAKE_PTR(trust_anchor);
        forward->certificates = TAKE_PTR(certificates);
        if (!same) /* what was trusted by the former ones */
                (void)forward_flush(forward, &root);
        cache_set_limit(forward->cache, options->cache_octets);
        return 0;
}

int forward_new(sd_event *event, const struct forward_options *options, forward_ready_t ready, void *userdata,
        struct forward **ret)
{
        _cleanup_(forward_freep) struct forward *forward = calloc(1, sizeof(*forward));
        uint8_t key[16];
        int r;

        if (!forward)
                return -ENOMEM;
        if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
                return -errno;
        forward->key = siphash_key_from_bytes(key);
        forward->event = sd_event_ref(event);
        forward->ready = ready;
        forward->userdata = userdata;
        r = cache_new(options->cache_octets, &forward->cache);
        if (r < 0)
                return r;
        r = failures_new(&forward->failures);
        if (r < 0)
                return r;
        r = upstream_pool_new(event, &forward->pool);
        if (r < 0)
                return r;
        r = table_reserve(&forward->used, FORWARD_RULES_MAX);
        if (r < 0)
                return r;
        r = flights_init(forward);
        if (r < 0)
                return r;
        r = waits_init(forward);
        if (r < 0)
                return r;
        r = forward_set_options(forward, options);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(forward);
        return 0;
}

struct forward *forward_free(struct forward *forward)
{
        if (!forward)
                return NULL;
        forward->ending = true;
        flights_done(forward);
        waits_done(forward);
        rules_clear(forward);
        upstream_pool_free(forward->pool);
        cache_free(forward->cache);
        failures_free(forward->failures);
        table_clear(&forward->used);
        free(forward->own);
        free(forward->trust_anchor);
        free(forward->certificates);
        sd_event_unref(forward->event);
        free(forward);
        return NULL;
}

static bool is_same_own(const struct forward *forward, const struct endpoint *own, size_t n)
{
        for (size_t i = 0; i < MIN(n, forward->n_own); i++)
                if (!endpoint_equal(&own[i], &forward->own[i]))
                        return false;
        return n == forward->n_own;
}

int forward_set_own(struct forward *forward, const struct endpoint *own, size_t n)
{
        struct endpoint *former = forward->own, *copy = NULL;
        size_t n_former = forward->n_own;

        if (is_same_own(forward, own, n))
                return 0;
        if (n > 0) {
                copy = calloc(n, sizeof(*copy));
                if (!copy)
                        return -ENOMEM;
                memcpy(copy, own, n * sizeof(*copy));
        }
        forward->own = copy;
        forward->n_own = n;
        if (rules_set_up(forward) < 0) {
                forward->own = former;
                forward->n_own = n_former;
                free(copy);
                return -ENOMEM;
        }
        free(former);
        return 0;
}

enum edns_error_code stale_code(const struct answer *answer)
{
        return answer_rcode(answer) == PACKET_NXDOMAIN ? EDNS_ERROR_STALE_NXDOMAIN : EDNS_ERROR_STALE_ANSWER;
}

static enum forward_verdict fail(struct forward_lookup *lookup, enum edns_error_code code, const char *text)
{
        lookup->error.code = code;
        (void)snprintf(lookup->error.text, sizeof(lookup->error.text), "%s", text);
        return FORWARD_FAILED;
}

/* What is known when a query comes. */
struct known {
        struct cache_key key;
        enum cache_state state;
        const struct answer *answer; /* unless CACHE_ABSENT */
        uint32_t age;
};

static enum forward_verdict serve(const struct known *known, struct forward_lookup *lookup)
{
        lookup->answer = known->answer;
        lookup->age = known->age;
        lookup->cached = true;
        return FORWARD_READY;
}

/* An expired answer, where there is one to serve in the place of ERROR: not where the new one was a lie. */
static enum forward_verdict fail_or_stale(struct rule *rule, const struct known *known,
        const struct edns_error *error, struct forward_lookup *lookup)
{
        lookup->error = *error;
        if (known->state == CACHE_ABSENT || error->code == EDNS_ERROR_DNSSEC_BOGUS)
                return FORWARD_FAILED;
        forward_count(rule->forward, rule, expired);
        lookup->stale = true;
        lookup->error.code = stale_code(known->answer);
        return serve(known, lookup);
}

static enum forward_verdict limit(struct rule *rule, const struct known *known, struct forward_lookup *lookup)
{
        static const struct edns_error error = {
                .code = EDNS_ERROR_OTHER, .text = "too many queries under way"};

        forward_count(rule->forward, rule, limited);
        return fail_or_stale(rule, known, &error, lookup);
}

static enum forward_verdict loop(struct rule *rule, const struct known *known, struct forward_lookup *lookup)
{
        struct edns_error error;

        forward_count(rule->forward, rule, loops);
        rule_leads_back_error(rule, &error);
        return fail_or_stale(rule, known, &error, lookup);
}

/* One that is under way, or a new one; NULL: FORWARD_FAILED, or an expired answer. */
static struct flight *get_flight(struct rule *rule, const struct known *known, struct forward_lookup *lookup,
        enum forward_verdict *ret_verdict)
{
        struct forward *forward = rule->forward;
        struct flight *flight = flight_find(forward, &known->key);
        struct edns_error error;

        if (flight) {
                forward_count(forward, rule, joined);
                return flight;
        }
        if (forward->n_flights >= 2 * (size_t)forward->options.outstanding_max) {
                *ret_verdict = limit(rule, known, lookup);
                return NULL;
        }
        if (flight_new(forward, rule, &known->key, (struct answer *)known->answer, known->age, &flight,
                    &error) < 0) {
                failures_put(forward->failures, &known->key, &error,
                        forward_now(forward) + FORWARD_FAILURE_SECONDS * 1000000ULL);
                *ret_verdict = fail_or_stale(rule, known, &error, lookup);
                return NULL;
        }
        return flight;
}

static enum forward_verdict ask(struct rule *rule, const struct known *known, struct forward_lookup *lookup,
        const struct query_request *request)
{
        struct forward *forward = rule->forward;
        enum forward_verdict verdict;
        struct flight *flight;

        if (!request->owner || forward->ending)
                return fail(lookup, EDNS_ERROR_NOT_READY, "nobody waits for the answer");
        if (request->size > FORWARD_REQUEST_MAX)
                return fail(lookup, EDNS_ERROR_OTHER, "too long a query to wait for an upstream");
        if (!wait_allowed(forward, request))
                return limit(rule, known, lookup);
        flight = get_flight(rule, known, lookup, &verdict);
        if (!flight)
                return verdict;
        return wait_new(flight, request, lookup) < 0 ? fail(lookup, EDNS_ERROR_OTHER, "out of memory")
                                                     : FORWARD_WAIT;
}

static enum forward_verdict get_by_rule(struct forward *forward, struct rule *rule,
        struct forward_lookup *lookup, const struct query_request *request)
{
        struct known known = {.key = {.rule = rule->id,
                                      .name = lookup->name,
                                      .type = lookup->type,
                                      .checking_disabled = lookup->checking_disabled &&
                                                           (rule->rule.flags & UPSTREAM_VALIDATE)}};
        uint64_t now = forward_now(forward);
        const struct edns_error *error;

        forward_count(forward, rule, queries);
        known.state = cache_get(forward->cache, &known.key, now / 1000000, forward->options.expired_seconds,
                &known.answer, &known.age);
        if (known.state == CACHE_FRESH) {
                forward_count(forward, rule, hits);
                return serve(&known, lookup);
        }
        if (lookup->cache_only)
                return FORWARD_NONE;
        probe_maybe(rule);
        if (rule_leads_back(rule))
                return loop(rule, &known, lookup);
        error = failures_get(forward->failures, &known.key, now);
        if (error)
                return fail_or_stale(rule, &known, error, lookup);
        return ask(rule, &known, lookup, request);
}

enum forward_verdict forward_get(
        struct forward *forward, struct forward_lookup *lookup, const struct query_request *request)
{
        struct rule *rule = rule_match(forward, lookup->name);

        lookup->rule = rule ? &rule->rule : NULL;
        lookup->answer = NULL;
        lookup->cached = lookup->stale = false;
        lookup->age = 0;
        lookup->error.code = EDNS_ERROR_NONE;
        lookup->error.text[0] = '\0';
        if (!rule)
                return FORWARD_NONE;
        if (rule->rule.n_servers == 0)
                return FORWARD_BLOCK;
        return get_by_rule(forward, rule, lookup, request);
}

/* What libunbound has of NAME is in the contexts of rules above and below it. */
size_t forward_flush(struct forward *forward, const struct name *name)
{
        for (size_t i = 0; i < forward->n_rules; i++) {
                struct rule *rule = forward->rules[i];

                if (rule->upstream &&
                        (name_is_below(name, &rule->rule.domain) || name_is_below(&rule->rule.domain, name)))
                        upstream_renew(rule->upstream);
        }
        for (struct flight *flight = forward->flights, *next; flight; flight = next) {
                next = flight->next;
                if (name_is_below(&flight->name, name))
                        flight_detach(flight);
        }
        failures_flush(forward->failures, name);
        return cache_flush(forward->cache, name);
}

void forward_get_stats(const struct forward *forward, const struct name *domain, struct forward_stats *ret)
{
        struct cache_stats cache;
        const struct rule *rule;

        if (!domain) {
                cache_get_stats(forward->cache, &cache);
                *ret = forward->stats;
                ret->outstanding = forward->n_waits;
                ret->cache_answers = cache.answers;
                ret->cache_octets = cache.octets;
                ret->cache_evicted = cache.evicted;
                return;
        }
        rule = rule_match(forward, domain);
        if (!rule || !name_equal(&rule->rule.domain, domain)) {
                *ret = (struct forward_stats){};
                return;
        }
        *ret = rule->stats;
        ret->outstanding = rule->n_waits;
        cache_get_rule_stats(forward->cache, rule->id, &cache);
        ret->cache_answers = cache.answers;
        ret->cache_octets = cache.octets;
}
