/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "common/reason.h"
#include "daemon/bus/bus-descriptor.h"

enum kind { KIND_MEMORY, KIND_FILE, KIND_PIPE, KIND_SOCKET };

struct bus_descriptor {
        enum kind kind;
        int fd;
        off_t offset;
        int pipe[2]; /* ours, to read from and to write to; of KIND_PIPE */
};

/* Says what it is without asking a file system, which might wait for whoever serves it. */
static int read_type(int fd, mode_t *ret)
{
        struct statx stx;

        if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &stx) < 0)
                return -errno;
        *ret = stx.stx_mode & S_IFMT;
        return 0;
}

/* proc_pid_fdinfo(5): the offset, without the lock that lseek takes. */
static int read_offset(int fd, off_t *ret)
{
        char path[64], line[128];
        _cleanup_fclose_ FILE *f = NULL;
        intmax_t offset;

        snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
        f = fopen(path, "re");
        if (!f)
                return -errno;
        while (fgets(line, sizeof(line), f))
                if (sscanf(line, "pos: %jd", &offset) == 1) {
                        *ret = (off_t)offset;
                        return 0;
                }
        return -EBADMSG;
}

static int prepare_file(struct bus_descriptor *d)
{
        /* Only tmpfs and hugetlbfs know seals. */
        d->kind = fcntl(d->fd, F_GET_SEALS) >= 0 ? KIND_MEMORY : KIND_FILE;
        return read_offset(d->fd, &d->offset);
}

/* Of families that are known not to wait when told so. */
static int prepare_socket(struct bus_descriptor *d, char **ret_reason)
{
        int family, type;
        socklen_t size = sizeof(int);

        if (getsockopt(d->fd, SOL_SOCKET, SO_DOMAIN, &family, &size) < 0 ||
                getsockopt(d->fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
                return -errno;
        if (type != SOCK_STREAM || (family != AF_UNIX && family != AF_INET && family != AF_INET6))
                return reason_set(
                        ret_reason, -EINVAL, "the descriptor is a socket, but not a Unix or TCP stream");
        d->kind = KIND_SOCKET;
        return 0;
}

static int prepare_pipe(struct bus_descriptor *d)
{
        d->kind = KIND_PIPE;
        return pipe2(d->pipe, O_CLOEXEC | O_NONBLOCK) < 0 ? -errno : 0;
}

static int prepare(struct bus_descriptor *d, char **ret_reason)
{
        mode_t type;
        int flags, r = read_type(d->fd, &type);

        if (r < 0)
                return r;
        flags = fcntl(d->fd, F_GETFL);
        if (flags < 0)
                return -errno;
        if (flags & O_PATH || (flags & O_ACCMODE) == O_WRONLY)
                return reason_set(ret_reason, -EINVAL, "the descriptor is not open for reading");
        switch (type) {
        case S_IFREG:
                return prepare_file(d);
        case S_IFIFO:
                return prepare_pipe(d);
        case S_IFSOCK:
                return prepare_socket(d, ret_reason);
        default:
                return reason_set(ret_reason, -EINVAL,
                        "the descriptor is %s; a regular file, a pipe or a stream socket is wanted",
                        type == S_IFDIR   ? "a directory"
                        : type == S_IFCHR ? "a terminal or another device"
                                          : "of another kind");
        }
}

int bus_descriptor_new(int fd, struct bus_descriptor **ret, char **ret_reason)
{
        _cleanup_(bus_descriptor_freep) struct bus_descriptor *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        d->pipe[0] = d->pipe[1] = -1;
        d->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (d->fd < 0)
                return -errno;
        r = prepare(d, ret_reason);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(d);
        return 0;
}

struct bus_descriptor *bus_descriptor_free(struct bus_descriptor *d)
{
        safe_close(d->fd);
        safe_close(d->pipe[0]);
        safe_close(d->pipe[1]);
        free(d);
        return NULL;
}

static ssize_t read_file(struct bus_descriptor *d, void *buf, size_t size)
{
        struct iovec iov = {.iov_base = buf, .iov_len = size};
        ssize_t n = preadv2(d->fd, &iov, 1, d->offset, d->kind == KIND_FILE ? RWF_NOWAIT : 0);

        if (n > 0)
                d->offset += n;
        return n;
}

/* What was spliced before is read first. */
static ssize_t read_pipe(struct bus_descriptor *d, void *buf, size_t size)
{
        ssize_t n = read(d->pipe[0], buf, size);

        if (n >= 0 || errno != EAGAIN)
                return n;
        n = splice(d->fd, NULL, d->pipe[1], NULL, size, SPLICE_F_NONBLOCK);
        return n > 0 ? read(d->pipe[0], buf, size) : n;
}

ssize_t bus_descriptor_read(struct bus_descriptor *d, void *buf, size_t size)
{
        ssize_t n = -1;

        switch (d->kind) {
        case KIND_MEMORY:
        case KIND_FILE:
                n = read_file(d, buf, size);
                break;
        case KIND_PIPE:
                n = read_pipe(d, buf, size);
                break;
        case KIND_SOCKET:
                n = recv(d->fd, buf, size, MSG_DONTWAIT);
                break;
        }
        return n < 0 ? -errno : n;
}

int bus_descriptor_poll_fd(const struct bus_descriptor *d)
{
        return d->kind == KIND_PIPE || d->kind == KIND_SOCKET ? d->fd : -1;
}
