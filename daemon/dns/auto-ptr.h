/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reverse names made from the addresses of zones with ZONE_AUTO_PTR: each A and AAAA record there gives a PTR
 * record at its address's name below in-addr.arpa or ip6.arpa (RFC 1035 3.5, RFC 3596 2.5), one for each
 * owner, in canonical order, AUTO_PTR_MAX at most, with the TTL of the address record. Such a name is a zone
 * of its own: its SOA is that of the first owner's zone. Names that are hidden in their zone (by a
 * delegation, by a longer zone of ours) do not count.
 */

#include "daemon/dns/query-internal.h"

#define AUTO_PTR_MAX 32

/*
 * Answers P's query, of whatever name and type, where it is the reverse name of such an address and no zone
 * of ours has it: an empty non-terminal does not count. QUERY_OUTCOME_NONE: it is not, and P is as it was. To
 * be asked before the zones are, since one of them may be around the name; *RET_ZONE is the zone of the first
 * owner.
 */
enum query_outcome auto_ptr_answer(
        const struct zone_store *zones, struct packet_writer *p, const struct zone **ret_zone);
