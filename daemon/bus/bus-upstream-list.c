/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What can be read of upstreams: ListUpstreams and the property. */

#include "daemon/bus/bus-api.h"
#include "daemon/bus/bus-upstream.h"
#include "daemon/dns/forward.h"
#include "daemon/manager.h"

const char *bus_upstream_servers_text(
        const struct upstream_rule *rule, const char *separator, char buf[BUS_UPSTREAM_TEXT_SIZE])
{
        char text[SERVER_TEXT_SIZE];
        size_t n = 0;

        buf[0] = '\0';
        for (size_t i = 0; i < rule->n_servers; i++)
                n += (size_t)snprintf(buf + n, BUS_UPSTREAM_TEXT_SIZE - n, "%s%s", i > 0 ? separator : "",
                        server_to_text(&rule->servers[i].endpoint, rule->servers[i].tls_name, text));
        return buf;
}

static int append_servers(sd_bus_message *reply, const struct upstream_rule *rule)
{
        int r = sd_bus_message_open_container(reply, 'a', "(iayqs)");

        for (size_t i = 0; r >= 0 && i < rule->n_servers; i++) {
                const struct endpoint *e = &rule->servers[i].endpoint;

                r = sd_bus_message_open_container(reply, 'r', "iayqs");
                if (r >= 0)
                        r = sd_bus_message_append(reply, "i", e->family);
                if (r >= 0)
                        r = sd_bus_message_append_array(reply, 'y', e->addr.bytes, endpoint_address_size(e));
                if (r >= 0)
                        r = sd_bus_message_append(reply, "qs", e->port, rule->servers[i].tls_name);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_rule(sd_bus_message *reply, const struct upstream_rule *rule, const char *trouble)
{
        static const char *const origins[] = {
                [UPSTREAM_ORIGIN_BUS] = "bus",
                [UPSTREAM_ORIGIN_CONFIG] = "config",
                [UPSTREAM_ORIGIN_HOST] = "host",
        };
        char domain[NAME_TEXT_SIZE];
        int r = sd_bus_message_open_container(reply, 'r', "sa(iayqs)tsus");

        if (r >= 0)
                r = sd_bus_message_append(reply, "s", name_to_text_bare(&rule->domain, domain));
        if (r >= 0)
                r = append_servers(reply, rule);
        if (r >= 0)
                r = sd_bus_message_append(reply, "tsus", rule->flags, origins[rule->origin],
                        (uint32_t)rule->uid, trouble ? trouble : "");
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

int bus_upstream_method_list(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        struct bus_api *api = userdata;
        const struct forward *forward = api->manager->queries.forward;
        const struct upstream_rule *rule;
        uid_t uid;
        int r;

        struct bus_auth_request request = {
                .action = BUS_AUTH_READ_STATUS,
                .handler = bus_upstream_method_list,
                .userdata = api,
        };
        r = bus_auth_check(api->auth, m, &request, &uid, error);
        if (r <= 0)
                return r < 0 ? r : 1;
        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(sa(iayqs)tsus)");
        for (size_t i = 0; r >= 0 && (rule = forward_rule_at(forward, i)); i++)
                r = append_rule(reply, rule, forward_rule_trouble(forward, i));
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

int bus_upstream_get_upstreams(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        const struct bus_api *api = userdata;
        const struct forward *forward = api->manager->queries.forward;
        char domain[NAME_TEXT_SIZE], servers[BUS_UPSTREAM_TEXT_SIZE];
        const struct upstream_rule *rule;
        int r = sd_bus_message_open_container(reply, 'a', "(ss)");

        for (size_t i = 0; r >= 0 && (rule = forward_rule_at(forward, i)); i++)
                if (!forward_rule_trouble(forward, i))
                        r = sd_bus_message_append(reply, "(ss)", name_to_text_bare(&rule->domain, domain),
                                bus_upstream_servers_text(rule, " ", servers));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}
