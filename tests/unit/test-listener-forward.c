/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The whole way of a query that is not ours, in one loop: client, listener, query, libunbound, a DNS server
 * that a script moves, and back.
 */

#include "tests/unit/upstream-fixture.h"

#include "tests/unit/listener-fixture.h"

#include "daemon/dns/forward-internal.h"
#include "daemon/dns/query-forward.h"

static struct forward *forward;
static struct fake_server server;
static bool holding;              /* names that begin with "slow" are not answered */
static struct fake_query held[8]; /* those */
static size_t n_held;
static unsigned int n_asked; /* without our own probes for loops */

static void answer_address(const struct fake_query *q)
{
        char text[NAME_TEXT_SIZE + 64], name[NAME_TEXT_SIZE];
        struct fake_answer a;

        fake_begin(&a, q, 0);
        if (q->type == RDATA_A) {
                snprintf(text, sizeof(text), "%s 60 IN A 198.51.100.1", name_to_text(&q->name, name));
                fake_record(&a, 1, text);
        }
        fake_send(q, &a);
}

/* 30 records of 100 octets: too many for UDP. */
static void answer_big(const struct fake_query *q)
{
        char text[NAME_TEXT_SIZE + 256], name[NAME_TEXT_SIZE];
        struct fake_answer a;

        fake_begin(&a, q, q->tcp ? 0 : PACKET_FLAG_TC);
        for (int i = 0; q->tcp && i < 30; i++) {
                snprintf(
                        text, sizeof(text), "%s 60 IN TXT \"%02d%098d\"", name_to_text(&q->name, name), i, 0);
                fake_record(&a, 1, text);
        }
        fake_send(q, &a);
}

static void on_query(struct fake_query *q)
{
        const char *label = (const char *)q->name.wire + 1;

        if (strncmp(label, "share53-loop-", 13) != 0)
                n_asked++;
        if (strncmp(label, "never", 5) == 0)
                return;
        if (holding && strncmp(label, "slow", 4) == 0) {
                assert_true(n_held < ELEMENTSOF(held));
                held[n_held++] = *q;
                return;
        }
        if (strncmp(label, "big", 3) == 0)
                answer_big(q);
        else
                answer_address(q);
}

static void release(void)
{
        holding = false;
        for (size_t i = 0; i < n_held; i++)
                answer_address(&held[i]);
        n_held = 0;
}

static int setup_all(void **state)
{
        const struct forward_options options = {.cache_octets = 1 << 20,
                .expired_seconds = 3600,
                .per_client_max = 100,
                .outstanding_max = 200};
        struct upstream_rule rule = {.origin = UPSTREAM_ORIGIN_BUS, .n_servers = 1};

        setup(state);
        holding = false;
        n_held = n_asked = 0;
        fake_start(&server, event, on_query);
        assert_int_equal(forward_new(event, &options, query_forward_ready, &context, &forward), 0);
        context.forward = forward;
        rule.domain = name_of("example.org");
        rule.servers[0].endpoint = server.endpoint;
        assert_int_equal(forward_set_rule(forward, &rule), 0);
        fixture_put(store, change_add, "z",
                FIXTURE_RECORDS(R("out", "CNAME", 60, "www.example.org."),
                        R("slow", "CNAME", 60, "slow.example.org.")));
        start("127.0.0.1");
        return 0;
}

static int teardown_all(void **state)
{
        listener = listener_free(listener);
        forward = forward_free(forward);
        fake_stop(&server);
        return teardown(state);
}

static void send_datagram(int fd)
{
        send_octets(fd, m.data, m.w.position);
}

static void datagram_is(int fd, uint16_t id, uint16_t n_answers)
{
        run_until_readable(fd);
        answer_is((size_t)recv(fd, answer, sizeof(answer), 0), id, n_answers);
}

