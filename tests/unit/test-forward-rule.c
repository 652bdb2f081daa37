/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rules, their precedence, limits, expired answers, and loops. */

#include "tests/unit/forward-fixture.h"

static unsigned int n_asked; /* but for probes */
static unsigned int n_probes;
static bool answers;    /* or says nothing */
static bool leads_back; /* gives probes to us */

static void script(struct fake_query *q)
{
        struct fake_answer a;
        char name[NAME_TEXT_SIZE], record[2 * NAME_TEXT_SIZE];

        if (q->name.size > 14 && memcmp(q->name.wire + 1, "share53-loop-", 13) == 0) {
                n_probes++;
                if (leads_back)
                        assert_true(forward_is_probe(forward, &q->name));
                (void)is_probe(q);
                return;
        }
        n_asked++;
        if (!answers)
                return;
        (void)snprintf(record, sizeof(record), "%s 60 IN A 192.0.2.%d", name_to_text(&q->name, name),
                q->server == &server ? 1 : 2);
        fake_begin(&a, q, 0);
        fake_record(&a, 1, record);
        fake_send(q, &a);
}

static int setup(void **state)
{
        n_asked = n_probes = 0;
        answers = true;
        leads_back = false;
        fixture_start();
        fake_start(&server, event, script);
        return 0;
}

static int teardown(void **state)
{
        fixture_stop();
        return 0;
}

static void test_longest(void **state)
{
        struct fake_server second;
        struct name sub = name_of("sub.example.org");

        fake_start(&second, event, script);
        set_rule(".", &server);
        assert_int_equal(ask("www.sub.example.org", "A"), FORWARD_READY);
        assert_non_null(strstr(outcome.text, " IN A 192.0.2.1\n"));

        set_rule("sub.example.org", &second);
        assert_true(name_equal(&forward_match(forward, &sub)->domain, &sub));
        assert_int_equal(ask("www.sub.example.org", "A"), FORWARD_READY);
        assert_non_null(strstr(outcome.text, " IN A 192.0.2.2\n"));
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        assert_non_null(strstr(outcome.text, " IN A 192.0.2.1\n"));

        assert_int_equal(forward_remove_rule(forward, &sub, UPSTREAM_ORIGIN_BUS), 0);
        assert_int_equal(ask("www.sub.example.org", "A"), FORWARD_READY);
        assert_non_null(strstr(outcome.text, " IN A 192.0.2.1\n"));
        assert_false(outcome.cached); /* the former answer went when the rule came */
        fake_stop(&second);
}

static void test_origins(void **state)
{
        static const enum upstream_origin origins[] = {
                UPSTREAM_ORIGIN_HOST, UPSTREAM_ORIGIN_BUS, UPSTREAM_ORIGIN_CONFIG};
        struct name root = name_of(".");

        for (size_t i = 0; i < ELEMENTSOF(origins); i++) {
                struct upstream_rule rule = rule_of(".");

                rule.origin = origins[i];
                rule_server(&rule, &server.endpoint);
                assert_int_equal(forward_set_rule(forward, &rule), 0);
        }
        for (size_t i = 0; i < 3; i++) {
                assert_int_equal(forward_rule_at(forward, i)->origin, i);
                if (i == 0)
                        assert_null(forward_rule_trouble(forward, i));
                else
                        assert_string_equal(forward_rule_trouble(forward, i), "overridden");
        }
        assert_null(forward_rule_at(forward, 3));
        assert_int_equal(forward_match(forward, &root)->origin, UPSTREAM_ORIGIN_BUS);
        assert_int_equal(forward_remove_rule(forward, &root, UPSTREAM_ORIGIN_BUS), 0);
        assert_int_equal(forward_match(forward, &root)->origin, UPSTREAM_ORIGIN_CONFIG);
        assert_int_equal(forward_remove_rule(forward, &root, UPSTREAM_ORIGIN_CONFIG), 0);
        assert_int_equal(forward_match(forward, &root)->origin, UPSTREAM_ORIGIN_HOST);
}

