/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Methods that read zones and records. Handlers of the vtable; USERDATA is the bus_api. */

#include <systemd/sd-bus.h>

#include "common/util.h"

#define BUS_LIST_COUNT_MAX 10000U
#define BUS_LIST_OCTETS_MAX (16U * 1024 * 1024) /* of text in one reply */

int bus_list_method_list_zones(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_list_method_list_records(sd_bus_message *m, void *userdata, sd_bus_error *error);
