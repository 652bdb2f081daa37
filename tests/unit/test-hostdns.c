/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* In a network namespace, on a bus of its own on which the test comes and goes as systemd-resolved. */

#include "tests/unit/test.h"

#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "daemon/host/hostdns-internal.h"
#include "tests/unit/fake-helper.h"
#include "tests/unit/namespace.h"

#define RESOLVED "org.freedesktop.resolve1"

struct outcome {
        size_t n;
        int r;
};

struct fixture {
        sd_event *event;
        pid_t bus_pid;
        char bus_address[256];
        sd_bus *bus;
        sd_bus *resolved; /* holds the name */
        struct fake_helper fake;
        struct helper_client *client;
        struct query_context queries;
        struct config config;
        struct ladder *ladder;
        struct hostdns *host;
        size_t n_changes;
        char nsswitch[96], resolv_conf[96];
        struct outcome set, revert;
};

static pid_t start_bus(char *address, size_t size)
{
        int pipes[2];
        ssize_t n;
        pid_t pid;

        assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                dup2(pipes[1], STDOUT_FILENO);
                execlp("dbus-daemon", "dbus-daemon", "--session", "--nofork", "--nopidfile",
                        "--address=unix:tmpdir=/tmp", "--print-address", NULL);
                _exit(127);
        }
        close(pipes[1]);
        n = read(pipes[0], address, size - 1);
        close(pipes[0]);
        if (n <= 0) {
                waitpid(pid, NULL, 0);
                return 0;
        }
        address[n] = '\0';
        address[strcspn(address, "\n")] = '\0';
        return pid;
}

static sd_bus *connect_bus(struct fixture *f)
{
        sd_bus *bus;

        assert_true(sd_bus_new(&bus) >= 0);
        assert_true(sd_bus_set_address(bus, f->bus_address) >= 0);
        assert_true(sd_bus_set_bus_client(bus, true) >= 0);
        assert_true(sd_bus_start(bus) >= 0);
        return bus;
}

static void resolved_appears(struct fixture *f)
{
        f->resolved = connect_bus(f);
        assert_true(sd_bus_request_name(f->resolved, RESOLVED, 0) >= 0);
}

static void resolved_vanishes(struct fixture *f)
{
        f->resolved = sd_bus_flush_close_unref(f->resolved);
}

static void write_file(const char *path, const char *text)
{
        char aside[128];

        snprintf(aside, sizeof(aside), "%s.new", path);
        _cleanup_close_ int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        assert_int_equal(rename(aside, path), 0);
}

static int setup(void **state)
{
        struct fixture *f;

        f = calloc(1, sizeof(*f));
        assert_non_null(f);
        f->bus_pid = start_bus(f->bus_address, sizeof(f->bus_address));
        assert_true(f->bus_pid > 0);
        assert_true(namespace_enter());
        namespace_add_link("dns0", "dns1");
        assert_true(sd_event_new(&f->event) >= 0);
        f->bus = connect_bus(f);
        assert_true(sd_bus_attach_event(f->bus, f->event, 0) >= 0);
        fake_helper_start(&f->fake, f->event);
        fake_helper_serve(&f->fake);
        assert_int_equal(helper_client_new(f->event, f->fake.path, &f->client), 0);
        f->config = (struct config){.listen_port = 15353, .policy = CONFIG_POLICY_BIND, .n_addresses = 1};
        assert_int_equal(endpoint_from_text("127.53.0.1", 53, &f->config.addresses[0].endpoint), 0);
        snprintf(f->nsswitch, sizeof(f->nsswitch), "%s/nsswitch.conf", f->fake.directory);
        snprintf(f->resolv_conf, sizeof(f->resolv_conf), "%s/resolv.conf", f->fake.directory);
        write_file(f->nsswitch, "passwd: files\nhosts: files resolve [!UNAVAIL=return] dns\n");
        write_file(f->resolv_conf, "nameserver 192.0.2.1\n");
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        hostdns_free(f->host);
        ladder_free(f->ladder);
        helper_client_free(f->client);
        unlink(f->nsswitch);
        unlink(f->resolv_conf);
        fake_helper_stop(&f->fake);
        resolved_vanishes(f);
        sd_bus_close_unref(f->bus);
        kill(f->bus_pid, SIGTERM);
        waitpid(f->bus_pid, NULL, 0);
        sd_event_unref(f->event);
        free(f);
        return 0;
}

