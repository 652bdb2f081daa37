/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <net/if.h>
#include <string.h>

#include "common/log.h"
#include "daemon/bus/bus-api.h"
#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-status.h"
#include "daemon/manager.h"

enum stage { STAGE_IDLE, STAGE_SETTING, STAGE_STORING, STAGE_REVERTING, STAGE_FORGETTING };

/*
 * A link's slot. It stays when a call is over: hostdns tells the result of each later replay too, which
 * nobody waits for.
 */
struct slot {
        struct bus_api *api;
        enum stage stage;
        sd_bus_message *call; /* waits for its reply, unless idle */
        struct journal_link link;
        struct journal_link *former; /* what SetLink replaces: comes back where the journal fails */
        int result;                  /* of hostdns, kept while the journal works */
};

struct bus_link_table {
        struct bus_api *api;
        struct slot *slots[BUS_LINK_MAX];
};

int bus_link_table_new(struct bus_api *api, struct bus_link_table **ret)
{
        struct bus_link_table *table = calloc(1, sizeof(*table));

        if (!table)
                return -ENOMEM;
        table->api = api;
        *ret = table;
        return 0;
}

struct bus_link_table *bus_link_table_free(struct bus_link_table *table)
{
        for (size_t i = 0; i < BUS_LINK_MAX; i++)
                if (table->slots[i]) {
                        sd_bus_message_unref(table->slots[i]->call);
                        free(table->slots[i]->former);
                        free(table->slots[i]);
                }
        free(table);
        return NULL;
}

void bus_link_table_reset(struct bus_link_table *table)
{
        for (size_t i = 0; i < BUS_LINK_MAX; i++) {
                struct slot *s = table->slots[i];
                if (s && (s->stage == STAGE_SETTING || s->stage == STAGE_REVERTING)) {
                        s->stage = STAGE_IDLE;
                        s->call = sd_bus_message_unref(s->call);
                }
        }
}

/* The link as it is wanted now, or NULL. */
static const struct journal_link *find_wanted(const struct bus_api *api, int ifindex)
{
        const struct hostdns *host = api->manager->host;

        for (size_t i = 0; host && i < hostdns_links(host); i++)
                if (hostdns_link_at(host, i)->ifindex == (uint32_t)ifindex)
                        return hostdns_link_at(host, i);
        return NULL;
}

/* The slot of IFINDEX, an unused one, or one whose link is not wanted any more. */
static struct slot *slot_get(struct bus_link_table *table, int ifindex)
{
        struct slot **unused = NULL;

        for (size_t i = 0; i < BUS_LINK_MAX; i++) {
                struct slot *s = table->slots[i];
                if (s && s->link.ifindex == (uint32_t)ifindex)
                        return s;
                if (!unused &&
                        (!s || (s->stage == STAGE_IDLE && !find_wanted(table->api, (int)s->link.ifindex))))
                        unused = &table->slots[i];
        }
        if (!unused)
                return NULL;
        if (!*unused)
                *unused = calloc(1, sizeof(**unused));
        if (!*unused)
                return NULL;
        free((*unused)->former);
        **unused = (struct slot){.api = table->api};
        return *unused;
}

/* Ends the call: R and ERROR_NAME (NULL: by errno) tell how. */
static void slot_reply(struct slot *s, int r, const char *error_name)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = TAKE_PTR(s->call);
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;

        s->stage = STAGE_IDLE;
        bus_status_changed(s->api, BUS_STATUS_LINKS | BUS_STATUS_HOST_MANAGER);
        if (!call)
                return;
        if (r >= 0) {
                (void)sd_bus_reply_method_return(call, "");
                return;
        }
        if (error_name)
                sd_bus_error_setf(&error, error_name, "Network interface %u (%s): not durable: %s",
                        s->link.ifindex, s->link.ifname, strerror(-r));
        else
                (void)bus_error_set_link(&error, r, (int)s->link.ifindex);
        (void)sd_bus_reply_method_error(call, &error);
}

static void on_undone(void *userdata, int r)
{
        /* Nobody waits; the helper logs what it could not do. */
}

/* The journal does not have the link: it becomes what it was. */
static void undo(struct slot *s)
{
        struct hostdns *host = s->api->manager->host;

        if (!host)
                return;
        if (s->former)
                (void)hostdns_set_link(host, s->former, on_undone, s);
        else
                (void)hostdns_revert_link(host, (int)s->link.ifindex, on_undone, s);
}

static void on_stored(void *userdata, int r)
{
        struct slot *s = userdata;

        if (s->stage != STAGE_STORING)
                return;
        if (r < 0)
                undo(s);
        slot_reply(s, r, r < 0 ? BUS_ERROR_STORAGE_FAILED : NULL);
}

static void on_set(void *userdata, int r)
{
        struct slot *s = userdata;

        if (s->stage != STAGE_SETTING)
                return;
        if (r < 0) {
                slot_reply(s, r, NULL);
                return;
        }
        s->stage = STAGE_STORING;
        r = journal_submit_link(s->api->manager->journal, &s->link, on_stored, s);
        if (r < 0)
                on_stored(s, r);
}

static void on_forgotten(void *userdata, int r)
{
        struct slot *s = userdata;

        if (s->stage != STAGE_FORGETTING)
                return;
        if (r < 0)
                slot_reply(s, r, BUS_ERROR_STORAGE_FAILED);
        else
                slot_reply(s, s->result, NULL);
}

