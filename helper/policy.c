/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "helper/policy.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <ini.h>
#include <string.h>
#include <sys/stat.h>

#define POLICY_FILE_SIZE_MAX 65536

void policy_default(struct policy *ret)
{
        *ret = (struct policy){
                .local_addresses = true,
                .n_networks = 1,
                .networks = {{.address = {.family = AF_INET, .addr.bytes = {127, 53}}, .prefix = 24}},
                .n_links = 1,
                .links = {"*"},
                .any_domain = true,
        };
}

/* Whether the first BITS bits are the same. */
static bool same_prefix(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
        uint8_t mask = (uint8_t)(0xff00U >> bits % 8);

        return memcmp(a, b, bits / 8) == 0 && (bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0);
}

static int prefix_from_text(const char *text, unsigned int max, unsigned int *ret)
{
        unsigned int prefix = 0;

        if (*text == '\0')
                return -EINVAL;
        for (; *text; text++) {
                if (*text < '0' || *text > '9')
                        return -EINVAL;
                prefix = prefix * 10 + (unsigned int)(*text - '0');
                if (prefix > max)
                        return -EINVAL;
        }
        *ret = prefix;
        return 0;
}

static int take_address(struct policy *p, char *text)
{
        struct policy_network network = {};
        char *slash = strchr(text, '/');
        unsigned int bits;
        int r;

        if (strcmp(text, "local") == 0) {
                p->local_addresses = true;
                return 0;
        }
        if (slash)
                *slash = '\0';
        r = endpoint_from_text(text, 0, &network.address);
        if (slash)
                *slash = '/';
        if (r < 0)
                return r;
        if (network.address.port != 0)
                return -EINVAL;
        bits = 8 * (unsigned int)endpoint_address_size(&network.address);
        network.prefix = bits;
        if (slash) {
                r = prefix_from_text(slash + 1, bits, &network.prefix);
                if (r < 0)
                        return r;
        }
        /* "10.99.0.7/24" is a slip of an address or of a network: ask which. */
        for (unsigned int bit = network.prefix; bit < bits; bit++)
                if (network.address.addr.bytes[bit / 8] & (0x80 >> bit % 8))
                        return -EINVAL;
        if (network.prefix == bits && endpoint_is_any(&network.address))
                return -EINVAL;
        if (p->n_networks == POLICY_ITEMS_MAX)
                return -E2BIG;
        p->networks[p->n_networks++] = network;
        return 0;
}

static int take_link(struct policy *p, char *text)
{
        if (strlen(text) >= POLICY_LINK_SIZE)
                return -EINVAL;
        if (p->n_links == POLICY_ITEMS_MAX)
                return -E2BIG;
        strcpy(p->links[p->n_links++], text);
        return 0;
}

static int take_domain(struct policy *p, char *text)
{
        struct name name;
        int r;

        if (strcmp(text, "*") == 0) {
                p->any_domain = true;
                return 0;
        }
        r = name_from_text(text, NULL, &name);
        if (r < 0)
                return r;
        if (name_is_root(&name)) {
                p->root_domain = true;
                return 0;
        }
        if (name_is_wildcard(&name)) /* a name covers all below it anyway */
                return -EINVAL;
        if (p->n_domains == POLICY_ITEMS_MAX)
                return -E2BIG;
        p->domains[p->n_domains++] = name;
        return 0;
}

static void clear_addresses(struct policy *p)
{
        p->local_addresses = false;
        p->n_networks = 0;
}

static void clear_links(struct policy *p)
{
        p->n_links = 0;
}

static void clear_domains(struct policy *p)
{
        p->any_domain = p->root_domain = false;
        p->n_domains = 0;
}

static const struct key {
        const char *name;
        void (*clear)(struct policy *p);           /* the default goes when the key is first met */
        int (*take)(struct policy *p, char *text); /* one value */
} keys[] = {
        {"Addresses", clear_addresses, take_address},
        {"Links", clear_links, take_link},
        {"Domains", clear_domains, take_domain},
};

struct parser {
        struct policy policy;
        bool seen[ELEMENTSOF(keys)];
        char what[160]; /* of the first error */
};

