/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * An IP address with a port: "127.53.0.1:53", "[fd00::53]:53". One form for configuration, the helper
 * channel, the D-Bus API and log lines.
 */

#include <netinet/in.h>
#include <sys/socket.h>

#include "common/util.h"

/* "[" INET6_ADDRSTRLEN "]:65535" */
#define ENDPOINT_TEXT_SIZE (INET6_ADDRSTRLEN + 9)

struct endpoint {
        int family;     /* AF_INET, AF_INET6; AF_UNSPEC: none */
        uint16_t port;  /* host byte order; 0: not set */
        uint32_t scope; /* interface index of a link-local IPv6 address that came from the kernel; not
                           compared */
        union {
                struct in_addr in;
                struct in6_addr in6;
                uint8_t bytes[16]; /* network byte order; 4 or 16 of them */
        } addr;
};

/*
 * Reads "ADDRESS", "ADDRESS:PORT", "[ADDRESS6]:PORT" or a bare "ADDRESS6"; the port is DEFAULT_PORT where
 * none is given. -EINVAL: not an address, or port not in 1…65535, or a scope ("%eth0"). RET is untouched on
 * failure.
 */
int endpoint_from_text(const char *text, uint16_t default_port, struct endpoint *ret);

/* Writes "ADDRESS:PORT" (IPv6 in brackets), without ":PORT" and brackets where the port is 0. Returns BUF. */
const char *endpoint_to_text(const struct endpoint *e, char buf[ENDPOINT_TEXT_SIZE]);

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
bool endpoint_address_equal(const struct endpoint *a, const struct endpoint *b); /* ports aside */
bool endpoint_is_any(const struct endpoint *e);                                  /* 0.0.0.0 or :: */
bool endpoint_is_loopback(const struct endpoint *e);                             /* 127.0.0.0/8 or ::1 */
bool endpoint_is_link_local(const struct endpoint *e); /* 169.254.0.0/16, fe80::/10 */

/* Length of the address: 4, 16, or 0 for AF_UNSPEC. */
size_t endpoint_address_size(const struct endpoint *e);

/* Socket address of E; returns its length. */
socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ret);
int endpoint_from_sockaddr(const struct sockaddr *sa, struct endpoint *ret); /* -EAFNOSUPPORT */
