/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A hostile daemon against each invariant, with real sockets. */

#include "common/sockdiag.h"
#include "tests/unit/test-helper.h"

#define LISTENER "127.53.0.2:15353"

/* The request is allowed, and what comes next is a bus that is not there. */
#define ALLOWED (-ENOENT)

static struct policy default_policy(void)
{
        struct policy p;

        policy_default(&p);
        return p;
}

static void add_network(struct policy *p, const char *address, unsigned int prefix)
{
        struct policy_network *n = &p->networks[p->n_networks++];

        assert_int_equal(endpoint_from_text(address, 0, &n->address), 0);
        n->prefix = prefix;
}

static void assert_share_refused(
        struct peer *p, const char *shared, const char *listener, int error, const char *why)
{
        assert_int_equal(ask_share(p, PROTO_SHARE_ADD, shared, listener), error);
        assert_true(log_says(why));
        /* The channel goes on, and nothing was put anywhere. */
        assert_int_equal(ask_share(p, PROTO_SHARE_DEL, shared, listener), -ENOENT);
}

static void test_share(void **state)
{
        struct held listener, second;
        struct peer p;

        SKIP_IF(harness_no_bpf);
        listener = hold(LISTENER);
        second = hold("127.53.0.2:15354");
        p = start_attached(NULL);
        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "127.53.0.1:53", LISTENER), 0);
        assert_int_equal(ask_share(&p, PROTO_SHARE_DEL, "127.53.0.1:53", "127.53.0.2:15354"), -ENOENT);
        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "127.53.0.3:53", "127.53.0.2:15354"), 0);
        assert_int_equal(ask_share(&p, PROTO_SHARE_DEL, "127.53.0.1:53", LISTENER), 0);
        assert_int_equal(ask_share(&p, PROTO_SHARE_DEL, "127.53.0.1:53", LISTENER), -ENOENT);
        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "127.53.0.1:53", LISTENER), 0);
        assert_int_equal(stop_helper(&p), 0);
        let_go(&listener);
        let_go(&second);
}

static void test_share_address(void **state)
{
        struct policy policy = default_policy();
        struct held listener, six;
        struct peer p;

        SKIP_IF(harness_no_bpf);
        add_network(&policy, "0.0.0.0", 0); /* as generous as can be */
        add_network(&policy, "::", 0);
        listener = hold(LISTENER);
        six = hold("[::1]:15353");
        p = start_attached(&policy);
        assert_share_refused(&p, "127.53.0.1:54", LISTENER, -EPERM, "only port 53");
        assert_share_refused(&p, "127.53.0.1:5353", LISTENER, -EPERM, "only port 53");
        assert_share_refused(&p, "0.0.0.0:53", LISTENER, -EPERM, "0.0.0.0:53: unspecified");
        assert_share_refused(&p, "[::]:53", "[::1]:15353", -EPERM, "[::]:53: unspecified");
        assert_share_refused(&p, "169.254.1.1:53", LISTENER, -EPERM, "169.254.1.1:53: link-local");
        assert_share_refused(&p, "[fe80::1]:53", "[::1]:15353", -EPERM, "[fe80::1]:53: link-local");
        assert_share_refused(&p, "[::ffff:127.0.0.1]:53", "[::1]:15353", -EPERM, "clothes");
        assert_share_refused(&p, "[::ffff:10.99.0.1]:53", "[::1]:15353", -EPERM, "clothes");
        assert_share_refused(&p, "127.0.0.1:53", LISTENER, -EPERM, "127.0.0.1:53: helper.conf does not name");
        assert_share_refused(
                &p, "127.0.0.53:53", LISTENER, -EPERM, "127.0.0.53:53: helper.conf does not name");
        assert_share_refused(
                &p, "127.0.0.54:53", LISTENER, -EPERM, "127.0.0.54:53: helper.conf does not name");
        assert_share_refused(&p, "[::1]:53", "[::1]:15353", -EPERM, "[::1]:53: helper.conf does not name");
        assert_share_refused(
                &p, "192.0.2.1:53", LISTENER, -EADDRNOTAVAIL, "192.0.2.1:53: not an address of this host");
        assert_share_refused(
                &p, "[2001:db8::1]:53", "[::1]:15353", -EADDRNOTAVAIL, "not an address of this host");
        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "10.99.0.1:53", LISTENER), 0);
        assert_int_equal(stop_helper(&p), 0);
        let_go(&listener);
        let_go(&six);
}

