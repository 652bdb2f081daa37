/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <assert.h>
#include <string.h>

#include "daemon/dns/forward-internal.h"

static void flight_complete(struct flight *flight)
{
        struct forward *forward = flight->rule->forward;

        flight->completed = true;
        flight->next_completed = NULL;
        *(forward->last_completed ? &forward->last_completed->next_completed : &forward->first_completed) =
                flight;
        forward->last_completed = flight;
        (void)sd_event_source_set_enabled(forward->completion, SD_EVENT_ONESHOT);
}

static struct cache_key flight_key(const struct flight *flight)
{
        return (struct cache_key){.rule = flight->rule->id,
                .name = &flight->name,
                .type = flight->type,
                .checking_disabled = flight->checking_disabled};
}

static uint32_t key_hash(const struct forward *forward, const struct cache_key *key)
{
        uint64_t hash = siphash(&forward->key, key->name->wire, key->name->size);

        return table_fold(hash ^ key->rule << 20 ^ (uint64_t)key->type << 1 ^ key->checking_disabled);
}

static bool flight_is_of(const void *item, const void *userdata)
{
        const struct flight *flight = item;
        const struct cache_key *key = userdata;

        return flight->rule->id == key->rule && flight->type == key->type &&
               flight->checking_disabled == key->checking_disabled && name_equal(&flight->name, key->name);
}

struct flight *flight_find(struct forward *forward, const struct cache_key *key)
{
        return table_find(&forward->joinable, key_hash(forward, key), flight_is_of, key);
}

static void unjoin(struct flight *flight)
{
        if (flight->joinable)
                table_remove(&flight->rule->forward->joinable, flight->hash, flight);
        flight->joinable = false;
}

void flight_free(struct flight *flight)
{
        struct forward *forward = flight->rule->forward;

        assert(!flight->first);
        unjoin(flight);
        if (flight->query)
                upstream_query_cancel(flight->query);
        *(flight->previous ? &flight->previous->next : &forward->flights) = flight->next;
        if (flight->next)
                flight->next->previous = flight->previous;
        forward->n_flights--;
        answer_unref(flight->answer);
        answer_unref(flight->expired);
        rule_unref(flight->rule);
        free(flight);
}

void flight_detach(struct flight *flight)
{
        unjoin(flight);
        if (!flight->first && !flight->completed)
                flight_free(flight);
}

/* An expired answer serves for a while before the servers are asked again. */
static void keep_failure(struct flight *flight, const struct edns_error *error)
{
        struct forward *forward = flight->rule->forward;
        struct cache_key key = flight_key(flight);
        uint64_t seconds = flight->expired ? FORWARD_FAILURE_STALE_SECONDS : FORWARD_FAILURE_SECONDS;

        if (flight->joinable)
                failures_put(forward->failures, &key, error, forward_now(forward) + seconds * 1000000);
}

void flight_fail(struct flight *flight, const struct edns_error *error)
{
        if (flight->completed)
                return;
        if (flight->query)
                upstream_query_cancel(flight->query);
        flight->query = NULL;
        flight->error = *error;
        unjoin(flight);
        flight_complete(flight);
}

void flight_late(struct flight *flight, const struct edns_error *error)
{
        keep_failure(flight, error);
}

static void set_bogus(struct flight *flight, const char *reason)
{
        forward_count(flight->rule->forward, flight->rule, bogus);
        flight->error.code = EDNS_ERROR_DNSSEC_BOGUS;
        (void)snprintf(flight->error.text, sizeof(flight->error.text), "%s", reason ? reason : "");
        /* A lie is no reason to serve what expired. */
        flight->expired = answer_unref(flight->expired);
}

/* What it was asked for, out of a message that may be anything. */
static int take_answer(struct flight *flight, const struct upstream_result *result)
{
        struct rule *rule = flight->rule;
        int r;

        if (!result->message) {
                rule_error(rule, EDNS_ERROR_NO_REACHABLE_AUTHORITY, "no usable answer from", &flight->error);
                return -EBADMSG;
        }
        if (result->security == ANSWER_BOGUS) {
                set_bogus(flight, result->reason);
                return -EBADMSG;
        }
        r = answer_new(result->message, result->size, &flight->name, flight->type, result->security,
                &flight->answer);
        if (r < 0)
                rule_error(rule, EDNS_ERROR_OTHER,
                        r == -ENOMEM ? "no memory for the answer from" : "malformed answer from",
                        &flight->error);
        return r;
}

