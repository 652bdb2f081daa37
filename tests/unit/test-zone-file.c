/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/zone-file-fixture.h"

#define A(owner, ttl, rdata) owner ".corp.internal. " #ttl " A " rdata "\n"

/* Each is read whole, and octet by octet. */
static const struct {
        const char *text;
        const char *records;
} taken[] = {
        {"", ""},
        {"\n \n\t\n; a comment\n   ; another\n", ""},
        {"db 60 IN A 192.0.2.7\n", A("db", 60, "192.0.2.7")},
        {"db 60 IN A 192.0.2.7", A("db", 60, "192.0.2.7")},
        {"db 60 IN A 192.0.2.7\r\n\r\nb 1 A 192.0.2.8\r\n", A("db", 60, "192.0.2.7") A("b", 1, "192.0.2.8")},
        {"db 60 IN A 192.0.2.7;x (\"\n", A("db", 60, "192.0.2.7")},
        {"db\t60  A\t192.0.2.7 \t\n", A("db", 60, "192.0.2.7")},
        /* TTL and class: both, one, none; the order does not matter. */
        {"a 5 IN A 192.0.2.1\na IN 6 A 192.0.2.2\na 7 A 192.0.2.3\na in A 192.0.2.4\na CLASS1 A 192.0.2.5\n",
                A("a", 5, "192.0.2.1") A("a", 6, "192.0.2.2") A("a", 7, "192.0.2.3") A("a", 7, "192.0.2.4")
                        A("a", 7, "192.0.2.5")},
        {"a A 192.0.2.1\n", A("a", 3600, "192.0.2.1")},
        {"a 9 A 192.0.2.1\n  A 192.0.2.2\n", A("a", 9, "192.0.2.1") A("a", 9, "192.0.2.2")},
        {"$TTL 1h30m\na A 192.0.2.1\na 9 A 192.0.2.2\na A 192.0.2.3\n$ttl 5\na A 192.0.2.4\n",
                A("a", 5400, "192.0.2.1") A("a", 9, "192.0.2.2") A("a", 5400, "192.0.2.3")
                        A("a", 5, "192.0.2.4")},
        {"a 1w2D A 192.0.2.1\na 0 A 192.0.2.2\na 2147483647 A 192.0.2.3\n",
                A("a", 777600, "192.0.2.1") A("a", 0, "192.0.2.2") A("a", 2147483647, "192.0.2.3")},
        /* Owners. */
        {"@ A 192.0.2.1\ncorp.internal. A 192.0.2.2\nDB.Corp.Internal. A 192.0.2.3\n",
                "corp.internal. 3600 A 192.0.2.1\ncorp.internal. 3600 A 192.0.2.2\n" A(
                        "db", 3600, "192.0.2.3")},
        {"$ORIGIN a\nx A 192.0.2.1\n$ORIGIN b\n@ A 192.0.2.2\n$ORIGIN internal.\ncorp A 192.0.2.3\n"
         "$ORIGIN .\ny.corp.internal A 192.0.2.4\n",
                A("x.a", 3600, "192.0.2.1") A("b.a", 3600, "192.0.2.2") "corp.internal. 3600 A 192.0.2.3\n" A(
                        "y", 3600, "192.0.2.4")},
        {"a A 192.0.2.1\n; between\n\n$ORIGIN b\n A 192.0.2.2\n",
                A("a", 3600, "192.0.2.1") A("a", 3600, "192.0.2.2")},
        {"*.dev A 192.0.2.1\n", A("*.dev", 3600, "192.0.2.1")},
        {"\\$TTL A 192.0.2.1\n", A("\\$ttl", 3600, "192.0.2.1")},
        {"a\\.b A 192.0.2.1\n", A("a\\.b", 3600, "192.0.2.1")},
        {"a\\ b A 192.0.2.1\na\\032b A 192.0.2.2\n",
                A("a\\032b", 3600, "192.0.2.1") A("a\\032b", 3600, "192.0.2.2")},
        {"a\\;b\\(c\\)\\\"d\\\\ A 192.0.2.1\n", A("a\\;b\\(c\\)\\\"d\\\\", 3600, "192.0.2.1")},
        {"in A 192.0.2.1\n60 60 A 192.0.2.2\na AAAA ::1\n",
                A("in", 3600, "192.0.2.1") A("60", 60, "192.0.2.2") "a.corp.internal. 60 AAAA ::1\n"},
        /* Parentheses. */
        {"db ( 60\n IN ; comment\n\n A\n) 192.0.2.7\n", A("db", 60, "192.0.2.7")},
        {"( db 60 IN A 192.0.2.7 )\n", A("db", 60, "192.0.2.7")},
        {"db TXT(\"a\")(\n\"b\")\"c\"\n", "db.corp.internal. 3600 TXT \"a\" \"b\" \"c\"\n"},
        {"db TXT(\"a\"\nb)\n", "db.corp.internal. 3600 TXT \"a\" \"b\"\n"},
        {"()\n ( \n ) \ndb ( A ) ( 192.0.2.7 )\n", A("db", 3600, "192.0.2.7")},
        {"db A (\r\n192.0.2.7\r\n)\r\n", A("db", 3600, "192.0.2.7")},
        /* Quotes. */
        {"a TXT \"one two\" three \"\" \"a;b(c)d\"\n",
                "a.corp.internal. 3600 TXT \"one two\" \"three\" \"\" \"a;b(c)d\"\n"},
        {"a TXT \"quote \\\" backslash \\\\ \\065\"; end\n",
                "a.corp.internal. 3600 TXT \"quote \\\" backslash \\\\ A\"\n"},
        {"a TXT x\\ y z\\;\\\"\n", "a.corp.internal. 3600 TXT \"x y\" \"z;\\\"\"\n"},
        {"a SVCB 1 . alpn=\"h2,h3\" port=53 ; x\n", "a.corp.internal. 3600 SVCB 1 . alpn=h2,h3 port=53\n"},
        /* Names in rdata are completed by the origin of their place. */
        {"a CNAME b\n$ORIGIN x\na CNAME b\nc CNAME @\nd CNAME E.\n",
                "a.corp.internal. 3600 CNAME b.corp.internal.\na.x.corp.internal. 3600 CNAME "
                "b.x.corp.internal.\n"
                "c.x.corp.internal. 3600 CNAME x.corp.internal.\nd.x.corp.internal. 3600 CNAME e.\n"},
        /* RFC 3597. */
        {"a TYPE1 \\# 4 c0000207\nb A \\# 4 ( c000\n 0207 )\nc CLASS1 TYPE28 ::1\n",
                A("a", 3600, "192.0.2.7") A("b", 3600, "192.0.2.7") "c.corp.internal. 3600 AAAA ::1\n"},
};

