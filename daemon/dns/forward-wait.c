/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <assert.h>
#include <string.h>

#include "daemon/dns/forward-internal.h"

static bool client_is_of(const void *item, const void *userdata)
{
        const struct client *client = item;

        return endpoint_address_equal(&client->address, userdata);
}

static uint32_t client_hash(const struct forward *forward, const struct endpoint *address)
{
        return table_fold(siphash(&forward->key, address->addr.bytes, endpoint_address_size(address)));
}

static struct client *client_find(const struct forward *forward, const struct endpoint *address)
{
        return table_find(&forward->clients, client_hash(forward, address), client_is_of, address);
}

static struct client *client_get(struct forward *forward, const struct endpoint *address)
{
        struct client *client = client_find(forward, address);

        if (client)
                return client;
        if (table_reserve(&forward->clients, 1) < 0)
                return NULL;
        client = calloc(1, sizeof(*client));
        if (!client)
                return NULL;
        client->address = *address;
        client->address.port = 0;
        client->hash = client_hash(forward, address);
        table_insert(&forward->clients, client->hash, client);
        return client;
}

static void client_release(struct forward *forward, struct client *client)
{
        if (!client || client->n > 0)
                return;
        table_remove(&forward->clients, client->hash, client);
        free(client);
}

bool wait_allowed(const struct forward *forward, const struct query_request *request)
{
        const struct client *client = request->client ? client_find(forward, request->client) : NULL;

        return forward->n_waits < forward->options.outstanding_max &&
               (!client || client->n < forward->options.per_client_max);
}

static void queue_arm(struct forward *forward, struct wait_queue *queue)
{
        if (!queue->first) {
                (void)sd_event_source_set_enabled(queue->timer, SD_EVENT_OFF);
                return;
        }
        (void)sd_event_source_set_time(queue->timer, queue->first->began_usec + queue->delay_usec);
        (void)sd_event_source_set_enabled(queue->timer, SD_EVENT_ONESHOT);
}

static void queue_add(struct forward *forward, size_t i, struct wait *wait)
{
        struct wait_queue *queue = &forward->queues[i];
        struct wait *previous = queue->last, *next;

        /* Those that have waited before are not the last. */
        while (previous && previous->began_usec > wait->began_usec)
                previous = previous->queued[i].previous;
        next = previous ? previous->queued[i].next : queue->first;
        wait->queued[i].previous = previous;
        wait->queued[i].next = next;
        wait->queued[i].in = true;
        *(previous ? &previous->queued[i].next : &queue->first) = wait;
        *(next ? &next->queued[i].previous : &queue->last) = wait;
        if (queue->first == wait)
                queue_arm(forward, queue);
}

static void queue_remove(struct forward *forward, size_t i, struct wait *wait)
{
        struct wait_queue *queue = &forward->queues[i];
        struct wait *previous = wait->queued[i].previous, *next = wait->queued[i].next;

        if (!wait->queued[i].in)
                return;
        wait->queued[i].in = false;
        *(previous ? &previous->queued[i].next : &queue->first) = next;
        *(next ? &next->queued[i].previous : &queue->last) = previous;
        if (!previous)
                queue_arm(forward, queue);
}

/* Off everything but its owner's list. */
static void wait_unlink(struct wait *wait)
{
        struct flight *flight = wait->flight;
        struct forward *forward = flight->rule->forward;

        for (size_t i = 0; i < N_QUEUES; i++)
                queue_remove(forward, i, wait);
        *(wait->previous ? &wait->previous->next : &flight->first) = wait->next;
        *(wait->next ? &wait->next->previous : &flight->last) = wait->previous;
        wait->flight = NULL;
        if (wait->client) {
                wait->client->n--;
                client_release(forward, wait->client);
        }
        forward->n_waits--;
        flight->rule->n_waits--;
        /* Nobody else can join it, or would find its answer. */
        if (!flight->joinable)
                flight_detach(flight);
}

static void on_cancel(struct query_wait *query_wait)
{
        struct wait *wait = (struct wait *)query_wait;

        wait_unlink(wait);
        free(wait);
}

