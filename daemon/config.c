/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/config.h"

#include <assert.h>
#include <dirent.h>
#include <string.h>
#include <syslog.h>

#include "daemon/config-internal.h"
#include "share53-config.h"

#define ADDRESS_PORT 53
#define ADDRESS_AUTOMATIC "127.53.0.1" /* tried first for "auto" */
#define ADDRESS_LISTENERS "127.53.0.2" /* of the listeners behind XDP */
#define LISTEN_PORT_MIN 1024
#define LISTEN_PORT_MAX 65472 /* the last of the 64 ports is 65535 */

struct word {
        const char *text;
        int value;
};

static const struct word policies[] = {
        {"auto", CONFIG_POLICY_AUTO},
        {"bind", CONFIG_POLICY_BIND},
        {"xdp", CONFIG_POLICY_XDP},
        {"port", CONFIG_POLICY_PORT},
        {NULL, 0},
};

static const struct word levels[] = {
        {"error", LOG_ERR},
        {"warning", LOG_WARNING},
        {"info", LOG_INFO},
        {"debug", LOG_DEBUG},
        {NULL, 0},
};

static const struct word managers[] = {{"auto", true}, {"none", false}, {NULL, 0}};

const char *config_policy_to_text(enum config_policy policy)
{
        for (const struct word *w = policies; w->text; w++)
                if (w->value == (int)policy)
                        return w->text;
        return "unknown";
}

static bool word_from_text(const char *text, const struct word *words, int *ret)
{
        for (const struct word *w = words; w->text; w++)
                if (strcmp(text, w->text) == 0) {
                        *ret = w->value;
                        return true;
                }
        return false;
}

bool config_number_from_text(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
        uint64_t n = 0;

        if (*text == '\0')
                return false;
        for (; *text; text++) {
                if (*text < '0' || *text > '9')
                        return false;
                n = n * 10 + (uint64_t)(*text - '0');
                if (n > max)
                        return false;
        }
        if (n < min)
                return false;
        *ret = n;
        return true;
}

static bool number_from_text(const char *text, uint32_t min, uint32_t max, uint32_t *ret)
{
        uint64_t n;

        if (!config_number_from_text(text, min, max, &n))
                return false;
        *ret = (uint32_t)n;
        return true;
}

bool config_truth_from_text(const char *text, bool *ret)
{
        static const struct word truths[] = {{"yes", true}, {"no", false}, {NULL, 0}};
        int truth;

        if (!word_from_text(text, truths, &truth))
                return false;
        *ret = truth;
        return true;
}

/* Why E cannot be shared; NULL: it can. */
static const char *address_objection(const struct endpoint *e)
{
        struct endpoint listeners;
        bool unicast;

        if (e->port != ADDRESS_PORT)
                return "the shared port is always 53";
        if (endpoint_is_any(e))
                return "it is no single address";
        if (endpoint_is_link_local(e))
                return "link-local addresses cannot be shared";
        if (e->family == AF_INET)
                unicast = e->addr.bytes[0] != 0 && e->addr.bytes[0] < 224;
        else
                unicast = !IN6_IS_ADDR_MULTICAST(&e->addr.in6) && !IN6_IS_ADDR_V4MAPPED(&e->addr.in6);
        if (!unicast)
                return "it is no unicast address";
        if (endpoint_from_text(ADDRESS_LISTENERS, ADDRESS_PORT, &listeners) == 0 &&
                endpoint_equal(e, &listeners))
                return "share53's own listeners use it";
        return NULL;
}

static void add_address(struct parse *p, const char *word)
{
        struct config_address a = {.automatic = strcmp(word, "auto") == 0};
        char text[ENDPOINT_TEXT_SIZE];
        const char *objection;

        if (endpoint_from_text(a.automatic ? ADDRESS_AUTOMATIC : word, ADDRESS_PORT, &a.endpoint) < 0) {
                config_file_fail(&p->file, p->file.line,
                        "\"%.*s\" is not an IP address; allowed: auto, or addresses such as 127.53.0.1 or "
                        "fd00::53 with blanks between them",
                        CONFIG_FILE_QUOTED_MAX, word);
                return;
        }
        objection = address_objection(&a.endpoint);
        if (objection) {
                config_file_fail(&p->file, p->file.line, "%.*s cannot be shared: %s", CONFIG_FILE_QUOTED_MAX,
                        word, objection);
                return;
        }
        for (size_t i = 0; i < p->config->n_addresses; i++)
                if (endpoint_equal(&p->config->addresses[i].endpoint, &a.endpoint)) {
                        config_file_fail(&p->file, p->file.line, "%s is given twice%s",
                                endpoint_to_text(&a.endpoint, text),
                                a.automatic != p->config->addresses[i].automatic ? " (auto begins with it)"
                                                                                 : "");
                        return;
                }
        if (p->config->n_addresses == CONFIG_ADDRESSES_MAX) {
                config_file_fail(&p->file, p->file.line, "more than %d addresses", CONFIG_ADDRESSES_MAX);
                return;
        }
        p->config->addresses[p->config->n_addresses++] = a;
}

