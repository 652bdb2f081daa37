/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What can be read of the daemon: the properties of the Manager interface, their change signals (one for all
 * that changed in one round of the event loop), and Explain.
 */

#include "daemon/bus/bus-api.h"

enum bus_status_bit {
        BUS_STATUS_PORT_POLICY = 1 << 0,
        BUS_STATUS_SHARES = 1 << 1,
        BUS_STATUS_LINKS = 1 << 2,
        BUS_STATUS_HOST_MANAGER = 1 << 3,
        BUS_STATUS_HELPER = 1 << 4, /* state and error */
        BUS_STATUS_COUNTS = 1 << 5, /* of zones and records */
        BUS_STATUS_UPSTREAMS = 1 << 6,
};

/* Called once, by bus_api_new. */
int bus_status_start(struct bus_api *api);

/* Notes that properties have changed. */
void bus_status_changed(struct bus_api *api, unsigned int bits);

/* Getters for the vtable; USERDATA is the bus_api. */
int bus_status_get_version(
        sd_bus *, const char *, const char *, const char *, sd_bus_message *, void *, sd_bus_error *);
int bus_status_get_features(
        sd_bus *, const char *, const char *, const char *, sd_bus_message *, void *, sd_bus_error *);
int bus_status_get_port_policy(
        sd_bus *, const char *, const char *, const char *, sd_bus_message *, void *, sd_bus_error *);
int bus_status_get_shares(
        sd_bus *, const char *, const char *, const char *, sd_bus_message *, void *, sd_bus_error *);
int bus_status_get_links(
        sd_bus *, const char *, const char *, const char *, sd_bus_message *, void *, sd_bus_error *);
int bus_status_get_host_manager(
        sd_bus *, const char *, const char *, const char *, sd_bus_message *, void *, sd_bus_error *);
int bus_status_get_helper_state(
        sd_bus *, const char *, const char *, const char *, sd_bus_message *, void *, sd_bus_error *);
int bus_status_get_helper_error(
        sd_bus *, const char *, const char *, const char *, sd_bus_message *, void *, sd_bus_error *);
int bus_status_get_zone_count(
        sd_bus *, const char *, const char *, const char *, sd_bus_message *, void *, sd_bus_error *);
int bus_status_get_record_count(
        sd_bus *, const char *, const char *, const char *, sd_bus_message *, void *, sd_bus_error *);

/* Appends Explain's lines, a(sss). */
int bus_status_append_explain(struct bus_api *api, sd_bus_message *reply);
