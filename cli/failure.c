/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/failure.h"

#include <string.h>

#include "cli/text.h"

#define OURS "org.share53.Resolver1.Error."
#define HINT_START "start it with \"systemctl start share53d\""
#define HINT_AUTHORISE "run it with sudo, or let a polkit rule allow it"
#define HINT_LINKS "\"ip link\" shows the links"
#define HINT_ZONES "\"share53ctl zone list\" shows the zones"

/* Names end in "." where all that begin with it are meant. The first that matches counts. */
static const struct {
        const char *name;
        enum ctl_exit status;
        const char *hint;
} failure_table[] = {
        {OURS "NoSuchZone", CTL_NOT_FOUND, HINT_ZONES},
        {OURS "NoSuchRecord", CTL_NOT_FOUND, "\"share53ctl record list ZONE\" shows the records"},
        {OURS "NoSuchLink", CTL_NOT_FOUND, HINT_LINKS},
        {OURS "NoSuchUpstream", CTL_NOT_FOUND, "\"share53ctl upstream list\" shows the upstreams"},
        {OURS "HelperUnavailable", CTL_FAILED, "see \"systemctl status share53-helper\""},
        {OURS "LinkRefused", CTL_FAILED, "see \"journalctl -u share53-helper\" and /etc/share53/helper.conf"},
        {OURS "InvalidConfig", CTL_FAILED, "correct it; the old configuration stays in force"},
        {OURS, CTL_FAILED, NULL},
        {SD_BUS_ERROR_ACCESS_DENIED, CTL_DENIED, HINT_AUTHORISE},
        {SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, CTL_DENIED, HINT_AUTHORISE},
        {SD_BUS_ERROR_AUTH_FAILED, CTL_DENIED, HINT_AUTHORISE},
        {SD_BUS_ERROR_SERVICE_UNKNOWN, CTL_UNREACHABLE, HINT_START},
        {SD_BUS_ERROR_NAME_HAS_NO_OWNER, CTL_UNREACHABLE, HINT_START},
        {"org.freedesktop.DBus.Error.Spawn.", CTL_UNREACHABLE, "see \"systemctl status share53d\""},
        {"org.freedesktop.systemd1.", CTL_UNREACHABLE, "see \"systemctl status share53d\""},
        {SD_BUS_ERROR_NO_REPLY, CTL_UNREACHABLE, "see \"systemctl status share53d\""},
        {SD_BUS_ERROR_TIMEOUT, CTL_UNREACHABLE, "see \"systemctl status share53d\""},
        {SD_BUS_ERROR_DISCONNECTED, CTL_UNREACHABLE, HINT_START},
        {SD_BUS_ERROR_NO_SERVER, CTL_UNREACHABLE, "see \"systemctl status dbus\""},
        {SD_BUS_ERROR_UNKNOWN_METHOD, CTL_FAILED, "share53d is older than share53ctl: restart it"},
        {SD_BUS_ERROR_UNKNOWN_INTERFACE, CTL_FAILED, "share53d is older than share53ctl: restart it"},
        {SD_BUS_ERROR_INVALID_SIGNATURE, CTL_FAILED, "share53d and share53ctl are of different versions"},
        {SD_BUS_ERROR_INVALID_ARGS, CTL_FAILED, NULL},
};

static bool name_matches(const char *name, const char *pattern)
{
        size_t n = strlen(pattern);

        return pattern[n - 1] == '.' ? strncmp(name, pattern, n) == 0 : strcmp(name, pattern) == 0;
}

static enum ctl_exit judge_errno(int r, const char **ret_hint)
{
        switch (-r) {
        case ECONNREFUSED:
        case ECONNRESET:
        case ENOENT:
        case ENOTCONN:
        case EPIPE:
        case ESHUTDOWN:
                *ret_hint = "see \"systemctl status dbus share53d\"";
                return CTL_UNREACHABLE;
        case ETIMEDOUT:
                *ret_hint = "see \"systemctl status share53d\"";
                return CTL_UNREACHABLE;
        case ENODEV:
                *ret_hint = HINT_LINKS;
                return CTL_NOT_FOUND;
        case EACCES:
        case EPERM:
                *ret_hint = HINT_AUTHORISE;
                return CTL_DENIED;
        case EBADMSG:
                *ret_hint = "share53d and share53ctl are of different versions";
                return CTL_FAILED;
        default:
                *ret_hint = NULL;
                return CTL_FAILED;
        }
}

enum ctl_exit failure_judge(int r, const sd_bus_error *error, const char **ret_hint)
{
        /* "System.Error." is how sd-bus words an errno of its own side. */
        if (!error->name || strncmp(error->name, "System.Error.", 13) == 0)
                return judge_errno(r, ret_hint);
        for (size_t i = 0; i < ELEMENTSOF(failure_table); i++)
                if (name_matches(error->name, failure_table[i].name)) {
                        *ret_hint = failure_table[i].hint;
                        return failure_table[i].status;
                }
        *ret_hint = NULL;
        return CTL_FAILED;
}

/* A sentence of the service's may bring its own full stop. */
static size_t length_without_stop(const char *s)
{
        size_t n = strlen(s);

        while (n > 0 && (s[n - 1] == '.' || s[n - 1] == ' '))
                n--;
        return n;
}

enum ctl_exit failure_report(FILE *out, const struct ctl *ctl, int r)
{
        const char *said = ctl->error.message && *ctl->error.message ? ctl->error.message : ctl->error.name;
        _cleanup_free_ char *why = text_escape(said ?: strerror(-r));
        _cleanup_free_ char *task = ctl->task ? text_escape(ctl->task) : NULL;
        const char *hint, *text = why ?: "out of memory";
        enum ctl_exit status = failure_judge(r, &ctl->error, &hint);

        fprintf(out, "share53ctl: Cannot %s: %.*s", task ?: "go on", (int)length_without_stop(text), text);
        if (hint)
                fprintf(out, "; %s", hint);
        if (status == CTL_DENIED && ctl->action && !strstr(text, ctl->action))
                fprintf(out, " (%s)", ctl->action);
        fputs(".\n", out);
        return status;
}
