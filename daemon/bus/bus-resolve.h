/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Resolve: makes a DNS query, has it answered by daemon/dns/query as every client's is, and tells the answer.
 * Handler of the vtable; USERDATA is the bus_api.
 */

#include <systemd/sd-bus.h>

int bus_resolve_method(sd_bus_message *m, void *userdata, sd_bus_error *error);
