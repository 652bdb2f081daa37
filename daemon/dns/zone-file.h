/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Zone files: the master-file format of RFC 1035 5.1 with $TTL (RFC 2308 4), read piece by piece, so that
 * neither a slow descriptor nor a large file holds anybody up.
 *
 * What is read: one record a line, parentheses over lines, ";" comments, quoted strings, \DDD and \X escapes,
 * "@", a blank owner (the one before), TTL and class in either order and each left out at will, $ORIGIN,
 * $TTL, unknown types and rdata (RFC 3597), LF or CR LF, a last line without either.
 *
 * A record without a TTL takes $TTL; before any $TTL, the last TTL that a record gave (RFC 1035); before
 * either, ZONE_FILE_TTL, which is what knot and nsd take.
 *
 * Refused: $INCLUDE and $GENERATE (the daemon opens no file that another one names, and a line is a record),
 * classes other than IN, owners outside of the zone, parentheses within parentheses, quotes over lines,
 * control characters, NUL among them, but for tabs.
 */

#include "common/name.h"
#include "daemon/dns/rdata.h"
#include "daemon/dns/record.h"

#define ZONE_FILE_TTL 3600 /* seconds */

/* Octets of one record's text at most, without comments and blanks. */
#define ZONE_FILE_ENTRY_MAX (RDATA_TEXT_MAX + NAME_TEXT_SIZE + 64)

struct zone_file;

/*
 * Called for each record, which is good during the call: owner, type, TTL and rdata are set. A negative errno
 * ends the reading; *RET_REASON (malloc'ed, may be left alone) says why, and gets the place put before it.
 */
typedef int (*zone_file_record_t)(void *userdata, const struct record *record, char **ret_reason);

struct zone_file_options {
        const char *file;    /* as errors name it, copied; NULL: they begin with "line N" */
        struct name zone;    /* first $ORIGIN, and where all owners must be */
        uint64_t octets_max; /* 0: no limit */
        zone_file_record_t record;
        void *userdata;
};

int zone_file_new(const struct zone_file_options *options, struct zone_file **ret);
struct zone_file *zone_file_free(struct zone_file *file);
DEFINE_CLEANUP(struct zone_file *, zone_file_free)

/*
 * Takes the next SIZE octets. The first error ends it: -EINVAL the text is wrong, -EFBIG it is over
 * octets_max, -ENOMEM, or what the callback returned; *RET_REASON (malloc'ed, may be NULL) is "FILE:LINE:
 * "TOKEN": what". All later calls return the same, without a reason.
 */
int zone_file_feed(struct zone_file *file, const void *data, size_t size, char **ret_reason);

/* There is no more; errors as above. */
int zone_file_end(struct zone_file *file, char **ret_reason);
