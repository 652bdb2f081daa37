/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/config-file.h"

#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

void config_file_fail(struct config_file *file, unsigned int line, const char *format, ...)
{
        _cleanup_free_ char *what = NULL;
        va_list ap;
        int n;

        if (file->error < 0)
                return;
        file->error = -EINVAL;
        va_start(ap, format);
        n = vasprintf(&what, format, ap);
        va_end(ap);
        if (n < 0)
                what = NULL;
        if (n < 0 || asprintf(&file->reason, "%s:%u: %s", file->path, line, what) < 0) {
                file->reason = NULL;
                file->error = -ENOMEM;
        }
}

static void fail_errno(struct config_file *file, int error)
{
        file->error = error;
        if (asprintf(&file->reason, "%s: %s", file->path, strerror(-error)) < 0)
                file->reason = NULL;
}

static const char *list_sections(const char *const *sections, char *buf, size_t size)
{
        size_t n = 0;

        buf[0] = '\0';
        for (size_t i = 0; sections[i] && n < size; i++)
                n += (size_t)snprintf(buf + n, size - n, "%s[%s]", n > 0 ? ", " : "", sections[i]);
        return buf;
}

/* The argument of the section TEXT where it is one that PATTERN stands for; NULL: it is not. */
static const char *match_argument(const char *text, const char *pattern)
{
        size_t length = strcspn(pattern, " ");

        if (pattern[length] == '\0' || strncmp(text, pattern, length) != 0 || text[length] != ' ')
                return NULL;
        text += length + strspn(text + length, " ");
        return *text != '\0' && !strpbrk(text, " \t") ? text : NULL;
}

/* inih cuts long names of sections, so the one at hand is kept here. */
static bool enter_section(struct config_file *file)
{
        for (size_t i = 0; file->sections[i]; i++) {
                const char *argument = match_argument(file->section_text, file->sections[i]);

                if (!argument && (strchr(file->sections[i], ' ') ||
                                         strcmp(file->section_text, file->sections[i]) != 0))
                        continue;
                file->section = file->sections[i];
                if (argument)
                        file->begin(file, file->section, argument);
                return true;
        }
        return false;
}

/* inih neither reports a section without keys nor looks behind the bracket. */
static void check_section(struct config_file *file, const char *line)
{
        const char *end = strchr(line, ']');
        char known[256];
        size_t length;

        file->after_key = false;
        if (!end) {
                config_file_fail(file, file->line, "\"]\" is missing behind the section's name");
                return;
        }
        length = (size_t)(end - line - 1);
        end += 1 + strspn(end + 1, " \t\r\n");
        if (*end != '\0' && *end != ';' && *end != '#') {
                config_file_fail(file, file->line, "text behind the section's name");
                return;
        }
        if (length < sizeof(file->section_text)) {
                memcpy(file->section_text, line + 1, length);
                file->section_text[length] = '\0';
                if (enter_section(file))
                        return;
        }
        config_file_fail(file, file->line, "unknown section [%.*s]; known are %s",
                (int)MIN(length, (size_t)CONFIG_FILE_QUOTED_MAX), line + 1,
                list_sections(file->sections, known, sizeof(known)));
}

/* What inih lets pass or misreads is refused before it sees the line. */
static void check_line(struct config_file *file, const char *line)
{
        const char *start;

        if (file->line == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0)
                line += 3;
        start = line + strspn(line, " \t\r\n\v\f");
        file->continues = start > line;
        if (*start == '\0' || *start == '#' || *start == ';')
                return;
        if (file->continues && !file->after_key)
                config_file_fail(file, file->line,
                        "a line that begins with a blank continues the value above it; there is none");
        else if (!file->continues && *start == '[')
                check_section(file, line);
        else if (!file->continues && !strpbrk(start, "=:"))
                config_file_fail(file, file->line, "neither KEY=VALUE nor [SECTION]");
}

/*
 * inih's reader, as fgets(3). inih's buffer is of one size, and it would take the rest of a longer line for
 * another line: refuse such a line, but for a comment.
 */
static char *read_line(char *buf, int size, void *userdata)
{
        struct config_file *file = userdata;
        size_t room = (size_t)size - 2, n = 0;
        bool any = false, cut = false, nul = false;
        int c;

        if (file->error < 0)
                return NULL;
        while ((c = getc_unlocked(file->stream)) != EOF) {
                any = true;
                if (c == '\n')
                        break;
                nul = nul || c == '\0';
                if (n < room)
                        buf[n++] = (char)c;
                else
                        cut = true;
        }
        if (ferror(file->stream)) {
                fail_errno(file, -EIO);
                return NULL;
        }
        if (!any)
                return NULL;
        buf[n] = '\n';
        buf[n + 1] = '\0';
        file->line++;

        if (nul)
                config_file_fail(file, file->line, "a NUL character");
        else if (cut && (buf[0] == '#' || buf[0] == ';'))
                strcpy(buf, "#\n");
        else if (cut)
                config_file_fail(file, file->line,
                        "longer than %zu characters; Addresses= and Servers= may go on on lines that begin "
                        "with a "
                        "blank",
                        room);
        else
                check_line(file, buf);
        return file->error < 0 ? NULL : buf;
}

/* A regular file, or /dev/null (systemd's way to mask a drop-in). -ENOENT where there is none. */
static int open_file(const char *path, FILE **ret)
{
        _cleanup_close_ int fd = -1;
        struct stat st;
        FILE *f;

        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (S_ISDIR(st.st_mode))
                return -EISDIR;
        if (!S_ISREG(st.st_mode) && !(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)))
                return -ENOTSUP;
        f = fdopen(fd, "r");
        if (!f)
                return -errno;
        (void)TAKE_FD(fd);
        *ret = f;
        return 0;
}

/* inih's handler: 0 is an error. */
static int take_value(void *userdata, const char *section, const char *name, const char *value)
{
        struct config_file *file = userdata;

        file->after_key = true;
        if (!file->section)
                config_file_fail(file, file->line, "%.*s= stands before the first section",
                        CONFIG_FILE_QUOTED_MAX, name);
        else if (file->error == 0)
                file->value(file, file->section, name, value);
        return file->error == 0;
}

void config_file_read(struct config_file *file)
{
        _cleanup_fclose_ FILE *stream = NULL;
        int r;

        r = open_file(file->path, &stream);
        if (r < 0) {
                fail_errno(file, r);
                return;
        }
        file->stream = stream;
        r = ini_parse_stream(read_line, file, take_value, file);
        file->stream = NULL;
        if (file->error == 0 && r < 0)
                fail_errno(file, -ENOMEM);
        else if (file->error == 0 && r > 0)
                config_file_fail(file, (unsigned int)r, "neither KEY=VALUE nor [SECTION]");
}