static bool set_addresses(struct parse *p, const char *value)
{
        _cleanup_free_ char *words = strdup(value);
        char *rest = words;

        if (!words) {
                p->file.error = -ENOMEM;
                return false;
        }
        if (!p->file.continues) {
                p->config->n_addresses = 0;
                p->list_line = p->file.line;
        }
        for (char *word; p->file.error == 0 && (word = strsep(&rest, " \t"));) {
                if (*word == ';') /* inih 55 leaves comments behind values that go on */
                        break;
                if (*word != '\0')
                        add_address(p, word);
        }
        return p->file.error == 0;
}

static bool set_policy(struct parse *p, const char *value)
{
        int policy;

        if (!word_from_text(value, policies, &policy))
                return false;
        p->config->policy = (enum config_policy)policy;
        return true;
}

static bool set_listen_port(struct parse *p, const char *value)
{
        uint32_t port;

        if (!number_from_text(value, LISTEN_PORT_MIN, LISTEN_PORT_MAX, &port))
                return false;
        p->config->listen_port = (uint16_t)port;
        return true;
}

static bool set_manager(struct parse *p, const char *value)
{
        int manage;

        if (!word_from_text(value, managers, &manage))
                return false;
        p->config->manage_host = manage;
        return true;
}

static bool set_level(struct parse *p, const char *value)
{
        return word_from_text(value, levels, &p->config->log_level);
}

static bool set_pending_calls(struct parse *p, const char *value)
{
        return number_from_text(value, 1, CONFIG_PENDING_CALLS_MAX, &p->config->pending_calls_max);
}

static bool set_zones(struct parse *p, const char *value)
{
        return number_from_text(value, 0, CONFIG_ZONES_MAX, &p->config->zones_max);
}

static bool set_records(struct parse *p, const char *value)
{
        return number_from_text(value, 0, CONFIG_RECORDS_MAX, &p->config->records_max);
}

static bool set_upstreams(struct parse *p, const char *value)
{
        return number_from_text(value, 0, CONFIG_UPSTREAMS_MAX, &p->config->upstreams_max);
}

static bool set_forwards(struct parse *p, const char *value)
{
        return number_from_text(value, 1, CONFIG_FORWARDS_MAX, &p->config->forwards_max);
}

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

static const struct {
        const char *section;
        const char *name;
        bool (*set)(struct parse *p, const char *value);
        bool many_lines;
        const char *allowed;
} keys[] = {
        {"Share", "Addresses", set_addresses, true, "auto, or addresses"},
        {"Share", "PortPolicy", set_policy, false, "auto, bind, xdp, port"},
        {"Share", "ListenPort", set_listen_port, false,
                "a port from " TEXT(LISTEN_PORT_MIN) " to " TEXT(LISTEN_PORT_MAX)},
        {"Host", "Manager", set_manager, false, "auto, none"},
        {"Log", "Level", set_level, false, "error, warning, info, debug"},
        {"Limits", "PendingCalls", set_pending_calls, false, "1 to " TEXT(CONFIG_PENDING_CALLS_MAX)},
        {"Limits", "Zones", set_zones, false, "0 to " TEXT(CONFIG_ZONES_MAX)},
        {"Limits", "Records", set_records, false, "0 to " TEXT(CONFIG_RECORDS_MAX)},
        {"Limits", "Upstreams", set_upstreams, false, "0 to " TEXT(CONFIG_UPSTREAMS_MAX)},
        {"Limits", "Forwards", set_forwards, false, "1 to " TEXT(CONFIG_FORWARDS_MAX)},
        {"Upstream", "Servers", config_set_upstream_servers, true, "auto, none, or servers"},
        {"Upstream", "Validate", config_set_upstream_validate, false, "yes, no"},
        {"Upstream", "TrustAnchor", config_set_trust_anchor, false, "the path of a file, from / on"},
        {"Upstream", "Certificates", config_set_certificates, false, "the path of a file, from / on"},
        {"Upstream", "CacheSize", config_set_cache_size, false, "octets, or with K or M; 0 to 1024M"},
        {"Upstream", "ServeExpired", config_set_serve_expired, false,
                "seconds, 0 to " TEXT(CONFIG_EXPIRED_SECONDS_MAX)},
        {CONFIG_SECTION_RULE, "Servers", config_set_rule_servers, true, "block, or servers"},
        {CONFIG_SECTION_RULE, "Validate", config_set_rule_validate, false, "yes, no"},
};

/* The names of SECTION's keys, for people. */
static const char *list_keys(const char *section, char *buf, size_t size)
{
        size_t n = 0;

        buf[0] = '\0';
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (strcmp(keys[i].section, section) == 0 && n < size)
                        n += (size_t)snprintf(buf + n, size - n, "%s%s=", n > 0 ? ", " : "", keys[i].name);
        return buf;
}

/* The keys that this file has set, of the section at hand. */
static uint32_t *keys_seen(struct parse *p, const char *section)
{
        return strcmp(section, CONFIG_SECTION_RULE) == 0 ? &p->rules[p->rule].keys_seen : &p->keys_seen;
}

