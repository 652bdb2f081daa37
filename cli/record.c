/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* record: list, set, add, remove. */

#include <string.h>

#include "cli/service.h"
#include "cli/table.h"
#include "cli/verb.h"

/* Records asked for at once: the service may send fewer. */
#define PAGE_RECORDS 1000u

static const struct table_column record_columns[] = {
        {.header = "NAME", .key = "name"},
        {.header = "TTL", .key = "ttl", .right = true, .format = table_format_seconds},
        {.header = "TYPE", .key = "type"},
        {.header = "RDATA", .key = "rdata"},
        {.header = "LIFE", .key = "life"},
        {.header = "OWNER", .key = "owner_uid", .format = table_format_user},
};

/* Moves the elements of PAGE to the end of ARRAY. */
static int array_append(struct json_object *array, struct json_object *page)
{
        for (size_t i = 0; i < json_object_array_length(page); i++) {
                struct json_object *item = json_object_get(json_object_array_get_idx(page, i));

                if (json_object_array_add(array, item) < 0) {
                        json_object_put(item);
                        return -ENOMEM;
                }
        }
        return 0;
}

/* Reads the page from *START on, and sets it to the next one; 0: that was the last. */
static int read_page(
        struct ctl *ctl, const char *zone, const char *glob, uint32_t *start, struct json_object *all)
{
        static const char *const members[] = {
                "name", "type", "ttl", "rdata", "owner_uid", "owner_bus_name", "life", NULL};
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_json_ struct json_object *page = NULL;
        uint32_t next;
        int r = service_call(
                ctl, "ListRecords", "a(ssususs)u", &reply, "ssuu", zone, glob, *start, PAGE_RECORDS);

        if (r < 0)
                return r;
        r = document_read(reply, members, &page);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "u", &next);
        if (r < 0)
                return r;
        /* Pages go forward, or this would never end. */
        if (next != 0 && next <= *start)
                return -EBADMSG;
        *start = next;
        return array_append(all, page);
}

static int run_record_list(struct ctl *ctl, char **words, size_t n_words)
{
        _cleanup_json_ struct json_object *records = json_object_new_array(), *document = NULL;
        const char *glob = n_words > 1 ? words[1] : "";
        uint32_t start = 0;
        int r = records ? ctl_set_task(ctl, "list the records of zone %s", words[0]) : -ENOMEM;

        if (r < 0)
                return r;
        do {
                r = read_page(ctl, words[0], glob, &start, records);
                if (r < 0)
                        return r;
        } while (start != 0);

        r = document_new(&document, "zone", DOCUMENT_TEXT, words[0], "records", DOCUMENT_VALUE,
                json_object_get(records), NULL);
        if (r < 0)
                return r;
        r = ctl_print_json(ctl, document);
        if (r == 0)
                r = table_print(ctl->out, records, record_columns, ELEMENTSOF(record_columns), ctl->colours);
        return r < 0 ? r : CTL_DONE;
}

/* Sends M, whose reply is the zone's new serial. */
static int send_change(struct ctl *ctl, sd_bus_message *m, const char *zone)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_json_ struct json_object *document = NULL;
        uint64_t serial;
        int r = service_send(ctl, m, "t", &reply);

        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "t", &serial);
        if (r < 0)
                return r;
        r = document_new(&document, "zone", DOCUMENT_TEXT, zone, "serial", DOCUMENT_NUMBER, serial, NULL);
        if (r < 0)
                return r;
        r = ctl_print_json(ctl, document);
        return r < 0 ? r : CTL_DONE;
}

/* ZONE NAME TYPE TTL RDATA…: one RRset. */
static int append_rrset(sd_bus_message *m, char **words, size_t n_words, uint32_t ttl)
{
        int r = sd_bus_message_append(m, "s", words[0]);

        if (r < 0)
                return r;
        r = sd_bus_message_open_container(m, SD_BUS_TYPE_ARRAY, "(ssus)");
        if (r < 0)
                return r;
        for (size_t i = 4; i < n_words; i++) {
                r = sd_bus_message_append(m, "(ssus)", words[1], words[2], ttl, words[i]);
                if (r < 0)
                        return r;
        }
        return sd_bus_message_close_container(m);
}

static int put_records(struct ctl *ctl, const char *method, const char *task, char **words, size_t n_words)
{
        uint64_t flags = ctl->options.given & OPTION_PERSISTENT ? SERVICE_PERSISTENT : 0;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        uint32_t ttl;
        int r;

        if (text_read_ttl(words[3], &ttl) < 0)
                return ctl_usage(
                        "\"%s\" is no TTL: seconds up to 2147483647, or such as 5m, 1h30m", words[3]);
        r = ctl_set_task(ctl, "%s %s of %s in zone %s", task, words[2], words[1], words[0]);
        if (r < 0)
                return r;
        r = service_new_call(ctl, method, &m);
        if (r < 0)
                return r;
        r = append_rrset(m, words, n_words, ttl);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "t", flags);
        if (r < 0)
                return r;
        return send_change(ctl, m, words[0]);
}