static const struct {
        const char *text;
        const char *reason; /* behind "test.zone:" */
} refused[] = {
        {"a A 192.0.2.1\n\n$INCLUDE other.zone\n",
                "3: \"$INCLUDE\": not supported: put its records into this file"},
        {"$generate 1-9 a$ A 192.0.2.$\n", "1: \"$generate\": not supported: write the records out"},
        {"$FOO\n", "1: \"$FOO\": not a directive (an owner's first \"$\" is written \"\\$\")"},
        {"$ORIGIN\n", "1: \"$ORIGIN\": one word must follow"},
        {"$TTL 1 2\n", "1: \"$TTL\": one word must follow"},
        {"$TTL x\n", "1: \"x\": not a TTL: seconds, or numbers with s, m, h, d or w"},
        {"a 1h30 A 192.0.2.1\n", "1: \"1h30\": not a TTL: seconds, or numbers with s, m, h, d or w"},
        {"a 5y A 192.0.2.1\n", "1: \"5y\": not a TTL: seconds, or numbers with s, m, h, d or w"},
        {"a 2147483648 A 192.0.2.1\n", "1: \"2147483648\": a TTL is at most 2147483647 seconds"},
        {"a 24855d3h14m8s A 192.0.2.1\n", "1: \"24855d3h14m8s\": a TTL is at most 2147483647 seconds"},
        {"a 60 60 A 192.0.2.1\n", "1: \"60\": not a record type"},
        {"a IN IN A 192.0.2.1\n", "1: \"IN\": not a record type"},
        {"a CH A 192.0.2.1\n", "1: \"CH\": not supported: the class is always IN"},
        {"a CLASS3 A 192.0.2.1\n", "1: \"CLASS3\": not supported: the class is always IN"},
        {"a CLASS255 A 192.0.2.1\n", "1: \"CLASS255\": not supported: the class is always IN"},
        {"  A 192.0.2.1\n", "1: \"A\": no owner: the line begins with a blank, and no record is before it"},
        {"a A 192.0.2.1\nother.example. A 192.0.2.1\n", "2: \"other.example.\": outside of the zone"},
        {"$ORIGIN example.\na A 192.0.2.1\n", "2: \"a\": outside of the zone"},
        {"xcorp.internal. A 192.0.2.1\n", "1: \"xcorp.internal.\": outside of the zone"},
        {"a..b A 192.0.2.1\n", "1: \"a..b\": not a domain name"},
        {"a\\300 A 192.0.2.1\n", "1: \"a\\300\": not a domain name"},
        {"\"a\" A 192.0.2.1\n", "1: \"\"a\"\": not a domain name"},
        {"a123456789012345678901234567890123456789012345678901234567890123 A 192.0.2.1\n",
                "1: \"a123456789012345678901234567890123456789012345678901234567890123\": a label over 63 "
                "octets, or a name over 255"},
        {"a\n", "1: \"a\": no record type behind it"},
        {"a 60 IN\n", "1: \"IN\": no record type behind it"},
        {"a FOO 192.0.2.1\n", "1: \"FOO\": not a record type"},
        {"a \"A\" 192.0.2.1\n", "1: \"\"A\"\": not a record type"},
        {"a ANY 192.0.2.1\n", "1: \"ANY\": records of this type cannot be stored"},
        {"a OPT x\n", "1: \"OPT\": records of this type cannot be stored"},
        {"a TXT \"x\n\"\n", "1: \"\"x\": quote that is not closed on its line"},
        {"a TXT \"x\r\n\"\r\n", "1: \"\"x\": quote that is not closed on its line"},
        {"a TXT \"x", "1: \"\"x\": quote that is not closed on its line"},
        {"a TXT \"x\"y\n", "1: \"\"x\"\": no blank behind a quote"},
        {"a TXT \"x\"\"y\"\n", "1: \"\"x\"\": no blank behind a quote"},
        {"a TXT x\"y\"\n", "1: \"x\": quote in the middle of a word"},
        {"a=\"b\" A 192.0.2.1\n", "1: \"a=\"b\"\": not a domain name"},
        {"a SVCB 1 . alpn=\"h2\"x\n", "1: \"alpn=\"h2\"\": no blank behind a quote"},
        {"a SVCB 1 . alpn=\"h2\n", "1: \"alpn=\"h2\": quote that is not closed on its line"},
        {"a TXT x\\\ny\n", "1: \"x\": backslash at the end of the line"},
        {"a TXT \"x\\\n\"\n", "1: \"\"x\": backslash at the end of the line"},
        {"a TXT x\\", "1: \"x\": backslash at the end of the line"},
        {"a TXT x\\\x01", "1: \"x\": backslash before a control character"},
        {"a A (\n(\n192.0.2.1))\n", "2: parenthesis within parentheses"},
        {"a A 192.0.2.1\n)\n", "2: parenthesis is closed that was not opened"},
        {"a A 192.0.2.1)\n", "1: \"192.0.2.1\": parenthesis is closed that was not opened"},
        {"\na A ( 192.0.2.1\nb A 192.0.2.2\n", "2: parenthesis that is not closed"},
        {"a A (\n192.0.2.1 ; )", "1: parenthesis that is not closed"},
        {"a\x01 A 192.0.2.1\n", "1: \"a\": control character"},
        {"a \x7f A 192.0.2.1\n", "1: control character"},
        {"a A 192.0.2.1 ; \x1b[2J\n", "1: control character in a comment"},
        {"a TXT \"\x1b\"\n", "1: \"\"\": control character in quotes: write it as \\DDD"},
        {"a A 192.0.2.1\rb A 192.0.2.2\n", "1: carriage return that no line feed follows"},
};

