/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/test.h"

#include <string.h>

#include "common/name.h"

static struct name parse(const char *text)
{
        struct name n;

        assert_int_equal(name_from_text(text, NULL, &n), 0);
        return n;
}

static void prints(const char *text, const char *expected)
{
        char buf[NAME_TEXT_SIZE];
        struct name n = parse(text);

        assert_string_equal(name_to_text(&n, buf), expected);
}

static void test_text_round_trip(void **state)
{
        prints("Db.Corp.Internal", "db.corp.internal.");
        prints("db.corp.internal.", "db.corp.internal.");
        prints(".", ".");
        prints("a\\.b.c", "a\\.b.c.");
        prints("\\000\\255.x", "\\000\\255.x.");
        prints("\\065.x", "a.x.");
        prints("*.x", "*.x.");
        prints("_dns._udp.x", "_dns._udp.x.");
}

static void test_relative_names(void **state)
{
        struct name origin = parse("corp.internal"), n;
        char buf[NAME_TEXT_SIZE];

        assert_int_equal(name_from_text("db", &origin, &n), 0);
        assert_string_equal(name_to_text_bare(&n, buf), "db.corp.internal");
        assert_int_equal(name_from_text("@", &origin, &n), 0);
        assert_true(name_equal(&n, &origin));
        assert_int_equal(name_from_text("db.other.", &origin, &n), 0);
        assert_string_equal(name_to_text(&n, buf), "db.other.");
}

static void test_refusals(void **state)
{
        static const char *const bad[] = {"", "..", ".a", "a..b", "@", "a b", "a\tb", "a\nb", "\\", "a\\",
                "\\25", "\\256", "\\2x5", "caf\xc3\xa9"};
        char label[70], whole[400];
        struct name n = {.size = 99};

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(name_from_text(bad[i], NULL, &n), -EINVAL);

        memset(label, 'a', 64);
        label[64] = '\0';
        assert_int_equal(name_from_text(label, NULL, &n), -ENAMETOOLONG);
        assert_int_equal(n.size, 99);
        label[63] = '\0';
        assert_int_equal(name_from_text(label, NULL, &n), 0);

        /* 3 × 64 + 62 + 1 = 255 octets is the limit (RFC 1035 3.1). */
        snprintf(whole, sizeof(whole), "%s.%s.%s.%.61s", label, label, label, label);
        assert_int_equal(name_from_text(whole, NULL, &n), 0);
        assert_int_equal(n.size, 255);
        snprintf(whole, sizeof(whole), "%s.%s.%s.%.62s", label, label, label, label);
        assert_int_equal(name_from_text(whole, NULL, &n), -ENAMETOOLONG);
}

static void test_suffixes(void **state)
{
        struct name zone = parse("corp.internal"), root = parse("."), n = parse("a.b.corp.internal"), s;
        struct name lookalike = parse("xcorp.internal");

        assert_true(name_is_below(&n, &zone));
        assert_true(name_is_below(&zone, &zone));
        assert_true(name_is_below(&n, &root));
        assert_false(name_is_below(&lookalike, &zone));
        assert_false(name_is_below(&zone, &n));
        name_strip(&n, 2, &s);
        assert_true(name_equal(&s, &zone));
        name_strip(&n, 9, &s);
        assert_true(name_is_root(&s));
        assert_int_equal(name_labels(&n), 4);
        assert_int_equal(name_labels(&root), 0);
}

static void test_wire(void **state)
{
        static const uint8_t good[] = "\2Ab\1c", pointer[] = "\2ab\xc0\x00", cut[] = {2, 'a'},
                             trailing[] = "\1a\0x";
        struct name n, expected = parse("ab.c");

        assert_int_equal(name_from_wire(good, sizeof(good), &n), 0);
        assert_true(name_equal(&n, &expected));
        assert_int_equal(name_from_wire(pointer, sizeof(pointer), &n), -EBADMSG);
        assert_int_equal(name_from_wire(cut, sizeof(cut), &n), -EBADMSG);
        assert_int_equal(name_from_wire(trailing, sizeof(trailing), &n), -EBADMSG);
        assert_int_equal(name_from_wire(good, 0, &n), -EBADMSG);
}

/* RFC 4034 6.1's own example. */
static void test_canonical_order(void **state)
{
        static const char *const order[] = {"example", "a.example", "yljkjljk.a.example", "z.a.example",
                "zabc.a.example", "z.example", "\\001.z.example", "*.z.example", "\\200.z.example"};

        for (size_t i = 0; i < ELEMENTSOF(order); i++)
                for (size_t j = 0; j < ELEMENTSOF(order); j++) {
                        struct name a = parse(order[i]), b = parse(order[j]);
                        int c = name_compare(&a, &b);
                        assert_true(i < j ? c < 0 : i > j ? c > 0 : c == 0);
                }
}

static void test_wildcards(void **state)
{
        struct name zone = parse("corp.internal"), w;
        char buf[NAME_TEXT_SIZE];

        assert_int_equal(name_wildcard(&zone, &w), 0);
        assert_string_equal(name_to_text(&w, buf), "*.corp.internal.");
        assert_true(name_is_wildcard(&w));
        assert_false(name_is_wildcard(&zone));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_text_round_trip),
                cmocka_unit_test(test_relative_names),
                cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_suffixes),
                cmocka_unit_test(test_wire),
                cmocka_unit_test(test_canonical_order),
                cmocka_unit_test(test_wildcards),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
