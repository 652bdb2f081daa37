/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/test.h"

#include <string.h>

#include "daemon/dns/rdata.h"

static struct name origin;

static int setup(void **state)
{
        return name_from_text("corp.internal", NULL, &origin);
}

/* TEXT read as TYPE gives these octets, and prints as PRINTED, which reads as the same octets. */
static void reads(uint16_t type, const char *text, const void *octets, size_t size, const char *printed)
{
        _cleanup_free_ uint8_t *rdata = NULL, *again = NULL;
        _cleanup_free_ char *out = NULL, *reason = NULL;
        uint16_t n, m;

        if (rdata_from_text(type, text, &origin, &rdata, &n, &reason) < 0)
                fail_msg("%s: %s", text, reason);
        assert_int_equal(n, size);
        assert_memory_equal(rdata, octets, size);
        assert_true(rdata_check(type, rdata, n));
        assert_int_equal(rdata_to_text(type, rdata, n, &out), 0);
        assert_string_equal(out, printed);
        assert_int_equal(rdata_from_text(type, out, &origin, &again, &m, NULL), 0);
        assert_int_equal(m, n);
        assert_memory_equal(again, rdata, n);
}

#define READS(type, text, octets, printed) reads(type, text, octets, sizeof(octets) - 1, printed)

/* Outputs stay as they were, and the reason begins with the type and quotes something. */
static void refuses(uint16_t type, const char *text)
{
        uint8_t mark, *rdata = &mark;
        _cleanup_free_ char *reason = NULL;
        uint16_t size = 77;
        char mnemonic[RDATA_TYPE_TEXT_SIZE];
        int r = rdata_from_text(type, text, &origin, &rdata, &size, &reason);

        if (r != -EINVAL)
                fail_msg("taken: %s", text);
        assert_ptr_equal(rdata, &mark);
        assert_int_equal(size, 77);
        assert_non_null(reason);
        rdata_type_to_text(type, mnemonic);
        if (strncmp(reason, mnemonic, strlen(mnemonic)) != 0 || !strchr(reason, '"'))
                fail_msg("%s: %s", text, reason);
        for (const char *p = reason; *p; p++)
                assert_in_range(*p, ' ', '~');
        assert_int_equal(rdata_from_text(type, text, &origin, &rdata, &size, NULL), -EINVAL);
}

static void test_types(void **state)
{
        static const char *const bad[] = {"", "AX", "TYPE", "TYPE65536", "TYPE-1", "TYPE 1", "TYPE1x",
                "TYPE+1", "TYPE99999999999999999999", "A "};
        char buf[RDATA_TYPE_TEXT_SIZE];
        uint16_t type = 99;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(rdata_type_from_text(bad[i], &type), -EINVAL);
        assert_int_equal(type, 99);
        assert_int_equal(rdata_type_from_text("a", &type), 0);
        assert_int_equal(type, RDATA_A);
        assert_int_equal(rdata_type_from_text("Aaaa", &type), 0);
        assert_int_equal(type, RDATA_AAAA);
        assert_int_equal(rdata_type_from_text("type1", &type), 0);
        assert_int_equal(type, RDATA_A);
        assert_int_equal(rdata_type_from_text("TYPE65535", &type), 0);
        assert_int_equal(type, 65535);
        assert_int_equal(rdata_type_from_text("any", &type), 0);
        assert_int_equal(type, RDATA_ANY);
        assert_string_equal(rdata_type_to_text(RDATA_CNAME, buf), "CNAME");
        assert_string_equal(rdata_type_to_text(RDATA_ANY, buf), "ANY");
        assert_string_equal(rdata_type_to_text(65280, buf), "TYPE65280");
        assert_string_equal(rdata_type_to_text(0, buf), "TYPE0");

        /* Whatever is printed can be read. */
        for (unsigned int i = 0; i <= UINT16_MAX; i++) {
                assert_int_equal(rdata_type_from_text(rdata_type_to_text((uint16_t)i, buf), &type), 0);
                assert_int_equal(type, i);
        }
}

/* All but meta types (RFC 6895 3.1). */
static void test_stored_types(void **state)
{
        uint8_t *rdata;
        uint16_t size;
        _cleanup_free_ char *reason = NULL;

        for (unsigned int i = 0; i <= UINT16_MAX; i++)
                assert_int_equal(
                        rdata_type_stored((uint16_t)i), i != 0 && i != RDATA_OPT && !(i >= 128 && i <= 255));
        assert_int_equal(rdata_from_text(RDATA_OPT, "\\# 0", &origin, &rdata, &size, &reason), -EOPNOTSUPP);
        assert_non_null(strstr(reason, "OPT"));
        assert_false(rdata_check(RDATA_OPT, NULL, 0));
        assert_false(rdata_check(RDATA_ANY, (const uint8_t *)"", 0));
}

