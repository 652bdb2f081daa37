/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/log.h"
#include "daemon/manager-load.h"

/* One change that restores everything; records are gathered zone by zone. */
struct load {
        struct manager *manager;
        struct change *change;
        struct name zone;
        struct record_list records; /* of `zone` */
        size_t n_records;
        size_t n_upstreams;
};

static void log_lost(const struct load *load, const struct record *record, const char *reason)
{
        char zone[NAME_TEXT_SIZE], owner[NAME_TEXT_SIZE];

        log_warning("A journaled record of %s in zone %s is left out: %s",
                name_to_text(&record->owner, owner), name_to_text_bare(&load->zone, zone),
                reason ? reason : "not valid");
}

/* Puts the gathered records into the change; one that is refused does not take the others with it. */
static int load_flush(struct load *load)
{
        struct record_list *records = &load->records;
        _cleanup_free_ char *reason = NULL;
        int r = 0;

        if (records->n > 0)
                r = change_add(load->change, &load->zone, records->items, records->n, &reason);
        for (size_t i = 0; r < 0 && r != -ENOMEM && i < records->n; i++) {
                _cleanup_free_ char *why = NULL;
                if (change_add(load->change, &load->zone, &records->items[i], 1, &why) < 0)
                        log_lost(load, &records->items[i], why);
        }
        load->n_records += records->n;
        record_list_clear(records);
        return r == -ENOMEM ? r : 0;
}

static int on_zone(void *userdata, const struct change_zone *zone)
{
        struct load *load = userdata;
        char text[NAME_TEXT_SIZE];
        int r = change_restore_zone(load->change, &zone->apex, zone->flags, zone->uid, zone->serial);

        if (r < 0 && r != -ENOMEM) {
                log_warning_errno(r, "Journaled zone %s is left out", name_to_text_bare(&zone->apex, text));
                return 0;
        }
        return r;
}

static int on_record(void *userdata, const struct name *zone, const struct record *record)
{
        struct load *load = userdata;
        int r;

        if (load->records.n > 0 && !name_equal(zone, &load->zone)) {
                r = load_flush(load);
                if (r < 0)
                        return r;
        }
        load->zone = *zone;
        return record_list_add(&load->records, record);
}

int manager_keep_link(struct manager *manager, const struct journal_link *link)
{
        struct journal_link *links =
                reallocarray(manager->links, manager->n_links + 1, sizeof(*manager->links));

        if (!links)
                return -ENOMEM;
        manager->links = links;
        links[manager->n_links++] = *link;
        return 0;
}

static int on_link(void *userdata, const struct journal_link *link)
{
        struct load *load = userdata;

        return manager_keep_link(load->manager, link);
}

static int on_upstream(void *userdata, const struct upstream_rule *rule)
{
        struct load *load = userdata;
        char text[NAME_TEXT_SIZE];
        int r = forward_set_rule(load->manager->queries.forward, rule);

        if (r < 0 && r != -ENOMEM) {
                log_warning_errno(
                        r, "Journaled upstream %s is left out", name_to_text_bare(&rule->domain, text));
                return 0;
        }
        load->n_upstreams++;
        return r;
}

static int charge(struct manager *manager, const struct change *change)
{
        _cleanup_(bus_quota_delta_clear) struct bus_quota_delta delta = {};
        int r = bus_quota_measure(change, &delta);

        return r < 0 ? r : bus_quota_charge(manager->api->quota, &delta);
}

static int load_all(struct load *load)
{
        struct journal_loader loader = {
                .zone = on_zone,
                .record = on_record,
                .link = on_link,
                .upstream = on_upstream,
                .userdata = load,
        };
        int r;

        r = journal_load(load->manager->journal, &loader);
        if (r < 0)
                return r;
        r = load_flush(load);
        if (r < 0)
                return r;
        change_apply(load->change);
        return charge(load->manager, load->change);
}

int manager_load(struct manager *manager)
{
        struct load load = {.manager = manager};
        int r;

        r = change_new(manager->zones, &load.change);
        if (r < 0)
                return r;
        r = load_all(&load);
        record_list_clear(&load.records);
        change_free(load.change);
        if (r < 0)
                return r;
        log_info("%zu zones with %zu records, %zu links, %zu upstreams from the journal",
                zone_store_zones(manager->zones), zone_store_records(manager->zones), manager->n_links,
                load.n_upstreams);
        return 0;
}
