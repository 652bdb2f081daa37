/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A built change on its way to its caller's reply: committed, made durable, signalled, answered. */

#include "daemon/bus/bus-api.h"
#include "daemon/dns/change.h"

#define BUS_COMMIT_PENDING_MAX 4096 /* changes that wait for the disk; more are refused */

enum bus_commit_reply {
        BUS_COMMIT_REPLY_NOTHING,
        BUS_COMMIT_REPLY_PATH,   /* of ZONE: o */
        BUS_COMMIT_REPLY_SERIAL, /* of ZONE: t */
        BUS_COMMIT_REPLY_LOADED, /* of ZONE: serial and records, tt */
};

/*
 * Commits CHANGE, which it takes over in every case, and sees to it that CALL gets its reply. Returns 1;
 * negative, and ERROR is set: nothing has changed.
 */
int bus_commit(struct bus_api *api, sd_bus_message *call, struct change *change, const struct name *zone,
        enum bus_commit_reply reply, sd_bus_error *error);

/*
 * The same for a change of our own, of one zone, that nobody waits for. Negative: nothing has changed. Where
 * it cannot be made durable, or has removed a zone, the zone directory is told.
 */
int bus_commit_own(struct bus_api *api, struct change *change);
