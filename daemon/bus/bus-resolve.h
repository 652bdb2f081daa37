/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Resolve: makes a DNS query, has it answered by daemon/dns/query as every client's is, and tells the answer
 * and who gave it. Where an upstream has to be asked, the reply comes later; a caller who leaves the bus is
 * forgotten.
 */

#include <systemd/sd-bus.h>

#include "common/util.h"

struct bus_api;
struct bus_resolve; /* the calls that wait */

int bus_resolve_new(struct bus_api *api, struct bus_resolve **ret);
struct bus_resolve *bus_resolve_free(struct bus_resolve *resolve);
DEFINE_CLEANUP(struct bus_resolve *, bus_resolve_free)

/* The connection is lost: whatever waits is forgotten. */
void bus_resolve_reset(struct bus_resolve *resolve);

/* NAME has left the bus; USERDATA is the bus_resolve. */
void bus_resolve_caller_gone(void *userdata, const char *name);

/* Handler of the vtable; USERDATA is the bus_api. */
int bus_resolve_method(sd_bus_message *m, void *userdata, sd_bus_error *error);
