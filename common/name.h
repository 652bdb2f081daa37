/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Domain names in wire format (RFC 1035 3.1): length-prefixed labels of 1 to 63 octets, ended by the root's
 * empty label, 255 octets at most. Uncompressed always; compression lives in daemon/dns/packet. Names are
 * compared and stored in lower case (RFC 4343: A–Z only).
 */

#include "common/util.h"
#include "common/wire.h"

#define NAME_SIZE_MAX 255                  /* wire octets, with the root label */
#define NAME_LABEL_MAX 63                  /* octets of one label */
#define NAME_LABELS_MAX 127                /* labels of one name, without the root's */
#define NAME_TEXT_SIZE (4 * NAME_SIZE_MAX) /* text, each octet as \DDD at worst, with NUL */

struct name {
        uint8_t size;                /* octets of `wire` in use; the root has 1 */
        uint8_t wire[NAME_SIZE_MAX]; /* zero-filled behind `size` is not promised */
};

/*
 * Reads presentation format (RFC 1035 5.1: \DDD and \X escapes). A name without a trailing dot is relative to
 * ORIGIN, "@" is ORIGIN itself; ORIGIN NULL makes every name absolute. The result is in lower case.
 * -EINVAL: empty label, bad escape, control character or blank unescaped, empty text, "@" without an origin;
 * -ENAMETOOLONG: a label over 63 octets or a name over 255. RET is untouched on failure.
 */
int name_from_text(const char *text, const struct name *origin, struct name *ret);

/* As name_from_text, letter case kept: for names in rdata that are compared octet by octet. */
int name_from_text_cased(const char *text, const struct name *origin, struct name *ret);

/*
 * Writes presentation format with a trailing dot ("db.corp.internal."; the root is "."). Octets outside of
 * printable ASCII come as \DDD; '.', '\\', '"', ';', '(', ')', '@' and '$' in a label are escaped. Returns
 * BUF.
 */
const char *name_to_text(const struct name *name, char buf[NAME_TEXT_SIZE]);

/* As name_to_text, without the trailing dot but for the root: for zone names, as people type them. */
const char *name_to_text_bare(const struct name *name, char buf[NAME_TEXT_SIZE]);

/* Reads an uncompressed name off W and lowers it. -EBADMSG: cut short, a pointer, or too long. */
int name_read(struct wire *w, struct name *ret);

/* A copy of SIZE checked octets (as in the zone store, the journal); -EBADMSG where they are not one whole
 * name. */
int name_from_wire(const uint8_t *wire, size_t size, struct name *ret);

void name_lower(struct name *name);
bool name_equal(const struct name *a, const struct name *b); /* both in lower case */
unsigned int name_labels(const struct name *name);           /* without the root's: 0 for "." */
bool name_is_root(const struct name *name);

/* Whether NAME is ZONE or below it (whole labels). Both in lower case. */
bool name_is_below(const struct name *name, const struct name *zone);

/* RET = NAME without its leftmost N labels (N ≤ name_labels). */
void name_strip(const struct name *name, unsigned int n, struct name *ret);

/* RET = "*." + NAME; -ENAMETOOLONG. */
int name_wildcard(const struct name *name, struct name *ret);
bool name_is_wildcard(const struct name *name); /* its leftmost label is "*" */

/* Canonical order (RFC 4034 6.1), for listings: <0, 0, >0. */
int name_compare(const struct name *a, const struct name *b);
