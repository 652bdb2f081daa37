/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "common/log.h"
#include "daemon/bus/bus-change.h"
#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-link.h"
#include "daemon/bus/bus-list.h"
#include "daemon/bus/bus-resolve.h"
#include "daemon/bus/bus-statistics.h"
#include "daemon/bus/bus-status.h"
#include "daemon/bus/bus-upstream.h"
#include "daemon/bus/bus-zone-file.h"
#include "daemon/bus/manager-object.h"
#include "daemon/manager.h"

static int method_explain(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        struct bus_api *api = userdata;
        uid_t uid;
        int r;

        struct bus_auth_request request = {
                .action = BUS_AUTH_READ_STATUS,
                .handler = method_explain,
                .userdata = api,
        };
        r = bus_auth_check(api->auth, m, &request, &uid, error);
        if (r <= 0)
                return r < 0 ? r : 1;
        r = sd_bus_message_new_method_return(m, &reply);
        if (r < 0)
                return r;
        r = bus_status_append_explain(api, reply);
        if (r < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}

static int method_reload(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        _cleanup_free_ char *reason = NULL;
        struct bus_api *api = userdata;
        uid_t uid;
        int r;

        struct bus_auth_request request = {
                .action = BUS_AUTH_RELOAD,
                .handler = method_reload,
                .userdata = api,
        };
        r = bus_auth_check(api->auth, m, &request, &uid, error);
        if (r <= 0)
                return r < 0 ? r : 1;
        r = manager_reload(api->manager, &reason);
        if (r < 0)
                return bus_error_set_text(error, BUS_ERROR_INVALID_CONFIG, reason ? reason : strerror(-r));
        return sd_bus_reply_method_return(m, "");
}

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),

        SD_BUS_METHOD_WITH_ARGS("CreateZone", SD_BUS_ARGS("s", name, "t", flags), SD_BUS_RESULT("o", path),
                bus_change_method_create_zone, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RemoveZone", SD_BUS_ARGS("s", name), SD_BUS_NO_RESULT,
                bus_change_method_remove_zone, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListZones", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(sottu)", zones),
                bus_list_method_list_zones, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("SetRecords", SD_BUS_ARGS("s", zone, "a(ssus)", records, "t", flags),
                SD_BUS_RESULT("t", serial), bus_change_method_set_records, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("AddRecords", SD_BUS_ARGS("s", zone, "a(ssus)", records, "t", flags),
                SD_BUS_RESULT("t", serial), bus_change_method_add_records, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RemoveRecords", SD_BUS_ARGS("s", zone, "a(sss)", records, "t", flags),
                SD_BUS_RESULT("t", serial), bus_change_method_remove_records, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ReplaceZone", SD_BUS_ARGS("s", zone, "a(ssus)", records, "t", flags),
                SD_BUS_RESULT("t", serial), bus_change_method_replace_zone, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("LoadZone", SD_BUS_ARGS("s", zone, "h", file, "t", flags),
                SD_BUS_RESULT("t", serial, "t", records), bus_zone_file_method_load,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("DumpZone", SD_BUS_ARGS("s", zone), SD_BUS_RESULT("h", file),
                bus_zone_file_method_dump, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListRecords", SD_BUS_ARGS("s", zone, "s", name_glob, "u", start, "u", count),
                SD_BUS_RESULT("a(ssususs)", records, "u", next), bus_list_method_list_records,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Resolve", SD_BUS_ARGS("s", name, "s", type, "t", flags),
                SD_BUS_RESULT("s", rcode, "t", answer_flags, "a(ssus)", answer, "s", source),
                bus_resolve_method, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("SetLink", SD_BUS_ARGS("i", ifindex, "as", domains, "b", default_route),
                SD_BUS_NO_RESULT, bus_link_method_set, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RevertLink", SD_BUS_ARGS("i", ifindex), SD_BUS_NO_RESULT,
                bus_link_method_revert, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("SetUpstream", SD_BUS_ARGS("s", domain, "a(iayqs)", servers, "t", flags),
                SD_BUS_NO_RESULT, bus_upstream_method_set, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RemoveUpstream", SD_BUS_ARGS("s", domain), SD_BUS_NO_RESULT,
                bus_upstream_method_remove, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListUpstreams", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(sa(iayqs)tsus)", upstreams),
                bus_upstream_method_list, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("FlushCache", SD_BUS_ARGS("s", name), SD_BUS_RESULT("t", dropped),
                bus_upstream_method_flush, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetStatistics", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sv}", statistics),
                bus_statistics_method_get, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Explain", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(sss)", findings), method_explain,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS(
                "Reload", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_reload, SD_BUS_VTABLE_UNPRIVILEGED),

        SD_BUS_SIGNAL_WITH_ARGS("RecordsChanged", SD_BUS_ARGS("s", zone, "t", serial, "as", names), 0),

        SD_BUS_PROPERTY("Version", "s", bus_status_get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Features", "as", bus_status_get_features, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY(
                "PortPolicy", "s", bus_status_get_port_policy, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Shares", "a(ssss)", bus_status_get_shares, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Links", "a(isasb)", bus_status_get_links, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY(
                "Upstreams", "a(ss)", bus_upstream_get_upstreams, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY(
                "HostManager", "s", bus_status_get_host_manager, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY(
                "HelperState", "s", bus_status_get_helper_state, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY(
                "HelperError", "s", bus_status_get_helper_error, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ZoneCount", "t", bus_status_get_zone_count, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY(
                "RecordCount", "t", bus_status_get_record_count, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),

        SD_BUS_VTABLE_END,
};

int manager_object_add(struct bus_api *api)
{
        return sd_bus_add_object_vtable(
                api->bus, &api->manager_slot, BUS_PATH, BUS_MANAGER_INTERFACE, manager_vtable, api);
}
