/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus/bus-api.h"
#include "daemon/bus/bus-change.h"
#include "daemon/bus/bus-commit.h"
#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-record.h"
#include "daemon/manager.h"

/* Flags of SetRecords, AddRecords and ReplaceZone. */
#define RECORDS_PERSISTENT 1U
#define RECORDS_LEASED 2U

#define ZONE_FLAGS (ZONE_PERSISTENT | ZONE_FALLTHROUGH | ZONE_AUTO_PTR)
#define ZONE_FLAGS_LATER ZONE_LEASED

int bus_change_refuse_file(struct bus_api *api, const struct zone *zone, sd_bus_error *error)
{
        const struct zone_directory *directory = api->manager->directory;
        char text[NAME_TEXT_SIZE], quoted[BUS_ERROR_QUOTE_SIZE], path[BUS_ERROR_QUOTE_SIZE];
        const char *file;

        if (!(zone_flags(zone) & ZONE_FILE))
                return 0;
        file = directory ? zone_directory_find(directory, zone_apex(zone)) : NULL;
        return sd_bus_error_setf(error, BUS_ERROR_READ_ONLY_ZONE,
                "Zone \"%s\" comes from the zone file \"%s\", and is changed there only",
                bus_error_quote(name_to_text_bare(zone_apex(zone), text), quoted),
                bus_error_quote(file ? file : "", path));
}

/* The call as far as it has been read. */
struct call {
        struct bus_api *api;
        sd_bus_message *message;
        sd_bus_error *error;
        struct name zone_name;
        char zone_text[NAME_TEXT_SIZE];
        char quoted[BUS_ERROR_QUOTE_SIZE]; /* the zone, for messages */
        struct zone *zone;
        uint64_t flags;
        size_t octets;
        uid_t uid;
};

static int call_read_zone(struct call *call)
{
        int r = bus_record_read_zone(call->message, &call->zone_name, call->error);

        if (r < 0)
                return r;
        name_to_text_bare(&call->zone_name, call->zone_text);
        bus_error_quote(call->zone_text, call->quoted);
        call->zone = zone_store_find(call->api->manager->zones, &call->zone_name);
        return 0;
}

static int call_want_zone(struct call *call)
{
        return call->zone ? bus_change_refuse_file(call->api, call->zone, call->error)
                          : bus_error_set_no_zone(call->error, call->zone_text);
}

/* KNOWN are taken, LATER refused as not there yet, all others as invalid. */
static int call_read_flags(struct call *call, uint64_t known, uint64_t later)
{
        int r = sd_bus_message_read(call->message, "t", &call->flags);

        if (r < 0)
                return r;
        if (call->flags & ~(known | later))
                return sd_bus_error_setf(call->error, BUS_ERROR_INVALID_FLAGS, "Unknown flags 0x%llx",
                        (unsigned long long)(call->flags & ~(known | later)));
        if (call->flags & later)
                return sd_bus_error_setf(call->error, BUS_ERROR_NOT_SUPPORTED,
                        "Flags 0x%llx are not supported by this version",
                        (unsigned long long)(call->flags & later));
        return 0;
}

/* As bus_auth_check: 1 to go on, 0 to come again. */
static int call_authorise(struct call *call, const char *action, sd_bus_message_handler_t handler)
{
        struct bus_auth_request request = {
                .action = action,
                .zone = call->zone_text,
                .octets = call->octets,
                .handler = handler,
                .userdata = call->api,
        };

        return bus_auth_check(call->api->auth, call->message, &request, &call->uid, call->error);
}

static int call_check_quota_zone(struct call *call)
{
        if (bus_quota_check_zone(call->api->quota, call->uid) < 0)
                return sd_bus_error_setf(call->error, BUS_ERROR_QUOTA_EXCEEDED,
                        "Zone \"%s\": uid %u has %u zones, the limit (Zones=)", call->quoted, call->uid,
                        call->api->manager->config.zones_max);
        return 0;
}

