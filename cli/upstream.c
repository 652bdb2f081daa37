/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* upstream: list, set, remove. */

#include <string.h>

#include "cli/service.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "common/server.h"

/* Flags of SetUpstream. */
#define UPSTREAM_VALIDATE UINT64_C(1)
#define UPSTREAM_PERSISTENT UINT64_C(2)

static char *format_servers(struct json_object *upstream, struct json_object *value)
{
        if (value && json_object_array_length(value) == 0)
                return strdup("blocked");
        return table_format_words(upstream, value);
}

static char *format_flags(struct json_object *upstream, struct json_object *value)
{
        uint64_t flags = value ? json_object_get_uint64(value) : 0;
        const char *origin = document_text(upstream, "origin");
        char text[128];

        snprintf(text, sizeof(text), "%s%s",
                strcmp(origin, "bus") != 0    ? origin
                : flags & UPSTREAM_PERSISTENT ? "persistent"
                                              : "runtime",
                flags & UPSTREAM_VALIDATE ? ",validate" : "");
        flags &= ~(UPSTREAM_VALIDATE | UPSTREAM_PERSISTENT);
        if (flags)
                snprintf(text + strlen(text), sizeof(text) - strlen(text), ",0x%" PRIx64, flags);
        return strdup(text);
}

static char *format_state(struct json_object *upstream, struct json_object *value)
{
        const char *trouble = document_text(upstream, "trouble");

        return strdup(*trouble ? trouble : "in use");
}

static enum text_style state_style(struct json_object *upstream, struct json_object *value)
{
        return *document_text(upstream, "trouble") ? TEXT_YELLOW : TEXT_GREEN;
}

static const struct table_column upstream_columns[] = {
        {.header = "DOMAIN", .key = "domain"},
        {.header = "LIFE", .key = "flags", .format = format_flags},
        {.header = "STATE", .key = "trouble", .format = format_state, .style = state_style},
        {.header = "OWNER", .key = "owner_uid", .format = table_format_user},
        {.header = "SERVERS", .key = "servers", .format = format_servers},
};

/* [family, [octets], port, TLS name] as the text that "upstream set" takes. -EBADMSG. */
static int server_text(struct json_object *server, char buf[SERVER_TEXT_SIZE])
{
        struct json_object *octets = json_object_array_get_idx(server, 1);
        const char *tls_name = json_object_get_string(json_object_array_get_idx(server, 3));
        struct endpoint e = {
                .family = json_object_get_int(json_object_array_get_idx(server, 0)),
                .port = (uint16_t)json_object_get_int(json_object_array_get_idx(server, 2)),
        };
        size_t size = endpoint_address_size(&e);

        if (size == 0 || json_object_array_length(octets) != size || strlen(tls_name) >= SERVER_TLS_NAME_SIZE)
                return -EBADMSG;
        for (size_t i = 0; i < size; i++)
                e.addr.bytes[i] = (uint8_t)json_object_get_int(json_object_array_get_idx(octets, i));
        (void)server_to_text(&e, tls_name, buf);
        return 0;
}

/* Puts texts in the place of UPSTREAM's servers. */
static int servers_to_texts(struct json_object *upstream)
{
        struct json_object *servers = json_object_object_get(upstream, "servers"), *text;
        _cleanup_json_ struct json_object *texts = json_object_new_array();
        char buf[SERVER_TEXT_SIZE];
        int r;

        for (size_t i = 0; texts && i < json_object_array_length(servers); i++) {
                r = server_text(json_object_array_get_idx(servers, i), buf);
                if (r < 0)
                        return r;
                text = json_object_new_string(buf);
                if (!text || json_object_array_add(texts, text) < 0) {
                        json_object_put(text);
                        return -ENOMEM;
                }
        }
        if (!texts || json_object_object_add(upstream, "servers", texts) < 0)
                return -ENOMEM;
        texts = NULL;
        return 0;
}

static int upstreams_read(sd_bus_message *reply, struct json_object **ret)
{
        static const char *const members[] = {
                "domain", "servers", "flags", "origin", "owner_uid", "trouble", NULL};
        _cleanup_json_ struct json_object *upstreams = NULL;
        int r = document_read(reply, members, &upstreams);

        for (size_t i = 0; r >= 0 && i < json_object_array_length(upstreams); i++)
                r = servers_to_texts(json_object_array_get_idx(upstreams, i));
        if (r < 0)
                return r;
        *ret = TAKE_PTR(upstreams);
        return 0;
}

static int run_upstream_list(struct ctl *ctl, char **words, size_t n_words)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_json_ struct json_object *upstreams = NULL, *document = NULL;
        int r = ctl_set_task(ctl, "list the upstreams");

        if (r < 0)
                return r;
        r = service_call(ctl, "ListUpstreams", "a(sa(iayqs)tsus)", &reply, "");
        if (r < 0)
                return r;
        r = upstreams_read(reply, &upstreams);
        if (r < 0)
                return r;
        r = document_new(&document, "upstreams", DOCUMENT_VALUE, json_object_get(upstreams), NULL);
        if (r < 0)
                return r;
        r = ctl_print_json(ctl, document);
        if (r == 0)
                r = table_print(
                        ctl->out, upstreams, upstream_columns, ELEMENTSOF(upstream_columns), ctl->colours);
        return r < 0 ? r : CTL_DONE;
}

