/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Special-use names, answered here and never leaked to an upstream (RFC 6761, 6303, 7686, 8375, 9462; IANA's
 * registries of special-use and of locally served names). Our zones, and forwarding rules whose domain is at
 * least as long as `domain`, come before them: the caller sees to that.
 */

#include "daemon/dns/packet.h"

enum special_kind {
        SPECIAL_NONE,      /* not special: may be forwarded */
        SPECIAL_LOCALHOST, /* loopback addresses for A and AAAA, else NODATA (RFC 6761 6.3) */
        SPECIAL_LOOPBACK,  /* the reverse of 127.0.0.1 and ::1: PTR localhost. */
        SPECIAL_EMPTY,    /* an empty zone with apex `domain`: NXDOMAIN below it, NODATA at it (RFC 6303 3) */
        SPECIAL_NXDOMAIN, /* invalid, onion, local, alt …: NXDOMAIN, also at `domain` itself */
        SPECIAL_NODATA,   /* resolver.arpa (RFC 9462 4): NODATA at and below */
};

struct special {
        enum special_kind kind;
        struct name domain; /* the registered name that NAME is at or below */
        const char *reason; /* a constant for people: "special-use: home network (RFC 8375)" */
};

/* What NAME (lower case) is; no allocation. */
enum special_kind special_match(const struct name *name, struct special *ret);
