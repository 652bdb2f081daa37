/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tells that the host's addresses or links have changed (rtnetlink(7)): once for many changes, not which. */

#include <systemd/sd-event.h>

#include "common/endpoint.h"

#define NETWATCH_COALESCE_USEC (50 * 1000ULL)

struct netwatch;

/* ADDRESSES: one came or went; LINKS: one came, went or changed. Either may be NULL. */
int netwatch_new(sd_event *event, void (*addresses)(void *userdata), void (*links)(void *userdata),
        void *userdata, struct netwatch **ret);
struct netwatch *netwatch_free(struct netwatch *watch);
DEFINE_CLEANUP(struct netwatch *, netwatch_free)

/* Whether packets to E's address stay on this host: 127.0.0.0/8, or an address of a link. True in doubt. */
bool netwatch_is_local(const struct endpoint *e);
