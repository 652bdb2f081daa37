/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Who calls, and whether polkit lets them. Never blocks: a call that has to wait is kept, and its handler is
 * run again when the answer is yes. Handlers are therefore re-entrant: they begin anew and check everything
 * again, for the world may have changed meanwhile.
 *
 * Root is allowed without polkit, as polkit itself has it. For everyone else each error, absence, death or
 * time-out of polkit means no. A caller who leaves the bus is forgotten, and polkit told.
 *
 * Limits: calls waiting per uid (config.pending_calls_max; per connection while the uid is not known) and the
 * octets they hold, and both in total.
 */

#include <systemd/sd-bus.h>

#include "daemon/config.h"

#define BUS_AUTH_TOTAL 4                            /* times what one uid may have waiting */
#define BUS_AUTH_OCTETS_PER_UID (32U * 1024 * 1024) /* of text in waiting calls */
#define BUS_AUTH_OCTETS_TOTAL (64U * 1024 * 1024)

#define BUS_AUTH_READ_STATUS "org.share53.Resolver1.read-status"
#define BUS_AUTH_READ_RECORDS "org.share53.Resolver1.read-records"
#define BUS_AUTH_MANAGE_RECORDS "org.share53.Resolver1.manage-records"
#define BUS_AUTH_MANAGE_ZONES "org.share53.Resolver1.manage-zones"
#define BUS_AUTH_MANAGE_UPSTREAMS "org.share53.Resolver1.manage-upstreams"
#define BUS_AUTH_FLUSH_CACHE "org.share53.Resolver1.flush-cache"
#define BUS_AUTH_MANAGE_LINK "org.share53.Resolver1.manage-link"
#define BUS_AUTH_RELOAD "org.share53.Resolver1.reload"

struct bus_auth;

/* What a handler asks; texts are good for the daemon's life, but ZONE and DOMAIN, which are copied. */
struct bus_auth_request {
        const char *action;
        const char *zone;   /* told to polkit's rules as action.lookup("zone"); NULL: none */
        const char *domain; /* likewise as action.lookup("domain") */
        size_t octets;      /* of text that the call holds while it waits */
        sd_bus_message_handler_t handler;
        void *userdata;
};

/* For one connection; CONFIG must outlive it. */
int bus_auth_new(sd_bus *bus, const struct config *config, struct bus_auth **ret);
struct bus_auth *bus_auth_free(struct bus_auth *auth); /* forgets all that wait */
DEFINE_CLEANUP(struct bus_auth *, bus_auth_free)

/*
 * 1: yes, *RET_UID is the caller's. 0: it is being asked; the handler returns 1 at once and is run again.
 * Negative: no, ERROR is set.
 */
int bus_auth_check(struct bus_auth *auth, sd_bus_message *call, const struct bus_auth_request *request,
        uid_t *ret_uid, sd_bus_error *error);

/* Whether bus_auth_check will say yes at once: until then, spend little on what the call says. */
bool bus_auth_settled(const struct bus_auth *auth, sd_bus_message *call, const char *action);

/*
 * Whether no more calls are to be kept waiting: each holds open the descriptors that came with it, be they
 * wanted or not, and half of what we may have open is. More would cost the connection.
 */
bool bus_auth_crowded(const struct bus_auth *auth);

/* GONE is called for each name that leaves the bus. */
void bus_auth_on_gone(struct bus_auth *auth, void (*gone)(void *userdata, const char *name), void *userdata);

/* Calls that wait. */
size_t bus_auth_pending(const struct bus_auth *auth);