static void test_taken(void **state)
{
        static const size_t pieces[] = {1, 2, 7, SIZE_MAX / 2};

        for (size_t i = 0; i < ELEMENTSOF(taken); i++)
                for (size_t k = 0; k < ELEMENTSOF(pieces); k++) {
                        _cleanup_free_ char *records = NULL, *reason = NULL;

                        if (fixture_read_zone_file(FIXTURE_ZONE, taken[i].text, strlen(taken[i].text),
                                    pieces[k], &records, &reason) < 0)
                                fail_msg("%s: %s", taken[i].text, reason);
                        assert_string_equal(records, taken[i].records);
                }
}

static void test_refused(void **state)
{
        static const size_t pieces[] = {1, SIZE_MAX / 2};

        for (size_t i = 0; i < ELEMENTSOF(refused); i++)
                for (size_t k = 0; k < ELEMENTSOF(pieces); k++) {
                        _cleanup_free_ char *records = NULL, *reason = NULL;
                        int r = fixture_read_zone_file(FIXTURE_ZONE, refused[i].text, strlen(refused[i].text),
                                pieces[k], &records, &reason);

                        if (r != -EINVAL)
                                fail_msg("%d for: %s", r, refused[i].text);
                        assert_non_null(reason);
                        assert_memory_equal(reason, "test.zone:", strlen("test.zone:"));
                        assert_string_equal(reason + strlen("test.zone:"), refused[i].reason);
                }
}

