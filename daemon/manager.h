/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The daemon's one object: owns every module and wires them together. DNS comes first: it is answered before
 * there is a bus, and goes on being answered when the bus is lost.
 */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "daemon/bus/bus-api.h"
#include "daemon/bus/bus-connection.h"
#include "daemon/config.h"
#include "daemon/dns/forward.h"
#include "daemon/dns/query.h"
#include "daemon/dns/zone.h"
#include "daemon/host/helper-client.h"
#include "daemon/host/host-upstream.h"
#include "daemon/host/hostdns.h"
#include "daemon/host/ladder.h"
#include "daemon/store/commit.h"
#include "daemon/store/journal.h"
#include "daemon/zone-directory.h"

struct manager_options {
        const char *config_file;
        const char *config_dropin_dir; /* "": none */
        const char *zones_dir;         /* of zone files; "": none */
        const char *state_dir;         /* persistent.db */
        const char *runtime_dir;       /* runtime.db */
        const char *helper_socket;
        const char *bus_address; /* NULL: the system bus */
};

#define MANAGER_STATUS_SIZE 512

struct manager {
        struct manager_options options;
        struct config config;
        sd_event *event;
        struct zone_store *zones;
        struct query_context queries; /* owns its `forward` */
        struct journal *journal;
        struct commit_queue *commits;
        struct zone_directory *directory; /* NULL: no zone files */
        struct helper_client *helper;
        struct ladder *ladder;
        struct hostdns *host; /* NULL before the first connection to the bus, and with Manager=none */
        struct host_upstream *host_upstream; /* NULL but with Servers=auto */
        struct bus_api *api;
        struct bus_connection *connection;

        struct journal_link *links; /* wanted, while there is no `host` to want them */
        size_t n_links;

        sd_event_source *startup_timer;
        sd_event_source *stop_timer;
        sd_event_source *stop_source;
        bool bus_tried;       /* the first attempt has ended, either way */
        bool startup_expired; /* READY=1 waits no longer for the helper */
        bool ready;
        char status[MANAGER_STATUS_SIZE]; /* as the service manager knows it */
};

int manager_new(const struct manager_options *options, struct manager **ret);
struct manager *manager_free(struct manager *manager);
DEFINE_CLEANUP(struct manager *, manager_free)

/* Opens, loads, climbs, registers on the bus, then runs the loop until SIGTERM or SIGINT. Logs what fails. */
int manager_run(struct manager *manager);

/*
 * Reads the configuration again and climbs anew. On failure nothing has changed and *RET_REASON (malloc'ed)
 * says why, or is NULL.
 */
int manager_reload(struct manager *manager, char **ret_reason);
