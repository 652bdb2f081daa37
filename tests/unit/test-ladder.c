/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sockets that are passed or bound, what is in their way, and addresses that come and go. */

#include "tests/unit/ladder-fixture.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "tests/unit/namespace.h"

/* Puts a socket where the service manager would: from descriptor 3 on. */
static void pass(int number, const char *text, int type)
{
        int fd = namespace_occupy(text, type);

        if (fd == number)
                return;
        assert_int_equal(fcntl(number, F_GETFD), -1);
        assert_int_equal(dup2(fd, number), number);
        close(fd);
}

static void say_passed(int n)
{
        char text[16];

        snprintf(text, sizeof(text), "%d", (int)getpid());
        assert_int_equal(setenv("LISTEN_PID", text, true), 0);
        snprintf(text, sizeof(text), "%d", n);
        assert_int_equal(setenv("LISTEN_FDS", text, true), 0);
}

/* Before the fixture's own descriptors: these tests make it themselves. */
static void test_passed(void **state)
{
        void *fixture = NULL;
        struct fixture *f;

        assert_true(namespace_enter());
        pass(3, "127.53.0.1:53", SOCK_DGRAM);
        pass(4, "127.53.0.1:53", SOCK_STREAM);
        pass(5, "127.53.0.9:53", SOCK_DGRAM); /* without its TCP */
        pass(6, "127.53.0.8:53", SOCK_DGRAM); /* not wanted */
        f = calloc(1, sizeof(*f));
        assert_non_null(f);
        assert_true(sd_event_new(&f->event) >= 0);
        fake_helper_start(&f->fake, f->event);
        assert_int_equal(helper_client_new(f->event, f->fake.path, &f->client), 0);
        f->config = (struct config){.listen_port = 15353, .policy = CONFIG_POLICY_XDP};
        fixture = f;

        want(f, "127.53.0.9");
        want(f, "127.53.0.1");
        prepare(f);
        say_passed(4);
        fake_helper_serve(&f->fake);
        assert_int_equal(ladder_start(f->ladder), 0);
        expect_rung_of(f, 1, LADDER_PASSED, "127.53.0.1:53", "127.53.0.1:53");
        assert_true(accepts_tcp("127.53.0.1:53"));
        expect_rung(f, LADDER_XDP, "127.53.0.9:53", "127.53.0.2:15353");
        expect_step(f, LADDER_PASSED, -ENOTCONN, "only its UDP socket");
        assert_true(is_free("127.53.0.9:53", SOCK_DGRAM));
        assert_true(is_free("127.53.0.8:53", SOCK_DGRAM));
        /* What was passed is kept over a reload. */
        assert_int_equal(ladder_reload(f->ladder, &f->config), 0);
        expect_rung_of(f, 1, LADDER_PASSED, "127.53.0.1:53", "127.53.0.1:53");
        teardown(&fixture);
}

static void test_bind(void **state)
{
        struct fixture *f = *state;

        start(f);
        expect_rung(f, LADDER_BIND, "127.53.0.1:53", "127.53.0.1:53");
        expect_step(f, LADDER_BIND, 0, "UDP and TCP");
        assert_true(accepts_tcp("127.53.0.1:53"));
        assert_false(is_free("127.53.0.1:53", SOCK_DGRAM));
        spin_for(f->event, 1000);
        assert_int_equal(f->n_changes, 1);
        assert_int_equal(helper_client_state(f->client), HELPER_IDLE);
        /* Its own socket is no occupant. */
        assert_int_equal(ladder_reload(f->ladder, &f->config), 0);
        expect_rung(f, LADDER_BIND, "127.53.0.1:53", "127.53.0.1:53");
}

static void test_bind_ipv6(void **state)
{
        struct fixture *f = *state;

        want(f, "::1");
        start(f);
        expect_rung(f, LADDER_BIND, "[::1]:53", "[::1]:53");
}

static void holder_line(char *buf, size_t size, const char *what)
{
        snprintf(buf, size, "%s is held by test-ladder (pid %d, uid %u)", what, (int)getpid(), getuid());
}

static void test_wildcard_blocks_every_address(void **state)
{
        struct fixture *f = *state;
        char line[160];

        occupy_wildcard(f);
        f->config.policy = CONFIG_POLICY_BIND;
        start(f);
        expect_rung(f, LADDER_NONE, "none", "none");
        holder_line(line, sizeof(line), "UDP 0.0.0.0:53");
        expect_step(f, LADDER_BIND, -EADDRINUSE, line);
        expect_step(f, LADDER_OTHER, -EADDRINUSE, "not tried: the holder of the wildcard");
        assert_int_equal(share(f)->n_steps, 2);
        spin_for(f->event, 1000);
        assert_int_equal(f->n_changes, 1);
}

static void test_dual_stack_wildcard(void **state)
{
        struct fixture *f = *state;
        char line[160];

        occupy(f, "[::]:53", SOCK_STREAM);
        f->config.policy = CONFIG_POLICY_BIND;
        start(f);
        expect_rung(f, LADDER_NONE, "none", "none");
        holder_line(line, sizeof(line), "TCP [::]:53");
        expect_step(f, LADDER_BIND, -EADDRINUSE, line);
        expect_step(f, LADDER_OTHER, -EADDRINUSE, "not tried");
        assert_true(is_free("127.53.0.1:53", SOCK_DGRAM)); /* never half a rung */
}

