/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A listener with a small zone, and clients of it, in one loop: for the tests of listener. */

#include "tests/unit/packet-fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "daemon/dns/listener-internal.h"

static struct zone_store *store;
static struct query_context context;
static sd_event *event;
static struct listener *listener;
static struct endpoint endpoint;
static struct message m;

/* A free port of its own for each test program, for UDP and TCP. */
static inline struct listener_sockets bind_somewhere(const char *address, struct endpoint *ret)
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

static inline void start(const char *address)
{
        struct listener_sockets sockets = bind_somewhere(address, &endpoint);

        assert_int_equal(listener_new(event, &sockets, &context, &listener), 0);
        assert_int_equal(sockets.udp, -1);
        assert_int_equal(sockets.tcp, -1);
        assert_true(endpoint_equal(listener_endpoint(listener), &endpoint));
        listener->idle_usec = listener->total_usec =
                3600 * 1000000ULL; /* no end that a test did not ask for */
}

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
        listener = listener_free(listener);
        event = sd_event_unref(event);
        store = zone_store_free(store);
        return 0;
}

/* A client from ADDRESS (NULL: any), connected; blocking for what it sends, polled for what it gets. */
static inline int client(int type, const char *address)
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

static inline bool is_readable(int fd)
{
        return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0) > 0;
}

/* Lets the loop run until FD has something to read. The limit only ends a test that fails. */
static inline void run_until_readable(int fd)
{
        for (int i = 0; i < 1000 && !is_readable(fd); i++)
                assert_true(sd_event_run(event, 10000) >= 0);
        if (!is_readable(fd))
                fail_msg("nothing came");
}

/* Lets the loop run until it has nothing to do. */
static inline void run_until_quiet(void)
{
        int quiet = 0;

        for (int i = 0; i < 100000 && quiet < 3; i++)
                quiet = sd_event_run(event, 1000) == 0 ? quiet + 1 : 0;
}

static inline void query(const char *name, const char *type, uint16_t id)
{
        message_query(&m, name, type);
        wire_patch_u16(&m.w, 0, id);
}

/* N octets from the stream; false at its end. */
static inline bool read_exactly(int fd, uint8_t *data, size_t n)
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

static inline size_t read_answer(int fd)
{
        uint8_t length[2];
        size_t size;

        assert_true(read_exactly(fd, length, 2));
        size = (size_t)(length[0] << 8 | length[1]);
        assert_true(read_exactly(fd, answer, size));
        return size;
}

static inline void answer_is(size_t size, uint16_t id, uint16_t n_answers)
{
        struct wire w = wire_reader(answer, size);

        assert_int_equal(wire_read_u16(&w), id);
        assert_true(wire_read_u16(&w) & PACKET_FLAG_QR);
        assert_int_equal(wire_read_u16(&w), 1);
        assert_int_equal(wire_read_u16(&w), n_answers);
}

static inline bool stream_ended(int fd)
{
        uint8_t octet;

        run_until_readable(fd);
        return recv(fd, &octet, 1, MSG_DONTWAIT) <= 0;
}

static inline void send_octets(int fd, const void *data, size_t n)
{
        assert_int_equal(send(fd, data, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* M with its length before it. */
static inline void send_query(int fd)
{
        uint8_t data[600];

        data[0] = (uint8_t)(m.w.position >> 8);
        data[1] = (uint8_t)m.w.position;
        memcpy(data + 2, m.data, m.w.position);
        send_octets(fd, data, m.w.position + 2);
}
