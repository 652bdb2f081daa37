/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* share53ctl watch, against a stand-in for the service (tests/bus/test-ctl-fake.h). */

#include "tests/unit/test.h"

#include <json.h>
#include <signal.h>
#include <string.h>

#include "tests/bus/test-ctl-fake.h"
#include "tests/bus/test-ctl-run.h"

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

struct fixture {
        struct run_bus bus;
        pid_t fake, watch;
        FILE *out;
};

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));

        assert_non_null(f);
        run_bus_start(&f->bus);
        f->fake = fake_start(f->bus.address, f->bus.log, false);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        run_stop_process(&f->watch);
        run_stop_process(&f->fake);
        run_bus_stop(&f->bus);
        fclose(f->out);
        free(f);
        return 0;
}

/* Its first line says that it listens: from there on nothing is missed. */
static void start_watch(struct fixture *f, const char *const *arguments)
{
        f->watch = run_ctl_start(&f->bus, arguments, &f->out);
}

/* The next line is this, behind the time. */
static void shows(struct fixture *f, const char *expected)
{
        char line[256];

        assert_non_null(fgets(line, sizeof(line), f->out));
        assert_true(strlen(line) > 9 && line[2] == ':' && line[5] == ':' && line[8] == ' ');
        line[strcspn(line, "\n")] = '\0';
        assert_string_equal(line + 9, expected);
}

/* The next line is this object, and a time. */
static void shows_json(struct fixture *f, const char *expected)
{
        struct json_object *got, *want = json_tokener_parse(expected), *time;
        char line[512];

        assert_non_null(fgets(line, sizeof(line), f->out));
        got = json_tokener_parse(line);
        assert_non_null(want);
        assert_non_null(got);
        assert_true(json_object_object_get_ex(got, "time", &time));
        assert_int_equal(strlen(json_object_get_string(time)), strlen("2024-11-24T06:20:00.123456Z"));
        json_object_object_del(got, "time");
        if (!json_object_equal(got, want))
                fail_msg("%s is not %s", line, expected);
        json_object_put(got);
        json_object_put(want);
}

static void change_everything(struct fixture *f)
{
        _cleanup_(run_done) struct run run;

        run_ctl(&run, &f->bus, ARGS("reload"));
        assert_int_equal(run.status, 0);
}

static void ends(struct fixture *f, int status)
{
        char line[8];

        assert_null(fgets(line, sizeof(line), f->out));
        assert_int_equal(run_wait(f->watch), status);
        f->watch = 0;
}

static void test_a_line_for_each_change(void **state)
{
        struct fixture *f = *state;

        start_watch(f, ARGS("watch"));
        shows(f, "service running");
        change_everything(f);
        shows(f, "records corp.internal serial 9: a. b\\027.");
        shows(f, "records corp.internal serial 10: too many names to list");
        shows(f, "zone corp.internal added");
        shows(f, "zone corp.internal removed");
        shows(f, "corp.internal Serial: 11");
        shows(f, "HelperState: attached");
        shows(f, "Links: changed");
        kill(f->watch, SIGTERM);
        ends(f, 0);
}

static void test_an_object_for_each_change(void **state)
{
        struct fixture *f = *state;

        start_watch(f, ARGS("watch", "--json"));
        shows_json(f, "{\"event\":\"service\",\"state\":\"running\"}");
        change_everything(f);
        shows_json(f, "{\"event\":\"records\",\"zone\":\"corp.internal\",\"serial\":9,\"names\":[\"a.\","
                      "\"b\\u001b.\"]}");
        shows_json(f, "{\"event\":\"records\",\"zone\":\"corp.internal\",\"serial\":10,\"names\":[]}");
        shows_json(f, "{\"event\":\"zone-added\",\"zone\":\"corp.internal\"}");
        shows_json(f, "{\"event\":\"zone-removed\",\"zone\":\"corp.internal\"}");
        shows_json(f,
                "{\"event\":\"property\",\"zone\":\"corp.internal\",\"property\":\"Serial\",\"value\":11}");
        shows_json(f, "{\"event\":\"property\",\"property\":\"HelperState\",\"value\":\"attached\"}");
        shows_json(f, "{\"event\":\"property\",\"property\":\"Links\"}");
        kill(f->watch, SIGINT);
        ends(f, 0);
}

static void test_the_service_goes_and_comes(void **state)
{
        struct fixture *f = *state;

        start_watch(f, ARGS("watch"));
        shows(f, "service running");
        run_stop_process(&f->fake);
        shows(f, "service stopped");
        f->fake = fake_start(f->bus.address, f->bus.log, false);
        shows(f, "service running");
        change_everything(f);
        shows(f, "records corp.internal serial 9: a. b\\027.");
}

static void test_without_a_bus_there_is_nothing_to_watch(void **state)
{
        struct fixture *f = *state;

        start_watch(f, ARGS("watch"));
        shows(f, "service running");
        run_stop_process(&f->bus.pid);
        ends(f, 3);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_a_line_for_each_change, setup, teardown),
                cmocka_unit_test_setup_teardown(test_an_object_for_each_change, setup, teardown),
                cmocka_unit_test_setup_teardown(test_the_service_goes_and_comes, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_without_a_bus_there_is_nothing_to_watch, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
