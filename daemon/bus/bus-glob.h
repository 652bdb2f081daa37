/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A glob that names are matched against: "*" is any run of characters, "?" any one. Compiled, for it runs in
 * the event loop, on what a peer sends, over every name of a zone: a match costs the length of the name times
 * that of the glob in words of 64 characters, whatever stands in both. fnmatch(3) and going back to the last
 * star do not have such a limit.
 */

#include "common/name.h"
#include "common/util.h"

#define BUS_GLOB_WORDS (NAME_TEXT_SIZE / 64 + 1)

/* An automaton: state i is reached when the first i characters of the glob, stars left out, have matched. */
struct bus_glob {
        size_t n_words;                      /* in use of the following */
        size_t last;                         /* the state in which all has matched */
        uint64_t steps[256][BUS_GLOB_WORDS]; /* by character: states that it leads on from */
        uint64_t stays[BUS_GLOB_WORDS];      /* states in which any character may come */
        bool any;                            /* the empty glob, which is as "*" */
};

/* ASCII letters of TEXT are taken as lower case. -ENAMETOOLONG: longer than any name. */
int bus_glob_compile(const char *text, struct bus_glob *ret);

/* NAME, as name_to_text prints it, with or without the dot at its end. */
bool bus_glob_match(const struct bus_glob *glob, const char *name);