/* Lets the loop run until the server holds N queries back. */
static void run_until_held(size_t n)
{
        for (int i = 0; i < 10000 && n_held < n; i++)
                assert_true(sd_event_run(event, 1000000) >= 0);
        assert_int_equal(n_held, n);
}

static void test_by_udp_and_tcp(void **state)
{
        int udp = client(SOCK_DGRAM, NULL), tcp = client(SOCK_STREAM, NULL);

        query("Www.Example.ORG", "A", 1);
        send_datagram(udp);
        datagram_is(udp, 1, 1);
        assert_memory_equal(answer + PACKET_HEADER_SIZE, "\3Www\7Example\3ORG", 17); /* as it was asked */
        assert_true(answer[3] & PACKET_FLAG_RA);
        unsigned int asked = n_asked;
        assert_true(asked > 0);
        query("www.example.org", "A", 2); /* cached by now */
        send_query(tcp);
        answer_is(read_answer(tcp), 2, 1);
        query("out.z", "A", 3);
        send_query(tcp);
        answer_is(read_answer(tcp), 3, 2);
        assert_true(answer[2] & PACKET_FLAG_AA >> 8);
        assert_int_equal(n_asked, asked);
        assert_int_equal(context.stats.answered, 3);
        query("www.example.com", "A", 4);
        send_query(tcp);
        read_answer(tcp);
        assert_int_equal(answer[3] & 0xf, PACKET_REFUSED);
        close(udp);
        close(tcp);
}

static void test_out_of_order(void **state)
{
        static const char *const names[] = {"slow.example.org", "www.example.org", "a.z", "slow.z"};
        int fd = client(SOCK_STREAM, NULL);
        unsigned int seen = 0;

        holding = true;
        for (uint16_t i = 0; i < ELEMENTSOF(names); i++) {
                query(names[i], "A", i);
                send_query(fd);
        }
        for (int i = 0; i < 2; i++) {
                read_answer(fd);
                seen |= 1U << answer[1];
        }
        assert_int_equal(seen, 1 << 1 | 1 << 2);
        shutdown(fd, SHUT_WR);
        run_until_held(1); /* the chain of ours has led to the same question: it was joined */
        release();
        for (int i = 0; i < 2; i++) {
                read_answer(fd);
                seen |= 1U << answer[1];
        }
        assert_int_equal(seen, 0xf);
        assert_true(stream_ended(fd));
        close(fd);
}

static void test_identical_queries_are_joined(void **state)
{
        enum { CLIENTS = 5 };
        int fds[CLIENTS];

        holding = true;
        for (uint16_t i = 0; i < CLIENTS; i++) {
                fds[i] = client(SOCK_DGRAM, NULL);
                query("slow.example.org", "A", i);
                send_datagram(fds[i]);
        }
        run_until_held(1);
        for (int i = 0; i < 1000 && context.stats.received < CLIENTS; i++)
                assert_true(sd_event_run(event, 10000) >= 0);
        release();
        for (uint16_t i = 0; i < CLIENTS; i++) {
                datagram_is(fds[i], i, 1);
                close(fds[i]);
        }
        assert_int_equal(n_asked, 1);
}

/* Who does not wait for the answer does not disturb those who do. */
static void test_client_leaves(void **state)
{
        int gone = client(SOCK_STREAM, NULL), stays = client(SOCK_STREAM, NULL);

        holding = true;
        query("slow.example.org", "A", 1);
        send_query(gone);
        run_until_held(1);
        query("slow.example.org", "A", 2);
        send_query(stays);
        for (int i = 0; i < 1000 && context.stats.received < 2; i++)
                assert_true(sd_event_run(event, 10000) >= 0);
        assert_int_equal(setsockopt(gone, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1},
                                 sizeof(struct linger)),
                0);
        close(gone);
        for (int i = 0; i < 1000 && listener_tcp_connections(listener) > 1; i++)
                assert_true(sd_event_run(event, 10000) >= 0);
        assert_int_equal(listener_tcp_connections(listener), 1);
        release();
        answer_is(read_answer(stays), 2, 1);
        close(stays);
}

