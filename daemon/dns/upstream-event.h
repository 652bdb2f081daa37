/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * libunbound's pluggable event base (unbound-event.h), on sd-event: descriptors and timers with the meaning
 * that libevent gives them. A callback may free its own event, or any other.
 */

#include <systemd/sd-event.h>
#include <unbound-event.h>

#include "common/util.h"

struct upstream_base;

int upstream_base_new(sd_event *event, struct upstream_base **ret);
/* Every context that uses it is gone by then. */
struct upstream_base *upstream_base_free(struct upstream_base *base);
DEFINE_CLEANUP(struct upstream_base *, upstream_base_free)

struct ub_event_base *upstream_base_unbound(struct upstream_base *base);
