/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Link DNS settings in systemd-resolved (org.freedesktop.resolve1(5)), and taking them back. All calls are
 * asynchronous, with RESOLVED_CALL_USEC for each; the bus is connected when the first is made. One chain of
 * calls at a time for each link: what the link is to be used for comes first, the servers last; where a call
 * fails, the link is reverted whole.
 */

#include <systemd/sd-event.h>

#include "common/proto.h"
#include "helper/leftovers.h"

#define RESOLVED_CALL_USEC (5 * 1000000ULL)

struct resolved;

/* A chain has ended: R is 0 or the first failed call's errno. Not called once resolved_undo has begun. */
typedef void (*resolved_done_t)(void *userdata, const struct proto_header *request, int r);

/*
 * LEFTOVERS is the path of the list of changed links (helper/leftovers.h), good as long as this. What is in
 * it is taken for set by us, to be taken back in the end. EVENT may be NULL where only resolved_undo is
 * wanted.
 */
int resolved_new(
        sd_event *event, const char *leftovers, resolved_done_t done, void *userdata, struct resolved **ret);
struct resolved *resolved_free(struct resolved *resolved); /* takes nothing back */
DEFINE_CLEANUP(struct resolved *, resolved_free)

/*
 * Begins to set LINK (checked by the caller). 0: under way. -EBUSY: a chain for the link, or
 * PROTO_LINKS_PENDING_MAX of them, are under way; -ENOSPC: LEFTOVERS_MAX links are set; errno of connecting
 * or of writing the list. Nothing is changed then.
 */
int resolved_set_link(
        struct resolved *resolved, const struct proto_header *request, const struct proto_link *link);

/* Likewise; -ENOENT: not set by us. */
int resolved_revert_link(struct resolved *resolved, const struct proto_header *request, int ifindex);

/*
 * Takes back all that is set, waiting for at most USEC; the event loop must have ended. Returns the number of
 * links that are still set: they stay in the list.
 */
size_t resolved_undo(struct resolved *resolved, uint64_t usec);
