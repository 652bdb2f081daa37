/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * /etc/share53/share53.conf and its drop-ins (share53.conf.d, *.conf in name order; later ones win). INI,
 * read by inih; an unknown section or key, a key set twice in one file, a line too long for inih are errors
 * with file and line, never ignored. config/share53.conf shows every key with its default.
 *
 *   [Share]   Addresses=      auto, or addresses with blanks between them, which may go on on lines that
 *                             begin with a blank; auto: 127.53.0.1, else the next free of 127.53.0.0/24
 *             PortPolicy=     auto, bind, xdp, port
 *             ListenPort=     first of 64 ports for the listeners behind XDP: 15353; 1024 to 65472
 *   [Host]    Manager=        auto; none: never touch the host's DNS
 *   [Log]     Level=          error, warning, info, debug
 *   [Limits]  PendingCalls=   these three per uid but root's: 32
 *             Zones=          256
 *             Records=        100000
 */

#include "common/endpoint.h"

#define CONFIG_ADDRESSES_MAX 64

/* What the limits may be set to. */
#define CONFIG_PENDING_CALLS_MAX 128
#define CONFIG_ZONES_MAX 100000
#define CONFIG_RECORDS_MAX 10000000

enum config_policy { CONFIG_POLICY_AUTO, CONFIG_POLICY_BIND, CONFIG_POLICY_XDP, CONFIG_POLICY_PORT };
const char *config_policy_to_text(enum config_policy policy);

struct config {
        size_t n_addresses;
        struct config_address {
                bool automatic;           /* "auto": then `endpoint` is 127.53.0.1, the first to try */
                struct endpoint endpoint; /* port 53; each one once */
        } addresses[CONFIG_ADDRESSES_MAX];
        enum config_policy policy;
        uint16_t listen_port;
        bool manage_host;
        int log_level; /* syslog(3) */
        uint32_t pending_calls_max;
        uint32_t zones_max;
        uint32_t records_max;
};

void config_default(struct config *ret);

/*
 * Reads FILE (absent: the defaults) and DROPIN_DIR. -EINVAL: a line is wrong, and *RET_REASON is a malloc'ed
 * "FILE:LINE: what, and what is allowed"; another negative errno: a file could not be read, and *RET_REASON
 * names it (or is NULL for want of memory). RET is untouched on failure, RET_REASON on success.
 */
int config_load(const char *file, const char *dropin_dir, struct config *ret, char **ret_reason);
