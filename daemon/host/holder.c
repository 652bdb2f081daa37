/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/host/holder.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>

#define PROCESSES_MAX 32768
#define DESCRIPTORS_MAX 4096 /* of one process */

static void closedirp(DIR **d)
{
        if (*d)
                closedir(*d);
}
#define _cleanup_closedir_ _cleanup_(closedirp)

/* Names are any octets; the bus and terminals want text. */
static void copy_printable(char *to, size_t size, const char *from)
{
        size_t n = 0;

        for (; *from && *from != '\n' && n + 1 < size; from++)
                to[n++] = *from >= ' ' && *from <= '~' ? *from : '?';
        to[n] = '\0';
}

static DIR *open_directory(int at, const char *path)
{
        int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *d = fd < 0 ? NULL : fdopendir(fd);

        if (!d)
                safe_close(fd);
        return d;
}

static bool process_has_socket(int proc, const char *pid, const char *link)
{
        _cleanup_closedir_ DIR *d = NULL;
        char path[32], target[64];

        snprintf(path, sizeof(path), "%.16s/fd", pid);
        d = open_directory(proc, path);
        if (!d)
                return false;
        for (size_t i = 0; i < DESCRIPTORS_MAX; i++) {
                const struct dirent *entry = readdir(d);
                ssize_t n;

                if (!entry)
                        return false;
                n = readlinkat(dirfd(d), entry->d_name, target, sizeof(target) - 1);
                if (n <= 0)
                        continue;
                target[n] = '\0';
                if (strcmp(target, link) == 0)
                        return true;
        }
        return false;
}

static void read_program(int proc, const char *pid, struct holder *h)
{
        _cleanup_close_ int fd = -1;
        char path[32], text[32];
        ssize_t n;

        snprintf(path, sizeof(path), "%.16s/comm", pid);
        fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
        n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
        if (n <= 0)
                return;
        text[n] = '\0';
        copy_printable(h->program, sizeof(h->program), text);
        h->pid = (pid_t)atoi(pid);
}

static void find_process(struct holder *h)
{
        _cleanup_closedir_ DIR *d = open_directory(AT_FDCWD, "/proc");
        char link[32];

        if (!d)
                return;
        snprintf(link, sizeof(link), "socket:[%u]", h->socket.inode);
        for (size_t i = 0; i < PROCESSES_MAX; i++) {
                const struct dirent *entry = readdir(d);

                if (!entry)
                        return;
                if (isdigit((unsigned char)entry->d_name[0]) &&
                        process_has_socket(dirfd(d), entry->d_name, link)) {
                        read_program(dirfd(d), entry->d_name, h);
                        return;
                }
        }
}

static void find_user(struct holder *h)
{
        _cleanup_fclose_ FILE *f = fopen("/etc/passwd", "re");
        struct passwd entry, *found;
        char buf[2048];

        while (f && fgetpwent_r(f, &entry, buf, sizeof(buf), &found) == 0)
                if (found->pw_uid == h->socket.uid) {
                        copy_printable(h->user, sizeof(h->user), found->pw_name);
                        return;
                }
}

int holder_find(const struct endpoint *e, int protocol, struct holder *ret)
{
        struct sockdiag_holder sockets[SOCKDIAG_HOLDERS_MAX];
        const struct sockdiag_holder *found = NULL;
        int n;

        n = sockdiag_holders(e->port, sockets);
        if (n < 0)
                return n;
        for (int i = 0; i < n; i++)
                if (sockets[i].protocol == protocol && sockdiag_covers(&sockets[i], e) &&
                        (!found || endpoint_is_any(&sockets[i].address)))
                        found = &sockets[i];
        if (!found)
                return -ENOENT;
        *ret = (struct holder){.socket = *found};
        find_process(ret);
        find_user(ret);
        return 0;
}

bool holder_is_wildcard(const struct holder *h)
{
        return endpoint_is_any(&h->socket.address);
}

const char *holder_to_text(const struct holder *h, char buf[HOLDER_TEXT_SIZE])
{
        const char *protocol = h->socket.protocol == IPPROTO_TCP ? "TCP" : "UDP";
        char address[ENDPOINT_TEXT_SIZE];

        endpoint_to_text(&h->socket.address, address);
        if (h->pid > 0)
                snprintf(buf, HOLDER_TEXT_SIZE, "%s %s is held by %s (pid %d, uid %u)", protocol, address,
                        h->program, (int)h->pid, h->socket.uid);
        else if (h->user[0] != '\0')
                snprintf(buf, HOLDER_TEXT_SIZE, "%s %s is held by user %s (uid %u)", protocol, address,
                        h->user, h->socket.uid);
        else
                snprintf(buf, HOLDER_TEXT_SIZE, "%s %s is held by uid %u", protocol, address, h->socket.uid);
        return buf;
}
