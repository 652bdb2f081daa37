/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The way to the bus. It is opened without blocking and opened again when it is lost, after 250 ms, doubling
 * up to 30 s: DNS is answered with or without it. The name is asked for without taking it from anyone.
 */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "common/util.h"

struct bus_connection;

struct bus_connection_events {
        /* Put the objects on BUS; the name is asked for next. A negative return closes it again. */
        int (*opened)(void *userdata, sd_bus *bus);
        /* What was put on it is to be taken off. */
        void (*lost)(void *userdata);
        /* The name is ours. */
        void (*named)(void *userdata);
        /* The bus cannot be had now, or not the name; it is tried again, but for -EEXIST: somebody else has
         * the name. */
        void (*failed)(void *userdata, int r);
        void *userdata;
};

/* ADDRESS NULL: the system bus. Tries at once, from within the event loop. */
int bus_connection_new(sd_event *event, const char *address, const struct bus_connection_events *events,
        struct bus_connection **ret);
struct bus_connection *bus_connection_free(struct bus_connection *connection); /* flushes, closes */
DEFINE_CLEANUP(struct bus_connection *, bus_connection_free)
