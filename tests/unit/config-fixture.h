/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Files of a configuration in a directory of the test's own. */

#include "tests/unit/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/config.h"

static char *directory; /* of the test at hand: share53.conf and share53.conf.d */

static char *path_to(const char *name)
{
        char *path;

        assert_true(asprintf(&path, "%s/%s", directory, name) > 0);
        return path;
}

static void write_octets(const char *name, const void *octets, size_t size)
{
        _cleanup_free_ char *path = path_to(name);
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, octets, size), size);
}

static void write_file(const char *name, const char *text)
{
        write_octets(name, text, strlen(text));
}

static int load(struct config *ret, char **ret_reason)
{
        _cleanup_free_ char *file = path_to("share53.conf"), *dropins = path_to("share53.conf.d");

        return config_load(file, dropins, ret, ret_reason);
}

static struct config loads(const char *text)
{
        char *reason = NULL;
        struct config c;
        int r;

        write_file("share53.conf", text);
        r = load(&c, &reason);
        if (r < 0)
                fail_msg("%s", reason);
        assert_null(reason);
        return c;
}

/* TEXT is refused for a reason that begins with FILE:LINE and holds WHAT. */
static void refuses(const char *text, unsigned int line, const char *what)
{
        _cleanup_free_ char *reason = NULL, *where = NULL;
        struct config c = {.listen_port = 7};

        write_file("share53.conf", text);
        assert_int_equal(load(&c, &reason), -EINVAL);
        assert_int_equal(c.listen_port, 7);
        assert_non_null(reason);
        assert_true(asprintf(&where, "%s/share53.conf:%u: ", directory, line) > 0);
        if (strncmp(reason, where, strlen(where)) != 0 || !strstr(reason, what))
                fail_msg("\"%s\" is not %s…%s", reason, where, what);
}

static int set_up(void **state)
{
        _cleanup_free_ char *dropins = NULL;

        directory = strdup("/tmp/test-config.XXXXXX");
        if (!directory || !mkdtemp(directory))
                return -1;
        dropins = path_to("share53.conf.d");
        return mkdir(dropins, 0755);
}

static int tear_down(void **state)
{
        _cleanup_free_ char *command = NULL;

        if (asprintf(&command, "rm -r %s", directory) < 0)
                return -1;
        free(TAKE_PTR(directory));
        return system(command) == 0 ? 0 : -1;
}

#define with_directory(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
