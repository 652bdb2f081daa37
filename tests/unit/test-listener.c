/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/listener-fixture.h"

#include <sys/eventfd.h>

static void test_bind_is_all_or_nothing(void **state)
{
        static const struct {
                int type, protocol;
        } kinds[] = {{SOCK_DGRAM, IPPROTO_UDP}, {SOCK_STREAM, IPPROTO_TCP}};

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                struct listener_sockets sockets = bind_somewhere("127.0.0.1", &endpoint);
                int protocol = 0;

                listener_sockets_close(i == 0 ? &(struct listener_sockets){.udp = -1, .tcp = sockets.tcp}
                                              : &(struct listener_sockets){.udp = sockets.udp, .tcp = -1});
                int held = i == 0 ? sockets.udp : sockets.tcp;
                sockets = LISTENER_SOCKETS_NONE;
                assert_int_equal(listener_bind(&endpoint, &sockets, &protocol), -EADDRINUSE);
                assert_int_equal(protocol, kinds[i].protocol);
                assert_int_equal(sockets.udp, -1);
                assert_int_equal(sockets.tcp, -1);
                assert_int_equal(listener_bind(&endpoint, &sockets, NULL), -EADDRINUSE);
                close(held);
                /* Nothing of the failed attempts is left. */
                assert_int_equal(listener_bind(&endpoint, &sockets, &protocol), 0);
                listener_sockets_close(&sockets);
                assert_int_equal(sockets.udp, -1);
        }
}

static void test_bind_beside_a_wildcard_fails(void **state)
{
        struct listener_sockets wildcard = bind_somewhere("0.0.0.0", &endpoint),
                                sockets = LISTENER_SOCKETS_NONE;
        struct endpoint e;
        int protocol;

        assert_int_equal(endpoint_from_text("127.0.0.1", endpoint.port, &e), 0);
        assert_int_equal(listener_bind(&e, &sockets, &protocol), -EADDRINUSE);
        assert_int_equal(protocol, IPPROTO_UDP);
        wildcard.udp = safe_close(wildcard.udp);
        assert_int_equal(listener_bind(&e, &sockets, &protocol), -EADDRINUSE);
        assert_int_equal(protocol, IPPROTO_TCP);
        listener_sockets_close(&wildcard);
}

static void test_bind_to_a_foreign_address_fails(void **state)
{
        struct listener_sockets sockets = LISTENER_SOCKETS_NONE;
        int protocol;

        assert_int_equal(endpoint_from_text("192.0.2.1", 15353, &endpoint), 0);
        assert_int_equal(listener_bind(&endpoint, &sockets, &protocol), -EADDRNOTAVAIL);
        assert_int_equal(protocol, IPPROTO_UDP);
}

static void test_sockets_of_another_kind_are_not_taken(void **state)
{
        struct listener_sockets good = bind_somewhere("127.0.0.1", &endpoint), bad;

        bad = (struct listener_sockets){.udp = good.tcp, .tcp = good.udp};
        assert_int_equal(listener_new(event, &bad, &context, &listener), -EINVAL);
        bad = (struct listener_sockets){.udp = good.udp, .tcp = -1};
        assert_int_equal(listener_new(event, &bad, &context, &listener), -EINVAL);
        bad.tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* does not listen */
        assert_int_equal(listener_new(event, &bad, &context, &listener), -EINVAL);
        close(bad.tcp);
        assert_null(listener);
        assert_int_equal(listener_new(event, &good, &context, &listener), 0);
}

static void test_udp(void **state)
{
        static const char *const addresses[] = {"127.53.0.9", "::1"};

        for (size_t i = 0; i < ELEMENTSOF(addresses); i++) {
                start(addresses[i]);
                /* Connected: an answer from another address would not arrive. */
                int fd = client(SOCK_DGRAM, NULL);
                query("a.z", "A", 7);
                send_octets(fd, m.data, m.w.position);
                run_until_readable(fd);
                answer_is((size_t)recv(fd, answer, sizeof(answer), 0), 7, 1);
                close(fd);
                listener = listener_free(listener);
        }
}

static int count_turn(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        (*(int *)userdata)++;
        return 0;
}

