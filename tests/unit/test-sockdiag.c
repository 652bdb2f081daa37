/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Real sockets in a network namespace of our own, so that nobody else's are among them. */

#include "tests/unit/test.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/sockdiag.h"

#define PORT 53
#define OTHER_PORT 5353

static const char *why_not; /* the namespace cannot be had */

/* A new one for each test: connections outlive their sockets. */
static int enter_namespace(void **state)
{
        struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
        _cleanup_close_ int fd = -1;

        /* Not root: as root of a user namespace, where the machine allows it. */
        if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
                why_not = strerror(errno);
                return 0;
        }
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        return fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0 ? 0 : -1;
}

static void need_namespace(void)
{
        if (!why_not)
                return;
        print_message("# no network namespace of our own: %s\n", why_not);
        skip();
}

/* A socket bound to TEXT, listening where it is TCP. */
static int bound(const char *text, int type, bool v6only)
{
        struct sockaddr_storage sa;
        struct endpoint e;
        socklen_t size;
        int fd, one = v6only;

        assert_int_equal(endpoint_from_text(text, PORT, &e), 0);
        size = endpoint_to_sockaddr(&e, &sa);
        fd = socket(e.family, type | SOCK_CLOEXEC, 0);
        assert_true(fd >= 0);
        if (e.family == AF_INET6)
                assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)), 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&sa, size), 0);
        if (type == SOCK_STREAM)
                assert_int_equal(listen(fd, 1), 0);
        return fd;
}

/* That the one holder of PORT is FD, as TEXT, and no other. */
static void sole_holder(int fd, const char *text, int type, bool v6only)
{
        struct sockdiag_holder holders[SOCKDIAG_HOLDERS_MAX];
        char buf[ENDPOINT_TEXT_SIZE];
        struct stat st;

        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(sockdiag_holders(PORT, holders), 1);
        assert_string_equal(endpoint_to_text(&holders[0].address, buf), text);
        assert_int_equal(holders[0].protocol, type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP);
        assert_int_equal(holders[0].v6only, v6only);
        assert_int_equal(holders[0].uid, geteuid());
        assert_int_equal(holders[0].inode, st.st_ino);
}

static void test_none(void **state)
{
        struct sockdiag_holder holders[SOCKDIAG_HOLDERS_MAX];

        need_namespace();
        assert_int_equal(sockdiag_holders(PORT, holders), 0);
}

static void test_each_kind(void **state)
{
        static const struct {
                const char *text, *shown;
                bool v6only, shown_v6only;
        } kinds[] = {
                {"0.0.0.0", "0.0.0.0:53", false, false}, {"127.53.0.1", "127.53.0.1:53", false, false},
                {"::", "[::]:53", false, false}, {"::", "[::]:53", true, true},
                {"::1", "[::1]:53", true, true}, {"::1", "[::1]:53", false, true}, /* by bind(2) */
                {"::ffff:127.53.0.1", "127.53.0.1:53", false, false}, /* holds the IPv4 address */
        };
        static const int types[] = {SOCK_DGRAM, SOCK_STREAM};

        need_namespace();
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                for (size_t t = 0; t < ELEMENTSOF(types); t++) {
                        _cleanup_close_ int fd = bound(kinds[i].text, types[t], kinds[i].v6only);

                        sole_holder(fd, kinds[i].shown, types[t], kinds[i].shown_v6only);
                }
}

/* Only PORT's, and of TCP only listeners: neither a connection nor a socket that was merely bound. */
static void test_what_is_left_out(void **state)
{
        _cleanup_close_ int listener = -1, client = -1, server = -1, other = -1, connected = -1, idle = -1;
        struct sockdiag_holder holders[SOCKDIAG_HOLDERS_MAX];
        struct sockaddr_storage sa;
        struct endpoint e;
        socklen_t size;

        need_namespace();
        listener = bound("127.53.0.1", SOCK_STREAM, false);
        other = bound("127.53.0.1:5353", SOCK_DGRAM, false);
        idle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(endpoint_from_text("127.53.0.9", PORT, &e), 0);
        size = endpoint_to_sockaddr(&e, &sa);
        assert_int_equal(bind(idle, (struct sockaddr *)&sa, size), 0);

        client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(endpoint_from_text("127.53.0.1", PORT, &e), 0);
        size = endpoint_to_sockaddr(&e, &sa);
        assert_int_equal(connect(client, (struct sockaddr *)&sa, size), 0);
        server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        assert_true(server >= 0);
        sole_holder(listener, "127.53.0.1:53", SOCK_STREAM, false);

        /* A UDP socket that is connected takes only its peer's packets. */
        connected = bound("127.53.0.2", SOCK_DGRAM, false);
        assert_int_equal(sockdiag_holders(PORT, holders), 2);
        assert_int_equal(endpoint_from_text("127.53.0.1:5353", 0, &e), 0);
        size = endpoint_to_sockaddr(&e, &sa);
        assert_int_equal(connect(connected, (struct sockaddr *)&sa, size), 0);
        sole_holder(listener, "127.53.0.1:53", SOCK_STREAM, false);
        assert_int_equal(sockdiag_holders(OTHER_PORT, holders), 1);
}

