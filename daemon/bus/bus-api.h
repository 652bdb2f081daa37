/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The D-Bus API as a whole: org.share53.Resolver1 (dbus/org.share53.Resolver1.Manager.xml is its reference).
 * It lives as long as the daemon; connections to the bus come and go below it.
 */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "common/name.h"
#include "daemon/bus/bus-auth.h"
#include "daemon/bus/bus-link.h"
#include "daemon/bus/bus-quota.h"
#include "daemon/bus/bus-resolve.h"
#include "daemon/bus/bus-signal.h"
#include "daemon/bus/bus-upstream.h"

#define BUS_NAME "org.share53.Resolver1"
#define BUS_PATH "/org/share53/Resolver1"
#define BUS_ZONE_PATH BUS_PATH "/zone"
#define BUS_MANAGER_INTERFACE "org.share53.Resolver1.Manager"
#define BUS_ZONE_INTERFACE "org.share53.Resolver1.Zone"

struct manager;
struct bus_zone_jobs;

struct bus_api {
        struct manager *manager;
        struct bus_quota *quota;
        struct bus_signal *signals;
        struct bus_link_table *links;
        struct bus_zone_jobs *zone_jobs;
        struct bus_upstream_queue *upstreams;
        struct bus_resolve *resolves;
        unsigned int status_changed; /* enum bus_status_bit */
        sd_event_source *status_source;

        /* While there is a connection. */
        sd_bus *bus;
        struct bus_auth *auth;
        sd_bus_slot *manager_slot;
        sd_bus_slot *zone_slot;
        sd_bus_slot *zone_enumerator_slot;
        sd_bus_slot *object_manager_slot;
};

/* MANAGER must outlive it. */
int bus_api_new(struct manager *manager, struct bus_api **ret);
struct bus_api *bus_api_free(struct bus_api *api);
DEFINE_CLEANUP(struct bus_api *, bus_api_free)

/* Puts the objects on BUS; the name is not its matter. */
int bus_api_attach(struct bus_api *api, sd_bus *bus);
/* The connection is lost: calls that wait are forgotten, changes under way end without a reply. */
void bus_api_detach(struct bus_api *api);
