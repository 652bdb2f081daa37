/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* link: list, set, revert. */

#include "cli/link.h"

#include <net/if.h>
#include <string.h>

#include "cli/service.h"
#include "cli/verb.h"

const struct table_column link_columns[LINK_COLUMNS] = {
        {.header = "INDEX", .key = "ifindex", .right = true},
        {.header = "LINK", .key = "name"},
        {.header = "DEFAULT ROUTE", .key = "default_route", .format = table_format_yes_no},
        {.header = "DOMAINS", .key = "domains", .format = table_format_words},
};

static int links_read(struct ctl *ctl, struct json_object **ret)
{
        _cleanup_json_ struct json_object *properties = NULL;
        int r = service_properties(ctl, &properties);

        if (r < 0)
                return r;
        *ret = json_object_get(json_object_object_get(properties, "Links"));
        return 0;
}

static int run_link_list(struct ctl *ctl, char **words, size_t n_words)
{
        _cleanup_json_ struct json_object *links = NULL, *document = NULL;
        int r = ctl_set_task(ctl, "list the links");

        if (r < 0)
                return r;
        r = links_read(ctl, &links);
        if (r < 0)
                return r;
        r = document_new(&document, "links", DOCUMENT_VALUE, json_object_get(links), NULL);
        if (r < 0)
                return r;
        r = ctl_print_json(ctl, document);
        if (r == 0)
                r = table_print(ctl->out, links, link_columns, LINK_COLUMNS, ctl->colours);
        return r < 0 ? r : CTL_DONE;
}

/* Only digits, and in range: an index. Names of links may not be told from it otherwise. */
static int index_from_text(const char *text, int *ret)
{
        unsigned long n;
        char *end;

        if (*text < '0' || *text > '9')
                return -EINVAL;
        errno = 0;
        n = strtoul(text, &end, 10);
        if (*end || errno != 0 || n == 0 || n > INT32_MAX)
                return -EINVAL;
        *ret = (int)n;
        return 0;
}

/* LINK as an index or a name. -ENODEV: no link has that name. */
static int index_of_link(const char *link, int *ret)
{
        unsigned int n;

        if (index_from_text(link, ret) >= 0)
                return 0;
        n = if_nametoindex(link);
        if (n == 0)
                return -ENODEV;
        *ret = (int)n;
        return 0;
}

/* A link that is gone may still be on the service's list by its name. */
static int index_of_known_link(struct ctl *ctl, const char *name, int *ret)
{
        _cleanup_json_ struct json_object *links = NULL;
        int r = links_read(ctl, &links);

        if (r < 0)
                return r;
        for (size_t i = 0; i < json_object_array_length(links); i++) {
                struct json_object *link = json_object_array_get_idx(links, i);

                if (strcmp(document_text(link, "name"), name) == 0) {
                        *ret = (int)document_number(link, "ifindex");
                        return 0;
                }
        }
        return -ENODEV;
}

static int print_link(struct ctl *ctl, int ifindex)
{
        _cleanup_json_ struct json_object *document = NULL;
        char name[IF_NAMESIZE] = "";
        int r;

        if (!if_indextoname((unsigned int)ifindex, name))
                name[0] = '\0';
        r = document_new(
                &document, "ifindex", DOCUMENT_NUMBER, (uint64_t)ifindex, "name", DOCUMENT_TEXT, name, NULL);
        if (r < 0)
                return r;
        r = ctl_print_json(ctl, document);
        return r < 0 ? r : CTL_DONE;
}

static int run_link_set(struct ctl *ctl, char **words, size_t n_words)
{
        int default_route = (ctl->options.given & OPTION_DEFAULT_ROUTE) != 0;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int ifindex, r;

        if (n_words == 1 && !default_route)
                return ctl_usage("link set wants a DOMAIN, or --default-route");
        r = ctl_set_task(ctl, "set the DNS of link %s", words[0]);
        if (r < 0)
                return r;
        r = index_of_link(words[0], &ifindex);
        if (r < 0)
                return r;
        r = service_new_call(ctl, "SetLink", &m);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "i", ifindex);
        if (r < 0)
                return r;
        r = sd_bus_message_append_strv(m, words + 1);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "b", default_route);
        if (r < 0)
                return r;
        r = service_send(ctl, m, "", NULL);
        return r < 0 ? r : print_link(ctl, ifindex);
}

static int run_link_revert(struct ctl *ctl, char **words, size_t n_words)
{
        int ifindex, r = ctl_set_task(ctl, "revert the DNS of link %s", words[0]);

        if (r < 0)
                return r;
        r = index_of_link(words[0], &ifindex);
        if (r == -ENODEV)
                r = index_of_known_link(ctl, words[0], &ifindex);
        if (r < 0)
                return r;
        r = service_call(ctl, "RevertLink", "", NULL, "i", ifindex);
        return r < 0 ? r : print_link(ctl, ifindex);
}

const struct verb link_verbs[] = {
        {
                .group = "link",
                .name = "list",
                .by_default = true,
                .arguments = "",
                .max = 0,
                .summary = "List the links whose DNS points at share53",
                .help = "Examples:\n"
                        "  share53ctl link list\n",
                .run = run_link_list,
        },
        {
                .group = "link",
                .name = "set",
                .arguments = "LINK DOMAIN… [--default-route]",
                .min = 1,
                .max = VERB_ANY,
                .options = OPTION_DEFAULT_ROUTE,
                .summary = "Have the host's resolver ask share53 for these domains",
                .help = "LINK is a name or an index; what was set for it before is replaced. A DOMAIN also "
                        "serves\n"
                        "as a search domain, unless it begins with \"~\". With --default-route names that no "
                        "link's\n"
                        "domain fits are asked of share53, too; /etc/share53/helper.conf must allow that.\n"
                        "Undone while share53d does not run, forgotten on reboot.\n"
                        "\n"
                        "Examples:\n"
                        "  share53ctl link set eth0 corp.internal '~2.0.192.in-addr.arpa'\n"
                        "  share53ctl link set 3 '~lab.internal'\n",
                .run = run_link_set,
        },
        {
                .group = "link",
                .name = "revert",
                .arguments = "LINK",
                .min = 1,
                .max = 1,
                .summary = "Give a link back the DNS that it had",
                .help = "Examples:\n"
                        "  share53ctl link revert eth0\n",
                .run = run_link_revert,
        },
        {},
};