/* An exact line allows what a network does not. */
static void test_share_named(void **state)
{
        struct policy policy = default_policy();
        struct held listeners[3], six;
        struct peer p;

        SKIP_IF(harness_no_bpf);
        add_network(&policy, "127.0.0.1", 32);
        add_network(&policy, "127.0.0.53", 32);
        add_network(&policy, "::1", 128);
        listeners[0] = hold("127.53.0.2:15353");
        listeners[1] = hold("127.53.0.2:15354");
        listeners[2] = hold("127.53.0.2:15355");
        six = hold("[::1]:15353");
        p = start_attached(&policy);
        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "127.0.0.1:53", "127.53.0.2:15353"), 0);
        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "127.0.0.53:53", "127.53.0.2:15354"), 0);
        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "[::1]:53", "[::1]:15353"), 0);
        assert_share_refused(
                &p, "127.0.0.54:53", "127.53.0.2:15355", -EPERM, "127.0.0.54:53: helper.conf does not name");
        assert_int_equal(stop_helper(&p), 0);
        for (size_t i = 0; i < ELEMENTSOF(listeners); i++)
                let_go(&listeners[i]);
        let_go(&six);
}

static void test_share_default_policy(void **state)
{
        struct held listener;
        struct peer p;

        SKIP_IF(harness_no_bpf);
        listener = hold(LISTENER);
        p = start_attached(NULL);
        assert_share_refused(&p, "127.54.0.1:53", LISTENER, -EPERM, "127.54.0.1:53: address not allowed");
        assert_share_refused(&p, "127.53.1.1:53", LISTENER, -EPERM, "127.53.1.1:53: address not allowed");
        assert_share_refused(&p, "192.0.2.1:53", LISTENER, -EPERM, "192.0.2.1:53: address not allowed");
        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "10.99.0.1:53", LISTENER), 0); /* "local" */
        assert_int_equal(stop_helper(&p), 0);
        let_go(&listener);
}

static void test_share_no_policy(void **state)
{
        static const struct policy nothing;
        struct held listener;
        struct peer p;

        SKIP_IF(harness_no_bpf);
        listener = hold(LISTENER);
        p = start_attached(&nothing);
        assert_share_refused(&p, "127.53.0.1:53", LISTENER, -EPERM, "127.53.0.1:53: address not allowed");
        assert_share_refused(&p, "10.99.0.1:53", LISTENER, -EPERM, "10.99.0.1:53: address not allowed");
        assert_int_equal(stop_helper(&p), 0);
        let_go(&listener);
}

/* Somebody's own socket is never taken its packets, be it one protocol's; a wildcard's are. */
static void test_share_holder(void **state)
{
        static const struct {
                uid_t uid;
                const char *at;
                bool udp, tcp;
                int result;
        } cases[] = {
                {OTHER_UID, "127.53.0.1:53", true, true, -EADDRINUSE},
                {OTHER_UID, "127.53.0.1:53", true, false, -EADDRINUSE},
                {OTHER_UID, "127.53.0.1:53", false, true, -EADDRINUSE},
                {OTHER_UID, "[::ffff:127.53.0.1]:53", true, false, -EADDRINUSE},
                {OTHER_UID, "127.53.0.9:53", true, true, 0},
                {OTHER_UID, "0.0.0.0:53", true, true, 0},
                {OTHER_UID, "[::]:53", true, true, 0},
                {0, "127.53.0.1:53", true, true, 0},
        };
        struct held listener, holder;
        struct peer p;

        SKIP_IF(harness_no_bpf);
        listener = hold(LISTENER);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                holder = hold_as(cases[i].uid, cases[i].at, cases[i].udp, cases[i].tcp);
                p = start_attached(NULL);
                assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "127.53.0.1:53", LISTENER), cases[i].result);
                if (cases[i].result < 0)
                        assert_true(log_says("127.53.0.1:53: held by a socket of uid 1001"));
                assert_int_equal(stop_helper(&p), 0);
                let_go(&holder);
        }
        let_go(&listener);
}