static int append_server(sd_bus_message *m, const char *text, const char **ret_objection)
{
        char tls_name[SERVER_TLS_NAME_SIZE];
        struct endpoint e;
        int r;

        *ret_objection = server_from_text(text, &e, tls_name);
        if (*ret_objection)
                return -EINVAL;
        r = sd_bus_message_open_container(m, 'r', "iayqs");
        if (r >= 0)
                r = sd_bus_message_append(m, "i", e.family);
        if (r >= 0)
                r = sd_bus_message_append_array(m, 'y', e.addr.bytes, endpoint_address_size(&e));
        if (r >= 0)
                r = sd_bus_message_append(m, "qs", e.port, tls_name);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r;
}

static int print_upstream(struct ctl *ctl, const char *domain)
{
        _cleanup_json_ struct json_object *document = NULL;
        int r = document_new(&document, "domain", DOCUMENT_TEXT, domain, NULL);

        if (r < 0)
                return r;
        r = ctl_print_json(ctl, document);
        return r < 0 ? r : CTL_DONE;
}

static int run_upstream_set(struct ctl *ctl, char **words, size_t n_words)
{
        uint64_t flags = (ctl->options.given & OPTION_VALIDATE ? UPSTREAM_VALIDATE : 0) |
                         (ctl->options.given & OPTION_PERSISTENT ? UPSTREAM_PERSISTENT : 0);
        bool block = ctl->options.given & OPTION_BLOCK;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        const char *objection = NULL;
        int r;

        if (block != (n_words == 1))
                return ctl_usage(block ? "upstream set takes no SERVER with --block"
                                       : "upstream set wants a SERVER, or --block");
        r = ctl_set_task(ctl, "set the upstream of %s", words[0]);
        if (r < 0)
                return r;
        r = service_new_call(ctl, "SetUpstream", &m);
        if (r >= 0)
                r = sd_bus_message_append(m, "s", words[0]);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "(iayqs)");
        for (size_t i = 1; r >= 0 && i < n_words; i++) {
                r = append_server(m, words[i], &objection);
                if (objection)
                        return ctl_usage(
                                "\"%s\" is no server: %s; such as 192.0.2.53, [2001:db8::53]:5353 or "
                                "192.0.2.53#dns.example",
                                words[i], objection);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r >= 0)
                r = sd_bus_message_append(m, "t", flags);
        if (r >= 0)
                r = service_send(ctl, m, "", NULL);
        return r < 0 ? r : print_upstream(ctl, words[0]);
}

static int run_upstream_remove(struct ctl *ctl, char **words, size_t n_words)
{
        int r = ctl_set_task(ctl, "remove the upstream of %s", words[0]);

        if (r < 0)
                return r;
        r = service_call(ctl, "RemoveUpstream", "", NULL, "s", words[0]);
        return r < 0 ? r : print_upstream(ctl, words[0]);
}

const struct verb upstream_verbs[] = {
        {
                .group = "upstream",
                .name = "list",
                .by_default = true,
                .arguments = "",
                .max = 0,
                .summary = "List who is asked for names that are not ours",
                .help = "Of the upstreams whose domain a name is in, the one with the longest domain is "
                        "asked; "
                        "\".\"\n"
                        "is the default. Life is runtime or persistent for what \"upstream set\" has set, "
                        "config for\n"
                        "share53.conf, host for what this host used before.\n"
                        "\n"
                        "Examples:\n"
                        "  share53ctl upstream list\n"
                        "  share53ctl upstream list --json | jq -r '.upstreams[].domain'\n",
                .run = run_upstream_list,
        },
        {
                .group = "upstream",
                .name = "set",
                .arguments = "DOMAIN SERVER… [--validate] [--persistent] | DOMAIN --block",
                .min = 1,
                .max = VERB_ANY,
                .options = OPTION_PERSISTENT | OPTION_VALIDATE | OPTION_BLOCK,
                .summary = "Have names in a domain asked of these servers",
                .help = "SERVER is ADDRESS[:PORT][#TLSNAME]: with TLS names they are asked by DNS over TLS. "
                        "DOMAIN \".\"\n"
                        "is the default upstream. What was set for DOMAIN before is replaced. With "
                        "--validate "
                        "answers\n"
                        "are checked by DNSSEC; with --block the domain's names do not exist; with "
                        "--persistent it is\n"
                        "kept over reboots.\n"
                        "\n"
                        "Examples:\n"
                        "  share53ctl upstream set corp.example 192.0.2.53 192.0.2.54\n"
                        "  share53ctl upstream set . 2001:db8::53 --validate --persistent\n"
                        "  share53ctl upstream set ads.example --block\n",
                .run = run_upstream_set,
        },
        {
                .group = "upstream",
                .name = "remove",
                .arguments = "DOMAIN",
                .min = 1,
                .max = 1,
                .summary = "Take back what \"upstream set\" has set",
                .help = "What share53.conf or the host say of DOMAIN counts again then.\n"
                        "\n"
                        "Examples:\n"
                        "  share53ctl upstream remove corp.example\n",
                .run = run_upstream_remove,
        },
        {},
};
