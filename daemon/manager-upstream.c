/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/manager-upstream.h"

#include <assert.h>
#include <string.h>

#include "common/log.h"
#include "common/reason.h"
#include "daemon/bus/bus-status.h"
#include "daemon/bus/bus-upstream.h"
#include "daemon/dns/query-forward.h"
#include "daemon/dns/upstream.h"

#define OUTSTANDING_MAX 8192 /* queries that wait for upstreams, of all clients */
#define OWN_MAX (3 * CONFIG_ADDRESSES_MAX)

static_assert(CONFIG_RULES_MAX + CONFIG_UPSTREAMS_MAX + 2 <= FORWARD_RULES_MAX,
        "the rules of the bus leave room for those of the configuration, its default and the host's");

static struct forward_options options_of(const struct config *config)
{
        return (struct forward_options){
                .cache_octets = config->cache_octets,
                .expired_seconds = config->expired_seconds,
                .per_client_max = config->forwards_max,
                .outstanding_max = OUTSTANDING_MAX,
                .trust_anchor = config->trust_anchor,
                .certificates = config->certificates,
        };
}

/* Where we answer: what clients ask, where our sockets are, and what is wanted but not held yet. */
static size_t own_endpoints(const struct manager *m, struct endpoint own[OWN_MAX])
{
        size_t n = 0;

        for (size_t i = 0; m->ladder && i < ladder_shares(m->ladder); i++) {
                const struct ladder_share *s = ladder_share_at(m->ladder, i);
                const struct endpoint *all[] = {&s->wanted, &s->address, &s->listener};

                for (size_t j = 0; j < ELEMENTSOF(all) && n < OWN_MAX; j++)
                        if (all[j]->family != AF_UNSPEC)
                                own[n++] = *all[j];
        }
        return n;
}

bool manager_upstream_is_own(const struct manager *m, const struct endpoint *e)
{
        struct endpoint own[OWN_MAX];
        size_t n = own_endpoints(m, own);

        for (size_t i = 0; i < n; i++)
                if (endpoint_equal(&own[i], e))
                        return true;
        return false;
}

/* The rule of ORIGIN for DOMAIN, or NULL. */
static const struct upstream_rule *find_rule(
        const struct manager *m, const struct name *domain, enum upstream_origin origin)
{
        const struct upstream_rule *rule;

        for (size_t i = 0; (rule = forward_rule_at(m->queries.forward, i)); i++)
                if (rule->origin == origin && name_equal(&rule->domain, domain))
                        return rule;
        return NULL;
}

static bool rules_equal(const struct upstream_rule *a, const struct upstream_rule *b)
{
        if (a->flags != b->flags || a->n_servers != b->n_servers)
                return false;
        for (size_t i = 0; i < a->n_servers; i++)
                if (!endpoint_equal(&a->servers[i].endpoint, &b->servers[i].endpoint) ||
                        strcmp(a->servers[i].tls_name, b->servers[i].tls_name) != 0)
                        return false;
        return true;
}

/* Sets RULE, unless it is so already: its cache stays then. */
static void set_rule(struct manager *m, const struct upstream_rule *rule)
{
        const struct upstream_rule *former = find_rule(m, &rule->domain, rule->origin);
        _cleanup_free_ char *reason = NULL;
        char domain[NAME_TEXT_SIZE];
        int r;

        if (former && rules_equal(former, rule))
                return;
        r = forward_set_rule(m->queries.forward, rule);
        if (r < 0)
                log_error_errno(r, "Upstream %s is not used", name_to_text_bare(&rule->domain, domain));
        else if (manager_upstream_check(m, rule, &reason) < 0)
                log_warning("Upstream %s: %s", name_to_text_bare(&rule->domain, domain),
                        reason ? reason : "out of memory");
}

static void remove_rule(struct manager *m, const struct name *domain, enum upstream_origin origin)
{
        const struct name copy = *domain; /* it may be the rule's own */
        char text[NAME_TEXT_SIZE];
        int r = forward_remove_rule(m->queries.forward, &copy, origin);

        if (r < 0 && r != -ENOENT)
                log_error_errno(r, "Upstream %s is still used", name_to_text_bare(&copy, text));
}

static bool config_has_rule(const struct config *config, const struct name *domain)
{
        if (name_is_root(domain))
                return config->upstream == CONFIG_UPSTREAM_SERVERS;
        for (size_t i = 0; i < config->n_rules; i++)
                if (name_equal(&config->rules[i].rule.domain, domain))
                        return true;
        return false;
}

static struct upstream_rule root_rule(const struct config *config, enum upstream_origin origin)
{
        struct upstream_rule rule = {
                .origin = origin,
                .flags = config->upstream_validate ? UPSTREAM_VALIDATE : 0,
        };

        (void)name_from_text(".", NULL, &rule.domain);
        return rule;
}

static void apply_config(struct manager *m)
{
        const struct config *config = &m->config;
        const struct upstream_rule *rule;

        for (size_t i = 0; (rule = forward_rule_at(m->queries.forward, i));)
                if (rule->origin == UPSTREAM_ORIGIN_CONFIG && !config_has_rule(config, &rule->domain))
                        remove_rule(m, &rule->domain, UPSTREAM_ORIGIN_CONFIG);
                else
                        i++;
        for (size_t i = 0; i < config->n_rules; i++)
                set_rule(m, &config->rules[i].rule);
        if (config->upstream == CONFIG_UPSTREAM_SERVERS) {
                struct upstream_rule root = root_rule(config, UPSTREAM_ORIGIN_CONFIG);

                root.n_servers = config->n_upstream_servers;
                memcpy(root.servers, config->upstream_servers, root.n_servers * sizeof(*root.servers));
                set_rule(m, &root);
        }
}

