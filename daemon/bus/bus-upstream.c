/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/bus/bus-upstream.h"

#include <string.h>
#include <sys/queue.h>

#include "common/log.h"
#include "daemon/bus/bus-api.h"
#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-status.h"
#include "daemon/dns/forward.h"
#include "daemon/manager-upstream.h"

#define FLAGS_KNOWN ((uint64_t)(UPSTREAM_VALIDATE | UPSTREAM_PERSISTENT))

/* A change that is in force and waits for the disk. */
struct change {
        TAILQ_ENTRY(change) list;
        struct bus_api *api;
        sd_bus_message *call;
        struct name domain;
        struct upstream_rule *former; /* NULL: there was none */
        bool reverted;                /* for an older one's failure: its own is still to be told */
};
TAILQ_HEAD(change_list, change);

struct bus_upstream_queue {
        struct bus_api *api;
        struct change_list changes; /* the oldest first */
        size_t n_changes;
};

int bus_upstream_queue_new(struct bus_api *api, struct bus_upstream_queue **ret)
{
        struct bus_upstream_queue *queue = calloc(1, sizeof(*queue));

        if (!queue)
                return -ENOMEM;
        queue->api = api;
        TAILQ_INIT(&queue->changes);
        *ret = queue;
        return 0;
}

static struct change *change_end(struct change *c)
{
        sd_bus_message_unref(c->call);
        free(c->former);
        free(c);
        return NULL;
}
DEFINE_CLEANUP(struct change *, change_end)

struct bus_upstream_queue *bus_upstream_queue_free(struct bus_upstream_queue *queue)
{
        struct change *c;

        while ((c = TAILQ_FIRST(&queue->changes))) {
                TAILQ_REMOVE(&queue->changes, c, list);
                change_end(c);
        }
        free(queue);
        return NULL;
}

/* The bus's rule for DOMAIN, or NULL. */
static const struct upstream_rule *find_rule(const struct bus_api *api, const struct name *domain)
{
        const struct upstream_rule *rule;

        for (size_t i = 0; (rule = forward_rule_at(api->manager->queries.forward, i)); i++)
                if (rule->origin == UPSTREAM_ORIGIN_BUS && name_equal(&rule->domain, domain))
                        return rule;
        return NULL;
}

static void revert(struct change *c)
{
        struct forward *forward = c->api->manager->queries.forward;
        char domain[NAME_TEXT_SIZE];
        int r;

        if (c->former)
                r = forward_set_rule(forward, c->former);
        else
                r = forward_remove_rule(forward, &c->domain, UPSTREAM_ORIGIN_BUS);
        c->reverted = true;
        if (r < 0 && r != -ENOENT)
                log_error_errno(r, "Upstream %s is not what it was", name_to_text_bare(&c->domain, domain));
}

static int set_storage_error(sd_bus_error *error, const struct name *domain, int r)
{
        char text[NAME_TEXT_SIZE], quoted[BUS_ERROR_QUOTE_SIZE];

        return sd_bus_error_setf(error, BUS_ERROR_STORAGE_FAILED,
                "The change of upstream \"%s\" could not be made durable, and was taken back: %s",
                bus_error_quote(name_to_text_bare(domain, text), quoted), strerror(-r));
}

static void on_stored(void *userdata, int r)
{
        _cleanup_(change_endp) struct change *c = userdata;
        struct bus_upstream_queue *queue = c->api->upstreams;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        struct change *i;

        /* The journal fails all that is pending together with the oldest (journal.h). */
        if (r < 0)
                TAILQ_FOREACH_REVERSE(i, &queue->changes, change_list, list)
        if (!i->reverted)
                revert(i);
        TAILQ_REMOVE(&queue->changes, c, list);
        queue->n_changes--;
        bus_status_changed(c->api, BUS_STATUS_UPSTREAMS);
        if (r >= 0) {
                (void)sd_bus_reply_method_return(c->call, "");
                return;
        }
        (void)set_storage_error(&error, &c->domain, r);
        (void)sd_bus_reply_method_error(c->call, &error);
}

/* In force from here on: RULE, or none for DOMAIN. */
static int put_in_force(struct bus_api *api, const struct upstream_rule *rule, const struct name *domain)
{
        struct forward *forward = api->manager->queries.forward;

        return rule ? forward_set_rule(forward, rule)
                    : forward_remove_rule(forward, domain, UPSTREAM_ORIGIN_BUS);
}

