/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/special.h"

#include "daemon/dns/rdata.h"

#define LABELS_MAX 34 /* of the longest registered name: a whole IPv6 address, ip6, arpa */

/* Lengths of labels are octal escapes, of three digits always; the root's is the literal's own NUL. */
#define ARPA "\004arpa"
#define IN_ADDR "\007in-addr" ARPA
#define IP6 "\003ip6" ARPA
#define ZEROS8 "\0010\0010\0010\0010\0010\0010\0010\0010"
#define ZEROS31 "\0010\0010\0010\0010\0010\0010\0010" ZEROS8 ZEROS8 ZEROS8

#define DOMAIN(literal) .domain = (literal), .size = sizeof(literal)

#define REVERSE "special-use: reverse names of "
#define PRIVATE REVERSE "private addresses (RFC 6303)"
#define LOOPBACK REVERSE "loopback addresses (RFC 6303)"
#define LINK_LOCAL REVERSE "link-local addresses (RFC 6303)"
#define EXAMPLE REVERSE "addresses for examples (RFC 6303)"

static const struct registered {
        const char *domain; /* wire format */
        uint8_t size;
        enum special_kind kind;
        uint8_t first, last; /* the zones are each of these numbers below `domain`; `last` 0: it itself */
        const char *reason;
} registry[] = {
        {DOMAIN("\011localhost"), SPECIAL_LOCALHOST, 0, 0, "special-use: this host (RFC 6761)"},
        {DOMAIN("\007invalid"), SPECIAL_NXDOMAIN, 0, 0, "special-use: invalid names (RFC 6761)"},
        {DOMAIN("\004test"), SPECIAL_NXDOMAIN, 0, 0, "special-use: names for tests (RFC 6761)"},
        {DOMAIN("\005local"), SPECIAL_NXDOMAIN, 0, 0, "special-use: Multicast DNS (RFC 6762)"},
        {DOMAIN("\005onion"), SPECIAL_NXDOMAIN, 0, 0, "special-use: Tor services (RFC 7686)"},
        {DOMAIN("\003alt"), SPECIAL_NXDOMAIN, 0, 0, "special-use: names outside of the DNS (RFC 9476)"},
        {DOMAIN("\004home" ARPA), SPECIAL_EMPTY, 0, 0, "special-use: home network (RFC 8375)"},
        {DOMAIN("\007service" ARPA), SPECIAL_EMPTY, 0, 0, "special-use: services of this network (RFC 9665)"},
        {DOMAIN("\010resolver" ARPA), SPECIAL_NODATA, 0, 0, "special-use: this resolver itself (RFC 9462)"},

        {DOMAIN("\00210" IN_ADDR), SPECIAL_EMPTY, 0, 0, PRIVATE},
        {DOMAIN("\003172" IN_ADDR), SPECIAL_EMPTY, 16, 31, PRIVATE},
        {DOMAIN("\003168\003192" IN_ADDR), SPECIAL_EMPTY, 0, 0, PRIVATE},
        {DOMAIN("\0010" IN_ADDR), SPECIAL_EMPTY, 0, 0, REVERSE "this network (RFC 6303)"},
        {DOMAIN("\003127" IN_ADDR), SPECIAL_EMPTY, 0, 0, LOOPBACK},
        {DOMAIN("\003254\003169" IN_ADDR), SPECIAL_EMPTY, 0, 0, LINK_LOCAL},
        {DOMAIN("\0012\0010\003192" IN_ADDR), SPECIAL_EMPTY, 0, 0, EXAMPLE},
        {DOMAIN("\003100\00251\003198" IN_ADDR), SPECIAL_EMPTY, 0, 0, EXAMPLE},
        {DOMAIN("\003113\0010\003203" IN_ADDR), SPECIAL_EMPTY, 0, 0, EXAMPLE},
        {DOMAIN("\003255\003255\003255\003255" IN_ADDR), SPECIAL_EMPTY, 0, 0,
                REVERSE "the broadcast address (RFC 6303)"},
        {DOMAIN("\003100" IN_ADDR), SPECIAL_EMPTY, 64, 127, REVERSE "shared addresses (RFC 7793)"},

        {DOMAIN("\0010" ZEROS31 IP6), SPECIAL_EMPTY, 0, 0, REVERSE "the unspecified address (RFC 6303)"},
        {DOMAIN("\0011" ZEROS31 IP6), SPECIAL_LOOPBACK, 0, 0, LOOPBACK},
        {DOMAIN("\001d\001f" IP6), SPECIAL_EMPTY, 0, 0, REVERSE "unique local addresses (RFC 6303)"},
        {DOMAIN("\0018\001e\001f" IP6), SPECIAL_EMPTY, 0, 0, LINK_LOCAL},
        {DOMAIN("\0019\001e\001f" IP6), SPECIAL_EMPTY, 0, 0, LINK_LOCAL},
        {DOMAIN("\001a\001e\001f" IP6), SPECIAL_EMPTY, 0, 0, LINK_LOCAL},
        {DOMAIN("\001b\001e\001f" IP6), SPECIAL_EMPTY, 0, 0, LINK_LOCAL},
        {DOMAIN("\0018\001b\001d\0010\0011\0010\0010\0012" IP6), SPECIAL_EMPTY, 0, 0, EXAMPLE},
};

