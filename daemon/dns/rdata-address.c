/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/rdata-field.h"

#include <arpa/inet.h>

static int read_address(struct rdata_reader *r, const char *field, int family, size_t size, const char *what)
{
        char text[INET6_ADDRSTRLEN];
        struct rdata_token token;
        uint8_t address[16];
        int k;

        k = rdata_next_word(r, field, &token);
        if (k < 0)
                return k;
        if (!rdata_token_copy(&token, text, sizeof(text)) || inet_pton(family, text, address) != 1)
                return rdata_refuse(r, field, &token, what);
        wire_write(&r->w, address, size);
        return 0;
}

static bool print_address(struct rdata_printer *p, struct wire *w, int family, size_t size)
{
        const uint8_t *address = wire_take(w, size);
        char text[INET6_ADDRSTRLEN];

        if (!address || p->checking)
                return address;
        rdata_print_next(p);
        rdata_print(p, "%s", inet_ntop(family, address, text, sizeof(text)));
        return true;
}

static int read_address4(struct rdata_reader *r, const char *field)
{
        return read_address(r, field, AF_INET, 4, "an IPv4 address");
}

static bool print_address4(struct rdata_printer *p, struct wire *w)
{
        return print_address(p, w, AF_INET, 4);
}

const struct rdata_kind rdata_address4 = {read_address4, print_address4};

static int read_address6(struct rdata_reader *r, const char *field)
{
        return read_address(r, field, AF_INET6, 16, "an IPv6 address");
}

static bool print_address6(struct rdata_printer *p, struct wire *w)
{
        return print_address(p, w, AF_INET6, 16);
}

const struct rdata_kind rdata_address6 = {read_address6, print_address6};

/* GROUPS of OCTETS each in hexadecimal, all digits there, with SEPARATOR between them. */
static int read_groups(struct rdata_reader *r, const char *field, size_t groups, size_t octets,
        char separator, const char *what)
{
        size_t width = 2 * octets + 1;
        struct rdata_token token;
        int k;

        k = rdata_next_word(r, field, &token);
        if (k < 0)
                return k;
        if (token.size != groups * width - 1)
                return rdata_refuse(r, field, &token, what);
        for (size_t i = 0; i < groups; i++) {
                if (i > 0 && token.start[i * width - 1] != separator)
                        return rdata_refuse(r, field, &token, what);
                if (!rdata_read_hex(&r->w, token.start + i * width, width - 1))
                        return rdata_refuse(r, field, &token, what);
        }
        return 0;
}

static bool print_groups(
        struct rdata_printer *p, struct wire *w, size_t groups, size_t octets, char separator)
{
        const uint8_t *data = wire_take(w, groups * octets);

        if (!data)
                return false;
        rdata_print_next(p);
        for (size_t i = 0; i < groups; i++) {
                if (i > 0)
                        rdata_print_octets(p, &separator, 1);
                rdata_print_hex(p, data + i * octets, octets);
        }
        return true;
}

static int read_eui48(struct rdata_reader *r, const char *field)
{
        return read_groups(r, field, 6, 1, '-', "an address as 00-00-5e-00-53-2a");
}

static bool print_eui48(struct rdata_printer *p, struct wire *w)
{
        return print_groups(p, w, 6, 1, '-');
}

const struct rdata_kind rdata_eui48 = {read_eui48, print_eui48};

static int read_eui64(struct rdata_reader *r, const char *field)
{
        return read_groups(r, field, 8, 1, '-', "an address as 00-00-5e-ef-10-00-00-2a");
}

static bool print_eui64(struct rdata_printer *p, struct wire *w)
{
        return print_groups(p, w, 8, 1, '-');
}

const struct rdata_kind rdata_eui64 = {read_eui64, print_eui64};

