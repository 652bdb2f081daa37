/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Who holds a port in this network namespace, by NETLINK_SOCK_DIAG (sock_diag(7)). Needs no privilege, so
 * both processes ask the kernel themselves and believe nobody.
 */

#include <sys/types.h>

#include "common/endpoint.h"

#define SOCKDIAG_HOLDERS_MAX 128

struct sockdiag_holder {
        struct endpoint address; /* as bound; 0.0.0.0 and :: are wildcards */
        uint8_t protocol;        /* IPPROTO_UDP, IPPROTO_TCP */
        bool v6only;             /* meaningful for AF_INET6: does not take IPv4 */
        uid_t uid;
        uint32_t inode; /* of the socket, as in /proc/PID/fd */
};

/*
 * Lists the UDP sockets bound to PORT and the TCP sockets listening on it, both families, into HOLDERS (at
 * most SOCKDIAG_HOLDERS_MAX; more is -E2BIG, never a silent cut). Returns their number or a negative errno.
 */
int sockdiag_holders(uint16_t port, struct sockdiag_holder holders[SOCKDIAG_HOLDERS_MAX]);

/*
 * Likewise, only the sockets bound to exactly E's address and port. What others bind elsewhere on that port
 * does not count, so that no user can fill the list by it. -EAFNOSUPPORT: E has no address.
 */
int sockdiag_holders_at(const struct endpoint *e, struct sockdiag_holder holders[SOCKDIAG_HOLDERS_MAX]);

/* Whether H takes packets sent to ADDRESS: the same address, or a wildcard of its family (or dual-stack ::).
 */
bool sockdiag_covers(const struct sockdiag_holder *h, const struct endpoint *address);
