/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/bus/bus-statistics.h"

#include "daemon/bus/bus-api.h"
#include "daemon/dns/forward.h"
#include "daemon/manager.h"

struct count {
        const char *name;
        uint64_t value;
};

/* Entries of a{sv}, or of a{st}. */
static int append_counts(sd_bus_message *reply, const char *entry, const struct count *counts, size_t n)
{
        bool variant = entry[1] == 'v';
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = variant ? sd_bus_message_append(reply, "{sv}", counts[i].name, "t", counts[i].value)
                            : sd_bus_message_append(reply, "{st}", counts[i].name, counts[i].value);
        return r;
}

static int append_queries(sd_bus_message *reply, const struct query_stats *s)
{
        const struct count counts[] = {
                {"QueriesReceived", s->received},
                {"QueriesAnswered", s->answered},
                {"QueriesNoData", s->nodata},
                {"QueriesNxdomain", s->nxdomain},
                {"QueriesRefused", s->refused},
                {"QueriesFormerr", s->formerr},
                {"QueriesOther", s->other},
                {"QueriesDropped", s->dropped},
                {"AnswersTruncated", s->truncated},
                {"AnswersUnsent", s->unsent},
        };

        return append_counts(reply, "sv", counts, ELEMENTSOF(counts));
}

static int append_zones(sd_bus_message *reply, const struct zone_store *zones)
{
        const struct count counts[] = {
                {"Zones", zone_store_zones(zones)},
                {"Records", zone_store_records(zones)},
                {"ZoneOctets", zone_store_memory(zones)},
        };

        return append_counts(reply, "sv", counts, ELEMENTSOF(counts));
}

static int append_forward(sd_bus_message *reply, const char *entry, const struct forward_stats *s)
{
        const struct count counts[] = {
                {"ForwardQueries", s->queries},
                {"ForwardHits", s->hits},
                {"ForwardExpired", s->expired},
                {"ForwardJoined", s->joined},
                {"ForwardSent", s->sent},
                {"ForwardTimeouts", s->timeouts},
                {"ForwardFailures", s->failures},
                {"ForwardBogus", s->bogus},
                {"ForwardLoops", s->loops},
                {"ForwardLimited", s->limited},
                {"ForwardOutstanding", s->outstanding},
                {"CacheAnswers", s->cache_answers},
                {"CacheOctets", s->cache_octets},
                {"CacheEvicted", s->cache_evicted},
        };

        return append_counts(reply, entry, counts, ELEMENTSOF(counts));
}

static int append_upstream(
        sd_bus_message *reply, const struct forward *forward, const struct upstream_rule *rule)
{
        char domain[NAME_TEXT_SIZE];
        struct forward_stats stats;
        int r;

        forward_get_stats(forward, &rule->domain, &stats);
        r = sd_bus_message_open_container(reply, 'e', "sa{st}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", name_to_text_bare(&rule->domain, domain));
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{st}");
        if (r >= 0)
                r = append_forward(reply, "st", &stats);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* Those in use. */
static int append_upstreams(sd_bus_message *reply, const struct forward *forward)
{
        const struct upstream_rule *rule;
        int r;

        r = sd_bus_message_open_container(reply, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", "Upstreams");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'v', "a{sa{st}}");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{sa{st}}");
        for (size_t i = 0; r >= 0 && (rule = forward_rule_at(forward, i)); i++)
                if (!forward_rule_trouble(forward, i))
                        r = append_upstream(reply, forward, rule);
        for (int i = 0; r >= 0 && i < 3; i++)
                r = sd_bus_message_close_container(reply);
        return r;
}

static int append_all(sd_bus_message *reply, const struct manager *manager)
{
        const struct forward *forward = manager->queries.forward;
        struct forward_stats stats;
        int r;

        forward_get_stats(forward, NULL, &stats);
        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = append_queries(reply, &manager->queries.stats);
        if (r >= 0)
                r = append_forward(reply, "sv", &stats);
        if (r >= 0)
                r = sd_bus_message_append(
                        reply, "{sv}", "CacheOctetsMax", "t", (uint64_t)manager->config.cache_octets);
        if (r >= 0)
                r = append_zones(reply, manager->zones);
        if (r >= 0)
                r = append_upstreams(reply, forward);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

int bus_statistics_method_get(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        struct bus_api *api = userdata;
        uid_t uid;
        int r;

        struct bus_auth_request request = {
                .action = BUS_AUTH_READ_STATUS,
                .handler = bus_statistics_method_get,
                .userdata = api,
        };
        r = bus_auth_check(api->auth, m, &request, &uid, error);
        if (r <= 0)
                return r < 0 ? r : 1;
        r = sd_bus_message_new_method_return(m, &reply);
        if (r < 0)
                return r;
        r = append_all(reply, api->manager);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}
