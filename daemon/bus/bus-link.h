/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* SetLink and RevertLink: to hostdns first, then to the journal, then the reply. */

#include <systemd/sd-bus.h>

#include "common/util.h"

#define BUS_LINK_MAX 256 /* links known to the table at once */

struct bus_api;
struct bus_link_table;

int bus_link_table_new(struct bus_api *api, struct bus_link_table **ret);
struct bus_link_table *bus_link_table_free(struct bus_link_table *table);
DEFINE_CLEANUP(struct bus_link_table *, bus_link_table_free)

/* The connection, and the hostdns on it, are gone: what waits for hostdns is not answered any more. */
void bus_link_table_reset(struct bus_link_table *table);

/* Handlers; USERDATA is the bus_api. */
int bus_link_method_set(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_link_method_revert(sd_bus_message *m, void *userdata, sd_bus_error *error);
