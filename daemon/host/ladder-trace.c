/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <stdarg.h>
#include <string.h>

#include "daemon/host/ladder-internal.h"

const char *ladder_rung_to_text(enum ladder_rung rung)
{
        static const char *const texts[] = {
                [LADDER_NONE] = "none",
                [LADDER_PASSED] = "passed",
                [LADDER_BIND] = "bind",
                [LADDER_OTHER] = "other",
                [LADDER_XDP] = "xdp",
                [LADDER_PORT] = "port",
        };
        return texts[rung];
}

void trace_step(struct slot *s, enum ladder_rung rung, const struct endpoint *tried, int error,
        const char *format, ...)
{
        struct ladder_step *step;
        va_list ap;

        if (s->share.n_steps == LADDER_STEPS_MAX)
                return;
        step = &s->share.steps[s->share.n_steps++];
        *step = (struct ladder_step){.rung = rung, .tried = *tried, .error = error};
        va_start(ap, format);
        vsnprintf(step->detail, sizeof(step->detail), format, ap);
        va_end(ap);
}

void trace_forget(struct slot *s, enum ladder_rung from)
{
        size_t n = 0;

        for (size_t i = 0; i < s->share.n_steps; i++)
                if (s->share.steps[i].rung < from)
                        s->share.steps[n++] = s->share.steps[i];
        s->share.n_steps = n;
}

static void trace_holder(struct slot *s, enum ladder_rung rung, const struct endpoint *e, int protocol)
{
        char text[HOLDER_TEXT_SIZE], address[ENDPOINT_TEXT_SIZE];
        struct holder holder;
        int r;

        r = holder_find(e, protocol, &holder);
        if (r < 0) {
                trace_step(s, rung, e, -EADDRINUSE, "%s %s is held, by whom cannot be told: %s",
                        protocol == IPPROTO_TCP ? "TCP" : "UDP", endpoint_to_text(e, address), strerror(-r));
                return;
        }
        trace_step(s, rung, e, -EADDRINUSE, "%s", holder_to_text(&holder, text));
}

void trace_bind_error(
        struct slot *s, enum ladder_rung rung, const struct endpoint *e, int error, int protocol)
{
        char address[ENDPOINT_TEXT_SIZE];

        endpoint_to_text(e, address);
        switch (error) {
        case -EADDRINUSE:
                trace_holder(s, rung, e, protocol);
                break;
        case -EACCES:
        case -EPERM:
                trace_step(s, rung, e, error,
                        "no right to bind %s: it takes CAP_NET_BIND_SERVICE, or "
                        "net.ipv4.ip_unprivileged_port_start=53",
                        address);
                break;
        case -EADDRNOTAVAIL:
                trace_step(s, rung, e, error, "%s is not an address of this host; tried again when it is",
                        address);
                break;
        default:
                trace_step(s, rung, e, error, "%s %s: %s", protocol == IPPROTO_TCP ? "TCP" : "UDP", address,
                        strerror(-error));
        }
}

/* The client's state tells how far it got: no channel, no program, or this share refused. */
static const char *helper_error_words(struct slot *s, int error)
{
        switch (helper_client_state(s->ladder->helper)) {
        case HELPER_IDLE:
        case HELPER_UNAVAILABLE:
                return "share53-helper cannot be reached";
        case HELPER_REFUSED:
                return error == -EBUSY ? "another XDP program is on lo, and stays"
                                       : "share53-helper cannot attach its XDP program";
        default:
                return error == -EPERM           ? "helper.conf does not allow it"
                       : error == -EADDRINUSE    ? "share53-helper refuses: it has a holder of its own"
                       : error == -EADDRNOTAVAIL ? "share53-helper refuses: not an address of this host"
                                                 : "share53-helper refuses";
        }
}

void trace_helper_error(struct slot *s, int error)
{
        trace_step(s, LADDER_XDP, &s->share.wanted, error, "%s: %s", helper_error_words(s, error),
                strerror(-error));
}

void trace_xdp_held(struct slot *s)
{
        char listener[ENDPOINT_TEXT_SIZE];

        trace_step(s, LADDER_XDP, &s->share.wanted, 0,
                "redirected to %s; clients of this host only, others reach who holds the port",
                endpoint_to_text(listener_endpoint(s->hidden), listener));
}
