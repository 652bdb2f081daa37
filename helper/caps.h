/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The process's capabilities, set by libcap-ng and then read back from /proc/self/status: libcap-ng reports
 * success where the bounding set could not be changed, so only what the kernel shows counts. For one thread.
 */

/* Why the sets are not right: one line of /proc/self/status, or what failed. */
struct caps_reason {
        char text[160];
};

/*
 * Leaves exactly CAP_BPF and CAP_NET_ADMIN permitted and effective, nothing inheritable or ambient, and
 * no_new_privs set. -EPERM where the process then is not so, has another bounding set than those two, or has
 * user or group 0 among its ids; else errno of reading. The caller must end then.
 */
int caps_limit(struct caps_reason *reason);

/*
 * Gives up what is permitted and effective, for good, and reads it back. -EPERM where that did not happen:
 * the caller must end.
 */
int caps_drop(struct caps_reason *reason);
