/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* LOC (RFC 1876): version, size, two precisions, latitude, longitude, altitude. */

#include "daemon/dns/rdata-field.h"

#define EQUATOR (UINT32_C(1) << 31) /* and the prime meridian: thousandths of an arc second from there */
#define DEGREE 3600000U
#define MINUTE 60000U
#define GROUND 10000000 /* centimetres that an altitude of 0 has */
#define SIZE_DEFAULT 0x12
#define HORIZONTAL_DEFAULT 0x16
#define VERTICAL_DEFAULT 0x13

/* A number with up to DECIMALS of them, as a whole number of the last one's unit. */
static bool parse_decimal(const char *text, size_t n, unsigned int decimals, uint64_t max, uint64_t *ret)
{
        const char *point = memchr(text, '.', n);
        size_t whole = point ? (size_t)(point - text) : n, rest = point ? n - whole - 1 : 0;
        uint64_t value, fraction = 0;

        if (!rdata_read_digits(text, whole, UINT32_MAX, &value))
                return false;
        if (point && (rest > decimals || !rdata_read_digits(point + 1, rest, UINT32_MAX, &fraction)))
                return false;
        for (unsigned int i = 0; i < decimals; i++) {
                value *= 10;
                if (i >= rest)
                        fraction *= 10;
        }
        if (value + fraction > max)
                return false;
        *ret = value + fraction;
        return true;
}

struct axis {
        const char *name;
        const char *letters; /* upwards, downwards */
        unsigned int degrees;
        const char *what;
};

static const struct axis latitude = {
        "latitude", "NS", 90, "degrees 0 to 90, minutes and seconds 0 to 59.999, then N or S"};
static const struct axis longitude = {
        "longitude", "EW", 180, "degrees 0 to 180, minutes and seconds 0 to 59.999, then E or W"};

/* DEGREES [MINUTES [SECONDS]] LETTER */
static int read_axis(struct rdata_reader *r, const struct axis *axis, uint32_t *ret)
{
        const unsigned int units[] = {DEGREE, MINUTE, 1};
        uint64_t limits[] = {axis->degrees, 59, 59999}, angle = 0, value;
        struct rdata_token token;
        int k;

        for (size_t i = 0;; i++) {
                k = rdata_next_word(r, axis->name, &token);
                if (k < 0)
                        return k;
                if (i > 0 && rdata_token_is(&token, (char[]){axis->letters[0], '\0'})) {
                        *ret = EQUATOR + (uint32_t)angle;
                        break;
                }
                if (i > 0 && rdata_token_is(&token, (char[]){axis->letters[1], '\0'})) {
                        *ret = EQUATOR - (uint32_t)angle;
                        break;
                }
                if (i == ELEMENTSOF(units) ||
                        !parse_decimal(token.start, token.size, i == 2 ? 3 : 0, limits[i], &value))
                        return rdata_refuse(r, axis->name, &token, axis->what);
                angle += value * units[i];
        }
        if (angle > (uint64_t)axis->degrees * DEGREE)
                return rdata_refuse(r, axis->name, &token, axis->what);
        return 0;
}

/* In metres, with an "m" behind it or not; *RET in centimetres. */
static bool parse_metres(const char *text, size_t n, uint64_t max, uint64_t *ret)
{
        if (n > 0 && (text[n - 1] | 0x20) == 'm')
                n--;
        return parse_decimal(text, n, 2, max, ret);
}

static int read_altitude(struct rdata_reader *r, uint32_t *ret)
{
        struct rdata_token token;
        uint64_t value;
        bool below;
        int k;

        k = rdata_next_word(r, "altitude", &token);
        if (k < 0)
                return k;
        below = *token.start == '-';
        if (!parse_metres(
                    token.start + below, token.size - below, below ? GROUND : UINT32_MAX - GROUND, &value))
                return rdata_refuse(r, "altitude", &token, "metres, -100000.00 to 42849672.95");
        *ret = below ? (uint32_t)(GROUND - value) : (uint32_t)(GROUND + value);
        return 0;
}

