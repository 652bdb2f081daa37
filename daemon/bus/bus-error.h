/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Named errors of the D-Bus API (dbus/org.share53.Resolver1.Manager.xml says when each is given), and how a
 * peer's text gets into a message.
 */

#include <systemd/sd-bus.h>

#include "common/util.h"

#define BUS_ERROR_NO_SUCH_ZONE "org.share53.Resolver1.Error.NoSuchZone"
#define BUS_ERROR_ZONE_EXISTS "org.share53.Resolver1.Error.ZoneExists"
#define BUS_ERROR_READ_ONLY_ZONE "org.share53.Resolver1.Error.ReadOnlyZone"
#define BUS_ERROR_INVALID_FILE "org.share53.Resolver1.Error.InvalidFile"
#define BUS_ERROR_NO_SUCH_RECORD "org.share53.Resolver1.Error.NoSuchRecord"
#define BUS_ERROR_INVALID_NAME "org.share53.Resolver1.Error.InvalidName"
#define BUS_ERROR_INVALID_RECORD "org.share53.Resolver1.Error.InvalidRecord"
#define BUS_ERROR_INVALID_FLAGS "org.share53.Resolver1.Error.InvalidFlags"
#define BUS_ERROR_NOT_SUPPORTED "org.share53.Resolver1.Error.NotSupported"
#define BUS_ERROR_QUOTA_EXCEEDED "org.share53.Resolver1.Error.QuotaExceeded"
#define BUS_ERROR_HELPER_UNAVAILABLE "org.share53.Resolver1.Error.HelperUnavailable"
#define BUS_ERROR_NO_SUCH_LINK "org.share53.Resolver1.Error.NoSuchLink"
#define BUS_ERROR_LINK_REFUSED "org.share53.Resolver1.Error.LinkRefused"
#define BUS_ERROR_HOST_MANAGER_UNSUPPORTED "org.share53.Resolver1.Error.HostManagerUnsupported"
#define BUS_ERROR_INVALID_UPSTREAM "org.share53.Resolver1.Error.InvalidUpstream"
#define BUS_ERROR_NO_SUCH_UPSTREAM "org.share53.Resolver1.Error.NoSuchUpstream"
#define BUS_ERROR_STORAGE_FAILED "org.share53.Resolver1.Error.StorageFailed"
#define BUS_ERROR_INVALID_CONFIG "org.share53.Resolver1.Error.InvalidConfig"

/*
 * TEXT in printable ASCII, every other octet as \DDD, so that no peer's control characters reach a terminal;
 * cut with "..." where BUF is full. Returns BUF.
 */
#define BUS_ERROR_QUOTE_SIZE 160
const char *bus_error_quote(const char *text, char buf[BUS_ERROR_QUOTE_SIZE]);

/*
 * Error NAME with TEXT, a sentence of ours that may quote a peer's text, as its message. Returns what a
 * handler is to return.
 */
int bus_error_set_text(sd_bus_error *error, const char *name, const char *text);

/* NoSuchZone, quoting ZONE, a name as text. Returns what a handler is to return. */
int bus_error_set_no_zone(sd_bus_error *error, const char *zone);

/*
 * The error for R, a negative errno of change.h or rdata.h, with REASON (may be NULL) as its message. Returns
 * what a handler is to return.
 */
int bus_error_set_change(sd_bus_error *error, int r, const char *reason);

/* The error for R, a negative errno of hostdns.h or helper-client.h, about link IFINDEX. */
int bus_error_set_link(sd_bus_error *error, int r, int ifindex);
