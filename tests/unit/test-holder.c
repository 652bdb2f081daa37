/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/test.h"

#include <string.h>
#include <sys/socket.h>

#include "daemon/host/holder.h"
#include "tests/unit/namespace.h"

static struct endpoint endpoint(const char *text)
{
        struct endpoint e;

        assert_int_equal(endpoint_from_text(text, 53, &e), 0);
        return e;
}

static void expect(const char *address, int protocol, const char *begin)
{
        struct endpoint e = endpoint(address);
        char text[HOLDER_TEXT_SIZE], expected[HOLDER_TEXT_SIZE];
        struct holder holder;

        assert_int_equal(holder_find(&e, protocol, &holder), 0);
        snprintf(expected, sizeof(expected), "%s is held by test-holder (pid %d, uid %u)", begin,
                (int)getpid(), getuid());
        assert_string_equal(holder_to_text(&holder, text), expected);
}

static void test_finds_the_process(void **state)
{
        struct endpoint e = endpoint("127.53.0.1");
        struct holder holder;

        assert_true(namespace_enter());
        int udp = namespace_occupy("127.53.0.1:53", SOCK_DGRAM);
        expect("127.53.0.1", IPPROTO_UDP, "UDP 127.53.0.1:53");
        assert_int_equal(holder_find(&e, IPPROTO_TCP, &holder), -ENOENT);
        e = endpoint("127.53.0.3");
        assert_int_equal(holder_find(&e, IPPROTO_UDP, &holder), -ENOENT);
        int tcp = namespace_occupy("[::]:53", SOCK_STREAM);
        expect("127.53.0.1", IPPROTO_TCP, "TCP [::]:53");
        assert_int_equal(holder_find(&e, IPPROTO_TCP, &holder), 0);
        assert_true(holder_is_wildcard(&holder));
        close(udp);
        close(tcp);
}

static void test_says_what_it_can(void **state)
{
        struct holder holder = {
                .socket = {.address = endpoint("0.0.0.0"), .protocol = IPPROTO_UDP, .uid = 105},
                .pid = 812,
                .program = "unbound",
                .user = "unbound",
        };
        char text[HOLDER_TEXT_SIZE];

        assert_string_equal(
                holder_to_text(&holder, text), "UDP 0.0.0.0:53 is held by unbound (pid 812, uid 105)");
        holder.pid = 0;
        assert_string_equal(
                holder_to_text(&holder, text), "UDP 0.0.0.0:53 is held by user unbound (uid 105)");
        holder.user[0] = '\0';
        assert_string_equal(holder_to_text(&holder, text), "UDP 0.0.0.0:53 is held by uid 105");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_finds_the_process),
                cmocka_unit_test(test_says_what_it_can),
        };
        if (!namespace_or_skip())
                return 0;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
