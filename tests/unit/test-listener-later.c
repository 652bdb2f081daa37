/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Answers that come later, without an upstream: query_answer is ours here (that of the library is not linked
 * then). The first octet of a name decides: "w" waits, until the test says; anything else is echoed.
 */

#include "tests/unit/listener-fixture.h"

#define WAITS_MAX (3 * LISTENER_TCP_WAITS_MAX)

struct waiting {
        struct query_wait wait; /* first */
        bool used;
        struct endpoint client;
        size_t size;
        uint8_t data[64];
};

static struct waiting waiting[WAITS_MAX];
static size_t n_waiting, n_cancelled;
static uint64_t idle_told;
static const struct query_owner *owner_told;

static void on_cancel(struct query_wait *wait)
{
        ((struct waiting *)wait)->used = false;
        n_cancelled++;
}

ssize_t query_answer(struct query_context *c, const struct query_request *request, uint8_t *buf, size_t size,
        struct query_result *ret)
{
        struct waiting *w = &waiting[n_waiting];

        c->stats.received++;
        idle_told = request->idle_usec;
        owner_told = request->owner;
        if (request->size <= PACKET_HEADER_SIZE + 1 || request->data[PACKET_HEADER_SIZE + 1] != 'w') {
                memcpy(buf, request->data, request->size);
                buf[2] |= 0x80;
                return (ssize_t)request->size;
        }
        assert_true(n_waiting < WAITS_MAX);
        assert_non_null(request->owner);
        assert_true(request->size <= sizeof(w->data));
        *w = (struct waiting){
                .wait.cancel = on_cancel, .used = true, .client = *request->client, .size = request->size};
        memcpy(w->data, request->data, request->size);
        w->data[2] |= 0x80;
        query_owner_add(request->owner, &w->wait);
        n_waiting++;
        return -EINPROGRESS;
}

/* Answers the query that began to wait as the Ith, with SIZE octets. */
static void reply(size_t i, size_t size)
{
        static uint8_t data[PACKET_SIZE_MAX];
        struct waiting *w = &waiting[i];
        struct query_owner *owner = w->wait.owner;

        assert_true(w->used);
        memset(data, 0, size);
        memcpy(data, w->data, MIN(w->size, size));
        query_wait_remove(&w->wait);
        w->used = false;
        owner->reply(owner, &w->client, data, size, NULL);
}

static void reply_short(size_t i)
{
        reply(i, waiting[i].size);
}

static int setup_later(void **state)
{
        n_waiting = n_cancelled = 0;
        return setup(state);
}

/* Lets the loop run until N queries have come in all. */
static void run_until_received(uint64_t n)
{
        for (int i = 0; i < 1000 && context.stats.received < n; i++)
                assert_true(sd_event_run(event, 10000) >= 0);
        assert_int_equal(context.stats.received, n);
}

static uint16_t read_id(int fd)
{
        read_answer(fd);
        return (uint16_t)(answer[0] << 8 | answer[1]);
}

static void test_list(void **state)
{
        struct query_owner owner = {};
        struct query_wait waits[4] = {};

        for (size_t i = 0; i < ELEMENTSOF(waits); i++) {
                waiting[i].wait.cancel = on_cancel;
                query_owner_add(&owner, &waiting[i].wait);
        }
        assert_int_equal(owner.n_waits, 4);
        query_wait_remove(&waiting[1].wait);
        query_wait_remove(&waiting[3].wait);
        query_wait_remove(&waiting[3].wait); /* no matter */
        assert_int_equal(owner.n_waits, 2);
        query_owner_cancel(&owner);
        assert_int_equal(n_cancelled, 2);
        assert_int_equal(owner.n_waits, 0);
        assert_null(owner.waits);
        query_owner_cancel(&owner);
        assert_int_equal(n_cancelled, 2);
}

