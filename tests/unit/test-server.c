/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/test.h"

#include <string.h>

#include "common/server.h"

/* TEXT is read as ADDRESS with TLS_NAME, and written as CANONICAL. */
static void reads(const char *text, const char *address, const char *tls_name, const char *canonical)
{
        char name[SERVER_TLS_NAME_SIZE] = "untouched", buf[SERVER_TEXT_SIZE], endpoint[ENDPOINT_TEXT_SIZE];
        struct endpoint e;
        const char *objection = server_from_text(text, &e, name);

        if (objection)
                fail_msg("%s: %s", text, objection);
        assert_string_equal(endpoint_to_text(&e, endpoint), address);
        assert_string_equal(name, tls_name);
        assert_string_equal(server_to_text(&e, name, buf), canonical);
        assert_null(server_from_text(buf, &e, name));
        assert_string_equal(endpoint_to_text(&e, endpoint), address);
        assert_string_equal(name, tls_name);
}

static void test_reads_and_writes(void **state)
{
        reads("192.0.2.53", "192.0.2.53:53", "", "192.0.2.53");
        reads("192.0.2.53:53", "192.0.2.53:53", "", "192.0.2.53");
        reads("192.0.2.53:853", "192.0.2.53:853", "", "192.0.2.53:853");
        reads("127.0.0.1:5353", "127.0.0.1:5353", "", "127.0.0.1:5353");
        reads("2001:DB8::53", "[2001:db8::53]:53", "", "2001:db8::53");
        reads("[2001:db8::53]", "[2001:db8::53]:53", "", "2001:db8::53");
        reads("[2001:db8::53]:5353", "[2001:db8::53]:5353", "", "[2001:db8::53]:5353");
        reads("192.0.2.53#dns.example", "192.0.2.53:853", "dns.example", "192.0.2.53#dns.example");
        reads("192.0.2.53:53#dns.example", "192.0.2.53:53", "dns.example", "192.0.2.53:53#dns.example");
        reads("[2001:db8::53]:8853#a_b-c.D1", "[2001:db8::53]:8853", "a_b-c.D1",
                "[2001:db8::53]:8853#a_b-c.D1");
        reads("2001:db8::53#x", "[2001:db8::53]:853", "x", "2001:db8::53#x");
}

static void refuses(const char *text, const char *what)
{
        char name[SERVER_TLS_NAME_SIZE] = "untouched";
        struct endpoint e = {.port = 7};
        const char *objection = server_from_text(text, &e, name);

        assert_non_null(objection);
        if (!strstr(objection, what))
                fail_msg("%s: \"%s\" does not say \"%s\"", text, objection, what);
        assert_int_equal(e.port, 7);
        assert_string_equal(name, "untouched");
}

static void test_refuses(void **state)
{
        static const char *const no_address[] = {"", "dns.example", "192.0.2", "192.0.2.53:", "192.0.2.53:0",
                "192.0.2.53:65536", "192.0.2.53@5353", "[2001:db8::53", "[192.0.2.53]:53", "#dns.example",
                " 192.0.2.53", "192.0.2.53 ", "fe80::1%eth0",
                "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0"};
        static const char *const no_name[] = {
                "", ".", "a.", ".a", "a..b", "a b", "a#b", "a@b", "a\"b", "a\n", "a/b", "*.a", "h\xc3\xb6st"};
        char text[512];

        for (size_t i = 0; i < ELEMENTSOF(no_address); i++)
                refuses(no_address[i], "not an IP address");
        for (size_t i = 0; i < ELEMENTSOF(no_name); i++) {
                snprintf(text, sizeof(text), "192.0.2.53#%s", no_name[i]);
                refuses(text, "no host name");
        }
        refuses("0.0.0.0", "no single address");
        refuses("[::]:53", "no single address");
        refuses("169.254.1.1", "link-local");
        refuses("fe80::1", "link-local");
        refuses("0.1.2.3", "no unicast");
        refuses("224.0.0.251:5353", "no unicast");
        refuses("255.255.255.255", "no unicast");
        refuses("ff02::fb", "no unicast");
        refuses("::ffff:192.0.2.1", "IPv4");
}

static void test_lengths_of_names(void **state)
{
        char name[300];

        memset(name, 'a', sizeof(name));
        name[63] = '\0';
        assert_true(server_tls_name_valid(name));
        name[63] = 'a';
        name[64] = '\0';
        assert_false(server_tls_name_valid(name));
        memset(name, 'a', sizeof(name));
        for (size_t i = 63; i < sizeof(name); i += 64)
                name[i] = '.';
        name[253] = '\0';
        assert_true(server_tls_name_valid(name));
        name[253] = 'a';
        name[254] = '\0';
        assert_false(server_tls_name_valid(name));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_reads_and_writes),
                cmocka_unit_test(test_refuses),
                cmocka_unit_test(test_lengths_of_names),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