/* The host's servers become the default upstream, or none is. */
static void apply_host(struct manager *m)
{
        struct upstream_rule rule = root_rule(&m->config, UPSTREAM_ORIGIN_HOST);

        if (m->host_upstream)
                rule.n_servers = host_upstream_servers(m->host_upstream);
        if (rule.n_servers == 0) {
                remove_rule(m, &rule.domain, UPSTREAM_ORIGIN_HOST);
                return;
        }
        for (size_t i = 0; i < rule.n_servers; i++)
                rule.servers[i].endpoint = *host_upstream_server_at(m->host_upstream, i);
        set_rule(m, &rule);
}

static void on_host_changed(void *userdata)
{
        struct manager *m = userdata;
        const char *file = host_upstream_file(m->host_upstream);

        log_info("The default upstream is %s%s now", *file ? "that of " : "none", file);
        apply_host(m);
        bus_status_changed(m->api, BUS_STATUS_UPSTREAMS);
}

static bool is_host_displaced(void *userdata)
{
        const struct manager *m = userdata;

        return m->n_links > 0 || (m->host && hostdns_wants_links(m->host));
}

/* Begins or ends to read the host's files, as Servers= has it. */
static void apply_host_wish(struct manager *m)
{
        const struct host_upstream_events events = {
                .changed = on_host_changed,
                .displaced = is_host_displaced,
                .userdata = m,
        };
        bool wanted = m->config.upstream == CONFIG_UPSTREAM_HOST;
        int r;

        if (!wanted && m->host_upstream)
                m->host_upstream = host_upstream_free(m->host_upstream);
        if (wanted && !m->host_upstream) {
                r = host_upstream_new(m->event, &host_upstream_files, &events, &m->host_upstream);
                if (r < 0)
                        log_error_errno(r, "Cannot tell whom this host would ask: no default upstream");
        }
        manager_upstream_own_changed(m);
}

int manager_upstream_start(struct manager *m)
{
        const struct forward_options options = options_of(&m->config);
        int r = forward_new(m->event, &options, query_forward_ready, &m->queries, &m->queries.forward);

        if (r < 0)
                return r;
        apply_config(m);
        apply_host_wish(m);
        return 0;
}

void manager_upstream_reload(struct manager *m)
{
        const struct forward_options options = options_of(&m->config);
        int r = forward_set_options(m->queries.forward, &options);

        if (r < 0)
                log_error_errno(r, "The settings of upstreams stay as they were");
        apply_config(m);
        apply_host_wish(m);
}

void manager_upstream_own_changed(struct manager *m)
{
        struct endpoint own[OWN_MAX];
        size_t n = own_endpoints(m, own);
        int r = forward_set_own(m->queries.forward, own, n);

        if (r >= 0 && m->host_upstream)
                r = host_upstream_set_own(m->host_upstream, own, n);
        if (r < 0)
                log_error_errno(r, "Cannot keep upstreams from leading back to us");
        apply_host(m);
        bus_status_changed(m->api, BUS_STATUS_UPSTREAMS);
}

static int check_readable(const char *what, const char *path, const char *key, char **ret_reason)
{
        if (access(path, R_OK) == 0)
                return 0;
        return reason_set(
                ret_reason, -EOPNOTSUPP, "%s cannot be read: %s: %s (%s=)", what, path, strerror(errno), key);
}

int manager_upstream_check(const struct manager *m, const struct upstream_rule *rule, char **ret_reason)
{
        bool tls = false;

        if (rule->flags & UPSTREAM_VALIDATE && rule->n_servers > 0) {
                int r = check_readable(
                        "the trust anchor for validation", m->config.trust_anchor, "TrustAnchor", ret_reason);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < rule->n_servers; i++)
                tls = tls || *rule->servers[i].tls_name;
        if (tls && upstream_tls_trouble())
                return reason_set(ret_reason, -EOPNOTSUPP, "%s", upstream_tls_trouble());
        return tls ? check_readable("the authorities for DNS over TLS", m->config.certificates,
                             "Certificates", ret_reason)
                   : 0;
}

static const char *origin_words(const struct manager *m, enum upstream_origin origin)
{
        switch (origin) {
        case UPSTREAM_ORIGIN_BUS:
                return "set by SetUpstream";
        case UPSTREAM_ORIGIN_CONFIG:
                return "set by share53.conf";
        case UPSTREAM_ORIGIN_HOST:
                return "what this host used before";
        }
        return "";
}

int manager_upstream_explain(const struct manager *m, hostdns_explain_t line, void *userdata)
{
        char domain[NAME_TEXT_SIZE], step[NAME_TEXT_SIZE + 16], servers[BUS_UPSTREAM_TEXT_SIZE], detail[128];
        const struct upstream_rule *rule;
        int r = 0;

        if (m->host_upstream)
                r = host_upstream_explain(m->host_upstream, line, userdata);
        for (size_t i = 0; r >= 0 && (rule = forward_rule_at(m->queries.forward, i)); i++) {
                const char *trouble = forward_rule_trouble(m->queries.forward, i);

                snprintf(step, sizeof(step), "upstream %s", name_to_text_bare(&rule->domain, domain));
                snprintf(detail, sizeof(detail), "%s%s%s%s", origin_words(m, rule->origin),
                        rule->flags & UPSTREAM_VALIDATE ? ", validates" : "", trouble ? "; not used: " : "",
                        trouble ? trouble : "");
                r = line(userdata, step,
                        rule->n_servers > 0 ? bus_upstream_servers_text(rule, ", ", servers) : "blocked",
                        detail);
        }
        return r;
}
