/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/auto-ptr.h"

#include "daemon/dns/auto-ptr-index.h"
#include "daemon/dns/rdata.h"
#include "daemon/dns/zone-internal.h"

/* Records of one address that are looked at, hidden ones too. */
#define LINKS_MAX (4 * AUTO_PTR_MAX)

/* What an address has. */
struct found {
        struct packet_rdata owners[AUTO_PTR_MAX];
        size_t n;
        uint32_t ttl; /* smallest: one RRset has one TTL (RFC 2181 5.2) */
        const struct zone *zone;
};

/* A label of up to three digits without needless zeros; false: not an octet. */
static bool read_octet(struct wire *r, uint8_t *ret)
{
        uint8_t length = wire_read_u8(r);
        const uint8_t *label = wire_take(r, length);
        unsigned int n = 0;

        if (!label || length < 1 || length > 3 || (length > 1 && label[0] == '0'))
                return false;
        for (size_t i = 0; i < length; i++) {
                if (label[i] < '0' || label[i] > '9')
                        return false;
                n = n * 10 + (unsigned int)(label[i] - '0');
        }
        *ret = (uint8_t)n;
        return n <= UINT8_MAX;
}

/* A label of one hexadecimal digit, in lower case as names are. */
static bool read_nibble(struct wire *r, uint8_t *ret)
{
        uint8_t length = wire_read_u8(r);
        const uint8_t *label = wire_take(r, length);

        if (!label || length != 1)
                return false;
        if (label[0] >= '0' && label[0] <= '9')
                *ret = (uint8_t)(label[0] - '0');
        else if (label[0] >= 'a' && label[0] <= 'f')
                *ret = (uint8_t)(label[0] - 'a' + 10);
        else
                return false;
        return true;
}

static bool ends_with(const struct wire *r, const char *domain, size_t size)
{
        return !r->failed && wire_left(r) == size && memcmp(r->data + r->position, domain, size) == 0;
}

/* The address whose reverse name NAME is, and its size: 4, 16, or 0. */
static size_t read_address(const struct name *name, uint8_t address[16])
{
        static const char in_addr[] = "\007in-addr\004arpa", ip6[] = "\003ip6\004arpa";
        struct wire r = wire_reader(name->wire, name->size);
        unsigned int labels = name_labels(name);
        uint8_t low, high;

        if (labels == 4 + 2) {
                for (size_t i = 4; i-- > 0;)
                        if (!read_octet(&r, &address[i]))
                                return 0;
                return ends_with(&r, in_addr, sizeof(in_addr)) ? 4 : 0;
        }
        if (labels == 32 + 2) {
                for (size_t i = 16; i-- > 0;) {
                        if (!read_nibble(&r, &low) || !read_nibble(&r, &high))
                                return 0;
                        address[i] = (uint8_t)(high << 4 | low);
                }
                return ends_with(&r, ip6, sizeof(ip6)) ? 16 : 0;
        }
        return 0;
}

/* Whether a query for LINK's owner would find LINK's record. */
static bool is_visible(const struct zone_store *zones, const struct auto_ptr_link *link)
{
        const struct zone_node *node;
        struct name owner;

        zone_node_name(link->node, &owner);
        return zone_store_match(zones, &owner) == link->zone &&
               zone_lookup(link->zone, &owner, &node) == ZONE_FOUND;
}

static void collect(const struct zone_store *zones, const uint8_t *address, size_t size, struct found *ret)
{
        const struct auto_ptr_link *link = auto_ptr_index_first(zones, address, size);

        ret->n = 0;
        ret->ttl = UINT32_MAX;
        for (size_t i = 0; link && i < LINKS_MAX && ret->n < AUTO_PTR_MAX;
                i++, link = auto_ptr_index_next(zones, link)) {
                if (!is_visible(zones, link))
                        continue;
                if (ret->n == 0)
                        ret->zone = link->zone;
                ret->owners[ret->n++] =
                        (struct packet_rdata){.data = link->node->wire, .size = link->node->size};
                ret->ttl = MIN(ret->ttl, link->set->ttl);
        }
}

/* Whether ZONE, which is around NAME, answers for it with data, a referral or a redirection. */
static bool zone_has(const struct zone *zone, const struct name *name)
{
        const struct zone_node *node;
        enum zone_lookup lookup = zone_lookup(zone, name, &node);

        return lookup != ZONE_ABSENT && lookup != ZONE_EMPTY;
}

/* RFC 2308 2: with the SOA of the zone around it, if there is one. */
static bool add_soa(struct packet_writer *p, enum packet_section section, const struct zone *around,
        const struct zone *zone)
{
        uint8_t buf[ZONE_SOA_RDATA_MAX];

        if (around)
                return packet_writer_add_soa(p, section, around, zone_negative_ttl(around));
        const struct packet_rdata rdata = {.data = buf, .size = zone_soa_rdata(zone, buf)};
        return packet_writer_add(p, section, &p->query->name, RDATA_SOA, zone_negative_ttl(zone), &rdata, 1);
}

enum query_outcome auto_ptr_answer(
        const struct zone_store *zones, struct packet_writer *p, const struct zone **ret_zone)
{
        const struct name *name = &p->query->name;
        uint16_t type = p->query->type;
        const struct zone *around;
        struct found found;
        uint8_t address[16];
        size_t size;

        if (!zones->addresses)
                return QUERY_OUTCOME_NONE;
        size = read_address(name, address);
        if (size == 0)
                return QUERY_OUTCOME_NONE;
        around = zone_store_match(zones, name);
        if (around && zone_has(around, name))
                return QUERY_OUTCOME_NONE;
        collect(zones, address, size, &found);
        if (found.n == 0)
                return QUERY_OUTCOME_NONE;

        *ret_zone = found.zone;
        p->flags |= PACKET_FLAG_AA;
        if (type == RDATA_PTR || type == RDATA_ANY) {
                packet_writer_add(p, PACKET_ANSWER, name, RDATA_PTR, found.ttl, found.owners, found.n);
                return QUERY_OUTCOME_ANSWERED;
        }
        if (type == RDATA_SOA && !around) {
                add_soa(p, PACKET_ANSWER, NULL, found.zone);
                return QUERY_OUTCOME_ANSWERED;
        }
        add_soa(p, PACKET_AUTHORITY, around, found.zone);
        return QUERY_OUTCOME_NODATA;
}