#define LOOPBACK4 "\0011\0010\0010\003127" IN_ADDR
#define LOCALHOST "\011localhost"

static const struct name loopback4 = {.size = sizeof(LOOPBACK4), .wire = LOOPBACK4};
static const struct name localhost = {.size = sizeof(LOCALHOST), .wire = LOCALHOST};

/* Whether LABEL is a number from FIRST to LAST, without zeros in front. */
static bool label_in_range(const uint8_t *label, uint8_t first, uint8_t last)
{
        unsigned int value = 0;

        if (*label == 0 || *label > 3 || label[1] == '0')
                return false;
        for (unsigned int i = 1; i <= *label; i++) {
                if (label[i] < '0' || label[i] > '9')
                        return false;
                value = value * 10 + label[i] - '0';
        }
        return value >= first && value <= last;
}

/* The entry of which SIZE octets at WIRE are the domain. */
static const struct registered *registry_find(const uint8_t *wire, size_t size)
{
        for (size_t i = 0; i < ELEMENTSOF(registry); i++) {
                const struct registered *r = &registry[i];
                size_t skip = r->last > 0 ? 1 + (size_t)*wire : 0;

                if (size == skip + r->size && memcmp(wire + skip, r->domain, r->size) == 0 &&
                        (r->last == 0 || label_in_range(wire, r->first, r->last)))
                        return r;
        }
        return NULL;
}

/* No registered name is below another, so the first that is found is the one. */
static const struct registered *registry_match(const struct name *name, const uint8_t **ret_domain)
{
        unsigned int labels = name_labels(name);
        const uint8_t *p = name->wire, *end = name->wire + name->size;

        for (; labels > 0; labels--, p += 1 + *p) {
                const struct registered *r;

                if (labels > LABELS_MAX)
                        continue;
                r = registry_find(p, (size_t)(end - p));
                if (r) {
                        *ret_domain = p;
                        return r;
                }
        }
        return NULL;
}

enum special_kind special_match(const struct name *name, struct special *ret)
{
        const uint8_t *domain;
        const struct registered *r = registry_match(name, &domain);
        enum special_kind kind;

        if (!r)
                return SPECIAL_NONE;
        kind = r->kind;
        if (name_equal(name, &loopback4))
                kind = SPECIAL_LOOPBACK;
        /* Only the address itself has that PTR. */
        else if (kind == SPECIAL_LOOPBACK && domain != name->wire)
                kind = SPECIAL_EMPTY;
        if (!ret)
                return kind;
        ret->kind = kind;
        ret->reason = r->reason;
        ret->domain.size = (uint8_t)(name->wire + name->size - domain);
        memcpy(ret->domain.wire, domain, ret->domain.size);
        return kind;
}

