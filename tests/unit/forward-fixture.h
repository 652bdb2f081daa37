/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Forwarding to fake servers, and what came of each question: for the tests of forward. */

#include "tests/unit/upstream-fixture.h"

#include "daemon/dns/forward-internal.h"

static sd_event *event;
static struct forward *forward;
static struct fake_server server;
static struct query_owner owner;

/* What came of the last question. */
static struct {
        bool done;
        unsigned int n; /* how many of them are done */
        enum forward_verdict verdict;
        enum packet_rcode rcode;
        uint16_t flags;
        bool cached, stale;
        struct edns_error error;
        char text[32768]; /* of the answer: its records, one a line */
        size_t request_size;
} outcome;

/* As it goes to a client. */
static inline void describe(const struct answer *answer, const struct forward_lookup *lookup)
{
        static uint8_t buf[PACKET_SIZE_MAX];
        struct packet_query q = {.has_question = true,
                .name = *lookup->name,
                .type = lookup->type,
                .class = PACKET_CLASS_IN,
                .flags = PACKET_FLAG_RD | PACKET_FLAG_AD,
                .has_edns = true,
                .dnssec_ok = lookup->dnssec_ok};
        struct packet_writer p;
        uint8_t request[PACKET_HEADER_SIZE + NAME_SIZE_MAX + 4] = {};
        struct wire w = wire_writer(request + PACKET_HEADER_SIZE, sizeof(request) - PACKET_HEADER_SIZE);
        ldns_pkt *packet;
        size_t size, n = 0;

        wire_write(&w, lookup->name->wire, lookup->name->size);
        wire_write_u16(&w, lookup->type);
        wire_write_u16(&w, PACKET_CLASS_IN);
        q.question_size = w.position;
        packet_writer_begin(&p, &q, request, buf, sizeof(buf));
        answer_write(answer, lookup->age, lookup->stale, &p);
        size = packet_writer_end(&p);
        if (ldns_wire2pkt(&packet, buf, size) != LDNS_STATUS_OK)
                fail_msg("ldns does not read what answer_write wrote");
        outcome.rcode = (enum packet_rcode)ldns_pkt_get_rcode(packet);
        outcome.flags = (uint16_t)(buf[2] << 8 | buf[3]);
        for (size_t i = 0; i < 2; i++) {
                ldns_rr_list *list = i == 0 ? ldns_pkt_answer(packet) : ldns_pkt_authority(packet);

                for (size_t k = 0; k < ldns_rr_list_rr_count(list); k++) {
                        char *text = ldns_rr2str(ldns_rr_list_rr(list, k));

                        n += (size_t)snprintf(
                                outcome.text + n, sizeof(outcome.text) - n, "%s%s", i == 0 ? "" : "; ", text);
                        n = MIN(n, sizeof(outcome.text) - 1);
                        free(text);
                }
        }
        for (char *c = outcome.text; *c; c++)
                if (*c == '\t')
                        *c = ' ';
        ldns_pkt_free(packet);
}

static inline void note(enum forward_verdict verdict, const struct forward_lookup *lookup)
{
        outcome.done = true;
        outcome.n++;
        outcome.verdict = verdict;
        outcome.cached = lookup->cached;
        outcome.stale = lookup->stale;
        outcome.error = lookup->error;
        outcome.text[0] = '\0';
        if (verdict == FORWARD_READY)
                describe(lookup->answer, lookup);
}

static inline void on_ready(void *userdata, const struct query_request *request, enum forward_verdict verdict,
        const struct forward_lookup *lookup)
{
        outcome.request_size = request->size;
        note(verdict, lookup);
}

enum { DO = 1, CD = 2, CACHE_ONLY = 4 };

