/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* stats: what was asked and how it ended, of clients, upstreams and the cache. */

#include <string.h>

#include "cli/service.h"
#include "cli/table.h"
#include "cli/verb.h"

/* Of GetStatistics, in the order in which it is shown. */
static const struct {
        const char *section; /* where one begins */
        const char *key;
        const char *label;
} lines[] = {
        {"Queries", "QueriesReceived", "received"},
        {NULL, "QueriesAnswered", "answered with data"},
        {NULL, "QueriesNoData", "no data of the type"},
        {NULL, "QueriesNxdomain", "no such name"},
        {NULL, "QueriesRefused", "refused"},
        {NULL, "QueriesFormerr", "malformed"},
        {NULL, "QueriesOther", "other errors"},
        {NULL, "QueriesDropped", "not answered: no queries"},
        {NULL, "AnswersTruncated", "truncated"},
        {NULL, "AnswersUnsent", "not sent"},
        {"Forwarding", "ForwardQueries", "not ours"},
        {NULL, "ForwardHits", "answered from the cache"},
        {NULL, "ForwardExpired", "answered with what had expired"},
        {NULL, "ForwardJoined", "joined to one under way"},
        {NULL, "ForwardSent", "sent to upstreams"},
        {NULL, "ForwardOutstanding", "under way"},
        {NULL, "ForwardTimeouts", "timed out"},
        {NULL, "ForwardFailures", "failed"},
        {NULL, "ForwardBogus", "bogus (DNSSEC)"},
        {NULL, "ForwardLoops", "led back to us"},
        {NULL, "ForwardLimited", "over a limit"},
        {"Memory", "CacheAnswers", "answers in the cache"},
        {NULL, "CacheOctets", "octets of the cache"},
        {NULL, "CacheOctetsMax", "octets that it may have"},
        {NULL, "CacheEvicted", "evicted for want of room"},
        {NULL, "Zones", "zones"},
        {NULL, "Records", "records"},
        {NULL, "ZoneOctets", "octets of zones"},
};

static const struct table_column upstream_columns[] = {
        {.header = "UPSTREAM", .key = "domain"},
        {.header = "QUERIES", .key = "ForwardQueries", .right = true},
        {.header = "CACHE HITS", .key = "ForwardHits", .right = true},
        {.header = "SENT", .key = "ForwardSent", .right = true},
        {.header = "TIMED OUT", .key = "ForwardTimeouts", .right = true},
        {.header = "FAILED", .key = "ForwardFailures", .right = true},
        {.header = "BOGUS", .key = "ForwardBogus", .right = true},
        {.header = "CACHED", .key = "CacheAnswers", .right = true},
};

static void print_heading(struct ctl *ctl, bool first, const char *title)
{
        fprintf(ctl->out, "%s%s%s%s\n", first ? "" : "\n", text_style_begin(TEXT_BOLD, ctl->colours), title,
                text_style_end(TEXT_BOLD, ctl->colours));
}

/* The objects of the dictionary UPSTREAMS, with their keys as "domain". -ENOMEM. */
static int upstreams_to_array(struct json_object *upstreams, struct json_object **ret)
{
        _cleanup_json_ struct json_object *array = json_object_new_array();

        if (!array)
                return -ENOMEM;
        json_object_object_foreach(upstreams, domain, counts)
        {
                struct json_object *name = json_object_new_string(domain);

                if (!name || json_object_object_add(counts, "domain", name) < 0) {
                        json_object_put(name);
                        return -ENOMEM;
                }
                if (json_object_array_add(array, json_object_get(counts)) < 0) {
                        json_object_put(counts);
                        return -ENOMEM;
                }
        }
        *ret = TAKE_PTR(array);
        return 0;
}

static int stats_print(struct ctl *ctl, struct json_object *document)
{
        struct json_object *upstreams = json_object_object_get(document, "Upstreams");
        _cleanup_json_ struct json_object *array = NULL;
        int r;

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                if (lines[i].section)
                        print_heading(ctl, i == 0, lines[i].section);
                fprintf(ctl->out, "%20" PRIu64 "  %s\n", document_number(document, lines[i].key),
                        lines[i].label);
        }
        if (!json_object_is_type(upstreams, json_type_object) || json_object_object_length(upstreams) == 0)
                return 0;
        r = upstreams_to_array(upstreams, &array);
        if (r < 0)
                return r;
        print_heading(ctl, false, "Upstreams");
        return table_print(ctl->out, array, upstream_columns, ELEMENTSOF(upstream_columns), ctl->colours);
}

static int run_stats(struct ctl *ctl, char **words, size_t n_words)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_json_ struct json_object *document = NULL;
        int r = ctl_set_task(ctl, "show the statistics");

        if (r < 0)
                return r;
        r = service_call(ctl, "GetStatistics", "a{sv}", &reply, "");
        if (r < 0)
                return r;
        r = document_read(reply, NULL, &document);
        if (r < 0)
                return r;
        r = ctl_print_json(ctl, document);
        if (r == 0)
                r = stats_print(ctl, document);
        return r < 0 ? r : CTL_DONE;
}

const struct verb stats_verbs[] = {
        {
                .name = "stats",
                .arguments = "",
                .max = 0,
                .summary = "Show what was asked, and how it ended",
                .help = "Counted since share53d was started: queries of clients, those that were forwarded, "
                        "the "
                        "cache,\n"
                        "and each upstream that is in use. What share53ctl itself asks is not counted.\n"
                        "\n"
                        "Examples:\n"
                        "  share53ctl stats\n"
                        "  share53ctl stats --json | jq .CacheAnswers\n",
                .run = run_stats,
        },
        {},
};
