/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* EDNS (RFC 6891): the OPT record, its options and the extended errors (RFC 8914) that we send. */

#include <stdarg.h>

#include "common/util.h"

enum edns_option {
        EDNS_OPTION_NSID = 3,
        EDNS_OPTION_COOKIE = 10,    /* RFC 7873 */
        EDNS_OPTION_KEEPALIVE = 11, /* RFC 7828 */
        EDNS_OPTION_PADDING = 12,   /* RFC 7830 */
        EDNS_OPTION_ERROR = 15,     /* RFC 8914 */
};

/* Info codes of RFC 8914 4. */
enum edns_error_code {
        EDNS_ERROR_NONE = -1,
        EDNS_ERROR_OTHER = 0,
        EDNS_ERROR_STALE_ANSWER = 3,
        EDNS_ERROR_DNSSEC_BOGUS = 6,
        EDNS_ERROR_NOT_READY = 14,
        EDNS_ERROR_BLOCKED = 15,
        EDNS_ERROR_PROHIBITED = 18,
        EDNS_ERROR_STALE_NXDOMAIN = 19,
        EDNS_ERROR_NOT_AUTHORITATIVE = 20,
        EDNS_ERROR_NOT_SUPPORTED = 21,
        EDNS_ERROR_NO_REACHABLE_AUTHORITY = 22,
        EDNS_ERROR_NETWORK = 23,
};

#define EDNS_ERROR_TEXT_SIZE 128 /* with NUL */

struct edns_error {
        enum edns_error_code code;
        char text[EDNS_ERROR_TEXT_SIZE]; /* UTF-8, for people; may be "" */
};

/* The options of one answer, as they go into its OPT. */
#define EDNS_COOKIE_SIZE_MAX (4 + 24)
#define EDNS_KEEPALIVE_SIZE (4 + 2)
#define EDNS_ERROR_SIZE_MAX (4 + 2 + EDNS_ERROR_TEXT_SIZE - 1)
#define EDNS_OPTIONS_SIZE_MAX (EDNS_COOKIE_SIZE_MAX + EDNS_KEEPALIVE_SIZE + EDNS_ERROR_SIZE_MAX)

struct edns_options {
        uint8_t data[EDNS_OPTIONS_SIZE_MAX];
        uint16_t size;
};

void edns_add_cookie(struct edns_options *options, const uint8_t *cookie, size_t size);
/* Rounded down to 100 ms; 6,553.5 s at most (RFC 7828 3.1). */
void edns_add_keepalive(struct edns_options *options, uint64_t usec);
/* In ROOM octets: the text shortened, at the end of a character, or nothing, where there is no room for the
 * code. */
void edns_add_error(struct edns_options *options, const struct edns_error *error, size_t room);

/* Sets code and text, which is cut where it is too long. */
void edns_error_set(struct edns_error *error, enum edns_error_code code, const char *format, ...)
        _printf_(3, 4);
void edns_error_set_va(struct edns_error *error, enum edns_error_code code, const char *format,
        va_list arguments) _printf_(3, 0);
