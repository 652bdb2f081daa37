/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Forwarding as the manager wires it: options and rules of the configuration, the host's own servers as the
 * default (Servers=auto), and which addresses are ours. Rules of the bus come by daemon/bus/bus-upstream.
 */

#include "daemon/manager.h"

/* After the configuration was read, before the journal is loaded. */
int manager_upstream_start(struct manager *manager);

/* The configuration was read anew: its rules and options replace the former; the bus's are not touched. What
 * fails is logged. */
void manager_upstream_reload(struct manager *manager);

/* Call after the shares or the links that are pointed at us have changed. */
void manager_upstream_own_changed(struct manager *manager);

/* Whether E is where we ourselves answer. */
bool manager_upstream_is_own(const struct manager *manager, const struct endpoint *e);

/* Why rules like RULE cannot be served as they should be, a malloc'ed sentence: -EOPNOTSUPP; 0: nothing is
 * known against it. -ENOMEM. */
int manager_upstream_check(
        const struct manager *manager, const struct upstream_rule *rule, char **ret_reason);

/* Lines of Explain: what the host names, then each rule. */
int manager_upstream_explain(const struct manager *manager, hostdns_explain_t line, void *userdata);