static void test_addresses(void **state)
{
        READS(RDATA_A, "192.0.2.7", "\300\0\2\7", "192.0.2.7");
        READS(RDATA_A, " \t192.0.2.7 ", "\300\0\2\7", "192.0.2.7");
        READS(RDATA_A, "\\# 4 c0000207", "\300\0\2\7", "192.0.2.7");
        READS(RDATA_A, "\\# 4 C000 0207", "\300\0\2\7", "192.0.2.7");
        READS(RDATA_AAAA, "2001:DB8::1", "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", "2001:db8::1");

        static const char *const bad[] = {"", " ", "192.0.2", "192.0.2.256", "192.0.2.7.1",
                "192.0.2.7 192.0.2.8", "192.0.2.7x", "192.0.2.7\n192.0.2.8", "192.0.2.7\n", "\n192.0.2.7",
                "192.0.2.7 ; hello", "(192.0.2.7)", "( 192.0.2.7 )", "192.0.2.7 )", "\"192.0.2.7\"",
                "\"192.0.2.7", "$INCLUDE /etc/passwd", "@", "::1", "192.0.2.7\r", "\\# 4 c00002",
                "\\# 3 c00002", "\\# 4 c000020", "\\# 4 c00002070", "\\# 4", "\\#", "\\# 4 c000020g",
                "\\# 5 c000020700", "\\# x c0000207", "0xc0000207", "3221225991"};
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                refuses(RDATA_A, bad[i]);
        refuses(RDATA_AAAA, "192.0.2.7");
        refuses(RDATA_AAAA, "fe80::1%lo");
        refuses(RDATA_AAAA, "::1 ::2");
        refuses(RDATA_AAAA, ":::");
}

static void test_names(void **state)
{
        READS(RDATA_CNAME, "db", "\2db\4corp\10internal\0", "db.corp.internal.");
        READS(RDATA_CNAME, "DB.Other.", "\2db\5other\0", "db.other.");
        READS(RDATA_PTR, "@", "\4corp\10internal\0", "corp.internal.");
        READS(RDATA_PTR, ".", "\0", ".");
        READS(RDATA_PTR, "a\\.b", "\3a.b\4corp\10internal\0", "a\\.b.corp.internal.");
        READS(RDATA_PTR, "a\\.", "\2a.\4corp\10internal\0", "a\\..corp.internal.");
        READS(RDATA_PTR, "\\@.", "\1@\0", "\\@.");
        READS(RDATA_PTR, "a\\\"b\\;\\(.", "\5a\"b;(\0", "a\\\"b\\;\\(.");
        READS(RDATA_PTR, "\\000\\032\\255.", "\3\0 \377\0", "\\000\\032\\255.");
        READS(RDATA_PTR, "\\# 4 02 416200", "\2ab\0", "ab.");
}

static void test_bad_names(void **state)
{
        static const char *const bad[] = {"", "a b", "a..b", "..", ".a", "a\\", "\\256.", "\\2.", "a;b",
                "a(b)", "\"a\"", "a\nb", "a\n", "\\# 4 0241620000", "\\# 3 024162", "\\# 2 c00c",
                "\\# 5 0161000161"};
        char label[65], text[400];

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                refuses(RDATA_CNAME, bad[i]);
        memset(label, 'a', 64);
        label[64] = '\0';
        snprintf(text, sizeof(text), "%s.", label);
        refuses(RDATA_CNAME, text);
        /* 255 octets with the origin's 15 and no more. */
        label[63] = '\0';
        snprintf(text, sizeof(text), "%s.%s.%s.%.47s", label, label, label, label);
        _cleanup_free_ uint8_t *rdata = NULL;
        uint16_t size;
        assert_int_equal(rdata_from_text(RDATA_CNAME, text, &origin, &rdata, &size, NULL), 0);
        assert_int_equal(size, 255);
        snprintf(text, sizeof(text), "%s.%s.%s.%.48s", label, label, label, label);
        refuses(RDATA_CNAME, text);
        snprintf(text, sizeof(text), "%s.%s.%s.%.62s.", label, label, label, label);
        refuses(RDATA_CNAME, text);
}

static void test_names_without_origin(void **state)
{
        uint8_t *rdata = NULL;
        uint16_t size;

        assert_int_equal(rdata_from_text(RDATA_PTR, "@", NULL, &rdata, &size, NULL), -EINVAL);
        assert_int_equal(rdata_from_text(RDATA_PTR, "db", NULL, &rdata, &size, NULL), 0);
        assert_int_equal(size, 4);
        free(rdata);
}

