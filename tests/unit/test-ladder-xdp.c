/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where the port is shared by the helper's program, and where the helper fails. */

#include "tests/unit/ladder-fixture.h"

#include <sys/socket.h>

#include "tests/unit/namespace.h"

static void test_xdp_beside_wildcard(void **state)
{
        struct fixture *f = *state;
        const struct proto_share *asked;

        occupy_wildcard(f);
        occupy(f, "127.53.0.2:15354", SOCK_STREAM);
        want(f, "auto");
        want(f, "127.53.0.7");
        fake_helper_serve(&f->fake);
        start(f);
        assert_true(share(f)->pending);
        expect_rung(f, LADDER_XDP, "127.53.0.1:53", "127.53.0.2:15353");
        expect_rung_of(f, 1, LADDER_XDP, "127.53.0.7:53", "127.53.0.2:15355");
        expect_step(f, LADDER_BIND, -EADDRINUSE, "UDP 0.0.0.0:53");
        expect_step(f, LADDER_XDP, 0, "127.53.0.2:15353");
        assert_true(accepts_tcp("127.53.0.2:15353"));
        assert_int_equal(fake_helper_count(&f->fake, PROTO_SHARE_ADD), 2);
        asked = &f->fake.log[2].body.share;
        assert_int_equal(asked->shared.address[3], 1);
        assert_int_equal(asked->shared.port, 53);
        assert_int_equal(asked->listener.address[3], 2);
        assert_int_equal(asked->listener.port, 15353);
}

static void test_xdp_ipv6(void **state)
{
        struct fixture *f = *state;

        occupy(f, "[::]:53", SOCK_DGRAM);
        want(f, "::1");
        fake_helper_serve(&f->fake);
        start(f);
        expect_rung(f, LADDER_XDP, "[::1]:53", "[::1]:15353");
}

static void test_policy_xdp_never_binds(void **state)
{
        struct fixture *f = *state;

        f->config.policy = CONFIG_POLICY_XDP;
        fake_helper_serve(&f->fake);
        start(f);
        expect_rung(f, LADDER_XDP, "127.53.0.1:53", "127.53.0.2:15353");
        assert_true(is_free("0.0.0.0:53", SOCK_DGRAM));
        expect_no_step(f, LADDER_BIND);
}

static void test_no_helper(void **state)
{
        struct fixture *f = *state;

        occupy_wildcard(f);
        fake_helper_vanish(&f->fake);
        start(f);
        expect_rung(f, LADDER_NONE, "none", "none");
        expect_step(f, LADDER_XDP, -ENOENT, "share53-helper cannot be reached");
        expect_step(f, LADDER_PORT, -EOPNOTSUPP, "systemd-resolved");
        ladder_set_port_usable(f->ladder, true);
        expect_rung(f, LADDER_PORT, "127.53.0.2:15353", "127.53.0.2:15353");
        expect_step(f, LADDER_XDP, -ENOENT, "share53-helper cannot be reached");
        expect_step(f, LADDER_PORT, 0, "told the port");
        /* It comes after all. */
        fake_helper_return(&f->fake);
        expect_rung(f, LADDER_XDP, "127.53.0.1:53", "127.53.0.2:15353");
        expect_step(f, LADDER_XDP, 0, "redirected");
        expect_no_step(f, LADDER_PORT);
}

static void test_foreign_program(void **state)
{
        struct fixture *f = *state;

        occupy_wildcard(f);
        want(f, "127.53.0.1");
        want(f, "127.53.0.7");
        f->fake.results[PROTO_ATTACH] = -EBUSY;
        fake_helper_serve(&f->fake);
        start(f);
        expect_rung(f, LADDER_NONE, "none", "none");
        expect_rung_of(f, 1, LADDER_NONE, "none", "none");
        expect_step(f, LADDER_XDP, -EBUSY, "another XDP program is on lo");
        spin_for(f->event, 1000);
        assert_int_equal(helper_client_state(f->client), HELPER_IDLE); /* nothing is wanted of it any more */
        assert_true(is_free("127.53.0.7:15353", SOCK_DGRAM));
        /* It is gone, and somebody reloads. */
        f->fake.results[PROTO_ATTACH] = 0;
        assert_int_equal(ladder_reload(f->ladder, &f->config), 0);
        expect_rung(f, LADDER_XDP, "127.53.0.1:53",
                share(f)->listener.port == 15353 ? "127.53.0.2:15353" : "127.53.0.2:15355");
}

static void test_refused_share(void **state)
{
        struct fixture *f = *state;

        occupy_wildcard(f);
        f->fake.results[PROTO_SHARE_ADD] = -EPERM;
        fake_helper_serve(&f->fake);
        start(f);
        ladder_set_port_usable(f->ladder, true);
        expect_rung(f, LADDER_PORT, "127.53.0.2:15353", "127.53.0.2:15353");
        expect_step(f, LADDER_XDP, -EPERM, "helper.conf does not allow it");
}

static bool is_pending(void *userdata)
{
        return ((const struct ladder_share *)userdata)->pending;
}

static void test_helper_dies_and_returns(void **state)
{
        struct fixture *f = *state;

        occupy_wildcard(f);
        fake_helper_serve(&f->fake);
        start(f);
        expect_rung(f, LADDER_XDP, "127.53.0.1:53", "127.53.0.2:15353");
        fake_helper_die(&f->fake);
        spin_until(f->event, is_pending, (void *)share(f));
        assert_int_equal(share(f)->rung, LADDER_XDP); /* for the time being */
        assert_true(accepts_tcp("127.53.0.2:15353"));
        expect_rung(f, LADDER_XDP, "127.53.0.1:53", "127.53.0.2:15353");
        assert_int_equal(f->fake.n_connections, 2);
        assert_int_equal(fake_helper_count(&f->fake, PROTO_SHARE_ADD), 2);
        spin_for(f->event, 1000);
        assert_int_equal(sd_event_source_get_enabled(f->ladder->grace_timer, NULL), 0);
}

