/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "daemon/bus/bus-api.h"
#include "daemon/bus/zone-object.h"
#include "daemon/manager.h"

/* A zone whose signal waits. */
struct waiting {
        struct name apex;
        uint64_t serial;
        struct name *names; /* NULL until the first */
        size_t n_names;
        bool many;
};

struct bus_signal {
        struct bus_api *api;
        sd_event_source *timer;
        struct waiting zones[BUS_SIGNAL_ZONES_MAX];
        size_t n_zones;
};

static int compare_names(const void *a, const void *b)
{
        return name_compare(a, b);
}

static int send_records_changed(sd_bus *bus, struct waiting *zone)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        char text[NAME_TEXT_SIZE];
        int r;

        r = sd_bus_message_new_signal(bus, &m, BUS_PATH, BUS_MANAGER_INTERFACE, "RecordsChanged");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "st", name_to_text_bare(&zone->apex, text), zone->serial);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(m, 'a', "s");
        if (r < 0)
                return r;
        if (zone->n_names > 0)
                qsort(zone->names, zone->n_names, sizeof(*zone->names), compare_names);
        for (size_t i = 0; !zone->many && i < zone->n_names; i++) {
                r = sd_bus_message_append(m, "s", name_to_text(&zone->names[i], text));
                if (r < 0)
                        return r;
        }
        r = sd_bus_message_close_container(m);
        if (r < 0)
                return r;
        return sd_bus_send(bus, m, NULL);
}

static void waiting_clear(struct waiting *zone)
{
        free(zone->names);
        *zone = (struct waiting){};
}

static void flush(struct bus_signal *signals)
{
        const struct zone_store *store = signals->api->manager->zones;
        sd_bus *bus = signals->api->bus;

        for (size_t i = 0; i < signals->n_zones; i++) {
                struct waiting *zone = &signals->zones[i];
                /* Nobody is told of records of a zone that went meanwhile. */
                if (bus && zone_store_find(store, &zone->apex)) {
                        int r = 0;
                        /* A change to what was there already has raised the serial and no more. */
                        if (zone->n_names > 0 || zone->many)
                                r = send_records_changed(bus, zone);
                        if (r >= 0)
                                r = zone_object_changed(signals->api, &zone->apex);
                        if (r < 0 && r != -ENOTCONN)
                                log_debug_errno(r, "Cannot signal changed records");
                }
                waiting_clear(zone);
        }
        signals->n_zones = 0;
        (void)sd_event_source_set_enabled(signals->timer, SD_EVENT_OFF);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        flush(userdata);
        return 0;
}

int bus_signal_new(struct bus_api *api, struct bus_signal **ret)
{
        _cleanup_(bus_signal_freep) struct bus_signal *signals = calloc(1, sizeof(*signals));
        int r;

        if (!signals)
                return -ENOMEM;
        signals->api = api;
        r = sd_event_add_time_relative(
                api->manager->event, &signals->timer, CLOCK_MONOTONIC, 0, 1, on_timer, signals);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(signals->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(signals);
        return 0;
}

struct bus_signal *bus_signal_free(struct bus_signal *signals)
{
        for (size_t i = 0; i < signals->n_zones; i++)
                waiting_clear(&signals->zones[i]);
        sd_event_source_disable_unref(signals->timer);
        free(signals);
        return NULL;
}

static struct waiting *waiting_find(struct bus_signal *signals, const struct name *apex)
{
        for (size_t i = 0; i < signals->n_zones; i++)
                if (name_equal(&signals->zones[i].apex, apex))
                        return &signals->zones[i];
        return NULL;
}

static struct waiting *waiting_get(struct bus_signal *signals, const struct name *apex)
{
        struct waiting *zone = waiting_find(signals, apex);

        if (zone)
                return zone;
        if (signals->n_zones == BUS_SIGNAL_ZONES_MAX)
                flush(signals);
        if (signals->n_zones == 0 &&
                sd_event_source_set_time_relative(signals->timer, BUS_SIGNAL_INTERVAL_USEC) >= 0)
                (void)sd_event_source_set_enabled(signals->timer, SD_EVENT_ONESHOT);
        zone = &signals->zones[signals->n_zones++];
        zone->apex = *apex;
        return zone;
}

static void waiting_add_name(struct waiting *zone, const struct name *name)
{
        if (zone->many)
                return;
        for (size_t i = zone->n_names; i-- > 0;)
                if (name_equal(&zone->names[i], name))
                        return;
        if (!zone->names)
                zone->names = calloc(BUS_SIGNAL_NAMES_MAX, sizeof(*zone->names));
        if (!zone->names || zone->n_names == BUS_SIGNAL_NAMES_MAX) {
                zone->many = true;
                return;
        }
        zone->names[zone->n_names++] = *name;
}

static void waiting_drop(struct bus_signal *signals, const struct name *apex)
{
        struct waiting *zone = waiting_find(signals, apex);

        if (!zone)
                return;
        free(zone->names);
        *zone = signals->zones[--signals->n_zones];
        signals->zones[signals->n_zones] = (struct waiting){};
}

void bus_signal_note(struct bus_signal *signals, const struct change *change, uint64_t serial)
{
        struct change_rrset set;
        struct change_zone zone;

        for (size_t i = 0; change_get_rrset(change, i, &set); i++)
                waiting_add_name(waiting_get(signals, &set.zone), &set.owner);
        for (size_t i = 0; change_get_zone(change, i, &zone); i++)
                if (zone.state == CHANGE_ZONE_KEPT)
                        waiting_get(signals, &zone.apex)->serial = serial;
                else if (zone.state == CHANGE_ZONE_CREATED && waiting_find(signals, &zone.apex))
                        waiting_find(signals, &zone.apex)->serial = serial; /* created with records */
                else if (zone.state == CHANGE_ZONE_REMOVED)
                        waiting_drop(signals, &zone.apex);
}
