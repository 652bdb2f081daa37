/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* LoadZone and DumpZone: zone files over D-Bus. Handlers of the vtable; USERDATA is the bus_api. */

#include <systemd/sd-bus.h>

/* Limits of one LoadZone; a caller's quota (Records=) beside. */
#define BUS_ZONE_FILE_OCTETS_MAX (256ULL * 1024 * 1024)
#define BUS_ZONE_FILE_RECORDS_MAX 2000000U

int bus_zone_file_method_load(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_zone_file_method_dump(sd_bus_message *m, void *userdata, sd_bus_error *error);
