/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* status: what is shared, on which rung of the ladder and why; helper, host, links and counts. */

#include <string.h>

#include "cli/link.h"
#include "cli/service.h"
#include "cli/table.h"
#include "cli/verb.h"

static enum text_style rung_style(struct json_object *share, struct json_object *value)
{
        const char *rung = document_text(share, "rung");

        return strcmp(rung, "none") == 0 ? TEXT_RED : strcmp(rung, "port") == 0 ? TEXT_YELLOW : TEXT_GREEN;
}

static const struct table_column share_columns[] = {
        {.header = "ADDRESS", .key = "address"},
        {.header = "RUNG", .key = "rung", .style = rung_style},
        {.header = "LISTENER", .key = "listener"},
        {.header = "WHY", .key = "why"},
};

static char *format_servers(struct json_object *upstream, struct json_object *value)
{
        const char *servers = value ? json_object_get_string(value) : "";

        return strdup(*servers ? servers : "blocked");
}

static const struct table_column upstream_columns[] = {
        {.header = "DOMAIN", .key = "domain"},
        {.header = "SERVERS", .key = "servers", .format = format_servers},
};

static const struct table_column trace_columns[] = {
        {.header = "SUBJECT", .key = "subject"},
        {.header = "FINDING", .key = "finding"},
        {.header = "DETAIL", .key = "detail"},
};

/* The properties by their names in the document. */
static int status_document(
        struct json_object *properties, struct json_object *trace, struct json_object **ret)
{
        _cleanup_json_ struct json_object *helper = NULL;
        int r = document_new(&helper, "state", DOCUMENT_TEXT, document_text(properties, "HelperState"),
                "error", DOCUMENT_TEXT, document_text(properties, "HelperError"), NULL);

        if (r < 0)
                return r;
        return document_new(ret, "version", DOCUMENT_TEXT, document_text(properties, "Version"), "features",
                DOCUMENT_VALUE, json_object_get(json_object_object_get(properties, "Features")),
                "port_policy", DOCUMENT_TEXT, document_text(properties, "PortPolicy"), "shares",
                DOCUMENT_VALUE, json_object_get(json_object_object_get(properties, "Shares")), "links",
                DOCUMENT_VALUE, json_object_get(json_object_object_get(properties, "Links")), "upstreams",
                DOCUMENT_VALUE, json_object_get(json_object_object_get(properties, "Upstreams")),
                "host_manager", DOCUMENT_TEXT, document_text(properties, "HostManager"), "helper",
                DOCUMENT_VALUE, TAKE_PTR(helper), "zone_count", DOCUMENT_NUMBER,
                document_number(properties, "ZoneCount"), "record_count", DOCUMENT_NUMBER,
                document_number(properties, "RecordCount"), "trace", DOCUMENT_VALUE, json_object_get(trace),
                NULL);
}

static size_t shares_that_hold(struct json_object *shares)
{
        size_t held = 0;

        for (size_t i = 0; i < json_object_array_length(shares); i++)
                held += strcmp(document_text(json_object_array_get_idx(shares, i), "rung"), "none") != 0;
        return held;
}

static int print_field(struct ctl *ctl, const char *label, const char *text, enum text_style style)
{
        _cleanup_free_ char *escaped = text_escape(text);

        if (!escaped)
                return -ENOMEM;
        fprintf(ctl->out, "%9s: %s%s%s\n", label, text_style_begin(style, ctl->colours), escaped,
                text_style_end(style, ctl->colours));
        return 0;
}

static int print_helper(struct ctl *ctl, struct json_object *helper)
{
        const char *state = document_text(helper, "state"), *error = document_text(helper, "error");
        bool bad = strcmp(state, "unavailable") == 0 || strcmp(state, "refused") == 0;
        _cleanup_free_ char *text = NULL;

        if (asprintf(&text, "%s%s%s%s", state, *error ? " (" : "", error, *error ? ")" : "") < 0)
                return -ENOMEM;
        return print_field(ctl, "Helper", text, bad ? TEXT_YELLOW : TEXT_PLAIN);
}

