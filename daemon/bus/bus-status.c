/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "common/log.h"
#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-status.h"
#include "daemon/manager-upstream.h"
#include "share53-config.h"

static int emit_changes(struct bus_api *api)
{
        const char *names[16];
        unsigned int bits = api->status_changed;
        size_t n = 0;

        api->status_changed = 0;
        if (!api->bus)
                return 0;
        if (bits & BUS_STATUS_PORT_POLICY)
                names[n++] = "PortPolicy";
        if (bits & BUS_STATUS_SHARES)
                names[n++] = "Shares";
        if (bits & BUS_STATUS_LINKS)
                names[n++] = "Links";
        if (bits & BUS_STATUS_UPSTREAMS)
                names[n++] = "Upstreams";
        if (bits & BUS_STATUS_HOST_MANAGER)
                names[n++] = "HostManager";
        if (bits & BUS_STATUS_HELPER) {
                names[n++] = "HelperState";
                names[n++] = "HelperError";
        }
        if (bits & BUS_STATUS_COUNTS) {
                names[n++] = "ZoneCount";
                names[n++] = "RecordCount";
        }
        names[n] = NULL;
        return sd_bus_emit_properties_changed_strv(api->bus, BUS_PATH, BUS_MANAGER_INTERFACE, (char **)names);
}

static int on_status_source(sd_event_source *source, void *userdata)
{
        int r = emit_changes(userdata);

        if (r < 0 && r != -ENOTCONN)
                log_debug_errno(r, "Cannot signal changed properties");
        return 0;
}

int bus_status_start(struct bus_api *api)
{
        int r;

        r = sd_event_add_defer(api->manager->event, &api->status_source, on_status_source, api);
        if (r < 0)
                return r;
        /* After everything that happens in one round has been noted. */
        r = sd_event_source_set_priority(api->status_source, SD_EVENT_PRIORITY_IDLE);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(api->status_source, SD_EVENT_OFF);
}

void bus_status_changed(struct bus_api *api, unsigned int bits)
{
        api->status_changed |= bits;
        (void)sd_event_source_set_enabled(api->status_source, SD_EVENT_ONESHOT);
}

#define GETTER(name) \
        int bus_status_get_##name(sd_bus *bus, const char *path, const char *interface, \
                const char *property, sd_bus_message *reply, void *userdata, sd_bus_error *error)

GETTER(version)
{
        return sd_bus_message_append(reply, "s", SHARE53_VERSION);
}

