/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What nsswitch.conf(5) and resolv.conf(5) say about who answers the programs of this host. Files are read up
 * to HOST_FILE_SIZE_MAX; what is not understood is passed over, as glibc does.
 */

#include "common/endpoint.h"

#define HOST_FILE_SIZE_MAX 65536
#define HOST_NAMESERVERS_MAX 8

/* Where in the line "hosts:" of nsswitch.conf the way to systemd-resolved is. */
enum host_nss {
        HOST_NSS_ABSENT,        /* no file, no such line: glibc's default, "dns" */
        HOST_NSS_NO_RESOLVE,    /* no "resolve", or behind "dns" */
        HOST_NSS_RESOLVE_FIRST, /* "resolve" before "dns", or without it */
};
enum host_nss host_nss_read(const char *path);

/* Who is named in the comments of resolv.conf: only a hint, files are copied and left behind. */
enum host_hint { HOST_HINT_NONE, HOST_HINT_RESOLVED, HOST_HINT_NETWORKMANAGER, HOST_HINT_RESOLVCONF };
const char *host_hint_to_text(enum host_hint hint); /* NULL for HOST_HINT_NONE */

struct host_resolv_conf {
        bool present;
        enum host_hint hint;
        size_t n_nameservers; /* HOST_NAMESERVERS_MAX and no more */
        struct endpoint nameservers[HOST_NAMESERVERS_MAX];
};
void host_resolv_conf_read(const char *path, struct host_resolv_conf *ret);

/* There are nameservers, and each is a stub of systemd-resolved: 127.0.0.53 or 127.0.0.54. */
bool host_resolv_conf_is_stub(const struct host_resolv_conf *conf);
