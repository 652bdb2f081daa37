/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What each query gets. The answer path: packet (parse) → query (decide) → zone → packet (compose). No
 * allocation for a query, no I/O: it is also what the fuzzer drives and what Resolve of the D-Bus API asks.
 */

#include "common/endpoint.h"
#include "daemon/dns/packet.h"
#include "daemon/dns/zone.h"

enum query_transport { QUERY_UDP, QUERY_TCP };

enum query_source { QUERY_SOURCE_NONE, QUERY_SOURCE_ZONE };

struct query_stats {
        uint64_t received;
        uint64_t answered; /* NOERROR with data */
        uint64_t nodata;
        uint64_t nxdomain;
        uint64_t refused;
        uint64_t formerr;
        uint64_t other;   /* NOTIMP, BADVERS, SERVFAIL */
        uint64_t dropped; /* no answer owed: shorter than a header, or an answer itself */
        uint64_t truncated;
        uint64_t unsent; /* answers that the socket did not take: its buffer was full, or no route */
};

struct query_context {
        const struct zone_store *zones;
        struct query_stats stats;
};

/*
 * Answers REQUEST into BUF (SIZE at least 512; 65,535 for TCP). Returns the answer's octets, or 0: silence is
 * owed (RFC 1035 has no answer to an answer). RET_SOURCE and RET_ZONE may be NULL.
 */
size_t query_answer(struct query_context *context, enum query_transport transport, const uint8_t *request,
        size_t request_size, uint8_t *buf, size_t size, enum query_source *ret_source,
        const struct zone **ret_zone);
