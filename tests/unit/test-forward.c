/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/forward-fixture.h"

static unsigned int n_asked; /* but for probes */

/* 192.0.2.1 at every name, but for names that begin so: nx, empty, chain. */
static void plain_script(struct fake_query *q)
{
        struct fake_answer a;
        char name[NAME_TEXT_SIZE], record[2 * NAME_TEXT_SIZE];

        if (is_probe(q))
                return;
        n_asked++;
        name_to_text(&q->name, name);
        if (strncmp(name, "nx", 2) == 0 || strncmp(name, "empty", 5) == 0) {
                fake_begin(&a, q, name[0] == 'n' ? PACKET_NXDOMAIN : PACKET_NOERROR);
                fake_record(&a, 2, "example.org. 900 IN SOA a. b. 1 2 3 4 300");
                fake_send(q, &a);
                return;
        }
        fake_begin(&a, q, 0);
        if (strncmp(name, "chain", 5) == 0) {
                fake_record(&a, 1, "chain.example.org. 100 IN CNAME Next.Example.ORG.");
                fake_record(&a, 1, "next.example.org. 50 IN A 192.0.2.2");
        } else if (q->type == RDATA_A) {
                (void)snprintf(record, sizeof(record), "%s %s", name,
                        strncmp(name, "next", 4) == 0 ? "50 IN A 192.0.2.2" : "60 IN A 192.0.2.1");
                fake_record(&a, 1, record);
        }
        fake_send(q, &a);
}

static int setup(void **state)
{
        n_asked = 0;
        fixture_start();
        fake_start(&server, event, plain_script);
        return 0;
}

static int teardown(void **state)
{
        fixture_stop();
        return 0;
}

static void test_answers(void **state)
{
        set_rule(".", &server);
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        assert_string_equal(outcome.text, "www.example.org. 60 IN A 192.0.2.1\n");
        assert_int_equal(outcome.rcode, PACKET_NOERROR);
        assert_false(outcome.cached);
        assert_int_equal(outcome.error.code, EDNS_ERROR_NONE);
        assert_int_equal(outcome.request_size, 7);
        assert_int_equal(owner.n_waits, 0);

        assert_int_equal(ask("nx.example.org", "A"), FORWARD_READY);
        assert_int_equal(outcome.rcode, PACKET_NXDOMAIN);
        assert_string_equal(outcome.text, "; example.org. 300 IN SOA a. b. 1 2 3 4 300\n");

        assert_int_equal(ask("empty.example.org", "A"), FORWARD_READY);
        assert_int_equal(outcome.rcode, PACKET_NOERROR);
        assert_string_equal(outcome.text, "; example.org. 300 IN SOA a. b. 1 2 3 4 300\n");

        assert_int_equal(ask("chain.example.org", "A"), FORWARD_READY);
        assert_string_equal(outcome.text,
                "chain.example.org. 100 IN CNAME next.example.org.\nnext.example.org. 50 IN A 192.0.2.2\n");
}

static void test_no_rule(void **state)
{
        assert_int_equal(ask("www.example.org", "A"), FORWARD_NONE);
        set_rule("example.org", &server);
        assert_int_equal(ask("www.example.com", "A"), FORWARD_NONE);
        assert_int_equal(ask("example.org", "A"), FORWARD_READY);
        assert_int_equal(ask("xexample.org", "A"), FORWARD_NONE);
}

static void test_special_names_reach_the_rule(void **state)
{
        static const char *const names[] = {"www.localhost", "x.test", "y.invalid", "z.onion", "r.home.arpa",
                "1.0.0.127.in-addr.arpa", "1.0.0.10.in-addr.arpa", "resolver.arpa", "x.service.arpa",
                "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa"};
        char expected[NAME_TEXT_SIZE];

        set_rule(".", &server);
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                assert_int_equal(ask(names[i], "A"), FORWARD_READY);
                (void)snprintf(expected, sizeof(expected), "%s. 60 IN A 192.0.2.1\n", names[i]);
                assert_string_equal(outcome.text, expected);
        }
}