static int take_values(struct parser *parser, size_t k, const char *values)
{
        _cleanup_free_ char *copy = NULL;
        char *rest, *value;
        int r;

        copy = strdup(values);
        if (!copy)
                return -ENOMEM;
        if (!parser->seen[k])
                keys[k].clear(&parser->policy);
        parser->seen[k] = true;
        for (value = strtok_r(copy, " \t", &rest); value; value = strtok_r(NULL, " \t", &rest)) {
                r = keys[k].take(&parser->policy, value);
                if (r < 0) {
                        snprintf(parser->what, sizeof(parser->what),
                                r == -E2BIG ? "%s=: too many values, at \"%.64s\""
                                            : "%s=: not valid: \"%.64s\"",
                                keys[k].name, value);
                        return r;
                }
        }
        return 0;
}

/* inih's handler: 0 is an error, and its line is what ini_parse_file returns if it is the first. */
static int take_line(void *userdata, const char *section, const char *name, const char *value)
{
        struct parser *parser = userdata;

        if (parser->what[0] != '\0')
                return 0;
        if (strcmp(section, "Helper") != 0) {
                snprintf(parser->what, sizeof(parser->what), "unknown section [%.64s]", section);
                return 0;
        }
        for (size_t k = 0; k < ELEMENTSOF(keys); k++)
                if (strcmp(name, keys[k].name) == 0)
                        return take_values(parser, k, value) == 0;
        snprintf(parser->what, sizeof(parser->what), "unknown key \"%.64s\"", name);
        return 0;
}

/* -ENOENT: the file is not there. */
static int open_trusted(const char *path, uid_t owner, FILE **ret, char **ret_reason)
{
        _cleanup_close_ int fd = -1;
        struct stat st;
        FILE *file;

        /* O_NONBLOCK: a FIFO in its place must not hold us up before it is refused. */
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || st.st_uid != owner || (st.st_mode & (S_IWGRP | S_IWOTH)) ||
                st.st_size > POLICY_FILE_SIZE_MAX) {
                if (asprintf(ret_reason,
                            "%s: must be a file of user %u, writable by nobody else, of at most %u octets",
                            path, owner, POLICY_FILE_SIZE_MAX) < 0)
                        *ret_reason = NULL;
                return -EPERM;
        }
        file = fdopen(fd, "re");
        if (!file)
                return -errno;
        (void)TAKE_FD(fd);
        *ret = file;
        return 0;
}

int policy_load(const char *path, uid_t owner, struct policy *ret, char **ret_reason)
{
        _cleanup_fclose_ FILE *file = NULL;
        _cleanup_free_ struct parser *parser = NULL;
        int r, line;

        parser = calloc(1, sizeof(*parser));
        if (!parser)
                return -ENOMEM;
        policy_default(&parser->policy);

        r = open_trusted(path, owner, &file, ret_reason);
        if (r == -ENOENT) {
                *ret = parser->policy;
                return 0;
        }
        if (r < 0)
                return r;
        line = ini_parse_file(file, take_line, parser);
        if (line < 0 || ferror(file))
                return -EIO;
        if (line > 0) {
                if (asprintf(ret_reason, "%s:%d: %s", path, line,
                            parser->what[0] != '\0' ? parser->what : "not KEY=VALUE") < 0)
                        *ret_reason = NULL;
                return -EINVAL;
        }
        *ret = parser->policy;
        return 0;
}

bool policy_names_address(const struct policy *policy, const struct endpoint *address)
{
        for (size_t i = 0; i < policy->n_networks; i++)
                if (policy->networks[i].prefix == 8 * endpoint_address_size(address) &&
                        endpoint_address_equal(&policy->networks[i].address, address))
                        return true;
        return false;
}

bool policy_allows_address(const struct policy *policy, const struct endpoint *address, bool local)
{
        if (policy->local_addresses && local && !endpoint_is_loopback(address))
                return true;
        for (size_t i = 0; i < policy->n_networks; i++) {
                const struct policy_network *n = &policy->networks[i];
                if (n->address.family == address->family &&
                        same_prefix(n->address.addr.bytes, address->addr.bytes, n->prefix))
                        return true;
        }
        return false;
}

bool policy_allows_link(const struct policy *policy, const char *ifname)
{
        for (size_t i = 0; i < policy->n_links; i++)
                if (fnmatch(policy->links[i], ifname, 0) == 0)
                        return true;
        return false;
}

bool policy_allows_domain(const struct policy *policy, const struct name *domain)
{
        if (name_is_root(domain))
                return policy->root_domain;
        if (policy->any_domain)
                return true;
        for (size_t i = 0; i < policy->n_domains; i++)
                if (name_is_below(domain, &policy->domains[i]))
                        return true;
        return false;
}