GETTER(features)
{
        int r;

        r = sd_bus_message_open_container(reply, 'a', "s");
        if (r < 0)
                return r;
        r = sd_bus_message_append(
                reply, "ssssss", "persistent", "wildcards", "xdp", "resolved", "forwarding", "all-types");
        if (r < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

GETTER(port_policy)
{
        struct bus_api *api = userdata;

        return sd_bus_message_append(reply, "s", config_policy_to_text(api->manager->config.policy));
}

/* The step that held, or, where none did, the one that failed last. */
static const char *share_why(const struct ladder_share *share)
{
        if (share->pending)
                return "waits for the helper";
        for (size_t i = share->n_steps; i-- > 0;)
                if (share->rung == LADDER_NONE ||
                        (share->steps[i].rung == share->rung && share->steps[i].error == 0))
                        return share->steps[i].detail;
        return "";
}

static int append_share(sd_bus_message *reply, const struct ladder_share *share)
{
        char address[ENDPOINT_TEXT_SIZE], listener[ENDPOINT_TEXT_SIZE];
        const struct endpoint *asked = share->address.family != AF_UNSPEC ? &share->address : &share->wanted;

        return sd_bus_message_append(reply, "(ssss)", endpoint_to_text(asked, address),
                ladder_rung_to_text(share->rung),
                share->listener.family != AF_UNSPEC ? endpoint_to_text(&share->listener, listener) : "",
                share_why(share));
}

GETTER(shares)
{
        struct bus_api *api = userdata;
        const struct ladder *ladder = api->manager->ladder;
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(ssss)");
        if (r < 0)
                return r;
        for (size_t i = 0; ladder && i < ladder_shares(ladder); i++) {
                r = append_share(reply, ladder_share_at(ladder, i));
                if (r < 0)
                        return r;
        }
        return sd_bus_message_close_container(reply);
}

static int append_link(sd_bus_message *reply, const struct journal_link *link)
{
        char name[NAME_TEXT_SIZE], domain[NAME_TEXT_SIZE + 1];
        int r;

        r = sd_bus_message_open_container(reply, 'r', "isasb");
        if (r < 0)
                return r;
        r = sd_bus_message_append(reply, "is", (int32_t)link->ifindex, link->ifname);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'a', "s");
        for (size_t i = 0; r >= 0 && i < link->n_domains; i++) {
                snprintf(domain, sizeof(domain), "%s%s", link->domains[i].route_only ? "~" : "",
                        name_to_text_bare(&link->domains[i].name, name));
                r = sd_bus_message_append(reply, "s", domain);
        }
        if (r < 0)
                return r;
        r = sd_bus_message_close_container(reply);
        if (r < 0)
                return r;
        r = sd_bus_message_append(reply, "b", (int)link->default_route);
        if (r < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

GETTER(links)
{
        struct bus_api *api = userdata;
        const struct hostdns *host = api->manager->host;
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(isasb)");
        if (r < 0)
                return r;
        for (size_t i = 0; host && i < hostdns_links(host); i++) {
                r = append_link(reply, hostdns_link_at(host, i));
                if (r < 0)
                        return r;
        }
        return sd_bus_message_close_container(reply);
}

GETTER(host_manager)
{
        struct bus_api *api = userdata;
        const struct hostdns *host = api->manager->host;

        return sd_bus_message_append(
                reply, "s", hostdns_manager_to_text(host ? hostdns_manager(host) : HOSTDNS_UNKNOWN));
}

static const char *helper_error_text(const struct manager *manager)
{
        int r = manager->helper ? helper_client_error(manager->helper) : 0;

        return r < 0 ? strerror(-r) : "";
}

static const char *helper_state_text(const struct manager *manager)
{
        return helper_state_to_text(manager->helper ? helper_client_state(manager->helper) : HELPER_IDLE);
}

GETTER(helper_state)
{
        struct bus_api *api = userdata;

        return sd_bus_message_append(reply, "s", helper_state_text(api->manager));
}

GETTER(helper_error)
{
        struct bus_api *api = userdata;

        return sd_bus_message_append(reply, "s", helper_error_text(api->manager));
}

GETTER(zone_count)
{
        struct bus_api *api = userdata;

        return sd_bus_message_append(reply, "t", (uint64_t)zone_store_zones(api->manager->zones));
}

GETTER(record_count)
{
        struct bus_api *api = userdata;

        return sd_bus_message_append(reply, "t", (uint64_t)zone_store_records(api->manager->zones));
}

static int explain_share(const struct ladder_share *share, sd_bus_message *reply)
{
        char wanted[ENDPOINT_TEXT_SIZE], subject[ENDPOINT_TEXT_SIZE + 16];
        char tried[ENDPOINT_TEXT_SIZE], finding[ENDPOINT_TEXT_SIZE + 160];
        int r;

        snprintf(subject, sizeof(subject), "share %s", endpoint_to_text(&share->wanted, wanted));
        for (size_t i = 0; i < share->n_steps; i++) {
                const struct ladder_step *step = &share->steps[i];
                snprintf(finding, sizeof(finding), "%s %s: %s", ladder_rung_to_text(step->rung),
                        endpoint_to_text(&step->tried, tried),
                        step->error == 0 ? "holds" : strerror(abs(step->error)));
                r = sd_bus_message_append(reply, "(sss)", subject, finding, step->detail);
                if (r < 0)
                        return r;
        }
        return sd_bus_message_append(reply, "(sss)", subject,
                share->pending ? "waits for the helper" : ladder_rung_to_text(share->rung),
                share->rung == LADDER_NONE ? "not shared" : "the rung that serves");
}

static int explain_host_line(void *userdata, const char *step, const char *finding, const char *detail)
{
        return sd_bus_message_append(userdata, "(sss)", step, finding, detail);
}

/* One line for all files that serve, and one for each that is wrong. */
static int explain_zone_files(const struct zone_directory *directory, sd_bus_message *reply)
{
        struct zone_directory_file file;
        char finding[64];
        size_t n = 0;
        int r;

        for (size_t i = 0; zone_directory_get(directory, i, &file); i++) {
                n += file.serving;
                if (!file.error)
                        continue;
                r = sd_bus_message_append(reply, "(sss)", "zone file",
                        file.serving ? "wrong; the former content stays" : "wrong; not loaded", file.error);
                if (r < 0)
                        return r;
        }
        snprintf(finding, sizeof(finding), "%zu loaded", n);
        return sd_bus_message_append(reply, "(sss)", "zone files", finding, zone_directory_path(directory));
}

int bus_status_append_explain(struct bus_api *api, sd_bus_message *reply)
{
        const struct manager *manager = api->manager;
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(sss)");
        if (r < 0)
                return r;
        for (size_t i = 0; i < ladder_shares(manager->ladder); i++) {
                r = explain_share(ladder_share_at(manager->ladder, i), reply);
                if (r < 0)
                        return r;
        }
        r = sd_bus_message_append(
                reply, "(sss)", "helper", helper_state_text(manager), helper_error_text(manager));
        if (r < 0)
                return r;
        if (manager->host) {
                r = hostdns_explain(manager->host, explain_host_line, reply);
                if (r < 0)
                        return r;
        }
        if (manager->directory) {
                r = explain_zone_files(manager->directory, reply);
                if (r < 0)
                        return r;
        }
        r = manager_upstream_explain(manager, explain_host_line, reply);
        if (r < 0)
                return r;
        return sd_bus_message_close_container(reply);
}