static void test_strings(void **state)
{
        READS(RDATA_TXT, "hello", "\5hello", "\"hello\"");
        READS(RDATA_TXT, "hello world", "\5hello\5world", "\"hello\" \"world\"");
        READS(RDATA_TXT, "\"hello world\"", "\13hello world", "\"hello world\"");
        READS(RDATA_TXT, "\"\"", "\0", "\"\"");
        READS(RDATA_TXT, "\"\" \"\"", "\0\0", "\"\" \"\"");
        READS(RDATA_TXT, "\"a;b(c)\"", "\6a;b(c)", "\"a;b(c)\"");
        READS(RDATA_TXT, "a\\;b", "\3a;b", "\"a;b\"");
        READS(RDATA_TXT, "\"a\\\"b\\\\\"", "\4a\"b\\", "\"a\\\"b\\\\\"");
        READS(RDATA_TXT, "\"\\000\\010\\255\"", "\3\0\n\377", "\"\\000\\010\\255\"");
        READS(RDATA_TXT, "\"caf\xc3\xa9\"", "\5caf\xc3\xa9", "\"caf\\195\\169\"");
        READS(RDATA_TXT, "@", "\1@", "\"@\"");
        READS(RDATA_TXT, "$ORIGIN", "\7$ORIGIN", "\"$ORIGIN\"");
        READS(RDATA_TXT, "\"\\#\"", "\1#", "\"#\"");
        READS(RDATA_TXT, "\\# 3 026869", "\2hi", "\"hi\"");
        READS(RDATA_TXT, "\"a\tb\"", "\3a\tb", "\"a\\009b\"");

        static const char *const bad[] = {"", " ", "\"", "\"a", "a\"b\"", "\"a\"b", "\"a\"\"b\"", "a(b",
                "(a)", "a ; b", ";", "\"a\nb\"", "a\n", "\\", "\"\\\"", "\\256", "\\25", "\"\x7f\"",
                "\\# 1 05", "\\# 0", "\"a\\\nb\""};
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                refuses(RDATA_TXT, bad[i]);
}

static void test_long_strings(void **state)
{
        _cleanup_free_ char *text = malloc(RDATA_TEXT_MAX + 2);
        _cleanup_free_ uint8_t *rdata = NULL;
        _cleanup_free_ char *out = NULL;
        uint16_t size;

        /* A character-string has 255 octets at most. */
        memset(text, 'x', RDATA_TEXT_MAX + 1);
        text[255] = '\0';
        assert_int_equal(rdata_from_text(RDATA_TXT, text, &origin, &rdata, &size, NULL), 0);
        assert_int_equal(size, 256);
        text[255] = 'x';
        text[256] = '\0';
        refuses(RDATA_TXT, text);

        /* "x x x …": two octets of rdata for two of text, one more than fits. */
        for (size_t i = 0; i < 65536; i++)
                text[i] = i % 2 == 0 ? 'x' : ' ';
        text[65536] = '\0';
        refuses(RDATA_TXT, text);
        text[65534] = '\0';
        free(TAKE_PTR(rdata));
        assert_int_equal(rdata_from_text(RDATA_TXT, text, &origin, &rdata, &size, NULL), 0);
        assert_int_equal(size, 65534);
        assert_int_equal(rdata_to_text(RDATA_TXT, rdata, size, &out), 0);

        /* Over the limit of text. */
        memset(text, ' ', RDATA_TEXT_MAX + 1);
        text[0] = 'x';
        text[RDATA_TEXT_MAX + 1] = '\0';
        refuses(RDATA_TXT, text);
        text[RDATA_TEXT_MAX] = '\0';
        free(TAKE_PTR(rdata));
        assert_int_equal(rdata_from_text(RDATA_TXT, text, &origin, &rdata, &size, NULL), 0);
        assert_int_equal(size, 2);
}

static void test_check(void **state)
{
        char *text = NULL;

        assert_true(rdata_check(RDATA_A, (const uint8_t *)"\1\2\3\4", 4));
        assert_false(rdata_check(RDATA_A, (const uint8_t *)"\1\2\3\4", 3));
        assert_false(rdata_check(RDATA_A, NULL, 0));
        assert_false(rdata_check(RDATA_AAAA, (const uint8_t *)"\1\2\3\4", 4));
        assert_true(rdata_check(RDATA_CNAME, (const uint8_t *)"\1a\0", 3));
        assert_false(rdata_check(RDATA_CNAME, (const uint8_t *)"\1A\0", 3));
        assert_false(rdata_check(RDATA_CNAME, (const uint8_t *)"\1a\0x", 4));
        assert_false(rdata_check(RDATA_CNAME, (const uint8_t *)"\1a", 2));
        assert_false(rdata_check(RDATA_CNAME, (const uint8_t *)"\300\0", 2));
        assert_true(rdata_check(RDATA_TXT, (const uint8_t *)"\0\1a", 3));
        assert_false(rdata_check(RDATA_TXT, (const uint8_t *)"\2a", 2));
        assert_false(rdata_check(RDATA_TXT, NULL, 0));
        assert_false(rdata_check(RDATA_SOA, (const uint8_t *)"\0\0", 2));
        assert_int_equal(rdata_to_text(RDATA_A, (const uint8_t *)"\1\2\3", 3, &text), -EBADMSG);
        assert_int_equal(rdata_to_text(RDATA_OPT, (const uint8_t *)"", 0, &text), -EBADMSG);
        assert_null(text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_types),
                cmocka_unit_test(test_stored_types),
                cmocka_unit_test(test_addresses),
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_bad_names),
                cmocka_unit_test(test_names_without_origin),
                cmocka_unit_test(test_strings),
                cmocka_unit_test(test_long_strings),
                cmocka_unit_test(test_check),
        };
        return cmocka_run_group_tests(tests, setup, NULL);
}
