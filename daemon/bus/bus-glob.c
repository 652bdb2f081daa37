/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "daemon/bus/bus-glob.h"

static void set_bit(uint64_t *words, size_t i)
{
        words[i / 64] |= UINT64_C(1) << (i % 64);
}

static bool has_bit(const uint64_t *words, size_t i)
{
        return words[i / 64] >> (i % 64) & 1;
}

int bus_glob_compile(const char *text, struct bus_glob *ret)
{
        size_t state = 0;

        if (strlen(text) >= NAME_TEXT_SIZE)
                return -ENAMETOOLONG;
        *ret = (struct bus_glob){.any = *text == '\0'};
        for (const char *p = text; *p; p++) {
                unsigned char c = (unsigned char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
                if (c == '*') {
                        set_bit(ret->stays, state);
                        continue;
                }
                for (size_t i = 0; c == '?' && i < ELEMENTSOF(ret->steps); i++)
                        set_bit(ret->steps[i], state);
                set_bit(ret->steps[c], state);
                state++;
        }
        ret->last = state;
        ret->n_words = state / 64 + 1;
        return 0;
}

/* Takes one character; false: no state is left. */
static bool advance(const struct bus_glob *glob, uint64_t *states, unsigned char c)
{
        const uint64_t *steps = glob->steps[c];
        uint64_t carry = 0, any = 0;

        for (size_t i = 0; i < glob->n_words; i++) {
                uint64_t moved = states[i] & steps[i];
                states[i] = (states[i] & glob->stays[i]) | moved << 1 | carry;
                carry = moved >> 63;
                any |= states[i];
        }
        return any != 0;
}

bool bus_glob_match(const struct bus_glob *glob, const char *name)
{
        uint64_t states[BUS_GLOB_WORDS] = {1};

        if (glob->any)
                return true;
        for (const char *p = name; *p; p++) {
                if (p[0] == '.' && p[1] == '\0' && has_bit(states, glob->last))
                        return true;
                if (!advance(glob, states, (unsigned char)*p))
                        return false;
        }
        return has_bit(states, glob->last);
}
