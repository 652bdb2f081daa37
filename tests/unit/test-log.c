/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/log.h"

static int saved_stderr = -1;
static int output = -1; /* a file in place of stderr */

static int set_up(void **state)
{
        char path[] = "/tmp/test-log.XXXXXX";

        fflush(stderr);
        saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        output = mkostemp(path, O_CLOEXEC);
        if (saved_stderr < 0 || output < 0 || unlink(path) < 0 || dup2(output, STDERR_FILENO) < 0)
                return -1;
        unsetenv("JOURNAL_STREAM");
        log_open("prog");
        log_set_level(LOG_INFO);
        return 0;
}

static int tear_down(void **state)
{
        fflush(stderr);
        dup2(saved_stderr, STDERR_FILENO);
        saved_stderr = safe_close(saved_stderr);
        output = safe_close(output);
        unsetenv("JOURNAL_STREAM");
        return 0;
}

/* What has been written since the last call; good until the next. */
static const char *written(void)
{
        static char text[8192];
        ssize_t n;

        fflush(stderr);
        n = pread(output, text, sizeof(text) - 1, 0);
        assert_true(n >= 0);
        text[n] = '\0';
        assert_int_equal(ftruncate(output, 0), 0);
        assert_int_equal(lseek(output, 0, SEEK_SET), 0);
        return text;
}

static void test_line(void **state)
{
        assert_int_equal(log_full(LOG_INFO, 0, NULL, "%s is %d", "this", 5), 0);
        assert_string_equal(written(), "prog: this is 5\n");
        log_open("other");
        log_warning("again");
        assert_string_equal(written(), "other: again\n");
}

static void test_errno(void **state)
{
        errno = ERANGE;
        assert_int_equal(log_full(LOG_ERR, -ENOENT, NULL, "cannot open %s", "it"), -ENOENT);
        assert_string_equal(written(), "prog: cannot open it: No such file or directory\n");
        assert_int_equal(log_error_errno(ENOENT, "likewise"), -ENOENT);
        assert_string_equal(written(), "prog: likewise: No such file or directory\n");
        assert_int_equal(log_debug_errno(-EPERM, "not shown"), -EPERM); /* the result all the same */
        assert_string_equal(written(), "");
}

static void test_levels(void **state)
{
        static const struct {
                int level;
                const char *shown;
        } expected[] = {
                {LOG_ERR, "prog: e\n"},
                {LOG_WARNING, "prog: e\nprog: w\n"},
                {LOG_NOTICE, "prog: e\nprog: w\nprog: n\n"},
                {LOG_INFO, "prog: e\nprog: w\nprog: n\nprog: i\n"},
                {LOG_DEBUG, "prog: e\nprog: w\nprog: n\nprog: i\nprog: d\n"},
        };

        assert_int_equal(log_get_level(), LOG_INFO);
        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                log_set_level(expected[i].level);
                assert_int_equal(log_get_level(), expected[i].level);
                log_error("e");
                log_warning("w");
                log_notice("n");
                log_info("i");
                log_debug("d");
                assert_string_equal(written(), expected[i].shown);
        }
}

/* A line has a limit, and is one line whatever its length. */
static void test_long_line(void **state)
{
        char text[6000];
        const char *line;

        memset(text, 'x', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        assert_int_equal(log_full(LOG_INFO, -EIO, NULL, "%s", text), -EIO);
        line = written();
        assert_in_range(strlen(line), 1000, sizeof(text) - 1);
        assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);

        /* of just the size that leaves no room for the error's words */
        for (int length = 2040; length <= 2050; length++) {
                assert_int_equal(log_full(LOG_INFO, -EIO, NULL, "%.*s", length, text), -EIO);
                line = written();
                assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
        }
}

/* The line is text, never a format. */
static void test_percent(void **state)
{
        log_info("%s", "100%s %n");
        assert_string_equal(written(), "prog: 100%s %n\n");
}

/* JOURNAL_STREAM counts only where it names what stderr is. */
static void test_journal_stream_of_something_else(void **state)
{
        static const char *const streams[] = {"", "nonsense", "1:1", "1", ":"};

        for (size_t i = 0; i < ELEMENTSOF(streams); i++) {
                setenv("JOURNAL_STREAM", streams[i], 1);
                log_open("prog");
                log_info("to stderr");
                assert_string_equal(written(), "prog: to stderr\n");
        }
}

static void test_journal_stream(void **state)
{
        char stream[64];
        struct stat st;

        assert_int_equal(fstat(output, &st), 0);
        snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
                (unsigned long long)st.st_ino);
        setenv("JOURNAL_STREAM", stream, 1);
        log_open("prog");
        /* To the journal's socket, or nowhere where there is none; not to stderr too. */
        assert_int_equal(log_full(LOG_INFO, -ENOENT, NULL, "share53's test of its log"), -ENOENT);
        log_full(LOG_INFO, 0, "00000000000000000000000000000053", "share53's test of its log");
        assert_string_equal(written(), "");
        log_debug("below the level");
        assert_string_equal(written(), "");
}

#define with_output(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                with_output(test_line),
                with_output(test_errno),
                with_output(test_levels),
                with_output(test_long_line),
                with_output(test_percent),
                with_output(test_journal_stream_of_something_else),
                with_output(test_journal_stream),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