static void on_ladder(void *userdata)
{
        struct fixture *f = userdata;

        if (f->host)
                hostdns_update(f->host);
}

static void on_changed(void *userdata)
{
        struct fixture *f = userdata;

        f->n_changes++;
}

static void start(struct fixture *f)
{
        assert_int_equal(
                ladder_new(f->event, &f->config, f->client, &f->queries, on_ladder, f, &f->ladder), 0);
        assert_int_equal(ladder_start(f->ladder), 0);
        assert_int_equal(hostdns_new(f->bus, f->ladder, f->client, on_changed, f, &f->host), 0);
        assert_int_equal(hostdns_set_files(f->host, f->nsswitch, f->resolv_conf), 0);
}

struct manager_wait {
        struct hostdns *host;
        enum hostdns_manager manager;
};

static bool is_manager(void *userdata)
{
        struct manager_wait *w = userdata;

        return w->host->answered && hostdns_manager(w->host) == w->manager;
}

static void expect_manager(struct fixture *f, enum hostdns_manager manager)
{
        struct manager_wait w = {f->host, manager};

        spin_until(f->event, is_manager, &w);
}

static void on_result(void *userdata, int r)
{
        struct outcome *o = userdata;

        o->n++;
        o->r = r;
}

static bool was_told(void *userdata)
{
        return ((struct outcome *)userdata)->n > 0;
}

static void expect_outcome(struct fixture *f, struct outcome *o, int r)
{
        spin_until(f->event, was_told, o);
        assert_int_equal(o->n, 1);
        assert_int_equal(o->r, r);
        *o = (struct outcome){};
}

static struct journal_link make_link(const char *ifname, const char *domain)
{
        struct journal_link link = {.ifindex = if_nametoindex(ifname), .n_domains = 1, .uid = 0};

        strcpy(link.ifname, ifname);
        link.domains[0].route_only = true;
        assert_int_equal(name_from_text(domain, NULL, &link.domains[0].name), 0);
        return link;
}

static int set_link(struct fixture *f, const char *ifname, const char *domain)
{
        struct journal_link link = make_link(ifname, domain);

        return hostdns_set_link(f->host, &link, on_result, &f->set);
}

struct request_wait {
        struct fake_helper *fake;
        enum proto_op op;
        size_t n;
};

static bool has_requests(void *userdata)
{
        struct request_wait *w = userdata;

        return fake_helper_count(w->fake, w->op) >= w->n;
}

/* The Nth request OP so far, and there is no further one. */
static const struct fake_request *expect_request(struct fixture *f, enum proto_op op, size_t n)
{
        struct request_wait w = {&f->fake, op, n};
        const struct fake_request *last = NULL;

        spin_until(f->event, has_requests, &w);
        spin_for(f->event, 5000);
        assert_int_equal(fake_helper_count(&f->fake, op), n);
        for (size_t i = 0; i < f->fake.n_log; i++)
                if (f->fake.log[i].header.op == op)
                        last = &f->fake.log[i];
        return last;
}

struct words {
        const char *step, *text;
        bool found;
};

static int look_for(void *userdata, const char *step, const char *finding, const char *detail)
{
        struct words *w = userdata;

        if (strcmp(step, w->step) == 0)
                w->found = strstr(finding, w->text) || strstr(detail, w->text);
        return 0;
}

static void expect_explained(struct fixture *f, const char *step, const char *text)
{
        struct words w = {.step = step, .text = text};

        assert_int_equal(hostdns_explain(f->host, look_for, &w), 0);
        if (!w.found)
                fail_msg("\"%s\" is not said of %s", text, step);
}

