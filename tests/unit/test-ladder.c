/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every test has a network namespace of its own, with real sockets in the way. */

#include "tests/unit/test.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "daemon/host/helper-client-internal.h"
#include "daemon/host/ladder-internal.h"
#include "tests/unit/fake-helper.h"
#include "tests/unit/namespace.h"

#define OCCUPANTS_MAX 8

struct fixture {
        sd_event *event;
        struct fake_helper fake;
        struct helper_client *client;
        struct query_context queries;
        struct config config;
        struct ladder *ladder;
        size_t n_changes;
        size_t n_occupants;
        int occupants[OCCUPANTS_MAX];
};

static int setup(void **state)
{
        struct fixture *f;

        assert_true(namespace_enter());
        f = calloc(1, sizeof(*f));
        assert_non_null(f);
        assert_true(sd_event_new(&f->event) >= 0);
        fake_helper_start(&f->fake, f->event);
        assert_int_equal(helper_client_new(f->event, f->fake.path, &f->client), 0);
        f->config = (struct config){.listen_port = 15353, .policy = CONFIG_POLICY_AUTO};
        *state = f;
        return 0;
}

static void vacate(struct fixture *f)
{
        while (f->n_occupants > 0)
                close(f->occupants[--f->n_occupants]);
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        ladder_free(f->ladder);
        helper_client_free(f->client);
        fake_helper_stop(&f->fake);
        vacate(f);
        sd_event_unref(f->event);
        free(f);
        return 0;
}

static struct endpoint endpoint(const char *text)
{
        struct endpoint e;

        assert_int_equal(endpoint_from_text(text, 53, &e), 0);
        return e;
}

static void occupy(struct fixture *f, const char *text, int type)
{
        assert_true(f->n_occupants < OCCUPANTS_MAX);
        f->occupants[f->n_occupants++] = namespace_occupy(text, type);
}

static void occupy_wildcard(struct fixture *f)
{
        occupy(f, "0.0.0.0:53", SOCK_DGRAM);
        occupy(f, "0.0.0.0:53", SOCK_STREAM);
}

static void want(struct fixture *f, const char *text)
{
        struct config_address *a = &f->config.addresses[f->config.n_addresses++];

        a->automatic = strcmp(text, "auto") == 0;
        a->endpoint = endpoint(a->automatic ? "127.53.0.1" : text);
}

static void on_changed(void *userdata)
{
        struct fixture *f = userdata;

        f->n_changes++;
}

static void prepare(struct fixture *f)
{
        if (f->config.n_addresses == 0)
                want(f, "auto");
        assert_int_equal(
                ladder_new(f->event, &f->config, f->client, &f->queries, on_changed, f, &f->ladder), 0);
}

static void start(struct fixture *f)
{
        prepare(f);
        assert_int_equal(ladder_start(f->ladder), 0);
}

static const struct ladder_share *share(const struct fixture *f)
{
        return ladder_share_at(f->ladder, 0);
}

struct standing {
        const struct ladder_share *share;
        enum ladder_rung rung;
};

static bool stands(void *userdata)
{
        const struct standing *s = userdata;

        return !s->share->pending && s->share->rung == s->rung;
}

static void expect_rung_of(
        struct fixture *f, size_t i, enum ladder_rung rung, const char *address, const char *listener)
{
        struct standing s = {ladder_share_at(f->ladder, i), rung};
        char text[ENDPOINT_TEXT_SIZE];

        spin_until(f->event, stands, &s);
        assert_string_equal(endpoint_to_text(&s.share->address, text), address);
        assert_string_equal(endpoint_to_text(&s.share->listener, text), listener);
}

static void expect_rung(struct fixture *f, enum ladder_rung rung, const char *address, const char *listener)
{
        expect_rung_of(f, 0, rung, address, listener);
}

/* The trace says so of RUNG, and only once. */
static void expect_step(const struct fixture *f, enum ladder_rung rung, int error, const char *words)
{
        const struct ladder_step *found = NULL;

        for (size_t i = 0; i < share(f)->n_steps; i++)
                if (share(f)->steps[i].rung == rung) {
                        assert_null(found);
                        found = &share(f)->steps[i];
                }
        assert_non_null(found);
        assert_int_equal(found->error, error);
        if (!strstr(found->detail, words))
                fail_msg("\"%s\" is not in \"%s\"", words, found->detail);
}

static void expect_no_step(const struct fixture *f, enum ladder_rung rung)
{
        for (size_t i = 0; i < share(f)->n_steps; i++)
                assert_int_not_equal(share(f)->steps[i].rung, rung);
}

static bool is_free(const char *text, int type)
{
        struct sockaddr_storage address;
        struct endpoint e = endpoint(text);
        socklen_t length = endpoint_to_sockaddr(&e, &address);
        _cleanup_close_ int fd = socket(e.family, type | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        return bind(fd, (struct sockaddr *)&address, length) == 0;
}

static bool accepts_tcp(const char *text)
{
        struct sockaddr_storage address;
        struct endpoint e = endpoint(text);
        socklen_t length = endpoint_to_sockaddr(&e, &address);
        _cleanup_close_ int fd = socket(e.family, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        return connect(fd, (struct sockaddr *)&address, length) == 0;
}

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

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

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
                TEST(reload_of_addresses),
                TEST(address_comes_and_goes),
                TEST(shared_address_goes),
                TEST(policy_port),
                TEST(all_ports_taken),
        };
        if (!namespace_or_skip())
                return 0;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
