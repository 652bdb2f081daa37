/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "common/log.h"
#include "daemon/host/ladder-internal.h"

static void withdraw(struct slot *s)
{
        if (s->asked)
                helper_client_remove_share(s->ladder->helper, &s->share.wanted);
        s->asked = false;
}

static struct listener *serving(const struct slot *s)
{
        switch (s->share.rung) {
        case LADDER_PASSED:
        case LADDER_BIND:
        case LADDER_OTHER:
                return s->bound;
        case LADDER_XDP:
        case LADDER_PORT:
                return s->hidden;
        default:
                return NULL;
        }
}

static void log_rung(const struct slot *s)
{
        char wanted[ENDPOINT_TEXT_SIZE], address[ENDPOINT_TEXT_SIZE];

        endpoint_to_text(&s->share.wanted, wanted);
        for (size_t i = 0; i < s->share.n_steps; i++)
                if (s->share.steps[i].error < 0)
                        log_info("%s: not by rung %s: %s", wanted,
                                ladder_rung_to_text(s->share.steps[i].rung), s->share.steps[i].detail);
        if (s->share.rung == LADDER_NONE)
                log_warning("%s is not shared", wanted);
        else
                log_info("%s is shared as %s, by rung %s", wanted,
                        endpoint_to_text(&s->share.address, address), ladder_rung_to_text(s->share.rung));
}

/* Sets what people see by what serves; says so where that has changed. */
static void show(struct slot *s, enum ladder_rung rung, bool pending)
{
        const struct listener *listener;
        struct ladder_share former = s->share;

        s->share.rung = rung;
        s->share.pending = pending;
        listener = serving(s);
        s->share.listener = listener ? *listener_endpoint(listener) : (struct endpoint){};
        s->share.address = rung == LADDER_XDP ? s->share.wanted : s->share.listener;
        if (s->shown && former.rung == rung && former.pending == pending &&
                endpoint_equal(&former.address, &s->share.address) &&
                endpoint_equal(&former.listener, &s->share.listener))
                return;
        if (!pending && (!s->shown || former.pending || former.rung != rung ||
                                !endpoint_equal(&former.address, &s->share.address)))
                log_rung(s);
        s->shown = true;
        ladder_tell(s->ladder);
}

/* RUNG serves from now on; what it does not need goes. Where XDP is asked for still, its listener stays. */
static void settle(struct slot *s, enum ladder_rung rung)
{
        bool on_port = rung == LADDER_PASSED || rung == LADDER_BIND || rung == LADDER_OTHER;

        if (on_port || !rung_permitted(s, LADDER_XDP))
                withdraw(s);
        if (!on_port) /* at once, since it would keep us from binding the address anew */
                s->bound = listener_free(s->bound);
        if (on_port || (rung == LADDER_NONE && !s->asked)) {
                ladder_retire(s->ladder, s->hidden);
                s->hidden = NULL;
        }
        if (rung == LADDER_XDP)
                s->xdp_was_held = true;
        show(s, rung, false);
}

/* An address that is not ours is never asked on this host: nothing to serve until it is. */
static bool address_is_absent(struct slot *s)
{
        enum ladder_rung rung = LADDER_BIND;

        if (netwatch_is_local(&s->share.wanted))
                return false;
        trace_forget(s, LADDER_BIND);
        while (rung < LADDER_PORT && !rung_permitted(s, rung))
                rung++;
        trace_bind_error(s, rung, &s->share.wanted, -EADDRNOTAVAIL, IPPROTO_UDP);
        return true;
}

void slot_climb(struct slot *s, enum ladder_rung from)
{
        int r;

        trace_forget(s, from);
        for (enum ladder_rung rung = from; rung <= LADDER_PORT; rung++) {
                if (!rung_permitted(s, rung))
                        continue;
                if (rung != LADDER_PASSED && address_is_absent(s))
                        break;
                r = rung_try(s, rung);
                if (r == RUNG_HELD) {
                        settle(s, rung);
                        return;
                }
                if (r == RUNG_PENDING) {
                        show(s, s->share.rung, true); /* as it is, until the answer */
                        return;
                }
        }
        if (!netwatch_is_local(&s->share.wanted))
                withdraw(s);
        settle(s, LADDER_NONE);
}

void slot_drop(struct slot *s)
{
        withdraw(s);
        listener_sockets_close(&s->passed);
        s->bound = listener_free(s->bound);
        ladder_retire(s->ladder, s->hidden);
        s->hidden = NULL;
}

/* The client has a channel, so it is the helper that has said no, and would again. */
static bool is_refused(const struct slot *s)
{
        enum helper_state state = helper_client_state(s->ladder->helper);

        return state != HELPER_UNAVAILABLE && state != HELPER_IDLE;
}

/* XDP has failed with ERROR: the next rung. */
static void climb_past_xdp(struct slot *s, int error, bool refused)
{
        trace_forget(s, LADDER_XDP);
        trace_helper_error(s, error);
        if (refused)
                withdraw(s);
        slot_climb(s, LADDER_PORT);
}

void slot_helper_result(void *userdata, int r)
{
        struct slot *s = userdata;

        if (r >= 0) {
                trace_forget(s, LADDER_XDP);
                trace_xdp_held(s);
                settle(s, LADDER_XDP);
        } else if (is_refused(s))
                climb_past_xdp(s, r, true);
        else if (s->share.pending && s->share.rung != LADDER_XDP)
                climb_past_xdp(s, r, false); /* stays asked for, in case that the helper comes */
        ladder_watch_grace(s->ladder);
}

void slot_note_loss(struct slot *s)
{
        if (s->share.rung == LADDER_XDP && s->asked)
                show(s, LADDER_XDP, true);
}

void slot_expire_grace(struct slot *s)
{
        int error = helper_client_error(s->ladder->helper);

        if (s->share.rung == LADDER_XDP && s->share.pending)
                climb_past_xdp(s, error < 0 ? error : -EHOSTDOWN, false);
}

void slot_check_address(struct slot *s)
{
        bool absent = !netwatch_is_local(&s->share.wanted);

        if (absent ? s->share.rung != LADDER_NONE && s->share.rung != LADDER_PASSED
                   : (s->share.rung == LADDER_NONE || s->share.rung == LADDER_PORT) && !s->share.pending)
                slot_climb(s, LADDER_PASSED);
}

/* The listener moves where ListenPort= has. */
static void check_hidden(struct slot *s)
{
        uint16_t first = s->ladder->listen_port;

        if (!s->hidden || (listener_endpoint(s->hidden)->port >= first &&
                                  listener_endpoint(s->hidden)->port < first + LADDER_PORTS))
                return;
        withdraw(s);
        ladder_retire(s->ladder, s->hidden);
        s->hidden = NULL;
}

void slot_reload(struct slot *s)
{
        s->xdp_was_held = false;
        check_hidden(s);
        slot_climb(s, LADDER_PASSED);
}