static void on_done(void *userdata, const struct upstream_result *result)
{
        struct flight *flight = userdata;
        struct rule *rule = flight->rule;
        struct cache_key key = flight_key(flight);

        flight->query = NULL;
        if (take_answer(flight, result) < 0) {
                if (flight->error.code != EDNS_ERROR_DNSSEC_BOGUS)
                        forward_count(rule->forward, rule, failures);
                keep_failure(flight, &flight->error);
        } else if (flight->joinable) {
                failures_remove(rule->forward->failures, &key);
                cache_put(rule->forward->cache, &key, flight->answer, forward_now(rule->forward) / 1000000);
        }
        unjoin(flight);
        flight_complete(flight);
}

static int flight_ask(struct flight *flight, struct edns_error *ret_error)
{
        struct rule *rule = flight->rule;
        const char *reason;
        int r;

        r = upstream_ask(rule->upstream, &flight->name, flight->type, flight->checking_disabled, on_done,
                flight, &flight->query, &reason);
        if (r < 0) {
                if (r != -ENOMEM)
                        rule->set_up_trouble = reason;
                rule_error(rule, EDNS_ERROR_OTHER, reason, ret_error);
                return r;
        }
        rule->set_up_trouble = NULL;
        forward_count(rule->forward, rule, sent);
        return 0;
}

int flight_new(struct forward *forward, struct rule *rule, const struct cache_key *key,
        struct answer *expired, uint32_t expired_age, struct flight **ret, struct edns_error *ret_error)
{
        struct flight *flight;
        int r;

        *ret_error = (struct edns_error){.code = EDNS_ERROR_OTHER, .text = "out of memory"};
        if (table_reserve(&forward->joinable, 1) < 0)
                return -ENOMEM;
        flight = calloc(1, sizeof(*flight));
        if (!flight)
                return -ENOMEM;
        flight->rule = rule;
        rule->n_ref++;
        flight->name = *key->name;
        flight->type = key->type;
        flight->checking_disabled = key->checking_disabled;
        flight->hash = key_hash(forward, key);
        if (expired) {
                flight->expired = answer_ref(expired);
                flight->expired_came_usec = forward_now(forward) - expired_age * 1000000ULL;
        }
        flight->next = forward->flights;
        if (flight->next)
                flight->next->previous = flight;
        forward->flights = flight;
        forward->n_flights++;
        flight->joinable = true;
        table_insert(&forward->joinable, flight->hash, flight);

        r = flight_ask(flight, ret_error);
        if (r < 0) {
                flight_free(flight);
                return r;
        }
        *ret = flight;
        return 0;
}

/* Answers what waits for what has come. Those it calls may make new flights, which complete another time. */
static int on_completion(sd_event_source *source, void *userdata)
{
        struct forward *forward = userdata;
        struct flight *flight = forward->first_completed, *next;

        forward->first_completed = forward->last_completed = NULL;
        for (; flight; flight = next) {
                while (flight->first)
                        wait_answer(flight->first, NULL);
                next = flight->next_completed;
                flight_free(flight);
        }
        return 0;
}

int flights_init(struct forward *forward)
{
        int r;

        r = sd_event_add_defer(forward->event, &forward->completion, on_completion, forward);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(forward->completion, SD_EVENT_OFF);
}

void flights_done(struct forward *forward)
{
        const struct edns_error error = {.code = EDNS_ERROR_NOT_READY, .text = "share53 is ending"};

        for (struct flight *flight = forward->flights; flight; flight = flight->next)
                flight_fail(flight, &error);
        if (forward->completion)
                (void)on_completion(forward->completion, forward);
        forward->completion = sd_event_source_disable_unref(forward->completion);
        table_clear(&forward->joinable);
}
