/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Special-use names, answered here and never leaked to an upstream (RFC 6761, 6303, 7686, 8375, 9462; IANA's
 * registries of special-use and of locally served names). Our zones, and forwarding rules whose domain is at
 * least as long as `domain`, come before them: the caller sees to that.
 *
 * Not special here, since their RFCs want nothing else of a resolver than the public answer, or allow it:
 * example and its kin (RFC 6761 6.5), ipv4only.arpa (RFC 8880), 6tisch.arpa (RFC 9031), eap-noob.arpa (RFC
 * 9140).
 */

#include "daemon/dns/packet-write.h"

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

/* What NAME (lower case) is; no allocation. RET may be NULL, and is untouched for SPECIAL_NONE. */
enum special_kind special_match(const struct name *name, struct special *ret);

/*
 * Whether NAME and TYPE, which SPECIAL is of, is still the public parent's to answer: the DS of an empty
 * zone, so that validating clients see that it is not signed (RFC 8375 4; RFC 4035 3.1.4.1). To be forwarded
 * where there is somebody to ask.
 */
bool special_is_of_parent(const struct special *special, const struct name *name, uint16_t type);

/*
 * Adds to P what is said of NAME, which SPECIAL is of, and of P's query type: records, or the SOA of an empty
 * zone, so that the absence can be cached. NAME is the query's, or where a chain of CNAMEs has led to. Sets
 * and returns P's rcode.
 */
enum packet_rcode special_answer(
        const struct special *special, const struct name *name, struct packet_writer *p);

/* Zones may come any time, so this is as short as with them. */
#define SPECIAL_TTL ZONE_SOA_MINIMUM
