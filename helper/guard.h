/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the helper lets nobody talk it out of: the invariants of each request, checked against helper.conf and
 * against the kernel itself (sock_diag(7), getifaddrs(3), netdevice(7)), never against what the daemon says.
 */

#include "common/proto.h"
#include "helper/policy.h"
#include "helper/xdp.h"

struct guard {
        const struct policy *policy;
        uid_t uid; /* the daemon's */
};

/* Why a request is refused, for the log: one sentence without a full stop. */
struct guard_reason {
        char text[256];
};

/*
 * The address is allowed, this host's and nobody else's at port 53; the listener is a loopback address of the
 * same family, not a shared one, its port is ≥ 1024, and the daemon holds it, UDP and TCP. -EPERM,
 * -EADDRINUSE (somebody's own socket, or shared or used as listener already), -EADDRNOTAVAIL (not an address
 * of this host; nobody listens), errno of asking the kernel.
 */
int guard_check_share(const struct guard *g, const struct xdp_share *shares, size_t n_shares,
        const struct xdp_share *wanted, struct guard_reason *reason);

/* The link is there, no loopback, and allowed by name. -ENODEV, -EPERM. */
int guard_check_link(const struct guard *g, int ifindex, struct guard_reason *reason);

/*
 * DNS server E is an address now shared, or the daemon holds it on UDP and TCP at exactly that address and
 * port. -EPERM, errno of asking the kernel.
 */
int guard_check_server(const struct guard *g, const struct xdp_share *shares, size_t n_shares,
        const struct endpoint *e, struct guard_reason *reason);

int guard_check_domain(
        const struct guard *g, const struct name *domain, struct guard_reason *reason); /* -EPERM */

/*
 * Unless the root is allowed, the default route must be an explicit "no": left unset, resolved takes a link
 * without route-only domains for one, and keeps what another program has set before. -EPERM.
 */
int guard_check_default_route(
        const struct guard *g, enum proto_tristate default_route, struct guard_reason *reason);
