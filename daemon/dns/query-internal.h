/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What query*.c share. */

#include "daemon/dns/packet-write.h"
#include "daemon/dns/query.h"

/* What became of a query: also what is counted. */
enum query_outcome {
        QUERY_OUTCOME_NONE,     /* nothing is known here, P is as it was: somebody else may answer */
        QUERY_OUTCOME_ANSWERED, /* data, or a referral */
        QUERY_OUTCOME_NODATA,
        QUERY_OUTCOME_NXDOMAIN,
        QUERY_OUTCOME_ERROR,   /* the rcode says it */
        QUERY_OUTCOME_FORWARD, /* an upstream must be asked, see query_answer_zone */
        QUERY_OUTCOME_WAIT,    /* an upstream has been asked: the answer comes later */
};

/*
 * The zone of ours that answers NAME and TYPE; NULL: none. The longest match, but for DS, which belongs to
 * the parent's side of a zone cut (RFC 4035 3.1.4.1): the parent, where it is ours and has something at NAME.
 */
const struct zone *query_find_zone(const struct zone_store *zones, const struct name *name, uint16_t type);

/*
 * Answers P's query, whose name is in ZONE, into P: RFC 1034 4.3.2, wildcards (RFC 4592), DNAME (RFC 6672),
 * chains of CNAMEs through all our zones, referrals.
 *
 * With MAY_FORWARD (the client wants recursion, and there is somebody to ask) the outcome may be
 * QUERY_OUTCOME_FORWARD: *RET_TARGET is to be asked upstream for the query's type, and its answer appended to
 * what P holds: a chain of CNAMEs that has left our zones (AA is set then), or nothing, where the name is
 * absent from a zone with ZONE_FALLTHROUGH (AA is clear). Where nobody answers for *RET_TARGET, begin P anew
 * and come again without MAY_FORWARD: the answer then ends with what we have. *RET_TARGET is untouched with
 * other outcomes.
 */
enum query_outcome query_answer_zone(const struct query_context *context, struct packet_writer *p,
        const struct zone *zone, bool may_forward, struct name *ret_target);
