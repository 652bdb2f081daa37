/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What query*.c share. */

#include "daemon/dns/packet-write.h"
#include "daemon/dns/query.h"

/* What became of a query: also what is counted. */
enum query_outcome {
        QUERY_OUTCOME_ANSWERED,
        QUERY_OUTCOME_NODATA,
        QUERY_OUTCOME_NXDOMAIN,
        QUERY_OUTCOME_ERROR, /* the rcode says it */
};

/* Answers P's query, whose name is in ZONE, into P. */
enum query_outcome query_answer_zone(
        const struct query_context *context, struct packet_writer *p, const struct zone *zone);
