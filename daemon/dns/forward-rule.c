/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <assert.h>
#include <string.h>

#include "daemon/dns/forward-internal.h"

struct rule *rule_unref(struct rule *rule)
{
        if (!rule || --rule->n_ref > 0)
                return NULL;
        probe_cancel(rule);
        upstream_free(rule->upstream);
        free(rule);
        return NULL;
}
DEFINE_CLEANUP(struct rule *, rule_unref)

static bool is_own(const struct forward *forward, const struct endpoint *server)
{
        for (size_t i = 0; i < forward->n_own; i++) {
                const struct endpoint *own = &forward->own[i];

                if (endpoint_address_equal(own, server) && (own->port == 0 || own->port == server->port))
                        return true;
        }
        return false;
}

/* What asks for RULE, with the servers that are not ourselves; NULL where there are none. */
static int make_upstream(struct forward *forward, const struct upstream_rule *rule, struct upstream **ret)
{
        struct upstream_server servers[UPSTREAM_SERVERS_MAX];
        struct upstream_options options = {
                .servers = servers,
                .validate = rule->flags & UPSTREAM_VALIDATE,
                .trust_anchor = forward->options.trust_anchor,
                .certificates = forward->options.certificates,
        };

        for (size_t i = 0; i < rule->n_servers; i++)
                if (!is_own(forward, &rule->servers[i].endpoint))
                        servers[options.n_servers++] = rule->servers[i];
        if (options.n_servers > 0)
                return upstream_new(forward->pool, &options, ret);
        *ret = NULL;
        return 0;
}

bool rule_leads_back(const struct rule *rule)
{
        return rule->loops || (rule->rule.n_servers > 0 && !rule->upstream);
}

void rule_error(const struct rule *rule, enum edns_error_code code, const char *what, struct edns_error *ret)
{
        char domain[NAME_TEXT_SIZE], server[ENDPOINT_TEXT_SIZE], more[32] = "";
        struct endpoint endpoint = rule->rule.servers[0].endpoint;
        int n;

        if (endpoint.port == UPSTREAM_PORT)
                endpoint.port = 0;
        if (rule->rule.n_servers > 1)
                (void)snprintf(more, sizeof(more), " and %zu more", rule->rule.n_servers - 1);
        ret->code = code;
        n = snprintf(ret->text, sizeof(ret->text), "%s %s%s by rule %s", what,
                endpoint_to_text(&endpoint, server), more, name_to_text_bare(&rule->rule.domain, domain));
        if (n < 0)
                ret->text[0] = '\0';
}

void rule_leads_back_error(const struct rule *rule, struct edns_error *ret)
{
        rule_error(rule, EDNS_ERROR_OTHER, "forwarding loop: leads back to share53:", ret);
}

static bool rule_is_of(const void *item, const void *userdata)
{
        const struct rule *rule = item;

        return name_equal(&rule->rule.domain, userdata);
}

static uint32_t domain_hash(const struct forward *forward, const struct name *domain)
{
        return table_fold(siphash(&forward->key, domain->wire, domain->size));
}

/* As zone_store_match: hashes only suffixes of as many labels as some rule has. */
struct rule *rule_match(const struct forward *forward, const struct name *name)
{
        struct name suffix = *name;

        if (forward->n_rules == 0)
                return NULL;
        for (unsigned int n = name_labels(name);; n--) {
                if (forward->depths[n] > 0) {
                        struct rule *rule = table_find(
                                &forward->used, domain_hash(forward, &suffix), rule_is_of, &suffix);

                        if (rule)
                                return rule;
                }
                if (n == 0)
                        return NULL;
                name_strip(&suffix, 1, &suffix);
        }
}

static void set_in_use(struct forward *forward, struct rule *rule, bool in_use)
{
        uint16_t *depth = &forward->depths[name_labels(&rule->rule.domain)];

        if (rule->in_use == in_use)
                return;
        rule->in_use = in_use;
        if (in_use) {
                table_insert(&forward->used, rule->hash, rule);
                (*depth)++;
        } else {
                table_remove(&forward->used, rule->hash, rule);
                (*depth)--;
        }
}

static int compare(const struct name *domain, enum upstream_origin origin, const struct rule *rule)
{
        int r = name_compare(domain, &rule->rule.domain);

        return r != 0 ? r : (int)origin - (int)rule->rule.origin;
}

/* Where a rule is, or would be. */
static size_t find_index(
        const struct forward *forward, const struct name *domain, enum upstream_origin origin)
{
        size_t i = 0;

        while (i < forward->n_rules && compare(domain, origin, forward->rules[i]) > 0)
                i++;
        return i;
}

static bool is_at(
        const struct forward *forward, size_t i, const struct name *domain, enum upstream_origin origin)
{
        return i < forward->n_rules && compare(domain, origin, forward->rules[i]) == 0;
}

/* Of the rules of DOMAIN the first is in use. */
static void choose(struct forward *forward, const struct name *domain)
{
        size_t first = find_index(forward, domain, UPSTREAM_ORIGIN_BUS), i;

        for (i = first; i < forward->n_rules && name_equal(&forward->rules[i]->rule.domain, domain); i++)
                if (i > first)
                        set_in_use(forward, forward->rules[i], false);
        if (i > first)
                set_in_use(forward, forward->rules[first], true);
}

/* What is cached at and below DOMAIN may go elsewhere now. What came by longer rules goes with it, but not
 * all of it with the default upstream's, whose own is gone with its number. */
static void drop_below(struct forward *forward, const struct name *domain)
{
        if (!name_is_root(domain))
                (void)cache_flush(forward->cache, domain);
}

