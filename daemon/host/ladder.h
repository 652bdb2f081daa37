/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The port-53 ladder: for each address to share, the rungs passed, bind, other address, XDP, port only are
 * climbed in this order; the first that holds serves. UDP and TCP climb together. What a rung's probe bound
 * is kept and served, never closed and bound again. Every failed rung leaves a line in the trace: errno and
 * holder.
 *
 *   rung     how                                                         policy
 *   passed   a socket unit bound ADDR:53 for us (sd_listen_fds(3))        any
 *   bind     bind ADDR:53                                                auto, bind
 *   other    the address was "auto": next free of 127.53.0.0/24          auto, bind
 *   xdp      listen on 127.53.0.2 or [::1], high port; helper redirects  auto, xdp
 *   port     listen there; resolved is told the port                     auto, port
 *
 * Once XDP was held, `auto` does not go back to binding, except by ladder_reload. Re-climbed when the helper
 * is lost or returns, when addresses change (rtnetlink), and on reload.
 */

#include <systemd/sd-event.h>

#include "daemon/config.h"
#include "daemon/dns/listener.h"
#include "daemon/host/helper-client.h"

enum ladder_rung {
        LADDER_NONE, /* no rung holds (yet) */
        LADDER_PASSED,
        LADDER_BIND,
        LADDER_OTHER,
        LADDER_XDP,
        LADDER_PORT,
};
const char *ladder_rung_to_text(enum ladder_rung rung); /* "none", "passed", "bind", "other", "xdp", "port" */

struct ladder_step {
        enum ladder_rung rung;
        struct endpoint tried; /* what was to be held */
        int error;             /* 0: held; else negative errno */
        char detail[160];      /* a sentence: holder, reason, remedy */
};

#define LADDER_STEPS_MAX 16

/* One address to share and where it stands. */
struct ladder_share {
        struct endpoint wanted; /* port 53; as configured, or 127.53.0.1 for "auto" */
        bool automatic;         /* configured as "auto" */
        struct endpoint
                address; /* what clients ask: ADDRESS:53; with rung port, the listener; AF_UNSPEC: none */
        struct endpoint listener; /* where our sockets are bound */
        enum ladder_rung rung;
        bool pending; /* waits for the helper's answer */
        size_t n_steps;
        struct ladder_step steps[LADDER_STEPS_MAX]; /* the last climb's trace */
};

struct ladder;

/* CONFIG, HELPER and QUERIES must outlive it. CHANGED is called after any share's rung or address has
 * changed. */
int ladder_new(sd_event *event, const struct config *config, struct helper_client *helper,
        struct query_context *queries, void (*changed)(void *userdata), void *userdata, struct ladder **ret);
struct ladder *ladder_free(struct ladder *ladder);
DEFINE_CLEANUP(struct ladder *, ladder_free)

/* First climb; takes sockets passed by the service manager. A rung that fails is not an error: see the trace.
 */
int ladder_start(struct ladder *ladder);

/* Climbs anew for every share from the lowest rung, after the configuration was read again. */
int ladder_reload(struct ladder *ladder, const struct config *config);

/* Whether resolved can be told a port: hostdns knows. Re-climbs shares that hang on it. */
void ladder_set_port_usable(struct ladder *ladder, bool usable);

size_t ladder_shares(const struct ladder *ladder);
const struct ladder_share *ladder_share_at(const struct ladder *ladder, size_t i);
