/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "daemon/host/ladder-internal.h"

bool rung_permitted(const struct slot *s, enum ladder_rung rung)
{
        enum config_policy policy = s->ladder->policy;

        switch (rung) {
        case LADDER_PASSED:
                return true;
        case LADDER_BIND:
                return policy == CONFIG_POLICY_AUTO || policy == CONFIG_POLICY_BIND;
        case LADDER_OTHER:
                return s->share.automatic && (policy == CONFIG_POLICY_AUTO || policy == CONFIG_POLICY_BIND);
        case LADDER_XDP:
                return policy == CONFIG_POLICY_AUTO || policy == CONFIG_POLICY_XDP;
        case LADDER_PORT:
                return policy == CONFIG_POLICY_AUTO || policy == CONFIG_POLICY_PORT;
        default:
                return false;
        }
}

/* Serves SOCKETS as S's listener on port 53. */
static int take_bound(struct slot *s, enum ladder_rung rung, struct listener_sockets *sockets)
{
        struct listener *listener;
        int r;

        r = listener_new(s->ladder->event, sockets, s->ladder->queries, &listener);
        if (r < 0) {
                listener_sockets_close(sockets);
                trace_step(s, rung, &s->share.wanted, r, "cannot be served: %s", strerror(-r));
                return r;
        }
        ladder_retire(s->ladder, s->bound);
        s->bound = listener;
        s->bound_rung = rung;
        trace_step(s, rung, listener_endpoint(listener), 0, "%s",
                rung == LADDER_PASSED ? "by the service manager" : "bound, UDP and TCP");
        return RUNG_HELD;
}

static int keep_bound(struct slot *s, enum ladder_rung rung)
{
        trace_step(s, rung, listener_endpoint(s->bound), 0, "held already");
        return RUNG_HELD;
}

static int try_passed(struct slot *s)
{
        if (s->bound && s->bound_rung == LADDER_PASSED)
                return keep_bound(s, LADDER_PASSED);
        if (s->passed.udp < 0 && s->passed.tcp < 0)
                return -ENOENT; /* not a failure: no socket unit is the rule */
        if (s->passed.udp < 0 || s->passed.tcp < 0) {
                trace_step(s, LADDER_PASSED, &s->share.wanted, -ENOTCONN,
                        "the service manager passed only its %s socket: closed",
                        s->passed.udp < 0 ? "TCP" : "UDP");
                listener_sockets_close(&s->passed);
                return -ENOTCONN;
        }
        return take_bound(s, LADDER_PASSED, &s->passed);
}

static bool holds(const struct slot *s, const struct endpoint *e)
{
        return s->bound && endpoint_equal(listener_endpoint(s->bound), e);
}

/* After a reload alone: what another resolver has taken meanwhile is not fought for. */
static bool is_xdp_for_good(struct slot *s)
{
        return s->ladder->policy == CONFIG_POLICY_AUTO && s->xdp_was_held;
}

static int try_bind(struct slot *s)
{
        struct listener_sockets sockets = LISTENER_SOCKETS_NONE;
        int protocol = IPPROTO_UDP, r;

        if (holds(s, &s->share.wanted))
                return keep_bound(s, LADDER_BIND);
        if (is_xdp_for_good(s)) {
                trace_step(s, LADDER_BIND, &s->share.wanted, -EALREADY,
                        "not tried: it was shared by XDP before; reload to bind it");
                return -EALREADY;
        }
        r = listener_bind(&s->share.wanted, &sockets, &protocol);
        if (r < 0) {
                trace_bind_error(s, LADDER_BIND, &s->share.wanted, r, protocol);
                return r;
        }
        return take_bound(s, LADDER_BIND, &sockets);
}

/* Whether another share is to have E. */
static bool is_wanted(const struct slot *s, const struct endpoint *e)
{
        for (size_t i = 0; i < s->ladder->n_slots; i++)
                if (endpoint_equal(&s->ladder->slots[i]->share.wanted, e))
                        return true;
        return false;
}

/* The next free address of 127.53.0.0/24; 127.53.0.2 is the private one. */
static int bind_other(struct slot *s, struct listener_sockets *ret, struct endpoint *tried, int *protocol)
{
        int r = -EADDRINUSE;

        for (uint8_t last = 3; last < 255; last++) {
                tried->addr.bytes[3] = last;
                if (is_wanted(s, tried))
                        continue;
                r = listener_bind(tried, ret, protocol);
                if (r != -EADDRINUSE)
                        return r;
        }
        return r;
}

/* By UDP or TCP: then no other address is free either. */
static bool wildcard_is_held(const struct endpoint *e)
{
        struct sockdiag_holder holders[SOCKDIAG_HOLDERS_MAX];
        int n = sockdiag_holders(e->port, holders);

        for (int i = 0; i < n; i++)
                if (endpoint_is_any(&holders[i].address) && sockdiag_covers(&holders[i], e))
                        return true;
        return false;
}

