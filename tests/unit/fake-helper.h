/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The helper's end of the channel, in the hands of a test: on a real socket, one connection at a time. Either
 * the test takes each request itself (fake_helper_expect, fake_helper_reply), or requests are answered from
 * `results` while the loop runs (fake_helper_serve). Failures end the test.
 */

#include <systemd/sd-event.h>

#include "common/proto.h"

#define FAKE_HELPER_LOG_MAX 256

struct fake_helper {
        sd_event *event;
        char directory[32];
        char path[64];
        int listen_fd;
        int fd;                             /* of the connection; -1: none */
        size_t n_connections;               /* that were accepted */
        sd_event_source *accept_source;     /* serving */
        sd_event_source *request_source;    /* serving */
        int results[PROTO_LINK_REVERT + 1]; /* by op; 1: no answer */
        size_t n_log;
        struct fake_request {
                struct proto_header header;
                union {
                        struct proto_share share;
                        struct proto_link link;
                        struct proto_link_index index;
                } body;
        } log[FAKE_HELPER_LOG_MAX]; /* all requests so far */
};

void fake_helper_start(struct fake_helper *fake, sd_event *event);
void fake_helper_stop(struct fake_helper *fake);

/* Runs the loop until CONDITION(USERDATA); fails where that takes over ten seconds. */
void spin_until(sd_event *event, bool (*condition)(void *userdata), void *userdata);
/* Runs the loop for USEC, for what must not happen. */
void spin_for(sd_event *event, uint64_t usec);

void fake_helper_accept(struct fake_helper *fake);
/* Takes the next request, which must be OP. */
const struct fake_request *fake_helper_expect(struct fake_helper *fake, enum proto_op op);
void fake_helper_reply(struct fake_helper *fake, const struct fake_request *request, int result);
/* expect and reply */
const struct fake_request *fake_helper_answer(struct fake_helper *fake, enum proto_op op, int result);
/* The client has closed its end. */
void fake_helper_expect_end(struct fake_helper *fake);
void fake_helper_die(struct fake_helper *fake); /* closes the connection */

void fake_helper_serve(struct fake_helper *fake);
/* Nobody listens any more, as where the package is not installed; and again. */
void fake_helper_vanish(struct fake_helper *fake);
void fake_helper_return(struct fake_helper *fake);
size_t fake_helper_count(const struct fake_helper *fake, enum proto_op op);