/* What Unbound looks like: both wildcards, both protocols; and another's beside it. */
static void test_several(void **state)
{
        static const char *const texts[] = {"0.0.0.0", "::"};
        struct sockdiag_holder holders[SOCKDIAG_HOLDERS_MAX];
        int fds[4], n = 0, n_udp = 0, n_tcp = 0, n_6 = 0;

        need_namespace();
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                fds[n++] = bound(texts[i], SOCK_DGRAM, true);
                fds[n++] = bound(texts[i], SOCK_STREAM, true);
        }
        assert_int_equal(sockdiag_holders(PORT, holders), 4);
        for (int i = 0; i < 4; i++) {
                n_udp += holders[i].protocol == IPPROTO_UDP;
                n_tcp += holders[i].protocol == IPPROTO_TCP;
                n_6 += holders[i].address.family == AF_INET6;
                assert_true(endpoint_is_any(&holders[i].address));
        }
        assert_int_equal(n_udp, 2);
        assert_int_equal(n_tcp, 2);
        assert_int_equal(n_6, 2);
        for (int i = 0; i < 4; i++)
                close(fds[i]);
}

static void test_limit(void **state)
{
        struct sockdiag_holder holders[SOCKDIAG_HOLDERS_MAX];
        int fds[SOCKDIAG_HOLDERS_MAX + 1];
        char text[32];

        need_namespace();
        for (int i = 0; i <= SOCKDIAG_HOLDERS_MAX; i++) {
                snprintf(text, sizeof(text), "127.1.%d.%d", i / 100, i % 100 + 1);
                fds[i] = bound(text, SOCK_DGRAM, false);
                if (i == SOCKDIAG_HOLDERS_MAX - 1)
                        assert_int_equal(sockdiag_holders(PORT, holders), SOCKDIAG_HOLDERS_MAX);
        }
        assert_int_equal(sockdiag_holders(PORT, holders), -E2BIG);
        for (int i = 0; i <= SOCKDIAG_HOLDERS_MAX; i++)
                close(fds[i]);
}

/* Another's socket shows its owner. The uid is the socket's, of when it was made. */
static void test_uid(void **state)
{
        struct sockdiag_holder holders[SOCKDIAG_HOLDERS_MAX];
        _cleanup_close_ int fd = -1;

        need_namespace();
        if (geteuid() != 0) {
                print_message("# cannot make another's socket: not root\n");
                skip();
        }
        fd = bound("127.53.0.1:5353", SOCK_DGRAM, false);
        assert_int_equal(fchown(fd, 12345, (gid_t)-1), 0);
        assert_int_equal(sockdiag_holders(OTHER_PORT, holders), 1);
        assert_int_equal(holders[0].uid, 12345);
}

static void test_covers(void **state)
{
        static const struct {
                const char *holder;
                bool v6only;
                const char *address;
                bool covers;
        } table[] = {
                {"0.0.0.0", false, "127.53.0.1", true},
                {"0.0.0.0", false, "0.0.0.0", true},
                {"0.0.0.0", false, "::1", false},
                {"0.0.0.0", false, "::", false},
                {"::", false, "127.53.0.1", true},
                {"::", false, "fd00::53", true},
                {"::", true, "127.53.0.1", false},
                {"::", true, "fd00::53", true},
                {"127.53.0.1", false, "127.53.0.1", true},
                {"127.53.0.1", false, "127.53.0.2", false},
                {"127.53.0.1", false, "0.0.0.0", false},
                {"::1", false, "::1", true},
                {"::1", true, "::1", true},
                {"::1", false, "fd00::53", false},
                {"::1", false, "127.0.0.1", false},
                {"::ffff:127.53.0.1", false, "127.53.0.9", false},
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                struct sockdiag_holder h = {.protocol = IPPROTO_UDP, .v6only = table[i].v6only};
                struct endpoint address;

                assert_int_equal(endpoint_from_text(table[i].holder, PORT, &h.address), 0);
                assert_int_equal(endpoint_from_text(table[i].address, OTHER_PORT, &address), 0);
                if (sockdiag_covers(&h, &address) != table[i].covers)
                        fail_msg("%s%s, %s: not %d", table[i].holder, table[i].v6only ? " (v6only)" : "",
                                table[i].address, table[i].covers);
        }
}

#define in_namespace(test) cmocka_unit_test_setup(test, enter_namespace)

int main(void)
{
        const struct CMUnitTest tests[] = {
                in_namespace(test_none),
                in_namespace(test_each_kind),
                in_namespace(test_what_is_left_out),
                in_namespace(test_several),
                in_namespace(test_limit),
                in_namespace(test_uid),
                cmocka_unit_test(test_covers),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
