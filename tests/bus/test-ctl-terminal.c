/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* share53ctl on a terminal: colours, and who is asked for a password. */

#include "tests/bus/test-ctl-fixture.h"

#include <sys/stat.h>

static void test_colours_on_terminals_only(void **state)
{
        struct fixture *f = *state;
        _cleanup_(run_done) struct run coloured, plain, dumb;

        run_ctl_on_terminal(&coloured, &f->bus, ARGS("status"), NULL, geteuid());
        assert_int_equal(coloured.status, 0);
        assert_non_null(strstr(coloured.out, "\x1b[1;32mxdp\x1b[0m "));
        assert_non_null(strstr(coloured.out, "\x1b[1;31mnone\x1b[0m  -"));
        assert_null(strstr(coloured.out, "\x1b[2J"));
        run_ctl_on_terminal(&plain, &f->bus, ARGS("status"), ARGS("NO_COLOR=1"), geteuid());
        assert_null(strchr(plain.out, '\x1b'));
        run_ctl_on_terminal(&dumb, &f->bus, ARGS("status"), ARGS("TERM=dumb"), geteuid());
        assert_null(strchr(dumb.out, '\x1b'));
}

static void test_people_are_asked_on_terminals_only(void **state)
{
        struct fixture *f = *state;
        _cleanup_(run_done) struct run asked, refused, piped;

        run_ctl_on_terminal(&asked, &f->bus, ARGS("zone", "add", "ask.test"), NULL, geteuid());
        assert_int_equal(asked.status, 0);
        run_ctl_on_terminal(
                &refused, &f->bus, ARGS("zone", "add", "ask.test", "--no-ask-password"), NULL, geteuid());
        assert_int_equal(refused.status, 4);
        run_ctl(&piped, &f->bus, ARGS("zone", "add", "ask.test"));
        assert_int_equal(piped.status, 4);
}

/* An agent of the test's own on the path: says that it was there, reports for duty, stays. */
static void write_agent(const struct run_bus *bus, char *path, size_t size)
{
        FILE *f;

        snprintf(path, size, "%s/pkttyagent", bus->directory);
        f = fopen(path, "we");
        assert_non_null(f);
        fprintf(f, "#!/bin/sh\n[ \"$1 $3\" = \"--notify-fd --fallback\" ] || exit 1\n"
                   "echo agent is there\neval \"exec $2>&-\"\nexec sleep 1000\n");
        fclose(f);
        assert_int_equal(chmod(path, 0755), 0);
        assert_int_equal(chmod(bus->directory, 0755), 0);
}

static void test_the_agent_asks_whom_polkit_would_ask(void **state)
{
        struct fixture *f = *state;
        _cleanup_(run_done) struct run asked, root, refused, status;
        char path[64], variable[128];
        uid_t user = geteuid() == 0 ? 65534 : geteuid();

        write_agent(&f->bus, path, sizeof(path));
        snprintf(variable, sizeof(variable), "PATH=%s:/usr/bin:/bin", f->bus.directory);
        run_ctl_on_terminal(&asked, &f->bus, ARGS("zone", "add", "ask.test"), ARGS(variable), user);
        assert_string_equal(asked.out, "agent is there\r\n");
        assert_int_equal(asked.status, 0);
        run_ctl_on_terminal(&refused, &f->bus, ARGS("zone", "add", "--no-ask-password", "ask.test"),
                ARGS(variable), user);
        assert_null(strstr(refused.out, "agent is there"));
        assert_int_equal(refused.status, 4);
        run_ctl_on_terminal(&status, &f->bus, ARGS("status"), ARGS(variable), user);
        assert_null(strstr(status.out, "agent is there"));
        run_ctl_on_terminal(&root, &f->bus, ARGS("zone", "add", "ask.test"), ARGS(variable), geteuid());
        assert_string_equal(root.out, geteuid() == 0 ? "" : "agent is there\r\n");
        unlink(path);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_colours_on_terminals_only),
                cmocka_unit_test(test_people_are_asked_on_terminals_only),
                cmocka_unit_test(test_the_agent_asks_whom_polkit_would_ask),
        };
        return cmocka_run_group_tests(tests, setup, teardown);
}