static void test_udp_batches_leave_turns_to_others(void **state)
{
        enum { QUERIES = 3 * LISTENER_UDP_BATCH };
        int turns = 0, fd, other, received = 0;
        bool seen[QUERIES] = {};

        start("127.0.0.1");
        fd = client(SOCK_DGRAM, NULL);
        for (uint16_t i = 0; i < QUERIES; i++) {
                query("a.z", "A", i);
                send_octets(fd, m.data, m.w.position);
        }
        assert_true(sd_event_run(event, 0) > 0);
        assert_int_equal(context.stats.received, LISTENER_UDP_BATCH);
        other = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK); /* always ready */
        assert_int_equal(sd_event_add_io(event, NULL, other, EPOLLIN, count_turn, &turns), 0);
        for (int i = 0; i < 50 && received < QUERIES; i++) {
                ssize_t n;

                assert_true(sd_event_run(event, 0) >= 0);
                while ((n = recv(fd, answer, sizeof(answer), MSG_DONTWAIT)) > 0) {
                        uint16_t id = (uint16_t)(answer[0] << 8 | answer[1]);
                        answer_is((size_t)n, id, 1);
                        assert_false(seen[id]);
                        seen[id] = true;
                        received++;
                }
        }
        assert_int_equal(received, QUERIES);
        assert_true(turns > 0);
        close(fd);
        close(other);
}

static void test_udp_silence(void **state)
{
        int fd;

        start("127.0.0.1");
        fd = client(SOCK_DGRAM, NULL);
        query("a.z", "A", 1);
        m.data[2] |= 0x80;
        send_octets(fd, m.data, m.w.position);
        send_octets(fd, "short", 5);
        send_octets(fd, "", 0);
        query("a.z", "A", 2);
        send_octets(fd, m.data, m.w.position);
        run_until_readable(fd);
        answer_is((size_t)recv(fd, answer, sizeof(answer), 0), 2, 1);
        run_until_quiet();
        assert_false(is_readable(fd));
        assert_int_equal(context.stats.dropped, 3);
        close(fd);
}

/* A unix socket's queue can be filled; those of UDP on loopback never push back. */
static void test_udp_answers_that_cannot_be_sent_are_dropped(void **state)
{
        struct listener bare = {.event = event, .queries = &context};
        int pair[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
        assert_int_equal(listener_udp_new(&bare, pair[0], &bare.udp), 0);
        query("a.z", "A", 1);
        for (int i = 0; i < 3; i++)
                send_octets(pair[1], m.data, m.w.position);
        while (send(pair[0], "x", 1, MSG_DONTWAIT) > 0)
                ;
        assert_true(sd_event_run(event, 0) > 0);
        assert_int_equal(context.stats.received, 3);
        assert_int_equal(context.stats.unsent, 3);
        assert_int_equal(sd_event_run(event, 0), 0); /* nothing waits to be sent later */
        listener_udp_free(bare.udp);
        close(pair[1]);
}

static void test_freed_in_the_middle(void **state)
{
        int fds[3];

        start("127.0.0.1");
        for (size_t i = 0; i < ELEMENTSOF(fds); i++) {
                fds[i] = client(SOCK_STREAM, NULL);
                query("big.z", "TXT", 1);
                for (int k = 0; k < 200 && i > 0; k++)
                        send_query(fds[i]);
        }
        for (int i = 0; i < 4; i++)
                assert_true(sd_event_run(event, 0) >= 0);
        int udp = client(SOCK_DGRAM, NULL);
        send_octets(udp, m.data, m.w.position);
        assert_true(sd_event_prepare(event) >= 0);
        (void)sd_event_wait(event, 0); /* sources are pending now */
        listener = listener_free(listener);
        while (sd_event_run(event, 0) > 0)
                ;
        for (size_t i = 0; i < ELEMENTSOF(fds); i++)
                close(fds[i]);
        close(udp);
        /* The address is free again. */
        struct listener_sockets sockets = LISTENER_SOCKETS_NONE;
        assert_int_equal(listener_bind(&endpoint, &sockets, NULL), 0);
        listener_sockets_close(&sockets);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(test_bind_is_all_or_nothing),
                TEST(test_bind_beside_a_wildcard_fails),
                TEST(test_bind_to_a_foreign_address_fails),
                TEST(test_sockets_of_another_kind_are_not_taken),
                TEST(test_udp),
                TEST(test_udp_batches_leave_turns_to_others),
                TEST(test_udp_silence),
                TEST(test_udp_answers_that_cannot_be_sent_are_dropped),
                TEST(test_freed_in_the_middle),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