static void test_share_listener(void **state)
{
        static const struct {
                uid_t uid;
                const char *at;
                bool udp, tcp;
                const char *listener;
                int result;
                const char *why;
        } cases[] = {
                {OTHER_UID, "127.53.0.2:15400", true, true, "127.53.0.2:15400", -EPERM, "held by uid 1001"},
                {0, "127.53.0.2:15400", true, false, "127.53.0.2:15400", -EADDRNOTAVAIL, "on TCP"},
                {0, "127.53.0.2:15400", false, true, "127.53.0.2:15400", -EADDRNOTAVAIL, "on UDP"},
                {0, "127.53.0.2:15400", true, true, "127.53.0.2:15401", -EADDRNOTAVAIL, "on UDP and TCP"},
                {0, "0.0.0.0:15400", true, true, "127.53.0.2:15400", -EADDRNOTAVAIL, "on UDP and TCP"},
                {0, "[::]:15400", true, true, "127.53.0.2:15400", -EADDRNOTAVAIL, "on UDP and TCP"},
                {0, "10.99.0.1:15400", true, true, "10.99.0.1:15400", -EPERM, "not a loopback address"},
                {0, "127.53.0.2:1023", true, true, "127.53.0.2:1023", -EPERM, "port below 1024"},
                {0, "127.53.0.2:53", true, true, "127.53.0.2:53", -EPERM, "port below 1024"},
                {0, "[::1]:15400", true, true, "[::1]:15400", -EPERM, "family"},
                {0, "127.53.0.1:15400", true, true, "127.53.0.1:15400", -EADDRINUSE,
                        "its address is the shared one"},
                {0, "127.53.0.2:15400", true, true, "127.53.0.2:15400", 0, NULL},
        };
        struct peer p;

        SKIP_IF(harness_no_bpf);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct held h = hold_as(cases[i].uid, cases[i].at, cases[i].udp, cases[i].tcp);

                p = start_attached(NULL);
                assert_int_equal(
                        ask_share(&p, PROTO_SHARE_ADD, "127.53.0.1:53", cases[i].listener), cases[i].result);
                if (cases[i].why)
                        assert_true(log_says(cases[i].why));
                assert_int_equal(stop_helper(&p), 0);
                let_go(&h);
        }
}

/* UDP of the daemon's, TCP of somebody else's. */
static void test_share_listener_mixed(void **state)
{
        struct held udp, tcp;
        struct peer p;

        SKIP_IF(harness_no_bpf);
        udp = hold_as(0, LISTENER, true, false);
        tcp = hold_as(OTHER_UID, LISTENER, false, true);
        p = start_attached(NULL);
        assert_share_refused(&p, "127.53.0.1:53", LISTENER, -EPERM, "held by uid 1001");
        assert_int_equal(stop_helper(&p), 0);
        let_go(&udp);
        let_go(&tcp);
}

/* Anybody may bind a port above 1023, as often as the host has addresses: it must keep nobody from sharing.
 */
static void test_share_crowded(void **state)
{
        struct held listener, crowd[SOCKDIAG_HOLDERS_MAX + 2];
        struct peer p;

        SKIP_IF(harness_no_bpf);
        for (unsigned int i = 0; i < ELEMENTSOF(crowd); i++) {
                char text[64];
                snprintf(text, sizeof(text), "127.9.%u.1:15353", i);
                crowd[i] = hold_as(OTHER_UID, text, true, false);
        }
        listener = hold(LISTENER);
        p = start_attached(NULL);
        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "127.53.0.1:53", LISTENER), 0);
        assert_int_equal(stop_helper(&p), 0);
        let_go(&listener);
        for (unsigned int i = 0; i < ELEMENTSOF(crowd); i++)
                let_go(&crowd[i]);
}

static void test_share_distinct(void **state)
{
        struct held listeners[4];
        struct peer p;

        SKIP_IF(harness_no_bpf);
        listeners[0] = hold("127.53.0.2:15353");
        listeners[1] = hold("127.53.0.2:15354");
        listeners[2] = hold("127.53.0.5:15353");
        listeners[3] = hold("127.53.0.1:15353");
        p = start_attached(NULL);
        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "127.53.0.1:53", "127.53.0.2:15353"), 0);
        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "127.53.0.1:53", "127.53.0.2:15353"), -EADDRINUSE);
        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "127.53.0.1:53", "127.53.0.2:15354"), -EADDRINUSE);
        assert_true(log_says("127.53.0.1:53: shared already"));
        assert_share_refused(&p, "127.53.0.3:53", "127.53.0.2:15353", -EADDRINUSE, "used by another share");
        assert_share_refused(&p, "127.53.0.3:53", "127.53.0.1:15353", -EADDRINUSE, "its address is shared");
        assert_share_refused(
                &p, "127.53.0.2:53", "127.53.0.5:15353", -EADDRINUSE, "is the address of a listener");
        /* What was refused has changed nothing of what is there. */
        assert_int_equal(ask_share(&p, PROTO_SHARE_DEL, "127.53.0.1:53", "127.53.0.2:15353"), 0);
        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "127.53.0.3:53", "127.53.0.2:15353"), 0);
        assert_int_equal(stop_helper(&p), 0);
        for (size_t i = 0; i < ELEMENTSOF(listeners); i++)
                let_go(&listeners[i]);
}