static void test_odd_names(void **state)
{
        static const char *const names[] = {"a\\.b.example.org", "a\\\\b.example.org",
                "\\000\\001\\255.example.org", "a\\032b.example.org", "\\034\\;\\(\\)\\@\\$.example.org",
                "*.example.org", "\\#.example.org",
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx."
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx."
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx."
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};

        set_rule(".", &server);
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                assert_int_equal(ask(names[i], "A"), FORWARD_READY);
                assert_int_equal(n_asked, i + 1);
                assert_non_null(strstr(outcome.text, " 60 IN A 192.0.2.1\n"));
        }
}

static void test_the_root(void **state)
{
        set_rule(".", &server);
        assert_int_equal(ask(".", "A"), FORWARD_READY);
        assert_string_equal(outcome.text, ". 60 IN A 192.0.2.1\n");
}

static void test_cached(void **state)
{
        set_rule(".", &server);
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        assert_int_equal(n_asked, 1);
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        assert_true(outcome.cached);
        assert_int_equal(n_asked, 1);
        assert_int_equal(ask_with("www.example.org", "A", CACHE_ONLY), FORWARD_READY);
        assert_int_equal(ask_with("other.example.org", "A", CACHE_ONLY), FORWARD_NONE);
        assert_int_equal(n_asked, 1);

        /* A rule that does not validate has one answer for all. */
        assert_int_equal(ask_with("www.example.org", "A", CD | DO), FORWARD_READY);
        assert_int_equal(n_asked, 1);

        assert_int_equal(stats().hits, 3);
        assert_int_equal(stats().queries, 5);
        assert_int_equal(stats().sent, 1);
        assert_int_equal(stats().cache_answers, 1);
        assert_true(stats().cache_octets > 0);
}

static void test_flush(void **state)
{
        struct name name = name_of("example.org");

        set_rule(".", &server);
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        assert_int_equal(ask("www.example.com", "A"), FORWARD_READY);
        assert_int_equal(forward_flush(forward, &name), 1);
        assert_int_equal(ask("www.example.com", "A"), FORWARD_READY);
        assert_int_equal(n_asked, 2);
        /* The server itself is asked, not what libunbound had kept. */
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        assert_false(outcome.cached);
        assert_int_equal(n_asked, 3);
}

static void test_block(void **state)
{
        struct upstream_rule rule = rule_of("ads.example.org");

        set_rule(".", &server);
        assert_int_equal(forward_set_rule(forward, &rule), 0);
        assert_int_equal(ask("x.ads.example.org", "A"), FORWARD_BLOCK);
        assert_int_equal(ask("example.org", "A"), FORWARD_READY);
        assert_null(forward_rule_trouble(forward, 1));
}

static struct fake_query held; /* one that is answered when the test says so */

static void hold_script(struct fake_query *q)
{
        if (is_probe(q))
                return;
        n_asked++;
        held = *q;
}

static void release(void)
{
        struct fake_answer a;
        char name[NAME_TEXT_SIZE], record[2 * NAME_TEXT_SIZE];

        (void)snprintf(record, sizeof(record), "%s 60 IN A 192.0.2.3", name_to_text(&held.name, name));
        fake_begin(&a, &held, 0);
        fake_record(&a, 1, record);
        fake_send(&held, &a);
}

static void run_until_asked(unsigned int n)
{
        for (int i = 0; i < 1000 && n_asked < n; i++)
                assert_true(sd_event_run(event, 10000000) >= 0);
        assert_int_equal(n_asked, n);
}

static void test_joined(void **state)
{
        server.script = hold_script;
        set_rule(".", &server);
        for (int i = 0; i < 3; i++)
                assert_int_equal(
                        begin_as("127.0.0.1", "www.example.org", "A", i == 1 ? DO : 0), FORWARD_WAIT);
        run_until_asked(1);
        assert_int_equal(owner.n_waits, 3);
        assert_int_equal(stats().outstanding, 3);
        release();
        while (outcome.n < 3)
                assert_true(sd_event_run(event, 10000000) >= 0);
        assert_int_equal(n_asked, 1);
        assert_int_equal(stats().joined, 2);
        assert_int_equal(stats().sent, 1);
        assert_int_equal(stats().outstanding, 0);
        assert_int_equal(owner.n_waits, 0);
}

