/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/util.h"
#include "tests/bpf/server.h"

#define ADDRESSES_MAX 4
#define NOBODY 65534 /* as its parent will be, so that that one may kill it */

union server_address server_address(const char *address, uint16_t port)
{
        union server_address a = {0};

        if (inet_pton(AF_INET, address, &a.in.sin_addr) == 1) {
                a.in.sin_family = AF_INET;
                a.in.sin_port = htons(port);
        } else if (inet_pton(AF_INET6, address, &a.in6.sin6_addr) == 1) {
                a.in6.sin6_family = AF_INET6;
                a.in6.sin6_port = htons(port);
        } else
                abort();
        return a;
}

socklen_t server_address_size(const union server_address *address)
{
        return address->any.sa_family == AF_INET ? sizeof(address->in) : sizeof(address->in6);
}

static int bound_socket(int type, const union server_address *address)
{
        _cleanup_close_ int fd = socket(address->any.sa_family, type | SOCK_CLOEXEC, 0);
        int on = 1;

        if (fd < 0)
                return -errno;
        if (address->any.sa_family == AF_INET6 &&
                setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
                return -errno;
        if (bind(fd, &address->any, server_address_size(address)) < 0)
                return -errno;
        if (type == SOCK_STREAM && listen(fd, 8) < 0)
                return -errno;
        return TAKE_FD(fd);
}

static void serve_datagram(int fd, char mark)
{
        static char buffer[65536];
        union server_address from;
        socklen_t size = sizeof(from);
        ssize_t n = recvfrom(fd, buffer + 1, sizeof(buffer) - 1, 0, &from.any, &size);

        buffer[0] = mark;
        if (n >= 0)
                (void)sendto(fd, buffer, (size_t)n + 1, 0, &from.any, size);
}

static void serve_connection(int listener, char mark)
{
        static char buffer[65536];
        _cleanup_close_ int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        ssize_t n = 1;

        if (fd < 0)
                return;
        buffer[0] = mark;
        while (n > 0) {
                for (ssize_t sent = 0, r; sent < n; sent += r) {
                        r = send(fd, buffer + sent, (size_t)(n - sent), MSG_NOSIGNAL);
                        if (r < 0)
                                return;
                }
                n = recv(fd, buffer, sizeof(buffer), 0);
        }
}

/* `fds` are in turn UDP and TCP. */
static _Noreturn void serve(char mark, struct pollfd *fds, size_t n)
{
        while (poll(fds, n, -1) >= 0)
                for (size_t i = 0; i < n; i++)
                        if (fds[i].revents) {
                                if (i % 2)
                                        serve_connection(fds[i].fd, mark);
                                else
                                        serve_datagram(fds[i].fd, mark);
                        }
        _exit(EXIT_FAILURE);
}

pid_t server_start(char mark, const union server_address *addresses, size_t n)
{
        struct pollfd fds[2 * ADDRESSES_MAX];
        pid_t parent = getpid(), pid = 0;
        size_t bound = 0;
        int r = 0;

        for (; bound < 2 * MIN(n, (size_t)ADDRESSES_MAX); bound++) {
                r = bound_socket(bound % 2 ? SOCK_STREAM : SOCK_DGRAM, &addresses[bound / 2]);
                if (r < 0)
                        break;
                fds[bound] = (struct pollfd){.fd = r, .events = POLLIN};
        }
        if (r >= 0) {
                pid = fork();
                if (pid == 0) {
                        if (setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0 ||
                                prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
                                _exit(EXIT_FAILURE);
                        serve(mark, fds, bound);
                }
                r = pid < 0 ? -errno : 0;
        }
        for (size_t i = 0; i < bound; i++)
                close(fds[i].fd);
        return r < 0 ? r : pid;
}

int server_kill(pid_t pid)
{
        if (kill(pid, SIGKILL) < 0 || waitpid(pid, NULL, 0) < 0)
                return -errno;
        return 0;
}
