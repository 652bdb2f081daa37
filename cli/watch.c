/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* watch: what changes, as it changes, one line each. */

#include <signal.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-event.h>

#include "cli/service.h"
#include "cli/table.h"
#include "cli/verb.h"

/*
 * Every event is an object with "time" and "event"; how it reads as text is in event_print. Events: service,
 * records, zone-added, zone-removed, property.
 */

struct watch {
        struct ctl *ctl;
        sd_event *event; /* a bus that is closed has forgotten it */
};

static int stamp(struct json_object *event)
{
        char text[40];
        struct timespec now;
        struct tm tm;
        struct json_object *time;
        size_t n;

        clock_gettime(CLOCK_REALTIME, &now);
        n = strftime(text, sizeof(text), "%FT%T", gmtime_r(&now.tv_sec, &tm));
        snprintf(text + n, sizeof(text) - n, ".%06ldZ", now.tv_nsec / 1000);
        time = json_object_new_string(text);
        if (!time)
                return -ENOMEM;
        if (json_object_object_add(event, "time", time) < 0) {
                json_object_put(time);
                return -ENOMEM;
        }
        return 0;
}

/* What follows the time in a line for people. */
static int event_text(struct json_object *event, char **ret)
{
        const char *kind = document_text(event, "event"), *zone = document_text(event, "zone");
        _cleanup_free_ char *names = NULL;
        int n;

        if (strcmp(kind, "records") == 0) {
                struct json_object *list = json_object_object_get(event, "names");

                names = json_object_array_length(list) > 0 ? table_format_words(event, list)
                                                           : strdup("too many names to list");
                if (!names)
                        return -ENOMEM;
                n = asprintf(ret, "records %s serial %" PRIu64 ": %s", zone, document_number(event, "serial"),
                        names);
        } else if (strcmp(kind, "zone-added") == 0)
                n = asprintf(ret, "zone %s added", zone);
        else if (strcmp(kind, "zone-removed") == 0)
                n = asprintf(ret, "zone %s removed", zone);
        else if (strcmp(kind, "property") == 0)
                n = asprintf(ret, "%s%s%s: %s", zone, *zone ? " " : "", document_text(event, "property"),
                        json_object_object_get_ex(event, "value", NULL) ? document_text(event, "value")
                                                                        : "changed");
        else
                n = asprintf(ret, "service %s", document_text(event, "state"));
        return n < 0 ? -ENOMEM : 0;
}

static int event_print(struct ctl *ctl, struct json_object *event)
{
        _cleanup_free_ char *text = NULL, *escaped = NULL;
        char clock[16];
        struct tm tm;
        time_t now;
        int r;

        if (ctl->options.given & OPTION_JSON) {
                r = stamp(event);
                if (r >= 0)
                        r = document_print(ctl->out, event, false);
        } else {
                r = event_text(event, &text);
                escaped = r >= 0 ? text_escape(text) : NULL;
                if (!escaped)
                        return -ENOMEM;
                now = time(NULL);
                strftime(clock, sizeof(clock), "%T", localtime_r(&now, &tm));
                fprintf(ctl->out, "%s%s%s %s\n", text_style_begin(TEXT_DIM, ctl->colours), clock,
                        text_style_end(TEXT_DIM, ctl->colours), escaped);
        }
        if (r < 0)
                return r;
        /* Whoever reads this through a pipe wants it now. */
        return fflush(ctl->out) == 0 ? 0 : -errno;
}

/* Takes EVENT over; R is what making it came to. What fails ends the watch. */
static int event_finish(struct watch *watch, int r, struct json_object *event)
{
        if (r >= 0 && event)
                r = event_print(watch->ctl, event);
        json_object_put(event);
        if (r < 0)
                sd_event_exit(watch->event, r);
        return 0;
}

/* The zone's name from its object's path; NULL where the path is no zone's. */
static char *zone_from_path(const char *path)
{
        char *name = NULL;

        return path && sd_bus_path_decode(path, SERVICE_ZONE_PATH, &name) > 0 ? name : NULL;
}

static int on_records_changed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        static const char *const members[] = {"zone", "serial", "names", NULL};
        struct json_object *read = NULL, *event = NULL;
        int r;

        if (sd_bus_message_has_signature(m, "stas") <= 0)
                return event_finish(userdata, -EBADMSG, NULL);
        r = document_read_members(m, members, &read);
        if (r >= 0)
                r = document_new(&event, "event", DOCUMENT_TEXT, "records", "zone", DOCUMENT_TEXT,
                        document_text(read, "zone"), "serial", DOCUMENT_NUMBER,
                        document_number(read, "serial"), "names", DOCUMENT_VALUE,
                        json_object_get(json_object_object_get(read, "names")), NULL);
        json_object_put(read);
        return event_finish(userdata, r, event);
}

static int zone_event(struct watch *watch, sd_bus_message *m, const char *kind)
{
        _cleanup_free_ char *zone = NULL;
        struct json_object *event = NULL;
        const char *path;
        int r = sd_bus_message_read(m, "o", &path);

        if (r >= 0)
                zone = zone_from_path(path);
        if (zone)
                r = document_new(&event, "event", DOCUMENT_TEXT, kind, "zone", DOCUMENT_TEXT, zone, NULL);
        return event_finish(watch, r, event);
}

static int on_interfaces_added(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return zone_event(userdata, m, "zone-added");
}

static int on_interfaces_removed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return zone_event(userdata, m, "zone-removed");
}