/* RFC 6742 2.1.2: as an IPv6 address has it, but for "::"; so leading zeros may be left out. */
static bool parse_locator(const struct rdata_token *token, struct wire *w)
{
        const char *p = token->start, *end = p + token->size;

        for (unsigned int groups = 1;; groups++) {
                unsigned int value = 0, digits = 0;

                for (; p < end && rdata_hex_digit(*p) >= 0; p++, digits++)
                        value = value << 4 | (unsigned int)rdata_hex_digit(*p);
                if (digits == 0 || digits > 4)
                        return false;
                wire_write_u16(w, (uint16_t)value);
                if (groups == 4)
                        return p == end;
                if (p == end || *p++ != ':')
                        return false;
        }
}

static int read_locator64(struct rdata_reader *r, const char *field)
{
        struct rdata_token token;
        int k;

        k = rdata_next_word(r, field, &token);
        if (k < 0)
                return k;
        if (!parse_locator(&token, &r->w))
                return rdata_refuse(r, field, &token, "64 bits as 2001:0db8:1140:1000");
        return 0;
}

static bool print_locator64(struct rdata_printer *p, struct wire *w)
{
        return print_groups(p, w, 4, 2, ':');
}

const struct rdata_kind rdata_locator64 = {read_locator64, print_locator64};

/* Whole octets in hexadecimal, with dots wherever one likes. */
static bool parse_dotted(const char *text, size_t n, struct wire *w)
{
        int high = -1;
        size_t written = 0;

        for (size_t i = 0; i < n; i++) {
                int digit = rdata_hex_digit(text[i]);

                if (text[i] == '.')
                        continue;
                if (digit < 0)
                        return false;
                if (high >= 0) {
                        wire_write_u8(w, (uint8_t)(high << 4 | digit));
                        written++;
                }
                high = high >= 0 ? -1 : digit;
        }
        return high < 0 && written > 0;
}

/* RFC 1706 7. */
static int read_nsap(struct rdata_reader *r, const char *field)
{
        struct rdata_token token;
        int k;

        k = rdata_next_word(r, field, &token);
        if (k < 0)
                return k;
        if (token.size < 2 || strncasecmp(token.start, "0x", 2) != 0 ||
                !parse_dotted(token.start + 2, token.size - 2, &r->w))
                return rdata_refuse(r, field, &token, "\"0x\" and octets in hexadecimal");
        return 0;
}

static bool print_nsap(struct rdata_printer *p, struct wire *w)
{
        size_t size = wire_left(w);
        const uint8_t *data = wire_take(w, size);

        if (!data || size == 0)
                return false;
        rdata_print_next(p);
        rdata_print(p, "0x");
        rdata_print_hex(p, data, size);
        return true;
}

const struct rdata_kind rdata_nsap = {read_nsap, print_nsap};

/* ATM Forum, AF-DANS-0152.000 5: after an octet for the format, an AESA, or the digits of E.164. */
enum { ATMA_AESA = 0, ATMA_E164 = 1 };

static bool all_digits(const char *text, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (text[i] < '0' || text[i] > '9')
                        return false;
        return n > 0;
}

static int read_atma(struct rdata_reader *r, const char *field)
{
        struct rdata_token token;
        int k;

        k = rdata_next_word(r, field, &token);
        if (k < 0)
                return k;
        if (*token.start == '+') {
                wire_write_u8(&r->w, ATMA_E164);
                wire_write(&r->w, token.start + 1, token.size - 1);
                if (all_digits(token.start + 1, token.size - 1))
                        return 0;
        } else {
                wire_write_u8(&r->w, ATMA_AESA);
                if (parse_dotted(token.start, token.size, &r->w))
                        return 0;
        }
        return rdata_refuse(r, field, &token, "octets in hexadecimal, or \"+\" and digits");
}

static bool print_atma(struct rdata_printer *p, struct wire *w)
{
        uint8_t format = wire_read_u8(w);
        size_t size = wire_left(w);
        const uint8_t *data = wire_take(w, size);

        if (!data || size == 0 || format > ATMA_E164)
                return false;
        rdata_print_next(p);
        if (format == ATMA_AESA)
                rdata_print_hex(p, data, size);
        else {
                if (!all_digits((const char *)data, size))
                        return false;
                rdata_print(p, "+");
                rdata_print_octets(p, (const char *)data, size);
        }
        return true;
}

const struct rdata_kind rdata_atma = {read_atma, print_atma};
