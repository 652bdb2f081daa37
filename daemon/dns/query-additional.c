/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Addresses that a client will ask for next (RFC 1034 4.3.2, 6), and referrals with their glue. */

#include "daemon/dns/query-zone.h"
#include "daemon/dns/rdata.h"

/* Hosts whose addresses an answer may carry beside it: those of an RRset of thousands would only cost time.
 */
#define HOSTS_MAX 32

/* Hosts that were looked at. */
struct hosts {
        struct name names[HOSTS_MAX];
        size_t n;
};

/* Notes HOST; false: it is there already, or there are too many. */
static bool note_host(struct hosts *hosts, const struct name *host)
{
        for (size_t i = 0; i < hosts->n; i++)
                if (name_equal(&hosts->names[i], host))
                        return false;
        if (hosts->n == ELEMENTSOF(hosts->names))
                return false;
        hosts->names[hosts->n++] = *host;
        return true;
}

/* Where rdata of TYPE names a host (RFC 1035 3.3.9, 3.3.11, RFC 2782, RFC 9460 4.1); -1: nowhere. */
static int host_offset(uint16_t type)
{
        switch (type) {
        case RDATA_NS:
                return 0;
        case RDATA_MX:
        case RDATA_SVCB:
        case RDATA_HTTPS:
                return 2;
        case RDATA_SRV:
                return 6;
        default:
                return -1;
        }
}

/* The host that E names; in SVCB's kin the root stands for OWNER (RFC 9460 2.5.2). */
static bool read_host(uint16_t type, const struct name *owner, const struct rrset_entry *e, struct name *ret)
{
        struct wire r = wire_reader(e->rdata, e->size);

        (void)wire_take(&r, (size_t)host_offset(type));
        if (name_read(&r, ret) < 0)
                return false;
        if (name_is_root(ret) && (type == RDATA_SVCB || type == RDATA_HTTPS))
                *ret = *owner;
        return true;
}

/* Where HOST's addresses are: in ZONE (NULL: none), glue below a cut too, else in the zone that answers for
 * it. */
static const struct zone_node *find_host(
        const struct zone_store *zones, const struct zone *zone, const struct name *host)
{
        const struct zone_node *node = NULL;

        if (zone && name_is_below(host, zone_apex(zone)))
                node = zone_find_node(zone, host);
        if (node)
                return node;
        zone = zone_store_match(zones, host);
        if (!zone)
                return NULL;
        node = zone_find_node(zone, host);
        if (node)
                return node;
        return zone_lookup(zone, host, &node) == ZONE_WILDCARD ? node : NULL;
}

/* Whether all addresses of HOST that are known have found room. */
static bool add_host(struct packet_writer *p, const struct name *host, const struct zone_node *node)
{
        static const uint16_t types[] = {RDATA_A, RDATA_AAAA};
        bool whole = true;

        for (size_t i = 0; node && i < ELEMENTSOF(types); i++) {
                const struct rrset *set = zone_node_rrset(node, types[i]);

                if (set && !packet_writer_add_rrset(p, PACKET_ADDITIONAL, host, set))
                        whole = false;
        }
        return whole;
}

void query_add_addresses(const struct zone_store *zones, struct packet_writer *p, const struct name *owner,
        const struct rrset *set)
{
        struct hosts hosts;

        if (host_offset(set->type) < 0)
                return;
        hosts.n = 0;
        for (const struct rrset_entry *e = rrset_next(set, NULL); e; e = rrset_next(set, e)) {
                struct name host;

                if (read_host(set->type, owner, e, &host) && note_host(&hosts, &host))
                        add_host(p, &host, find_host(zones, NULL, &host));
        }
}

/* The glue of the servers within the delegation, without which nobody reaches it, or that of the others. */
static bool add_glue(const struct zone_store *zones, struct packet_writer *p, const struct zone *zone,
        const struct name *cut, const struct rrset *set, bool within)
{
        bool whole = true;

        for (const struct rrset_entry *e = rrset_next(set, NULL); e; e = rrset_next(set, e)) {
                struct name host;

                if (read_host(set->type, cut, e, &host) && name_is_below(&host, cut) == within &&
                        !add_host(p, &host, find_host(zones, zone, &host)))
                        whole = false;
        }
        return whole;
}

void query_refer(const struct zone_store *zones, struct packet_writer *p, const struct zone *zone,
        const struct zone_node *node)
{
        const struct rrset *set = zone_node_rrset(node, RDATA_NS);
        struct name cut;

        zone_node_name(node, &cut);
        if (!packet_writer_add_rrset(p, PACKET_AUTHORITY, &cut, set))
                return;
        if (!add_glue(zones, p, zone, &cut, set, true))
                p->truncated = true;
        add_glue(zones, p, zone, &cut, set, false);
}
