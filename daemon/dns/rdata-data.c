/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/rdata-field.h"

/* Hexadecimal digits may be cut into words anywhere, in the middle of an octet too. */
static int read_hex(struct rdata_reader *r, const char *field)
{
        struct rdata_token token;
        int high = -1, k;

        do {
                k = rdata_next_word(r, field, &token);
                if (k < 0)
                        return k;
                for (size_t i = 0; i < token.size; i++) {
                        int digit = rdata_hex_digit(token.start[i]);

                        if (digit < 0)
                                return rdata_refuse(r, field, &token, "hexadecimal");
                        if (high >= 0)
                                wire_write_u8(&r->w, (uint8_t)(high << 4 | digit));
                        high = high >= 0 ? -1 : digit;
                }
        } while (rdata_more(r));
        return high >= 0 ? rdata_refuse(r, field, &token, "hexadecimal: an odd number of digits") : 0;
}

static bool print_hex(struct rdata_printer *p, struct wire *w)
{
        size_t size = wire_left(w);
        const uint8_t *data = wire_take(w, size);

        if (!data || size == 0)
                return false;
        rdata_print_next(p);
        rdata_print_hex(p, data, size);
        return true;
}

const struct rdata_kind rdata_hex = {read_hex, print_hex};

static const char alphabet64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct base64 {
        uint32_t bits;
        unsigned int n, padding; /* characters of a group of four, and how many of them are '=' */
        bool ended;
};

/* RFC 4648 4, as strict as 3.5 lets: bits that no octet takes are 0. */
static bool base64_add(struct base64 *b, struct wire *w, char c)
{
        const char *digit = c != '\0' ? strchr(alphabet64, c) : NULL;

        if (b->ended || (!digit && c != '=') || (digit && b->padding > 0))
                return false;
        b->bits = b->bits << 6 | (digit ? (uint32_t)(digit - alphabet64) : 0);
        b->padding += !digit;
        if (++b->n < 4)
                return true;
        if (b->padding > 2 || (b->bits & ((1U << 8 * b->padding) - 1)) != 0)
                return false;
        for (unsigned int i = 0; i < 3 - b->padding; i++)
                wire_write_u8(w, (uint8_t)(b->bits >> (16 - 8 * i)));
        *b = (struct base64){.ended = b->padding > 0};
        return true;
}

static bool base64_word(struct base64 *b, struct wire *w, const char *text, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (!base64_add(b, w, text[i]))
                        return false;
        return true;
}

bool rdata_read_base64(struct wire *w, const char *text, size_t n)
{
        struct base64 b = {};

        return base64_word(&b, w, text, n) && b.n == 0;
}

static int read_base64(struct rdata_reader *r, const char *field)
{
        struct rdata_token token;
        struct base64 b = {};
        int k;

        do {
                k = rdata_next_word(r, field, &token);
                if (k < 0)
                        return k;
                if (!base64_word(&b, &r->w, token.start, token.size))
                        return rdata_refuse(r, field, &token, "base64");
        } while (rdata_more(r));
        return b.n > 0 ? rdata_refuse(r, field, &token, "base64: its end is missing") : 0;
}

void rdata_print_base64(struct rdata_printer *p, const uint8_t *data, size_t n)
{
        for (size_t i = 0; !p->checking && i < n; i += 3) {
                uint32_t bits = (uint32_t)data[i] << 16 | (i + 1 < n ? (uint32_t)data[i + 1] << 8 : 0) |
                                (i + 2 < n ? data[i + 2] : 0);
                const char group[] = {alphabet64[bits >> 18], alphabet64[bits >> 12 & 63],
                        i + 1 < n ? alphabet64[bits >> 6 & 63] : '=',
                        i + 2 < n ? alphabet64[bits & 63] : '='};

                rdata_print_octets(p, group, sizeof(group));
        }
}

static bool print_base64(struct rdata_printer *p, struct wire *w)
{
        size_t size = wire_left(w);
        const uint8_t *data = wire_take(w, size);

        if (!data || size == 0)
                return false;
        rdata_print_next(p);
        rdata_print_base64(p, data, size);
        return true;
}

