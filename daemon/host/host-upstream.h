/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Whom this host would ask if we were not there: the default upstream of Servers=auto. Where systemd-resolved
 * is in use, the servers that it has learned of (its own resolv.conf); else those of resolv.conf(5), whoever
 * wrote it; where that names only a resolver on this host that NetworkManager runs, those that NetworkManager
 * has learned of. Left out: our own addresses, the stubs of systemd-resolved, what is no address to ask.
 *
 * The files are watched, through every symbolic link on the way to them, and read again when they change:
 * replaced by rename, rewritten, pointed elsewhere, gone or come. Where the host has been pointed at us, and
 * they name nobody else any more, those that they named before are kept.
 */

#include <systemd/sd-event.h>

#include "common/endpoint.h"

#define HOST_UPSTREAM_SERVERS_MAX 3 /* as many as glibc asks (MAXNS) */

struct host_upstream_files {
        const char *resolv_conf;    /* /etc/resolv.conf */
        const char *nsswitch;       /* /etc/nsswitch.conf */
        const char *resolved;       /* /run/systemd/resolve/resolv.conf */
        const char *networkmanager; /* /run/NetworkManager/no-stub-resolv.conf */
};
extern const struct host_upstream_files host_upstream_files; /* of the host */

struct host_upstream;

struct host_upstream_events {
        /* From the event loop, after the servers, or the file that they come from, have changed; not for what
         * is read by host_upstream_new and host_upstream_set_own. */
        void (*changed)(void *userdata);
        bool (*displaced)(void *userdata); /* whether the host has been pointed at us */
        void *userdata;
};

/* FILES must outlive it, EVENTS is copied. */
int host_upstream_new(sd_event *event, const struct host_upstream_files *files,
        const struct host_upstream_events *events, struct host_upstream **ret);
struct host_upstream *host_upstream_free(struct host_upstream *upstream);
DEFINE_CLEANUP(struct host_upstream *, host_upstream_free)

/* Addresses that are our own (ports aside). Copied; the files are judged anew. Returns 1 where that has
 * changed the servers, else 0. -ENOMEM: nothing has changed. */
int host_upstream_set_own(struct host_upstream *upstream, const struct endpoint *own, size_t n);

/* Those found, port 53, in the order in which the host asks them. */
size_t host_upstream_servers(const struct host_upstream *upstream);
const struct endpoint *host_upstream_server_at(const struct host_upstream *upstream, size_t i);

/* The file that they come from; "" where there are none. */
const char *host_upstream_file(const struct host_upstream *upstream);

/* What was found in each file, for Explain: step, finding, what follows. */
int host_upstream_explain(const struct host_upstream *upstream,
        int (*line)(void *userdata, const char *step, const char *finding, const char *detail),
        void *userdata);