static void test_detects(void **state)
{
        struct fixture *f = *state;

        start(f);
        assert_int_equal(hostdns_manager(f->host), HOSTDNS_UNKNOWN);
        expect_explained(f, "bus", "not known yet");
        expect_manager(f, HOSTDNS_NONE);
        expect_explained(f, "bus", "is not on the bus");
        expect_explained(f, "nsswitch.conf", "\"resolve\" comes before");
        expect_explained(f, "resolv.conf", "nameserver 192.0.2.1");
        expect_explained(f, "manager", "nobody");
        resolved_appears(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        expect_explained(f, "manager", "programs ask it");
        /* It runs, and nobody asks it. */
        write_file(f->nsswitch, "hosts: files dns resolve\n");
        expect_manager(f, HOSTDNS_NONE);
        expect_explained(f, "manager", "no effect");
        /* By its stub. */
        write_file(f->resolv_conf, "# by man:systemd-resolved(8)\nnameserver 127.0.0.53\noptions edns0\n");
        expect_manager(f, HOSTDNS_RESOLVED);
        expect_explained(f, "resolv.conf", "only a hint, names systemd-resolved");
        write_file(f->resolv_conf, "nameserver 127.0.0.53\nnameserver 192.0.2.1\n");
        expect_manager(f, HOSTDNS_NONE);
        write_file(f->resolv_conf, "# Generated by NetworkManager\nnameserver 192.0.2.1\n");
        expect_manager(f, HOSTDNS_OTHER);
        expect_explained(f, "resolv.conf", "NetworkManager");
        unlink(f->resolv_conf);
        expect_manager(f, HOSTDNS_NONE);
        expect_explained(f, "resolv.conf", "absent");
        write_file(f->resolv_conf, "nameserver 127.0.0.54\n");
        expect_manager(f, HOSTDNS_RESOLVED);
        resolved_vanishes(f);
        expect_manager(f, HOSTDNS_NONE);
        assert_true(f->n_changes >= 6);
}

static void test_sets_a_link(void **state)
{
        struct fixture *f = *state;
        const struct fake_request *request;
        const struct proto_link *link;

        resolved_appears(f);
        start(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        assert_int_equal(hostdns_links(f->host), 0); /* not yet */
        expect_outcome(f, &f->set, 0);
        request = expect_request(f, PROTO_LINK_SET, 1);
        link = &request->body.link;
        assert_int_equal(link->ifindex, if_nametoindex("dns0"));
        assert_int_equal(link->n_servers, 1);
        assert_int_equal(link->servers[0].family, AF_INET);
        assert_memory_equal(link->servers[0].address, "\x7f\x35\x00\x01", 4);
        assert_int_equal(link->servers[0].port, 53);
        assert_int_equal(link->n_domains, 1);
        assert_int_equal(link->domains[0].route_only, 1);
        assert_memory_equal(link->domains[0].wire, "\4corp\10internal", 15);
        assert_int_equal(link->default_route, PROTO_NO);
        assert_int_equal(link->dnssec, PROTO_NO);
        assert_int_equal(hostdns_links(f->host), 1);
        assert_string_equal(hostdns_link_at(f->host, 0)->ifname, "dns0");
        expect_explained(f, "link dns0", "is pointed at us");
        expect_explained(f, "link dns0", "127.53.0.1:53");

        assert_int_equal(hostdns_revert_link(f->host, 9999, on_result, &f->revert), -ENOENT);
        assert_int_equal(hostdns_revert_link(f->host, (int)if_nametoindex("dns0"), on_result, &f->revert), 0);
        assert_int_equal(f->revert.n, 0);
        expect_outcome(f, &f->revert, 0);
        assert_int_equal(hostdns_links(f->host), 0);
        assert_int_equal(expect_request(f, PROTO_LINK_REVERT, 1)->body.index.ifindex, if_nametoindex("dns0"));
}

static void test_refusals(void **state)
{
        struct fixture *f = *state;
        struct journal_link link = make_link("dns0", "corp.internal");

        start(f);
        expect_manager(f, HOSTDNS_NONE);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), -EOPNOTSUPP);
        link.ifindex = 9999;
        assert_int_equal(hostdns_set_link(f->host, &link, on_result, &f->set), -ENODEV);
        resolved_appears(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        f->fake.results[PROTO_LINK_SET] = -EPERM;
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        expect_outcome(f, &f->set, -EPERM);
        assert_int_equal(hostdns_links(f->host), 0);
        /* Nothing is left with the client either. */
        spin_for(f->event, 5000);
        assert_int_equal(helper_client_state(f->client), HELPER_IDLE);
        fake_helper_vanish(&f->fake);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        expect_outcome(f, &f->set, -ENOTCONN);
        assert_int_equal(f->set.n, 0);
}

static void test_asked_before_the_bus_answers(void **state)
{
        struct fixture *f = *state;

        resolved_appears(f);
        start(f);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        expect_outcome(f, &f->set, 0);
        hostdns_free(f->host);
        resolved_vanishes(f);
        assert_int_equal(hostdns_new(f->bus, f->ladder, f->client, on_changed, f, &f->host), 0);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        expect_outcome(f, &f->set, -EOPNOTSUPP);
        assert_int_equal(hostdns_links(f->host), 0);
}

static void test_no_share(void **state)
{
        struct fixture *f = *state;
        int occupant = namespace_occupy("127.53.0.1:53", SOCK_DGRAM);

        resolved_appears(f);
        start(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), -EHOSTUNREACH);
        close(occupant);
}

