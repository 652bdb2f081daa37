/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The sections [Upstream] and [Upstream DOMAIN]. */

#include <string.h>

#include "common/server.h"
#include "daemon/config-internal.h"

#define BLANKS " \t"

/* A list of servers under way, of either section. */
struct server_list {
        size_t *n;
        struct upstream_server *servers;
};

static void add_server(struct parse *p, const struct server_list *list, const char *word)
{
        struct upstream_server server = {}, *have;
        const char *objection = server_from_text(word, &server.endpoint, server.tls_name);

        if (objection) {
                config_file_fail(&p->file, p->file.line,
                        "\"%.*s\" is no server: %s; such as 192.0.2.53, [2001:db8::53]:5353 or "
                        "192.0.2.53#dns.example",
                        CONFIG_FILE_QUOTED_MAX, word, objection);
                return;
        }
        if (*list->n > 0 && !*list->servers[0].tls_name != !*server.tls_name) {
                config_file_fail(
                        &p->file, p->file.line, "%.*s: " UPSTREAM_MIXED, CONFIG_FILE_QUOTED_MAX, word);
                return;
        }
        for (size_t i = 0; i < *list->n; i++) {
                have = &list->servers[i];
                if (endpoint_equal(&have->endpoint, &server.endpoint)) {
                        config_file_fail(&p->file, p->file.line, "server %.*s is given twice",
                                CONFIG_FILE_QUOTED_MAX, word);
                        return;
                }
        }
        if (*list->n == UPSTREAM_SERVERS_MAX) {
                config_file_fail(&p->file, p->file.line, "more than %d servers", UPSTREAM_SERVERS_MAX);
                return;
        }
        list->servers[(*list->n)++] = server;
}

/* Adds the words of VALUE. */
static bool add_servers(struct parse *p, const struct server_list *list, const char *value)
{
        _cleanup_free_ char *words = strdup(value);
        char *rest = words;

        if (!words) {
                p->file.error = -ENOMEM;
                return false;
        }
        for (char *word; p->file.error == 0 && (word = strsep(&rest, BLANKS));) {
                if (*word == ';') /* inih 55 leaves comments behind values that go on */
                        break;
                if (*word != '\0')
                        add_server(p, list, word);
        }
        return p->file.error == 0;
}

bool config_set_upstream_servers(struct parse *p, const char *value)
{
        struct config *c = p->config;
        const struct server_list list = {&c->n_upstream_servers, c->upstream_servers};

        if (p->file.continues && c->upstream != CONFIG_UPSTREAM_SERVERS) {
                config_file_fail(
                        &p->file, p->file.line, "behind Servers=auto and Servers=none goes nothing on");
                return false;
        }
        if (!p->file.continues) {
                c->n_upstream_servers = 0;
                p->servers_line = p->file.line;
                c->upstream = strcmp(value, "auto") == 0   ? CONFIG_UPSTREAM_HOST
                              : strcmp(value, "none") == 0 ? CONFIG_UPSTREAM_NONE
                                                           : CONFIG_UPSTREAM_SERVERS;
        }
        return c->upstream != CONFIG_UPSTREAM_SERVERS || add_servers(p, &list, value);
}

bool config_set_upstream_validate(struct parse *p, const char *value)
{
        return config_truth_from_text(value, &p->config->upstream_validate);
}

static bool set_path(const char *value, char path[CONFIG_PATH_SIZE])
{
        if (value[0] != '/' || strlen(value) >= CONFIG_PATH_SIZE)
                return false;
        strcpy(path, value);
        return true;
}

bool config_set_trust_anchor(struct parse *p, const char *value)
{
        return set_path(value, p->config->trust_anchor);
}

bool config_set_certificates(struct parse *p, const char *value)
{
        return set_path(value, p->config->certificates);
}

/* Octets: "16777216", "16384K", "16M". */
bool config_set_cache_size(struct parse *p, const char *value)
{
        size_t length = strlen(value);
        unsigned int shift = 0;
        char digits[24];
        uint64_t n;

        if (length > 0 && (value[length - 1] == 'K' || value[length - 1] == 'M'))
                shift = value[--length] == 'K' ? 10 : 20;
        if (length >= sizeof(digits))
                return false;
        memcpy(digits, value, length);
        digits[length] = '\0';
        if (!config_number_from_text(digits, 0, CONFIG_CACHE_OCTETS_MAX >> shift, &n))
                return false;
        p->config->cache_octets = (size_t)(n << shift);
        return true;
}