/* Each to who asked, from the address that was asked, whatever the order. */
static void test_udp_later(void **state)
{
        static const char *const addresses[] = {"127.53.0.9", "::1"};

        for (size_t i = 0; i < ELEMENTSOF(addresses); i++) {
                int fds[2];

                n_waiting = 0;
                context.stats.received = 0;
                start(addresses[i]);
                for (size_t k = 0; k < 2; k++) {
                        fds[k] = client(SOCK_DGRAM, NULL);
                        query("w.z", "A", (uint16_t)(70 + k));
                        send_octets(fds[k], m.data, m.w.position);
                        run_until_received(k + 1);
                }
                assert_false(is_readable(fds[0]));
                reply_short(1);
                assert_false(is_readable(fds[0]));
                run_until_readable(fds[1]);
                answer_is((size_t)recv(fds[1], answer, sizeof(answer), 0), 71, 0);
                reply_short(0);
                run_until_readable(fds[0]);
                answer_is((size_t)recv(fds[0], answer, sizeof(answer), 0), 70, 0);
                assert_int_equal(context.stats.unsent, 0);
                close(fds[0]);
                close(fds[1]);
                listener = listener_free(listener);
        }
}

static void test_udp_reply_that_cannot_be_sent_is_counted(void **state)
{
        int fd;

        start("127.0.0.1");
        fd = client(SOCK_DGRAM, NULL);
        query("w.z", "A", 1);
        send_octets(fd, m.data, m.w.position);
        run_until_received(1);
        waiting[0].client.addr.in.s_addr = htonl(INADDR_BROADCAST); /* not allowed to the socket */
        reply_short(0);
        assert_int_equal(context.stats.unsent, 1);
        close(fd);
}

static void test_freed_while_queries_wait(void **state)
{
        int udp, tcp;

        start("127.0.0.1");
        udp = client(SOCK_DGRAM, NULL);
        tcp = client(SOCK_STREAM, NULL);
        query("w.z", "A", 1);
        send_octets(udp, m.data, m.w.position);
        send_query(tcp);
        send_query(tcp);
        run_until_received(3);
        listener = listener_free(listener);
        assert_int_equal(n_cancelled, 3);
        close(udp);
        close(tcp);
}

/* RFC 7766 6.2.1.1, 7. */
static void test_tcp_out_of_order(void **state)
{
        static const char *const names[] = {"w1.z", "a.z", "w2.z", "b.z", "w3.z"};
        int fd;

        start("127.0.0.1");
        fd = client(SOCK_STREAM, NULL);
        for (uint16_t i = 0; i < ELEMENTSOF(names); i++) {
                query(names[i], "A", i);
                send_query(fd);
        }
        run_until_received(5);
        assert_int_equal(idle_told, listener->idle_usec);
        assert_int_equal(read_id(fd), 1);
        assert_int_equal(read_id(fd), 3);
        run_until_quiet();
        assert_false(is_readable(fd));
        reply_short(2);
        reply_short(0);
        assert_int_equal(read_id(fd), 4);
        assert_int_equal(read_id(fd), 0);
        reply_short(1);
        assert_int_equal(read_id(fd), 2);
        assert_int_equal(listener_tcp_connections(listener), 1);
        close(fd);
}

static void test_tcp_half_close_waits_for_answers(void **state)
{
        int fd;

        start("127.0.0.1");
        fd = client(SOCK_STREAM, NULL);
        for (uint16_t i = 0; i < 2; i++) {
                query("w.z", "A", i);
                send_query(fd);
        }
        shutdown(fd, SHUT_WR);
        run_until_received(2);
        run_until_quiet();
        assert_int_equal(listener_tcp_connections(listener), 1);
        assert_int_equal(sd_event_run(event, 0), 0); /* the end that has been seen does not make it spin */
        reply_short(0);
        assert_int_equal(read_id(fd), 0);
        run_until_quiet();
        assert_int_equal(listener_tcp_connections(listener), 1);
        reply_short(1);
        assert_int_equal(read_id(fd), 1);
        assert_true(stream_ended(fd));
        assert_int_equal(listener_tcp_connections(listener), 0);
        close(fd);
}

