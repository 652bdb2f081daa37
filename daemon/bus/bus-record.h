/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Records as they come and go in messages. Errors quote the item's place in the array, counted from 0, and
 * the offending text.
 */

#include <systemd/sd-bus.h>

#include "daemon/dns/change.h"
#include "daemon/dns/record.h"

/* Limits of one call. */
#define BUS_RECORD_COUNT_MAX 65536U
#define BUS_RECORD_OCTETS_MAX (16U * 1024 * 1024) /* of text in the array */

/* What of a call is validated before its sender is known to be allowed: enough for people, cheap enough for
 * floods. The rest is only counted then. */
#define BUS_RECORD_CHECK_FIRST 64U

/*
 * Reads a zone's name as it stands in a message. InvalidName: not a name, the root, or a wildcard.
 */
int bus_record_read_zone(sd_bus_message *m, struct name *ret, sd_bus_error *error);

/*
 * Reads an array a(ssus) of records for ZONE into RET, the first CHECK_MAX of them; those behind are counted
 * against the limits and left out. Owner, type, TTL and rdata are set; uid and life are the caller's to set.
 * *RET_OCTETS (may be NULL): the text in it. On failure ERROR is set and the outputs are untouched.
 */
int bus_record_read_array(sd_bus_message *m, const struct name *zone, size_t check_max,
        struct record_list *ret, size_t *ret_octets, sd_bus_error *error);

/* What RemoveRecords removes: owns its rdata. Zero-initialised is empty. */
struct bus_removal_list {
        struct change_removal *items;
        size_t n;
        size_t allocated;
};
void bus_removal_list_clear(struct bus_removal_list *list);

/* The same for a(sss). */
int bus_record_read_removals(sd_bus_message *m, const struct name *zone, size_t check_max,
        struct bus_removal_list *ret, size_t *ret_octets, sd_bus_error *error);
