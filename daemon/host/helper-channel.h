/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One connection to the helper (common/proto.h): frames requests, finds the request that a reply is for, and
 * judges replies. It ends once, by anything that is not exactly as it should be: end of file, a malformed
 * reply, a request without an answer. It cannot be used then; its owner frees it and opens another.
 */

#include <systemd/sd-event.h>

#include "common/proto.h"

#define HELPER_CHANNEL_REQUESTS_MAX 64 /* under way at once */

/* How long an answer may take. The helper's calls to resolved take up to 5 s each, nine for one link. */
#define HELPER_CHANNEL_REQUEST_USEC (10 * 1000000ULL)
#define HELPER_CHANNEL_LINK_USEC (60 * 1000000ULL)

struct helper_channel;

struct helper_channel_events {
        /* TARGET's request OP was answered with R; COUNTERS is NULL but for an answered PROTO_COUNTERS. */
        void (*reply)(
                void *userdata, enum proto_op op, void *target, int r, const struct proto_counters *counters);
        void (*writable)(void *userdata); /* after helper_channel_send has said -EAGAIN */
        /* It has ended: -ECONNRESET (end of file), -EBADMSG (malformed reply), -ETIMEDOUT, errno of reading.
         * Nothing is called any more. */
        void (*ended)(void *userdata, int error);
};

/* Connects to PATH. EVENTS must outlive it. Negative errno: of connecting. */
int helper_channel_open(sd_event *event, const char *path, const struct helper_channel_events *events,
        void *userdata, struct helper_channel **ret);
struct helper_channel *helper_channel_free(struct helper_channel *channel);
DEFINE_CLEANUP(struct helper_channel *, helper_channel_free)

/*
 * Sends a request of one entry, or of none where BODY is NULL. -EAGAIN: the socket is full, or
 * HELPER_CHANNEL_REQUESTS_MAX are under way (then a reply comes first); another errno: of sending, and
 * `ended` is not called.
 */
int helper_channel_send(
        struct helper_channel *channel, enum proto_op op, const void *body, size_t size, void *target);

/* Gives requests sent from now on USEC instead of HELPER_CHANNEL_REQUEST_USEC. */
void helper_channel_set_timeout(struct helper_channel *channel, uint64_t usec);
