/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/packet-fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "daemon/dns/listener-internal.h"

static struct zone_store *store;
static struct query_context context;
static sd_event *event;
static struct listener *listener;
static struct endpoint endpoint;
static struct message m;

/* A free port of its own for each test program, for UDP and TCP. */
static struct listener_sockets bind_somewhere(const char *address, struct endpoint *ret)
{
        static uint16_t next;
        struct listener_sockets sockets = LISTENER_SOCKETS_NONE;

        if (next == 0)
                next = (uint16_t)(20000 + getpid() % 20000);
        for (int i = 0; i < 1000; i++) {
                assert_int_equal(endpoint_from_text(address, next++, ret), 0);
                if (listener_bind(ret, &sockets, NULL) >= 0)
                        return sockets;
        }
        fail_msg("no free port at %s", address);
        return sockets;
}

static void start(const char *address)
{
        struct listener_sockets sockets = bind_somewhere(address, &endpoint);

        assert_int_equal(listener_new(event, &sockets, &context, &listener), 0);
        assert_int_equal(sockets.udp, -1);
        assert_int_equal(sockets.tcp, -1);
        assert_true(endpoint_equal(listener_endpoint(listener), &endpoint));
}

static int setup(void **state)
{
        char text[101];

        assert_int_equal(sd_event_new(&event), 0);
        assert_int_equal(zone_store_new(&store), 0);
        fixture_create(store, "z", 0);
        memset(text, 'x', 100);
        text[100] = '\0';
        fixture_put(store, change_add, "z", FIXTURE_RECORDS(R("a", "A", 60, "192.0.2.7")));
        for (int i = 0; i < 100; i++) {
                text[snprintf(text, sizeof(text), "%d", i)] = 'x';
                fixture_put(store, change_add, "z", FIXTURE_RECORDS(R("big", "TXT", 60, text)));
        }
        context = (struct query_context){.zones = store};
        return 0;
}

static int teardown(void **state)
{
        listener = listener_free(listener);
        event = sd_event_unref(event);
        store = zone_store_free(store);
        return 0;
}

/* A client from ADDRESS (NULL: any), connected; blocking for what it sends, polled for what it gets. */
static int client(int type, const char *address)
{
        struct sockaddr_storage sa;
        socklen_t size;
        int fd = socket(endpoint.family, type | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        if (address) {
                struct endpoint own;

                assert_int_equal(endpoint_from_text(address, 1, &own), 0);
                size = endpoint_to_sockaddr(&own, &sa);
                ((struct sockaddr_in *)&sa)->sin_port = 0;
                assert_int_equal(bind(fd, (struct sockaddr *)&sa, size), 0);
        }
        size = endpoint_to_sockaddr(&endpoint, &sa);
        assert_int_equal(connect(fd, (struct sockaddr *)&sa, size), 0);
        return fd;
}

static bool is_readable(int fd)
{
        return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0) > 0;
}

/* Lets the loop run until FD has something to read. The limit only ends a test that fails. */
static void run_until_readable(int fd)
{
        for (int i = 0; i < 2000 && !is_readable(fd); i++)
                assert_true(sd_event_run(event, 10000) >= 0);
        if (!is_readable(fd))
                fail_msg("nothing came");
}

/* Lets the loop run until it has nothing to do. */
static void run_until_quiet(void)
{
        int quiet = 0;

        for (int i = 0; i < 100000 && quiet < 3; i++)
                quiet = sd_event_run(event, 1000) == 0 ? quiet + 1 : 0;
}

static void query(const char *name, const char *type, uint16_t id)
{
        message_query(&m, name, type);
        wire_patch_u16(&m.w, 0, id);
}

/* N octets from the stream; false at its end. */
static bool read_exactly(int fd, uint8_t *data, size_t n)
{
        for (size_t got = 0; got < n;) {
                run_until_readable(fd);
                ssize_t k = recv(fd, data + got, n - got, MSG_DONTWAIT);
                if (k <= 0)
                        return false;
                got += (size_t)k;
        }
        return true;
}

static uint8_t answer[PACKET_SIZE_MAX];

static size_t read_answer(int fd)
{
        uint8_t length[2];
        size_t size;

        assert_true(read_exactly(fd, length, 2));
        size = (size_t)(length[0] << 8 | length[1]);
        assert_true(read_exactly(fd, answer, size));
        return size;
}

static void answer_is(size_t size, uint16_t id, uint16_t n_answers)
{
        struct wire w = wire_reader(answer, size);

        assert_int_equal(wire_read_u16(&w), id);
        assert_true(wire_read_u16(&w) & PACKET_FLAG_QR);
        assert_int_equal(wire_read_u16(&w), 1);
        assert_int_equal(wire_read_u16(&w), n_answers);
}

static bool stream_ended(int fd)
{
        uint8_t octet;

        run_until_readable(fd);
        return recv(fd, &octet, 1, MSG_DONTWAIT) <= 0;
}

static void send_octets(int fd, const void *data, size_t n)
{
        assert_int_equal(send(fd, data, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* M with its length before it. */
static void send_query(int fd)
{
        uint8_t data[600];

        data[0] = (uint8_t)(m.w.position >> 8);
        data[1] = (uint8_t)m.w.position;
        memcpy(data + 2, m.data, m.w.position);
        send_octets(fd, data, m.w.position + 2);
}

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
        listener->idle_usec = 3600 * 1000000ULL;
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
                TEST(test_tcp),
                TEST(test_tcp_octet_by_octet),
                TEST(test_tcp_pipelining_and_half_close),
                TEST(test_tcp_half_of_a_query_at_the_end),
                TEST(test_tcp_back_pressure),
                TEST(test_tcp_large_message),
                TEST(test_tcp_silence),
                TEST(test_tcp_limit_per_client),
                TEST(test_tcp_limit_of_all),
                TEST(test_tcp_out_of_descriptors),
                TEST(test_tcp_idle_time),
                TEST(test_tcp_total_time),
                TEST(test_freed_in_the_middle),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
