/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A resolve1 of the test's own on a private dbus-daemon. It notes each call with what it was made with, and
 * whether the link was in the list on disk by then; and it can be told to behave badly.
 */

#include "tests/unit/test-helper.h"

#include <systemd/sd-bus.h>

#define LISTENER "127.53.0.2:15353"

static struct {
        char address[128];
        char config[64], socket[64];
        pid_t daemon;
        pid_t resolved;
        FILE *calls; /* a line for each call that resolved was made */
        struct held listener;
} bus;

/* What the fake does not do well: the method that it refuses, and with what; the method that it never
 * answers. */
static struct behaviour {
        const char *refuse;
        const char *error;
        const char *ignore;
} behaviour;

static int read_strings(sd_bus_message *m, const char *member, char *out, size_t size)
{
        int r, flag, family;
        const char *text;

        if (strcmp(member, "SetLinkDomains") == 0) {
                r = sd_bus_message_enter_container(m, 'a', "(sb)");
                while (r >= 0 && (r = sd_bus_message_read(m, "(sb)", &text, &flag)) > 0)
                        snprintf(out + strlen(out), size - strlen(out), " %s%s", flag ? "~" : "", text);
                return r;
        }
        if (strcmp(member, "SetLinkDNS") == 0 || strcmp(member, "SetLinkDNSEx") == 0) {
                bool ports = member[10] != '\0';

                r = sd_bus_message_enter_container(m, 'a', ports ? "(iayqs)" : "(iay)");
                while (r >= 0 && (r = sd_bus_message_enter_container(m, 'r', ports ? "iayqs" : "iay")) > 0) {
                        struct endpoint e = {};
                        char buf[ENDPOINT_TEXT_SIZE];
                        const void *octets;
                        size_t n;

                        if (sd_bus_message_read(m, "i", &family) < 0 ||
                                sd_bus_message_read_array(m, 'y', &octets, &n) < 0)
                                return -EBADMSG;
                        e.family = family;
                        if (n != endpoint_address_size(&e))
                                return -EBADMSG;
                        memcpy(e.addr.bytes, octets, n);
                        if (ports && (sd_bus_message_read(m, "qs", &e.port, &text) < 0 || text[0] != '\0'))
                                return -EBADMSG;
                        snprintf(out + strlen(out), size - strlen(out), " %s", endpoint_to_text(&e, buf));
                        r = sd_bus_message_exit_container(m);
                }
                return r;
        }
        if (strcmp(member, "SetLinkDefaultRoute") == 0) {
                r = sd_bus_message_read(m, "b", &flag);
                snprintf(out + strlen(out), size - strlen(out), flag ? " true" : " false");
                return r;
        }
        if (strcmp(member, "RevertLink") == 0)
                return 0;
        r = sd_bus_message_read(m, "s", &text);
        snprintf(out + strlen(out), size - strlen(out), " %s", r > 0 ? text : "?");
        return r;
}

/* Whether the list of links says IFINDEX. */
static bool listed(int ifindex)
{
        int ifindexes[LEFTOVERS_MAX], n = leftovers_read(harness_leftovers, ifindexes);

        for (int i = 0; i < n; i++)
                if (ifindexes[i] == ifindex)
                        return true;
        return false;
}

