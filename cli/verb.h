/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The verbs: one table per group and file, ended by a verb without a name. */

#include "cli/ctl.h"

#define VERB_ANY SIZE_MAX

struct verb {
        const char *group; /* "zone"; NULL: a verb of one word */
        const char *name;  /* "add" */
        bool by_default;   /* what the group alone means */
        const char *arguments;
        size_t min, max;      /* words that it takes */
        unsigned int options; /* beside OPTIONS_GLOBAL */
        const char *summary;
        const char *help; /* paragraphs and examples, each line ended */
        int (*run)(struct ctl *ctl, char **words, size_t n_words);
};

extern const struct verb status_verbs[], zone_verbs[], record_verbs[], query_verbs[], link_verbs[],
        upstream_verbs[], flush_verbs[], stats_verbs[], watch_verbs[], reload_verbs[];

/*
 * Finds the verb that WORDS begin with; no words at all mean "status". RET_USED: how many words name it.
 * -EINVAL: none, and *RET_REASON is a malloc'ed sentence, NULL without memory for it; -ENOMEM.
 */
int verb_find(char **words, size_t n_words, const struct verb **ret, size_t *ret_used, char **ret_reason);

/* Whether the rest of the command line fits VERB; as above. */
int verb_check(const struct verb *verb, size_t n_words, unsigned int options, char **ret_reason);

/* Help for the program (no words), for a group, or for one verb. -EINVAL as above. */
int verb_help(FILE *out, char **words, size_t n_words, char **ret_reason);
