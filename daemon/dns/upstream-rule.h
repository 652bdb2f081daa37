/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A forwarding rule: names at and below a domain go to these servers. The rule of the root is the default
 * upstream. Of all rules that match a name the one with the longest domain counts (whole labels). A rule
 * without servers blocks: its names are answered NXDOMAIN with the extended error Blocked (RFC 8914 4.16).
 */

#include <sys/types.h>

#include "common/endpoint.h"
#include "common/name.h"

#define UPSTREAM_SERVERS_MAX 8
#define UPSTREAM_TLS_NAME_SIZE 256 /* a host name as text, with NUL */
#define UPSTREAM_PORT 53           /* where none is given */
#define UPSTREAM_PORT_TLS 853      /* likewise, with a TLS name (RFC 7858 3.1) */

/* Flags of SetUpstream (D-Bus API). */
enum {
        UPSTREAM_VALIDATE = 1 << 0,   /* DNSSEC: a bogus answer is SERVFAIL */
        UPSTREAM_PERSISTENT = 1 << 1, /* also over reboot; else until the next boot */
};

/* Whose rule it is. Of rules for the same domain the first of these counts. */
enum upstream_origin {
        UPSTREAM_ORIGIN_BUS,    /* SetUpstream */
        UPSTREAM_ORIGIN_CONFIG, /* share53.conf */
        UPSTREAM_ORIGIN_HOST,   /* what the host used before us; the root's only */
};

struct upstream_server {
        struct endpoint endpoint;
        char tls_name[UPSTREAM_TLS_NAME_SIZE]; /* DNS over TLS, the certificate's name; "": UDP and TCP */
};

struct upstream_rule {
        struct name domain; /* lower case; the root: everything */
        uint64_t flags;
        uid_t uid; /* who set it */
        enum upstream_origin origin;
        size_t n_servers;
        struct upstream_server servers[UPSTREAM_SERVERS_MAX]; /* all with a TLS name, or none */
};

/* What is said of a rule whose servers are mixed. */
#define UPSTREAM_MIXED "the servers of one domain are all asked by DNS over TLS, or none of them is"
