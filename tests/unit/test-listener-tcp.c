/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/listener-fixture.h"

#include <sys/resource.h>

static void test_tcp(void **state)
{
        static const char *const addresses[] = {"127.53.0.9", "::1"};

        for (size_t i = 0; i < ELEMENTSOF(addresses); i++) {
                start(addresses[i]);
                int fd = client(SOCK_STREAM, NULL);
                query("big.z", "TXT", 9);
                send_query(fd);
                answer_is(read_answer(fd), 9, 100);
                query("a.z", "A", 10);
                send_query(fd);
                answer_is(read_answer(fd), 10, 1);
                assert_int_equal(listener_tcp_connections(listener), 1);
                close(fd);
                run_until_quiet();
                assert_int_equal(listener_tcp_connections(listener), 0);
                listener = listener_free(listener);
        }
}

static void test_tcp_octet_by_octet(void **state)
{
        int fd;

        start("127.0.0.1");
        fd = client(SOCK_STREAM, NULL);
        setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &(int){1}, sizeof(int));
        query("a.z", "A", 3);
        uint8_t length[2] = {(uint8_t)(m.w.position >> 8), (uint8_t)m.w.position};
        for (size_t i = 0; i < m.w.position + 2; i++) {
                send_octets(fd, i < 2 ? &length[i] : &m.data[i - 2], 1);
                run_until_quiet();
                assert_int_equal(is_readable(fd), i == m.w.position + 1);
        }
        answer_is(read_answer(fd), 3, 1);
        close(fd);
}

static void test_tcp_pipelining_and_half_close(void **state)
{
        enum { QUERIES = 1000 };
        int fd;

        start("127.0.0.1");
        fd = client(SOCK_STREAM, NULL);
        for (uint16_t i = 0; i < QUERIES; i++) {
                query("a.z", "A", i);
                send_query(fd);
        }
        shutdown(fd, SHUT_WR);
        for (uint16_t i = 0; i < QUERIES; i++)
                answer_is(read_answer(fd), i, 1);
        assert_true(stream_ended(fd));
        assert_int_equal(listener_tcp_connections(listener), 0);
        close(fd);
}

static void test_tcp_half_of_a_query_at_the_end(void **state)
{
        int fd;

        start("127.0.0.1");
        fd = client(SOCK_STREAM, NULL);
        query("a.z", "A", 1);
        send_query(fd);
        send_octets(fd, "\0\100abc", 5);
        shutdown(fd, SHUT_WR);
        answer_is(read_answer(fd), 1, 1);
        assert_true(stream_ended(fd));
        close(fd);
}

/* A client that asks for much and reads nothing is not read any more, then gets all in order. */
static void test_tcp_back_pressure(void **state)
{
        uint16_t sent = 0;
        int fd;

        start("127.0.0.1");
        fd = client(SOCK_STREAM, NULL);
        query("big.z", "TXT", 0);
        for (;;) {
                uint8_t data[64];

                wire_patch_u16(&m.w, 0, sent);
                data[0] = 0;
                data[1] = (uint8_t)m.w.position;
                memcpy(data + 2, m.data, m.w.position);
                if (send(fd, data, m.w.position + 2, MSG_DONTWAIT | MSG_NOSIGNAL) !=
                        (ssize_t)m.w.position + 2)
                        break;
                if (++sent == UINT16_MAX)
                        break;
                if (sent % 64 == 0)
                        run_until_quiet();
                if (sent >= 2000 && context.stats.received < sent)
                        break;
        }
        run_until_quiet();
        /* 11 KiB each: what it has answered fits into buffers of ours and of the kernel. */
        assert_true(context.stats.received < sent);
        assert_int_equal(sd_event_run(event, 0), 0); /* and it does not spin */
        shutdown(fd, SHUT_WR);
        for (uint16_t i = 0; i < sent; i++)
                answer_is(read_answer(fd), i, 100);
        assert_true(stream_ended(fd));
        close(fd);
}

/* Of queries that have all come, no more is answered than the bound of waiting output takes. */
static void test_tcp_output_is_bounded(void **state)
{
        const uint64_t bound = LISTENER_TCP_OUTPUT_MAX / (100 * 113) + 1;
        int fd;

        start("127.0.0.1");
        fd = client(SOCK_STREAM, NULL);
        query("big.z", "TXT", 0);
        for (int i = 0; i < 40; i++)
                send_query(fd);
        for (int i = 0; i < 100 && context.stats.received == 0; i++)
                assert_true(sd_event_run(event, 10000) >= 0);
        assert_in_range(context.stats.received, 2, bound);
        for (int i = 0; i < 40; i++)
                answer_is(read_answer(fd), 0, 100);
        close(fd);
}

static void test_tcp_limits_at_first(void **state)
{
        struct listener_sockets sockets = bind_somewhere("127.0.0.1", &endpoint);

        assert_int_equal(listener_new(event, &sockets, &context, &listener), 0);
        assert_int_equal(listener->idle_usec, LISTENER_TCP_IDLE_USEC);
        assert_int_equal(listener->total_usec, LISTENER_TCP_TOTAL_USEC);
        assert_int_equal(listener->pause_usec, LISTENER_TCP_PAUSE_USEC);
}

static void test_tcp_large_message(void **state)
{
        uint8_t *data = calloc(1, 2 + PACKET_SIZE_MAX);
        int fd;

        start("127.0.0.1");
        fd = client(SOCK_STREAM, NULL);
        query("a.z", "A", 4);
        data[0] = data[1] = 0xff;
        memcpy(data + 2, m.data, m.w.position); /* octets of zero behind it */
        send_octets(fd, data, 2 + PACKET_SIZE_MAX);
        size_t size = read_answer(fd);
        answer_is(size, 4, 0);
        assert_int_equal(answer[3] & 0xf, PACKET_FORMERR);
        query("a.z", "A", 5);
        send_query(fd);
        answer_is(read_answer(fd), 5, 1);
        close(fd);
        free(data);
}