static int ask_link(
        struct peer *p, const char *link, const char *servers, const char *domains, uint8_t default_route)
{
        struct message m = link_message(link, servers, domains);

        m.link.default_route = default_route;
        return ask(p, &m, PROTO_LINK_SET);
}

static void test_link(void **state)
{
        struct policy policy = default_policy();
        struct message m;
        struct held own;
        struct peer p;

        SKIP_IF(harness_missing);
        own = hold(LISTENER);
        p = start_helper(NULL);
        assert_int_equal(ask_plain(&p, PROTO_HELLO), 0);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "~corp.internal", PROTO_NO), ALLOWED);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "", PROTO_NO), ALLOWED);
        assert_int_equal(ask_link(&p, "lo", LISTENER, "~corp.internal", PROTO_NO), -EPERM);
        assert_true(log_says("link lo: loopback"));
        for (int i = 0; i < 4; i++) {
                m = link_message("net0", LISTENER, "~corp.internal");
                m.link.ifindex = (int[]){0, -1, INT32_MIN, 4242}[i];
                assert_int_equal(ask(&p, &m, PROTO_LINK_SET), -ENODEV);
        }
        assert_int_equal(stop_helper(&p), 0);

        strcpy(policy.links[0], "tun*");
        p = start_helper(&policy);
        assert_int_equal(ask_plain(&p, PROTO_HELLO), 0);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "~corp.internal", PROTO_NO), -EPERM);
        assert_true(log_says("link net0: not allowed by helper.conf"));
        assert_int_equal(stop_helper(&p), 0);

        strcpy(policy.links[0], "ne?0");
        p = start_helper(&policy);
        assert_int_equal(ask_plain(&p, PROTO_HELLO), 0);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "~corp.internal", PROTO_NO), ALLOWED);
        assert_int_equal(access(harness_leftovers, F_OK), -1); /* nothing was changed */
        assert_int_equal(stop_helper(&p), 0);
        let_go(&own);
}

static void test_link_domains(void **state)
{
        struct policy policy = default_policy();
        struct held own;
        struct peer p;

        SKIP_IF(harness_missing);
        own = hold(LISTENER);
        p = start_helper(NULL); /* any but the root */
        assert_int_equal(ask_plain(&p, PROTO_HELLO), 0);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "~com", PROTO_NO), ALLOWED);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "~.", PROTO_NO), -EPERM);
        assert_int_equal(ask_link(&p, "net0", LISTENER, ".", PROTO_NO), -EPERM);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "~corp.internal ~.", PROTO_NO), -EPERM);
        assert_true(log_says("domain .: not allowed by helper.conf"));
        /* The root by other means. */
        assert_int_equal(ask_link(&p, "net0", LISTENER, "~corp.internal", PROTO_YES), -EPERM);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "~corp.internal", PROTO_UNSET), -EPERM);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "", PROTO_UNSET), -EPERM);
        assert_true(log_says("default route: must be \"no\""));
        assert_int_equal(stop_helper(&p), 0);

        policy.any_domain = false;
        assert_int_equal(name_from_text("corp.internal", NULL, &policy.domains[0]), 0);
        policy.n_domains = 1;
        p = start_helper(&policy);
        assert_int_equal(ask_plain(&p, PROTO_HELLO), 0);
        assert_int_equal(
                ask_link(&p, "net0", LISTENER, "~corp.internal db.CORP.internal", PROTO_NO), ALLOWED);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "~internal", PROTO_NO), -EPERM);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "~xcorp.internal", PROTO_NO), -EPERM);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "~corp.internal.example", PROTO_NO), -EPERM);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "~corp.internal ~example.com", PROTO_NO), -EPERM);
        assert_int_equal(stop_helper(&p), 0);

        policy.root_domain = true;
        p = start_helper(&policy);
        assert_int_equal(ask_plain(&p, PROTO_HELLO), 0);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "~.", PROTO_YES), ALLOWED);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "~.", PROTO_UNSET), ALLOWED);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "~com", PROTO_NO), -EPERM);
        assert_int_equal(stop_helper(&p), 0);
        let_go(&own);
}