int wait_new(struct flight *flight, const struct query_request *request, const struct forward_lookup *lookup)
{
        struct forward *forward = flight->rule->forward;
        struct client *client = NULL;
        struct wait *wait;

        wait = calloc(1, sizeof(*wait) + request->size);
        if (!wait)
                return -ENOMEM;
        if (request->client) {
                client = client_get(forward, request->client);
                if (!client) {
                        free(wait);
                        return -ENOMEM;
                }
                client->n++;
                wait->from = *request->client;
        }
        wait->wait.cancel = on_cancel;
        wait->flight = flight;
        wait->client = client;
        wait->began_usec = request->waiting_usec > 0 ? request->waiting_usec : forward_now(forward);
        wait->dnssec_ok = lookup->dnssec_ok;
        wait->checking_disabled = lookup->checking_disabled;
        if (request->size > 0)
                memcpy(wait->data, request->data, request->size);
        wait->request = *request;
        wait->request.data = wait->data;
        wait->request.waiting_usec = wait->began_usec;
        wait->request.client = request->client ? &wait->from : NULL;

        wait->previous = flight->last;
        *(flight->last ? &flight->last->next : &flight->first) = wait;
        flight->last = wait;
        forward->n_waits++;
        flight->rule->n_waits++;
        queue_add(forward, QUEUE_DEADLINE, wait);
        if (flight->expired)
                queue_add(forward, QUEUE_STALE, wait);
        query_owner_add(request->owner, &wait->wait);
        return 0;
}

static void set_stale(const struct flight *flight, struct forward_lookup *lookup)
{
        struct forward *forward = flight->rule->forward;

        forward_count(forward, flight->rule, expired);
        lookup->answer = flight->expired;
        lookup->age = (uint32_t)((forward_now(forward) - flight->expired_came_usec) / 1000000);
        lookup->cached = lookup->stale = true;
        lookup->error.code = stale_code(flight->expired);
        memcpy(lookup->error.text, flight->error.text, sizeof(lookup->error.text));
}

void wait_answer(struct wait *wait, const struct edns_error *error)
{
        struct flight *flight = wait->flight;
        struct forward *forward = flight->rule->forward;
        struct rule *rule = flight->rule;
        struct name name = flight->name;
        struct answer *answer = flight->answer ? answer_ref(flight->answer) : NULL;
        struct answer *expired = flight->expired ? answer_ref(flight->expired) : NULL;
        struct forward_lookup lookup = {.name = &name,
                .type = flight->type,
                .dnssec_ok = wait->dnssec_ok,
                .checking_disabled = wait->checking_disabled,
                .rule = &rule->rule,
                .answer = answer,
                .error = {.code = EDNS_ERROR_NONE}};
        enum forward_verdict verdict = FORWARD_READY;

        if (!answer && expired && !forward->ending)
                set_stale(flight, &lookup);
        else if (!answer) {
                verdict = FORWARD_FAILED;
                lookup.error = error ? *error : flight->error;
        }
        rule->n_ref++;
        query_wait_remove(&wait->wait);
        wait_unlink(wait); /* the flight may be gone */
        forward->ready(forward->userdata, &wait->request, verdict, &lookup);
        answer_unref(answer);
        answer_unref(expired);
        rule_unref(rule);
        free(wait);
}

/* Of each wait that is over, the first of the queue. */
static int on_stale(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct forward *forward = userdata;
        struct wait_queue *queue = &forward->queues[QUEUE_STALE];

        while (queue->first && forward_now(forward) >= queue->first->began_usec + queue->delay_usec)
                wait_answer(queue->first, NULL);
        queue_arm(forward, queue);
        return 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct forward *forward = userdata;
        struct wait_queue *queue = &forward->queues[QUEUE_DEADLINE];
        struct edns_error error;

        while (queue->first && forward_now(forward) >= queue->first->began_usec + queue->delay_usec) {
                struct rule *rule = queue->first->flight->rule;

                forward_count(forward, rule, timeouts);
                rule_error(rule, EDNS_ERROR_NO_REACHABLE_AUTHORITY, "no answer from", &error);
                flight_late(queue->first->flight, &error);
                wait_answer(queue->first, &error);
        }
        queue_arm(forward, queue);
        return 0;
}

int waits_init(struct forward *forward)
{
        static const struct {
                uint64_t delay_usec;
                sd_event_time_handler_t handler;
        } kinds[N_QUEUES] = {
                [QUEUE_STALE] = {FORWARD_STALE_USEC, on_stale},
                [QUEUE_DEADLINE] = {FORWARD_TIMEOUT_USEC, on_deadline},
        };
        int r;

        for (size_t i = 0; i < N_QUEUES; i++) {
                forward->queues[i].delay_usec = kinds[i].delay_usec;
                r = sd_event_add_time(forward->event, &forward->queues[i].timer, CLOCK_BOOTTIME, 0, 1000,
                        kinds[i].handler, forward);
                if (r < 0)
                        return r;
                r = sd_event_source_set_enabled(forward->queues[i].timer, SD_EVENT_OFF);
                if (r < 0)
                        return r;
        }
        return 0;
}

void waits_done(struct forward *forward)
{
        assert(forward->n_waits == 0);
        for (size_t i = 0; i < N_QUEUES; i++)
                forward->queues[i].timer = sd_event_source_disable_unref(forward->queues[i].timer);
        table_clear(&forward->clients);
}
