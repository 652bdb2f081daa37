/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/rdata-field.h"

#define STRING_MAX 255

/* Undoes the escapes of TOKEN; false where one is bad. */
static bool write_octets(struct wire *w, const struct rdata_token *token)
{
        const char *p = token->start, *end = p + token->size;
        uint8_t octet;

        while (p < end) {
                if (!rdata_read_octet(&p, end, &octet))
                        return false;
                wire_write_u8(w, octet);
        }
        return true;
}

static int write_string(struct rdata_reader *r, const char *field, const struct rdata_token *token)
{
        uint8_t octets[STRING_MAX];
        struct wire w = wire_writer(octets, sizeof(octets));

        if (!write_octets(&w, token))
                return rdata_refuse(
                        r, field, token, "a string: a backslash wants a character, or \\000 to \\255");
        if (w.failed)
                return rdata_refuse(r, field, token, "a string of 255 octets at most");
        wire_write_u8(&r->w, (uint8_t)w.position);
        wire_write(&r->w, octets, w.position);
        return 0;
}

static int read_string(struct rdata_reader *r, const char *field)
{
        struct rdata_token token;
        int k;

        k = rdata_next(r, field, &token);
        return k < 0 ? k : write_string(r, field, &token);
}

static bool print_string(struct rdata_printer *p, struct wire *w)
{
        uint8_t size = wire_read_u8(w);
        const uint8_t *data = wire_take(w, size);

        if (!data)
                return false;
        rdata_print_next(p);
        rdata_print_quoted(p, data, size);
        return true;
}

const struct rdata_kind rdata_string = {read_string, print_string};

static int read_optional(struct rdata_reader *r, const char *field)
{
        return rdata_more(r) ? read_string(r, field) : 0;
}

static bool print_optional(struct rdata_printer *p, struct wire *w)
{
        return wire_left(w) == 0 || print_string(p, w);
}

const struct rdata_kind rdata_string_optional = {read_optional, print_optional};

static int read_strings(struct rdata_reader *r, const char *field)
{
        int k;

        do
                k = read_string(r, field);
        while (k >= 0 && rdata_more(r));
        return k;
}

static bool print_strings(struct rdata_printer *p, struct wire *w)
{
        bool good;

        do
                good = print_string(p, w);
        while (good && wire_left(w) > 0);
        return good;
}

const struct rdata_kind rdata_strings = {read_strings, print_strings};

static int read_text(struct rdata_reader *r, const char *field)
{
        struct rdata_token token;
        int k;

        k = rdata_next(r, field, &token);
        if (k < 0)
                return k;
        if (!write_octets(&r->w, &token))
                return rdata_refuse(
                        r, field, &token, "text: a backslash wants a character, or \\000 to \\255");
        return 0;
}

static bool print_text(struct rdata_printer *p, struct wire *w)
{
        size_t size = wire_left(w);
        const uint8_t *data = wire_take(w, size);

        if (!data)
                return false;
        rdata_print_next(p);
        rdata_print_quoted(p, data, size);
        return true;
}

const struct rdata_kind rdata_text = {read_text, print_text};

static int read_text_filled(struct rdata_reader *r, const char *field)
{
        struct rdata_token token;
        const char *next = r->next;
        int k;

        k = rdata_next(r, field, &token);
        if (k < 0)
                return k;
        if (token.size == 0)
                return rdata_refuse(r, field, &token, "allowed to be empty");
        r->next = next;
        return read_text(r, field);
}

static bool print_text_filled(struct rdata_printer *p, struct wire *w)
{
        return wire_left(w) > 0 && print_text(p, w);
}

const struct rdata_kind rdata_text_filled = {read_text_filled, print_text_filled};

static bool is_alphanumeric(uint8_t c)
{
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 8659 4.1. Matched in any letter case, and kept as given. */
static bool tag_good(const uint8_t *data, size_t n)
{
        if (n == 0 || n > STRING_MAX)
                return false;
        for (size_t i = 0; i < n; i++)
                if (!is_alphanumeric(data[i]))
                        return false;
        return true;
}

static int read_tag(struct rdata_reader *r, const char *field)
{
        struct rdata_token token;
        int k;

        k = rdata_next_word(r, field, &token);
        if (k < 0)
                return k;
        if (!tag_good((const uint8_t *)token.start, token.size))
                return rdata_refuse(r, field, &token, "1 to 255 letters and digits");
        wire_write_u8(&r->w, (uint8_t)token.size);
        wire_write(&r->w, token.start, token.size);
        return 0;
}

static bool print_tag(struct rdata_printer *p, struct wire *w)
{
        uint8_t size = wire_read_u8(w);
        const uint8_t *data = wire_take(w, size);

        if (!data || !tag_good(data, size))
                return false;
        rdata_print_next(p);
        rdata_print_octets(p, (const char *)data, size);
        return true;
}

const struct rdata_kind rdata_tag = {read_tag, print_tag};

/* RFC 1183 3.1: the four digits of a network, then more. */
static bool psdn_good(const uint8_t *data, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (data[i] < '0' || data[i] > '9')
                        return false;
        return n >= 4;
}

static int read_psdn(struct rdata_reader *r, const char *field)
{
        struct rdata_token token;
        int k;

        k = rdata_next(r, field, &token);
        if (k < 0)
                return k;
        if (!psdn_good((const uint8_t *)token.start, token.size))
                return rdata_refuse(r, field, &token, "four digits or more");
        return write_string(r, field, &token);
}

static bool print_psdn(struct rdata_printer *p, struct wire *w)
{
        size_t start = w->position;

        return print_string(p, w) && psdn_good(w->data + start + 1, w->data[start]);
}

const struct rdata_kind rdata_psdn = {read_psdn, print_psdn};
