/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who answered a query and why, in the words of Resolve's `source`. */

#include "daemon/dns/query.h"

#define BUS_SOURCE_SIZE 4096

/*
 * ANSWER (SIZE octets, a header at least) is that to NAME, and RESULT says where it is from. An extended
 * error in it (RFC 8914) tells why there is none. Printable ASCII. Returns BUF.
 */
const char *bus_source_text(const struct name *name, const uint8_t *answer, size_t size,
        const struct query_result *result, char buf[BUS_SOURCE_SIZE]);
