/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Upstreams that lie, err or say nothing, and others who answer in their place: what the client sees of it.
 */

#include "tests/unit/forward-fixture.h"

static unsigned int n_asked; /* but for probes */

static int setup(void **state)
{
        n_asked = 0;
        fixture_start();
        return 0;
}

static int teardown(void **state)
{
        fixture_stop();
        return 0;
}

static void start(fake_script_t script)
{
        fake_start(&server, event, script);
        set_rule(".", &server);
}

static void good_answer(struct fake_answer *a, const struct fake_query *q)
{
        fake_begin(a, q, 0);
        fake_record(a, 1, "www.example.org. 60 IN A 192.0.2.1");
}

static void bad_answer(struct fake_answer *a, const struct fake_query *q)
{
        fake_begin(a, q, 0);
        fake_record(a, 1, "www.example.org. 60 IN A 192.0.2.66");
}

static void send_good(const struct fake_query *q)
{
        struct fake_answer a;

        good_answer(&a, q);
        fake_send(q, &a);
}

static void expect_good(void)
{
        assert_int_equal(ask("www.example.org", "A"), FORWARD_READY);
        assert_string_equal(outcome.text, "www.example.org. 60 IN A 192.0.2.1\n");
}

static void expect_failure(enum edns_error_code code)
{
        short_deadline();
        assert_int_equal(ask("www.example.org", "A"), FORWARD_FAILED);
        assert_int_equal(outcome.error.code, code);
        assert_int_equal(stats().cache_answers, 0);
        /* At once now: the server is left alone for a while (RFC 9520). */
        assert_int_equal(begin_as("127.0.0.1", "www.example.org", "A", 0), FORWARD_FAILED);
        assert_int_equal(outcome.error.code, code);
}

static void wrong_id_script(struct fake_query *q)
{
        struct fake_answer a;

        if (is_probe(q))
                return;
        bad_answer(&a, q);
        wire_patch_u16(&a.w, 0, q->id ^ 1);
        fake_send(q, &a);
        if (n_asked++ > 0)
                send_good(q);
}

static void test_wrong_id(void **state)
{
        start(wrong_id_script);
        expect_good();
}

/* The octets of another name, as long. */
static void wrong_name(struct fake_answer *a)
{
        a->data[PACKET_HEADER_SIZE + 1] = 'x';
}

static void wrong_question_script(struct fake_query *q)
{
        struct fake_answer a;

        if (is_probe(q))
                return;
        bad_answer(&a, q);
        if (n_asked++ % 2 == 0)
                wrong_name(&a);
        else
                wire_patch_u16(&a.w, q->question_end - 4, RDATA_TXT);
        fake_send(q, &a);
}

static void test_wrong_question(void **state)
{
        start(wrong_question_script);
        expect_failure(EDNS_ERROR_NO_REACHABLE_AUTHORITY);
}

static void garbage_script(struct fake_query *q)
{
        uint8_t garbage[300];

        if (is_probe(q))
                return;
        for (size_t i = 0; i < sizeof(garbage); i++)
                garbage[i] = (uint8_t)(i * 7 + n_asked);
        n_asked++;
        memcpy(garbage, q->data, 2);
        garbage[2] = 0x81;
        fake_send_octets(q, garbage, sizeof(garbage));
        fake_send_octets(q, garbage, 5);
        fake_send_octets(q, garbage, 0);
}

static void test_garbage(void **state)
{
        start(garbage_script);
        expect_failure(EDNS_ERROR_NO_REACHABLE_AUTHORITY);
}

/* Cut off at each octet, by turns. */
static void cut_script(struct fake_query *q)
{
        struct fake_answer a;

        if (is_probe(q))
                return;
        good_answer(&a, q);
        fake_send_octets(q, a.data, a.w.position - 1 - n_asked++ % 20);
}

static void test_cut_off(void **state)
{
        start(cut_script);
        expect_failure(EDNS_ERROR_NO_REACHABLE_AUTHORITY);
}

