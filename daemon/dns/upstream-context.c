/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/upstream-context.h"

#include <dlfcn.h>

#define STRING(x) #x
#define TEXT(x) STRING(x)

struct option {
        const char *name, *value;
        bool optional; /* older or newer libraries may lack it */
};

static const struct option options_common[] = {
        /* No names of its own. ("nodefault" is not understood when set by ub_ctx_set_option.) */
        {"unblock-lan-zones:", "yes", false},
        {"insecure-lan-zones:", "yes", false},
        {"local-zone:", "localhost. transparent", false},
        {"local-zone:", "127.in-addr.arpa. transparent", false},
        {"local-zone:",
                "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa. transparent",
                false},
        {"local-zone:", "home.arpa. transparent", false},
        {"local-zone:", "onion. transparent", false},
        {"local-zone:", "test. transparent", false},
        {"local-zone:", "invalid. transparent", false},
        {"local-zone:", "resolver.arpa. transparent", false},
        {"local-zone:", "service.arpa. transparent", false},
        {"do-not-query-localhost:", "no", false},

        /* See UPSTREAM_PORT_FIRST. */
        {"outgoing-port-avoid:", "0-65535", false},
        {"outgoing-port-permit:", TEXT(UPSTREAM_PORT_FIRST) "-" TEXT(UPSTREAM_PORT_LAST), false},

        /* A crowd of queries waits in a queue, not for descriptors that others need. */
        {"outgoing-range:", "256", false},
        {"outgoing-num-tcp:", "8", false},

        /* Ours is in front: this one serves the validator, and is gone with the context. */
        {"msg-cache-size:", "256k", false},
        {"rrset-cache-size:", "512k", false},
        {"key-cache-size:", "256k", false},
        {"neg-cache-size:", "0", false},
        {"infra-cache-numhosts:", "100", false},
        {"prefetch:", "no", false},
        {"serve-expired:", "no", false},
        {"val-bogus-ttl:", "5", false},
        /* Each name is asked for: a probe for loops above all. */
        {"aggressive-nsec:", "no", false},
        {"harden-below-nxdomain:", "no", false},

        /* A server that was away is found again soon after it is back. */
        {"infra-keep-probing:", "yes", true},

        {"edns-buffer-size:", "1232", false},
        {"minimal-responses:", "yes", false},
        {"qname-minimisation:", "no", false},
        {"trust-anchor-signaling:", "no", false},
        {"rrset-roundrobin:", "no", false},
        {"deny-any:", "no", false},
};

static int set(struct ub_ctx *context, const char *name, const char *value)
{
        switch (ub_ctx_set_option(context, name, value)) {
        case UB_NOERROR:
                return 0;
        case UB_NOMEM:
                return -ENOMEM;
        default:
                return -EIO;
        }
}

static int set_common(struct ub_ctx *context)
{
        int r;

        for (size_t i = 0; i < ELEMENTSOF(options_common); i++) {
                r = set(context, options_common[i].name, options_common[i].value);
                if (r < 0 && !options_common[i].optional)
                        return r;
        }
        return 0;
}

/* "ADDRESS@PORT#NAME", of the root: everything goes there. */
static int add_server(struct ub_ctx *context, const struct upstream_server *server)
{
        char text[ENDPOINT_TEXT_SIZE + 1 + UPSTREAM_TLS_NAME_SIZE], address[ENDPOINT_TEXT_SIZE];
        struct endpoint bare = server->endpoint;
        int r;

        bare.port = 0;
        (void)snprintf(text, sizeof(text), "%s@%u%s%s", endpoint_to_text(&bare, address),
                server->endpoint.port, server->tls_name[0] ? "#" : "", server->tls_name);
        r = ub_ctx_set_fwd(context, text);
        return r == UB_NOERROR ? 0 : r == UB_NOMEM ? -ENOMEM : -EIO;
}

static bool is_set(const char *text)
{
        return text && text[0] != '\0';
}

/* Asked of the library itself: others here may have brought OpenSSL along. */
const char *upstream_tls_trouble(void)
{
        static int has_tls = -1;

        if (has_tls < 0) {
                void *library = dlopen("libunbound.so.8", RTLD_LAZY | RTLD_NOLOAD);

                has_tls = !library || dlsym(library, "SSL_CTX_new");
                if (library)
                        (void)dlclose(library);
        }
        return has_tls ? NULL : "no DNS over TLS: libunbound is built without OpenSSL";
}

static int set_tls(struct ub_ctx *context, const char *certificates, const char **ret_reason)
{
        int r;

        *ret_reason = upstream_tls_trouble();
        if (*ret_reason)
                return -EOPNOTSUPP;
        *ret_reason = "libunbound does not start";
        if (is_set(certificates) && access(certificates, R_OK) < 0) {
                *ret_reason = "the certificate authorities for DNS over TLS cannot be read";
                return -ENOENT;
        }
        r = set(context, "tls-upstream:", "yes");
        if (r < 0)
                return r;
        /* Without either nothing would be verified. */
        return is_set(certificates) ? set(context, "tls-cert-bundle:", certificates)
                                    : set(context, "tls-system-cert:", "yes");
}

/* With a file of none nothing would be validated, and nobody would know: libunbound takes it. */
static bool has_anchor(const char *path)
{
        FILE *file = fopen(path, "re");
        char line[512];
        bool found = false;

        while (file && !found && fgets(line, sizeof(line), file)) {
                const char *text = line + strspn(line, " \t\r\n");

                found = *text != '\0' && *text != ';' && *text != '$';
        }
        if (file)
                (void)fclose(file);
        return found;
}

static int set_validator(struct ub_ctx *context, const char *trust_anchor, const char **ret_reason)
{
        int r;

        if (!is_set(trust_anchor) || access(trust_anchor, R_OK) < 0) {
                *ret_reason = "the trust anchor for DNSSEC cannot be read";
                return -ENOENT;
        }
        if (!has_anchor(trust_anchor)) {
                *ret_reason = "the trust anchor's file for DNSSEC has none";
                return -ENOENT;
        }
        r = set(context, "module-config:", "validator iterator");
        return r < 0 ? r : set(context, "trust-anchor-file:", trust_anchor);
}

static int set_up(struct ub_ctx *context, const struct upstream_options *options, bool validate,
        const char **ret_reason)
{
        int r = set_common(context);

        if (r < 0)
                return r;
        /* How long it takes to see that a server is back; and how often a query tries one that is away. */
        r = set(context, "infra-host-ttl:", options->n_servers > 1 ? "15" : "5");
        if (r < 0)
                return r;
        for (size_t i = 0; i < options->n_servers; i++) {
                r = add_server(context, &options->servers[i]);
                if (r < 0)
                        return r;
        }
        if (options->servers[0].tls_name[0] != '\0') {
                r = set_tls(context, options->certificates, ret_reason);
                if (r < 0)
                        return r;
        }
        return validate ? set_validator(context, options->trust_anchor, ret_reason)
                        : set(context, "module-config:", "iterator");
}

int upstream_context_new(struct upstream_base *base, const struct upstream_options *options, bool validate,
        struct ub_ctx **ret, const char **ret_reason)
{
        struct ub_ctx *context;
        int r;

        *ret_reason = "libunbound does not start";
        context = ub_ctx_create_ub_event(upstream_base_unbound(base));
        if (!context)
                return -ENOMEM;
        r = set_up(context, options, validate, ret_reason);
        if (r < 0) {
                ub_ctx_delete(context);
                return r;
        }
        *ret = context;
        return 0;
}
