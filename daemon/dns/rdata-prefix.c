/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* APL, lists of address prefixes (RFC 3123). */

#include "daemon/dns/rdata-field.h"

#include <arpa/inet.h>

#define NEGATION 0x80

static const struct family {
        uint16_t number; /* IANA's */
        int family;
        uint8_t size;
} families[] = {{1, AF_INET, 4}, {2, AF_INET6, 16}};

static const struct family *family_find(uint64_t number)
{
        for (size_t i = 0; i < ELEMENTSOF(families); i++)
                if (families[i].number == number)
                        return &families[i];
        return NULL;
}

/* [!]FAMILY:ADDRESS/PREFIX. Zero octets at the end of the address are not sent (4.2). */
static bool parse_prefix(const struct rdata_token *token, struct wire *w)
{
        const char *p = token->start, *end = p + token->size, *colon, *slash;
        char text[INET6_ADDRSTRLEN];
        const struct family *family;
        uint64_t number, prefix;
        uint8_t address[16], size;
        bool negated = *p == '!';

        p += negated;
        colon = memchr(p, ':', (size_t)(end - p));
        slash = memchr(p, '/', (size_t)(end - p));
        if (!colon || !slash || slash < colon ||
                !rdata_read_digits(p, (size_t)(colon - p), UINT16_MAX, &number))
                return false;
        family = family_find(number);
        if (!family || !rdata_read_digits(slash + 1, (size_t)(end - slash - 1), 8U * family->size, &prefix))
                return false;
        const struct rdata_token rest = {.start = colon + 1, .size = (size_t)(slash - colon - 1)};
        if (!rdata_token_copy(&rest, text, sizeof(text)) || inet_pton(family->family, text, address) != 1)
                return false;

        for (size = family->size; size > 0 && address[size - 1] == 0;)
                size--;
        wire_write_u16(w, family->number);
        wire_write_u8(w, (uint8_t)prefix);
        wire_write_u8(w, (uint8_t)(size | (negated ? NEGATION : 0)));
        wire_write(w, address, size);
        return true;
}

static int read_prefixes(struct rdata_reader *r, const char *field)
{
        struct rdata_token token;
        int k;

        while (rdata_more(r)) {
                k = rdata_next_word(r, field, &token);
                if (k < 0)
                        return k;
                if (!parse_prefix(&token, &r->w))
                        return rdata_refuse(
                                r, field, &token, "an item as 1:192.0.2.0/24 or !2:2001:db8::/32");
        }
        return 0;
}

static bool print_prefix(struct rdata_printer *p, struct wire *w)
{
        const struct family *family = family_find(wire_read_u16(w));
        uint8_t prefix = wire_read_u8(w), size = wire_read_u8(w);
        const uint8_t *data = wire_take(w, size & ~NEGATION);
        uint8_t address[16] = {};
        char text[INET6_ADDRSTRLEN];
        bool negated = size & NEGATION;

        size &= (uint8_t)~NEGATION;
        if (!data || !family || prefix > 8U * family->size || size > family->size)
                return false;
        if (size > 0 && data[size - 1] == 0)
                return false;
        memcpy(address, data, size);
        rdata_print_next(p);
        if (!p->checking)
                rdata_print(p, "%s%u:%s/%u", negated ? "!" : "", family->number,
                        inet_ntop(family->family, address, text, sizeof(text)), prefix);
        return true;
}

static bool print_prefixes(struct rdata_printer *p, struct wire *w)
{
        while (wire_left(w) > 0)
                if (!print_prefix(p, w))
                        return false;
        return true;
}

const struct rdata_kind rdata_prefixes = {read_prefixes, print_prefixes};
