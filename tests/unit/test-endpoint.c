/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/test.h"

#include <string.h>

#include "common/endpoint.h"

static void reads(const char *text, const char *expected)
{
        char buf[ENDPOINT_TEXT_SIZE];
        struct endpoint e;

        assert_int_equal(endpoint_from_text(text, 53, &e), 0);
        assert_string_equal(endpoint_to_text(&e, buf), expected);
}

static void test_reads_what_people_write(void **state)
{
        reads("127.53.0.1", "127.53.0.1:53");
        reads("127.53.0.1:5353", "127.53.0.1:5353");
        reads("::1", "[::1]:53");
        reads("[fd00::53]", "[fd00::53]:53");
        reads("[fd00::53]:65535", "[fd00::53]:65535");
}

static void test_refuses_the_rest(void **state)
{
        static const char *const bad[] = {"", "127.53.0", "127.53.0.1:", "127.53.0.1:0", "127.53.0.1:65536",
                "127.53.0.1:+5", "127.53.0.1: 5", "[::1", "[::1]5", "[::1]:", "fe80::1%lo", "example.org",
                "[127.0.0.1]", "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"};

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                struct endpoint e = {.port = 7};
                assert_int_equal(endpoint_from_text(bad[i], 53, &e), -EINVAL);
                assert_int_equal(e.port, 7);
        }
}

static void test_kinds_of_address(void **state)
{
        struct endpoint e;

        assert_int_equal(endpoint_from_text("127.255.0.1", 0, &e), 0);
        assert_true(endpoint_is_loopback(&e));
        assert_false(endpoint_is_any(&e));
        assert_int_equal(endpoint_from_text("::", 0, &e), 0);
        assert_true(endpoint_is_any(&e));
        assert_false(endpoint_is_loopback(&e));
        assert_int_equal(endpoint_from_text("fe80::1", 0, &e), 0);
        assert_true(endpoint_is_link_local(&e));
        assert_int_equal(endpoint_from_text("169.254.3.4", 0, &e), 0);
        assert_true(endpoint_is_link_local(&e));
}

static void test_sockaddr_round_trip(void **state)
{
        static const char *const texts[] = {"192.0.2.1:53", "[2001:db8::1]:15353"};

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                struct sockaddr_storage sa;
                struct endpoint e, back;

                assert_int_equal(endpoint_from_text(texts[i], 53, &e), 0);
                endpoint_to_sockaddr(&e, &sa);
                assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&sa, &back), 0);
                assert_true(endpoint_equal(&e, &back));
                back.port++;
                assert_false(endpoint_equal(&e, &back));
                assert_true(endpoint_address_equal(&e, &back));
        }
}

/* An answer to a link-local address goes back over the interface that the query came by. */
static void test_scope_round_trip(void **state)
{
        struct sockaddr_storage sa;
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&sa;
        struct endpoint e, back;

        assert_int_equal(endpoint_from_text("[fe80::1]:53", 0, &e), 0);
        assert_int_equal(e.scope, 0);
        endpoint_to_sockaddr(&e, &sa);
        in6->sin6_scope_id = 7;
        assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&sa, &back), 0);
        assert_true(endpoint_equal(&e, &back));
        endpoint_to_sockaddr(&back, &sa);
        assert_int_equal(in6->sin6_scope_id, 7);
        assert_int_equal(endpoint_from_text("[2001:db8::1]:53", 0, &e), 0);
        e.scope = 7;
        endpoint_to_sockaddr(&e, &sa);
        assert_int_equal(in6->sin6_scope_id, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_reads_what_people_write),
                cmocka_unit_test(test_refuses_the_rest),
                cmocka_unit_test(test_kinds_of_address),
                cmocka_unit_test(test_sockaddr_round_trip),
                cmocka_unit_test(test_scope_round_trip),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
