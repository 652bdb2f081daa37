/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "helper/guard.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

#include "common/sockdiag.h"

#define LISTENER_PORT_MIN 1024 /* below, the kernel wants a privilege to bind */

/* Notes why, returns ERROR. */
_printf_(3, 4) static int refuse(struct guard_reason *reason, int error, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(reason->text, sizeof(reason->text), format, ap);
        va_end(ap);
        return error;
}

static void freeifaddrsp(struct ifaddrs **p)
{
        if (*p)
                freeifaddrs(*p);
}

/* Whether an interface of this host has ADDRESS: 1, 0 or a negative errno. */
static int address_is_local(const struct endpoint *address)
{
        _cleanup_(freeifaddrsp) struct ifaddrs *list = NULL;

        if (getifaddrs(&list) < 0)
                return -errno;
        for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
                struct endpoint e;
                if (i->ifa_addr && endpoint_from_sockaddr(i->ifa_addr, &e) >= 0 &&
                        endpoint_address_equal(&e, address))
                        return 1;
        }
        return 0;
}

/* Addresses that others count on to be somebody else: only for whoever asks for exactly them. */
static bool address_is_delicate(const struct endpoint *address)
{
        static const uint32_t delicate[] = {0x7f000001, 0x7f000035, 0x7f000036}; /* 127.0.0.1, .53, .54 */

        if (address->family == AF_INET6)
                return endpoint_is_loopback(address);
        for (size_t i = 0; i < ELEMENTSOF(delicate); i++)
                if (address->addr.in.s_addr == htonl(delicate[i]))
                        return true;
        return false;
}

static int check_shared_address(
        const struct guard *g, const struct endpoint *shared, struct guard_reason *reason)
{
        char text[ENDPOINT_TEXT_SIZE];
        int local;

        endpoint_to_text(shared, text);
        if (shared->port != 53)
                return refuse(reason, -EPERM, "%s: only port 53 is shared", text);
        if (endpoint_is_any(shared))
                return refuse(reason, -EPERM, "%s: unspecified address", text);
        if (endpoint_is_link_local(shared))
                return refuse(reason, -EPERM, "%s: link-local address", text);
        if (shared->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&shared->addr.in6))
                return refuse(reason, -EPERM, "%s: IPv4 address in IPv6's clothes", text);
        if (address_is_delicate(shared) && !policy_names_address(g->policy, shared))
                return refuse(reason, -EPERM, "%s: helper.conf does not name exactly this address", text);

        local = address_is_local(shared);
        if (local < 0)
                return refuse(reason, local, "%s: cannot list this host's addresses", text);
        if (!policy_allows_address(g->policy, shared, local > 0))
                return refuse(reason, -EPERM, "%s: address not allowed by helper.conf", text);
        /* All of 127.0.0.0/8 is this host's, on no interface by name. */
        if (local == 0 && !endpoint_is_loopback(shared))
                return refuse(reason, -EADDRNOTAVAIL, "%s: not an address of this host", text);
        return 0;
}

/* No socket bound to exactly SHARED but the daemon's. Wildcards are what sharing is for. */
static int check_no_holder(const struct guard *g, const struct endpoint *shared, struct guard_reason *reason)
{
        struct sockdiag_holder holders[SOCKDIAG_HOLDERS_MAX];
        char text[ENDPOINT_TEXT_SIZE];
        int n;

        endpoint_to_text(shared, text);
        n = sockdiag_holders_at(shared, holders);
        if (n < 0)
                return refuse(reason, n, "%s: cannot see who holds it", text);
        for (int i = 0; i < n; i++)
                if (holders[i].uid != g->uid)
                        return refuse(
                                reason, -EADDRINUSE, "%s: held by a socket of uid %u", text, holders[i].uid);
        return 0;
}

/* Whether sockets bound to exactly E are there for both protocols, and all are the daemon's. */
static int check_held_by_daemon(const struct guard *g, const struct endpoint *e, struct guard_reason *reason)
{
        struct sockdiag_holder holders[SOCKDIAG_HOLDERS_MAX];
        bool udp = false, tcp = false;
        char text[ENDPOINT_TEXT_SIZE];
        int n;

        endpoint_to_text(e, text);
        n = sockdiag_holders_at(e, holders);
        if (n < 0)
                return refuse(reason, n, "%s: cannot see who holds it", text);
        for (int i = 0; i < n; i++) {
                if (holders[i].uid != g->uid)
                        return refuse(
                                reason, -EPERM, "%s: held by uid %u, not by share53d", text, holders[i].uid);
                if (holders[i].protocol == IPPROTO_UDP)
                        udp = true;
                else if (holders[i].protocol == IPPROTO_TCP)
                        tcp = true;
        }
        if (!udp || !tcp)
                return refuse(reason, -EADDRNOTAVAIL, "%s: share53d does not hold it on %s", text,
                        udp   ? "TCP"
                        : tcp ? "UDP"
                              : "UDP and TCP");
        return 0;
}

