/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "daemon/bus/bus-api.h"
#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-glob.h"
#include "daemon/bus/bus-list.h"
#include "daemon/bus/bus-record.h"
#include "daemon/bus/zone-object.h"
#include "daemon/dns/rdata.h"
#include "daemon/manager.h"

#define RRSETS_MAX 256 /* of one name, as change.h has it */

struct listing {
        sd_bus_message *reply;
        struct bus_glob glob;
        uint32_t start;
        uint32_t end;   /* index behind the last that may come */
        uint32_t index; /* of the next matching record */
        size_t octets;  /* of text so far */
        bool full;
};

static int append_record(struct listing *l, const char *name, uint16_t type, const struct rrset_entry *entry)
{
        _cleanup_free_ char *rdata = NULL;
        char type_text[RDATA_TYPE_TEXT_SIZE];
        int r;

        r = rdata_to_text(type, entry->rdata, entry->size, &rdata);
        if (r < 0)
                return r;
        l->octets += strlen(name) + strlen(rdata) + 64;
        if (l->octets > BUS_LIST_OCTETS_MAX && l->index > l->start) {
                l->full = true;
                return 0;
        }
        return sd_bus_message_append(l->reply, "(ssususs)", name, rdata_type_to_text(type, type_text),
                entry->ttl, rdata, entry->uid, "", record_life_to_text(entry->life));
}

static int append_rrset(struct listing *l, const char *name, const struct rrset *set)
{
        for (const struct rrset_entry *e = rrset_next(set, NULL); e; e = rrset_next(set, e)) {
                if (l->index >= l->end) {
                        l->full = true;
                        return 0;
                }
                if (l->index >= l->start) {
                        int r = append_record(l, name, set->type, e);
                        if (r < 0 || l->full)
                                return r;
                }
                l->index++;
        }
        return 0;
}

static int compare_types(const void *a, const void *b)
{
        const struct rrset *x = *(const struct rrset *const *)a, *y = *(const struct rrset *const *)b;

        return (int)x->type - (int)y->type;
}

static int append_node(struct listing *l, const struct zone_node *node)
{
        const struct rrset *sets[RRSETS_MAX];
        char text[NAME_TEXT_SIZE];
        struct name name;
        size_t n = 0;
        int r;

        zone_node_name(node, &name);
        name_to_text(&name, text);
        if (!bus_glob_match(&l->glob, text))
                return 0;
        for (const struct rrset *s = zone_node_next(node, NULL); s && n < RRSETS_MAX;
                s = zone_node_next(node, s))
                sets[n++] = s;
        qsort(sets, n, sizeof(*sets), compare_types);
        for (size_t i = 0; i < n && !l->full; i++) {
                r = append_rrset(l, text, sets[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int append_zone(struct listing *l, const struct zone *zone)
{
        _cleanup_free_ const struct zone_node **nodes = NULL;
        size_t n;
        int r;

        r = zone_list_nodes(zone, &nodes, &n);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(l->reply, 'a', "(ssususs)");
        if (r < 0)
                return r;
        for (size_t i = 0; i < n && !l->full; i++) {
                r = append_node(l, nodes[i]);
                if (r < 0)
                        return r;
        }
        r = sd_bus_message_close_container(l->reply);
        if (r < 0)
                return r;
        return sd_bus_message_append(l->reply, "u", l->full ? l->index : 0);
}

static int read_listing(sd_bus_message *m, struct listing *ret, sd_bus_error *error)
{
        char quoted[BUS_ERROR_QUOTE_SIZE];
        const char *glob;
        uint32_t count;
        int r;

        r = sd_bus_message_read(m, "suu", &glob, &ret->start, &count);
        if (r < 0)
                return r;
        if (bus_glob_compile(glob, &ret->glob) < 0)
                return sd_bus_error_setf(error, BUS_ERROR_INVALID_NAME, "Glob \"%s\": longer than any name",
                        bus_error_quote(glob, quoted));
        if (count == 0 || count > BUS_LIST_COUNT_MAX)
                count = BUS_LIST_COUNT_MAX;
        ret->end = ret->start > UINT32_MAX - count ? UINT32_MAX : ret->start + count;
        return 0;
}

int bus_list_method_list_records(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        char text[NAME_TEXT_SIZE];
        struct bus_api *api = userdata;
        struct listing listing = {};
        const struct zone *zone;
        struct name apex;
        uid_t uid;
        int r;

        r = bus_record_read_zone(m, &apex, error);
        if (r < 0)
                return r;
        r = read_listing(m, &listing, error);
        if (r < 0)
                return r;
        struct bus_auth_request request = {
                .action = BUS_AUTH_READ_RECORDS,
                .zone = name_to_text_bare(&apex, text),
                .octets = NAME_TEXT_SIZE, /* of the glob, at most */
                .handler = bus_list_method_list_records,
                .userdata = api,
        };
        r = bus_auth_check(api->auth, m, &request, &uid, error);
        if (r <= 0)
                return r < 0 ? r : 1;

        zone = zone_store_find(api->manager->zones, &apex);
        if (!zone)
                return bus_error_set_no_zone(error, text);
        r = sd_bus_message_new_method_return(m, &reply);
        if (r < 0)
                return r;
        listing.reply = reply;
        r = append_zone(&listing, zone);
        if (r < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}

static int append_zone_line(sd_bus_message *reply, const struct zone *zone)
{
        _cleanup_free_ char *path = NULL;
        char text[NAME_TEXT_SIZE];
        int r = zone_object_path(zone_apex(zone), &path);

        if (r < 0)
                return r;
        return sd_bus_message_append(reply, "(sottu)", name_to_text_bare(zone_apex(zone), text), path,
                zone_flags(zone), zone_serial(zone), (uint32_t)zone_uid(zone));
}

int bus_list_method_list_zones(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        struct bus_api *api = userdata;
        const struct zone_store *store = api->manager->zones;
        uid_t uid;
        int r;

        struct bus_auth_request request = {
                .action = BUS_AUTH_READ_STATUS,
                .handler = bus_list_method_list_zones,
                .userdata = api,
        };
        r = bus_auth_check(api->auth, m, &request, &uid, error);
        if (r <= 0)
                return r < 0 ? r : 1;

        r = sd_bus_message_new_method_return(m, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'a', "(sottu)");
        if (r < 0)
                return r;
        for (const struct zone *z = zone_store_next(store, NULL); z; z = zone_store_next(store, z)) {
                r = append_zone_line(reply, z);
                if (r < 0)
                        return r;
        }
        r = sd_bus_message_close_container(reply);
        if (r < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}