static int print_head(struct ctl *ctl, struct json_object *document)
{
        struct json_object *shares = json_object_object_get(document, "shares");
        size_t held = shares_that_hold(shares), wanted = json_object_array_length(shares);
        enum text_style style = held == 0 ? TEXT_RED : held < wanted ? TEXT_YELLOW : TEXT_GREEN;
        uint64_t zones = document_number(document, "zone_count"),
                 records = document_number(document, "record_count");
        _cleanup_free_ char *version = text_escape(document_text(document, "version")), *counts = NULL,
                            *features = NULL;
        int r;

        features = table_format_words(document, json_object_object_get(document, "features"));
        if (!version || !features ||
                asprintf(&counts, "%" PRIu64 " %s, %" PRIu64 " %s", zones, zones == 1 ? "zone" : "zones",
                        records, records == 1 ? "record" : "records") < 0)
                return -ENOMEM;

        fprintf(ctl->out, "%s●%s share53d %s: %zu of %zu %s served\n", text_style_begin(style, ctl->colours),
                text_style_end(style, ctl->colours), version, held, wanted,
                wanted == 1 ? "address" : "addresses");
        r = print_field(ctl, "Policy", document_text(document, "port_policy"), TEXT_PLAIN);
        if (r >= 0)
                r = print_field(ctl, "Host DNS", document_text(document, "host_manager"), TEXT_PLAIN);
        if (r >= 0)
                r = print_helper(ctl, json_object_object_get(document, "helper"));
        if (r >= 0)
                r = print_field(ctl, "Names", counts, TEXT_PLAIN);
        if (r >= 0)
                r = print_field(ctl, "Features", features, TEXT_PLAIN);
        return r;
}

static int print_section(struct ctl *ctl, const char *title, struct json_object *array,
        const struct table_column *columns, size_t n_columns)
{
        if (json_object_array_length(array) == 0)
                return 0;
        fprintf(ctl->out, "\n%s%s%s\n", text_style_begin(TEXT_BOLD, ctl->colours), title,
                text_style_end(TEXT_BOLD, ctl->colours));
        return table_print(ctl->out, array, columns, n_columns, ctl->colours);
}

static int status_print(struct ctl *ctl, struct json_object *document)
{
        int r = print_head(ctl, document);

        if (r >= 0)
                r = print_section(ctl, "Shared addresses", json_object_object_get(document, "shares"),
                        share_columns, ELEMENTSOF(share_columns));
        if (r >= 0)
                r = print_section(ctl, "Links pointed at share53", json_object_object_get(document, "links"),
                        link_columns, LINK_COLUMNS);
        if (r >= 0)
                r = print_section(ctl, "Upstreams in use", json_object_object_get(document, "upstreams"),
                        upstream_columns, ELEMENTSOF(upstream_columns));
        if (r >= 0)
                r = print_section(ctl, "How it came about", json_object_object_get(document, "trace"),
                        trace_columns, ELEMENTSOF(trace_columns));
        return r;
}

static int run_status(struct ctl *ctl, char **words, size_t n_words)
{
        static const char *const members[] = {"subject", "finding", "detail", NULL};
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_json_ struct json_object *properties = NULL, *trace = NULL, *document = NULL;
        int r = ctl_set_task(ctl, "show the status");

        if (r < 0)
                return r;
        r = service_properties(ctl, &properties);
        if (r < 0)
                return r;
        r = service_call(ctl, "Explain", "a(sss)", &reply, "");
        if (r < 0)
                return r;
        r = document_read(reply, members, &trace);
        if (r < 0)
                return r;
        r = status_document(properties, trace, &document);
        if (r < 0)
                return r;
        r = ctl_print_json(ctl, document);
        if (r == 0)
                r = status_print(ctl, document);
        return r < 0 ? r : CTL_DONE;
}

const struct verb status_verbs[] = {
        {
                .name = "status",
                .arguments = "",
                .max = 0,
                .summary = "Show what is shared, how, and why so",
                .help = "For each shared address the rung of the ladder that serves it: passed (a socket "
                        "unit's),\n"
                        "bind, other (another address), xdp (beside whoever holds port 53), port (a high "
                        "port that\n"
                        "only the host's DNS manager is told), none. Then links, upstreams, and each step of "
                        "the "
                        "decision.\n"
                        "This is also what share53ctl does without a verb.\n"
                        "\n"
                        "Examples:\n"
                        "  share53ctl status\n"
                        "  share53ctl status --json | jq -r '.shares[].address'\n",
                .run = run_status,
        },
        {},
};