static void take_value(struct config_file *file, const char *section, const char *name, const char *value)
{
        struct parse *p = (struct parse *)file;
        uint32_t *seen = keys_seen(p, section);
        char known[128];
        size_t i;

        for (i = 0; i < ELEMENTSOF(keys); i++)
                if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].name, name) == 0)
                        break;

        if (i == ELEMENTSOF(keys))
                config_file_fail(&p->file, p->file.line, "unknown key %.*s= in [%s]; known are %s",
                        CONFIG_FILE_QUOTED_MAX, name, section, list_keys(section, known, sizeof(known)));
        else if (p->file.continues && !keys[i].many_lines)
                config_file_fail(&p->file, p->file.line,
                        "%s= takes one value, on its own line (this line begins with a blank)", name);
        else if (!p->file.continues && *seen & 1U << i)
                config_file_fail(&p->file, p->file.line, "%s= is set twice in this %s", name,
                        seen == &p->keys_seen ? "file" : "section");
        else if (!keys[i].set(p, value))
                config_file_fail(&p->file, p->file.line, "%s=%.*s is not valid; allowed: %s", name,
                        CONFIG_FILE_QUOTED_MAX, value, keys[i].allowed);
        *seen |= i < ELEMENTSOF(keys) ? 1U << i : 0;
}

static void begin_section(struct config_file *file, const char *section, const char *argument)
{
        config_begin_rule((struct parse *)file, argument);
}

static int load_file(const char *path, struct config *config, char **ret_reason)
{
        static const char *const sections[] = {
                "Share", "Host", "Log", "Limits", "Upstream", CONFIG_SECTION_RULE, NULL};
        struct parse p = {.config = config};

        static_assert(ELEMENTSOF(keys) <= 32, "a bit for each key");
        p.file = (struct config_file){
                .path = path, .sections = sections, .begin = begin_section, .value = take_value};
        config_file_read(&p.file);
        if (p.list_line > 0 && config->n_addresses == 0)
                config_file_fail(&p.file, p.list_line, "Addresses= is empty; allowed: auto, or addresses");
        config_check_upstream(&p);
        if (p.file.error < 0)
                *ret_reason = TAKE_PTR(p.file.reason);
        return p.file.error;
}

static int is_dropin(const struct dirent *entry)
{
        size_t length = strlen(entry->d_name);

        return entry->d_name[0] != '.' && length > 5 && strcmp(entry->d_name + length - 5, ".conf") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
        return strcmp((*a)->d_name, (*b)->d_name); /* the same in every locale */
}

static int load_dropin(const char *dir, const char *name, struct config *config, char **ret_reason)
{
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s/%s", dir, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        return load_file(path, config, ret_reason);
}

static int load_dropins(const char *dir, struct config *config, char **ret_reason)
{
        struct dirent **entries = NULL;
        int n, r = 0;

        n = scandir(dir, &entries, is_dropin, by_name);
        if (n < 0 && errno == ENOENT)
                return 0;
        if (n < 0) {
                r = -errno;
                if (asprintf(ret_reason, "%s: %s", dir, strerror(-r)) < 0)
                        *ret_reason = NULL;
                return r;
        }
        for (int i = 0; i < n; i++) {
                if (r == 0)
                        r = load_dropin(dir, entries[i]->d_name, config, ret_reason);
                free(entries[i]);
        }
        free(entries);
        return r;
}

void config_default(struct config *ret)
{
        struct config c = {
                .n_addresses = 1,
                .addresses = {{.automatic = true}},
                .policy = CONFIG_POLICY_AUTO,
                .listen_port = 15353,
                .manage_host = true,
                .log_level = LOG_INFO,
                .pending_calls_max = 32,
                .zones_max = 256,
                .records_max = 100000,
                .upstreams_max = 32,
                .forwards_max = 256,
                .upstream = CONFIG_UPSTREAM_HOST,
                .trust_anchor = SHARE53_TRUST_ANCHOR,
                .certificates = SHARE53_CERTIFICATES,
                .cache_octets = 16U << 20,
                .expired_seconds = 86400,
        };

        (void)endpoint_from_text(ADDRESS_AUTOMATIC, ADDRESS_PORT, &c.addresses[0].endpoint);
        *ret = c;
}

void config_done(struct config *config)
{
        free(TAKE_PTR(config->rules));
        config->n_rules = 0;
}

int config_load(const char *file, const char *dropin_dir, struct config *ret, char **ret_reason)
{
        _cleanup_free_ char *reason = NULL;
        struct config c;
        int r;

        config_default(&c);
        r = load_file(file, &c, &reason);
        if (r == -ENOENT) {
                free(TAKE_PTR(reason));
                r = 0;
        }
        if (r == 0)
                r = load_dropins(dropin_dir, &c, &reason);
        if (r < 0) {
                config_done(&c);
                if (ret_reason)
                        *ret_reason = TAKE_PTR(reason);
                return r;
        }
        *ret = c;
        return 0;
}
