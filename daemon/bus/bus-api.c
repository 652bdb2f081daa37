/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus/bus-api.h"
#include "daemon/bus/bus-status.h"
#include "daemon/bus/bus-zone-job.h"
#include "daemon/bus/manager-object.h"
#include "daemon/bus/zone-object.h"
#include "daemon/manager.h"

int bus_api_new(struct manager *manager, struct bus_api **ret)
{
        _cleanup_(bus_api_freep) struct bus_api *api = calloc(1, sizeof(*api));
        int r;

        if (!api)
                return -ENOMEM;
        api->manager = manager;
        r = bus_quota_new(&manager->config, &api->quota);
        if (r < 0)
                return r;
        r = bus_signal_new(api, &api->signals);
        if (r < 0)
                return r;
        r = bus_link_table_new(api, &api->links);
        if (r < 0)
                return r;
        r = bus_zone_jobs_new(api, &api->zone_jobs);
        if (r < 0)
                return r;
        r = bus_upstream_queue_new(api, &api->upstreams);
        if (r < 0)
                return r;
        r = bus_resolve_new(api, &api->resolves);
        if (r < 0)
                return r;
        r = bus_status_start(api);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(api);
        return 0;
}

struct bus_api *bus_api_free(struct bus_api *api)
{
        bus_api_detach(api);
        sd_event_source_disable_unref(api->status_source);
        if (api->resolves)
                bus_resolve_free(api->resolves);
        if (api->upstreams)
                bus_upstream_queue_free(api->upstreams);
        if (api->links)
                bus_link_table_free(api->links);
        if (api->zone_jobs)
                bus_zone_jobs_free(api->zone_jobs);
        if (api->signals)
                bus_signal_free(api->signals);
        if (api->quota)
                bus_quota_free(api->quota);
        free(api);
        return NULL;
}

int bus_api_attach(struct bus_api *api, sd_bus *bus)
{
        int r;

        bus_api_detach(api);
        api->bus = sd_bus_ref(bus);
        r = bus_auth_new(bus, &api->manager->config, &api->auth);
        if (r >= 0)
                bus_auth_on_gone(api->auth, bus_resolve_caller_gone, api->resolves);
        if (r >= 0)
                r = manager_object_add(api);
        if (r >= 0)
                r = zone_object_add(api);
        if (r >= 0)
                r = sd_bus_add_object_manager(bus, &api->object_manager_slot, BUS_PATH);
        if (r < 0) {
                bus_api_detach(api);
                return r;
        }
        return 0;
}

void bus_api_detach(struct bus_api *api)
{
        api->manager_slot = sd_bus_slot_unref(api->manager_slot);
        api->zone_slot = sd_bus_slot_unref(api->zone_slot);
        api->zone_enumerator_slot = sd_bus_slot_unref(api->zone_enumerator_slot);
        api->object_manager_slot = sd_bus_slot_unref(api->object_manager_slot);
        if (api->auth)
                api->auth = bus_auth_free(api->auth);
        if (api->links)
                bus_link_table_reset(api->links);
        if (api->zone_jobs)
                bus_zone_jobs_reset(api->zone_jobs);
        if (api->resolves)
                bus_resolve_reset(api->resolves);
        api->bus = sd_bus_unref(api->bus);
}
