/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* LINK_SET and LINK_REVERT against a resolve1 of the test's own on a private dbus-daemon, well and badly
 * behaved. */

#include "tests/unit/test-helper-bus.h"

#include <time.h>

#include "helper/resolved.h"

static struct peer start_ready(void)
{
        struct peer p = start_helper(NULL);

        assert_int_equal(ask_plain(&p, PROTO_HELLO), 0);
        return p;
}

static int ask_set(struct peer *p, const char *link)
{
        struct message m = link_message(link, LISTENER, "~corp.internal");

        return ask(p, &m, PROTO_LINK_SET);
}

static int ask_revert(struct peer *p, const char *link)
{
        struct message m = {.index.ifindex = (int)if_nametoindex(link)};

        return ask(p, &m, PROTO_LINK_REVERT);
}

static void expect_plain_set(const char *link)
{
        char line[128];

        snprintf(line, sizeof(line), "SetLinkDefaultRoute %s false", link);
        expect_call(line);
        snprintf(line, sizeof(line), "SetLinkDomains %s ~corp.internal", link);
        expect_call(line);
        snprintf(line, sizeof(line), "SetLinkDNSEx %s 127.53.0.2:15353", link);
        expect_call(line);
}

/* What --revert-leftovers does. */
static size_t undo_leftovers(uint64_t usec)
{
        struct resolved *r = NULL;
        size_t left;

        assert_int_equal(resolved_new(NULL, harness_leftovers, NULL, NULL, &r), 0);
        left = resolved_undo(r, usec);
        (void)resolved_free(r);
        return left;
}

static void test_set_whole(void **state)
{
        struct message m;
        struct peer p;

        SKIP_IF(harness_missing);
        start_resolved((struct behaviour){});
        p = start_ready();
        m = link_message("net0", LISTENER, "~corp.internal Example.COM a\\.b.test");
        m.link.dnssec = PROTO_MIDDLE;
        m.link.dns_over_tls = PROTO_MIDDLE;
        m.link.llmnr = PROTO_NO;
        m.link.mdns = PROTO_MIDDLE;
        assert_int_equal(ask(&p, &m, PROTO_LINK_SET), 0);
        expect_call("SetLinkDefaultRoute net0 false");
        expect_call("SetLinkDomains net0 ~corp.internal example.com a\\.b.test");
        expect_call("SetLinkDNSSEC net0 allow-downgrade");
        expect_call("SetLinkDNSOverTLS net0 opportunistic");
        expect_call("SetLinkLLMNR net0 no");
        expect_call("SetLinkMulticastDNS net0 resolve");
        expect_call("SetLinkDNSEx net0 127.53.0.2:15353");
        assert_int_equal(stop_helper(&p), 0);
        expect_call("RevertLink net0 +start");
        assert_int_equal(access(harness_leftovers, F_OK), -1);
        end_resolved();
}

/* Port 53 needs no SetLinkDNSEx, which resolved has since 246 only. */
static void test_set_port_53(void **state)
{
        struct message m;
        struct held own;
        struct peer p;

        SKIP_IF(harness_missing);
        own = hold("127.53.0.1:53");
        start_resolved((struct behaviour){});
        p = start_ready();
        m = link_message("net0", "127.53.0.1:53", "");
        assert_int_equal(ask(&p, &m, PROTO_LINK_SET), 0);
        expect_call("SetLinkDefaultRoute net0 false");
        expect_call("SetLinkDomains net0");
        expect_call("SetLinkDNS net0 127.53.0.1");
        m = link_message("net0", "127.53.0.1:53 " LISTENER, "");
        assert_int_equal(ask(&p, &m, PROTO_LINK_SET), 0);
        expect_call("SetLinkDefaultRoute net0 false");
        expect_call("SetLinkDomains net0");
        expect_call("SetLinkDNSEx net0 127.53.0.1:53 127.53.0.2:15353");
        assert_int_equal(stop_helper(&p), 0);
        expect_call("RevertLink net0 +start");
        end_resolved();
        let_go(&own);
}

