/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* share53ctl on a bus with the stand-in for the service, and what is held against its words. */

#include "tests/unit/test.h"

#include <json.h>
#include <string.h>

#include "tests/bus/test-ctl-fake.h"
#include "tests/bus/test-ctl-run.h"

struct fixture {
        struct run_bus bus;
        pid_t fake;
};

static inline int setup(void **state)
{
        static struct fixture f;

        run_bus_start(&f.bus);
        f.fake = fake_start(f.bus.address, f.bus.log, false);
        *state = &f;
        return 0;
}

static inline int teardown(void **state)
{
        struct fixture *f = *state;

        run_stop_process(&f->fake);
        run_bus_stop(&f->bus);
        return 0;
}

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Runs it; checks status, stdout and stderr to the letter. */
static inline void says(
        struct fixture *f, const char *const *arguments, int status, const char *out, const char *err)
{
        _cleanup_(run_done) struct run run;

        run_ctl(&run, &f->bus, arguments);
        assert_string_equal(run.err, err);
        assert_string_equal(run.out, out);
        assert_int_equal(run.status, status);
}

static inline void does(struct fixture *f, const char *const *arguments)
{
        says(f, arguments, 0, "", "");
}

/* Checks the last line of what the service was asked. */
static inline void was_asked(struct fixture *f, const char *expected)
{
        char line[512], last[512] = "";
        FILE *log = fopen(f->bus.log, "re");

        assert_non_null(log);
        while (fgets(line, sizeof(line), log))
                strcpy(last, line);
        fclose(log);
        last[strcspn(last, "\n")] = '\0';
        assert_string_equal(last, expected);
}

/* What it prints is one line of JSON, equal to EXPECTED. */
static inline void says_json(
        struct fixture *f, const char *const *arguments, int status, const char *expected)
{
        struct json_object *got, *want = json_tokener_parse(expected);
        _cleanup_(run_done) struct run run;

        run_ctl(&run, &f->bus, arguments);
        assert_string_equal(run.err, "");
        assert_int_equal(run.status, status);
        assert_ptr_equal(strchr(run.out, '\n'), run.out + strlen(run.out) - 1);
        got = json_tokener_parse(run.out);
        assert_non_null(want);
        assert_non_null(got);
        if (!json_object_equal(got, want))
                fail_msg("%s is not %s", run.out, expected);
        json_object_put(got);
        json_object_put(want);
}