static int call_check_quota_records(
        struct call *call, enum bus_quota_method method, const struct record_list *records)
{
        int r = bus_quota_check_records(call->api->quota, call->uid, method, call->zone, records);

        if (r == -EDQUOT)
                return sd_bus_error_setf(call->error, BUS_ERROR_QUOTA_EXCEEDED,
                        "Zone \"%s\": uid %u would have more than %u records, the limit (Records=)",
                        call->quoted, call->uid, call->api->manager->config.records_max);
        return r;
}

int bus_change_method_create_zone(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct call call = {.api = userdata, .message = m, .error = error};
        _cleanup_(change_freep) struct change *change = NULL;
        _cleanup_free_ char *reason = NULL;
        int r;

        r = call_read_zone(&call);
        if (r < 0)
                return r;
        r = call_read_flags(&call, ZONE_FLAGS, ZONE_FLAGS_LATER);
        if (r < 0)
                return r;
        r = call.zone ? bus_change_refuse_file(call.api, call.zone, error) : 0;
        if (r < 0)
                return r;
        if (call.zone)
                return sd_bus_error_setf(
                        error, BUS_ERROR_ZONE_EXISTS, "There is a zone \"%s\" already", call.quoted);
        r = call_authorise(&call, BUS_AUTH_MANAGE_ZONES, bus_change_method_create_zone);
        if (r <= 0)
                return r < 0 ? r : 1;
        r = call_check_quota_zone(&call);
        if (r < 0)
                return r;

        r = change_new(call.api->manager->zones, &change);
        if (r < 0)
                return r;
        r = change_create_zone(change, &call.zone_name, call.flags, call.uid, &reason);
        if (r < 0)
                return bus_error_set_change(error, r, reason);
        return bus_commit(call.api, m, TAKE_PTR(change), &call.zone_name, BUS_COMMIT_REPLY_PATH, error);
}

int bus_change_method_remove_zone(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct call call = {.api = userdata, .message = m, .error = error};
        _cleanup_(change_freep) struct change *change = NULL;
        _cleanup_free_ char *reason = NULL;
        int r;

        r = call_read_zone(&call);
        if (r < 0)
                return r;
        r = call_want_zone(&call);
        if (r < 0)
                return r;
        r = call_authorise(&call, BUS_AUTH_MANAGE_ZONES, bus_change_method_remove_zone);
        if (r <= 0)
                return r < 0 ? r : 1;

        r = change_new(call.api->manager->zones, &change);
        if (r < 0)
                return r;
        r = change_remove_zone(change, &call.zone_name, &reason);
        if (r < 0)
                return bus_error_set_change(error, r, reason);
        return bus_commit(call.api, m, TAKE_PTR(change), &call.zone_name, BUS_COMMIT_REPLY_NOTHING, error);
}

/* How much of the array is worth validating now. */
static size_t call_check_max(const struct call *call)
{
        return bus_auth_settled(call->api->auth, call->message, BUS_AUTH_MANAGE_RECORDS)
                       ? SIZE_MAX
                       : BUS_RECORD_CHECK_FIRST;
}

/* An empty array changes nothing: no change, no signal, the serial as it is. */
static int call_reply_unchanged(const struct call *call)
{
        return sd_bus_reply_method_return(call->message, "t", zone_serial(call->zone));
}

static int call_read_records(struct call *call, struct record_list *ret)
{
        int r;

        r = call_read_zone(call);
        if (r < 0)
                return r;
        r = call_want_zone(call);
        if (r < 0)
                return r;
        r = bus_record_read_array(
                call->message, &call->zone_name, call_check_max(call), ret, &call->octets, call->error);
        if (r < 0)
                return r;
        r = call_read_flags(call, RECORDS_PERSISTENT, RECORDS_LEASED);
        if (r < 0)
                return r;
        if ((call->flags & RECORDS_PERSISTENT) && !(zone_flags(call->zone) & ZONE_PERSISTENT))
                return sd_bus_error_setf(call->error, BUS_ERROR_INVALID_FLAGS,
                        "Zone \"%s\" is not persistent: persistent records would outlive it", call->quoted);
        return 0;
}

