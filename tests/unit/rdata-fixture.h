/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Rdata of any type, made up from a seed. */

#include "daemon/dns/rdata-field.h"

struct rdata_maker {
        uint64_t seed; /* not 0 */
        /*
         * Without what ldns 1.8 does not print or read right: quotes in names and values of parameters,
         * blanks' kin there (";()"), which it does not escape; a label of "@" alone, which it takes as the
         * origin; commas and backslashes in alpn, escaped once too little; ohttp, which it does not know;
         * hashes in NSEC3 that are not whole groups of base32hex, which it pads (RFC 5155 3.3: no padding);
         * times after 2038, which it takes as before 1970 or not by what the clock says; empty lists of
         * types, which it does not read for CSYNC.
         */
        bool tame;
};

/* Writes octets that are rdata of T, but perhaps for what its fields must be to each other. */
void rdata_make(struct rdata_maker *m, const struct rdata_type *t, struct wire *w);