static void on_reverted(void *userdata, int r)
{
        struct slot *s = userdata;

        if (s->stage != STAGE_REVERTING)
                return;
        if (r < 0 && find_wanted(s->api, (int)s->link.ifindex)) {
                slot_reply(s, r, NULL);
                return;
        }
        /* It is not wanted any more, however resolved took it: it must not come back after a restart. */
        s->result = r;
        s->stage = STAGE_FORGETTING;
        r = journal_submit_link_removal(s->api->manager->journal, s->link.ifname, on_forgotten, s);
        if (r < 0)
                on_forgotten(s, r);
}

static int read_domain(const char *text, struct journal_domain *ret, sd_bus_error *error)
{
        struct journal_domain domain = {.route_only = text[0] == '~'};
        char quoted[BUS_ERROR_QUOTE_SIZE];
        int r = name_from_text(text + domain.route_only, NULL, &domain.name);

        if (r < 0)
                return sd_bus_error_setf(error, BUS_ERROR_INVALID_NAME, "Domain \"%s\": not a domain name",
                        bus_error_quote(text, quoted));
        if (name_is_root(&domain.name) && !domain.route_only)
                return sd_bus_error_setf(error, BUS_ERROR_INVALID_NAME,
                        "Domain \"%s\": the root can only route: \"~.\"", bus_error_quote(text, quoted));
        *ret = domain;
        return 0;
}

static int read_link(sd_bus_message *m, struct journal_link *ret, sd_bus_error *error)
{
        int ifindex, default_route, r;
        const char *text;

        r = sd_bus_message_read(m, "i", &ifindex);
        if (r < 0)
                return r;
        r = sd_bus_message_enter_container(m, 'a', "s");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "s", &text)) > 0) {
                if (ret->n_domains == JOURNAL_LINK_DOMAINS_MAX)
                        return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED,
                                "More than %i domains for one link, the limit", JOURNAL_LINK_DOMAINS_MAX);
                r = read_domain(text, &ret->domains[ret->n_domains], error);
                if (r < 0)
                        return r;
                ret->n_domains++;
        }
        if (r < 0)
                return r;
        r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        r = sd_bus_message_read(m, "b", &default_route);
        if (r < 0)
                return r;
        if (ifindex <= 0 || !if_indextoname((unsigned int)ifindex, ret->ifname))
                return bus_error_set_link(error, -ENODEV, ifindex);
        ret->ifindex = (uint32_t)ifindex;
        ret->default_route = default_route;
        return 0;
}

/* A slot for CALL, which has been authorised. */
static int slot_begin(struct bus_api *api, sd_bus_message *call, const struct journal_link *link,
        enum stage stage, struct slot **ret, sd_bus_error *error)
{
        struct slot *s = slot_get(api->links, (int)link->ifindex);
        const struct journal_link *wanted;
        struct journal_link *former;

        if (!s)
                return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED,
                        "More than %i links at once, the limit", BUS_LINK_MAX);
        if (s->stage != STAGE_IDLE)
                return bus_error_set_link(error, -EBUSY, (int)link->ifindex);
        wanted = find_wanted(api, (int)link->ifindex);
        former = wanted ? malloc(sizeof(*former)) : NULL;
        if (wanted && !former)
                return -ENOMEM;
        if (former)
                *former = *wanted;
        free(s->former);
        s->former = former;
        s->link = *link;
        s->stage = stage;
        s->call = sd_bus_message_ref(call);
        *ret = s;
        return 0;
}

/* hostdns refused at once: the handler tells. */
static int slot_refused(struct slot *s, int r, sd_bus_error *error)
{
        s->stage = STAGE_IDLE;
        s->call = sd_bus_message_unref(s->call);
        return bus_error_set_link(error, r, (int)s->link.ifindex);
}

int bus_link_method_set(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct bus_api *api = userdata;
        struct journal_link link = {};
        struct slot *s;
        int r;

        r = read_link(m, &link, error);
        if (r < 0)
                return r;
        struct bus_auth_request request = {
                .action = BUS_AUTH_MANAGE_LINK,
                .octets = sizeof(link),
                .handler = bus_link_method_set,
                .userdata = api,
        };
        r = bus_auth_check(api->auth, m, &request, &link.uid, error);
        if (r <= 0)
                return r < 0 ? r : 1;

        if (!api->manager->host)
                return sd_bus_error_setf(error, BUS_ERROR_HOST_MANAGER_UNSUPPORTED,
                        "Network interface %u cannot be set: the host's DNS is left alone (Manager=none)",
                        link.ifindex);
        r = slot_begin(api, m, &link, STAGE_SETTING, &s, error);
        if (r < 0)
                return r;
        r = hostdns_set_link(api->manager->host, &link, on_set, s);
        if (r < 0)
                return slot_refused(s, r, error);
        return 1;
}

int bus_link_method_revert(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct bus_api *api = userdata;
        const struct journal_link *wanted;
        struct slot *s;
        int ifindex, r;
        uid_t uid;

        r = sd_bus_message_read(m, "i", &ifindex);
        if (r < 0)
                return r;
        wanted = find_wanted(api, ifindex);
        if (!wanted)
                return bus_error_set_link(error, -ENOENT, ifindex);
        struct bus_auth_request request = {
                .action = BUS_AUTH_MANAGE_LINK,
                .handler = bus_link_method_revert,
                .userdata = api,
        };
        r = bus_auth_check(api->auth, m, &request, &uid, error);
        if (r <= 0)
                return r < 0 ? r : 1;

        r = slot_begin(api, m, wanted, STAGE_REVERTING, &s, error);
        if (r < 0)
                return r;
        r = hostdns_revert_link(api->manager->host, ifindex, on_reverted, s);
        if (r < 0)
                return slot_refused(s, r, error);
        return 1;
}
