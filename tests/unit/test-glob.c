/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/test.h"

#include <string.h>
#include <time.h>

#include "daemon/bus/bus-glob.h"

static bool match(const char *text, const char *name)
{
        struct bus_glob glob;

        assert_int_equal(bus_glob_compile(text, &glob), 0);
        return bus_glob_match(&glob, name);
}

static void test_matches(void **state)
{
        assert_true(match("", "a.test."));
        assert_true(match("*", "a.test."));
        assert_true(match("*", "."));
        assert_true(match("a.test", "a.test."));
        assert_true(match("a.test.", "a.test."));
        assert_true(match("A.TeSt", "a.test."));
        assert_true(match("a*", "a.test."));
        assert_true(match("*test", "a.test."));
        assert_true(match("*test.", "a.test."));
        assert_true(match("*.t*t*", "a.test."));
        assert_true(match("**a**", "a.test."));
        assert_true(match("?.test", "a.test."));
        assert_true(match("a.test?", "a.test.")); /* the dot */
        assert_true(match("*ab*ac", "abaab.ac."));
        assert_true(match("*aab", "aaaab."));
        assert_true(match("\\255*", "\\255x.test."));
}

static void test_does_not_match(void **state)
{
        assert_false(match("a", "a.test."));
        assert_false(match("a.test..", "a.test."));
        assert_false(match("a.test.?", "a.test."));
        assert_false(match("?a.test", "a.test."));
        assert_false(match("*x*", "a.test."));
        assert_false(match("*ab*ab", "xaby."));
        assert_false(match("b*", "a.test."));
        assert_false(match("\xff", "a.test."));
}

/* Globs around the borders of words. */
static void test_long(void **state)
{
        char text[NAME_TEXT_SIZE + 1], name[NAME_TEXT_SIZE];
        struct bus_glob glob;

        for (size_t n = 1; n < NAME_TEXT_SIZE - 2; n++) {
                memset(name, 'a', n);
                strcpy(name + n, ".");
                memset(text, n % 2 ? 'a' : '?', n);
                text[n] = '\0';
                assert_true(match(text, name));
                strcpy(text + n, "*");
                assert_true(match(text, name));
                text[n - 1] = 'b';
                assert_false(match(text, name));
                memset(text, '?', n + 2); /* one more than there are */
                text[n + 2] = '\0';
                assert_false(match(text, name));
        }
        memset(text, 'a', NAME_TEXT_SIZE);
        text[NAME_TEXT_SIZE] = '\0';
        assert_int_equal(bus_glob_compile(text, &glob), -ENAMETOOLONG);
}

/*
 * One ListRecords looks at 100,000 names (Records=), and the watchdog waits ten seconds. By going back to the
 * last star, these would take minutes.
 */
static void test_is_bounded(void **state)
{
        char text[NAME_TEXT_SIZE] = "*", name[NAME_TEXT_SIZE];
        struct timespec before, after;
        struct bus_glob glob;

        memset(name, 'a', sizeof(name) - 2);
        strcpy(name + sizeof(name) - 2, ".");
        memset(text + 1, '?', 500);
        strcpy(text + 501, "x");
        assert_int_equal(bus_glob_compile(text, &glob), 0);
        assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before), 0);
        for (size_t i = 0; i < 30000; i++)
                assert_false(bus_glob_match(&glob, name));
        assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after), 0);
        assert_true(after.tv_sec - before.tv_sec < 5); /* half a second, and a sanitizer's share */
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_matches),
                cmocka_unit_test(test_does_not_match),
                cmocka_unit_test(test_long),
                cmocka_unit_test(test_is_bounded),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
