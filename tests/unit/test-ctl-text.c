/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/test.h"

#include "cli/text.h"

static void escapes(const char *text, const char *expected)
{
        _cleanup_free_ char *escaped = text_escape(text);

        assert_non_null(escaped);
        assert_string_equal(escaped, expected);
}

static void test_control_characters_are_disarmed(void **state)
{
        escapes("\x1b]0;gone\x07", "\\027]0;gone\\007");
        escapes("a\nb\tc\r", "a\\010b\\009c\\013");
        escapes("del\x7f", "del\\127");
        /* C1 in UTF-8: CSI is as good as ESC [. */
        escapes("\xc2\x9b"
                "31m",
                "\\194\\15531m");
        /* Right-to-left override, line separator, byte order mark. */
        escapes("\xe2\x80\xae", "\\226\\128\\174");
        escapes("\xe2\x80\xa8", "\\226\\128\\168");
        escapes("\xef\xbb\xbf", "\\239\\187\\191");
}

static void test_what_is_no_utf8_is_disarmed(void **state)
{
        escapes("\xff", "\\255");
        escapes("\x9b", "\\155");
        escapes("\xc0\xaf", "\\192\\175");
        escapes("\xe0\x9f\xbf", "\\224\\159\\191");
        escapes("\xed\xa0\x80", "\\237\\160\\128");
        escapes("\xf4\x90\x80\x80", "\\244\\144\\128\\128");
        escapes("cut \xe4\xb8", "cut \\228\\184");
}

static void test_plain_text_stays(void **state)
{
        escapes("", "");
        escapes("db.corp.internal. \"v=spf1 -all\" \\046", "db.corp.internal. \"v=spf1 -all\" \\046");
        escapes("b\xc3\xbc"
                "cher \xe4\xb8\xad \xf0\x9f\x90\xa7",
                "b\xc3\xbc"
                "cher \xe4\xb8\xad \xf0\x9f\x90\xa7");
}

static void test_json_stays_json(void **state)
{
        _cleanup_free_ char *escaped =
                text_escape_json("{\n \"a\":\"\xc2\x9b\x7f\xe2\x80\xae\xc3\xbc\\u001b\xff\"}");

        assert_non_null(escaped);
        assert_string_equal(escaped, "{\n \"a\":\"\\u009b\\u007f\\u202e\xc3\xbc\\u001b\\ufffd\"}");
}

static void test_width_on_a_terminal(void **state)
{
        assert_int_equal(text_width(""), 0);
        assert_int_equal(text_width("abc"), 3);
        assert_int_equal(text_width("b\xc3\xbc"), 2);
        assert_int_equal(text_width("u\xcc\x88"), 1);                /* combining diaeresis */
        assert_int_equal(text_width("\xe4\xb8\xad\xe6\x96\x87"), 4); /* two ideographs */
        assert_int_equal(text_width("\xf0\x9f\x90\xa7!"), 3);        /* penguin */
        assert_int_equal(text_width("\xff\xff"), 2);
}

static void test_ttl_as_people_type_it(void **state)
{
        static const struct {
                const char *text;
                uint32_t seconds;
        } good[] = {
                {"0", 0},
                {"60", 60},
                {"60s", 60},
                {"5m", 300},
                {"1h30m", 5400},
                {"1D", 86400},
                {"2w", 1209600},
                {"2147483647", 2147483647},
        };
        static const char *const bad[] = {
                "0h30", "", "s", "-1", "+1", " 1", "1 ", "1x", "1h30", "m5", "0x10", "1.5"};
        static const char *const large[] = {
                "2147483648", "4294967296", "3551w", "99999999999999999999", "2147483647s1s"};
        uint32_t seconds;

        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                assert_int_equal(text_read_ttl(good[i].text, &seconds), 0);
                assert_int_equal(seconds, good[i].seconds);
        }
        seconds = 7;
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(text_read_ttl(bad[i], &seconds), -EINVAL);
        for (size_t i = 0; i < ELEMENTSOF(large); i++)
                assert_int_equal(text_read_ttl(large[i], &seconds), -ERANGE);
        assert_int_equal(seconds, 7);
}

static void test_no_colours_but_where_wanted(void **state)
{
        assert_string_equal(text_style_begin(TEXT_RED, false), "");
        assert_string_equal(text_style_end(TEXT_RED, false), "");
        assert_string_equal(text_style_begin(TEXT_PLAIN, true), "");
        assert_string_equal(text_style_end(TEXT_PLAIN, true), "");
        assert_string_equal(text_style_begin(TEXT_RED, true), "\x1b[1;31m");
        assert_string_equal(text_style_end(TEXT_RED, true), "\x1b[0m");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_control_characters_are_disarmed),
                cmocka_unit_test(test_what_is_no_utf8_is_disarmed),
                cmocka_unit_test(test_plain_text_stays),
                cmocka_unit_test(test_json_stays_json),
                cmocka_unit_test(test_width_on_a_terminal),
                cmocka_unit_test(test_ttl_as_people_type_it),
                cmocka_unit_test(test_no_colours_but_where_wanted),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
