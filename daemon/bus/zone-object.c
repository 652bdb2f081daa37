/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "daemon/bus/zone-object.h"
#include "daemon/manager.h"

int zone_object_path(const struct name *apex, char **ret)
{
        char text[NAME_TEXT_SIZE];

        return sd_bus_path_encode(BUS_ZONE_PATH, name_to_text_bare(apex, text), ret);
}

/* The zone at PATH, or NULL. Only the one spelling that we print is its path. */
static int find_zone(struct bus_api *api, const char *path, struct zone **ret)
{
        _cleanup_free_ char *text = NULL, *canonical = NULL;
        struct name apex;
        int r;

        *ret = NULL;
        r = sd_bus_path_decode(path, BUS_ZONE_PATH, &text);
        if (r <= 0)
                return r;
        if (name_from_text(text, NULL, &apex) < 0)
                return 0;
        r = zone_object_path(&apex, &canonical);
        if (r < 0)
                return r;
        if (strcmp(path, canonical) == 0)
                *ret = zone_store_find(api->manager->zones, &apex);
        return 0;
}

static int on_find(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret_found,
        sd_bus_error *error)
{
        struct zone *zone;
        int r = find_zone(userdata, path, &zone);

        if (r < 0 || !zone)
                return r;
        *ret_found = zone;
        return 1;
}

static void free_paths(char **paths)
{
        for (char **p = paths; p && *p; p++)
                free(*p);
        free(paths);
}
DEFINE_CLEANUP(char **, free_paths)

static int on_enumerate(
        sd_bus *bus, const char *prefix, void *userdata, char ***ret_nodes, sd_bus_error *error)
{
        struct bus_api *api = userdata;
        const struct zone_store *store = api->manager->zones;
        _cleanup_(free_pathsp) char **paths = calloc(zone_store_zones(store) + 1, sizeof(char *));
        size_t n = 0;

        if (!paths)
                return -ENOMEM;
        for (struct zone *z = zone_store_next(store, NULL); z; z = zone_store_next(store, z)) {
                int r = zone_object_path(zone_apex(z), &paths[n]);
                if (r < 0)
                        return r;
                n++;
        }
        *ret_nodes = TAKE_PTR(paths);
        return 0;
}

static int get_name(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        char text[NAME_TEXT_SIZE];

        return sd_bus_message_append(reply, "s", name_to_text_bare(zone_apex(userdata), text));
}

static int get_flags(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return sd_bus_message_append(reply, "t", zone_flags(userdata));
}

static int get_serial(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return sd_bus_message_append(reply, "t", zone_serial(userdata));
}

static int get_record_count(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return sd_bus_message_append(reply, "t", (uint64_t)zone_records(userdata));
}

static int get_owner_uid(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return sd_bus_message_append(reply, "u", (uint32_t)zone_uid(userdata));
}

static const sd_bus_vtable zone_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Name", "s", get_name, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Flags", "t", get_flags, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Serial", "t", get_serial, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("RecordCount", "t", get_record_count, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("OwnerUid", "u", get_owner_uid, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_VTABLE_END,
};

int zone_object_add(struct bus_api *api)
{
        int r;

        r = sd_bus_add_fallback_vtable(
                api->bus, &api->zone_slot, BUS_ZONE_PATH, BUS_ZONE_INTERFACE, zone_vtable, on_find, api);
        if (r < 0)
                return r;
        return sd_bus_add_node_enumerator(
                api->bus, &api->zone_enumerator_slot, BUS_ZONE_PATH, on_enumerate, api);
}

int zone_object_added(struct bus_api *api, const struct name *apex)
{
        _cleanup_free_ char *path = NULL;
        int r;

        if (!api->bus || !zone_store_find(api->manager->zones, apex))
                return 0;
        r = zone_object_path(apex, &path);
        if (r < 0)
                return r;
        return sd_bus_emit_object_added(api->bus, path);
}

int zone_object_removed(struct bus_api *api, const struct name *apex)
{
        _cleanup_free_ char *path = NULL;
        int r;

        if (!api->bus)
                return 0;
        r = zone_object_path(apex, &path);
        if (r < 0)
                return r;
        /* Named one by one, as sd_bus_emit_object_removed wants to find the object still. */
        return sd_bus_emit_interfaces_removed(api->bus, path, "org.freedesktop.DBus.Peer",
                "org.freedesktop.DBus.Introspectable", "org.freedesktop.DBus.Properties", BUS_ZONE_INTERFACE,
                NULL);
}

int zone_object_changed(struct bus_api *api, const struct name *apex)
{
        _cleanup_free_ char *path = NULL;
        int r;

        r = zone_object_path(apex, &path);
        if (r < 0)
                return r;
        return sd_bus_emit_properties_changed(
                api->bus, path, BUS_ZONE_INTERFACE, "Serial", "RecordCount", NULL);
}