static int check_listener(const struct guard *g, const struct xdp_share *wanted, struct guard_reason *reason)
{
        const struct endpoint *listener = &wanted->listener;
        char text[ENDPOINT_TEXT_SIZE];

        endpoint_to_text(listener, text);
        if (listener->family != wanted->shared.family)
                return refuse(reason, -EPERM, "listener %s: not of the shared address's family", text);
        if (!endpoint_is_loopback(listener))
                return refuse(reason, -EPERM, "listener %s: not a loopback address", text);
        if (listener->port < LISTENER_PORT_MIN)
                return refuse(reason, -EPERM, "listener %s: port below %d", text, LISTENER_PORT_MIN);
        return check_held_by_daemon(g, listener, reason);
}

/* IPv6 has but one loopback address, so that there a listener on a shared ::1 differs by its port alone. */
static bool same_address_but_one(const struct endpoint *a, const struct endpoint *b)
{
        return endpoint_address_equal(a, b) && a->family == AF_INET;
}

static int check_distinct(const struct xdp_share *shares, size_t n_shares, const struct xdp_share *wanted,
        struct guard_reason *reason)
{
        char shared[ENDPOINT_TEXT_SIZE], listener[ENDPOINT_TEXT_SIZE];

        endpoint_to_text(&wanted->shared, shared);
        endpoint_to_text(&wanted->listener, listener);
        if (same_address_but_one(&wanted->shared, &wanted->listener))
                return refuse(reason, -EADDRINUSE, "listener %s: its address is the shared one", listener);
        for (size_t i = 0; i < n_shares; i++) {
                const struct xdp_share *s = &shares[i];
                if (endpoint_address_equal(&s->shared, &wanted->shared))
                        return refuse(reason, -EADDRINUSE, "%s: shared already", shared);
                if (endpoint_equal(&s->listener, &wanted->listener))
                        return refuse(reason, -EADDRINUSE, "listener %s: used by another share", listener);
                if (same_address_but_one(&s->shared, &wanted->listener))
                        return refuse(reason, -EADDRINUSE, "listener %s: its address is shared", listener);
                if (same_address_but_one(&s->listener, &wanted->shared))
                        return refuse(reason, -EADDRINUSE, "%s: is the address of a listener", shared);
        }
        return 0;
}

int guard_check_share(const struct guard *g, const struct xdp_share *shares, size_t n_shares,
        const struct xdp_share *wanted, struct guard_reason *reason)
{
        int r;

        r = check_shared_address(g, &wanted->shared, reason);
        if (r < 0)
                return r;
        r = check_no_holder(g, &wanted->shared, reason);
        if (r < 0)
                return r;
        r = check_listener(g, wanted, reason);
        if (r < 0)
                return r;
        return check_distinct(shares, n_shares, wanted, reason);
}

int guard_check_link(const struct guard *g, int ifindex, struct guard_reason *reason)
{
        _cleanup_close_ int fd = -1;
        struct ifreq request = {.ifr_ifindex = ifindex};

        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* any socket will do (netdevice(7)) */
        if (fd < 0)
                return refuse(reason, -errno, "link %d: no socket to ask with", ifindex);
        if (ifindex <= 0 || ioctl(fd, SIOCGIFNAME, &request) < 0)
                return refuse(reason, -ENODEV, "link %d: not there", ifindex);
        request.ifr_name[IFNAMSIZ - 1] = '\0';
        if (!policy_allows_link(g->policy, request.ifr_name))
                return refuse(reason, -EPERM, "link %s: not allowed by helper.conf", request.ifr_name);
        if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
                return refuse(reason, -ENODEV, "link %d: went away", ifindex);
        if (request.ifr_flags & IFF_LOOPBACK)
                return refuse(reason, -EPERM, "link %s: loopback", request.ifr_name);
        return 0;
}

int guard_check_server(const struct guard *g, const struct xdp_share *shares, size_t n_shares,
        const struct endpoint *e, struct guard_reason *reason)
{
        struct guard_reason not_held;
        char text[ENDPOINT_TEXT_SIZE];
        int r;

        for (size_t i = 0; i < n_shares; i++)
                if (endpoint_equal(&shares[i].shared, e))
                        return 0;
        r = check_held_by_daemon(g, e, &not_held);
        if (r == -EPERM || r == -EADDRNOTAVAIL)
                return refuse(reason, -EPERM,
                        "server %s: neither shared now nor share53d's own on UDP and TCP",
                        endpoint_to_text(e, text));
        if (r < 0)
                *reason = not_held;
        return r;
}

int guard_check_domain(const struct guard *g, const struct name *domain, struct guard_reason *reason)
{
        char text[NAME_TEXT_SIZE];

        if (!policy_allows_domain(g->policy, domain))
                return refuse(reason, -EPERM, "domain %.200s: not allowed by helper.conf",
                        name_to_text_bare(domain, text));
        return 0;
}

int guard_check_default_route(
        const struct guard *g, enum proto_tristate default_route, struct guard_reason *reason)
{
        if (default_route != PROTO_NO && !g->policy->root_domain)
                return refuse(reason, -EPERM,
                        "default route: must be \"no\" where helper.conf does not allow the root");
        return 0;
}
