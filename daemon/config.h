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
 *   [Upstream]        Servers=       auto: those that the host used before us; none; or servers as
 *                                    common/server.h reads them, going on as Addresses= does
 *                     Validate=      yes, no: DNSSEC
 *                     TrustAnchor=   file of the root's keys, for rules that validate
 *                     Certificates=  file of the authorities that TLS names are checked against
 *                     CacheSize=     octets, perhaps with K or M: 16M; 0 to 1024M
 *                     ServeExpired=  seconds: 86400; 0 (not at all) to 604800
 *   [Upstream DOMAIN] Servers=       for names at and below DOMAIN: servers, or block
 *                     Validate=      yes, no
 *   [Log]     Level=          error, warning, info, debug
 *   [Limits]  PendingCalls=   these four per uid but root's: 32
 *             Zones=          256
 *             Records=        100000
 *             Upstreams=      32: rules of SetUpstream
 *             Forwards=       queries of one client address that wait for upstreams: 256
 */

#include "common/endpoint.h"
#include "daemon/dns/upstream-rule.h"

#define CONFIG_ADDRESSES_MAX 64
#define CONFIG_RULES_MAX 100 /* sections [Upstream DOMAIN] */
#define CONFIG_PATH_SIZE 256

/* What the limits may be set to. */
#define CONFIG_PENDING_CALLS_MAX 128
#define CONFIG_ZONES_MAX 100000
#define CONFIG_RECORDS_MAX 10000000
#define CONFIG_UPSTREAMS_MAX 150
#define CONFIG_FORWARDS_MAX 65535
#define CONFIG_CACHE_OCTETS_MAX (UINT64_C(1024) << 20)
#define CONFIG_EXPIRED_SECONDS_MAX 604800 /* RFC 8767 6: a week at most */

enum config_policy { CONFIG_POLICY_AUTO, CONFIG_POLICY_BIND, CONFIG_POLICY_XDP, CONFIG_POLICY_PORT };
const char *config_policy_to_text(enum config_policy policy);

enum config_upstream { CONFIG_UPSTREAM_HOST, CONFIG_UPSTREAM_NONE, CONFIG_UPSTREAM_SERVERS };

/* Of [Upstream DOMAIN]. */
struct config_rule {
        struct upstream_rule rule; /* its uid is root's */
        bool blocks;               /* Servers=block: then, and only then, there are no servers */
};

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
        uint32_t upstreams_max;
        uint32_t forwards_max;

        enum config_upstream upstream; /* the default upstream */
        bool upstream_validate;
        size_t n_upstream_servers; /* with CONFIG_UPSTREAM_SERVERS: 1 and more */
        struct upstream_server upstream_servers[UPSTREAM_SERVERS_MAX];
        char trust_anchor[CONFIG_PATH_SIZE];
        char certificates[CONFIG_PATH_SIZE];
        size_t cache_octets;
        uint32_t expired_seconds;
        size_t n_rules;
        struct config_rule *rules; /* malloc'ed; each domain once */
};

void config_default(struct config *ret);
void config_done(struct config *config); /* frees what it owns */

/*
 * Reads FILE (absent: the defaults) and DROPIN_DIR. -EINVAL: a line is wrong, and *RET_REASON is a malloc'ed
 * "FILE:LINE: what, and what is allowed"; another negative errno: a file could not be read, and *RET_REASON
 * names it (or is NULL for want of memory). RET is untouched on failure, RET_REASON on success. What RET had
 * is not freed.
 */
int config_load(const char *file, const char *dropin_dir, struct config *ret, char **ret_reason);