bool special_is_of_parent(const struct special *special, const struct name *name, uint16_t type)
{
        return type == RDATA_DS && special->kind != SPECIAL_NXDOMAIN && special->kind != SPECIAL_LOCALHOST &&
               name_equal(name, &special->domain);
}

/* RFC 6303 3. */
static void add_soa(struct packet_writer *p, enum packet_section section, const struct name *domain)
{
        static const uint8_t mailbox[] = "\6nobody\7invalid";
        static const uint32_t numbers[] = {1, 3600, 1200, 604800, SPECIAL_TTL};
        uint8_t buf[NAME_SIZE_MAX + sizeof(mailbox) + sizeof(numbers)];
        struct wire w = wire_writer(buf, sizeof(buf));

        wire_write(&w, domain->wire, domain->size);
        wire_write(&w, mailbox, sizeof(mailbox));
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                wire_write_u32(&w, numbers[i]);
        const struct packet_rdata rdata = {.data = buf, .size = (uint16_t)w.position};
        (void)packet_writer_add(p, section, domain, RDATA_SOA, SPECIAL_TTL, &rdata, 1);
}

static void add_one(
        struct packet_writer *p, const struct name *owner, uint16_t type, const void *data, uint16_t size)
{
        const struct packet_rdata rdata = {.data = data, .size = size};

        (void)packet_writer_add(p, PACKET_ANSWER, owner, type, SPECIAL_TTL, &rdata, 1);
}

static bool asks(const struct packet_writer *p, uint16_t type)
{
        return p->query->type == type;
}

/* One RRset does for ANY (RFC 8482 4.1). False: NODATA. */
static bool answer_localhost(struct packet_writer *p, const struct name *name)
{
        static const uint8_t address4[] = {127, 0, 0, 1};
        static const uint8_t address6[16] = {[15] = 1};

        if (asks(p, RDATA_A) || asks(p, RDATA_ANY))
                add_one(p, name, RDATA_A, address4, sizeof(address4));
        else if (asks(p, RDATA_AAAA))
                add_one(p, name, RDATA_AAAA, address6, sizeof(address6));
        else
                return false;
        return true;
}

static bool answer_loopback(struct packet_writer *p, const struct name *name)
{
        if (!asks(p, RDATA_PTR) && !asks(p, RDATA_ANY))
                return false;
        add_one(p, name, RDATA_PTR, localhost.wire, localhost.size);
        return true;
}

static bool answer_apex(struct packet_writer *p, const struct name *domain)
{
        if (asks(p, RDATA_SOA) || asks(p, RDATA_ANY))
                add_soa(p, PACKET_ANSWER, domain);
        else if (asks(p, RDATA_NS))
                add_one(p, domain, RDATA_NS, domain->wire, domain->size);
        else
                return false;
        return true;
}

/* Whether NAME is in the empty zone: its apex, or between it and the one name that is not empty. */
static bool exists(const struct special *special, const struct name *name)
{
        return name_equal(name, &special->domain) ||
               (name_is_below(&loopback4, &special->domain) && name_is_below(&loopback4, name));
}

enum packet_rcode special_answer(
        const struct special *special, const struct name *name, struct packet_writer *p)
{
        bool found = false, apex = name_equal(name, &special->domain);

        p->rcode = PACKET_NOERROR;
        switch (special->kind) {
        case SPECIAL_LOCALHOST:
                found = answer_localhost(p, name);
                break;
        case SPECIAL_LOOPBACK:
                found = answer_loopback(p, name) || (apex && answer_apex(p, name));
                break;
        case SPECIAL_EMPTY:
                found = apex && answer_apex(p, name);
                if (!exists(special, name))
                        p->rcode = PACKET_NXDOMAIN;
                break;
        case SPECIAL_NXDOMAIN:
                p->rcode = PACKET_NXDOMAIN;
                break;
        case SPECIAL_NODATA:
        case SPECIAL_NONE:
                break;
        }
        if (!found)
                add_soa(p, PACKET_AUTHORITY, &special->domain);
        return p->rcode;
}
