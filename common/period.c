/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "common/period.h"

static uint32_t unit_seconds(char c)
{
        switch (c) {
        case 's':
        case 'S':
                return 1;
        case 'm':
        case 'M':
                return 60;
        case 'h':
        case 'H':
                return 60 * 60;
        case 'd':
        case 'D':
                return 24 * 60 * 60;
        case 'w':
        case 'W':
                return 7 * 24 * 60 * 60;
        default:
                return 0;
        }
}

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

int period_from_text(const char *text, size_t size, uint32_t max, uint32_t *ret)
{
        const char *end = text + size;
        uint64_t sum = 0;
        bool units = false;

        do {
                uint64_t number = 0;

                if (text == end || !is_digit(*text))
                        return -EINVAL;
                for (; text < end && is_digit(*text); text++) {
                        number = number * 10 + (uint64_t)(*text - '0');
                        if (number > max)
                                return -ERANGE;
                }
                if (text < end) {
                        uint32_t unit = unit_seconds(*text++);

                        if (unit == 0)
                                return -EINVAL;
                        number *= unit;
                        units = true;
                } else if (units)
                        return -EINVAL; /* "1h30": minutes or seconds? */
                sum += number;
                if (sum > max)
                        return -ERANGE;
        } while (text < end);
        *ret = (uint32_t)sum;
        return 0;
}
