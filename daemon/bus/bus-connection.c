/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "daemon/bus/bus-api.h"
#include "daemon/bus/bus-connection.h"
#include "daemon/bus/bus-error.h"

#define RETRY_FIRST_USEC (250 * 1000ULL)
#define RETRY_LAST_USEC (30 * 1000000ULL)
#define NAME_TIMEOUT_USEC (10 * 1000000ULL) /* from opening to having the name */

struct bus_connection {
        sd_event *event;
        char *address; /* NULL: the system bus */
        struct bus_connection_events events;
        sd_bus *bus;
        sd_bus_slot *disconnected_slot;
        sd_bus_slot *name_slot;
        sd_event_source *timer; /* opens, or gives up waiting for the name */
        uint64_t delay;
        bool opened; /* the owner has its objects on it */
        bool named;
        bool broken; /* of no use: waits for the timer to close it */
};

static void close_bus(struct bus_connection *c)
{
        if (c->opened)
                c->events.lost(c->events.userdata);
        c->opened = c->named = c->broken = false;
        c->disconnected_slot = sd_bus_slot_unref(c->disconnected_slot);
        c->name_slot = sd_bus_slot_unref(c->name_slot);
        if (c->bus)
                sd_bus_detach_event(c->bus);
        c->bus = sd_bus_close_unref(c->bus);
}

static void set_timer(struct bus_connection *c, uint64_t usec)
{
        (void)sd_event_source_set_time_relative(c->timer, usec);
        (void)sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
}

/*
 * The connection is of no use any more. It is closed by the timer, not here: sd-bus may be calling us.
 */
static void fail(struct bus_connection *c, int r)
{
        if (c->broken)
                return;
        c->broken = true;
        if (c->named)
                log_warning("The connection to the bus is lost; DNS is answered all the same");
        c->named = false;
        set_timer(c, c->delay);
        c->delay = MIN(c->delay * 2, RETRY_LAST_USEC);
        c->events.failed(c->events.userdata, r);
}

static int on_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        fail(userdata, -ECONNRESET);
        return 0;
}

static int on_name_reply(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        struct bus_connection *c = userdata;
        uint32_t result;

        if (sd_bus_message_is_method_error(reply, NULL)) {
                const sd_bus_error *e = sd_bus_message_get_error(reply);
                char text[BUS_ERROR_QUOTE_SIZE];
                if (sd_bus_error_has_name(e, SD_BUS_ERROR_ACCESS_DENIED))
                        log_error("The bus does not let us have the name " BUS_NAME ": %s",
                                bus_error_quote(e->message ? e->message : "", text));
                fail(c, -sd_bus_error_get_errno(e));
                return 1;
        }
        if (sd_bus_message_read(reply, "u", &result) < 0) {
                fail(c, -EBADMSG);
                return 1;
        }
        switch (result) {
        case 1: /* primary owner */
        case 4: /* ours already */
                c->named = true;
                c->delay = RETRY_FIRST_USEC;
                (void)sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
                c->events.named(c->events.userdata);
                return 1;
        default:
                fail(c, -EEXIST);
                return 1;
        }
}

static int open_plain(struct bus_connection *c, sd_bus **ret)
{
        _cleanup_(sd_bus_unrefp) sd_bus *bus = NULL;
        const char *address = c->address;
        int r;

        if (!address)
                address = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");
        r = sd_bus_new(&bus);
        if (r < 0)
                return r;
        r = sd_bus_set_address(bus, address ? address : "unix:path=/run/dbus/system_bus_socket");
        if (r < 0)
                return r;
        r = sd_bus_set_bus_client(bus, true);
        if (r < 0)
                return r;
        /* LoadZone takes one, DumpZone gives one. Whatever else comes is closed with the call it came with,
         * and bus_auth_crowded bounds how many of these are kept. */
        r = sd_bus_negotiate_fds(bus, true);
        if (r < 0)
                return r;
        (void)sd_bus_set_description(bus, "share53d");
        r = sd_bus_start(bus);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(bus);
        return 0;
}

static int open_bus(struct bus_connection *c)
{
        int r;

        r = open_plain(c, &c->bus);
        if (r < 0)
                return r;
        r = sd_bus_attach_event(c->bus, c->event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                return r;
        r = sd_bus_match_signal_async(c->bus, &c->disconnected_slot, "org.freedesktop.DBus.Local",
                "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local", "Disconnected", on_disconnected,
                NULL, c);
        if (r < 0)
                return r;
        c->opened = true;
        r = c->events.opened(c->events.userdata, c->bus);
        if (r < 0)
                return r;
        return sd_bus_request_name_async(c->bus, &c->name_slot, BUS_NAME, 0, on_name_reply, c);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct bus_connection *c = userdata;
        int r;

        if (c->bus && !c->broken) {
                fail(c, -ETIMEDOUT);
                return 0;
        }
        close_bus(c);
        set_timer(c, NAME_TIMEOUT_USEC);
        r = open_bus(c);
        if (r < 0)
                fail(c, r);
        return 0;
}

int bus_connection_new(sd_event *event, const char *address, const struct bus_connection_events *events,
        struct bus_connection **ret)
{
        _cleanup_(bus_connection_freep) struct bus_connection *c = calloc(1, sizeof(*c));
        int r;

        if (!c)
                return -ENOMEM;
        c->events = *events;
        c->delay = RETRY_FIRST_USEC;
        c->event = sd_event_ref(event);
        if (address) {
                c->address = strdup(address);
                if (!c->address)
                        return -ENOMEM;
        }
        r = sd_event_add_time_relative(event, &c->timer, CLOCK_MONOTONIC, 0, 1, on_timer, c);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

struct bus_connection *bus_connection_free(struct bus_connection *c)
{
        if (c->named)
                (void)sd_bus_flush(c->bus);
        close_bus(c);
        sd_event_source_disable_unref(c->timer);
        sd_event_unref(c->event);
        free(c->address);
        free(c);
        return NULL;
}