/* What the former chain set and this one leaves alone must not stay. */
static void test_replace(void **state)
{
        struct message m;
        struct peer p;

        SKIP_IF(harness_missing);
        start_resolved((struct behaviour){});
        p = start_ready();
        m = link_message("net0", LISTENER, "~corp.internal");
        m.link.dnssec = PROTO_NO;
        assert_int_equal(ask(&p, &m, PROTO_LINK_SET), 0);
        expect_call("SetLinkDefaultRoute net0 false");
        expect_call("SetLinkDomains net0 ~corp.internal");
        expect_call("SetLinkDNSSEC net0 no");
        expect_call("SetLinkDNSEx net0 127.53.0.2:15353");
        assert_int_equal(ask_set(&p, "net0"), 0);
        expect_call("RevertLink net0");
        expect_plain_set("net0");
        assert_int_equal(ask_set(&p, "net0"), 0);
        expect_plain_set("net0");
        assert_int_equal(stop_helper(&p), 0);
        expect_call("RevertLink net0 +start");
        end_resolved();
}

static void test_revert(void **state)
{
        struct peer p;

        SKIP_IF(harness_missing);
        start_resolved((struct behaviour){});
        p = start_ready();
        assert_int_equal(ask_revert(&p, "net0"), -ENOENT); /* not set by us: not ours to revert */
        assert_int_equal(ask_set(&p, "net0"), 0);
        expect_plain_set("net0");
        assert_true(listed((int)if_nametoindex("net0")));
        assert_int_equal(ask_revert(&p, "net0"), 0);
        expect_call("RevertLink net0 +start");
        assert_int_equal(access(harness_leftovers, F_OK), -1);
        assert_int_equal(ask_revert(&p, "net0"), -ENOENT);
        assert_int_equal(stop_helper(&p), 0);
        end_resolved();
}

/* A link that has gone has nothing to be taken back. */
static void test_revert_gone(void **state)
{
        struct peer p;

        SKIP_IF(harness_missing);
        start_resolved(
                (struct behaviour){.refuse = "RevertLink", .error = "org.freedesktop.resolve1.NoSuchLink"});
        p = start_ready();
        assert_int_equal(ask_set(&p, "net0"), 0);
        expect_plain_set("net0");
        assert_int_equal(ask_revert(&p, "net0"), 0);
        expect_call("RevertLink net0 +start");
        assert_int_equal(access(harness_leftovers, F_OK), -1);
        assert_int_equal(stop_helper(&p), 0);
        end_resolved();
}

static void test_second_refused(void **state)
{
        struct peer p;

        SKIP_IF(harness_missing);
        start_resolved((struct behaviour){.refuse = "SetLinkDomains", .error = SD_BUS_ERROR_ACCESS_DENIED});
        p = start_ready();
        assert_int_equal(ask_set(&p, "net0"), -EACCES);
        expect_call("SetLinkDefaultRoute net0 false");
        expect_call("SetLinkDomains net0 ~corp.internal");
        expect_call("RevertLink net0 +start");
        assert_int_equal(access(harness_leftovers, F_OK), -1);
        assert_int_equal(ask_revert(&p, "net0"), -ENOENT);
        assert_true(log_says("SetLinkDomains for link"));
        assert_int_equal(stop_helper(&p), 0);
        end_resolved();
}

/* Nothing was changed, so nothing is reverted: it might be somebody else's. */
static void test_first_refused(void **state)
{
        struct peer p;

        SKIP_IF(harness_missing);
        start_resolved((struct behaviour){
                .refuse = "SetLinkDefaultRoute", .error = "org.freedesktop.resolve1.LinkBusy"});
        p = start_ready();
        assert_int_equal(ask_set(&p, "net0"), -EBUSY);
        expect_call("SetLinkDefaultRoute net0 false");
        assert_int_equal(access(harness_leftovers, F_OK), -1);
        assert_int_equal(stop_helper(&p), 0);
        end_resolved();
}

/* It cannot be reverted either: then it stays in the list, and is tried again at the end. */
static void test_revert_refused(void **state)
{
        struct peer p;

        SKIP_IF(harness_missing);
        start_resolved((struct behaviour){.refuse = "RevertLink", .error = SD_BUS_ERROR_ACCESS_DENIED});
        p = start_ready();
        assert_int_equal(ask_set(&p, "net0"), 0);
        expect_plain_set("net0");
        assert_int_equal(ask_revert(&p, "net0"), -EACCES);
        expect_call("RevertLink net0 +start");
        assert_int_equal(stop_helper(&p), 0);
        expect_call("RevertLink net0 +start");
        assert_true(listed((int)if_nametoindex("net0")));
        end_resolved();
}