/* Puts RULE (NULL: none) in force and on its way to the disk; CALL is answered when it is there. */
static int commit(struct bus_api *api, sd_bus_message *call, const struct upstream_rule *rule,
        const struct name *domain, sd_bus_error *error)
{
        _cleanup_(change_endp) struct change *c = calloc(1, sizeof(*c));
        const struct upstream_rule *former = find_rule(api, domain);
        int r;

        if (!c)
                return -ENOMEM;
        if (api->upstreams->n_changes >= BUS_UPSTREAM_PENDING_MAX)
                return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED,
                        "More than %i changes wait for the disk, the limit", BUS_UPSTREAM_PENDING_MAX);
        if (bus_auth_crowded(api->auth))
                return sd_bus_error_setf(
                        error, BUS_ERROR_QUOTA_EXCEEDED, "Calls that wait hold too many file descriptors");
        c->api = api;
        c->call = sd_bus_message_ref(call);
        c->domain = *domain;
        c->former = former ? malloc(sizeof(*former)) : NULL;
        if (former && !c->former)
                return -ENOMEM;
        if (former)
                *c->former = *former;

        r = put_in_force(api, rule, &c->domain);
        if (r < 0)
                return r;
        r = journal_submit_upstream(api->manager->journal, rule, c->former, on_stored, c);
        if (r < 0) {
                revert(c);
                return set_storage_error(error, &c->domain, r);
        }
        TAILQ_INSERT_TAIL(&api->upstreams->changes, c, list);
        api->upstreams->n_changes++;
        c = NULL; /* on_stored's */
        return 1;
}

static int set_invalid(sd_bus_error *error, size_t i, const char *server, const char *objection)
{
        char quoted[BUS_ERROR_QUOTE_SIZE];

        return sd_bus_error_setf(error, BUS_ERROR_INVALID_UPSTREAM, "Server %zu (\"%s\"): %s", i,
                bus_error_quote(server, quoted), objection);
}

static int read_address(
        sd_bus_message *m, size_t i, struct endpoint *ret, const char **ret_tls_name, sd_bus_error *error)
{
        struct endpoint e = {};
        char text[32];
        const void *octets;
        size_t size;
        int32_t family;
        int r;

        r = sd_bus_message_read(m, "i", &family);
        if (r >= 0)
                r = sd_bus_message_read_array(m, 'y', &octets, &size);
        if (r >= 0)
                r = sd_bus_message_read(m, "qs", &e.port, ret_tls_name);
        if (r < 0)
                return r;
        e.family = family;
        if (endpoint_address_size(&e) == 0) {
                snprintf(text, sizeof(text), "family %i", family);
                return set_invalid(error, i, text, "neither AF_INET (2) nor AF_INET6 (10)");
        }
        if (endpoint_address_size(&e) != size) {
                snprintf(text, sizeof(text), "%zu octets", size);
                return set_invalid(error, i, text,
                        e.family == AF_INET ? "an IPv4 address has 4" : "an IPv6 address has 16");
        }
        memcpy(e.addr.bytes, octets, size);
        if (e.port == 0)
                e.port = **ret_tls_name ? UPSTREAM_PORT_TLS : UPSTREAM_PORT;
        *ret = e;
        return 0;
}

/* What is wrong with the server E of RULE, a constant; NULL: nothing. */
static const char *server_trouble(const struct bus_api *api, const struct upstream_rule *rule,
        const struct endpoint *e, const char *tls_name)
{
        if (server_objection(e))
                return server_objection(e);
        if (manager_upstream_is_own(api->manager, e))
                return "an address of our own: what is asked there would come back to us";
        for (size_t i = 0; i < rule->n_servers; i++)
                if (endpoint_equal(&rule->servers[i].endpoint, e))
                        return "given twice";
        if (rule->n_servers > 0 && !*rule->servers[0].tls_name != !*tls_name)
                return UPSTREAM_MIXED;
        return NULL;
}

static int read_server(
        const struct bus_api *api, sd_bus_message *m, struct upstream_rule *rule, sd_bus_error *error)
{
        struct upstream_server *server = &rule->servers[rule->n_servers];
        char text[ENDPOINT_TEXT_SIZE];
        const char *tls_name, *trouble;
        struct endpoint e;
        int r = read_address(m, rule->n_servers, &e, &tls_name, error);

        if (r < 0)
                return r;
        if (*tls_name && !server_tls_name_valid(tls_name))
                return set_invalid(error, rule->n_servers, tls_name, "a TLS name is a host name");
        trouble = server_trouble(api, rule, &e, tls_name);
        if (trouble)
                return set_invalid(error, rule->n_servers, endpoint_to_text(&e, text), trouble);
        server->endpoint = e;
        strcpy(server->tls_name, tls_name);
        rule->n_servers++;
        return 0;
}

static int read_servers(
        const struct bus_api *api, sd_bus_message *m, struct upstream_rule *rule, sd_bus_error *error)
{
        int r = sd_bus_message_enter_container(m, 'a', "(iayqs)");

        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'r', "iayqs")) > 0) {
                if (rule->n_servers == UPSTREAM_SERVERS_MAX)
                        return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED,
                                "More than %i servers for one domain, the limit", UPSTREAM_SERVERS_MAX);
                r = read_server(api, m, rule, error);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_domain(sd_bus_message *m, const char *what, struct name *ret, sd_bus_error *error)
{
        char quoted[BUS_ERROR_QUOTE_SIZE];
        const char *text;
        int r = sd_bus_message_read(m, "s", &text);

        if (r < 0)
                return r;
        if (name_from_text(text, NULL, ret) < 0)
                return sd_bus_error_setf(error, BUS_ERROR_INVALID_NAME, "%s \"%s\": not a domain name", what,
                        bus_error_quote(text, quoted));
        return 0;
}

