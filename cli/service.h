/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * share53d as seen over D-Bus: connection and calls of org.share53.Resolver1.Manager. Where a call fails, its
 * error stays in the struct ctl for failure_report.
 */

#include "cli/ctl.h"

#define SERVICE_NAME "org.share53.Resolver1"
#define SERVICE_PATH "/org/share53/Resolver1"
#define SERVICE_MANAGER SERVICE_NAME ".Manager"
#define SERVICE_ZONE SERVICE_NAME ".Zone"
#define SERVICE_ZONE_PATH SERVICE_PATH "/zone"

/* Flags of CreateZone and of the changes of records: 1 for what outlives a reboot. */
#define SERVICE_PERSISTENT UINT64_C(1)

/* Opens the bus. Nothing is asked of the service yet. -EINVAL: --address is not one. */
int service_connect(struct ctl *ctl);

/* A call of METHOD to be filled; connects where that was not done. */
int service_new_call(struct ctl *ctl, const char *method, sd_bus_message **ret);

/*
 * Sends it and waits for the reply, whose signature must be REPLY_TYPES (-EBADMSG). Interactive authorisation
 * is allowed where METHOD wants more than reading the status, and somebody is there.
 */
int service_send(struct ctl *ctl, sd_bus_message *m, const char *reply_types, sd_bus_message **ret);

/* Both, for arguments of basic types (sd_bus_message_append(3)). RET may be NULL. */
int service_call(struct ctl *ctl, const char *method, const char *reply_types, sd_bus_message **ret,
        const char *types, ...);

/* All properties of the manager, of the types that the API gives them; missing ones are -EBADMSG. */
int service_properties(struct ctl *ctl, struct json_object **ret);
