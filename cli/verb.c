/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/verb.h"

#include <string.h>

#include "common/reason.h"

static const struct verb *const verb_groups[] = {
        status_verbs,
        zone_verbs,
        record_verbs,
        query_verbs,
        link_verbs,
        upstream_verbs,
        flush_verbs,
        stats_verbs,
        watch_verbs,
        reload_verbs,
};

static const char help_head[] =
        "share53ctl [OPTION…] [VERB …]\n"
        "\n"
        "See and change the live DNS names of this machine, and see how share53d serves them.\n"
        "\n"
        "Verbs:\n";

static const char help_tail[] =
        "\n"
        "Options:\n"
        "  -h --help            This text, or that of a verb: share53ctl zone add --help\n"
        "     --version         The version of this program\n"
        "     --json            JSON instead of text, one document on one line where it is piped\n"
        "     --no-ask-password Never ask for a password; fail where one is wanted\n"
        "     --address=ADDRESS D-Bus address of the bus, instead of the system bus\n"
        "\n"
        "Exit status:\n"
        "  0  done\n"
        "  1  the service refused it or failed\n"
        "  2  the command line is wrong\n"
        "  3  the service or the bus cannot be reached\n"
        "  4  not authorised\n"
        "  5  no such zone, record, link, upstream or name\n"
        "\n"
        "Examples:\n"
        "  share53ctl\n"
        "  share53ctl zone add corp.internal\n"
        "  share53ctl record set corp.internal db A 60 192.0.2.7\n"
        "  share53ctl query db.corp.internal\n";

/* "zone list|add|remove" is what is possible behind GROUP. */
static int refuse_in_group(const struct verb *group, const char *word, char **ret_reason)
{
        char names[128] = "";

        for (const struct verb *v = group; v->name; v++)
                snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", v == group ? "" : ", ",
                        v->name);
        if (word)
                return reason_set(
                        ret_reason, -EINVAL, "%s has no verb \"%s\", only %s", group->group, word, names);
        return reason_set(ret_reason, -EINVAL, "%s wants one of %s", group->group, names);
}

static int find_in_group(const struct verb *group, char **words, size_t n_words, const struct verb **ret,
        size_t *ret_used, char **ret_reason)
{
        for (const struct verb *v = group; v->name; v++)
                if (n_words > 1 ? strcmp(v->name, words[1]) == 0 : v->by_default) {
                        *ret = v;
                        *ret_used = MIN(n_words, 2u);
                        return 0;
                }
        return refuse_in_group(group, n_words > 1 ? words[1] : NULL, ret_reason);
}

static const struct verb *group_find(const char *word)
{
        for (size_t i = 0; i < ELEMENTSOF(verb_groups); i++)
                if (strcmp(verb_groups[i]->group ?: verb_groups[i]->name, word) == 0)
                        return verb_groups[i];
        return NULL;
}

int verb_find(char **words, size_t n_words, const struct verb **ret, size_t *ret_used, char **ret_reason)
{
        const struct verb *group;

        if (n_words == 0) {
                *ret = status_verbs;
                *ret_used = 0;
                return 0;
        }
        group = group_find(words[0]);
        if (!group)
                return reason_set(ret_reason, -EINVAL, "unknown verb \"%s\"", words[0]);
        if (group->group)
                return find_in_group(group, words, n_words, ret, ret_used, ret_reason);
        *ret = group;
        *ret_used = 1;
        return 0;
}

int verb_check(const struct verb *verb, size_t n_words, unsigned int options, char **ret_reason)
{
        const char *group = verb->group ?: "", *blank = verb->group ? " " : "";
        unsigned int foreign = options & ~(verb->options | OPTIONS_GLOBAL);

        if (n_words < verb->min || n_words > verb->max)
                return reason_set(ret_reason, -EINVAL, "%s%s%s %s: %s", group, blank, verb->name,
                        n_words < verb->min ? "wants more words" : "takes fewer words",
                        *verb->arguments ? verb->arguments : "nothing follows it");
        if (foreign)
                return reason_set(ret_reason, -EINVAL, "%s%s%s does not take %s", group, blank, verb->name,
                        option_name(foreign & -foreign));
        return 0;
}

static void print_usage(FILE *out, const struct verb *v)
{
        fprintf(out, "share53ctl %s%s%s%s%s", v->group ?: "", v->group ? " " : "", v->name,
                *v->arguments ? " " : "", v->arguments);
}

static void print_verb_help(FILE *out, const struct verb *v)
{
        print_usage(out, v);
        fprintf(out, "\n\n%s.\n\n%s", v->summary, v->help);
}

static void print_summaries(FILE *out, const struct verb *group)
{
        for (const struct verb *v = group; v->name; v++) {
                int n = fprintf(out, "  %s%s%s%s%s", v->group ?: "", v->group ? " " : "", v->name,
                        *v->arguments ? " " : "", v->arguments);
                if (n < 24)
                        fprintf(out, "%*s%s\n", 24 - n, "", v->summary);
                else
                        fprintf(out, "\n%24s%s\n", "", v->summary);
        }
}

int verb_help(FILE *out, char **words, size_t n_words, char **ret_reason)
{
        const struct verb *group, *verb;
        size_t used;
        int r;

        if (n_words == 0) {
                fputs(help_head, out);
                for (size_t i = 0; i < ELEMENTSOF(verb_groups); i++)
                        print_summaries(out, verb_groups[i]);
                fputs(help_tail, out);
                return 0;
        }
        group = group_find(words[0]);
        if (group && group->group && n_words == 1) {
                for (const struct verb *v = group; v->name; v++) {
                        if (v != group)
                                fputc('\n', out);
                        print_verb_help(out, v);
                }
                return 0;
        }
        r = verb_find(words, n_words, &verb, &used, ret_reason);
        if (r < 0)
                return r;
        print_verb_help(out, verb);
        return 0;
}