static const struct ladder_step *last_step(const struct slot *s)
{
        return s->share.n_steps > 0 ? &s->share.steps[s->share.n_steps - 1] : NULL;
}

static int try_other(struct slot *s)
{
        struct listener_sockets sockets = LISTENER_SOCKETS_NONE;
        const struct ladder_step *bind = last_step(s);
        struct endpoint tried = s->share.wanted;
        int protocol = IPPROTO_UDP, r;

        if (s->bound && s->bound_rung == LADDER_OTHER)
                return keep_bound(s, LADDER_OTHER);
        if (is_xdp_for_good(s))
                return -EALREADY;
        if (bind && bind->rung == LADDER_BIND && bind->error != -EADDRINUSE)
                return bind->error; /* it is not that address */
        tried.addr.bytes[3] = 3;
        if (wildcard_is_held(&tried)) {
                trace_step(s, LADDER_OTHER, &tried, -EADDRINUSE,
                        "not tried: the holder of the wildcard has every address");
                return -EADDRINUSE;
        }
        r = bind_other(s, &sockets, &tried, &protocol);
        if (r < 0) {
                trace_bind_error(s, LADDER_OTHER, &tried, r, protocol);
                return r;
        }
        return take_bound(s, LADDER_OTHER, &sockets);
}

static int private_endpoint(const struct slot *s, struct endpoint *ret)
{
        return endpoint_from_text(
                s->share.wanted.family == AF_INET6 ? "::1" : "127.53.0.2", s->ladder->listen_port, ret);
}

/* The first port that is free. */
static int bind_hidden(struct slot *s, struct listener_sockets *ret, struct endpoint *tried, int *protocol)
{
        uint16_t first = tried->port;
        int r = -EADDRINUSE;

        for (uint16_t i = 0; i < LADDER_PORTS && r == -EADDRINUSE; i++) {
                tried->port = (uint16_t)(first + i);
                r = listener_bind(tried, ret, protocol);
        }
        return r;
}

/* Makes the private listener, if there is none. */
static int need_hidden(struct slot *s, enum ladder_rung rung)
{
        struct listener_sockets sockets = LISTENER_SOCKETS_NONE;
        int protocol = IPPROTO_UDP, r;
        struct endpoint tried;

        if (s->hidden)
                return 0;
        r = private_endpoint(s, &tried);
        if (r < 0)
                return r;
        r = bind_hidden(s, &sockets, &tried, &protocol);
        if (r == -EADDRINUSE && s->ladder->retired) {
                ladder_free_retired(s->ladder);
                tried.port = s->ladder->listen_port;
                r = bind_hidden(s, &sockets, &tried, &protocol);
        }
        if (r < 0) {
                trace_bind_error(s, rung, &tried, r, protocol);
                return r;
        }
        r = listener_new(s->ladder->event, &sockets, s->ladder->queries, &s->hidden);
        if (r < 0) {
                listener_sockets_close(&sockets);
                trace_step(s, rung, &tried, r, "cannot be served: %s", strerror(-r));
        }
        return r;
}

static int try_xdp(struct slot *s)
{
        int r;

        if (s->asked) {
                if (s->share.rung != LADDER_XDP || s->share.pending)
                        return RUNG_PENDING;
                trace_xdp_held(s);
                return RUNG_HELD;
        }
        r = need_hidden(s, LADDER_XDP);
        if (r < 0)
                return r;
        r = helper_client_add_share(
                s->ladder->helper, &s->share.wanted, listener_endpoint(s->hidden), slot_helper_result, s);
        if (r < 0) {
                trace_step(s, LADDER_XDP, &s->share.wanted, r, "cannot be asked of the helper: %s",
                        strerror(-r));
                return r;
        }
        s->asked = true;
        return RUNG_PENDING;
}

static int try_port(struct slot *s)
{
        struct endpoint tried;
        int r;

        if (!s->ladder->port_usable) {
                r = private_endpoint(s, &tried);
                if (r < 0)
                        return r;
                trace_step(s, LADDER_PORT, &tried, -EOPNOTSUPP,
                        "nobody to tell the port to: systemd-resolved does not manage this host's DNS");
                return -EOPNOTSUPP;
        }
        r = need_hidden(s, LADDER_PORT);
        if (r < 0)
                return r;
        trace_step(s, LADDER_PORT, listener_endpoint(s->hidden), 0,
                "only for systemd-resolved, which is told the port");
        return RUNG_HELD;
}

int rung_try(struct slot *s, enum ladder_rung rung)
{
        switch (rung) {
        case LADDER_PASSED:
                return try_passed(s);
        case LADDER_BIND:
                return try_bind(s);
        case LADDER_OTHER:
                return try_other(s);
        case LADDER_XDP:
                return try_xdp(s);
        case LADDER_PORT:
                return try_port(s);
        default:
                return -EINVAL;
        }
}
