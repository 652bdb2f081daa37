/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * SetUpstream, RemoveUpstream, ListUpstreams, FlushCache, and the property Upstreams. A rule is in force
 * before it is durable; where the journal fails, it and all that were set since are taken back, newest first.
 */

#include <systemd/sd-bus.h>

#include "common/server.h"
#include "daemon/dns/upstream-rule.h"

struct bus_api;
struct bus_upstream_queue;

#define BUS_UPSTREAM_PENDING_MAX 1024 /* changes that wait for the disk; more are refused */

int bus_upstream_queue_new(struct bus_api *api, struct bus_upstream_queue **ret);
struct bus_upstream_queue *bus_upstream_queue_free(
        struct bus_upstream_queue *queue); /* after the journal's end */
DEFINE_CLEANUP(struct bus_upstream_queue *, bus_upstream_queue_free)

/* RULE's servers with SEPARATOR (two characters at most) between them, "" for none. Returns BUF. */
#define BUS_UPSTREAM_TEXT_SIZE (UPSTREAM_SERVERS_MAX * (SERVER_TEXT_SIZE + 2))
const char *bus_upstream_servers_text(
        const struct upstream_rule *rule, const char *separator, char buf[BUS_UPSTREAM_TEXT_SIZE]);

/* Handlers; USERDATA is the bus_api. */
int bus_upstream_method_set(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_upstream_method_remove(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_upstream_method_list(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_upstream_method_flush(sd_bus_message *m, void *userdata, sd_bus_error *error);

int bus_upstream_get_upstreams(
        sd_bus *, const char *, const char *, const char *, sd_bus_message *, void *, sd_bus_error *);
