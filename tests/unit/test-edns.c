/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/test.h"

#include <string.h>

#include "daemon/dns/edns.h"

static void is(const struct edns_options *o, const char *expected, size_t size)
{
        assert_int_equal(o->size, size);
        assert_memory_equal(o->data, expected, size);
}

static void test_cookie(void **state)
{
        struct edns_options o = {};

        edns_add_cookie(&o, (const uint8_t *)"abcdefghABCDEFGHabcdefgh", 24);
        is(&o, "\0\12\0\30abcdefghABCDEFGHabcdefgh", 28);
        assert_int_equal(EDNS_COOKIE_SIZE_MAX, 28);
}

static void test_keepalive(void **state)
{
        static const struct {
                uint64_t usec;
                uint8_t high, low;
        } cases[] = {{10 * 1000000ULL, 0, 100}, {99999, 0, 0}, {100000, 0, 1}, {6553500000ULL, 255, 255},
                {6553700000ULL, 255, 255}, {UINT64_MAX, 255, 255}};

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct edns_options o = {};
                const char expected[] = {0, 11, 0, 2, (char)cases[i].high, (char)cases[i].low};

                edns_add_keepalive(&o, cases[i].usec);
                is(&o, expected, sizeof(expected));
        }
}

static void test_error(void **state)
{
        struct edns_error e = {};
        struct edns_options o = {};

        edns_error_set(&e, EDNS_ERROR_NOT_AUTHORITATIVE, "no %s", "zone");
        edns_add_error(&o, &e, 100);
        is(&o, "\0\17\0\11\0\24no zone", 13);
        edns_error_set(&e, EDNS_ERROR_OTHER, "%s", "");
        edns_add_error(&o, &e, 6);
        is(&o, "\0\17\0\11\0\24no zone\0\17\0\2\0\0", 19);
        e.code = EDNS_ERROR_NONE;
        edns_add_error(&o, &e, 100);
        assert_int_equal(o.size, 19);
}

/* The text goes first, then all of it; a character is never cut in the middle. */
static void test_error_with_little_room(void **state)
{
        static const size_t kept[] = {0, 1, 1, 3, 3, 3, 6}; /* "a", two octets, three octets */
        struct edns_error e = {};

        edns_error_set(&e, EDNS_ERROR_BLOCKED, "a\303\244\342\202\254");
        for (size_t room = 0; room < 20; room++) {
                struct edns_options o = {};

                edns_add_error(&o, &e, room);
                if (room < 6) {
                        assert_int_equal(o.size, 0);
                        continue;
                }
                size_t n = kept[MIN(room - 6, ELEMENTSOF(kept) - 1)];
                assert_int_equal(o.size, 6 + n);
                assert_int_equal(o.data[3], 2 + n);
                assert_memory_equal(o.data + 6, e.text, n);
        }
}

static void test_long_text_is_cut(void **state)
{
        struct edns_error e = {};
        char text[300];

        memset(text, 'x', sizeof(text));
        text[EDNS_ERROR_TEXT_SIZE - 1] = '\0';
        edns_error_set(&e, EDNS_ERROR_OTHER, "%s", text);
        assert_string_equal(e.text, text); /* the longest that fits */
        memcpy(text + EDNS_ERROR_TEXT_SIZE - 2, "\303\244", 3);
        edns_error_set(&e, EDNS_ERROR_OTHER, "%s", text);
        assert_int_equal(strlen(e.text), EDNS_ERROR_TEXT_SIZE - 2);
        memset(text, 'x', sizeof(text));
        text[sizeof(text) - 1] = '\0';
        edns_error_set(&e, EDNS_ERROR_OTHER, "%s", text);
        assert_int_equal(strlen(e.text), EDNS_ERROR_TEXT_SIZE - 1);
}

static void test_all_together_fit(void **state)
{
        struct edns_options o = {};
        struct edns_error e = {};

        edns_add_cookie(&o, (const uint8_t *)"abcdefghABCDEFGHabcdefgh", 24);
        edns_add_keepalive(&o, 1);
        edns_error_set(&e, EDNS_ERROR_OTHER, "%*s", 500, "");
        edns_add_error(&o, &e, SIZE_MAX);
        assert_int_equal(o.size, EDNS_OPTIONS_SIZE_MAX);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_cookie),
                cmocka_unit_test(test_keepalive),
                cmocka_unit_test(test_error),
                cmocka_unit_test(test_error_with_little_room),
                cmocka_unit_test(test_long_text_is_cut),
                cmocka_unit_test(test_all_together_fit),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
