/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The command line, split into options and words; which words mean what is cli/verb.h's. */

#include "common/util.h"

/* What was given: bits, so that each verb can say which it takes. */
enum {
        OPTION_HELP = 1 << 0,
        OPTION_VERSION = 1 << 1,
        OPTION_JSON = 1 << 2,
        OPTION_NO_ASK_PASSWORD = 1 << 3,
        OPTION_ADDRESS = 1 << 4,
        OPTION_PERSISTENT = 1 << 5,
        OPTION_DEFAULT_ROUTE = 1 << 6,
        OPTION_VALIDATE = 1 << 7,
        OPTION_BLOCK = 1 << 8,
        OPTION_FALLTHROUGH = 1 << 9,
        OPTION_AUTO_PTR = 1 << 10,
};
#define OPTIONS_GLOBAL (OPTION_HELP | OPTION_VERSION | OPTION_JSON | OPTION_NO_ASK_PASSWORD | OPTION_ADDRESS)

struct options {
        unsigned int given;
        const char *address; /* of the bus; NULL: the system bus */
        char **words;        /* array owned, strings those of argv */
        size_t n_words;
};

/*
 * Options may stand anywhere; "--" ends them. -EINVAL: *RET_REASON is a malloc'ed sentence, NULL without
 * memory for it; -ENOMEM. RET is untouched on failure.
 */
int options_parse(int argc, char *argv[], struct options *ret, char **ret_reason);
void options_done(struct options *options);

/* The name ("--json") of one bit. */
const char *option_name(unsigned int option);
