/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A DNS server on loopback that says what a test's script makes it say, in the test's own event loop. */

#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>

#include "common/endpoint.h"
#include "daemon/dns/packet.h"
#include "tests/unit/dns-fixture.h"

struct fake_server;

/* What it was asked. */
struct fake_query {
        struct fake_server *server;
        int fd; /* to answer by */
        bool tcp;
        struct sockaddr_storage from;
        socklen_t from_size;
        uint8_t data[4096];
        size_t size;
        uint16_t id, flags, type;
        struct name name;
        size_t question_end;
};

typedef void (*fake_script_t)(struct fake_query *query);

#define FAKE_CONNECTIONS_MAX 16

struct fake_server {
        sd_event *event;
        fake_script_t script;
        struct endpoint endpoint;
        int udp, tcp;
        sd_event_source *udp_source, *tcp_source;
        struct {
                int fd;
                sd_event_source *source;
        } connections[FAKE_CONNECTIONS_MAX];
        unsigned int n_udp, n_tcp; /* queries */
};

/* Its answer, record by record; counts are kept right. */
struct fake_answer {
        uint8_t data[PACKET_SIZE_MAX];
        struct wire w;
        uint16_t counts[4];
};

static inline void fake_begin(struct fake_answer *a, const struct fake_query *q, uint16_t flags)
{
        a->w = wire_writer(a->data, sizeof(a->data));
        memset(a->counts, 0, sizeof(a->counts));
        wire_write(&a->w, q->data, q->question_end);
        wire_patch_u16(&a->w, 2, (uint16_t)(PACKET_FLAG_QR | PACKET_FLAG_RD | PACKET_FLAG_RA | flags));
        for (size_t i = 4; i < PACKET_HEADER_SIZE; i += 2)
                wire_patch_u16(&a->w, i, i == 4);
        a->counts[0] = 1;
}

/* "www.example.org. 60 IN A 192.0.2.1". SECTION: 1 answer, 2 authority, 3 additional. */
static inline void fake_record(struct fake_answer *a, size_t section, const char *text)
{
        ldns_rr *rr = NULL;
        uint8_t *wire = NULL;
        size_t size = 0;

        if (ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL) != LDNS_STATUS_OK)
                fail_msg("not a record: %s", text);
        assert_int_equal(ldns_rr2wire(&wire, rr, (int)section, &size), LDNS_STATUS_OK);
        wire_write(&a->w, wire, size);
        free(wire);
        ldns_rr_free(rr);
        wire_patch_u16(&a->w, 4 + 2 * section, ++a->counts[section]);
}

static inline void fake_send_octets(const struct fake_query *q, const uint8_t *data, size_t size)
{
        uint8_t length[2] = {(uint8_t)(size >> 8), (uint8_t)size};

        if (!q->tcp) {
                (void)sendto(q->fd, data, size, 0, (const struct sockaddr *)&q->from, q->from_size);
                return;
        }
        (void)send(q->fd, length, sizeof(length), MSG_NOSIGNAL | MSG_MORE);
        (void)send(q->fd, data, size, MSG_NOSIGNAL);
}

static inline void fake_send(const struct fake_query *q, const struct fake_answer *a)
{
        fake_send_octets(q, a->data, a->w.position);
}

static inline bool fake_parse(struct fake_query *q)
{
        struct wire w = wire_reader(q->data, q->size);

        q->id = wire_read_u16(&w);
        q->flags = wire_read_u16(&w);
        (void)wire_take(&w, 8);
        if (w.failed || name_read(&w, &q->name) < 0)
                return false;
        q->type = wire_read_u16(&w);
        (void)wire_read_u16(&w);
        q->question_end = w.position;
        return !w.failed;
}

static inline int fake_on_udp(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct fake_server *server = userdata;
        struct fake_query q = {.server = server, .fd = fd, .from_size = sizeof(q.from)};
        ssize_t n;

        n = recvfrom(fd, q.data, sizeof(q.data), MSG_DONTWAIT, (struct sockaddr *)&q.from, &q.from_size);
        if (n < 0)
                return 0;
        q.size = (size_t)n;
        server->n_udp++;
        if (fake_parse(&q))
                server->script(&q);
        return 0;
}

