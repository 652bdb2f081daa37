/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "helper/leftovers.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

/* "/a/b" is in "/a": what a rename or unlink in it needs to be durable. */
static int sync_directory_of(const char *path)
{
        char directory[PATH_MAX];
        _cleanup_close_ int fd = -1;
        char *slash;

        if (strlen(path) >= sizeof(directory))
                return -ENAMETOOLONG;
        strcpy(directory, path);
        slash = strrchr(directory, '/');
        if (!slash || slash == directory)
                return -EINVAL;
        *slash = '\0';
        fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || fsync(fd) < 0)
                return -errno;
        return 0;
}

int leftovers_write(const char *path, const int *ifindexes, size_t n)
{
        _cleanup_close_ int fd = -1;
        char aside[PATH_MAX];

        if (n == 0)
                return unlink(path) < 0 && errno != ENOENT ? -errno : sync_directory_of(path);

        if ((size_t)snprintf(aside, sizeof(aside), "%s.new", path) >= sizeof(aside))
                return -ENAMETOOLONG;
        fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        for (size_t i = 0; i < n; i++)
                if (dprintf(fd, "%d\n", ifindexes[i]) < 0)
                        return -errno;
        if (fsync(fd) < 0 || rename(aside, path) < 0)
                return -errno;
        return sync_directory_of(path);
}

int leftovers_read(const char *path, int ret[LEFTOVERS_MAX])
{
        _cleanup_fclose_ FILE *file = NULL;
        int ifindexes[LEFTOVERS_MAX], n = 0;
        char line[16], *end;

        file = fopen(path, "re");
        if (!file)
                return errno == ENOENT ? 0 : -errno;
        while (fgets(line, sizeof(line), file)) {
                if (n == LEFTOVERS_MAX)
                        return -E2BIG;
                long ifindex = strtol(line, &end, 10);
                if (ifindex <= 0 || ifindex > INT_MAX || strcmp(end, "\n") != 0)
                        return -EBADMSG;
                ifindexes[n++] = (int)ifindex;
        }
        if (ferror(file))
                return -EIO;
        memcpy(ret, ifindexes, (size_t)n * sizeof(*ret));
        return n;
}