static void test_cancelled(void **state)
{
        server.script = hold_script;
        set_rule(".", &server);
        assert_int_equal(begin_as("127.0.0.1", "www.example.org", "A", 0), FORWARD_WAIT);
        assert_int_equal(begin_as("127.0.0.2", "www.example.org", "A", 0), FORWARD_WAIT);
        run_until_asked(1);
        query_owner_cancel(&owner);
        assert_int_equal(owner.n_waits, 0);
        assert_int_equal(stats().outstanding, 0);
        /* What comes is kept all the same. */
        release();
        while (stats().cache_answers == 0)
                assert_true(sd_event_run(event, 10000000) >= 0);
        assert_int_equal(outcome.n, 0);
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        assert_true(outcome.cached);
}

static void test_flushed_under_way(void **state)
{
        struct name root = name_of(".");

        server.script = hold_script;
        set_rule(".", &server);
        assert_int_equal(begin_as("127.0.0.1", "www.example.org", "A", 0), FORWARD_WAIT);
        run_until_asked(1);
        (void)forward_flush(forward, &root);
        release();
        run_until_done();
        assert_int_equal(outcome.verdict, FORWARD_READY);
        assert_int_equal(stats().cache_answers, 0);
        assert_int_equal(begin_as("127.0.0.1", "www.example.org", "A", 0), FORWARD_WAIT);
        run_until_asked(2);
        /* The former context is gone, and the flights that nobody waits for with the forwarder. */
        assert_int_equal(upstream_pool_contexts(forward->pool), 1);
        query_owner_cancel(&owner);
}

static void test_freed_under_way(void **state)
{
        server.script = hold_script;
        set_rule(".", &server);
        assert_int_equal(begin_as("127.0.0.1", "www.example.org", "A", 0), FORWARD_WAIT);
        assert_int_equal(begin_as("127.0.0.1", "ftp.example.org", "A", 0), FORWARD_WAIT);
        run_until_asked(2);
        forward = forward_free(forward);
        assert_int_equal(outcome.n, 2);
        assert_int_equal(outcome.verdict, FORWARD_FAILED);
        assert_int_equal(outcome.error.code, EDNS_ERROR_NOT_READY);
        assert_int_equal(owner.n_waits, 0);
}

static void test_rule_removed_under_way(void **state)
{
        struct name root = name_of(".");

        server.script = hold_script;
        set_rule(".", &server);
        assert_int_equal(begin_as("127.0.0.1", "www.example.org", "A", 0), FORWARD_WAIT);
        run_until_asked(1);
        assert_int_equal(forward_remove_rule(forward, &root, UPSTREAM_ORIGIN_BUS), 0);
        assert_int_equal(forward_remove_rule(forward, &root, UPSTREAM_ORIGIN_BUS), -ENOENT);
        release();
        run_until_done();
        assert_int_equal(outcome.verdict, FORWARD_READY);
        assert_string_equal(outcome.text, "www.example.org. 60 IN A 192.0.2.3\n");
        assert_int_equal(stats().cache_answers, 0);
        assert_int_equal(ask("www.example.org", "A"), FORWARD_NONE);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_rule, setup, teardown),
                cmocka_unit_test_setup_teardown(test_special_names_reach_the_rule, setup, teardown),
                cmocka_unit_test_setup_teardown(test_odd_names, setup, teardown),
                cmocka_unit_test_setup_teardown(test_the_root, setup, teardown),
                cmocka_unit_test_setup_teardown(test_cached, setup, teardown),
                cmocka_unit_test_setup_teardown(test_flush, setup, teardown),
                cmocka_unit_test_setup_teardown(test_block, setup, teardown),
                cmocka_unit_test_setup_teardown(test_joined, setup, teardown),
                cmocka_unit_test_setup_teardown(test_cancelled, setup, teardown),
                cmocka_unit_test_setup_teardown(test_flushed_under_way, setup, teardown),
                cmocka_unit_test_setup_teardown(test_freed_under_way, setup, teardown),
                cmocka_unit_test_setup_teardown(test_rule_removed_under_way, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