static int run_record_set(struct ctl *ctl, char **words, size_t n_words)
{
        return put_records(ctl, "SetRecords", "set", words, n_words);
}

static int run_record_add(struct ctl *ctl, char **words, size_t n_words)
{
        return put_records(ctl, "AddRecords", "add to", words, n_words);
}

/* ZONE NAME [TYPE [RDATA…]]: what is left out is "", which means all of it. */
static int append_removals(sd_bus_message *m, char **words, size_t n_words)
{
        const char *type = n_words > 2 ? words[2] : "";
        size_t i = 3;
        int r = sd_bus_message_append(m, "s", words[0]);

        if (r < 0)
                return r;
        r = sd_bus_message_open_container(m, SD_BUS_TYPE_ARRAY, "(sss)");
        if (r < 0)
                return r;
        do {
                r = sd_bus_message_append(m, "(sss)", words[1], type, i < n_words ? words[i] : "");
                if (r < 0)
                        return r;
        } while (++i < n_words);
        r = sd_bus_message_close_container(m);
        if (r < 0)
                return r;
        return sd_bus_message_append(m, "t", UINT64_C(0));
}

static int run_record_remove(struct ctl *ctl, char **words, size_t n_words)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = ctl_set_task(ctl, "remove %s%s%s from zone %s", n_words > 2 ? words[2] : "",
                n_words > 2 ? " of " : "", words[1], words[0]);

        if (r < 0)
                return r;
        r = service_new_call(ctl, "RemoveRecords", &m);
        if (r < 0)
                return r;
        r = append_removals(m, words, n_words);
        if (r < 0)
                return r;
        return send_change(ctl, m, words[0]);
}

#define HELP_WORDS \
        "NAME is relative to ZONE (\"@\" is the zone itself), or absolute with a dot at its end.\n" \
        "TYPE is a type of record, such as A, MX or TYPE731. TTL is in seconds, or such as 5m, 1h30m, 1d.\n" \
        "Each RDATA is one record, written as in zone files: a TXT text with blanks wants double quotes " \
        "of\n" \
        "its own inside the shell's. Names in it are relative to ZONE unless a dot ends them.\n" \
        "With --persistent the records are kept over reboots, if the zone is.\n" \
        "Words that begin with \"-\" go behind \"--\".\n"

const struct verb record_verbs[] = {
        {
                .group = "record",
                .name = "list",
                .arguments = "ZONE [GLOB]",
                .min = 1,
                .max = 2,
                .summary = "List the records of a zone, or those whose names match",
                .help = "GLOB is compared with the names as they are listed, with and without the dot at the "
                        "end: \"*\"\n"
                        "stands for any run of characters, \"?\" for one. A list that comes out empty is no "
                        "failure.\n"
                        "\n"
                        "Examples:\n"
                        "  share53ctl record list corp.internal\n"
                        "  share53ctl record list corp.internal 'db*'\n"
                        "  share53ctl record list corp.internal --json | jq -r '.records[].name'\n",
                .run = run_record_list,
        },
        {
                .group = "record",
                .name = "set",
                .arguments = "ZONE NAME TYPE TTL RDATA… [--persistent]",
                .min = 5,
                .max = VERB_ANY,
                .options = OPTION_PERSISTENT,
                .summary = "Set the records of one name and type, replacing those it had",
                .help = HELP_WORDS
                "\n"
                "Examples:\n"
                "  share53ctl record set corp.internal db A 60 192.0.2.7 192.0.2.8\n"
                "  share53ctl record set corp.internal www CNAME 1h db\n"
                "  share53ctl record set corp.internal @ TXT 60 '\"v=spf1 -all\"' --persistent\n",
                .run = run_record_set,
        },
        {
                .group = "record",
                .name = "add",
                .arguments = "ZONE NAME TYPE TTL RDATA… [--persistent]",
                .min = 5,
                .max = VERB_ANY,
                .options = OPTION_PERSISTENT,
                .summary = "Add records to those that the name has",
                .help = HELP_WORDS "\n"
                                   "Examples:\n"
                                   "  share53ctl record add corp.internal db A 60 192.0.2.9\n"
                                   "  share53ctl record add corp.internal db AAAA 60 2001:db8::7\n",
                .run = run_record_add,
        },
        {
                .group = "record",
                .name = "remove",
                .arguments = "ZONE NAME [TYPE [RDATA…]]",
                .min = 2,
                .max = VERB_ANY,
                .summary = "Remove single records, all of a type, or all of a name",
                .help = "Words as for record set.\n"
                        "\n"
                        "Examples:\n"
                        "  share53ctl record remove corp.internal db\n"
                        "  share53ctl record remove corp.internal db AAAA\n"
                        "  share53ctl record remove corp.internal db A 192.0.2.8\n",
                .run = run_record_remove,
        },
        {},
};
