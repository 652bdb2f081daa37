/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * RecordsChanged and the changed properties of zones. Changes of one zone within BUS_SIGNAL_INTERVAL_USEC
 * share one signal.
 */

#include "daemon/dns/change.h"

#define BUS_SIGNAL_INTERVAL_USEC (50 * 1000ULL)
#define BUS_SIGNAL_NAMES_MAX 256 /* more are told as "many": no names at all */
#define BUS_SIGNAL_ZONES_MAX 256 /* waiting at once; more, and all go out at once */

struct bus_api;
struct bus_signal;

int bus_signal_new(struct bus_api *api, struct bus_signal **ret);
struct bus_signal *bus_signal_free(struct bus_signal *signals); /* what waits is not sent */
DEFINE_CLEANUP(struct bus_signal *, bus_signal_free)

/* Notes what CHANGE, which is durable, did to the records of one zone, whose serial became SERIAL by it. */
void bus_signal_note(struct bus_signal *signals, const struct change *change, uint64_t serial);
