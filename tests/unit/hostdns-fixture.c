/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/hostdns-fixture.h"

#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/unit/namespace.h"

bool hostdns_or_skip(void)
{
        if (system("command -v dbus-daemon >/dev/null") != 0) {
                printf("1..0 # SKIP no dbus-daemon here\n");
                return false;
        }
        return namespace_or_skip();
}

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

sd_bus *connect_bus(struct fixture *f)
{
        sd_bus *bus;

        assert_true(sd_bus_new(&bus) >= 0);
        assert_true(sd_bus_set_address(bus, f->bus_address) >= 0);
        assert_true(sd_bus_set_bus_client(bus, true) >= 0);
        assert_true(sd_bus_start(bus) >= 0);
        return bus;
}

void resolved_appears(struct fixture *f)
{
        f->resolved = connect_bus(f);
        assert_true(sd_bus_request_name(f->resolved, RESOLVED, 0) >= 0);
}

void resolved_vanishes(struct fixture *f)
{
        f->resolved = sd_bus_flush_close_unref(f->resolved);
}

void write_file(const char *path, const char *text)
{
        char aside[128];

        snprintf(aside, sizeof(aside), "%s.new", path);
        _cleanup_close_ int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        assert_int_equal(rename(aside, path), 0);
}

int setup(void **state)
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

int teardown(void **state)
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

void on_changed(void *userdata)
{
        struct fixture *f = userdata;

        f->n_changes++;
}

void start(struct fixture *f)
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

void expect_manager(struct fixture *f, enum hostdns_manager manager)
{
        struct manager_wait w = {f->host, manager};

        spin_until(f->event, is_manager, &w);
}

void on_result(void *userdata, int r)
{
        struct outcome *o = userdata;

        o->n++;
        o->r = r;
}

static bool was_told(void *userdata)
{
        return ((struct outcome *)userdata)->n > 0;
}

void expect_outcome(struct fixture *f, struct outcome *o, int r)
{
        spin_until(f->event, was_told, o);
        assert_int_equal(o->n, 1);
        assert_int_equal(o->r, r);
        *o = (struct outcome){};
}

struct journal_link make_link(const char *ifname, const char *domain)
{
        struct journal_link link = {.ifindex = if_nametoindex(ifname), .n_domains = 1, .uid = 0};

        strcpy(link.ifname, ifname);
        link.domains[0].route_only = true;
        assert_int_equal(name_from_text(domain, NULL, &link.domains[0].name), 0);
        return link;
}

int set_link(struct fixture *f, const char *ifname, const char *domain)
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

const struct fake_request *expect_request(struct fixture *f, enum proto_op op, size_t n)
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

void expect_explained(struct fixture *f, const char *step, const char *text)
{
        struct words w = {.step = step, .text = text};

        assert_int_equal(hostdns_explain(f->host, look_for, &w), 0);
        if (!w.found)
                fail_msg("\"%s\" is not said of %s", text, step);
}
