/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * DNS cookies (RFC 7873) with interoperable server cookies (RFC 9018): 16 octets of version, timestamp and
 * SipHash-2-4 over the client's cookie and address. They tell a client that an answer comes from whom it has
 * asked; nobody is refused for want of one.
 */

#include "common/endpoint.h"
#include "daemon/dns/siphash.h"

#define COOKIE_CLIENT_SIZE 8
#define COOKIE_SERVER_SIZE 16
#define COOKIE_SIZE (COOKIE_CLIENT_SIZE + COOKIE_SERVER_SIZE)

/* Seconds (RFC 9018 4.3). */
#define COOKIE_PAST_MAX 3600  /* older ones are not valid */
#define COOKIE_FUTURE_MAX 300 /* nor are those from further ahead: clocks differ */
#define COOKIE_RENEW_AGE 1800 /* valid, and replaced in the answer */

/* Drawn at first use, so that it is another after each start. */
struct cookie_secret {
        bool drawn;
        struct siphash_key key;
};

enum cookie_verdict {
        COOKIE_NONE,    /* no server cookie was there */
        COOKIE_VALID,   /* ours, from this client: goes back as it came */
        COOKIE_AGED,    /* likewise, but a new one goes back */
        COOKIE_INVALID, /* not ours, or out of date */
};

/*
 * Judges the COOKIE option's SIZE octets (8, or 16 to 40) of a query from CLIENT at NOW (seconds since 1970;
 * only the low 32 bits count), and makes the one of the answer. -EAGAIN: the kernel has no random octets yet,
 * so there is none.
 */
int cookie_answer(struct cookie_secret *secret, const uint8_t *cookie, size_t size,
        const struct endpoint *client, uint32_t now, enum cookie_verdict *ret_verdict,
        uint8_t ret[COOKIE_SIZE]);