/* RULE is in no list any more. */
static void retire(struct forward *forward, struct rule *rule)
{
        set_in_use(forward, rule, false);
        rule->removed = true;
        probe_cancel(rule);
        rule->upstream = upstream_free(rule->upstream);
        (void)cache_flush_rule(forward->cache, rule->id);
        for (struct flight *flight = forward->flights, *next; flight; flight = next) {
                next = flight->next;
                if (flight->rule == rule)
                        flight_detach(flight);
        }
        rule_unref(rule);
}

static bool servers_equal(const struct upstream_rule *a, const struct upstream_rule *b)
{
        if (a->n_servers != b->n_servers)
                return false;
        for (size_t i = 0; i < a->n_servers; i++)
                if (!endpoint_equal(&a->servers[i].endpoint, &b->servers[i].endpoint) ||
                        strcmp(a->servers[i].tls_name, b->servers[i].tls_name) != 0)
                        return false;
        return true;
}

/* The same people are asked the same. */
static bool rules_agree(const struct upstream_rule *a, const struct upstream_rule *b)
{
        return (a->flags & UPSTREAM_VALIDATE) == (b->flags & UPSTREAM_VALIDATE) && servers_equal(a, b);
}

/* libunbound speaks TLS to all servers of a context, or to none. */
static bool mixes_tls(const struct upstream_rule *rule)
{
        for (size_t i = 1; i < rule->n_servers; i++)
                if ((rule->servers[i].tls_name[0] == '\0') != (rule->servers[0].tls_name[0] == '\0'))
                        return true;
        return false;
}

/* What needs no trying. */
static const char *known_trouble(const struct upstream_rule *rule)
{
        return rule->n_servers > 0 && rule->servers[0].tls_name[0] != '\0' ? upstream_tls_trouble() : NULL;
}

static int rule_new(struct forward *forward, const struct upstream_rule *from, struct rule **ret)
{
        _cleanup_(rule_unrefp) struct rule *rule = calloc(1, sizeof(*rule));
        int r;

        if (!rule)
                return -ENOMEM;
        rule->rule = *from;
        rule->forward = forward;
        rule->n_ref = 1;
        rule->hash = domain_hash(forward, &from->domain);
        r = make_upstream(forward, from, &rule->upstream);
        if (r < 0)
                return r;
        rule->set_up_trouble = known_trouble(from);
        rule->id = ++forward->last_id;
        *ret = TAKE_PTR(rule);
        return 0;
}

int forward_set_rule(struct forward *forward, const struct upstream_rule *from)
{
        size_t i = find_index(forward, &from->domain, from->origin);
        struct rule *rule;
        int r;

        assert(from->n_servers <= UPSTREAM_SERVERS_MAX);
        if (mixes_tls(from))
                return -EINVAL;
        if (is_at(forward, i, &from->domain, from->origin)) {
                if (rules_agree(&forward->rules[i]->rule, from)) {
                        forward->rules[i]->rule = *from;
                        return 0;
                }
                r = rule_new(forward, from, &rule);
                if (r < 0)
                        return r;
                retire(forward, forward->rules[i]);
        } else {
                if (forward->n_rules == FORWARD_RULES_MAX)
                        return -E2BIG;
                r = rule_new(forward, from, &rule);
                if (r < 0)
                        return r;
                memmove(&forward->rules[i + 1], &forward->rules[i],
                        (forward->n_rules - i) * sizeof(forward->rules[0]));
                forward->n_rules++;
        }
        forward->rules[i] = rule;
        choose(forward, &from->domain);
        drop_below(forward, &from->domain);
        return 0;
}

int forward_remove_rule(struct forward *forward, const struct name *domain, enum upstream_origin origin)
{
        size_t i = find_index(forward, domain, origin);
        struct rule *rule;

        if (!is_at(forward, i, domain, origin))
                return -ENOENT;
        rule = forward->rules[i];
        forward->n_rules--;
        memmove(&forward->rules[i], &forward->rules[i + 1],
                (forward->n_rules - i) * sizeof(forward->rules[0]));
        struct name gone = rule->rule.domain;
        retire(forward, rule);
        choose(forward, &gone);
        drop_below(forward, &gone);
        return 0;
}

void rules_clear(struct forward *forward)
{
        while (forward->n_rules > 0)
                retire(forward, forward->rules[--forward->n_rules]);
}

int rules_set_up(struct forward *forward)
{
        struct upstream *upstreams[FORWARD_RULES_MAX] = {};

        for (size_t i = 0; i < forward->n_rules; i++)
                if (make_upstream(forward, &forward->rules[i]->rule, &upstreams[i]) < 0) {
                        while (i-- > 0)
                                upstream_free(upstreams[i]);
                        return -ENOMEM;
                }
        for (size_t i = 0; i < forward->n_rules; i++) {
                struct rule *rule = forward->rules[i];

                probe_cancel(rule);
                upstream_free(rule->upstream);
                rule->upstream = upstreams[i];
                rule->set_up_trouble = known_trouble(&rule->rule);
                rule->loops = false;
        }
        return 0;
}

const struct upstream_rule *forward_rule_at(const struct forward *forward, size_t i)
{
        return i < forward->n_rules ? &forward->rules[i]->rule : NULL;
}

const struct upstream_rule *forward_match(const struct forward *forward, const struct name *name)
{
        const struct rule *rule = rule_match(forward, name);

        return rule ? &rule->rule : NULL;
}

const char *forward_rule_trouble(const struct forward *forward, size_t i)
{
        const struct rule *rule = forward->rules[i];

        if (!rule->in_use)
                return "overridden";
        if (rule_leads_back(rule))
                return "leads back to us";
        return rule->set_up_trouble;
}
