/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How libunbound is set up for a rule; for upstream.c. */

#include <unbound.h>

#include "daemon/dns/upstream.h"
#include "daemon/dns/upstream-event.h"

/* As upstream_ask. */
int upstream_context_new(struct upstream_base *base, const struct upstream_options *options, bool validate,
        struct ub_ctx **ret, const char **ret_reason);
