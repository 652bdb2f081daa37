/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/text.h"

#include "common/period.h"

#include <string.h>

struct range {
        uint32_t first, last;
};

/* Beside C0, DEL and C1: what starts lines, hides, or turns the direction of what follows (UTS 55). */
static const struct range unsafe_ranges[] = {
        {0x061c, 0x061c},
        {0x200e, 0x200f},
        {0x2028, 0x202e},
        {0x2066, 0x2069},
        {0xfeff, 0xfeff},
};

static const struct range combining_ranges[] = {
        {0x0300, 0x036f},
        {0x0483, 0x0489},
        {0x0591, 0x05bd},
        {0x064b, 0x065f},
        {0x1ab0, 0x1aff},
        {0x1dc0, 0x1dff},
        {0x200b, 0x200d},
        {0x20d0, 0x20ff},
        {0xfe00, 0xfe0f},
        {0xfe20, 0xfe2f},
};

static const struct range wide_ranges[] = {
        {0x1100, 0x115f},
        {0x2e80, 0xa4cf},
        {0xac00, 0xd7a3},
        {0xf900, 0xfaff},
        {0xfe30, 0xfe6f},
        {0xff00, 0xff60},
        {0xffe0, 0xffe6},
        {0x1f300, 0x1f64f},
        {0x1f680, 0x1f6ff},
        {0x1f900, 0x1faff},
        {0x20000, 0x3fffd},
};

static bool range_holds(const struct range *ranges, size_t n, uint32_t c)
{
        for (size_t i = 0; i < n; i++)
                if (c >= ranges[i].first && c <= ranges[i].last)
                        return true;
        return false;
}

/* One code point of S. Returns its octets, 0 where S does not begin with a well-formed one (RFC 3629). */
static size_t utf8_read(const char *s, uint32_t *ret)
{
        static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
        const unsigned char *u = (const unsigned char *)s;
        size_t size = u[0] < 0x80   ? 1
                      : u[0] < 0xc2 ? 0
                      : u[0] < 0xe0 ? 2
                      : u[0] < 0xf0 ? 3
                      : u[0] < 0xf5 ? 4
                                    : 0;
        uint32_t c;

        if (size == 0)
                return 0;
        c = size == 1 ? u[0] : u[0] & (0x7fu >> size);
        for (size_t i = 1; i < size; i++) {
                if ((u[i] & 0xc0) != 0x80)
                        return 0;
                c = c << 6 | (u[i] & 0x3f);
        }
        if (c < smallest[size] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
                return 0;
        *ret = c;
        return size;
}

static bool code_point_is_safe(uint32_t c)
{
        return c >= 0x20 && !(c >= 0x7f && c < 0xa0) &&
               !range_holds(unsafe_ranges, ELEMENTSOF(unsafe_ranges), c);
}

char *text_escape(const char *s)
{
        char *copy = malloc(4 * strlen(s) + 1), *to = copy;

        if (!copy)
                return NULL;
        while (*s) {
                uint32_t c;
                size_t size = utf8_read(s, &c);

                if (size > 0 && code_point_is_safe(c)) {
                        memcpy(to, s, size);
                        to += size;
                        s += size;
                } else
                        for (size_t n = MAX(size, 1u); n > 0; n--)
                                to += sprintf(to, "\\%03u", (unsigned int)(unsigned char)*s++);
        }
        *to = '\0';
        return copy;
}

char *text_escape_json(const char *json)
{
        char *copy = malloc(6 * strlen(json) + 1), *to = copy;

        if (!copy)
                return NULL;
        while (*json) {
                uint32_t c;
                size_t size = utf8_read(json, &c);

                /* json-c escapes C0 in strings; what is left of it is its own layout. */
                if (size == 1 && (c == '\n' || code_point_is_safe(c)))
                        *to++ = *json;
                else if (size > 0 && code_point_is_safe(c))
                        to = mempcpy(to, json, size);
                else
                        to += sprintf(to, "\\u%04x", size > 0 ? (unsigned int)c : 0xfffdu);
                json += MAX(size, 1u);
        }
        *to = '\0';
        return copy;
}

size_t text_width(const char *s)
{
        size_t width = 0;

        while (*s) {
                uint32_t c;
                size_t size = utf8_read(s, &c);

                if (size == 0)
                        width++;
                else if (range_holds(wide_ranges, ELEMENTSOF(wide_ranges), c))
                        width += 2;
                else if (!range_holds(combining_ranges, ELEMENTSOF(combining_ranges), c))
                        width++;
                s += MAX(size, 1u);
        }
        return width;
}

const char *text_style_begin(enum text_style style, bool colours)
{
        static const char *const sequences[] = {
                [TEXT_PLAIN] = "",
                [TEXT_BOLD] = "\x1b[1m",
                [TEXT_DIM] = "\x1b[2m",
                [TEXT_GREEN] = "\x1b[1;32m",
                [TEXT_YELLOW] = "\x1b[1;33m",
                [TEXT_RED] = "\x1b[1;31m",
        };

        return colours ? sequences[style] : "";
}

const char *text_style_end(enum text_style style, bool colours)
{
        return colours && style != TEXT_PLAIN ? "\x1b[0m" : "";
}

bool text_wants_colours(int fd)
{
        const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

        return isatty(fd) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

int text_read_ttl(const char *s, uint32_t *ret)
{
        return period_from_text(s, strlen(s), INT32_MAX, ret);
}