static void test_order(void **state)
{
        static const char *const domains[] = {"b.example", "example", "z.a.example", "a.example"};
        static const char *const ordered[] = {"example", "a.example", "z.a.example", "b.example"};

        for (size_t i = 0; i < ELEMENTSOF(domains); i++)
                set_rule(domains[i], &server);
        for (size_t i = 0; i < ELEMENTSOF(ordered); i++) {
                struct name name = name_of(ordered[i]);

                assert_true(name_equal(&forward_rule_at(forward, i)->domain, &name));
        }
}

static void test_too_many(void **state)
{
        struct upstream_rule rule;
        char domain[20];

        for (int i = 0; i < FORWARD_RULES_MAX; i++) {
                (void)snprintf(domain, sizeof(domain), "r%d.example", i);
                set_rule(domain, &server);
        }
        rule = rule_of("one.more.example");
        rule_server(&rule, &server.endpoint);
        assert_int_equal(forward_set_rule(forward, &rule), -E2BIG);
        set_rule("r7.example", &server); /* replaces */
        assert_int_equal(ask("www.r255.example", "A"), FORWARD_READY);
        assert_int_equal(upstream_pool_contexts(forward->pool), 1);
}

static void test_same_rule_again(void **state)
{
        set_rule(".", &server);
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        set_rule(".", &server);
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        assert_true(outcome.cached);
}

static void test_tls_is_not_mixed(void **state)
{
        struct upstream_rule rule = rule_of(".");

        rule_server(&rule, &server.endpoint);
        rule_server(&rule, &server.endpoint);
        (void)strcpy(rule.servers[1].tls_name, "dns.example");
        assert_int_equal(forward_set_rule(forward, &rule), -EINVAL);
        assert_null(forward_rule_at(forward, 0));
}

static void test_limits(void **state)
{
        struct forward_options options = fixture_options;

        answers = false;
        options.per_client_max = 2;
        options.outstanding_max = 3;
        assert_int_equal(forward_set_options(forward, &options), 0);
        set_rule(".", &server);
        assert_int_equal(begin_as("127.0.0.1", "a.example.org", "A", 0), FORWARD_WAIT);
        assert_int_equal(begin_as("127.0.0.1", "b.example.org", "A", 0), FORWARD_WAIT);
        assert_int_equal(begin_as("127.0.0.1", "b.example.org", "A", 0), FORWARD_FAILED);
        assert_int_equal(outcome.error.code, EDNS_ERROR_OTHER);
        assert_string_equal(outcome.error.text, "too many queries under way");
        /* The failure was the client's own. */
        assert_int_equal(begin_as("127.0.0.2", "b.example.org", "A", 0), FORWARD_WAIT);
        assert_int_equal(begin_as("127.0.0.3", "b.example.org", "A", 0), FORWARD_FAILED);
        assert_int_equal(begin_as(NULL, "b.example.org", "A", 0), FORWARD_FAILED);
        assert_int_equal(stats().limited, 3);
        query_owner_cancel(&owner);
        assert_int_equal(begin_as("127.0.0.1", "a.example.org", "A", 0), FORWARD_WAIT);
        assert_int_equal(begin_as(NULL, "a.example.org", "A", 0), FORWARD_WAIT);
}

/* What nobody waits for any more is under way all the same. */
static void test_abandoned_limit(void **state)
{
        struct forward_options options = fixture_options;
        char name[40];

        answers = false;
        options.outstanding_max = 3;
        assert_int_equal(forward_set_options(forward, &options), 0);
        set_rule(".", &server);
        for (int i = 0; i < 6; i++) {
                (void)snprintf(name, sizeof(name), "n%d.example.org", i);
                assert_int_equal(begin_as("127.0.0.1", name, "A", 0), FORWARD_WAIT);
                query_owner_cancel(&owner);
        }
        assert_int_equal(begin_as("127.0.0.1", "one.more.example.org", "A", 0), FORWARD_FAILED);
        assert_int_equal(stats().limited, 1);
}

