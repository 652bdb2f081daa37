/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A zone as a zone file that zone-file.h reads back to the same records: a comment with zone, serial and
 * time, $ORIGIN, $TTL, then one record a line in canonical order (RFC 4034 6), the SOA first, names relative,
 * columns aligned. A given SOA has the zone's live serial; a synthesised one is not printed, for read back
 * it would be a given one. Who owns a record and how long it lives has no place in the format; a record that
 * several own is printed once, with the smallest TTL.
 *
 * What is printed is copied first, so that the zone may change while the text is fetched piece by piece.
 */

#include <sys/types.h>

#include "daemon/dns/zone.h"

struct zone_file_printer;

/* NOW, in seconds since 1970, is the time in the comment. -ENOMEM. */
int zone_file_printer_new(const struct zone *zone, int64_t now, struct zone_file_printer **ret);
struct zone_file_printer *zone_file_printer_free(struct zone_file_printer *printer);
DEFINE_CLEANUP(struct zone_file_printer *, zone_file_printer_free)

/*
 * The next whole lines, OCTETS of text or a little more; good until the next call. Returns their size, 0 at
 * the end. -EBADMSG: a record is not valid for its type; -ENOMEM.
 */
ssize_t zone_file_printer_next(struct zone_file_printer *printer, size_t octets, const char **ret);
