/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/agent.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "common/util.h"

#define PROGRAM "pkttyagent"

/* It polls the bus for a moment before it registers; a machine that takes longer has other troubles. */
#define REGISTER_MSEC 10000

/* In the child. What it asks goes to the terminal, wherever our own output goes. */
static void run_agent(int notify_fd) __attribute__((noreturn));
static void run_agent(int notify_fd)
{
        int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
        char number[16];

        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (terminal < 0 || dup2(terminal, STDOUT_FILENO) < 0 || dup2(terminal, STDERR_FILENO) < 0 ||
                fcntl(notify_fd, F_SETFD, 0) < 0)
                _exit(EXIT_FAILURE);
        snprintf(number, sizeof(number), "%d", notify_fd);
        execlp(PROGRAM, PROGRAM, "--notify-fd", number, "--fallback", (char *)NULL);
        _exit(EXIT_FAILURE);
}

pid_t agent_start(void)
{
        struct pollfd registered = {.events = POLLIN};
        int fds[2];
        pid_t pid;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return 0;
        pid = fork();
        if (pid == 0)
                run_agent(fds[1]);
        (void)safe_close(fds[1]);
        registered.fd = fds[0];
        if (pid > 0)
                (void)poll(&registered, 1, REGISTER_MSEC);
        (void)safe_close(fds[0]);
        return MAX(pid, 0);
}

void agent_stop(pid_t pid)
{
        if (pid <= 0)
                return;
        kill(pid, SIGTERM);
        kill(pid, SIGCONT);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                ;
}
