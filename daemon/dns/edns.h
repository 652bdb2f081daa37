/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* EDNS (RFC 6891): the OPT record, its options and the extended errors (RFC 8914) that we send. */

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