static void takes_other(struct fixture *f, int type, const char *what)
{
        char line[160];

        occupy(f, "127.53.0.1:53", type);
        occupy(f, "127.53.0.3:53", type);
        want(f, "auto");
        want(f, "127.53.0.4"); /* another share's: not to be taken */
        f->config.policy = CONFIG_POLICY_BIND;
        start(f);
        expect_rung(f, LADDER_OTHER, "127.53.0.5:53", "127.53.0.5:53");
        holder_line(line, sizeof(line), what);
        expect_step(f, LADDER_BIND, -EADDRINUSE, line);
        expect_step(f, LADDER_OTHER, 0, "");
        expect_rung_of(f, 1, LADDER_BIND, "127.53.0.4:53", "127.53.0.4:53");
        /* Back on its first address by a reload, when that is free. */
        vacate(f);
        assert_int_equal(ladder_reload(f->ladder, &f->config), 0);
        expect_rung(f, LADDER_BIND, "127.53.0.1:53", "127.53.0.1:53");
}

static void test_other_address_for_udp(void **state)
{
        takes_other(*state, SOCK_DGRAM, "UDP 127.53.0.1:53");
}

static void test_other_address_for_tcp(void **state)
{
        takes_other(*state, SOCK_STREAM, "TCP 127.53.0.1:53");
}

static void test_other_address_only_where_automatic(void **state)
{
        struct fixture *f = *state;

        occupy(f, "127.53.0.1:53", SOCK_DGRAM);
        want(f, "127.53.0.1");
        f->config.policy = CONFIG_POLICY_BIND;
        start(f);
        expect_rung(f, LADDER_NONE, "none", "none");
        expect_no_step(f, LADDER_OTHER);
}

/* In the name space of users that we are in, whichever that is. */
static void set_bind_right(bool on)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

        assert_int_equal(syscall(SYS_capget, &header, data), 0);
        if (on)
                data[0].effective |= 1U << CAP_NET_BIND_SERVICE;
        else
                data[0].effective &= ~(1U << CAP_NET_BIND_SERVICE);
        assert_int_equal(syscall(SYS_capset, &header, data), 0);
}

static void test_no_right_to_bind(void **state)
{
        struct fixture *f = *state;

        f->config.policy = CONFIG_POLICY_BIND;
        set_bind_right(false);
        start(f);
        set_bind_right(true);
        expect_rung(f, LADDER_NONE, "none", "none");
        expect_step(f, LADDER_BIND, -EACCES, "CAP_NET_BIND_SERVICE");
        expect_no_step(f, LADDER_OTHER);
}

static void test_reload_of_addresses(void **state)
{
        struct fixture *f = *state;

        occupy(f, "127.53.0.9:53", SOCK_DGRAM);
        want(f, "127.53.0.1");
        want(f, "127.53.0.9");
        fake_helper_serve(&f->fake);
        start(f);
        expect_rung_of(f, 0, LADDER_BIND, "127.53.0.1:53", "127.53.0.1:53");
        expect_rung_of(f, 1, LADDER_XDP, "127.53.0.9:53", "127.53.0.2:15353");
        f->config.n_addresses = 0;
        want(f, "127.53.0.7");
        want(f, "127.53.0.1");
        assert_int_equal(ladder_reload(f->ladder, &f->config), 0);
        assert_int_equal(ladder_shares(f->ladder), 2);
        expect_rung_of(f, 0, LADDER_BIND, "127.53.0.7:53", "127.53.0.7:53");
        expect_rung_of(f, 1, LADDER_BIND, "127.53.0.1:53", "127.53.0.1:53");
        spin_for(f->event, 1000);
        assert_int_equal(helper_client_state(f->client), HELPER_IDLE);
}

static void test_address_comes_and_goes(void **state)
{
        struct fixture *f = *state;

        want(f, "10.99.0.1");
        start(f);
        expect_rung(f, LADDER_NONE, "none", "none");
        expect_step(f, LADDER_BIND, -EADDRNOTAVAIL, "10.99.0.1:53 is not an address of this host");
        assert_int_equal(share(f)->n_steps, 1); /* no rung helps */
        ladder_set_port_usable(f->ladder, true);
        assert_int_equal(share(f)->n_steps, 1);
        namespace_add_address("10.99.0.1");
        expect_rung(f, LADDER_BIND, "10.99.0.1:53", "10.99.0.1:53");
        namespace_remove_address();
        expect_rung(f, LADDER_NONE, "none", "none");
        namespace_add_address("10.99.0.1");
        expect_rung(f, LADDER_BIND, "10.99.0.1:53", "10.99.0.1:53");
}

static void test_policy_port(void **state)
{
        struct fixture *f = *state;

        f->config.policy = CONFIG_POLICY_PORT;
        start(f);
        expect_rung(f, LADDER_NONE, "none", "none");
        assert_int_equal(share(f)->n_steps, 1);
        expect_step(f, LADDER_PORT, -EOPNOTSUPP, "nobody to tell");
        ladder_set_port_usable(f->ladder, true);
        expect_rung(f, LADDER_PORT, "127.53.0.2:15353", "127.53.0.2:15353");
        spin_for(f->event, 1000);
        assert_int_equal(f->n_changes, 1);
        assert_true(is_free("0.0.0.0:53", SOCK_DGRAM));
        ladder_set_port_usable(f->ladder, false);
        expect_rung(f, LADDER_NONE, "none", "none");
        spin_for(f->event, 1000);
        assert_int_equal(f->n_changes, 2);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_passed), /* first: it needs the descriptors from 3 on */
                TEST(bind),
                TEST(bind_ipv6),
                TEST(wildcard_blocks_every_address),
                TEST(dual_stack_wildcard),
                TEST(other_address_for_udp),
                TEST(other_address_for_tcp),
                TEST(other_address_only_where_automatic),
                TEST(no_right_to_bind),
                TEST(reload_of_addresses),
                TEST(address_comes_and_goes),
                TEST(policy_port),
        };
        if (!namespace_or_skip())
                return 0;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