static void test_violation_undoes(void **state)
{
        struct peer p;

        SKIP_IF(harness_missing);
        start_resolved((struct behaviour){});
        p = start_ready();
        assert_int_equal(ask_set(&p, "net0"), 0);
        expect_plain_set("net0");
        assert_int_equal(ask_plain(&p, 99), ENDED);
        expect_call("RevertLink net0 +start");
        assert_int_equal(wait_helper(&p), EXIT_FAILURE);
        assert_int_equal(access(harness_leftovers, F_OK), -1);
        end_resolved();
}

static void test_no_resolved(void **state)
{
        struct peer p;
        int r;

        SKIP_IF(harness_missing);
        p = start_ready();
        r = ask_set(&p, "net0");
        assert_true(r == -EHOSTUNREACH || r == -ENXIO);
        assert_int_equal(access(harness_leftovers, F_OK), -1);
        assert_int_equal(stop_helper(&p), 0);
}

/* kill -9: the list says what is to be taken back, and --revert-leftovers does. */
static void test_killed(void **state)
{
        struct peer p;

        SKIP_IF(harness_missing);
        start_resolved((struct behaviour){});
        p = start_ready();
        assert_int_equal(ask_set(&p, "net0"), 0);
        expect_plain_set("net0");
        assert_int_equal(kill(p.pid, SIGKILL), 0);
        assert_int_equal(wait_helper(&p), 128 + SIGKILL);
        assert_true(listed((int)if_nametoindex("net0")));
        assert_int_equal(undo_leftovers(10000000), 0);
        expect_call("RevertLink net0 +start");
        assert_int_equal(access(harness_leftovers, F_OK), -1);
        assert_int_equal(undo_leftovers(10000000), 0);
        end_resolved();
}

/* A list of a former life is neither lost nor left: the next helper takes those links back too. */
static void test_adopted(void **state)
{
        struct peer p;
        int fd;

        SKIP_IF(harness_missing);
        set_up_link("net1", true);
        start_resolved((struct behaviour){});
        p = start_ready();
        assert_int_equal(ask_set(&p, "net0"), 0);
        expect_plain_set("net0");
        assert_int_equal(kill(p.pid, SIGKILL), 0);
        assert_int_equal(wait_helper(&p), 128 + SIGKILL);

        harness_keep_leftovers = true;
        p = start_ready();
        harness_keep_leftovers = false;
        assert_int_equal(ask_set(&p, "net1"), 0);
        expect_plain_set("net1");
        assert_true(listed((int)if_nametoindex("net0")));
        assert_int_equal(stop_helper(&p), 0);
        expect_call("RevertLink net0 +start");
        expect_call("RevertLink net1 +start");
        assert_int_equal(access(harness_leftovers, F_OK), -1);

        /* Rubbish in it does not keep a helper from serving. */
        fd = open(harness_leftovers, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, "net0\n", 5), 5);
        close(fd);
        assert_int_equal(chown(harness_leftovers, HELPER_UID, HELPER_UID), 0);
        harness_keep_leftovers = true;
        p = start_ready();
        harness_keep_leftovers = false;
        assert_int_equal(ask_set(&p, "net0"), 0);
        expect_plain_set("net0");
        assert_int_equal(stop_helper(&p), 0);
        expect_call("RevertLink net0 +start");
        end_resolved();
}

