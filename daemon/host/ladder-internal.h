/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The parts of the ladder: shares and what makes them climb again (ladder.c), how one share climbs
 * (ladder-climb.c), how each rung is tried (ladder-rung.c), what is said about it (ladder-trace.c).
 */

#include "daemon/host/holder.h"
#include "daemon/host/ladder.h"
#include "daemon/host/netwatch.h"

#define LADDER_PORTS 64 /* from ListenPort on */

/* How long a share whose helper is gone waits for it before it takes the next rung. */
#define LADDER_GRACE_USEC (3 * 1000000ULL)
/* How long a listener lives on after another has taken over, for what is under way to it. */
#define LADDER_RETIRE_USEC (1 * 1000000ULL)

/* What trying a rung came to, beside a negative errno. */
enum { RUNG_HELD = 0, RUNG_PENDING = 1 };

struct slot {
        struct ladder_share share; /* first */
        struct ladder *ladder;
        struct listener_sockets passed; /* by the service manager, not served yet */
        enum ladder_rung bound_rung;    /* how `bound` was had: passed, bind, other */
        struct listener *bound;         /* on ADDRESS:53 */
        struct listener *hidden;        /* on the private address: serves the rungs xdp and port */
        bool asked;                     /* the helper client wants wanted → hidden */
        bool xdp_was_held;              /* since the last reload */
        bool shown;                     /* where it stands was said once */
};

struct retired {
        struct retired *next;
        struct listener *listener;
};

struct ladder {
        sd_event *event;
        struct helper_client *helper;
        struct query_context *queries;
        struct netwatch *watch;
        enum config_policy policy;
        uint16_t listen_port;
        bool port_usable;
        bool started;
        uint64_t grace_usec;
        sd_event_source *grace_timer;
        sd_event_source *retire_timer;
        struct retired *retired;
        sd_event_source *tell; /* deferred: calls `changed` */
        void (*changed)(void *userdata);
        void *userdata;
        size_t n_slots;
        struct slot *slots[CONFIG_ADDRESSES_MAX];
};

/* ladder-climb.c */
void slot_climb(struct slot *slot, enum ladder_rung from);
void slot_reload(struct slot *slot);
void slot_drop(struct slot *slot);          /* holds nothing, wants nothing */
void slot_note_loss(struct slot *slot);     /* the helper is gone */
void slot_expire_grace(struct slot *slot);  /* and has not come back */
void slot_check_address(struct slot *slot); /* whether it is still, or again, the host's */
void slot_helper_result(void *userdata, int r);

/* ladder.c */
void ladder_watch_grace(struct ladder *ladder); /* begins or ends the wait for the helper */
void ladder_retire(struct ladder *ladder, struct listener *listener); /* frees it later */
void ladder_free_retired(struct ladder *ladder);
void ladder_tell(struct ladder *ladder); /* that something has changed, soon */

/* ladder-passed.c: hands the sockets of the service manager to the slots that they are for. */
int ladder_take_passed(struct ladder *ladder);

/* ladder-rung.c: each leaves its lines in the trace, but for RUNG_PENDING. */
bool rung_permitted(const struct slot *slot, enum ladder_rung rung);
int rung_try(struct slot *slot, enum ladder_rung rung);

/* ladder-trace.c */
void trace_step(struct slot *slot, enum ladder_rung rung, const struct endpoint *tried, int error,
        const char *format, ...) _printf_(5, 6);
void trace_forget(struct slot *slot, enum ladder_rung from); /* steps of this rung and the next ones */
/* Why binding E failed with ERROR for PROTOCOL. */
void trace_bind_error(
        struct slot *slot, enum ladder_rung rung, const struct endpoint *e, int error, int protocol);
void trace_xdp_held(struct slot *slot);
void trace_helper_error(struct slot *slot, int error);
