/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One query while it is being answered. */

#include "daemon/dns/edns.h"
#include "daemon/dns/query-internal.h"

struct query_work {
        struct query_context *context;
        const struct query_request *request;
        struct packet_query query;
        struct packet_writer p;
        uint8_t *buf; /* the answer's */
        size_t limit; /* its octets at most */
        struct edns_options options;
        struct edns_error error;
        struct query_result result;
};

/* Begins the answer, or begins it anew. */
void query_work_begin(struct query_work *w);

/* Ends it with RCODE, and the extended error that says why. */
enum query_outcome query_work_fail(struct query_work *w, enum packet_rcode rcode, enum edns_error_code code,
        const char *format, ...) _printf_(4, 5);