const struct rdata_kind rdata_base64 = {read_base64, print_base64};

static int read_base64_optional(struct rdata_reader *r, const char *field)
{
        return rdata_more(r) ? read_base64(r, field) : 0;
}

static bool print_base64_optional(struct rdata_printer *p, struct wire *w)
{
        return !w->failed && (wire_left(w) == 0 || print_base64(p, w));
}

const struct rdata_kind rdata_base64_optional = {read_base64_optional, print_base64_optional};

/* RFC 5155 3.3: "-" is an empty salt. */
static int read_salt(struct rdata_reader *r, const char *field)
{
        struct rdata_token token;
        uint8_t octets[UINT8_MAX];
        struct wire w = wire_writer(octets, sizeof(octets));
        int k;

        k = rdata_next_word(r, field, &token);
        if (k < 0)
                return k;
        if (!rdata_token_is(&token, "-") && (!rdata_read_hex(&w, token.start, token.size) || w.failed))
                return rdata_refuse(r, field, &token, "1 to 255 octets in hexadecimal, or \"-\"");
        wire_write_u8(&r->w, (uint8_t)w.position);
        wire_write(&r->w, octets, w.position);
        return 0;
}

static bool print_salt(struct rdata_printer *p, struct wire *w)
{
        uint8_t size = wire_read_u8(w);
        const uint8_t *data = wire_take(w, size);

        if (!data)
                return false;
        rdata_print_next(p);
        if (size == 0)
                rdata_print(p, "-");
        rdata_print_hex(p, data, size);
        return true;
}

const struct rdata_kind rdata_salt = {read_salt, print_salt};

static const char alphabet32[] = "0123456789abcdefghijklmnopqrstuv";

/* RFC 4648 7 (base32hex), without padding (RFC 5155 3.3); a last character that adds no octet is an error. */
static bool base32_word(struct wire *w, const struct rdata_token *token)
{
        uint32_t bits = 0;
        unsigned int n = 0;

        for (size_t i = 0; i < token->size; i++) {
                char c = token->start[i];
                const char *digit = strchr(alphabet32, c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);

                if (!digit || c == '\0')
                        return false;
                bits = bits << 5 | (uint32_t)(digit - alphabet32);
                n += 5;
                if (n >= 8) {
                        n -= 8;
                        wire_write_u8(w, (uint8_t)(bits >> n));
                        bits &= (1U << n) - 1;
                }
        }
        return n < 5 && bits == 0;
}

static int read_next_hash(struct rdata_reader *r, const char *field)
{
        struct rdata_token token;
        uint8_t octets[UINT8_MAX];
        struct wire w = wire_writer(octets, sizeof(octets));
        int k;

        k = rdata_next_word(r, field, &token);
        if (k < 0)
                return k;
        if (!base32_word(&w, &token) || w.failed)
                return rdata_refuse(r, field, &token, "1 to 255 octets in base32hex without padding");
        wire_write_u8(&r->w, (uint8_t)w.position);
        wire_write(&r->w, octets, w.position);
        return 0;
}

static void print_base32(struct rdata_printer *p, const uint8_t *data, size_t size)
{
        uint32_t bits = 0;
        unsigned int n = 0;

        for (size_t i = 0; i < size; i++) {
                bits = (bits << 8 | data[i]) & 0xffff;
                for (n += 8; n >= 5; n -= 5)
                        rdata_print_octets(p, &alphabet32[bits >> (n - 5) & 31], 1);
        }
        if (n > 0)
                rdata_print_octets(p, &alphabet32[bits << (5 - n) & 31], 1);
}

static bool print_next_hash(struct rdata_printer *p, struct wire *w)
{
        uint8_t size = wire_read_u8(w);
        const uint8_t *data = wire_take(w, size);

        if (!data || size == 0)
                return false;
        rdata_print_next(p);
        if (!p->checking)
                print_base32(p, data, size);
        return true;
}

const struct rdata_kind rdata_next_hash = {read_next_hash, print_next_hash};
