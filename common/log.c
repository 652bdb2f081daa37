/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "common/log.h"

#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>

#define LINE_SIZE 2048

static const char *log_program = "share53";
static int log_level = LOG_INFO;
static bool log_to_journal;

/* JOURNAL_STREAM=DEVICE:INODE names the stream that the service manager connected; stderr may have been
 * moved. */
static bool stderr_is_journal(void)
{
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
               fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void log_open(const char *program)
{
        log_program = program;
        log_to_journal = stderr_is_journal();
}

void log_set_level(int level)
{
        log_level = level;
}

int log_get_level(void)
{
        return log_level;
}

int log_full(int level, int error, const char *message_id, const char *format, ...)
{
        char line[LINE_SIZE];
        va_list ap;
        int n, r = -abs(error);

        if (level > log_level)
                return r;

        va_start(ap, format);
        n = vsnprintf(line, sizeof(line), format, ap);
        va_end(ap);
        if (n < 0)
                return r;
        if (error != 0 && (size_t)n < sizeof(line))
                snprintf(line + n, sizeof(line) - (size_t)n, ": %s", strerror(-r));

        if (!log_to_journal)
                fprintf(stderr, "%s: %s\n", log_program, line);
        else if (message_id)
                (void)sd_journal_send("MESSAGE=%s", line, "PRIORITY=%i", level, "ERRNO=%i", -r,
                        "SYSLOG_IDENTIFIER=%s", log_program, "MESSAGE_ID=%s", message_id, NULL);
        else
                (void)sd_journal_send("MESSAGE=%s", line, "PRIORITY=%i", level, "ERRNO=%i", -r,
                        "SYSLOG_IDENTIFIER=%s", log_program, NULL);
        return r;
}