static void test_tcp_reset_cancels(void **state)
{
        int fd;

        start("127.0.0.1");
        fd = client(SOCK_STREAM, NULL);
        query("w.z", "A", 1);
        send_query(fd);
        run_until_received(1);
        assert_int_equal(
                setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger)),
                0);
        close(fd); /* with a reset */
        run_until_quiet();
        assert_int_equal(listener_tcp_connections(listener), 0);
        assert_int_equal(n_cancelled, 1);
}

static void test_tcp_is_not_idle_while_it_waits(void **state)
{
        int fd;

        start("127.0.0.1");
        listener->idle_usec = 1000;
        fd = client(SOCK_STREAM, NULL);
        query("w.z", "A", 1);
        send_query(fd);
        run_until_received(1);
        for (int i = 0; i < 5; i++) /* many times the idle time */
                (void)sd_event_run(event, 2000);
        assert_int_equal(listener_tcp_connections(listener), 1);
        reply_short(0);
        assert_int_equal(read_id(fd), 1);
        assert_true(stream_ended(fd)); /* idle again */
        close(fd);
}

static void test_tcp_total_time_ends_waits(void **state)
{
        int fd;

        start("127.0.0.1");
        fd = client(SOCK_STREAM, NULL);
        run_until_quiet();
        query("w.z", "A", 1);
        send_query(fd);
        run_until_received(1);
        listener->connections->ends = 1;
        assert_int_equal(sd_event_source_set_time(listener->connections->timer, 1), 0);
        assert_true(stream_ended(fd));
        assert_int_equal(n_cancelled, 1);
        close(fd);
}

/* No more than that wait; the next come as soon as one is answered. */
static void test_tcp_waits_are_bounded(void **state)
{
        enum { QUERIES = LISTENER_TCP_WAITS_MAX + 2 };
        int fd;

        start("127.0.0.1");
        fd = client(SOCK_STREAM, NULL);
        for (uint16_t i = 0; i < QUERIES; i++) {
                query("w.z", "A", i);
                send_query(fd);
        }
        run_until_received(LISTENER_TCP_WAITS_MAX);
        run_until_quiet();
        assert_int_equal(context.stats.received, LISTENER_TCP_WAITS_MAX);
        assert_int_equal(sd_event_run(event, 0), 0); /* nor does it spin */
        reply_short(5);
        assert_int_equal(read_id(fd), 5);
        run_until_received(LISTENER_TCP_WAITS_MAX + 1);
        reply_short(6);
        assert_int_equal(read_id(fd), 6);
        run_until_received(QUERIES);
        close(fd);
}

/* Who asks and does not read: the connection ends, but not in the middle of a reply. */
static void test_tcp_slow_reader(void **state)
{
        size_t i = 0;
        int fd;

        start("127.0.0.1");
        fd = client(SOCK_STREAM, NULL);
        for (uint16_t k = 0; k < LISTENER_TCP_WAITS_MAX; k++) {
                query("w.z", "A", k);
                send_query(fd);
        }
        run_until_received(LISTENER_TCP_WAITS_MAX);
        for (; i < LISTENER_TCP_LATER_MAX / PACKET_SIZE_MAX; i++)
                reply(i, PACKET_SIZE_MAX - 2);
        assert_int_equal(n_cancelled, 0);
        reply(i, PACKET_SIZE_MAX);
        assert_int_equal(listener_tcp_connections(listener), 1);
        reply(i + 1, 100);
        assert_int_equal(sd_event_run(event, 0), 1);
        assert_int_equal(listener_tcp_connections(listener), 0);
        assert_int_equal(n_cancelled, LISTENER_TCP_WAITS_MAX - i - 2);
        close(fd);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup_later, teardown)
        const struct CMUnitTest tests[] = {
                TEST(test_list),
                TEST(test_udp_later),
                TEST(test_udp_reply_that_cannot_be_sent_is_counted),
                TEST(test_freed_while_queries_wait),
                TEST(test_tcp_out_of_order),
                TEST(test_tcp_half_close_waits_for_answers),
                TEST(test_tcp_reset_cancels),
                TEST(test_tcp_is_not_idle_while_it_waits),
                TEST(test_tcp_total_time_ends_waits),
                TEST(test_tcp_waits_are_bounded),
                TEST(test_tcp_slow_reader),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
