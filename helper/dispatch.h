/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The helper's end of the channel (common/proto.h): one connection, one table of what may be asked when. It
 * ends the event loop when the channel does: with 0 after the peer has closed it, with 1 after a violation,
 * said in the log. What was done is then undone by dispatch_undo.
 */

#include <systemd/sd-event.h>

#include "helper/guard.h"

struct dispatch;

/*
 * Serves FD, a connected SOCK_SEQPACKET unix socket, which it takes over in every case. POLICY and LEFTOVERS
 * (helper/leftovers.h) must outlive it. -EPERM: the peer's uid (SO_PEERCRED) is not UID; -EPROTOTYPE: not
 * such a socket.
 */
int dispatch_new(sd_event *event, int fd, uid_t uid, const struct policy *policy, const char *leftovers,
        struct dispatch **ret);

/* After the loop: reverts all links, waiting for at most a second, then drops the XDP program. */
void dispatch_undo(struct dispatch *dispatch);

struct dispatch *dispatch_free(struct dispatch *dispatch);
DEFINE_CLEANUP(struct dispatch *, dispatch_free)