/* What failed leaves what was there before. */
static void test_failed_replacement(void **state)
{
        struct fixture *f = *state;
        char text[NAME_TEXT_SIZE];

        resolved_appears(f);
        start(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        expect_outcome(f, &f->set, 0);
        f->fake.results[PROTO_LINK_SET] = -EPERM;
        assert_int_equal(set_link(f, "dns0", "forbidden.internal"), 0);
        assert_int_equal(hostdns_links(f->host), 1);
        expect_outcome(f, &f->set, -EPERM);
        f->fake.results[PROTO_LINK_SET] = 0;
        assert_memory_equal(
                expect_request(f, PROTO_LINK_SET, 3)->body.link.domains[0].wire, "\4corp\10internal", 15);
        assert_int_equal(hostdns_links(f->host), 1);
        assert_string_equal(
                name_to_text_bare(&hostdns_link_at(f->host, 0)->domains[0].name, text), "corp.internal");
}

static void test_resolved_restarts(void **state)
{
        struct fixture *f = *state;

        resolved_appears(f);
        start(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        expect_outcome(f, &f->set, 0);
        resolved_vanishes(f);
        expect_manager(f, HOSTDNS_NONE);
        expect_explained(f, "link dns0", "waits for systemd-resolved");
        assert_int_equal(expect_request(f, PROTO_LINK_SET, 1)->body.link.n_servers, 1);
        assert_int_equal(fake_helper_count(&f->fake, PROTO_LINK_REVERT), 0);
        resolved_appears(f);
        expect_request(f, PROTO_LINK_SET, 2);
        expect_explained(f, "link dns0", "is pointed at us");
        assert_int_equal(f->set.n, 0);
}

/* The new one has the name before the old one's end is seen: it knows nothing of us nevertheless. */
static void test_resolved_is_replaced(void **state)
{
        struct fixture *f = *state;
        sd_bus *former;

        resolved_appears(f);
        start(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        expect_outcome(f, &f->set, 0);
        former = f->resolved;
        f->resolved = connect_bus(f);
        assert_int_equal(sd_bus_request_name(f->resolved, RESOLVED, SD_BUS_NAME_QUEUE), 0);
        sd_bus_flush_close_unref(former);
        expect_request(f, PROTO_LINK_SET, 2);
        assert_int_equal(hostdns_manager(f->host), HOSTDNS_RESOLVED);
}

static void test_link_returns_with_another_index(void **state)
{
        struct fixture *f = *state;
        unsigned int former = if_nametoindex("dns0");

        resolved_appears(f);
        start(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        expect_outcome(f, &f->set, 0);
        namespace_remove_link("dns0");
        assert_int_equal(expect_request(f, PROTO_LINK_REVERT, 1)->body.index.ifindex, former);
        expect_explained(f, "link dns0", "is not there");
        namespace_add_link("dns2", "dns3");        /* so that the index is another one */
        f->fake.results[PROTO_LINK_SET] = -ENODEV; /* resolved is late to see it */
        namespace_add_link("dns0", "dns1");
        assert_int_not_equal(if_nametoindex("dns0"), former);
        assert_int_equal(expect_request(f, PROTO_LINK_SET, 2)->body.link.ifindex, if_nametoindex("dns0"));
        f->fake.results[PROTO_LINK_SET] = 0;
        expect_request(f, PROTO_LINK_SET, 3);
        assert_int_equal(hostdns_link_at(f->host, 0)->ifindex, if_nametoindex("dns0"));
        expect_explained(f, "link dns0", "is pointed at us");
}

static void test_restored_link(void **state)
{
        struct fixture *f = *state;
        struct journal_link link = make_link("dns0", "corp.internal");

        start(f);
        link.ifindex = 9999; /* as it was before the reboot */
        assert_int_equal(hostdns_restore_link(f->host, &link), 0);
        assert_int_equal(hostdns_links(f->host), 1); /* kept in any case */
        expect_manager(f, HOSTDNS_NONE);
        assert_int_equal(hostdns_links(f->host), 1);
        resolved_appears(f);
        assert_int_equal(expect_request(f, PROTO_LINK_SET, 1)->body.link.ifindex, if_nametoindex("dns0"));
}

static void test_follows_the_shares(void **state)
{
        struct fixture *f = *state;
        const struct proto_link *link;

        f->config.n_addresses = 3;
        assert_int_equal(endpoint_from_text("10.99.0.1", 53, &f->config.addresses[0].endpoint), 0);
        assert_int_equal(endpoint_from_text("127.53.0.1", 53, &f->config.addresses[1].endpoint), 0);
        assert_int_equal(endpoint_from_text("::1", 53, &f->config.addresses[2].endpoint), 0);
        resolved_appears(f);
        start(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        expect_outcome(f, &f->set, 0);
        assert_int_equal(expect_request(f, PROTO_LINK_SET, 1)->body.link.n_servers, 2);
        namespace_add_address("10.99.0.1");
        link = &expect_request(f, PROTO_LINK_SET, 2)->body.link;
        assert_int_equal(link->n_servers, 3);
        assert_int_equal(link->servers[0].address[0], 127); /* loopback first */
        assert_int_equal(link->servers[1].family, AF_INET6);
        assert_int_equal(link->servers[2].address[0], 10);
        /* No share at all: no server rather than a dead one. */
        f->config.n_addresses = 1;
        namespace_remove_address();
        assert_int_equal(ladder_reload(f->ladder, &f->config), 0);
        expect_request(f, PROTO_LINK_REVERT, 1);
        expect_explained(f, "link dns0", "waits for a shared address");
        assert_int_equal(hostdns_links(f->host), 1);
        namespace_add_address("10.99.0.1");
        assert_int_equal(expect_request(f, PROTO_LINK_SET, 3)->body.link.n_servers, 1);
}

static void test_tells_the_port(void **state)
{
        struct fixture *f = *state;

        f->config.policy = CONFIG_POLICY_PORT;
        start(f);
        expect_manager(f, HOSTDNS_NONE);
        assert_int_equal(ladder_share_at(f->ladder, 0)->rung, LADDER_NONE);
        resolved_appears(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        assert_int_equal(ladder_share_at(f->ladder, 0)->rung, LADDER_PORT);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        expect_outcome(f, &f->set, 0);
        assert_int_equal(expect_request(f, PROTO_LINK_SET, 1)->body.link.servers[0].port, 15353);
}

/* The connection to the bus is exchanged: the link stays set, by one request at most. */
static void test_exchanged(void **state)
{
        struct fixture *f = *state;
        struct journal_link link;

        resolved_appears(f);
        start(f);
        expect_manager(f, HOSTDNS_RESOLVED);
        assert_int_equal(set_link(f, "dns0", "corp.internal"), 0);
        expect_outcome(f, &f->set, 0);
        link = *hostdns_link_at(f->host, 0);
        assert_int_equal(set_link(f, "dns1", "other.internal"), 0);
        hostdns_free(f->host);
        expect_outcome(f, &f->set, -ECANCELED);
        assert_int_equal(hostdns_new(f->bus, f->ladder, f->client, on_changed, f, &f->host), 0);
        assert_int_equal(hostdns_restore_link(f->host, &link), 0);
        assert_int_equal(hostdns_set_files(f->host, f->nsswitch, f->resolv_conf), 0);
        expect_manager(f, HOSTDNS_RESOLVED);
        expect_request(f, PROTO_LINK_SET, 2);
        expect_explained(f, "link dns0", "is pointed at us");
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(detects),
                TEST(sets_a_link),
                TEST(refusals),
                TEST(asked_before_the_bus_answers),
                TEST(no_share),
                TEST(failed_replacement),
                TEST(resolved_restarts),
                TEST(resolved_is_replaced),
                TEST(link_returns_with_another_index),
                TEST(restored_link),
                TEST(follows_the_shares),
                TEST(tells_the_port),
                TEST(exchanged),
        };
        if (system("command -v dbus-daemon >/dev/null") != 0) {
                printf("1..0 # SKIP no dbus-daemon here\n");
                return 0;
        }
        if (!namespace_or_skip())
                return 0;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
