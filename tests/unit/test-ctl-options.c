/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/test.h"

#include <string.h>

#include "cli/verb.h"

/* Splits LINE at its blanks, in place, into argv. */
static int parse(char *line, struct options *ret, char **ret_reason)
{
        static char *argv[16];
        int argc = 0;

        for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
                argv[argc++] = word;
        argv[argc] = NULL;
        return options_parse(argc, argv, ret, ret_reason);
}

static void refuses(const char *text, const char *expected)
{
        _cleanup_free_ char *reason = NULL, *line = strdup(text);
        struct options options = {.n_words = 77};

        assert_int_equal(parse(line, &options, &reason), -EINVAL);
        assert_string_equal(reason, expected);
        assert_int_equal(options.n_words, 77);
}

static void test_options_may_stand_anywhere(void **state)
{
        _cleanup_(options_done) struct options options = {};
        _cleanup_free_ char *reason = NULL;
        char line[] = "share53ctl --json zone add corp.internal --persistent --address=unix:path=/x "
                      "--no-ask-password";

        /* It must not end the options at the first word. */
        setenv("POSIXLY_CORRECT", "1", true);
        assert_int_equal(parse(line, &options, &reason), 0);
        unsetenv("POSIXLY_CORRECT");
        assert_int_equal(
                options.given, OPTION_JSON | OPTION_PERSISTENT | OPTION_ADDRESS | OPTION_NO_ASK_PASSWORD);
        assert_string_equal(options.address, "unix:path=/x");
        assert_int_equal(options.n_words, 3);
        assert_string_equal(options.words[0], "zone");
        assert_string_equal(options.words[2], "corp.internal");
        assert_null(options.words[3]);
}

static void test_two_dashes_end_them(void **state)
{
        _cleanup_(options_done) struct options options = {};
        _cleanup_free_ char *reason = NULL;
        char line[] = "share53ctl record --address unix:path=/x -- -h --json";

        assert_int_equal(parse(line, &options, &reason), 0);
        assert_int_equal(options.given, OPTION_ADDRESS);
        assert_string_equal(options.address, "unix:path=/x");
        assert_int_equal(options.n_words, 3);
        assert_string_equal(options.words[1], "-h");
        assert_string_equal(options.words[2], "--json");
}

static void test_wrong_options_are_named(void **state)
{
        refuses("share53ctl --frobnicate", "unknown option --frobnicate");
        refuses("share53ctl zone -x", "unknown option -x");
        refuses("share53ctl --address", "option --address wants a value");
        refuses("share53ctl --json=1", "option --json=1 takes no value");
}

static int find(const char *text, const struct verb **ret, size_t *ret_used, char **ret_reason)
{
        static char line[256];
        char *words[16] = {};
        size_t n = 0;

        snprintf(line, sizeof(line), "%s", text);
        for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
                words[n++] = word;
        return verb_find(words, n, ret, ret_used, ret_reason);
}

static void finds(const char *text, const char *group, const char *name, size_t used)
{
        _cleanup_free_ char *reason = NULL;
        const struct verb *verb = NULL;
        size_t n = 99;

        assert_int_equal(find(text, &verb, &n, &reason), 0);
        assert_string_equal(verb->name, name);
        assert_string_equal(verb->group ?: "", group);
        assert_int_equal(n, used);
}

static void test_verbs_are_found(void **state)
{
        finds("", "", "status", 0);
        finds("status", "", "status", 1);
        finds("zone", "zone", "list", 1);
        finds("zone list", "zone", "list", 2);
        finds("zone add x", "zone", "add", 2);
        finds("record set a b", "record", "set", 2);
        finds("query name", "", "query", 1);
        finds("link", "link", "list", 1);
        finds("link revert x", "link", "revert", 2);
        finds("watch", "", "watch", 1);
        finds("reload", "", "reload", 1);
}

static void does_not_find(const char *text, const char *expected)
{
        _cleanup_free_ char *reason = NULL;
        const struct verb *verb = NULL;
        size_t n;

        assert_int_equal(find(text, &verb, &n, &reason), -EINVAL);
        assert_string_equal(reason, expected);
        assert_null(verb);
}

static void test_unknown_verbs_are_named(void **state)
{
        does_not_find("zoen list", "unknown verb \"zoen\"");
        does_not_find("zone lst", "zone has no verb \"lst\", only list, add, remove, load, dump");
        does_not_find("record", "record wants one of list, set, add, remove");
}