static int on_call(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        const char *member = sd_bus_message_get_member(m);
        char line[512], name[IFNAMSIZ] = "gone";
        int ifindex;

        if (sd_bus_message_read(m, "i", &ifindex) < 0)
                return -EBADMSG;
        (void)if_indextoname((unsigned int)ifindex, name);
        snprintf(line, sizeof(line), "%s %s", member, name);
        if (read_strings(m, member, line, sizeof(line)) < 0)
                return -EBADMSG;
        if (!listed(ifindex))
                strcat(line, " NOT LISTED");
        if (sd_bus_message_get_auto_start(m))
                strcat(line, " +start");
        dprintf(*(int *)userdata, "%s\n", line);
        if (behaviour.ignore && strcmp(behaviour.ignore, member) == 0)
                return 1;
        if (behaviour.refuse && strcmp(behaviour.refuse, member) == 0)
                return sd_bus_error_set(ret_error, behaviour.error, "refused by the test");
        return sd_bus_reply_method_return(m, NULL);
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("SetLinkDNS", "ia(iay)", NULL, on_call, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("SetLinkDNSEx", "ia(iayqs)", NULL, on_call, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("SetLinkDomains", "ia(sb)", NULL, on_call, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("SetLinkDefaultRoute", "ib", NULL, on_call, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("SetLinkLLMNR", "is", NULL, on_call, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("SetLinkMulticastDNS", "is", NULL, on_call, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("SetLinkDNSOverTLS", "is", NULL, on_call, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("SetLinkDNSSEC", "is", NULL, on_call, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("RevertLink", "i", NULL, on_call, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static _Noreturn void run_resolved(int calls)
{
        sd_bus *b = NULL;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (dup2(calls, 3) < 0 || close_range(4, ~0U, 0) < 0) /* the helper's channel is the test's alone */
                _exit(3);
        calls = 3;
        if (sd_bus_open_system(&b) < 0 ||
                sd_bus_add_object_vtable(b, NULL, "/org/freedesktop/resolve1",
                        "org.freedesktop.resolve1.Manager", vtable, &calls) < 0 ||
                sd_bus_request_name(b, "org.freedesktop.resolve1", 0) < 0)
                _exit(1);
        dprintf(calls, "ready\n");
        for (;;) {
                int r = sd_bus_process(b, NULL);
                if (r < 0 || (r == 0 && sd_bus_wait(b, UINT64_MAX) < 0))
                        _exit(2);
        }
}

static void expect_call(const char *expected)
{
        char line[512];

        assert_non_null(fgets(line, sizeof(line), bus.calls));
        line[strcspn(line, "\n")] = '\0';
        assert_string_equal(line, expected);
}

static void end_process(pid_t *pid)
{
        if (*pid > 0) {
                (void)kill(*pid, SIGKILL);
                (void)waitpid(*pid, NULL, 0);
        }
        *pid = 0;
}

/* Nothing was called that was not expected. */
static void end_resolved(void)
{
        char line[512];

        end_process(&bus.resolved);
        if (bus.calls) {
                if (fgets(line, sizeof(line), bus.calls))
                        fail_msg("unexpected call: %s", line);
                fclose(bus.calls);
        }
        bus.calls = NULL;
}

static void start_resolved(struct behaviour b)
{
        int fds[2];

        behaviour = b;
        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        fflush(NULL);
        bus.resolved = fork();
        assert_true(bus.resolved >= 0);
        if (bus.resolved == 0) {
                close(fds[0]);
                run_resolved(fds[1]);
        }
        close(fds[1]);
        bus.calls = fdopen(fds[0], "re");
        expect_call("ready");
}

static void start_bus(void)
{
        char octet;
        int fds[2];
        FILE *file;

        file = fopen(bus.config, "we");
        assert_non_null(file);
        fprintf(file,
                "<busconfig><listen>unix:path=%s</listen><auth>EXTERNAL</auth><policy context='default'>"
                "<allow user='*'/><allow own='*'/><allow send_destination='*' eavesdrop='true'/>"
                "<allow eavesdrop='true'/></policy></busconfig>",
                bus.socket);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(pipe(fds), 0);
        bus.daemon = fork();
        assert_true(bus.daemon >= 0);
        if (bus.daemon == 0) {
                char config[96], address[32];
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                close(fds[0]);
                snprintf(config, sizeof(config), "--config-file=%s", bus.config);
                snprintf(address, sizeof(address), "--print-address=%d", fds[1]);
                execlp("dbus-daemon", "dbus-daemon", config, "--nofork", "--nopidfile", address, NULL);
                _exit(127);
        }
        close(fds[1]);
        if (read(fds[0], &octet, 1) != 1)
                harness_missing = "no dbus-daemon";
        close(fds[0]);
}

static int bus_set_up(void **state)
{
        if (harness_set_up(state) < 0)
                return -1;
        if (harness_missing)
                return 0;
        /* The child, of another user, must get at the socket. */
        assert_int_equal(chmod(harness_directory, 0755), 0);
        snprintf(bus.config, sizeof(bus.config), "%s/bus.conf", harness_directory);
        snprintf(bus.socket, sizeof(bus.socket), "%s/bus", harness_directory);
        snprintf(bus.address, sizeof(bus.address), "unix:path=%s", bus.socket);
        setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address, 1);
        start_bus();
        bus.listener = hold(LISTENER);
        return 0;
}

static int bus_tear_down(void **state)
{
        end_process(&bus.resolved);
        end_process(&bus.daemon);
        (void)unlink(bus.config);
        (void)unlink(bus.socket);
        return harness_tear_down(state);
}