static void truncated_script(struct fake_query *q)
{
        struct fake_answer a;

        if (is_probe(q))
                return;
        if (q->tcp) {
                send_good(q);
                return;
        }
        fake_begin(&a, q, PACKET_FLAG_TC);
        fake_send(q, &a);
}

static void test_truncated(void **state)
{
        start(truncated_script);
        expect_good();
        assert_true(server.n_tcp >= 1);
}

static void truncated_always_script(struct fake_query *q)
{
        struct fake_answer a;

        if (is_probe(q))
                return;
        fake_begin(&a, q, PACKET_FLAG_TC);
        fake_send(q, &a);
}

/* By TCP nothing is truncated: an empty answer is not one to keep. */
static void test_truncated_always(void **state)
{
        start(truncated_always_script);
        short_deadline();
        (void)ask("www.example.org", "A");
        assert_string_equal(outcome.text, "");
        assert_int_equal(outcome.flags & PACKET_FLAG_TC, 0);
        assert_int_equal(stats().cache_answers, 0);
        assert_true(server.n_tcp < 20);
}

static void reset_script(struct fake_query *q)
{
        const struct linger linger = {.l_onoff = 1};

        if (is_probe(q))
                return;
        if (!q->tcp) {
                truncated_script(q);
                return;
        }
        assert_int_equal(setsockopt(q->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
        fake_hang_up(q->server, q->fd);
}

static void test_reset(void **state)
{
        start(reset_script);
        expect_failure(EDNS_ERROR_NO_REACHABLE_AUTHORITY);
}

static void loop_script(struct fake_query *q)
{
        struct fake_answer a;

        if (is_probe(q))
                return;
        fake_begin(&a, q, 0);
        fake_record(&a, 1, "www.example.org. 60 IN CNAME www2.example.org.");
        fake_record(&a, 1, "www2.example.org. 60 IN CNAME www.example.org.");
        fake_send(q, &a);
}

static void test_cname_loop(void **state)
{
        start(loop_script);
        expect_failure(EDNS_ERROR_NO_REACHABLE_AUTHORITY);
}

/* Each name leads to a new one. */
static void endless_script(struct fake_query *q)
{
        struct fake_answer a;
        char name[NAME_TEXT_SIZE], record[2 * NAME_TEXT_SIZE];

        if (is_probe(q))
                return;
        fake_begin(&a, q, 0);
        (void)snprintf(record, sizeof(record), "%s 60 IN CNAME n%u.example.org.",
                name_to_text(&q->name, name), n_asked++);
        fake_record(&a, 1, record);
        fake_send(q, &a);
}

static void test_endless_chain(void **state)
{
        start(endless_script);
        expect_failure(EDNS_ERROR_NO_REACHABLE_AUTHORITY);
        assert_true(n_asked < 100);
}

/* Somebody else answers first, with all that can be known. */
static void spoof_script(struct fake_query *q)
{
        struct fake_query other = *q;
        struct fake_answer a;

        if (is_probe(q))
                return;
        bad_answer(&a, q);
        other.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        assert_true(other.fd >= 0);
        fake_send(&other, &a);
        close(other.fd);
        send_good(q);
}

static void test_spoofed_from_another_port(void **state)
{
        start(spoof_script);
        expect_good();
}

static void stranger_script(struct fake_query *q)
{
        struct fake_answer a;

        if (is_probe(q))
                return;
        good_answer(&a, q);
        fake_record(&a, 1, "www.example.com. 86400 IN A 192.0.2.66");
        fake_record(&a, 2, "com. 86400 IN NS ns.evil.example.");
        fake_record(&a, 3, "www.example.net. 86400 IN A 192.0.2.66");
        fake_send(q, &a);
}

static void test_what_was_not_asked_for(void **state)
{
        start(stranger_script);
        expect_good();
        assert_int_equal(stats().cache_answers, 1);
}

static void oversize_script(struct fake_query *q)
{
        struct fake_answer a;
        char record[100];

        if (is_probe(q))
                return;
        fake_begin(&a, q, 0);
        for (int i = 0; i < 250; i++) {
                (void)snprintf(record, sizeof(record), "www.example.org. 60 IN A 192.0.2.%d", i);
                fake_record(&a, 1, record);
        }
        fake_send(q, &a);
}

/* More by UDP than we said that we take: whole, or not at all. */
static void test_oversize(void **state)
{
        start(oversize_script);
        short_deadline();
        if (ask("www.example.org", "A") == FORWARD_READY)
                assert_non_null(strstr(outcome.text, "192.0.2.249\n"));
}

static void silent_script(struct fake_query *q)
{
        n_asked++;
}

static void test_silent(void **state)
{
        char expected[EDNS_ERROR_TEXT_SIZE], address[ENDPOINT_TEXT_SIZE];

        start(silent_script);
        expect_failure(EDNS_ERROR_NO_REACHABLE_AUTHORITY);
        (void)snprintf(expected, sizeof(expected), "no answer from %s by rule .",
                endpoint_to_text(&server.endpoint, address));
        assert_string_equal(outcome.error.text, expected);
        assert_int_equal(stats().timeouts, 1);
}

/* Nobody is there at all. */
static void test_dead(void **state)
{
        start(silent_script);
        fake_stop(&server);
        expect_failure(EDNS_ERROR_NO_REACHABLE_AUTHORITY);
}

static void servfail_script(struct fake_query *q)
{
        struct fake_answer a;

        n_asked++;
        fake_begin(&a, q, PACKET_SERVFAIL);
        fake_send(q, &a);
}

static void test_servfail(void **state)
{
        start(servfail_script);
        expect_failure(EDNS_ERROR_NO_REACHABLE_AUTHORITY);
        assert_int_equal(stats().timeouts, 0);
        assert_int_equal(stats().failures, 1);
}

static struct fake_query late;

static void late_script(struct fake_query *q)
{
        if (is_probe(q))
                return;
        if (n_asked++ == 0)
                late = *q;
}

/* The client has its failure by then; the next one has the answer. */
static void test_slow(void **state)
{
        start(late_script);
        short_deadline();
        assert_int_equal(ask("www.example.org", "A"), FORWARD_FAILED);
        send_good(&late);
        for (int i = 0; i < 1000 && stats().cache_answers == 0; i++)
                assert_true(sd_event_run(event, 10000000) >= 0);
        expect_good();
        assert_true(outcome.cached);
}

/* A good one behind a bad one: both are asked, and one answer is enough. */
static void test_second_server(void **state)
{
        struct fake_server second;
        struct upstream_rule rule = rule_of(".");

        fake_start(&server, event, servfail_script);
        fake_start(&second, event, truncated_script);
        rule_server(&rule, &server.endpoint);
        rule_server(&rule, &second.endpoint);
        assert_int_equal(forward_set_rule(forward, &rule), 0);
        expect_good();
        fake_stop(&second);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_wrong_id, setup, teardown),
                cmocka_unit_test_setup_teardown(test_wrong_question, setup, teardown),
                cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
                cmocka_unit_test_setup_teardown(test_cut_off, setup, teardown),
                cmocka_unit_test_setup_teardown(test_truncated, setup, teardown),
                cmocka_unit_test_setup_teardown(test_truncated_always, setup, teardown),
                cmocka_unit_test_setup_teardown(test_reset, setup, teardown),
                cmocka_unit_test_setup_teardown(test_cname_loop, setup, teardown),
                cmocka_unit_test_setup_teardown(test_endless_chain, setup, teardown),
                cmocka_unit_test_setup_teardown(test_spoofed_from_another_port, setup, teardown),
                cmocka_unit_test_setup_teardown(test_what_was_not_asked_for, setup, teardown),
                cmocka_unit_test_setup_teardown(test_oversize, setup, teardown),
                cmocka_unit_test_setup_teardown(test_silent, setup, teardown),
                cmocka_unit_test_setup_teardown(test_dead, setup, teardown),
                cmocka_unit_test_setup_teardown(test_servfail, setup, teardown),
                cmocka_unit_test_setup_teardown(test_slow, setup, teardown),
                cmocka_unit_test_setup_teardown(test_second_server, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