static void checks(const char *text, size_t n_words, unsigned int given, const char *expected)
{
        _cleanup_free_ char *reason = NULL;
        const struct verb *verb;
        size_t used;

        assert_int_equal(find(text, &verb, &used, &reason), 0);
        assert_int_equal(verb_check(verb, n_words, given, &reason), expected ? -EINVAL : 0);
        if (expected)
                assert_string_equal(reason, expected);
        else
                assert_null(reason);
}

static void test_words_and_options_fit_the_verb(void **state)
{
        checks("status", 0, OPTION_JSON | OPTION_NO_ASK_PASSWORD | OPTION_ADDRESS, NULL);
        checks("status", 1, 0, "status takes fewer words: nothing follows it");
        checks("zone add", 0, 0,
                "zone add wants more words: NAME [--persistent] [--fallthrough] [--auto-ptr]");
        checks("zone add", 1, OPTION_PERSISTENT, NULL);
        checks("zone add", 2, 0,
                "zone add takes fewer words: NAME [--persistent] [--fallthrough] [--auto-ptr]");
        checks("zone add", 1, OPTION_FALLTHROUGH | OPTION_AUTO_PTR, NULL);
        checks("zone load", 2, OPTION_AUTO_PTR, "zone load does not take --auto-ptr");
        checks("zone remove", 1, OPTION_PERSISTENT, "zone remove does not take --persistent");
        checks("record set", 4, 0, "record set wants more words: ZONE NAME TYPE TTL RDATA… [--persistent]");
        checks("record set", 500, OPTION_PERSISTENT, NULL);
        checks("record list", 1, OPTION_PERSISTENT, "record list does not take --persistent");
        checks("link set", 3, OPTION_DEFAULT_ROUTE, NULL);
        checks("link revert", 1, OPTION_DEFAULT_ROUTE, "link revert does not take --default-route");
        checks("query", 3, 0, "query takes fewer words: NAME [TYPE]");
}

static char *help(const char *text)
{
        _cleanup_free_ char *reason = NULL, *line = strdup(text);
        char *words[4] = {}, *out = NULL;
        size_t size, n = 0;
        FILE *f = open_memstream(&out, &size);

        for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
                words[n++] = word;
        assert_int_equal(verb_help(f, words, n, &reason), 0);
        fclose(f);
        return out;
}

static void test_every_verb_has_help_with_examples(void **state)
{
        static const struct verb *const groups[] = {status_verbs, zone_verbs, record_verbs, query_verbs,
                link_verbs, upstream_verbs, flush_verbs, stats_verbs, watch_verbs, reload_verbs};
        _cleanup_free_ char *all = help("");

        assert_non_null(strstr(all, "Exit status:"));
        for (size_t i = 0; i < ELEMENTSOF(groups); i++)
                for (const struct verb *v = groups[i]; v->name; v++) {
                        _cleanup_free_ char *call = NULL, *one = NULL, *example = NULL;

                        assert_true(asprintf(&call, "%s %s", v->group ?: "", v->name) > 0);
                        one = help(call);
                        assert_non_null(strstr(one, v->summary));
                        assert_non_null(strstr(all, v->summary));
                        assert_true(asprintf(&example, "Examples:\n  share53ctl %s",
                                            v->group ? call : v->name) > 0);
                        assert_non_null(strstr(one, example));
                }
}

static void test_help_fits_a_terminal(void **state)
{
        static const char *const calls[] = {"", "status", "zone", "record", "query", "link", "upstream",
                "flush", "stats", "watch", "reload"};

        for (size_t i = 0; i < ELEMENTSOF(calls); i++) {
                _cleanup_free_ char *text = help(calls[i]);

                for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
                        assert_in_range(strlen(line), 1, 110);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_options_may_stand_anywhere),
                cmocka_unit_test(test_two_dashes_end_them),
                cmocka_unit_test(test_wrong_options_are_named),
                cmocka_unit_test(test_verbs_are_found),
                cmocka_unit_test(test_unknown_verbs_are_named),
                cmocka_unit_test(test_words_and_options_fit_the_verb),
                cmocka_unit_test(test_every_verb_has_help_with_examples),
                cmocka_unit_test(test_help_fits_a_terminal),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