static void test_helper_stays_away(void **state)
{
        struct fixture *f = *state;

        occupy_wildcard(f);
        fake_helper_serve(&f->fake);
        prepare(f);
        f->ladder->grace_usec = 300000;
        ladder_set_port_usable(f->ladder, true);
        assert_int_equal(ladder_start(f->ladder), 0);
        expect_rung(f, LADDER_XDP, "127.53.0.1:53", "127.53.0.2:15353");
        fake_helper_vanish(&f->fake);
        fake_helper_die(&f->fake);
        vacate(f); /* and so does the occupant: auto does not bind nevertheless */
        expect_rung(f, LADDER_PORT, "127.53.0.2:15353", "127.53.0.2:15353");
        expect_step(f, LADDER_XDP, -ENOENT, "cannot be reached");
        ladder_set_port_usable(f->ladder, false);
        expect_rung(f, LADDER_NONE, "none", "none");
        slot_check_address(f->ladder->slots[0]);
        expect_step(f, LADDER_BIND, -EALREADY, "reload to bind it");
        assert_true(is_free("0.0.0.0:53", SOCK_DGRAM));
        fake_helper_return(&f->fake);
        expect_rung(f, LADDER_XDP, "127.53.0.1:53", "127.53.0.2:15353");
        assert_int_equal(ladder_reload(f->ladder, &f->config), 0);
        expect_rung(f, LADDER_BIND, "127.53.0.1:53", "127.53.0.1:53");
        assert_true(accepts_tcp("127.53.0.2:15353")); /* for what is under way */
}

static void test_reload_to_xdp_loses_nothing(void **state)
{
        struct fixture *f = *state;

        start(f);
        expect_rung(f, LADDER_BIND, "127.53.0.1:53", "127.53.0.1:53");
        f->config.policy = CONFIG_POLICY_XDP;
        f->config.listen_port = 16000;
        assert_int_equal(ladder_reload(f->ladder, &f->config), 0);
        assert_true(share(f)->pending);
        assert_int_equal(share(f)->rung, LADDER_BIND);
        spin_for(f->event, 10000);
        assert_true(accepts_tcp("127.53.0.1:53")); /* until the helper has it */
        fake_helper_serve(&f->fake);
        expect_rung(f, LADDER_XDP, "127.53.0.1:53", "127.53.0.2:16000");
        assert_true(is_free("0.0.0.0:53", SOCK_DGRAM));
        f->config.listen_port = 17000;
        assert_int_equal(ladder_reload(f->ladder, &f->config), 0);
        assert_true(share(f)->pending);
        expect_rung(f, LADDER_XDP, "127.53.0.1:53", "127.53.0.2:17000");
        f->config.policy = CONFIG_POLICY_BIND;
        assert_int_equal(ladder_reload(f->ladder, &f->config), 0);
        expect_rung(f, LADDER_BIND, "127.53.0.1:53", "127.53.0.1:53");
}

static void test_xdp_refused_after_reload(void **state)
{
        struct fixture *f = *state;

        f->fake.results[PROTO_SHARE_ADD] = -EPERM;
        fake_helper_serve(&f->fake);
        start(f);
        f->config.policy = CONFIG_POLICY_XDP;
        assert_int_equal(ladder_reload(f->ladder, &f->config), 0);
        expect_rung(f, LADDER_NONE, "none", "none");
        assert_true(is_free("127.53.0.1:53", SOCK_DGRAM));
}

static void test_shared_address_goes(void **state)
{
        struct fixture *f = *state;

        f->config.policy = CONFIG_POLICY_XDP;
        want(f, "10.99.0.1");
        namespace_add_address("10.99.0.1");
        fake_helper_serve(&f->fake);
        start(f);
        expect_rung(f, LADDER_XDP, "10.99.0.1:53", "127.53.0.2:15353");
        namespace_remove_address();
        expect_rung(f, LADDER_NONE, "none", "none");
        expect_step(f, LADDER_XDP, -EADDRNOTAVAIL, "tried again when it is");
        spin_for(f->event, 1000);
        assert_int_equal(helper_client_state(f->client), HELPER_IDLE);
}

static void test_all_ports_taken(void **state)
{
        struct fixture *f = *state;
        int fds[LADDER_PORTS];
        char text[32];

        for (int i = 0; i < LADDER_PORTS; i++) {
                snprintf(text, sizeof(text), "127.53.0.2:%d", 15353 + i);
                fds[i] = namespace_occupy(text, SOCK_DGRAM);
        }
        f->config.policy = CONFIG_POLICY_XDP;
        start(f);
        expect_rung(f, LADDER_NONE, "none", "none");
        expect_step(f, LADDER_XDP, -EADDRINUSE, "UDP 127.53.0.2:15416 is held by");
        for (int i = 0; i < LADDER_PORTS; i++)
                close(fds[i]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(xdp_beside_wildcard),
                TEST(xdp_ipv6),
                TEST(policy_xdp_never_binds),
                TEST(no_helper),
                TEST(foreign_program),
                TEST(refused_share),
                TEST(helper_dies_and_returns),
                TEST(helper_stays_away),
                TEST(reload_to_xdp_loses_nothing),
                TEST(xdp_refused_after_reload),
                TEST(shared_address_goes),
                TEST(all_ports_taken),
        };
        if (!namespace_or_skip())
                return 0;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
