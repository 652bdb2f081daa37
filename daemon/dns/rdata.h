/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Record types and their rdata in presentation format (RFC 1035 5.1). Types are the IANA numbers. All may be
 * stored but meta types; those that rdata-types.c does not know have opaque rdata (RFC 3597).
 *
 * The text is that of one record: blanks between its fields; no comment, parenthesis (both may stand in
 * quotes), control character or line break. "\# SIZE HEX" (RFC 3597 5) is taken for every stored type. Names
 * in rdata are stored in lower case where RFC 4034 6.2 compares them so, for then the targets of CNAME and
 * PTR records compare as names do (RFC 4343) by comparing octets.
 *
 * Text is read as strictly as the wire format: what rdata_check accepts prints as text that gives the same
 * octets again, and nothing else can be read.
 */

#include "common/name.h"

enum {
        RDATA_A = 1,
        RDATA_NS = 2,
        RDATA_CNAME = 5,
        RDATA_SOA = 6,
        RDATA_PTR = 12,
        RDATA_MX = 15,
        RDATA_TXT = 16,
        RDATA_KEY = 25,
        RDATA_AAAA = 28,
        RDATA_SRV = 33,
        RDATA_DNAME = 39,
        RDATA_OPT = 41,
        RDATA_DS = 43,
        RDATA_RRSIG = 46,
        RDATA_NSEC = 47,
        RDATA_SVCB = 64,
        RDATA_HTTPS = 65,
        RDATA_IXFR = 251,
        RDATA_AXFR = 252,
        RDATA_MAILB = 253,
        RDATA_MAILA = 254,
        RDATA_ANY = 255,
};

/*
 * How rdata of TYPE is made up, where it holds names (NULL: it holds none): one letter for each field.
 *   c  a name that messages may compress (RFC 3597 4: the types of RFC 1035)
 *   n  a name that we do not compress, but that others may have compressed (RFC 3597 4: RP, AFSDB, RT, SIG,
 *      PX, NXT, NAPTR, SRV; and KX, DNAME and their kin); stored in lower case, as RFC 4034 6.2 compares it
 *   N  a name that nobody compresses and whose case is kept (NSEC, RRSIG's signer, SVCB, HTTPS …)
 *   1 2 4  as many octets
 *   s  a character-string
 *   *  whatever is left
 * IPSECKEY, AMTRELAY and HIP have names of the kind N, at no fixed place: NULL.
 */
const char *rdata_layout(uint16_t type);

/* Octets of text that rdata_from_text takes at most: more than any rdata prints as. */
#define RDATA_TEXT_MAX (1024 * 1024)

/* A mnemonic in any case, or "TYPEn" (RFC 3597 5). -EINVAL: no such type. */
int rdata_type_from_text(const char *text, uint16_t *ret);

/* The mnemonic, or "TYPEn", into BUF; returns BUF. */
#define RDATA_TYPE_TEXT_SIZE 16
const char *rdata_type_to_text(uint16_t type, char buf[RDATA_TYPE_TEXT_SIZE]);

/* Whether records of TYPE may be stored in a zone. */
bool rdata_type_stored(uint16_t type);

/*
 * Reads TEXT; relative names in it are completed by ORIGIN (NULL: they are absolute). RET: malloc'ed wire
 * format, names uncompressed. -EINVAL: not valid for TYPE, and *RET_REASON (if not NULL) is a malloc'ed
 * sentence for the caller, which names the field and quotes its text; -EOPNOTSUPP: type not stored; -ENOMEM.
 * Outputs but RET_REASON are untouched on failure.
 */
int rdata_from_text(uint16_t type, const char *text, const struct name *origin, uint8_t **ret,
        uint16_t *ret_size, char **ret_reason);

/* Prints rdata in wire format; *RET is malloc'ed. -EBADMSG: it is not valid for TYPE. */
int rdata_to_text(uint16_t type, const uint8_t *rdata, uint16_t size, char **ret);

/* Whether SIZE octets are well-formed rdata of TYPE, names in lower case: for what comes from the journal. */
bool rdata_check(uint16_t type, const uint8_t *rdata, uint16_t size);
