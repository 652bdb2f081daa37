/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Tells when a file may have changed: rewritten, replaced by rename, gone or come, with its directory too;
 * and where it is a symbolic link, when that or what it points to did. Many changes in a row are told once.
 */

#include <systemd/sd-event.h>

#include "common/util.h"

#define HOST_WATCH_PATHS_MAX 8

struct host_watch;

/* PATHS (absolute, N ≤ HOST_WATCH_PATHS_MAX) must outlive it. CHANGED is called from the event loop, at most
 * five times a second. */
int host_watch_new(sd_event *event, const char *const *paths, size_t n, void (*changed)(void *userdata),
        void *userdata, struct host_watch **ret);
struct host_watch *host_watch_free(struct host_watch *watch);
DEFINE_CLEANUP(struct host_watch *, host_watch_free)
