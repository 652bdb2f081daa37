/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The steps in which a link is set in systemd-resolved, each one method call (org.freedesktop.resolve1(5)).
 */

#include <systemd/sd-bus.h>

#include "common/proto.h"

/* In the order of a chain. Between its calls the link has no server of ours yet, so it draws no query. */
enum step {
        STEP_RESET, /* before a chain that leaves unset what the former one set */
        STEP_DEFAULT_ROUTE,
        STEP_DOMAINS,
        STEP_DNSSEC,
        STEP_DNS_OVER_TLS,
        STEP_LLMNR,
        STEP_MDNS,
        STEP_SERVERS,
        STEPS_N,
        STEP_REVERT = STEPS_N, /* instead of what follows, after a failure; or alone */
};

/* Whether STEP sets a proto_tristate, and whether WANTED has it set: else it is passed over. */
bool step_is_option(enum step step);
bool step_is_wanted(enum step step, const struct proto_link *wanted);

/* The method's name. WANTED may be NULL for STEP_RESET and STEP_REVERT, here and below. */
const char *step_method(enum step step, const struct proto_link *wanted);

/* The call, ready to be sent. WANTED has been checked to be well formed. */
int step_message(
        enum step step, sd_bus *bus, int ifindex, const struct proto_link *wanted, sd_bus_message **ret);