static void test_link_servers(void **state)
{
        struct held own, udp_only, others, wildcard;
        struct peer p;

        SKIP_IF(harness_no_bpf);
        own = hold(LISTENER);
        udp_only = hold_as(0, "127.53.0.2:15354", true, false);
        others = hold_as(OTHER_UID, "127.53.0.2:15355", true, true);
        wildcard = hold("0.0.0.0:15356");
        p = start_attached(NULL);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "~corp.internal", PROTO_NO), ALLOWED);
        assert_int_equal(ask_link(&p, "net0", "127.53.0.1:53", "~corp.internal", PROTO_NO), -EPERM);
        assert_true(log_says("server 127.53.0.1:53: neither shared now nor share53d's own"));
        assert_int_equal(ask_link(&p, "net0", "192.0.2.1:53", "~corp.internal", PROTO_NO), -EPERM);
        assert_int_equal(ask_link(&p, "net0", "127.53.0.2:15354", "~corp.internal", PROTO_NO), -EPERM);
        assert_int_equal(ask_link(&p, "net0", "127.53.0.2:15355", "~corp.internal", PROTO_NO), -EPERM);
        assert_int_equal(ask_link(&p, "net0", "127.53.0.2:15356", "~corp.internal", PROTO_NO), -EPERM);
        assert_int_equal(
                ask_link(&p, "net0", "[::ffff:127.53.0.2]:15353", "~corp.internal", PROTO_NO), -EPERM);

        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "127.53.0.1:53", LISTENER), 0);
        assert_int_equal(ask_link(&p, "net0", "127.53.0.1:53", "~corp.internal", PROTO_NO), ALLOWED);
        assert_int_equal(ask_link(&p, "net0", "127.53.0.1:54", "~corp.internal", PROTO_NO), -EPERM);
        assert_int_equal(
                ask_link(&p, "net0", "127.53.0.1:53 8.8.8.8:53", "~corp.internal", PROTO_NO), -EPERM);
        assert_int_equal(ask_share(&p, PROTO_SHARE_DEL, "127.53.0.1:53", LISTENER), 0);
        assert_int_equal(ask_link(&p, "net0", "127.53.0.1:53", "~corp.internal", PROTO_NO), -EPERM);
        assert_int_equal(stop_helper(&p), 0);
        let_go(&own);
        let_go(&udp_only);
        let_go(&others);
        let_go(&wildcard);
}

/* Shares are gone with the program, and what was shared is no server any more. */
static void test_link_after_detach(void **state)
{
        struct held own;
        struct peer p;

        SKIP_IF(harness_no_bpf);
        own = hold(LISTENER);
        p = start_attached(NULL);
        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "127.53.0.1:53", LISTENER), 0);
        assert_int_equal(ask_plain(&p, PROTO_DETACH), 0);
        assert_lo_free();
        assert_int_equal(ask_link(&p, "net0", "127.53.0.1:53", "~corp.internal", PROTO_NO), -EPERM);
        assert_int_equal(ask_link(&p, "net0", LISTENER, "~corp.internal", PROTO_NO), ALLOWED);
        assert_int_equal(stop_helper(&p), 0);
        let_go(&own);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_share),
                cmocka_unit_test(test_share_address),
                cmocka_unit_test(test_share_named),
                cmocka_unit_test(test_share_default_policy),
                cmocka_unit_test(test_share_no_policy),
                cmocka_unit_test(test_share_holder),
                cmocka_unit_test(test_share_listener),
                cmocka_unit_test(test_share_listener_mixed),
                cmocka_unit_test(test_share_crowded),
                cmocka_unit_test(test_share_distinct),
                cmocka_unit_test(test_link),
                cmocka_unit_test(test_link_domains),
                cmocka_unit_test(test_link_servers),
                cmocka_unit_test(test_link_after_detach),
        };

        harness_leaks_every = 5;
        return cmocka_run_group_tests_name("helper-guard", tests, harness_set_up, harness_tear_down);
}
