/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One query while it is being answered: what query.c and query-forward.c share. */

#include "daemon/dns/forward.h"
#include "daemon/dns/query-internal.h"

/* What an upstream has said, for a query that waited for it. */
struct query_arrival {
        enum forward_verdict verdict;
        const struct forward_lookup *lookup;
};

struct query_work {
        struct query_context *context;
        const struct query_request *request;
        const struct query_arrival *arrival; /* NULL: this is the first time */
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

/* As query_answer, for a query that has waited. */
ssize_t query_answer_again(struct query_context *context, const struct query_request *request,
        const struct query_arrival *arrival, uint8_t *buf, size_t size, struct query_result *ret);

/*
 * Answers NAME, which no zone of ours answers, behind what P holds: the query's name, or where a chain of
 * CNAMEs of ours has led. A special-use name is answered here, unless the rule that it goes by has a domain
 * at least as long; then by that rule, the root's at last. QUERY_OUTCOME_NONE: nobody answers for it, P is as
 * it was; QUERY_OUTCOME_WAIT: later.
 */
enum query_outcome query_forward(struct query_work *w, const struct name *name);

/* Whether there is any rule: then we are a resolver to our clients (RA). */
bool query_forward_available(const struct query_context *context);