static inline void fake_hang_up(struct fake_server *server, int fd)
{
        for (size_t i = 0; i < FAKE_CONNECTIONS_MAX; i++)
                if (server->connections[i].source && server->connections[i].fd == fd) {
                        server->connections[i].source =
                                sd_event_source_disable_unref(server->connections[i].source);
                        close(fd);
                }
}

/* Queries are small and loopback keeps them whole. */
static inline int fake_on_stream(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct fake_server *server = userdata;
        struct fake_query q = {.server = server, .fd = fd, .tcp = true};
        uint8_t length[2];

        if (recv(fd, length, 2, MSG_DONTWAIT | MSG_PEEK) != 2) {
                fake_hang_up(server, fd);
                return 0;
        }
        q.size = (size_t)(length[0] << 8 | length[1]);
        assert_true(q.size <= sizeof(q.data));
        assert_int_equal(recv(fd, length, 2, MSG_WAITALL), 2);
        assert_int_equal(recv(fd, q.data, q.size, MSG_WAITALL), (ssize_t)q.size);
        server->n_tcp++;
        if (fake_parse(&q))
                server->script(&q);
        return 0;
}

static inline int fake_on_accept(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct fake_server *server = userdata;
        int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

        if (connection < 0)
                return 0;
        for (size_t i = 0; i < FAKE_CONNECTIONS_MAX; i++)
                if (!server->connections[i].source) {
                        server->connections[i].fd = connection;
                        return sd_event_add_io(server->event, &server->connections[i].source, connection,
                                EPOLLIN, fake_on_stream, server);
                }
        close(connection);
        return 0;
}

/* Both sockets at one port of ADDRESS that is free. */
static inline void fake_start_at(
        struct fake_server *server, sd_event *event, const char *address, fake_script_t script)
{
        struct sockaddr_storage sa;
        socklen_t size;

        *server = (struct fake_server){.event = event, .script = script};
        for (int i = 0;; i++) {
                assert_true(i < 100);
                assert_int_equal(endpoint_from_text(address, 1, &server->endpoint), 0);
                server->endpoint.port = 0;
                size = endpoint_to_sockaddr(&server->endpoint, &sa);
                server->udp = socket(server->endpoint.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
                server->tcp = socket(server->endpoint.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
                assert_true(server->udp >= 0 && server->tcp >= 0);
                assert_int_equal(bind(server->tcp, (struct sockaddr *)&sa, size), 0);
                assert_int_equal(listen(server->tcp, 16), 0);
                assert_int_equal(getsockname(server->tcp, (struct sockaddr *)&sa, &size), 0);
                assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&sa, &server->endpoint), 0);
                if (bind(server->udp, (struct sockaddr *)&sa, size) == 0)
                        break;
                close(server->udp);
                close(server->tcp);
        }
        assert_true(
                sd_event_add_io(event, &server->udp_source, server->udp, EPOLLIN, fake_on_udp, server) >= 0);
        assert_true(sd_event_add_io(
                            event, &server->tcp_source, server->tcp, EPOLLIN, fake_on_accept, server) >= 0);
}

static inline void fake_start(struct fake_server *server, sd_event *event, fake_script_t script)
{
        fake_start_at(server, event, "127.0.0.1", script);
}

static inline void fake_stop(struct fake_server *server)
{
        if (!server->event)
                return;
        server->udp_source = sd_event_source_disable_unref(server->udp_source);
        server->tcp_source = sd_event_source_disable_unref(server->tcp_source);
        for (size_t i = 0; i < FAKE_CONNECTIONS_MAX; i++)
                if (server->connections[i].source)
                        fake_hang_up(server, server->connections[i].fd);
        close(server->udp);
        close(server->tcp);
        server->event = NULL;
}
