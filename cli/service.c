/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/service.h"

#include <string.h>

#include "cli/agent.h"

#define TIMEOUT_USEC (UINT64_C(25) * 1000 * 1000)

/* People need longer for a password than the daemon for its disk. */
#define TIMEOUT_ASKING_USEC (UINT64_C(180) * 1000 * 1000)

static const struct {
        const char *method;
        const char *action;
        bool asks; /* whether it may ask a person for authorisation, who would wait for it */
} method_table[] = {
        {"CreateZone", SERVICE_NAME ".manage-zones", true},
        {"RemoveZone", SERVICE_NAME ".manage-zones", true},
        {"ListZones", SERVICE_NAME ".read-status", false},
        {"SetRecords", SERVICE_NAME ".manage-records", true},
        {"AddRecords", SERVICE_NAME ".manage-records", true},
        {"RemoveRecords", SERVICE_NAME ".manage-records", true},
        {"LoadZone", SERVICE_NAME ".manage-records", true},
        {"DumpZone", SERVICE_NAME ".read-records", true},
        {"ListRecords", SERVICE_NAME ".read-records", true},
        {"Resolve", SERVICE_NAME ".read-status", false},
        {"SetLink", SERVICE_NAME ".manage-link", true},
        {"RevertLink", SERVICE_NAME ".manage-link", true},
        {"SetUpstream", SERVICE_NAME ".manage-upstreams", true},
        {"RemoveUpstream", SERVICE_NAME ".manage-upstreams", true},
        {"ListUpstreams", SERVICE_NAME ".read-status", false},
        {"FlushCache", SERVICE_NAME ".flush-cache", true},
        {"GetStatistics", SERVICE_NAME ".read-status", false},
        {"Explain", SERVICE_NAME ".read-status", false},
        {"Reload", SERVICE_NAME ".reload", true},
};

/* What the properties are, and the types that they have. */
static const struct {
        const char *name;
        const char *types;
        const char *const *members;
} property_table[] = {
        {"Version", "s", NULL},
        {"Features", "as", NULL},
        {"PortPolicy", "s", NULL},
        {"Shares", "a(ssss)", (const char *const[]){"address", "rung", "listener", "why", NULL}},
        {"Links", "a(isasb)", (const char *const[]){"ifindex", "name", "domains", "default_route", NULL}},
        {"Upstreams", "a(ss)", (const char *const[]){"domain", "servers", NULL}},
        {"HostManager", "s", NULL},
        {"HelperState", "s", NULL},
        {"HelperError", "s", NULL},
        {"ZoneCount", "t", NULL},
        {"RecordCount", "t", NULL},
};

int service_connect(struct ctl *ctl)
{
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int r;

        if (ctl->bus)
                return 0;
        if (!ctl->options.address)
                return sd_bus_open_system(&ctl->bus);

        /* sd-bus would pass over what has no transport, and say "connection refused". */
        if (!strchr(ctl->options.address, ':'))
                return -EINVAL;
        r = sd_bus_new(&bus);
        if (r < 0)
                return r;
        r = sd_bus_set_address(bus, ctl->options.address);
        if (r < 0)
                return r;
        r = sd_bus_set_bus_client(bus, true);
        if (r < 0)
                return r;
        r = sd_bus_start(bus);
        if (r < 0)
                return r;
        ctl->bus = TAKE_PTR(bus);
        return 0;
}

int service_new_call(struct ctl *ctl, const char *method, sd_bus_message **ret)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = service_connect(ctl);

        if (r < 0)
                return r;
        r = sd_bus_message_new_method_call(ctl->bus, &m, SERVICE_NAME, SERVICE_PATH, SERVICE_MANAGER, method);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}

static bool method_asks(struct ctl *ctl, const char *method)
{
        ctl->action = NULL;
        for (size_t i = 0; i < ELEMENTSOF(method_table); i++)
                if (strcmp(method_table[i].method, method) == 0) {
                        ctl->action = method_table[i].action;
                        return method_table[i].asks;
                }
        return false;
}

/* Root is never asked, and on another bus polkit is not ours to answer. */
static void start_agent(struct ctl *ctl)
{
        if (ctl->agent == 0 && geteuid() != 0 && !ctl->options.address)
                ctl->agent = agent_start();
}

int service_send(struct ctl *ctl, sd_bus_message *m, const char *reply_types, sd_bus_message **ret)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        bool asks = method_asks(ctl, sd_bus_message_get_member(m)) && ctl->may_ask;
        int r = sd_bus_message_set_allow_interactive_authorization(m, asks);

        if (r < 0)
                return r;
        if (asks)
                start_agent(ctl);
        sd_bus_error_free(&ctl->error);
        r = sd_bus_call(ctl->bus, m, asks ? TIMEOUT_ASKING_USEC : TIMEOUT_USEC, &ctl->error, &reply);
        if (r < 0)
                return r;
        if (sd_bus_message_has_signature(reply, reply_types) <= 0)
                return -EBADMSG;
        if (ret)
                *ret = TAKE_PTR(reply);
        return 0;
}

int service_call(struct ctl *ctl, const char *method, const char *reply_types, sd_bus_message **ret,
        const char *types, ...)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        va_list ap;
        int r = service_new_call(ctl, method, &m);

        if (r < 0)
                return r;
        va_start(ap, types);
        r = sd_bus_message_appendv(m, types, ap);
        va_end(ap);
        if (r < 0)
                return r;
        return service_send(ctl, m, reply_types, ret);
}

static int read_property(sd_bus_message *m, struct json_object *properties)
{
        struct json_object *value = NULL;
        const char *name, *types;
        size_t i = 0;
        int r = sd_bus_message_read_basic(m, 's', &name);

        if (r < 0)
                return r;
        while (i < ELEMENTSOF(property_table) && strcmp(property_table[i].name, name) != 0)
                i++;
        r = sd_bus_message_peek_type(m, NULL, &types);
        if (r < 0)
                return r;
        if (i == ELEMENTSOF(property_table))
                return sd_bus_message_skip(m, "v");
        if (strcmp(types, property_table[i].types) != 0)
                return -EBADMSG;

        r = document_read(m, property_table[i].members, &value);
        if (r < 0)
                return r;
        if (json_object_object_add(properties, name, value) < 0) {
                json_object_put(value);
                return -ENOMEM;
        }
        return 0;
}

static int read_properties(sd_bus_message *m, struct json_object *properties)
{
        int r = sd_bus_message_enter_container(m, SD_BUS_TYPE_ARRAY, "{sv}");

        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, SD_BUS_TYPE_DICT_ENTRY, "sv")) > 0) {
                r = read_property(m, properties);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(property_table); i++)
                if (!json_object_object_get_ex(properties, property_table[i].name, NULL))
                        return -EBADMSG;
        return 0;
}

int service_properties(struct ctl *ctl, struct json_object **ret)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_json_ struct json_object *properties = NULL;
        int r = service_connect(ctl);

        if (r < 0)
                return r;
        r = sd_bus_message_new_method_call(
                ctl->bus, &m, SERVICE_NAME, SERVICE_PATH, "org.freedesktop.DBus.Properties", "GetAll");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", SERVICE_MANAGER);
        if (r < 0)
                return r;
        r = service_send(ctl, m, "a{sv}", &reply);
        if (r < 0)
                return r;
        properties = json_object_new_object();
        if (!properties)
                return -ENOMEM;
        r = read_properties(reply, properties);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(properties);
        return 0;
}
