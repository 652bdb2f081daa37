/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The parts of helper-client: what is wanted (helper-client.c), and what is said to the helper so that it
 * comes true (helper-replay.c). Nothing is queued: each time that something has changed, the next requests
 * are found by comparing what is wanted with what the helper has.
 */

#include "daemon/host/helper-channel.h"
#include "daemon/host/helper-client.h"

/* Where the connection stands; the states of common/proto.h, and the requests that lead from one to another.
 */
enum phase {
        PHASE_CLOSED,
        PHASE_CONNECTED, /* HELLO is to be sent */
        PHASE_GREETING,
        PHASE_READY,
        PHASE_ATTACHING,
        PHASE_ATTACHED,
        PHASE_DETACHING,
        PHASE_DETACHED,
};

/* A result to be told. */
struct report {
        bool due;
        int r;
        helper_result_t result;
        void *userdata;
};

struct share {
        struct share *next;
        struct proto_share pair;
        enum {
                SHARE_WAITING,
                SHARE_ADDING,
                SHARE_HELD,
                SHARE_FAILED,
                SHARE_DELETING,
        } progress;
        bool removed; /* not wanted any more: gone as soon as the helper has forgotten it */
        struct report report;
};

struct link {
        struct link *next;
        struct proto_link settings;
        enum proto_op asked; /* the request under way, or 0 */
        bool wanted;
        bool fresh; /* wanted, and not sent yet as it is now */
        bool set;   /* the helper has, or may have, settings for it */
        struct report report;
        struct report revert_report;
};

struct counters_call {
        struct counters_call *next;
        bool asked;
        bool due;
        int r;
        struct proto_counters counters;
        helper_counters_t result;
        void *userdata;
};

struct helper_client {
        sd_event *event;
        char *path;
        struct helper_channel *channel;
        enum phase phase;
        uint64_t opened_at;
        uint64_t back_off; /* to wait after the next loss */
        bool waiting;      /* for retry_timer */
        sd_event_source *retry_timer;
        sd_event_source *work;  /* deferred: compares, sends, reports */
        int error;              /* of the last failure */
        int attach_error;       /* of this connection's last ATTACH */
        enum helper_state told; /* the state that the observers know */
        struct observer {
                void (*changed)(void *userdata);
                void *userdata;
        } observers[HELPER_CLIENT_OBSERVERS_MAX];
        struct share *shares;
        struct link *links;
        struct counters_call *calls;
        uint64_t request_usec; /* 0: as helper-channel has it */
};

/* Looks at everything again, soon. */
void helper_client_wake(struct helper_client *client);

/* Takes what the helper has got to what is wanted, as far as that can be done now. */
void helper_client_replay(struct helper_client *client);

bool helper_client_wants_shares(const struct helper_client *client);

/* For tests: how long a request may take. */
void helper_client_set_timeout(struct helper_client *client, uint64_t usec);
