/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* query: what share53d answers to a name, and where it has it from. */

#include <string.h>

#include "cli/service.h"
#include "cli/table.h"
#include "cli/verb.h"

static const struct table_column answer_columns[] = {
        {.header = "NAME", .key = "name"},
        {.header = "TTL", .key = "ttl", .right = true, .format = table_format_seconds},
        {.header = "TYPE", .key = "type"},
        {.header = "RDATA", .key = "rdata"},
};

static int query_document(sd_bus_message *reply, const char *name, const char *type, struct json_object **ret)
{
        static const char *const members[] = {"name", "type", "ttl", "rdata", NULL};
        _cleanup_json_ struct json_object *answer = NULL;
        const char *rcode, *source;
        uint64_t flags;
        int r = sd_bus_message_read(reply, "st", &rcode, &flags);

        if (r < 0)
                return r;
        r = document_read(reply, members, &answer);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "s", &source);
        if (r < 0)
                return r;
        return document_new(ret, "name", DOCUMENT_TEXT, name, "type", DOCUMENT_TEXT, type, "rcode",
                DOCUMENT_TEXT, rcode, "flags", DOCUMENT_NUMBER, flags, "answer", DOCUMENT_VALUE,
                TAKE_PTR(answer), "source", DOCUMENT_TEXT, source, NULL);
}

/* Bits of the DNS header (RFC 1035 4.1.1, RFC 4035 3.2) as dig writes them. */
static void flags_to_text(uint64_t flags, char *buf, size_t size)
{
        static const struct {
                uint64_t bit;
                const char *name;
        } names[] = {
                {0x0400, " aa"},
                {0x0200, " tc"},
                {0x0100, " rd"},
                {0x0080, " ra"},
                {0x0020, " ad"},
                {0x0010, " cd"},
        };

        snprintf(buf, size, "%s", flags ? ", flags:" : "");
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (flags & names[i].bit) {
                        snprintf(buf + strlen(buf), size - strlen(buf), "%s", names[i].name);
                        flags &= ~names[i].bit;
                }
        if (flags)
                snprintf(buf + strlen(buf), size - strlen(buf), " 0x%" PRIx64, flags);
}

static int query_print(struct ctl *ctl, struct json_object *document)
{
        struct json_object *answer = json_object_object_get(document, "answer");
        bool success = strcmp(document_text(document, "rcode"), "NOERROR") == 0,
             empty = json_object_array_length(answer) == 0;
        _cleanup_free_ char *name = text_escape(document_text(document, "name")),
                            *type = text_escape(document_text(document, "type")),
                            *rcode = text_escape(document_text(document, "rcode")),
                            *source = text_escape(document_text(document, "source"));
        char flags[64];
        enum text_style style = success && !empty ? TEXT_GREEN : TEXT_YELLOW;

        if (!name || !type || !rcode || !source)
                return -ENOMEM;
        flags_to_text(document_number(document, "flags"), flags, sizeof(flags));
        fprintf(ctl->out, "%s %s: %s%s%s%s%s, source: %s\n", name, type,
                text_style_begin(style, ctl->colours), rcode, success && empty ? " without data" : "",
                text_style_end(style, ctl->colours), flags, *source ? source : "none");
        if (empty)
                return 0;
        fputc('\n', ctl->out);
        return table_print(ctl->out, answer, answer_columns, ELEMENTSOF(answer_columns), ctl->colours);
}

/* NXDOMAIN and no data are answers, and the name is not there. */
static enum ctl_exit query_status(struct json_object *document)
{
        const char *rcode = document_text(document, "rcode");

        if (strcmp(rcode, "NXDOMAIN") == 0)
                return CTL_NOT_FOUND;
        if (strcmp(rcode, "NOERROR") != 0)
                return CTL_FAILED;
        return json_object_array_length(json_object_object_get(document, "answer")) > 0 ? CTL_DONE
                                                                                        : CTL_NOT_FOUND;
}

static int run_query(struct ctl *ctl, char **words, size_t n_words)
{
        const char *type = n_words > 1 ? words[1] : "A";
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_json_ struct json_object *document = NULL;
        int r = ctl_set_task(ctl, "query %s %s", words[0], type);

        if (r < 0)
                return r;
        r = service_call(ctl, "Resolve", "sta(ssus)s", &reply, "sst", words[0], type, UINT64_C(0));
        if (r < 0)
                return r;
        r = query_document(reply, words[0], type, &document);
        if (r < 0)
                return r;
        r = ctl_print_json(ctl, document);
        if (r == 0)
                r = query_print(ctl, document);
        return r < 0 ? r : (int)query_status(document);
}

const struct verb query_verbs[] = {
        {
                .name = "query",
                .arguments = "NAME [TYPE]",
                .min = 1,
                .max = 2,
                .summary = "Show what share53d answers to a name, and from where",
                .help = "Asks share53d itself over D-Bus, past the host's resolver. TYPE is A unless given.\n"
                        "Exit status 5 where the name does not exist (NXDOMAIN) or has no records of TYPE, 1 "
                        "where\n"
                        "the answer is an error, such as REFUSED where there is nobody to ask. The source is "
                        "a "
                        "zone of\n"
                        "ours, the cache, an upstream and the rule that it was asked by, or a special-use "
                        "name.\n"
                        "\n"
                        "Examples:\n"
                        "  share53ctl query db.corp.internal\n"
                        "  share53ctl query db.corp.internal AAAA --json\n",
                .run = run_query,
        },
        {},
};