/* Rounded down to one digit and a power of ten, as the code of RFC 1876 does. */
static int read_precision(struct rdata_reader *r, const char *field, uint8_t *precision)
{
        struct rdata_token token;
        uint8_t exponent = 0;
        uint64_t value;
        int k;

        if (!rdata_more(r))
                return 0;
        k = rdata_next_word(r, field, &token);
        if (k < 0)
                return k;
        if (!parse_metres(token.start, token.size, UINT64_C(9000000000), &value))
                return rdata_refuse(r, field, &token, "metres, 0.00 to 90000000.00");
        for (; value > 9; value /= 10)
                exponent++;
        *precision = (uint8_t)(value << 4 | exponent);
        return 0;
}

static int read_location(struct rdata_reader *r, const char *field)
{
        static const char *const names[] = {"size", "horizontal precision", "vertical precision"};
        uint8_t precisions[] = {SIZE_DEFAULT, HORIZONTAL_DEFAULT, VERTICAL_DEFAULT};
        uint32_t north, east, altitude = 0;
        int k;

        k = read_axis(r, &latitude, &north);
        if (k >= 0)
                k = read_axis(r, &longitude, &east);
        if (k >= 0)
                k = read_altitude(r, &altitude);
        for (size_t i = 0; k >= 0 && i < ELEMENTSOF(names); i++)
                k = read_precision(r, names[i], &precisions[i]);
        if (k < 0)
                return k;
        wire_write_u8(&r->w, 0);
        wire_write(&r->w, precisions, sizeof(precisions));
        wire_write_u32(&r->w, north);
        wire_write_u32(&r->w, east);
        wire_write_u32(&r->w, altitude);
        return 0;
}

/* 0 has one form, so that what is accepted reads back as it was. */
static bool precision_good(uint8_t precision)
{
        unsigned int digit = precision >> 4, exponent = precision & 0xf;

        return digit <= 9 && exponent <= 9 && (digit > 0 || exponent == 0);
}

static bool print_axis(struct rdata_printer *p, const struct axis *axis, uint32_t value)
{
        bool up = value >= EQUATOR;
        uint32_t angle = up ? value - EQUATOR : EQUATOR - value;

        if (angle > axis->degrees * DEGREE)
                return false;
        rdata_print_next(p);
        rdata_print(p, "%u %02u %u.%03u %c", angle / DEGREE, angle / MINUTE % 60, angle / 1000 % 60,
                angle % 1000, axis->letters[!up]);
        return true;
}

static void print_metres(struct rdata_printer *p, const char *sign, uint64_t value)
{
        rdata_print_next(p);
        rdata_print(p, "%s%llu", sign, (unsigned long long)value / 100);
        if (value % 100 > 0)
                rdata_print(p, ".%02u", (unsigned int)(value % 100));
        rdata_print(p, "m");
}

static bool print_location(struct rdata_printer *p, struct wire *w)
{
        uint8_t version = wire_read_u8(w);
        const uint8_t *precisions = wire_take(w, 3);
        uint32_t north = wire_read_u32(w), east = wire_read_u32(w), altitude = wire_read_u32(w);

        if (w->failed || version != 0)
                return false;
        if (!print_axis(p, &latitude, north) || !print_axis(p, &longitude, east))
                return false;
        if (altitude >= GROUND)
                print_metres(p, "", altitude - GROUND);
        else
                print_metres(p, "-", GROUND - altitude);
        for (size_t i = 0; i < 3; i++) {
                uint64_t value = precisions[i] >> 4;

                if (!precision_good(precisions[i]))
                        return false;
                for (unsigned int n = precisions[i] & 0xf; n > 0; n--)
                        value *= 10;
                print_metres(p, "", value);
        }
        return true;
}

const struct rdata_kind rdata_location = {read_location, print_location};
