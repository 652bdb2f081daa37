/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Who holds an address's port, for people to read. The socket and its uid come from the kernel (sock_diag);
 * the program's name is had only where /proc/PID/fd may be read, the user's only out of /etc/passwd: other
 * name services may ask DNS, which is what is being set up.
 */

#include "common/sockdiag.h"

#define HOLDER_TEXT_SIZE 160

struct holder {
        struct sockdiag_holder socket;
        pid_t pid;        /* 0: not to be seen */
        char program[32]; /* where pid is known; printable ASCII, as the next */
        char user[33];    /* "": not in /etc/passwd */
};

/*
 * Who takes packets of PROTOCOL (IPPROTO_UDP, IPPROTO_TCP) sent to E; a holder of the wildcard comes before
 * one of the address. -ENOENT: nobody; -E2BIG: too many sockets to tell; errno of asking the kernel.
 */
int holder_find(const struct endpoint *e, int protocol, struct holder *ret);

bool holder_is_wildcard(const struct holder *holder); /* takes every address of its family */

/*
 * "UDP 0.0.0.0:53 is held by unbound (pid 812, uid 105)", "… by user unbound (uid 105)", "… by uid 105".
 * Returns BUF.
 */
const char *holder_to_text(const struct holder *holder, char buf[HOLDER_TEXT_SIZE]);
