/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* GetStatistics: counters since the start, by stable names. Handler; USERDATA is the bus_api. */

#include <systemd/sd-bus.h>

int bus_statistics_method_get(sd_bus_message *m, void *userdata, sd_bus_error *error);
