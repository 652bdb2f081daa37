/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The operations of the journal, encoded: one octet of operation, then its operands in network byte order.
 * All of them may be executed again with the same result. Names are in wire format.
 */

enum journal_operation {
        OPERATION_ZONE_DROP = 1,   /* apex: with its records and serial */
        OPERATION_ZONE_PUT = 2,    /* apex, flags u64, uid u32 */
        OPERATION_SERIAL = 3,      /* apex, serial u64 */
        OPERATION_RRSET = 4,       /* zone, owner, type u16: those which the next two are about */
        OPERATION_RECORD_DROP = 5, /* uid u32, size u16, rdata */
        OPERATION_RECORD_PUT = 6,  /* uid u32, size u16, rdata, ttl u32 */
        OPERATION_LINK_PUT =
                7, /* ifname (size u8), ifindex u32, uid u32, default route u8, size u16, domains */
        OPERATION_LINK_DROP = 8,      /* ifname (size u8) */
        OPERATION_UPSTREAM_PUT = 9,   /* domain, flags u64, uid u32, size u16, servers */
        OPERATION_UPSTREAM_DROP = 10, /* domain */
};
