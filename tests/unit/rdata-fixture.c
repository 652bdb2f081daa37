/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/rdata-fixture.h"

/* xorshift64*: the same on every machine. */
static uint32_t some(struct rdata_maker *m, uint32_t below)
{
        m->seed ^= m->seed >> 12;
        m->seed ^= m->seed << 25;
        m->seed ^= m->seed >> 27;
        return (uint32_t)((m->seed * UINT64_C(2685821657736338717)) >> 33) % below;
}

static bool now_and_then(struct rdata_maker *m)
{
        return some(m, 4) == 0;
}

static void write_octets(struct rdata_maker *m, struct wire *w, size_t n)
{
        while (n-- > 0)
                wire_write_u8(w, (uint8_t)some(m, 256));
}

/* Letters and digits, and now and then any octet. */
static uint8_t some_character(struct rdata_maker *m)
{
        static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
        static const char special[] = " \t\"\\;()@$.,=#!*";

        if (!now_and_then(m))
                return (uint8_t)plain[some(m, sizeof(plain) - 1)];
        if (now_and_then(m))
                return (uint8_t)some(m, 256);
        return (uint8_t)special[some(m, sizeof(special) - 1)];
}

static void write_digits(struct rdata_maker *m, struct wire *w, size_t n)
{
        while (n-- > 0)
                wire_write_u8(w, (uint8_t)('0' + some(m, 10)));
}

static void write_text(struct rdata_maker *m, struct wire *w, size_t n)
{
        while (n-- > 0)
                wire_write_u8(w, some_character(m));
}

/* As write_text, but for those of EXCEPT where ldns has trouble with them. */
static void write_label(struct rdata_maker *m, struct wire *w, size_t n, const char *except)
{
        while (n > 0) {
                uint8_t c = some_character(m);

                if (m->tame && c != '\0' && strchr(except, c))
                        continue;
                wire_write_u8(w, c);
                n--;
        }
}

static void write_string(struct rdata_maker *m, struct wire *w, size_t n)
{
        wire_write_u8(w, (uint8_t)n);
        write_text(m, w, n);
}

static void write_name(struct rdata_maker *m, struct wire *w, bool cased)
{
        size_t start = w->position;

        for (uint32_t labels = some(m, 4); labels > 0; labels--) {
                size_t n = 1 + some(m, 10);

                wire_write_u8(w, (uint8_t)n);
                write_label(m, w, n, "\"@");
        }
        wire_write_u8(w, 0);
        for (size_t i = start; !cased && i < w->position; i++)
                if (w->data[i] >= 'A' && w->data[i] <= 'Z')
                        w->data[i] = (uint8_t)(w->data[i] + 32);
}

