/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* replay DIRECTORY: runs the target over each file in it, in order of their names, and says so in TAP. */

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

/* Copied to a block of the input's own size, so that the sanitizer sees a step too far. */
static int replay(int directory, const char *name)
{
        _cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
        _cleanup_free_ uint8_t *data = NULL;
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        data = malloc((size_t)st.st_size + (st.st_size == 0));
        if (!data)
                return -ENOMEM;
        if (read(fd, data, (size_t)st.st_size) != st.st_size)
                return -EIO;
        return LLVMFuzzerTestOneInput(data, (size_t)st.st_size);
}

static int is_visible(const struct dirent *entry)
{
        return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
        _cleanup_close_ int directory = -1;
        struct dirent **entries;
        int n, failed = 0;

        if (argc != 2) {
                fprintf(stderr, "Usage: %s DIRECTORY\n", argv[0]);
                return EXIT_FAILURE;
        }
        directory = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        n = scandir(argv[1], &entries, is_visible, alphasort);
        if (directory < 0 || n < 0) {
                fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
                return EXIT_FAILURE;
        }
        printf("1..%d\n", n);
        for (int i = 0; i < n; i++) {
                int r = replay(directory, entries[i]->d_name);

                printf("%sok %d - %s\n", r < 0 ? "not " : "", i + 1, entries[i]->d_name);
                fflush(stdout); /* a crash shall show how far it came */
                failed += r < 0;
                free(entries[i]);
        }
        free(entries);
        return n > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
