/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The zones that share53 is authoritative for, in memory. A zone is an open-addressing hash of nodes by
 * lower-case wire name (SipHash with a random key); a node has its RRsets and the number of names below it,
 * so that an empty non-terminal is told from a name that does not exist (RFC 8020). RRsets are immutable: a
 * change replaces them whole (daemon/dns/change.h is the only writer).
 *
 * A look-up allocates nothing and hashes its name once; a name that is absent costs a hash for each halving
 * of its labels below the apex, to find the closest encloser. Growing is spread over insertions
 * (daemon/dns/table.h), so that none waits for a rehash.
 *
 * Everything here belongs to the event loop's thread. Pointers to nodes and RRsets are good until the next
 * change.
 */

#include <sys/types.h>

#include "common/name.h"
#include "daemon/dns/record.h"

/* Flags of CreateZone (D-Bus API). */
enum {
        ZONE_PERSISTENT = 1 << 0,
        ZONE_LEASED = 1 << 1,      /* number kept; refused for now */
        ZONE_FALLTHROUGH = 1 << 2, /* absent names go upstream, as does an apex without records */
        ZONE_AUTO_PTR = 1 << 3,    /* addresses give PTR records (daemon/dns/auto-ptr.h) */
        ZONE_FILE = 1 << 4,        /* content is a zone file's, read-only on the bus; never from CreateZone */
};

/*
 * Synthesised SOA (RFC 1035 3.3.13), where none is given: seconds. NS at the apex is not synthesised: those
 * who ask us have our address by configuration, and a resolver that learned of a server by NS would look for
 * its address instead, in vain.
 */
#define ZONE_SOA_REFRESH 3600
#define ZONE_SOA_RETRY 600
#define ZONE_SOA_EXPIRE 86400
#define ZONE_SOA_MINIMUM 5
#define ZONE_SOA_TTL 5

struct zone_store;
struct zone;
struct zone_node;

/* One stored record within an RRset; rdata follows, packed. */
struct rrset_entry {
        uint32_t ttl;
        uint32_t uid;
        uint8_t life;      /* enum record_life */
        uint8_t duplicate; /* same rdata as the entry before it, by another owner: listed, not served */
        uint16_t size;
        uint8_t rdata[];
};

struct rrset {
        struct rrset *next; /* of the same node: zone.c's own */
        uint16_t type;
        uint16_t n;        /* entries */
        uint16_t n_served; /* entries that are not duplicates */
        bool linked;       /* has room behind the entries for links of the reverse index */
        uint32_t ttl;      /* smallest of the entries: what is served (RFC 2181 5.2) */
        uint32_t size;     /* octets of `entries` */
        uint8_t entries[]; /* struct rrset_entry, each padded to 4 octets, sorted by rdata, then uid, then
                              life */
};

/* The entry behind E (NULL: the first), NULL at the end. */
const struct rrset_entry *rrset_next(const struct rrset *set, const struct rrset_entry *e);

int zone_store_new(struct zone_store **ret);
struct zone_store *zone_store_free(struct zone_store *store);
DEFINE_CLEANUP(struct zone_store *, zone_store_free)

size_t zone_store_zones(const struct zone_store *store);
size_t zone_store_records(const struct zone_store *store);
size_t zone_store_memory(
        const struct zone_store *store); /* octets allocated for zones, nodes, RRsets, tables */

struct zone *zone_store_find(
        const struct zone_store *store, const struct name *apex); /* exactly APEX; or NULL */
struct zone *zone_store_match(
        const struct zone_store *store, const struct name *name); /* longest suffix; or NULL */
struct zone *zone_store_next(const struct zone_store *store, const struct zone *zone); /* NULL: the first */

const struct name *zone_apex(const struct zone *zone);
uint64_t zone_serial(const struct zone *zone); /* the SOA shows its low 32 bits */
uint64_t zone_flags(const struct zone *zone);
uid_t zone_uid(const struct zone *zone); /* who created it */
size_t zone_records(const struct zone *zone);

enum zone_lookup {
        ZONE_FOUND,    /* the name is there: *ret_node is it (perhaps without the type: NODATA) */
        ZONE_EMPTY,    /* an empty non-terminal, or covered by a wildcard that is one: NODATA */
        ZONE_WILDCARD, /* *ret_node is the wildcard that covers the name (RFC 4592); has RRsets */
        ZONE_ABSENT,   /* NXDOMAIN */
        ZONE_CUT,      /* at or below a delegation, whose NS *ret_node has (RFC 1034 4.2.1) */
        ZONE_DNAME,    /* below *ret_node, which has a DNAME (RFC 6672) */
};

/* NAME must be below the zone's apex. The apex always exists, even with no records. *RET_NODE is NULL where
 * nothing is said of it above. */
enum zone_lookup zone_lookup(
        const struct zone *zone, const struct name *name, const struct zone_node **ret_node);

/* Exactly NAME, be it hidden by a delegation, no wildcards, no empty non-terminals; or NULL. */
const struct zone_node *zone_find_node(const struct zone *zone, const struct name *name);

const struct rrset *zone_node_rrset(const struct zone_node *node, uint16_t type); /* or NULL */
const struct rrset *zone_node_next(
        const struct zone_node *node, const struct rrset *set); /* NULL: the first */
void zone_node_name(const struct zone_node *node, struct name *ret);

/*
 * Names that have RRsets, in canonical order. *RET is a malloc'ed array of *RET_N node pointers, good until
 * the next change. -ENOMEM.
 */
int zone_list_nodes(const struct zone *zone, const struct zone_node ***ret, size_t *ret_n);

/*
 * The SOA's rdata, uncompressed, into BUF; returns its size. It is the given one or, for want of it,
 * synthesised; the serial is the zone's own in both.
 */
#define ZONE_SOA_RDATA_MAX (2 * NAME_SIZE_MAX + 20)
uint16_t zone_soa_rdata(const struct zone *zone, uint8_t buf[ZONE_SOA_RDATA_MAX]);
uint32_t zone_soa_ttl(const struct zone *zone);      /* seconds */
uint32_t zone_negative_ttl(const struct zone *zone); /* how long absence may be cached: RFC 2308 3 */
