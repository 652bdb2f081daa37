/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Methods that change zones and records. Handlers of the vtable; USERDATA is the bus_api. */

#include <systemd/sd-bus.h>

#include "daemon/bus/bus-api.h"
#include "daemon/dns/zone.h"

/* ReadOnlyZone where ZONE comes from a zone file; else 0. */
int bus_change_refuse_file(struct bus_api *api, const struct zone *zone, sd_bus_error *error);

int bus_change_method_create_zone(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_change_method_remove_zone(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_change_method_set_records(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_change_method_add_records(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_change_method_remove_records(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_change_method_replace_zone(sd_bus_message *m, void *userdata, sd_bus_error *error);