static void test_listener_ends_first(void **state)
{
        int udp = client(SOCK_DGRAM, NULL), tcp = client(SOCK_STREAM, NULL);
        struct forward_stats stats;

        holding = true;
        query("slow.example.org", "A", 1);
        send_datagram(udp);
        run_until_held(1);
        query("slow2.example.org", "A", 1);
        send_query(tcp);
        run_until_held(2);
        listener = listener_free(listener);
        forward_get_stats(forward, NULL, &stats);
        assert_int_equal(stats.outstanding, 0);
        release();
        run_until_quiet();
        close(udp);
        close(tcp);
}

/* Who waits when forwarding ends gets SERVFAIL. */
static void test_forwarding_ends_first(void **state)
{
        int udp = client(SOCK_DGRAM, NULL), tcp = client(SOCK_STREAM, NULL);

        holding = true;
        query("slow.example.org", "A", 1);
        send_datagram(udp);
        run_until_held(1);
        query("slow.z", "A", 2);
        send_query(tcp);
        for (int i = 0; i < 1000 && context.stats.received < 2; i++)
                assert_true(sd_event_run(event, 10000) >= 0);
        forward = forward_free(forward);
        context.forward = NULL;
        datagram_is(udp, 1, 0);
        assert_int_equal(answer[3] & 0xf, PACKET_SERVFAIL);
        answer_is(read_answer(tcp), 2, 0);
        assert_int_equal(answer[3] & 0xf, PACKET_SERVFAIL);
        close(udp);
        close(tcp);
}

/* An upstream that is silent. */
static void test_every_query_is_answered(void **state)
{
        int fd = client(SOCK_DGRAM, NULL);

        forward->queues[QUEUE_DEADLINE].delay_usec = 100000;
        query("never.example.org", "A", 1);
        send_datagram(fd);
        datagram_is(fd, 1, 0);
        assert_int_equal(answer[3] & 0xf, PACKET_SERVFAIL);
        close(fd);
}

static void test_zone_changes_meanwhile(void **state)
{
        int fd = client(SOCK_STREAM, NULL);

        holding = true;
        query("slow.z", "A", 1);
        send_query(fd);
        run_until_held(1);
        fixture_put(store, change_set, "z", FIXTURE_RECORDS(R("slow", "CNAME", 60, "www.example.org.")));
        release();
        size_t size = read_answer(fd);
        answer_is(size, 1, 2);
        struct wire w = wire_reader(answer, size);
        struct name target, expected = name_of("www.example.org");
        w.position = m.w.position + 12; /* of the CNAME */
        assert_int_equal(packet_read_name(&w, &target), 0);
        assert_true(name_equal(&target, &expected));
        close(fd);
}

/* Whole RRsets only, whatever the way. */
static void test_big_answers(void **state)
{
        int udp = client(SOCK_DGRAM, NULL), tcp = client(SOCK_STREAM, NULL);

        query("big.example.org", "TXT", 1);
        send_datagram(udp);
        datagram_is(udp, 1, 0);
        assert_true(answer[2] & PACKET_FLAG_TC >> 8);
        assert_int_equal(answer[3] & 0xf, PACKET_NOERROR);
        query("big.example.org", "TXT", 2);
        send_query(tcp);
        answer_is(read_answer(tcp), 2, 30);
        assert_false(answer[2] & PACKET_FLAG_TC >> 8);
        close(udp);
        close(tcp);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup_all, teardown_all)
        const struct CMUnitTest tests[] = {
                TEST(test_by_udp_and_tcp),
                TEST(test_out_of_order),
                TEST(test_identical_queries_are_joined),
                TEST(test_client_leaves),
                TEST(test_listener_ends_first),
                TEST(test_forwarding_ends_first),
                TEST(test_every_query_is_answered),
                TEST(test_zone_changes_meanwhile),
                TEST(test_big_answers),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
