/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Building RRsets, for change-*.c. They are immutable once built. */

#include "daemon/dns/packet-write.h"

/*
 * Octets of `entries` at most. An entry is never smaller than its record with a compressed owner, so that
 * each RRset fits into one message (65,535 octets) beside header, question and OPT: 4,062 addresses, say.
 */
#define RRSET_SIZE_MAX (65535 - 12 - (NAME_SIZE_MAX + 4) - (11 + PACKET_OPTIONS_MAX))

/*
 * The entries of BASE (NULL: none) and N RECORDS of one owner and TYPE. Of entries with the same rdata, uid
 * and life the last given remains. LINKED: for the reverse index (daemon/dns/auto-ptr-index.h). *RET is
 * malloc'ed. -E2BIG: over the limit above; -ENOMEM.
 */
int rrset_new(uint16_t type, const struct rrset *base, const struct record *const *records, size_t n,
        bool linked, struct rrset **ret);

/* BASE without the entries with this rdata. *RET is NULL where none remains. -ENOENT: there are none;
 * -ENOMEM.
 */
int rrset_without(const struct rrset *base, const uint8_t *rdata, uint16_t size, struct rrset **ret);

/* SET's links, one for each entry; SET is linked. */
struct auto_ptr_link *rrset_links(const struct rrset *set);

bool rrset_equal(const struct rrset *a, const struct rrset *b); /* both may be NULL */
size_t rrset_memory(const struct rrset *set);                   /* octets; NULL: 0 */