/* One changed property; VALUE is taken over, and may be NULL: it has changed, to what was not said. */
static int property_event(struct ctl *ctl, const char *zone, const char *name, struct json_object *value)
{
        _cleanup_json_ struct json_object *event = NULL, *owned = value;
        int r = document_new(
                &event, "event", DOCUMENT_TEXT, "property", "property", DOCUMENT_TEXT, name, NULL);

        if (r >= 0 && zone && json_object_object_add(event, "zone", json_object_new_string(zone)) < 0)
                r = -ENOMEM;
        if (r >= 0 && owned && json_object_object_add(event, "value", json_object_get(owned)) < 0)
                r = -ENOMEM;
        return r < 0 ? r : event_print(ctl, event);
}

static int read_changed(struct ctl *ctl, sd_bus_message *m, const char *zone)
{
        _cleanup_json_ struct json_object *changed = NULL, *invalidated = NULL;
        int r = document_read(m, NULL, &changed);

        if (r < 0)
                return r;
        r = document_read(m, NULL, &invalidated);
        if (r < 0)
                return r;
        json_object_object_foreach(changed, name, value)
        {
                r = property_event(ctl, zone, name, json_object_get(value));
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < json_object_array_length(invalidated); i++) {
                r = property_event(
                        ctl, zone, json_object_get_string(json_object_array_get_idx(invalidated, i)), NULL);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int on_properties_changed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        _cleanup_free_ char *zone = zone_from_path(sd_bus_message_get_path(m));
        struct watch *watch = userdata;
        const char *interface;
        int r;

        if (sd_bus_message_has_signature(m, "sa{sv}as") <= 0)
                return event_finish(userdata, -EBADMSG, NULL);
        r = sd_bus_message_read(m, "s", &interface);
        if (r >= 0 && strcmp(interface, SERVICE_MANAGER) != 0 && strcmp(interface, SERVICE_ZONE) != 0)
                return 0;
        if (r >= 0)
                r = read_changed(watch->ctl, m, zone);
        return event_finish(watch, r, NULL);
}

static int service_event(struct watch *watch, const char *state)
{
        struct json_object *event = NULL;
        int r = document_new(&event, "event", DOCUMENT_TEXT, "service", "state", DOCUMENT_TEXT, state, NULL);

        return event_finish(watch, r, event);
}

static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        const char *name, *before, *after;

        if (sd_bus_message_read(m, "sss", &name, &before, &after) < 0)
                return 0;
        return service_event(userdata, *after ? "running" : "stopped");
}

static int on_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct watch *watch = userdata;

        sd_event_exit(watch->event, -ECONNRESET);
        return 0;
}

#define FROM_SERVICE "type='signal',sender='" SERVICE_NAME "',path_namespace='" SERVICE_PATH "',"

static const struct {
        const char *rule;
        sd_bus_message_handler_t handler;
} watch_matches[] = {
        {FROM_SERVICE "interface='" SERVICE_MANAGER "',member='RecordsChanged'", on_records_changed},
        {FROM_SERVICE "interface='org.freedesktop.DBus.ObjectManager',member='InterfacesAdded'",
                on_interfaces_added},
        {FROM_SERVICE "interface='org.freedesktop.DBus.ObjectManager',member='InterfacesRemoved'",
                on_interfaces_removed},
        {FROM_SERVICE "interface='org.freedesktop.DBus.Properties',member='PropertiesChanged'",
                on_properties_changed},
        {"type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
         "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" SERVICE_NAME "'",
                on_owner_changed},
        {"type='signal',sender='org.freedesktop.DBus.Local',path='/org/freedesktop/DBus/Local',"
         "interface='org.freedesktop.DBus.Local',member='Disconnected'",
                on_disconnected},
};

static int add_matches(struct watch *watch)
{
        for (size_t i = 0; i < ELEMENTSOF(watch_matches); i++) {
                int r = sd_bus_add_match(
                        watch->ctl->bus, NULL, watch_matches[i].rule, watch_matches[i].handler, watch);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_signals(sd_event *event)
{
        static const int signals[] = {SIGINT, SIGTERM};
        sigset_t set;

        sigemptyset(&set);
        for (size_t i = 0; i < ELEMENTSOF(signals); i++)
                sigaddset(&set, signals[i]);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;
        for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
                int r = sd_event_add_signal(event, NULL, signals[i], NULL, NULL);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int run_watch(struct ctl *ctl, char **words, size_t n_words)
{
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        _cleanup_json_ struct json_object *properties = NULL;
        struct watch watch = {.ctl = ctl};
        int r = ctl_set_task(ctl, "watch for changes");

        if (r < 0)
                return r;
        r = sd_event_new(&event);
        if (r < 0)
                return r;
        watch.event = event;
        r = add_matches(&watch);
        if (r < 0)
                return r;
        /* Asked once: a service that can be started on demand is, one that is not there is said at once. */
        r = service_properties(ctl, &properties);
        if (r < 0)
                return r;
        r = add_signals(event);
        if (r < 0)
                return r;
        r = sd_bus_attach_event(ctl->bus, event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                return r;
        service_event(&watch, "running");
        r = sd_event_loop(event);
        return r < 0 ? r : CTL_DONE;
}

const struct verb watch_verbs[] = {
        {
                .name = "watch",
                .arguments = "",
                .max = 0,
                .summary = "Show changes of records, zones and properties as they happen",
                .help = "One line each, until interrupted; with --json one object each. The first line says "
                        "that\n"
                        "the watch has begun.\n"
                        "\n"
                        "Examples:\n"
                        "  share53ctl watch\n"
                        "  share53ctl watch --json | jq 'select(.event == \"records\") | .names'\n",
                .run = run_watch,
        },
        {},
};