static void test_no_owner(void **state)
{
        struct name name = name_of("www.example.org");
        struct forward_lookup lookup = {.name = &name, .type = RDATA_A};
        const struct query_request request = {};

        set_rule(".", &server);
        assert_int_equal(forward_get(forward, &lookup, &request), FORWARD_FAILED);
        assert_int_equal(lookup.error.code, EDNS_ERROR_NOT_READY);
}

static void test_counts_down(void **state)
{
        set_rule(".", &server);
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        make_old("www.example.org", 20);
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        assert_true(outcome.cached);
        assert_non_null(strstr(outcome.text, " 40 IN A") ?: strstr(outcome.text, " 39 IN A"));
}

static void test_expired(void **state)
{
        set_rule(".", &server);
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        make_old("www.example.org", 100);
        /* A server that answers is asked. */
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        assert_false(outcome.cached);
        assert_false(outcome.stale);
        assert_int_equal(n_asked, 2);

        /* One that does not: the answer that was. */
        make_old("www.example.org", 100);
        answers = false;
        forward->queues[QUEUE_STALE].delay_usec = 100000;
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        assert_true(outcome.stale);
        assert_int_equal(outcome.error.code, EDNS_ERROR_STALE_ANSWER);
        assert_string_equal(outcome.text, "www.example.org. 30 IN A 192.0.2.1\n");
        assert_int_equal(stats().expired, 1);
}

/* Over a limit it is better than nothing. */
static void test_expired_over_limit(void **state)
{
        struct forward_options options = fixture_options;

        set_rule(".", &server);
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        make_old("www.example.org", 100);
        options.outstanding_max = 0;
        assert_int_equal(forward_set_options(forward, &options), 0);
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        assert_true(outcome.stale);
        assert_string_equal(outcome.error.text, "too many queries under way");
        assert_int_equal(ask("ftp.example.org", "A"), FORWARD_FAILED);
}

static void test_expired_too_long(void **state)
{
        set_rule(".", &server);
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        make_old("www.example.org", 4000);
        answers = false;
        short_deadline();
        assert_int_equal(ask("www.example.org", "A"), FORWARD_FAILED);
}

static void test_expired_when_refused(void **state)
{
        set_rule(".", &server);
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        make_old("www.example.org", 100);
        fake_stop(&server);
        forward->queues[QUEUE_STALE].delay_usec = 30 * 1000000ULL; /* it need not come to that */
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        assert_true(outcome.stale);
        /* For a while the server is not asked at all. */
        assert_int_equal(begin_as("127.0.0.1", "www.example.org", "A", 0), FORWARD_READY);
        assert_true(outcome.stale);
}

static void test_own_address(void **state)
{
        set_rule(".", &server);
        assert_int_equal(forward_set_own(forward, &server.endpoint, 1), 0);
        assert_string_equal(forward_rule_trouble(forward, 0), "leads back to us");
        assert_int_equal(ask("www.example.org", "A"), FORWARD_FAILED);
        assert_non_null(strstr(outcome.error.text, "forwarding loop"));
        assert_int_equal(n_asked + n_probes, 0);
        assert_int_equal(stats().loops, 1);
        assert_int_equal(forward_set_own(forward, NULL, 0), 0);
        assert_null(forward_rule_trouble(forward, 0));
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
}

/* Nothing is begun anew for addresses that are as they were. */
static void test_same_own_addresses(void **state)
{
        struct endpoint own;
        const struct upstream *upstream;

        assert_int_equal(endpoint_from_text("127.53.0.1", 53, &own), 0);
        set_rule(".", &server);
        assert_int_equal(forward_set_own(forward, &own, 1), 0);
        upstream = forward->rules[0]->upstream;
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        size_t contexts = upstream_pool_contexts(forward->pool);
        assert_int_equal(forward_set_own(forward, &own, 1), 0);
        assert_ptr_equal(forward->rules[0]->upstream, upstream);
        assert_int_equal(ask("ftp.example.org", "A"), FORWARD_READY);
        assert_int_equal(upstream_pool_contexts(forward->pool), contexts);
}

