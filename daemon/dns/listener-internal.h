/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What listener*.c share. */

#include "daemon/dns/listener.h"

/* Datagrams taken in one dispatch, and the octets that are read of each: no query is longer. */
#define LISTENER_UDP_BATCH 32
#define LISTENER_UDP_REQUEST_MAX 4096

struct listener_udp; /* listener-udp.c */

/* Octets in a row: [start, end) of DATA wait. */
struct buffer {
        uint8_t *data;
        size_t start, end, allocated;
};

struct connection {
        struct query_owner owner; /* first: of what waits for an upstream */
        struct listener *listener;
        struct connection *previous, *next;
        struct endpoint peer;
        int fd;
        sd_event_source *io, *timer;
        uint64_t ends;        /* CLOCK_MONOTONIC, usec: whatever happens */
        uint64_t last_active; /* the idle time runs from it */
        struct buffer in, out;
        bool input_ended; /* the client has closed its sending half */
        bool failed;      /* to be ended when the loop comes by */
};

struct listener {
        sd_event *event;
        struct endpoint endpoint;
        struct query_context *queries;
        struct listener_udp *udp;

        uint64_t idle_usec, total_usec, pause_usec; /* LISTENER_TCP_…_USEC; tests shorten them */
        int tcp_fd;
        sd_event_source *tcp_accept;
        sd_event_source *tcp_pause; /* armed while accepting is paused */
        struct connection *connections;
        size_t n_connections;
        uint8_t answer[PACKET_SIZE_MAX]; /* where each answer over TCP is made */
};

/* Takes FD over on success. */
int listener_udp_new(struct listener *listener, int fd, struct listener_udp **ret);
struct listener_udp *listener_udp_free(struct listener_udp *udp);
void listener_udp_disown(struct listener_udp *udp); /* leaves the descriptor to the caller again */

/* Takes FD over on success. */
int listener_tcp_start(struct listener *listener, int fd);
void listener_tcp_stop(struct listener *listener);
/* Called when a connection has ended: there is room again. */
void listener_tcp_resume(struct listener *listener);

/* Serves FD, a client at PEER; takes it over on success. */
int connection_new(struct listener *listener, int fd, const struct endpoint *peer);
struct connection *connection_free(struct connection *connection);
/* Connections of LISTENER from PEER's address. */
size_t connection_count(const struct listener *listener, const struct endpoint *peer);
