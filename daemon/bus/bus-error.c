/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "daemon/bus/bus-error.h"

/* A reason of ours may quote a record whole; longer than this helps nobody. */
#define REASON_SIZE 640

static const char *print(const char *text, char *buf, size_t size)
{
        size_t n = 0;

        for (const char *p = text; *p; p++) {
                unsigned char c = (unsigned char)*p;
                bool plain = c >= 0x20 && c < 0x7f;

                if (n + 4 + sizeof("...") > size) {
                        strcpy(buf + n, "...");
                        return buf;
                }
                if (plain)
                        buf[n++] = (char)c;
                else
                        n += (size_t)sprintf(buf + n, "\\%03u", c);
        }
        buf[n] = '\0';
        return buf;
}

const char *bus_error_quote(const char *text, char buf[BUS_ERROR_QUOTE_SIZE])
{
        return print(text, buf, BUS_ERROR_QUOTE_SIZE);
}

int bus_error_set_text(sd_bus_error *error, const char *name, const char *text)
{
        char buf[REASON_SIZE];

        return sd_bus_error_setf(error, name, "%s", print(text, buf, sizeof(buf)));
}

int bus_error_set_no_zone(sd_bus_error *error, const char *zone)
{
        char quoted[BUS_ERROR_QUOTE_SIZE];

        return sd_bus_error_setf(
                error, BUS_ERROR_NO_SUCH_ZONE, "There is no zone \"%s\"", bus_error_quote(zone, quoted));
}

int bus_error_set_change(sd_bus_error *error, int r, const char *reason)
{
        const char *name;

        switch (r) {
        case -ENOENT:
                name = BUS_ERROR_NO_SUCH_RECORD;
                break;
        case -EEXIST:
                name = BUS_ERROR_ZONE_EXISTS;
                break;
        case -EINVAL:
                name = BUS_ERROR_INVALID_RECORD;
                break;
        case -EPERM:
                name = BUS_ERROR_INVALID_FLAGS;
                break;
        case -E2BIG:
                name = BUS_ERROR_QUOTA_EXCEEDED;
                break;
        case -EOPNOTSUPP:
                name = BUS_ERROR_NOT_SUPPORTED;
                break;
        default:
                return sd_bus_error_set_errno(error, r);
        }
        return bus_error_set_text(error, name, reason ? reason : strerror(-r));
}

int bus_error_set_link(sd_bus_error *error, int r, int ifindex)
{
        switch (r) {
        case -ENODEV:
                return sd_bus_error_setf(
                        error, BUS_ERROR_NO_SUCH_LINK, "There is no network interface %i", ifindex);
        case -ENOENT:
                return sd_bus_error_setf(
                        error, BUS_ERROR_NO_SUCH_LINK, "Nothing was set for network interface %i", ifindex);
        case -EHOSTUNREACH:
                return sd_bus_error_setf(error, BUS_ERROR_LINK_REFUSED,
                        "Network interface %i cannot be pointed at us: no address is shared yet", ifindex);
        case -EOPNOTSUPP:
                return sd_bus_error_setf(error, BUS_ERROR_HOST_MANAGER_UNSUPPORTED,
                        "Network interface %i cannot be set: the host's DNS is not managed by "
                        "systemd-resolved",
                        ifindex);
        case -ENOTCONN:
        case -ECONNREFUSED:
        case -ECONNRESET:
        case -ECONNABORTED:
        case -EPIPE:
        case -ETIMEDOUT:
        case -EACCES:
        case -EPROTO:
                return sd_bus_error_setf(error, BUS_ERROR_HELPER_UNAVAILABLE,
                        "Network interface %i cannot be set: share53-helper cannot be reached: %s", ifindex,
                        strerror(-r));
        case -EPERM:
                return sd_bus_error_setf(error, BUS_ERROR_LINK_REFUSED,
                        "Network interface %i or a domain is not allowed by helper.conf or systemd-resolved "
                        "(the helper's log tells which)",
                        ifindex);
        case -EBUSY:
                return sd_bus_error_setf(error, BUS_ERROR_LINK_REFUSED,
                        "Network interface %i is being changed by another call, or is managed by someone "
                        "else",
                        ifindex);
        case -ENOMEM:
                return sd_bus_error_set_errno(error, r);
        default:
                return sd_bus_error_setf(error, BUS_ERROR_LINK_REFUSED,
                        "Network interface %i could not be set: %s", ifindex, strerror(-r));
        }
}