bool config_set_serve_expired(struct parse *p, const char *value)
{
        uint64_t n;

        if (!config_number_from_text(value, 0, CONFIG_EXPIRED_SECONDS_MAX, &n))
                return false;
        p->config->expired_seconds = (uint32_t)n;
        return true;
}

/* The place of the rule for DOMAIN, made where there is none; CONFIG_RULES_MAX where there is no room. */
static size_t rule_get(struct config *config, const struct name *domain)
{
        size_t i;

        for (i = 0; i < config->n_rules; i++)
                if (name_equal(&config->rules[i].rule.domain, domain))
                        return i;
        if (i == CONFIG_RULES_MAX)
                return i;
        config->rules[config->n_rules++] =
                (struct config_rule){.rule = {.domain = *domain, .origin = UPSTREAM_ORIGIN_CONFIG}};
        return i;
}

static int rules_allocate(struct config *config)
{
        if (!config->rules)
                config->rules = calloc(CONFIG_RULES_MAX, sizeof(*config->rules));
        return config->rules ? 0 : -ENOMEM;
}

void config_begin_rule(struct parse *p, const char *domain)
{
        struct name name;
        int r = name_from_text(domain, NULL, &name);

        if (r < 0 || name_is_root(&name)) {
                config_file_fail(&p->file, p->file.line, "[Upstream %.*s]: %s", CONFIG_FILE_QUOTED_MAX,
                        domain, r < 0 ? "not a domain name" : "the root's section is [Upstream]");
                return;
        }
        r = rules_allocate(p->config);
        if (r < 0) {
                p->file.error = r;
                return;
        }
        p->rule = rule_get(p->config, &name);
        if (p->rule == CONFIG_RULES_MAX)
                config_file_fail(
                        &p->file, p->file.line, "more than %d sections [Upstream DOMAIN]", CONFIG_RULES_MAX);
        else if (p->rules[p->rule].line > 0)
                config_file_fail(&p->file, p->file.line, "[Upstream %.*s] stands twice in this file",
                        CONFIG_FILE_QUOTED_MAX, domain);
        else
                p->rules[p->rule].line = p->file.line;
}

bool config_set_rule_servers(struct parse *p, const char *value)
{
        struct config_rule *r = &p->config->rules[p->rule];
        const struct server_list list = {&r->rule.n_servers, r->rule.servers};

        if (p->file.continues && r->blocks) {
                config_file_fail(&p->file, p->file.line, "behind Servers=block goes nothing on");
                return false;
        }
        if (!p->file.continues) {
                r->rule.n_servers = 0;
                r->blocks = strcmp(value, "block") == 0;
                p->rules[p->rule].servers_line = p->file.line;
        }
        return r->blocks || add_servers(p, &list, value);
}

bool config_set_rule_validate(struct parse *p, const char *value)
{
        struct upstream_rule *rule = &p->config->rules[p->rule].rule;
        bool validate;

        if (!config_truth_from_text(value, &validate))
                return false;
        rule->flags = validate ? UPSTREAM_VALIDATE : 0;
        return true;
}

void config_check_upstream(struct parse *p)
{
        const struct config *c = p->config;

        if (p->servers_line > 0 && c->upstream == CONFIG_UPSTREAM_SERVERS && c->n_upstream_servers == 0)
                config_file_fail(&p->file, p->servers_line,
                        "Servers= is empty; allowed: auto, none, or servers such as 192.0.2.53");
        for (size_t i = 0; i < c->n_rules; i++) {
                const struct config_rule *r = &c->rules[i];
                const struct parse_rule *here = &p->rules[i];
                char domain[NAME_TEXT_SIZE];

                if (here->line > 0 && r->rule.n_servers == 0 && !r->blocks)
                        config_file_fail(&p->file, here->servers_line > 0 ? here->servers_line : here->line,
                                "[Upstream %.*s] has no Servers=; allowed: block, or servers such as "
                                "192.0.2.53",
                                CONFIG_FILE_QUOTED_MAX, name_to_text_bare(&r->rule.domain, domain));
        }
}
