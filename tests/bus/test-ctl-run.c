/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/bus/test-ctl-run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/unit/test.h"

#define ARGUMENTS_MAX 32

static const char bus_config[] =
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
        " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
        "<busconfig><type>session</type><listen>unix:path=%s/bus</listen><auth>EXTERNAL</auth>\n"
        "<policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\n"
        "<allow eavesdrop=\"true\"/><allow own=\"*\"/><allow user=\"*\"/></policy></busconfig>\n";

/* In the child: ends with the test, whatever becomes of that. */
static void die_with_parent(void)
{
        prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void run_bus_start(struct run_bus *bus)
{
        char config[80], option[96], print[32], byte;
        int fds[2];
        FILE *f;

        *bus = (struct run_bus){.directory = "/tmp/test-ctl-XXXXXX"};
        assert_non_null(mkdtemp(bus->directory));
        snprintf(bus->address, sizeof(bus->address), "unix:path=%s/bus", bus->directory);
        snprintf(bus->log, sizeof(bus->log), "%s/log", bus->directory);
        snprintf(config, sizeof(config), "%s/bus.conf", bus->directory);
        f = fopen(config, "we");
        assert_non_null(f);
        fprintf(f, bus_config, bus->directory);
        fclose(f);

        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        bus->pid = fork();
        if (bus->pid == 0) {
                die_with_parent();
                snprintf(option, sizeof(option), "--config-file=%s", config);
                snprintf(print, sizeof(print), "--print-address=%d", fds[1]);
                fcntl(fds[1], F_SETFD, 0);
                execlp("dbus-daemon", "dbus-daemon", option, "--nofork", "--nopidfile", print, (char *)NULL);
                _exit(127);
        }
        close(fds[1]);
        assert_int_equal(read(fds[0], &byte, 1), 1);
        close(fds[0]);
}

void run_stop_process(pid_t *pid)
{
        if (*pid > 0) {
                kill(*pid, SIGKILL);
                waitpid(*pid, NULL, 0);
        }
        *pid = 0;
}

void run_bus_stop(struct run_bus *bus)
{
        static const char *const files[] = {"bus", "bus.conf", "log"};
        char path[96];

        run_stop_process(&bus->pid);
        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                snprintf(path, sizeof(path), "%s/%s", bus->directory, files[i]);
                unlink(path);
        }
        rmdir(bus->directory);
}

void run_done(struct run *run)
{
        free(run->out);
        free(run->err);
}

int run_wait(pid_t pid)
{
        int status;

        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* In the child. UID may have no way to the build tree: the program is opened before. */
static void exec_ctl(const struct run_bus *bus, const char *const *arguments, uid_t uid)
{
        int program = open(getenv("SHARE53CTL"), O_PATH | O_CLOEXEC);
        const char *argv[ARGUMENTS_MAX + 2] = {"share53ctl"};
        size_t n = 1;

        die_with_parent();
        while (*arguments && n < ARGUMENTS_MAX)
                argv[n++] = *arguments++;
        if (bus)
                setenv("DBUS_SYSTEM_BUS_ADDRESS", bus->address, true);
        if (uid != geteuid() && setresuid(uid, uid, uid) < 0)
                _exit(126);
        fexecve(program, (char *const *)argv, environ);
        _exit(127);
}

/* Reads N descriptors until their ends, and closes them. */
static void collect(const int *fds, char **texts, size_t n)
{
        struct pollfd polls[2] = {};
        FILE *streams[2];
        size_t size, open = n;

        for (size_t i = 0; i < n; i++) {
                polls[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
                streams[i] = open_memstream(&texts[i], &size);
                assert_non_null(streams[i]);
        }
        while (open > 0) {
                assert_true(poll(polls, n, -1) > 0);
                for (size_t i = 0; i < n; i++) {
                        char buf[4096];
                        ssize_t got;

                        if (polls[i].revents == 0)
                                continue;
                        got = read(polls[i].fd, buf, sizeof(buf));
                        /* A terminal whose other end is gone says EIO. */
                        if (got <= 0) {
                                close(polls[i].fd);
                                polls[i].fd = -1;
                                open--;
                        } else
                                fwrite(buf, 1, (size_t)got, streams[i]);
                }
        }
        for (size_t i = 0; i < n; i++)
                assert_int_equal(fclose(streams[i]), 0);
}

static void redirect_stdin(void)
{
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

        dup2(fd, STDIN_FILENO);
}

void run_ctl(struct run *ret, const struct run_bus *bus, const char *const *arguments)
{
        int out[2], err[2];
        char *texts[2];
        pid_t pid;

        assert_int_equal(pipe2(out, O_CLOEXEC), 0);
        assert_int_equal(pipe2(err, O_CLOEXEC), 0);
        pid = fork();
        if (pid == 0) {
                redirect_stdin();
                dup2(out[1], STDOUT_FILENO);
                dup2(err[1], STDERR_FILENO);
                exec_ctl(bus, arguments, geteuid());
        }
        close(out[1]);
        close(err[1]);
        collect((const int[]){out[0], err[0]}, texts, 2);
        *ret = (struct run){.status = run_wait(pid), .out = texts[0], .err = texts[1]};
}

void run_ctl_on_terminal(struct run *ret, const struct run_bus *bus, const char *const *arguments,
        const char *const *environment, uid_t uid)
{
        int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), fd;
        char *text;
        pid_t pid;

        assert_true(terminal >= 0);
        assert_int_equal(grantpt(terminal), 0);
        assert_int_equal(unlockpt(terminal), 0);
        fd = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
        assert_true(fd >= 0);
        pid = fork();
        if (pid == 0) {
                setsid();
                ioctl(fd, TIOCSCTTY, 0);
                setenv("TERM", "xterm", true);
                unsetenv("NO_COLOR");
                for (; environment && *environment; environment++)
                        putenv((char *)*environment);
                dup2(fd, STDIN_FILENO);
                dup2(fd, STDOUT_FILENO);
                dup2(fd, STDERR_FILENO);
                if (fchown(fd, uid, (gid_t)-1) < 0)
                        _exit(126);
                exec_ctl(bus, arguments, uid);
        }
        close(fd);
        collect(&terminal, &text, 1);
        *ret = (struct run){.status = run_wait(pid), .out = text};
}

pid_t run_ctl_start(const struct run_bus *bus, const char *const *arguments, FILE **ret_out)
{
        int out[2];
        pid_t pid;

        assert_int_equal(pipe2(out, O_CLOEXEC), 0);
        pid = fork();
        if (pid == 0) {
                redirect_stdin();
                dup2(out[1], STDOUT_FILENO);
                exec_ctl(bus, arguments, geteuid());
        }
        close(out[1]);
        *ret_out = fdopen(out[0], "re");
        assert_non_null(*ret_out);
        return pid;
}
