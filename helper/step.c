/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "helper/step.h"

#include <string.h>

#include "common/endpoint.h"

static const struct {
        const char *method;
        size_t option;      /* offset in proto_link of a proto_tristate, for those steps that are one */
        const char *middle; /* the word for PROTO_MIDDLE */
} steps[] = {
        [STEP_RESET] = {"RevertLink", 0, NULL},
        [STEP_DEFAULT_ROUTE] = {"SetLinkDefaultRoute", offsetof(struct proto_link, default_route), NULL},
        [STEP_DOMAINS] = {"SetLinkDomains", 0, NULL},
        [STEP_DNSSEC] = {"SetLinkDNSSEC", offsetof(struct proto_link, dnssec), "allow-downgrade"},
        [STEP_DNS_OVER_TLS] = {"SetLinkDNSOverTLS", offsetof(struct proto_link, dns_over_tls),
                "opportunistic"},
        [STEP_LLMNR] = {"SetLinkLLMNR", offsetof(struct proto_link, llmnr), "resolve"},
        [STEP_MDNS] = {"SetLinkMulticastDNS", offsetof(struct proto_link, mdns), "resolve"},
        [STEP_SERVERS] = {"SetLinkDNS", 0, NULL},
        [STEP_REVERT] = {"RevertLink", 0, NULL},
};

static void message_unrefp(sd_bus_message **m)
{
        sd_bus_message_unref(*m);
}

static uint8_t option_of(const struct proto_link *wanted, enum step step)
{
        return ((const uint8_t *)wanted)[steps[step].option];
}

static bool has_ports(const struct proto_link *wanted)
{
        for (size_t i = 0; i < wanted->n_servers; i++)
                if (wanted->servers[i].port != 53)
                        return true;
        return false;
}

static int append_domains(sd_bus_message *m, const struct proto_link *wanted)
{
        char text[NAME_TEXT_SIZE];
        struct name name;
        int r;

        r = sd_bus_message_open_container(m, 'a', "(sb)");
        for (size_t i = 0; r >= 0 && i < wanted->n_domains; i++) {
                r = name_from_wire(wanted->domains[i].wire, wanted->domains[i].size, &name);
                if (r >= 0)
                        r = sd_bus_message_append(m, "(sb)", name_to_text_bare(&name, text),
                                wanted->domains[i].route_only == 1);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* SetLinkDNS a(iay), or SetLinkDNSEx a(iayqs): with a port, and no name for TLS. */
static int append_servers(sd_bus_message *m, const struct proto_link *wanted)
{
        bool ports = has_ports(wanted);
        int r;

        r = sd_bus_message_open_container(m, 'a', ports ? "(iayqs)" : "(iay)");
        for (size_t i = 0; r >= 0 && i < wanted->n_servers; i++) {
                const struct proto_endpoint *s = &wanted->servers[i];
                r = sd_bus_message_open_container(m, 'r', ports ? "iayqs" : "iay");
                if (r >= 0)
                        r = sd_bus_message_append(m, "i", (int)s->family);
                if (r >= 0)
                        r = sd_bus_message_append_array(m, 'y', s->address, s->family == AF_INET ? 4 : 16);
                if (r >= 0 && ports)
                        r = sd_bus_message_append(m, "qs", s->port, "");
                if (r >= 0)
                        r = sd_bus_message_close_container(m);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_option(sd_bus_message *m, uint8_t option, const char *middle)
{
        const char *word = option == PROTO_NO ? "no" : option == PROTO_YES ? "yes" : middle;

        return word ? sd_bus_message_append(m, "s", word) : -EINVAL;
}

static int append_arguments(sd_bus_message *m, enum step step, const struct proto_link *wanted)
{
        switch (step) {
        case STEP_RESET:
        case STEP_REVERT:
                return 0;
        case STEP_DEFAULT_ROUTE:
                return sd_bus_message_append(m, "b", wanted->default_route == PROTO_YES);
        case STEP_DOMAINS:
                return append_domains(m, wanted);
        case STEP_SERVERS:
                return append_servers(m, wanted);
        default:
                return append_option(m, option_of(wanted, step), steps[step].middle);
        }
}

bool step_is_option(enum step step)
{
        return steps[step].option > 0;
}

bool step_is_wanted(enum step step, const struct proto_link *wanted)
{
        return wanted && option_of(wanted, step) != PROTO_UNSET;
}

const char *step_method(enum step step, const struct proto_link *wanted)
{
        return step == STEP_SERVERS && has_ports(wanted) ? "SetLinkDNSEx" : steps[step].method;
}

int step_message(
        enum step step, sd_bus *bus, int ifindex, const struct proto_link *wanted, sd_bus_message **ret)
{
        _cleanup_(message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &m, "org.freedesktop.resolve1", "/org/freedesktop/resolve1",
                "org.freedesktop.resolve1.Manager", step_method(step, wanted));
        if (r >= 0)
                r = sd_bus_message_append(m, "i", ifindex);
        if (r >= 0)
                r = append_arguments(m, step, wanted);
        /* A resolved that does not run is not to be started by us; but one that had our settings keeps them
         * in its files, and must forget them. */
        if (r >= 0)
                r = sd_bus_message_set_auto_start(m, step == STEP_REVERT);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}
