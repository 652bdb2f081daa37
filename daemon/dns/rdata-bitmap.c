/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/rdata-field.h"

#include "daemon/dns/rdata.h"

#define BITMAP_SIZE (65536 / 8)
#define WINDOW_SIZE 32

/* Bit N is counted from the highest of the first octet. */
static void bit_set(uint8_t *bits, unsigned int n)
{
        bits[n / 8] |= (uint8_t)(0x80 >> n % 8);
}

static bool bit_get(const uint8_t *bits, unsigned int n)
{
        return bits[n / 8] & 0x80 >> n % 8;
}

/* SIZE without the zero octets at the end. */
static size_t without_zeros(const uint8_t *bits, size_t size)
{
        while (size > 0 && bits[size - 1] == 0)
                size--;
        return size;
}

static int read_types(struct rdata_reader *r, const char *field, uint8_t *bits, uint16_t max)
{
        char text[RDATA_TYPE_TEXT_SIZE];
        struct rdata_token token;
        uint16_t type;
        int k;

        while (rdata_more(r)) {
                k = rdata_next_word(r, field, &token);
                if (k < 0)
                        return k;
                if (!rdata_token_copy(&token, text, sizeof(text)) || rdata_type_from_text(text, &type) < 0)
                        return rdata_refuse(r, field, &token, "a record type");
                if (type > max)
                        return rdata_refuse(r, field, &token, "a record type below 128");
                bit_set(bits, type);
        }
        return 0;
}

static void print_types(struct rdata_printer *p, unsigned int first, const uint8_t *bits, size_t size)
{
        char text[RDATA_TYPE_TEXT_SIZE];

        for (unsigned int i = 0; !p->checking && i < size * 8; i++)
                if (bit_get(bits, i)) {
                        rdata_print_next(p);
                        rdata_print(p, "%s", rdata_type_to_text((uint16_t)(first + i), text));
                }
}

static int read_bitmap_optional(struct rdata_reader *r, const char *field)
{
        uint8_t bits[BITMAP_SIZE] = {};
        int k;

        k = read_types(r, field, bits, UINT16_MAX);
        if (k < 0)
                return k;
        for (unsigned int i = 0; i < BITMAP_SIZE / WINDOW_SIZE; i++) {
                const uint8_t *window = bits + (size_t)i * WINDOW_SIZE;
                size_t size = without_zeros(window, WINDOW_SIZE);

                if (size == 0)
                        continue;
                wire_write_u8(&r->w, (uint8_t)i);
                wire_write_u8(&r->w, (uint8_t)size);
                wire_write(&r->w, window, size);
        }
        return 0;
}

static bool print_bitmap_optional(struct rdata_printer *p, struct wire *w)
{
        int last = -1;

        while (wire_left(w) > 0) {
                uint8_t window = wire_read_u8(w), size = wire_read_u8(w);
                const uint8_t *bits = wire_take(w, size);

                if (!bits || window <= last || size == 0 || size > WINDOW_SIZE || bits[size - 1] == 0)
                        return false;
                print_types(p, window * 256U, bits, size);
                last = window;
        }
        return !w->failed;
}

const struct rdata_kind rdata_bitmap_optional = {read_bitmap_optional, print_bitmap_optional};

static int read_bitmap(struct rdata_reader *r, const char *field)
{
        struct rdata_reader ahead = *r;
        struct rdata_token token;
        int k;

        k = rdata_next_word(&ahead, field, &token);
        return k < 0 ? k : read_bitmap_optional(r, field);
}

static bool print_bitmap(struct rdata_printer *p, struct wire *w)
{
        return wire_left(w) > 0 && print_bitmap_optional(p, w);
}

const struct rdata_kind rdata_bitmap = {read_bitmap, print_bitmap};

/* RFC 2535 5.2: bit 0 would mean another format, which nobody defined. */
#define NXT_SIZE 16

static int read_bitmap_next(struct rdata_reader *r, const char *field)
{
        struct rdata_reader ahead = *r;
        struct rdata_token token;
        uint8_t bits[BITMAP_SIZE] = {};
        int k;

        k = rdata_next_word(&ahead, field, &token);
        if (k < 0)
                return k;
        k = read_types(r, field, bits, NXT_SIZE * 8 - 1);
        if (k < 0)
                return k;
        if (bit_get(bits, 0))
                return rdata_refuse(r, field, &token, "a list of types from TYPE1 on");
        wire_write(&r->w, bits, without_zeros(bits, NXT_SIZE));
        return 0;
}

static bool print_bitmap_next(struct rdata_printer *p, struct wire *w)
{
        size_t size = wire_left(w);
        const uint8_t *bits = wire_take(w, size);

        if (!bits || size == 0 || size > NXT_SIZE || bits[size - 1] == 0 || bit_get(bits, 0))
                return false;
        print_types(p, 0, bits, size);
        return true;
}

const struct rdata_kind rdata_bitmap_next = {read_bitmap_next, print_bitmap_next};

/* RFC 1035 3.4.2. Ports by number alone: names of services depend on the machine. */
static int read_services(struct rdata_reader *r, const char *field)
{
        uint8_t bits[BITMAP_SIZE] = {};
        struct rdata_token token;
        uint64_t value;
        int k;

        k = rdata_next_word(r, "protocol", &token);
        if (k < 0)
                return k;
        if (rdata_token_is(&token, "tcp"))
                value = 6;
        else if (rdata_token_is(&token, "udp"))
                value = 17;
        else if (!rdata_read_digits(token.start, token.size, UINT8_MAX, &value))
                return rdata_refuse(r, "protocol", &token, "tcp, udp or a number 0 to 255");
        wire_write_u8(&r->w, (uint8_t)value);
        while (rdata_more(r)) {
                k = rdata_next_word(r, field, &token);
                if (k < 0)
                        return k;
                if (!rdata_read_digits(token.start, token.size, UINT16_MAX, &value))
                        return rdata_refuse(r, field, &token, "a number 0 to 65535");
                bit_set(bits, (unsigned int)value);
        }
        wire_write(&r->w, bits, without_zeros(bits, sizeof(bits)));
        return 0;
}

static bool print_services(struct rdata_printer *p, struct wire *w)
{
        uint8_t protocol = wire_read_u8(w);
        size_t size = wire_left(w);
        const uint8_t *bits = wire_take(w, size);

        if (!bits || size > BITMAP_SIZE || without_zeros(bits, size) != size)
                return false;
        rdata_print_next(p);
        rdata_print(p, "%u", protocol);
        for (unsigned int i = 0; !p->checking && i < size * 8; i++)
                if (bit_get(bits, i)) {
                        rdata_print_next(p);
                        rdata_print(p, "%u", i);
                }
        return true;
}

const struct rdata_kind rdata_services = {read_services, print_services};