static uint64_t now_usec(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* A resolved that never answers holds up its own links only, and those for five seconds. */
static void test_never_answers(void **state)
{
        struct message m;
        struct proto_reply reply;
        bool answered[PROTO_LINKS_PENDING_MAX] = {};
        uint32_t first = 0;
        struct peer p;
        char name[16];

        SKIP_IF(harness_missing);
        start_resolved((struct behaviour){.ignore = "SetLinkDomains"});
        p = start_ready();
        for (int i = 0; i < PROTO_LINKS_PENDING_MAX; i++) {
                snprintf(name, sizeof(name), "many%d", i);
                set_up_link(name, true);
                m = link_message(name, LISTENER, "~corp.internal");
                fill_header(&p, &m, PROTO_LINK_SET);
                if (i == 0)
                        first = m.h.cookie;
                send_raw(&p, &m, message_size(PROTO_LINK_SET));
        }
        assert_int_equal(ask_set(&p, "net0"), -EBUSY);  /* one too many at once */
        assert_int_equal(ask_set(&p, "many3"), -EBUSY); /* one at a time for a link */
        assert_int_equal(ask_revert(&p, "many3"), -EBUSY);
        assert_int_equal(ask_revert(&p, "net0"), -ENOENT);  /* and the channel goes on */
        for (int i = 0; i < PROTO_LINKS_PENDING_MAX; i++) { /* in any order */
                assert_int_equal(recv(p.fd, &reply, sizeof(reply), 0), sizeof(reply));
                assert_int_equal(reply.result, -ETIMEDOUT);
                assert_true(reply.cookie - first < PROTO_LINKS_PENDING_MAX);
                assert_false(answered[reply.cookie - first]);
                answered[reply.cookie - first] = true;
        }
        for (int i = 0; i < 3 * PROTO_LINKS_PENDING_MAX; i++) {
                char line[512];
                assert_non_null(fgets(line, sizeof(line), bus.calls));
                assert_null(strstr(line, "NOT LISTED"));
                assert_null(strstr(line, "SetLinkDNS"));
        }
        assert_int_equal(access(harness_leftovers, F_OK), -1);
        assert_int_equal(stop_helper(&p), 0);
        end_resolved();
}

/* Nor does it hold up the end. */
static void test_undo_bounded(void **state)
{
        struct message m;
        struct peer p;
        uint64_t begin;

        SKIP_IF(harness_missing);
        start_resolved((struct behaviour){.ignore = "RevertLink"});
        p = start_ready();
        assert_int_equal(ask_set(&p, "net0"), 0);
        expect_plain_set("net0");
        begin = now_usec();
        assert_int_equal(stop_helper(&p), 0);
        assert_true(now_usec() - begin < RESOLVED_CALL_USEC / 2);
        expect_call("RevertLink net0 +start");
        assert_true(listed((int)if_nametoindex("net0")));
        end_resolved();

        /* In the middle of a chain. */
        start_resolved((struct behaviour){.ignore = "SetLinkDNSEx"});
        p = start_ready();
        m = link_message("net0", LISTENER, "~corp.internal");
        fill_header(&p, &m, PROTO_LINK_SET);
        send_raw(&p, &m, message_size(PROTO_LINK_SET));
        expect_plain_set("net0");
        begin = now_usec();
        assert_int_equal(stop_helper(&p), 0);
        assert_true(now_usec() - begin < RESOLVED_CALL_USEC / 2);
        assert_true(listed((int)if_nametoindex("net0")));
        end_resolved();

        start_resolved((struct behaviour){});
        assert_int_equal(undo_leftovers(10000000), 0);
        expect_call("RevertLink net0 +start");
        end_resolved();
}

/* The bus goes away under a chain, and comes back. */
static void test_bus_lost(void **state)
{
        struct message m;
        struct peer p;

        SKIP_IF(harness_missing);
        start_resolved((struct behaviour){.ignore = "SetLinkDomains"});
        p = start_ready();
        m = link_message("net0", LISTENER, "~corp.internal");
        fill_header(&p, &m, PROTO_LINK_SET);
        send_raw(&p, &m, message_size(PROTO_LINK_SET));
        expect_call("SetLinkDefaultRoute net0 false");
        expect_call("SetLinkDomains net0 ~corp.internal");
        end_process(&bus.daemon);
        (void)unlink(bus.socket);
        assert_in_range(-receive(&p, PROTO_LINK_SET, m.h.cookie, NULL), 1, 4095);
        assert_true(listed((int)if_nametoindex("net0")));
        end_resolved();

        start_bus();
        start_resolved((struct behaviour){});
        assert_int_equal(ask_set(&p, "net0"), 0);
        expect_plain_set("net0");
        assert_int_equal(stop_helper(&p), 0);
        expect_call("RevertLink net0 +start");
        end_resolved();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_set_whole),
                cmocka_unit_test(test_set_port_53),
                cmocka_unit_test(test_replace),
                cmocka_unit_test(test_revert),
                cmocka_unit_test(test_revert_gone),
                cmocka_unit_test(test_second_refused),
                cmocka_unit_test(test_first_refused),
                cmocka_unit_test(test_revert_refused),
                cmocka_unit_test(test_violation_undoes),
                cmocka_unit_test(test_no_resolved),
                cmocka_unit_test(test_killed),
                cmocka_unit_test(test_adopted),
                cmocka_unit_test(test_never_answers),
                cmocka_unit_test(test_undo_bounded),
                cmocka_unit_test(test_bus_lost),
        };

        return cmocka_run_group_tests_name("helper-resolved", tests, bus_set_up, bus_tear_down);
}