static int read_rule(
        const struct bus_api *api, sd_bus_message *m, struct upstream_rule *ret, sd_bus_error *error)
{
        _cleanup_free_ char *reason = NULL;
        int r;

        r = read_domain(m, "Domain", &ret->domain, error);
        if (r < 0)
                return r;
        r = read_servers(api, m, ret, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(m, "t", &ret->flags);
        if (r < 0)
                return r;
        if (ret->flags & ~FLAGS_KNOWN)
                return sd_bus_error_setf(error, BUS_ERROR_INVALID_FLAGS, "Unknown flags 0x%llx",
                        (unsigned long long)(ret->flags & ~FLAGS_KNOWN));
        ret->origin = UPSTREAM_ORIGIN_BUS;
        r = manager_upstream_check(api->manager, ret, &reason);
        if (r == -EOPNOTSUPP)
                return bus_error_set_text(error, BUS_ERROR_NOT_SUPPORTED, reason ? reason : strerror(-r));
        return r;
}

/* Whether the caller may have RULE beside those that it has. */
static int check_quota(const struct bus_api *api, const struct upstream_rule *rule, sd_bus_error *error)
{
        const struct upstream_rule *i;
        size_t n = 0, n_own = 0, limit = api->manager->config.upstreams_max;

        for (size_t at = 0; (i = forward_rule_at(api->manager->queries.forward, at)); at++) {
                if (i->origin != UPSTREAM_ORIGIN_BUS || name_equal(&i->domain, &rule->domain))
                        continue;
                n++;
                n_own += i->uid == rule->uid;
        }
        if (rule->uid != 0 && n_own >= limit)
                return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED,
                        "More than %zu upstreams of one user (Upstreams=)", limit);
        if (n >= CONFIG_UPSTREAMS_MAX)
                return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED, "More than %i upstreams, the limit",
                        CONFIG_UPSTREAMS_MAX);
        return 0;
}

int bus_upstream_method_set(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct bus_api *api = userdata;
        struct upstream_rule rule = {};
        char domain[NAME_TEXT_SIZE];
        int r;

        r = read_rule(api, m, &rule, error);
        if (r < 0)
                return r;
        struct bus_auth_request request = {
                .action = BUS_AUTH_MANAGE_UPSTREAMS,
                .domain = name_to_text_bare(&rule.domain, domain),
                .octets = sizeof(rule),
                .handler = bus_upstream_method_set,
                .userdata = api,
        };
        r = bus_auth_check(api->auth, m, &request, &rule.uid, error);
        if (r <= 0)
                return r < 0 ? r : 1;
        r = check_quota(api, &rule, error);
        if (r < 0)
                return r;
        return commit(api, m, &rule, &rule.domain, error);
}

int bus_upstream_method_remove(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct bus_api *api = userdata;
        char text[NAME_TEXT_SIZE], quoted[BUS_ERROR_QUOTE_SIZE];
        struct name domain;
        uid_t uid;
        int r;

        r = read_domain(m, "Domain", &domain, error);
        if (r < 0)
                return r;
        if (!find_rule(api, &domain))
                return sd_bus_error_setf(error, BUS_ERROR_NO_SUCH_UPSTREAM,
                        "SetUpstream has set no upstream for \"%s\"",
                        bus_error_quote(name_to_text_bare(&domain, text), quoted));
        struct bus_auth_request request = {
                .action = BUS_AUTH_MANAGE_UPSTREAMS,
                .domain = name_to_text_bare(&domain, text),
                .handler = bus_upstream_method_remove,
                .userdata = api,
        };
        r = bus_auth_check(api->auth, m, &request, &uid, error);
        if (r <= 0)
                return r < 0 ? r : 1;
        return commit(api, m, NULL, &domain, error);
}

int bus_upstream_method_flush(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct bus_api *api = userdata;
        struct name name;
        uid_t uid;
        int r;

        r = read_domain(m, "Name", &name, error);
        if (r < 0)
                return r;
        struct bus_auth_request request = {
                .action = BUS_AUTH_FLUSH_CACHE,
                .handler = bus_upstream_method_flush,
                .userdata = api,
        };
        r = bus_auth_check(api->auth, m, &request, &uid, error);
        if (r <= 0)
                return r < 0 ? r : 1;
        return sd_bus_reply_method_return(
                m, "t", (uint64_t)forward_flush(api->manager->queries.forward, &name));
}