/* What stands before an error has been handed over; whoever wants all or nothing keeps it apart. */
static void test_nul(void **state)
{
        static const char text[] = "a A 192.0.2.1\nb\0 A 192.0.2.2\n";
        _cleanup_free_ char *records = NULL, *reason = NULL;

        assert_int_equal(
                fixture_read_zone_file(FIXTURE_ZONE, text, sizeof(text) - 1, 64, &records, &reason), -EINVAL);
        assert_string_equal(reason, "test.zone:2: \"b\": NUL character");
        assert_string_equal(records, A("a", 3600, "192.0.2.1"));
}

/* rdata's own reasons get the line of the record's type. */
static void test_rdata_error(void **state)
{
        static const char text[] = "a A 192.0.2.1\nb (\nA\n192.0.2 )\n";
        _cleanup_free_ char *records = NULL, *reason = NULL;

        assert_int_equal(
                fixture_read_zone_file(FIXTURE_ZONE, text, sizeof(text) - 1, 64, &records, &reason), -EINVAL);
        assert_memory_equal(reason, "test.zone:3: ", strlen("test.zone:3: "));
        assert_non_null(strstr(reason, "192.0.2"));
}

/* Takes as many as USERDATA says, and tells how many more it was given. */
static int take_some(void *userdata, const struct record *record, char **ret_reason)
{
        int *left = userdata;

        return (*left)-- > 0 ? 0 : -EDQUOT;
}

static struct zone_file *new_file(struct zone_file_options options)
{
        struct zone_file *file;

        options.zone = name_of(FIXTURE_ZONE);
        assert_int_equal(zone_file_new(&options, &file), 0);
        return file;
}

/* The first error is the last. */
static void test_callback_error(void **state)
{
        static const char text[] = "a A 192.0.2.1\na A 192.0.2.2\na A 192.0.2.3\n";
        int left = 1;
        struct zone_file *file = new_file((struct zone_file_options){.record = take_some, .userdata = &left});
        _cleanup_free_ char *reason = NULL;
        char *none = (char *)text;

        assert_int_equal(zone_file_feed(file, text, sizeof(text) - 1, &reason), -EDQUOT);
        assert_memory_equal(reason, "line 2: ", strlen("line 2: "));
        assert_int_equal(zone_file_feed(file, text, 1, &none), -EDQUOT);
        assert_null(none);
        assert_int_equal(zone_file_end(file, NULL), -EDQUOT);
        assert_int_equal(left, -1);
        zone_file_free(file);
}

static void test_octets_max(void **state)
{
        int left = 9;
        struct zone_file *file = new_file((struct zone_file_options){
                .file = "f", .octets_max = 14, .record = take_some, .userdata = &left});
        _cleanup_free_ char *reason = NULL;

        assert_int_equal(zone_file_feed(file, "a A 192.0.2.1\n", 14, NULL), 0);
        assert_int_equal(zone_file_feed(file, " ", 1, &reason), -EFBIG);
        assert_string_equal(reason, "f:2: larger than a zone file may be");
        assert_int_equal(left, 8);
        zone_file_free(file);
}

/* No record holds more memory than a record can have text. */
static void test_entry_max(void **state)
{
        int left = 9;
        struct zone_file *file =
                new_file((struct zone_file_options){.file = "f", .record = take_some, .userdata = &left});
        _cleanup_free_ char *reason = NULL;
        int r = zone_file_feed(file, "a TXT ", 6, NULL);

        for (size_t i = 0; r == 0 && i < 2 * ZONE_FILE_ENTRY_MAX; i++)
                r = zone_file_feed(file, "x", 1, &reason);
        assert_int_equal(r, -EINVAL);
        assert_non_null(strstr(reason, "\": the record is longer than any can be"));
        zone_file_free(file);
        free(reason);
        reason = NULL;

        /* Comments and blanks do not count. */
        file = new_file((struct zone_file_options){.file = "f", .record = take_some, .userdata = &left});
        assert_int_equal(zone_file_feed(file, "a TXT x ;", 9, NULL), 0);
        for (size_t i = 0; i < 2 * ZONE_FILE_ENTRY_MAX; i++)
                assert_int_equal(zone_file_feed(file, "y", 1, NULL), 0);
        assert_int_equal(zone_file_end(file, NULL), 0);
        assert_int_equal(left, 8);
        zone_file_free(file);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_taken),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_nul),
                cmocka_unit_test(test_rdata_error),
                cmocka_unit_test(test_callback_error),
                cmocka_unit_test(test_octets_max),
                cmocka_unit_test(test_entry_max),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
