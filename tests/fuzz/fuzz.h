/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What each fuzz target defines. libFuzzer calls it in a build with -Dfuzz=true (clang); replay.c calls it in
 * every build, for each file of the target's corpus. A property that does not hold is a crash.
 */

#include <stdio.h>

#include "common/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As assert(), also with NDEBUG. */
#define holds(x) \
        do { \
                if (!(x)) { \
                        fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #x); \
                        abort(); \
                } \
        } while (0)

/* The input as a string of its own, ended where it ends. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
        char *text = malloc(size + 1);

        holds(text);
        for (size_t i = 0; i < size; i++)
                text[i] = (char)data[i];
        text[size] = '\0';
        return text;
}
