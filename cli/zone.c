/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* zone: list, add, remove; load and dump are in zone-file.c. */

#include <string.h>

#include "cli/service.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/zone-file.h"

/* The bits of CreateZone, in the order in which they are shown; 0: no option sets it. */
static const struct {
        uint64_t bit;
        const char *name;
        unsigned int option;
} zone_flags[] = {
        {1, "persistent", OPTION_PERSISTENT},
        {2, "leased", 0},
        {4, "fallthrough", OPTION_FALLTHROUGH},
        {8, "auto-ptr", OPTION_AUTO_PTR},
        {16, "file", 0},
};

static char *format_flags(struct json_object *zone, struct json_object *value)
{
        uint64_t flags = value ? json_object_get_uint64(value) : 0;
        char text[128] = "";

        if (!(flags & (1 | 2 | 16)))
                strcpy(text, "runtime");
        for (size_t i = 0; i < ELEMENTSOF(zone_flags); i++)
                if (flags & zone_flags[i].bit) {
                        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", *text ? "," : "",
                                zone_flags[i].name);
                        flags &= ~zone_flags[i].bit;
                }
        if (flags)
                snprintf(text + strlen(text), sizeof(text) - strlen(text), ",0x%" PRIx64, flags);
        return strdup(text);
}

static const struct table_column zone_columns[] = {
        {.header = "ZONE", .key = "name"},
        {.header = "LIFE", .key = "flags", .format = format_flags},
        {.header = "SERIAL", .key = "serial", .right = true},
        {.header = "OWNER", .key = "owner_uid", .format = table_format_user},
};

/* For json_object_array_sort, which hands over pointers to the elements. */
static int compare_zones(const void *a, const void *b)
{
        return strcmp(document_text(*(struct json_object *const *)a, "name"),
                document_text(*(struct json_object *const *)b, "name"));
}

static int run_zone_list(struct ctl *ctl, char **words, size_t n_words)
{
        static const char *const members[] = {"name", "path", "flags", "serial", "owner_uid", NULL};
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_json_ struct json_object *zones = NULL, *document = NULL;
        int r = ctl_set_task(ctl, "list the zones");

        if (r < 0)
                return r;
        r = service_call(ctl, "ListZones", "a(sottu)", &reply, "");
        if (r < 0)
                return r;
        r = document_read(reply, members, &zones);
        if (r < 0)
                return r;
        json_object_array_sort(zones, compare_zones);
        r = document_new(&document, "zones", DOCUMENT_VALUE, json_object_get(zones), NULL);
        if (r < 0)
                return r;
        r = ctl_print_json(ctl, document);
        if (r == 0)
                r = table_print(ctl->out, zones, zone_columns, ELEMENTSOF(zone_columns), ctl->colours);
        return r < 0 ? r : CTL_DONE;
}

static int run_zone_add(struct ctl *ctl, char **words, size_t n_words)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_json_ struct json_object *document = NULL;
        uint64_t flags = 0;
        const char *path;
        int r = ctl_set_task(ctl, "add zone %s", words[0]);

        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(zone_flags); i++)
                if (ctl->options.given & zone_flags[i].option)
                        flags |= zone_flags[i].bit;
        r = service_call(ctl, "CreateZone", "o", &reply, "st", words[0], flags);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "o", &path);
        if (r < 0)
                return r;
        r = document_new(&document, "zone", DOCUMENT_TEXT, words[0], "path", DOCUMENT_TEXT, path, NULL);
        if (r < 0)
                return r;
        r = ctl_print_json(ctl, document);
        return r < 0 ? r : CTL_DONE;
}

static int run_zone_remove(struct ctl *ctl, char **words, size_t n_words)
{
        _cleanup_json_ struct json_object *document = NULL;
        int r = ctl_set_task(ctl, "remove zone %s", words[0]);

        if (r < 0)
                return r;
        r = service_call(ctl, "RemoveZone", "", NULL, "s", words[0]);
        if (r < 0)
                return r;
        r = document_new(&document, "zone", DOCUMENT_TEXT, words[0], NULL);
        if (r < 0)
                return r;
        r = ctl_print_json(ctl, document);
        return r < 0 ? r : CTL_DONE;
}

const struct verb zone_verbs[] = {
        {
                .group = "zone",
                .name = "list",
                .by_default = true,
                .arguments = "",
                .max = 0,
                .summary = "List the zones",
                .help = "Life is persistent (kept over reboots), runtime (until removed or reboot), or file "
                        "(a zone\n"
                        "file of the administrator's, see share53d(8)).\n"
                        "\n"
                        "Examples:\n"
                        "  share53ctl zone list\n"
                        "  share53ctl zone list --json | jq -r '.zones[].name'\n",
                .run = run_zone_list,
        },
        {
                .group = "zone",
                .name = "add",
                .arguments = "NAME [--persistent] [--fallthrough] [--auto-ptr]",
                .min = 1,
                .max = 1,
                .options = OPTION_PERSISTENT | OPTION_FALLTHROUGH | OPTION_AUTO_PTR,
                .summary = "Add an empty zone",
                .help = "share53d then answers for NAME and all names below it with authority.\n"
                        "With --persistent it is kept over reboots; only such a zone takes persistent "
                        "records.\n"
                        "With --fallthrough, names that are not in the zone are asked for upstream.\n"
                        "With --auto-ptr, the addresses of its records answer reverse queries with their "
                        "names.\n"
                        "\n"
                        "Examples:\n"
                        "  share53ctl zone add corp.internal --auto-ptr\n"
                        "  share53ctl zone add lab.internal --persistent\n",
                .run = run_zone_add,
        },
        {
                .group = "zone",
                .name = "remove",
                .arguments = "NAME",
                .min = 1,
                .max = 1,
                .summary = "Remove a zone with all its records",
                .help = "Examples:\n"
                        "  share53ctl zone remove corp.internal\n",
                .run = run_zone_remove,
        },
        {
                .group = "zone",
                .name = "load",
                .arguments = "ZONE FILE|- [--persistent]",
                .min = 2,
                .max = 2,
                .options = OPTION_PERSISTENT,
                .summary = "Replace a zone's records by those of a zone file",
                .help = "The zone must be there (zone add). All records that it holds are replaced in one "
                        "step,\n"
                        "or, where a line of FILE is wrong, none. \"-\" reads standard input.\n"
                        "\n"
                        "Examples:\n"
                        "  share53ctl zone load corp.internal corp.internal.zone\n"
                        "  ssh gateway cat corp.zone | share53ctl zone load corp.internal - --persistent\n",
                .run = run_zone_load,
        },
        {
                .group = "zone",
                .name = "dump",
                .arguments = "ZONE [FILE]",
                .min = 1,
                .max = 2,
                .summary = "Print a zone as a zone file",
                .help = "zone load reads it back. Who owns a record, and how long it is kept, is not in it.\n"
                        "FILE is only written when the whole zone is here.\n"
                        "\n"
                        "Examples:\n"
                        "  share53ctl zone dump corp.internal\n"
                        "  share53ctl zone dump corp.internal corp.internal.zone\n",
                .run = run_zone_dump,
        },
        {},
};