static int build(const struct call *call, enum bus_quota_method method, struct change *change,
        const struct record_list *records)
{
        _cleanup_free_ char *reason = NULL;
        int r = -EINVAL;

        switch (method) {
        case BUS_QUOTA_SET:
                r = change_set(change, &call->zone_name, records->items, records->n, &reason);
                break;
        case BUS_QUOTA_ADD:
                r = change_add(change, &call->zone_name, records->items, records->n, &reason);
                break;
        case BUS_QUOTA_REPLACE:
                r = change_replace(change, &call->zone_name, records->items, records->n, &reason);
                break;
        }
        return r < 0 ? bus_error_set_change(call->error, r, reason) : 0;
}

/* SetRecords, AddRecords and ReplaceZone differ in one step. */
static int put_records(sd_bus_message *m, struct bus_api *api, enum bus_quota_method method,
        sd_bus_message_handler_t handler, sd_bus_error *error)
{
        struct call call = {.api = api, .message = m, .error = error};
        _cleanup_(record_list_clear) struct record_list records = {};
        _cleanup_(change_freep) struct change *change = NULL;
        int r;

        r = call_read_records(&call, &records);
        if (r < 0)
                return r;
        r = call_authorise(&call, BUS_AUTH_MANAGE_RECORDS, handler);
        if (r <= 0)
                return r < 0 ? r : 1;
        if (records.n == 0 && method != BUS_QUOTA_REPLACE)
                return call_reply_unchanged(&call);
        for (size_t i = 0; i < records.n; i++) {
                records.items[i].uid = call.uid;
                records.items[i].life = call.flags & RECORDS_PERSISTENT ? RECORD_PERSISTENT : RECORD_RUNTIME;
        }
        r = call_check_quota_records(&call, method, &records);
        if (r < 0)
                return r;

        r = change_new(api->manager->zones, &change);
        if (r < 0)
                return r;
        r = build(&call, method, change, &records);
        if (r < 0)
                return r;
        return bus_commit(api, m, TAKE_PTR(change), &call.zone_name, BUS_COMMIT_REPLY_SERIAL, error);
}

int bus_change_method_set_records(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return put_records(m, userdata, BUS_QUOTA_SET, bus_change_method_set_records, error);
}

int bus_change_method_add_records(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return put_records(m, userdata, BUS_QUOTA_ADD, bus_change_method_add_records, error);
}

int bus_change_method_replace_zone(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return put_records(m, userdata, BUS_QUOTA_REPLACE, bus_change_method_replace_zone, error);
}

int bus_change_method_remove_records(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct call call = {.api = userdata, .message = m, .error = error};
        _cleanup_(bus_removal_list_clear) struct bus_removal_list removals = {};
        _cleanup_(change_freep) struct change *change = NULL;
        _cleanup_free_ char *reason = NULL;
        int r;

        r = call_read_zone(&call);
        if (r < 0)
                return r;
        r = call_want_zone(&call);
        if (r < 0)
                return r;
        r = bus_record_read_removals(
                m, &call.zone_name, call_check_max(&call), &removals, &call.octets, error);
        if (r < 0)
                return r;
        r = call_read_flags(&call, 0, 0);
        if (r < 0)
                return r;
        r = call_authorise(&call, BUS_AUTH_MANAGE_RECORDS, bus_change_method_remove_records);
        if (r <= 0)
                return r < 0 ? r : 1;
        if (removals.n == 0)
                return call_reply_unchanged(&call);

        r = change_new(call.api->manager->zones, &change);
        if (r < 0)
                return r;
        r = change_remove(change, &call.zone_name, removals.items, removals.n, &reason);
        if (r < 0)
                return bus_error_set_change(error, r, reason);
        return bus_commit(call.api, m, TAKE_PTR(change), &call.zone_name, BUS_COMMIT_REPLY_SERIAL, error);
}