/* Some of the N bits at BITS; the number of octets up to the last of them. */
static size_t some_bits(struct rdata_maker *m, uint8_t *bits, uint32_t n, size_t count)
{
        size_t size = 0;

        memset(bits, 0, n / 8);
        while (count-- > 0) {
                uint32_t bit = 1 + some(m, n - 1);

                bits[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
                size = MAX(size, (size_t)bit / 8 + 1);
        }
        return size;
}

static void write_bitmap(struct rdata_maker *m, struct wire *w, uint32_t windows)
{
        uint32_t window = 0;
        uint8_t bits[32];

        for (; windows > 0; windows--, window += 1 + some(m, 40)) {
                size_t size = some_bits(m, bits, 256, 1 + some(m, 8));

                wire_write_u8(w, (uint8_t)window);
                wire_write_u8(w, (uint8_t)size);
                wire_write(w, bits, size);
        }
}

static void write_gateway(struct rdata_maker *m, struct wire *w, uint8_t type)
{
        if (type == 3)
                write_name(m, w, true);
        else
                write_octets(m, w, (const size_t[]){0, 4, 16}[type]);
}

static void write_location(struct rdata_maker *m, struct wire *w)
{
        wire_write_u8(w, 0);
        for (int i = 0; i < 3; i++)
                wire_write_u8(w, (uint8_t)((1 + some(m, 9)) << 4 | some(m, 10)));
        wire_write_u32(w, (UINT32_C(1) << 31) - 324000000 + some(m, 648000001));
        wire_write_u32(w, (UINT32_C(1) << 31) - 648000000 + some(m, 1296000001));
        wire_write_u32(w, some(m, UINT32_C(1) << 31) * 2);
}

static void write_prefixes(struct rdata_maker *m, struct wire *w)
{
        for (uint32_t n = some(m, 4); n > 0; n--) {
                bool six = some(m, 2) == 1;
                size_t size = some(m, six ? 17 : 5);

                wire_write_u16(w, six ? 2 : 1);
                wire_write_u8(w, (uint8_t)some(m, six ? 129 : 33));
                wire_write_u8(w, (uint8_t)(size | (some(m, 2) << 7)));
                if (size > 0) {
                        write_octets(m, w, size - 1);
                        wire_write_u8(w, (uint8_t)(1 + some(m, 255)));
                }
        }
}

static void write_parameter(struct rdata_maker *m, struct wire *w, uint16_t key)
{
        size_t start;

        wire_write_u16(w, key);
        start = w->position;
        wire_write_u16(w, 0);
        switch (key) {
        case 1:
                for (uint32_t n = 1 + some(m, 3); n > 0; n--) {
                        size_t size = 1 + some(m, 8);

                        wire_write_u8(w, (uint8_t)size);
                        write_label(m, w, size, "\";(),\\");
                }
                break;
        case 2:
        case 8:
                break;
        case 3:
                write_octets(m, w, 2);
                break;
        case 4:
                write_octets(m, w, 4 * (1 + some(m, 3)));
                break;
        case 6:
                write_octets(m, w, 16 * (1 + some(m, 3)));
                break;
        case 5:
                write_octets(m, w, 1 + some(m, 30));
                break;
        default:
                write_label(m, w, 1 + some(m, 20), "\";()\\");
        }
        wire_patch_u16(w, start, (uint16_t)(w->position - start - 2));
}

static void write_parameters(struct rdata_maker *m, struct wire *w)
{
        uint16_t keys[12];
        size_t n = 0;

        for (uint16_t key = 1; key < 12; key++)
                if (some(m, 3) == 0 && !(key == 8 && m->tame) && !(key == 2 && (n == 0 || keys[0] != 1)))
                        keys[n++] = key;
        if (n > 0 && now_and_then(m)) {
                wire_write_u16(w, 0);
                wire_write_u16(w, 2);
                wire_write_u16(w, keys[n - 1]);
        }
        for (size_t i = 0; i < n; i++)
                write_parameter(m, w, keys[i]);
}

static void write_atma(struct rdata_maker *m, struct wire *w)
{
        if (some(m, 2) == 0) {
                wire_write_u8(w, 0);
                write_octets(m, w, 20);
        } else {
                wire_write_u8(w, 1);
                write_digits(m, w, 1 + some(m, 15));
        }
}

static void write_host_identity(struct rdata_maker *m, struct wire *w)
{
        uint8_t hit = (uint8_t)(1 + some(m, 20)), key = (uint8_t)(1 + some(m, 40));

        wire_write_u8(w, hit);
        wire_write_u8(w, (uint8_t)some(m, 256));
        wire_write_u16(w, key);
        write_octets(m, w, (size_t)hit + key);
}

static void write_tag(struct rdata_maker *m, struct wire *w)
{
        size_t n = 1 + some(m, 15);

        wire_write_u8(w, (uint8_t)n);
        while (n-- > 0)
                wire_write_u8(w, (uint8_t)('a' + some(m, 26)));
}

/* Octets whose number KIND fixes, or does not care for; 0: it does care. */
static size_t octets_of(const struct rdata_kind *kind, struct rdata_maker *m)
{
        const struct {
                const struct rdata_kind *kind;
                size_t min, max;
        } sizes[] = {
                {&rdata_u8, 1, 1},
                {&rdata_algorithm, 1, 1},
                {&rdata_usage, 1, 1},
                {&rdata_selector, 1, 1},
                {&rdata_matching, 1, 1},
                {&rdata_scheme, 1, 1},
                {&rdata_u16, 2, 2},
                {&rdata_certificate, 2, 2},
                {&rdata_covered, 2, 2},
                {&rdata_u32, 4, 4},
                {&rdata_period, 4, 4},
                {&rdata_address4, 4, 4},
                {&rdata_address6, 16, 16},
                {&rdata_eui48, 6, 6},
                {&rdata_eui64, 8, 8},
                {&rdata_locator64, 8, 8},
                {&rdata_nsap, 1, 20},
                {&rdata_hex, 12, 60},
                {&rdata_base64, 1, 60},
                {&rdata_base64_optional, 1, 60},
        };

        for (size_t i = 0; i < ELEMENTSOF(sizes); i++)
                if (sizes[i].kind == kind)
                        return sizes[i].min + some(m, (uint32_t)(sizes[i].max - sizes[i].min + 1));
        return 0;
}

static void write_field(const struct rdata_kind *kind, struct rdata_maker *m, struct wire *w)
{
        size_t n = octets_of(kind, m);
        uint8_t bits[8192];

        if (n > 0)
                write_octets(m, w, n);
        else if (kind == &rdata_time)
                wire_write_u32(w, some(m, UINT32_C(1) << 31) * (m->tame ? 1 : 2));
        else if (kind == &rdata_name || kind == &rdata_name_cased)
                write_name(m, w, kind == &rdata_name_cased);
        else if (kind == &rdata_names_cased)
                for (n = some(m, 3); n > 0; n--)
                        write_name(m, w, true);
        else if (kind == &rdata_string)
                write_string(m, w, some(m, 20));
        else if (kind == &rdata_string_optional || kind == &rdata_strings)
                for (n = kind == &rdata_strings ? 1 + some(m, 3) : some(m, 2); n > 0; n--)
                        write_string(m, w, some(m, 20));
        else if (kind == &rdata_text || kind == &rdata_text_filled)
                write_text(m, w, 1 + some(m, 300));
        else if (kind == &rdata_tag)
                write_tag(m, w);
        else if (kind == &rdata_psdn) {
                wire_write_u8(w, 8);
                write_digits(m, w, 8);
        } else if (kind == &rdata_atma)
                write_atma(m, w);
        else if (kind == &rdata_salt || kind == &rdata_next_hash) {
                n = kind == &rdata_salt ? some(m, 20) : m->tame ? 20 : 1 + some(m, 40);
                wire_write_u8(w, (uint8_t)n);
                write_octets(m, w, n);
        } else if (kind == &rdata_bitmap || kind == &rdata_bitmap_optional)
                write_bitmap(m, w, some(m, 3) + (kind == &rdata_bitmap || m->tame));
        else if (kind == &rdata_bitmap_next)
                wire_write(w, bits, some_bits(m, bits, 128, 5));
        else if (kind == &rdata_services) {
                wire_write_u8(w, some(m, 2) == 0 ? 6 : 17);
                wire_write(w, bits, some_bits(m, bits, 65536, 5));
        } else if (kind == &rdata_gateway || kind == &rdata_relay) {
                n = some(m, 4);
                wire_write_u8(w, (uint8_t)n);
                if (kind == &rdata_gateway)
                        wire_write_u8(w, (uint8_t)some(m, 256));
                write_gateway(m, w, (uint8_t)n);
        } else if (kind == &rdata_host_identity)
                write_host_identity(m, w);
        else if (kind == &rdata_location)
                write_location(m, w);
        else if (kind == &rdata_prefixes)
                write_prefixes(m, w);
        else if (kind == &rdata_parameters)
                write_parameters(m, w);
        else
                abort(); /* a kind that nobody has told this file of */
}

void rdata_make(struct rdata_maker *m, const struct rdata_type *t, struct wire *w)
{
        for (size_t i = 0; i < RDATA_FIELDS_MAX && t->fields[i].kind; i++)
                write_field(t->fields[i].kind, m, w);
}