static void test_tcp_silence(void **state)
{
        int fd;

        start("127.0.0.1");
        fd = client(SOCK_STREAM, NULL);
        send_octets(fd, "\0\0", 2);
        send_octets(fd, "\0\3abc", 5);
        query("a.z", "A", 1);
        m.data[2] |= 0x80;
        send_query(fd);
        query("a.z", "A", 2);
        send_query(fd);
        answer_is(read_answer(fd), 2, 1);
        run_until_quiet();
        assert_false(is_readable(fd));
        close(fd);
}

static void test_tcp_limit_per_client(void **state)
{
        int fds[LISTENER_TCP_PER_CLIENT_MAX], over, other;

        start("127.0.0.1");
        for (size_t i = 0; i < ELEMENTSOF(fds); i++)
                fds[i] = client(SOCK_STREAM, "127.0.0.3");
        run_until_quiet();
        assert_int_equal(listener_tcp_connections(listener), LISTENER_TCP_PER_CLIENT_MAX);
        over = client(SOCK_STREAM, "127.0.0.3");
        assert_true(stream_ended(over));
        other = client(SOCK_STREAM, "127.0.0.4");
        query("a.z", "A", 1);
        send_query(other);
        answer_is(read_answer(other), 1, 1);
        for (size_t i = 0; i < ELEMENTSOF(fds); i++)
                close(fds[i]);
        close(over);
        close(other);
}

static void test_tcp_limit_of_all(void **state)
{
        int fds[LISTENER_TCP_CONNECTIONS_MAX], late;
        char address[16];

        start("127.0.0.1");
        for (size_t i = 0; i < ELEMENTSOF(fds); i++) {
                snprintf(address, sizeof(address), "127.0.1.%zu", 1 + i / LISTENER_TCP_PER_CLIENT_MAX);
                fds[i] = client(SOCK_STREAM, address);
                if (i % 64 == 63)
                        run_until_quiet();
        }
        assert_int_equal(listener_tcp_connections(listener), LISTENER_TCP_CONNECTIONS_MAX);
        late = client(SOCK_STREAM, "127.0.2.1");
        query("a.z", "A", 6);
        send_query(late);
        run_until_quiet();
        assert_int_equal(listener_tcp_connections(listener), LISTENER_TCP_CONNECTIONS_MAX);
        assert_false(is_readable(late));
        close(fds[7]);
        fds[7] = -1;
        answer_is(read_answer(late), 6, 1);
        for (size_t i = 0; i < ELEMENTSOF(fds); i++)
                safe_close(fds[i]);
        close(late);
}

static void test_tcp_out_of_descriptors(void **state)
{
        struct rlimit limit, low;
        int fd, top;

        start("127.0.0.1");
        fd = client(SOCK_STREAM, NULL);
        query("a.z", "A", 8);
        send_query(fd);
        top = dup(fd);
        close(top);
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
        low = (struct rlimit){.rlim_cur = (rlim_t)top, .rlim_max = limit.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
        listener->pause_usec = 3600 * 1000000ULL;
        assert_true(sd_event_run(event, 0) > 0);
        assert_int_equal(listener_tcp_connections(listener), 0);
        assert_int_equal(sd_event_run(event, 0), 0); /* no spinning */
        /* Nor do connections that end meanwhile cut the pause short. */
        listener_tcp_resume(listener);
        assert_int_equal(sd_event_run(event, 0), 0);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);

        assert_int_equal(sd_event_source_set_time_relative(listener->tcp_pause, 0), 0);
        answer_is(read_answer(fd), 8, 1);
        close(fd);
}

static void test_tcp_idle_time(void **state)
{
        int fd, busy;

        start("127.0.0.1");
        busy = client(SOCK_STREAM, NULL);
        run_until_quiet();
        listener->idle_usec = 1;
        fd = client(SOCK_STREAM, NULL);
        send_octets(fd, "\0", 1); /* not a whole query */
        assert_true(stream_ended(fd));
        close(fd);
        listener->idle_usec = 3600 * 1000000ULL;
        query("a.z", "A", 8);
        send_query(busy);
        answer_is(read_answer(busy), 8, 1);
        close(busy);
}

static void test_tcp_total_time(void **state)
{
        int fd;

        start("127.0.0.1");
        listener->total_usec = 1;
        fd = client(SOCK_STREAM, NULL);
        for (int i = 0; i < 1000; i++) {
                query("a.z", "A", 8);
                uint8_t length[2] = {0, (uint8_t)m.w.position};
                if (send(fd, length, 2, MSG_NOSIGNAL) != 2 ||
                        send(fd, m.data, m.w.position, MSG_NOSIGNAL) != (ssize_t)m.w.position)
                        break;
                assert_true(sd_event_run(event, 10000) >= 0);
                if (i > 0 && listener_tcp_connections(listener) == 0)
                        break;
        }
        assert_int_equal(listener_tcp_connections(listener), 0);
        close(fd);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(test_tcp),
                TEST(test_tcp_octet_by_octet),
                TEST(test_tcp_pipelining_and_half_close),
                TEST(test_tcp_half_of_a_query_at_the_end),
                TEST(test_tcp_back_pressure),
                TEST(test_tcp_output_is_bounded),
                TEST(test_tcp_limits_at_first),
                TEST(test_tcp_large_message),
                TEST(test_tcp_silence),
                TEST(test_tcp_limit_per_client),
                TEST(test_tcp_limit_of_all),
                TEST(test_tcp_out_of_descriptors),
                TEST(test_tcp_idle_time),
                TEST(test_tcp_total_time),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
