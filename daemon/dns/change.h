/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One transaction on the zone store: built step by step against the store as it is, then applied whole, or
 * freed with nothing changed. Between the first step and change_apply no other change may be applied: all of
 * it happens within one dispatch of the event loop.
 *
 * Applying swaps RRsets, so that the change then holds what was there before; change_revert swaps them back,
 * for the case that the journal cannot write. Changes are reverted in the reverse order of their application,
 * and freed in the order of it. RRsets that come out as they were are not listed by change_get_rrset.
 *
 * Every step checks all that it is given before it adds anything: one that is refused leaves the change as it
 * was. A zone made by a step takes records in the steps behind it. Errors name the offending item through
 * RET_REASON (malloc'ed sentence, may be NULL): -ENOENT no such zone, name, RRset or record; -EEXIST zone
 * exists; -EINVAL record invalid (outside of the zone, its rdata or TTL), or what cannot stand together: a
 * CNAME beside other data but KEY, RRSIG, NSEC; two CNAMEs, DNAMEs, SOAs; an SOA anywhere but at the apex, a
 * CNAME or DS there; NS or DNAME of a wildcard; a DNAME with NS beside it or anything below it; -EPERM a
 * persistent record in a zone that is not persistent; -E2BIG an RRset that does not fit into a message of
 * 65,535 octets (RRSET_SIZE_MAX of daemon/dns/rrset.h; 4,062 addresses), more than 256 types at one name;
 * -ENOMEM.
 */

#include "daemon/dns/zone.h"

struct change;

int change_new(struct zone_store *store, struct change **ret);
struct change *change_free(struct change *change);
DEFINE_CLEANUP(struct change *, change_free)

int change_create_zone(
        struct change *c, const struct name *apex, uint64_t flags, uid_t uid, char **ret_reason);
int change_remove_zone(struct change *c, const struct name *apex, char **ret_reason);

/* Replaces each RRset (owner, type) that RECORDS names by what RECORDS hold of it. */
int change_set(
        struct change *c, const struct name *zone, const struct record *records, size_t n, char **ret_reason);

/* Adds to the RRsets; a record that is there (same rdata, uid, life) has its TTL replaced. */
int change_add(
        struct change *c, const struct name *zone, const struct record *records, size_t n, char **ret_reason);

/* Replaces all records of the zone. */
int change_replace(
        struct change *c, const struct name *zone, const struct record *records, size_t n, char **ret_reason);

/* What to remove: rdata NULL is the whole RRset, type 0 the whole name. */
struct change_removal {
        struct name owner;
        uint16_t type;
        const uint8_t *rdata;
        uint16_t rdata_size;
};
int change_remove(struct change *c, const struct name *zone, const struct change_removal *removals, size_t n,
        char **ret_reason);

/*
 * Puts zone and records as they were journaled, past all checks of ownership and life, at start-up: does not
 * raise the serial, which becomes SERIAL.
 */
int change_restore_zone(
        struct change *c, const struct name *apex, uint64_t flags, uid_t uid, uint64_t serial);

/*
 * Makes it so. Memory for it was taken by the steps; it does not fail. The serial of each zone touched
 * becomes max(serial + 1, seconds since 1970), so that it grows over restarts too. No step may follow.
 */
void change_apply(struct change *c);
void change_revert(struct change *c); /* after change_apply only; the serial grows once more */

/* For the journal and the signals, after change_apply. */
enum change_zone_state { CHANGE_ZONE_KEPT, CHANGE_ZONE_CREATED, CHANGE_ZONE_REMOVED };

struct change_zone {
        struct name apex;
        enum change_zone_state state;
        uint64_t flags;
        uid_t uid;
        uint64_t serial; /* after the change */
};

struct change_rrset {
        struct name zone;
        struct name owner;
        uint16_t type;
        const struct rrset *before; /* NULL: was not there */
        const struct rrset *after;  /* NULL: is gone */
};

/* Walks what the change touched; index from 0; false at the end. Removed zones list their RRsets too. */
bool change_get_zone(const struct change *c, size_t i, struct change_zone *ret);
bool change_get_rrset(const struct change *c, size_t i, struct change_rrset *ret);