static inline enum forward_verdict begin_as(const char *client, const char *name, const char *type, int flags)
{
        struct name n = name_of(name);
        struct forward_lookup lookup = {.name = &n,
                .type = type_of(type),
                .dnssec_ok = (flags & DO) != 0,
                .checking_disabled = (flags & CD) != 0,
                .cache_only = (flags & CACHE_ONLY) != 0};
        struct endpoint from;
        struct query_request request = {.client = client ? &from : NULL,
                .owner = &owner,
                .data = (const uint8_t *)"request",
                .size = 7};
        enum forward_verdict verdict;

        if (client)
                assert_int_equal(endpoint_from_text(client, 1, &from), 0);
        outcome.done = false;
        verdict = forward_get(forward, &lookup, &request);
        if (verdict != FORWARD_WAIT)
                note(verdict, &lookup);
        return verdict;
}

/* The limit only ends a test that fails. */
static inline void run_until_done(void)
{
        for (int i = 0; i < 100000 && !outcome.done; i++)
                assert_true(sd_event_run(event, 10000000) >= 0);
        assert_true(outcome.done);
}

static inline enum forward_verdict ask_with(const char *name, const char *type, int flags)
{
        (void)begin_as("127.0.0.1", name, type, flags);
        run_until_done();
        return outcome.verdict;
}

static inline enum forward_verdict ask(const char *name, const char *type)
{
        return ask_with(name, type, 0);
}

static inline struct upstream_rule rule_of(const char *domain)
{
        return (struct upstream_rule){.domain = name_of(domain), .origin = UPSTREAM_ORIGIN_BUS};
}

static inline void rule_server(struct upstream_rule *rule, const struct endpoint *endpoint)
{
        rule->servers[rule->n_servers++].endpoint = *endpoint;
}

/* DOMAIN goes to TO. */
static inline void set_rule(const char *domain, const struct fake_server *to)
{
        struct upstream_rule rule = rule_of(domain);

        rule_server(&rule, &to->endpoint);
        assert_int_equal(forward_set_rule(forward, &rule), 0);
}

static const struct forward_options fixture_options = {
        .cache_octets = 1 << 20, .expired_seconds = 3600, .per_client_max = 100, .outstanding_max = 200};

static inline void fixture_start(void)
{
        memset(&outcome, 0, sizeof(outcome));
        owner = (struct query_owner){};
        assert_int_equal(sd_event_new(&event), 0);
        assert_int_equal(forward_new(event, &fixture_options, on_ready, NULL, &forward), 0);
        /* Longer than any test that succeeds. */
        forward->queues[QUEUE_DEADLINE].delay_usec = 60 * 1000000ULL;
}

static inline void fixture_stop(void)
{
        forward = forward_free(forward);
        fake_stop(&server);
        event = sd_event_unref(event);
}

/* Gives up soon: for what never comes. */
static inline void short_deadline(void)
{
        forward->queues[QUEUE_DEADLINE].delay_usec = 300000;
}

static inline struct forward_stats stats(void)
{
        struct forward_stats s;

        forward_get_stats(forward, NULL, &s);
        return s;
}

/* As if N seconds had passed since the answers came. */
static inline void make_old(const char *name, uint32_t seconds)
{
        struct name n = name_of(name);
        struct cache_key key = {.rule = forward->rules[0]->id, .name = &n, .type = RDATA_A};
        uint64_t now = forward_now(forward) / 1000000;
        const struct answer *answer;
        uint32_t age;

        assert_int_equal(cache_get(forward->cache, &key, now, 0, &answer, &age), CACHE_FRESH);
        struct answer *kept = answer_ref((struct answer *)answer);
        cache_put(forward->cache, &key, kept, now - seconds);
        answer_unref(kept);
        upstream_renew(forward->rules[0]->upstream); /* for libunbound no time has passed */
}

/* Whether it is one of our own probes for loops: answered as most would. */
static inline bool is_probe(const struct fake_query *q)
{
        struct fake_answer a;

        if (q->name.size < 14 || memcmp(q->name.wire + 1, "share53-loop-", 13) != 0)
                return false;
        fake_begin(&a, q, PACKET_NXDOMAIN);
        fake_send(q, &a);
        return true;
}