static void run_until_probed(unsigned int n)
{
        for (int i = 0; i < 1000 && (n_probes < n || forward->rules[0]->probe.query); i++)
                assert_true(sd_event_run(event, 10000000) >= 0);
        assert_int_equal(n_probes, n);
}

static void test_loop_through_others(void **state)
{
        leads_back = true;
        answers = false;
        set_rule("example.org", &server);
        assert_int_equal(begin_as("127.0.0.1", "www.example.org", "A", 0), FORWARD_WAIT);
        run_until_done();
        assert_int_equal(outcome.verdict, FORWARD_FAILED);
        assert_non_null(strstr(outcome.error.text, "forwarding loop"));
        assert_string_equal(forward_rule_trouble(forward, 0), "leads back to us");
        run_until_probed(1);
        assert_int_equal(ask("ftp.example.org", "A"), FORWARD_FAILED);
        assert_int_equal(n_probes, 1);

        /* Somebody has mended it; the next probe tells. */
        leads_back = false;
        answers = true;
        forward->rules[0]->probe.sent_usec -= FORWARD_PROBE_USEC;
        assert_int_equal(ask("ftp.example.org", "A"), FORWARD_FAILED);
        run_until_probed(2);
        assert_null(forward_rule_trouble(forward, 0));
        assert_int_equal(ask("ftp.example.org", "A"), FORWARD_READY);
}

static void test_no_probe_of_ours(void **state)
{
        struct name name = name_of("share53-loop-0123456789abcdef.test");

        set_rule(".", &server);
        assert_false(forward_is_probe(forward, &name));
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        run_until_probed(1);
        assert_false(forward_is_probe(forward, &name));
        assert_null(forward_rule_trouble(forward, 0));
        /* One probe is enough for a while. */
        assert_int_equal(ask("ftp.example.org", "A"), FORWARD_READY);
        assert_int_equal(n_probes, 1);
}

static void test_rule_stats(void **state)
{
        struct name domain = name_of("example.org"), other = name_of("www.example.org");
        struct forward_stats s;

        set_rule("example.org", &server);
        set_rule("example.com", &server);
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        assert_int_equal(ask("www.example.com", "A"), FORWARD_READY);
        forward_get_stats(forward, &domain, &s);
        assert_int_equal(s.queries, 1);
        assert_int_equal(s.cache_answers, 1);
        forward_get_stats(forward, &other, &s); /* no rule of its own */
        assert_int_equal(s.queries, 0);
        assert_int_equal(stats().queries, 2);
        assert_int_equal(stats().cache_answers, 2);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_longest, setup, teardown),
                cmocka_unit_test_setup_teardown(test_origins, setup, teardown),
                cmocka_unit_test_setup_teardown(test_order, setup, teardown),
                cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
                cmocka_unit_test_setup_teardown(test_same_rule_again, setup, teardown),
                cmocka_unit_test_setup_teardown(test_tls_is_not_mixed, setup, teardown),
                cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
                cmocka_unit_test_setup_teardown(test_abandoned_limit, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_owner, setup, teardown),
                cmocka_unit_test_setup_teardown(test_counts_down, setup, teardown),
                cmocka_unit_test_setup_teardown(test_expired, setup, teardown),
                cmocka_unit_test_setup_teardown(test_expired_over_limit, setup, teardown),
                cmocka_unit_test_setup_teardown(test_expired_too_long, setup, teardown),
                cmocka_unit_test_setup_teardown(test_expired_when_refused, setup, teardown),
                cmocka_unit_test_setup_teardown(test_own_address, setup, teardown),
                cmocka_unit_test_setup_teardown(test_same_own_addresses, setup, teardown),
                cmocka_unit_test_setup_teardown(test_loop_through_others, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_probe_of_ours, setup, teardown),
                cmocka_unit_test_setup_teardown(test_rule_stats, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
