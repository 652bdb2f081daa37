/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * /etc/share53/share53.conf and its drop-ins (share53.conf.d, *.conf in name order; later ones win). INI,
 * read by inih; an unknown section or key is an error with file and line, never ignored.
 *
 *   [Share]   Addresses=auto | ADDRESS…   default auto: 127.53.0.1, else the next free of 127.53.0.0/24
 *             PortPolicy=auto|bind|xdp|port
 *             ListenPort=PORT              first of 64 ports for the listeners behind XDP; default 15353,
 * 1024…65472 [Host]    Manager=auto|none            none: never touch the host's DNS [Log]
 * Level=error|warning|info|debug [Limits]  PendingCalls=, Zones=, Records=   per uid but root's
 */

#include "common/endpoint.h"

#define CONFIG_ADDRESSES_MAX 64

enum config_policy { CONFIG_POLICY_AUTO, CONFIG_POLICY_BIND, CONFIG_POLICY_XDP, CONFIG_POLICY_PORT };
const char *config_policy_to_text(enum config_policy policy);

struct config {
        size_t n_addresses;
        struct config_address {
                bool automatic;           /* "auto" */
                struct endpoint endpoint; /* port 53 */
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
 * Reads FILE (absent: the defaults) and DROPIN_DIR. On -EINVAL, *RET_REASON is a malloc'ed "FILE:LINE: what"
 * and RET is untouched. -errno of opening otherwise.
 */
int config_load(const char *file, const char *dropin_dir, struct config *ret, char **ret_reason);
