/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* zone: load, dump. */

#include "cli/zone-file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "cli/service.h"
#include "cli/text.h"

/* What the service takes at most; more is not even read. */
#define FILE_SIZE_MAX (UINT64_C(256) * 1024 * 1024)

static int write_all(int fd, const char *data, size_t size)
{
        while (size > 0) {
                ssize_t n = write(fd, data, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                data += n;
                size -= (size_t)n;
        }
        return 0;
}

/* Reads FROM to its end. -EFBIG: longer than MAX. */
static int copy(int from, int to, uint64_t max)
{
        static char buf[64 * 1024];
        uint64_t sum = 0;

        for (;;) {
                ssize_t n = read(from, buf, sizeof(buf));
                int r;

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : 0;
                sum += (uint64_t)n;
                if (sum > max)
                        return -EFBIG;
                r = write_all(to, buf, (size_t)n);
                if (r < 0)
                        return r;
        }
}

/* A local failure: the service was not asked. */
static int fail_file(const char *what, const char *file, int r)
{
        _cleanup_free_ char *escaped = text_escape(file);

        fprintf(stderr, "share53ctl: Cannot %s %s: %s.\n", what, escaped ?: "the file", strerror(-r));
        return CTL_FAILED;
}

/*
 * The whole file in memory: the service reads that without waiting, whatever FILE is, and nobody waits for
 * the end of a terminal or a pipe but us.
 */
static int read_file(const char *file, int *ret)
{
        bool standard = strcmp(file, "-") == 0;
        _cleanup_close_ int opened = standard ? -1 : open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        _cleanup_close_ int memory = -1;
        int r;

        if (!standard && opened < 0)
                return -errno;
        memory = memfd_create("share53ctl", MFD_CLOEXEC);
        if (memory < 0)
                return -errno;
        r = copy(standard ? STDIN_FILENO : opened, memory, FILE_SIZE_MAX);
        if (r < 0)
                return r;
        if (lseek(memory, 0, SEEK_SET) < 0)
                return -errno;
        *ret = TAKE_FD(memory);
        return 0;
}

int run_zone_load(struct ctl *ctl, char **words, size_t n_words)
{
        uint64_t flags = ctl->options.given & OPTION_PERSISTENT ? SERVICE_PERSISTENT : 0, serial, records;
        const char *name = strcmp(words[1], "-") == 0 ? "standard input" : words[1];
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_json_ struct json_object *document = NULL;
        _cleanup_close_ int fd = -1;
        int r = ctl_set_task(ctl, "load zone %s from %s", words[0], name);

        if (r < 0)
                return r;
        r = read_file(words[1], &fd);
        if (r < 0)
                return fail_file("read", name, r);
        r = service_call(ctl, "LoadZone", "tt", &reply, "sht", words[0], fd, flags);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "tt", &serial, &records);
        if (r < 0)
                return r;
        r = document_new(&document, "zone", DOCUMENT_TEXT, words[0], "serial", DOCUMENT_NUMBER, serial,
                "records", DOCUMENT_NUMBER, records, NULL);
        if (r < 0)
                return r;
        r = ctl_print_json(ctl, document);
        return r < 0 ? r : CTL_DONE;
}

/* What the service gave is whole: only now is FILE opened, and what it held before is lost. */
static int write_file(int from, const char *file)
{
        _cleanup_close_ int to = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
        int r;

        if (to < 0)
                return -errno;
        r = copy(from, to, UINT64_MAX);
        if (r < 0)
                return r;
        return close(TAKE_FD(to)) < 0 ? -errno : 0;
}

static int print_file(struct ctl *ctl, int from)
{
        if (fflush(ctl->out) < 0)
                return -errno;
        return copy(from, fileno(ctl->out), UINT64_MAX);
}

/* The text itself, where no file was named for it. */
static int describe(const char *zone, const char *file, int fd, struct json_object **ret)
{
        _cleanup_free_ char *text = NULL;
        off_t size;
        ssize_t n;

        if (file)
                return document_new(ret, "zone", DOCUMENT_TEXT, zone, "file", DOCUMENT_TEXT, file, NULL);
        size = lseek(fd, 0, SEEK_END);
        if (size < 0)
                return -errno;
        text = malloc((size_t)size + 1);
        if (!text)
                return -ENOMEM;
        n = pread(fd, text, (size_t)size, 0);
        if (n < 0)
                return -errno;
        text[n] = '\0';
        return document_new(ret, "zone", DOCUMENT_TEXT, zone, "text", DOCUMENT_TEXT, text, NULL);
}

int run_zone_dump(struct ctl *ctl, char **words, size_t n_words)
{
        const char *file = n_words > 1 && strcmp(words[1], "-") != 0 ? words[1] : NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_json_ struct json_object *document = NULL;
        int fd, r = ctl_set_task(ctl, "dump zone %s", words[0]);

        if (r < 0)
                return r;
        r = service_call(ctl, "DumpZone", "h", &reply, "s", words[0]);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "h", &fd); /* the reply's */
        if (r < 0)
                return r;
        if (file) {
                r = write_file(fd, file);
                if (r < 0)
                        return fail_file("write", file, r);
        }
        if (ctl->options.given & OPTION_JSON) {
                r = describe(words[0], file, fd, &document);
                if (r >= 0)
                        r = ctl_print_json(ctl, document);
        } else if (!file) {
                r = print_file(ctl, fd);
                if (r < 0)
                        return fail_file("write", "the output", r);
        }
        return r < 0 ? r : CTL_DONE;
}
