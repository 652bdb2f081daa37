/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What zone.c and zone-store.c share with each other and with change-*.c, the only writer.
 *
 * A node is in its zone's table as long as it has RRsets, or something holds it: a node below it, or a change
 * that may put RRsets there or back. It exists, in the sense of the DNS, when it has RRsets or a node below
 * it exists; held nodes that do not exist are not seen by look-ups. So a change takes all the memory that it
 * needs while it is built, and applying and reverting it only swap pointers.
 */

#include "daemon/dns/rrset.h"
#include "daemon/dns/siphash.h"
#include "daemon/dns/table.h"
#include "daemon/dns/zone.h"

/* RRsets of one name at most: they are found one behind the other. */
#define ZONE_NODE_RRSETS_MAX 256

struct zone_node {
        struct rrset *sets; /* by type, ascending */
        struct zone_node *parent;
        uint32_t refs;  /* nodes right below it, and holders */
        uint32_t below; /* nodes right below it that exist */
        uint32_t hash;
        uint8_t size;
        uint8_t barriers; /* ZONE_BARRIER_… */
        uint8_t wire[];
};

/* What hides the names below it (and, a zone cut, itself): kept with the node, so that walking up is cheap.
 */
enum {
        ZONE_BARRIER_CUT = 1 << 0, /* NS, not at the apex */
        ZONE_BARRIER_DNAME = 1 << 1,
};

struct zone {
        struct zone_store *store;
        struct zone *previous, *next; /* in the store; kept when detached, to come back to the same place */
        bool attached;
        unsigned int refs;
        struct name apex;
        struct zone_node *top; /* the apex's, held by the zone */
        uint32_t hash;
        uint64_t flags;
        uint64_t serial;
        uid_t uid;
        struct table nodes;
        size_t records;
        size_t memory;    /* nodes and RRsets */
        size_t wildcards; /* nodes with the leftmost label "*" that exist */
        size_t barriers;  /* RRsets that are one */
};

struct zone_store {
        struct siphash_key key;
        struct table zones; /* by apex */
        struct zone *first, *last;
        size_t n_zones;
        size_t records;
        struct auto_ptr_link *addresses;    /* daemon/dns/auto-ptr-index.h */
        size_t depths[NAME_LABELS_MAX + 1]; /* zones by number of labels of the apex */
};

/* A zone outside of the store, with one reference. -ENOMEM. */
int zone_new(struct zone_store *store, const struct name *apex, uint64_t flags, uid_t uid, struct zone **ret);
struct zone *zone_ref(struct zone *zone);
struct zone *zone_unref(struct zone *zone); /* the last one frees it with all its content */
DEFINE_CLEANUP(struct zone *, zone_unref)

/* Makes room for N zones more. */
int zone_store_reserve(struct zone_store *store, size_t n);
/* The store takes a reference of its own. No zone of the same apex may be there. Needs room. */
void zone_store_attach(struct zone_store *store, struct zone *zone);
/* Drops the store's reference. Where zones are detached and attached in reverse order, each is in its former
 * place. */
void zone_store_detach(struct zone_store *store, struct zone *zone);

/* The node of NAME (below the apex), made if need be; the caller holds it. -ENOMEM. */
int zone_hold_node(struct zone *zone, const struct name *name, struct zone_node **ret);
/* The node of NAME, be it only held; or NULL. */
struct zone_node *zone_peek_node(const struct zone *zone, const struct name *name);
void zone_release_node(struct zone *zone, struct zone_node *node);

/* Puts SET (NULL: none) in the place of NODE's RRset of TYPE, which is returned (or NULL). NODE is held. */
struct rrset *zone_swap_rrset(struct zone *zone, struct zone_node *node, uint16_t type, struct rrset *set);

/* Walks all nodes, held ones too, in no order; *POSITION from 0; NULL at the end. */
struct zone_node *zone_next_node(const struct zone *zone, size_t *position);

static inline bool zone_node_is_wildcard(const struct zone_node *node)
{
        return node->wire[0] == 1 && node->wire[1] == '*';
}

static inline bool zone_node_exists(const struct zone_node *node)
{
        return node->sets || node->below > 0;
}
