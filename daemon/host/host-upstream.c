/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/host/host-upstream.h"

#include <string.h>

#include "common/log.h"
#include "common/server.h"
#include "daemon/host/host-files.h"
#include "daemon/host/host-watch.h"

#define LINE_SIZE 512

const struct host_upstream_files host_upstream_files = {
        .resolv_conf = "/etc/resolv.conf",
        .nsswitch = "/etc/nsswitch.conf",
        .resolved = "/run/systemd/resolve/resolv.conf",
        .networkmanager = "/run/NetworkManager/no-stub-resolv.conf",
};

/* What was found, and what of it is asked. */
struct finding {
        const char *file; /* NULL: none serves */
        struct host_resolv_conf conf;
        size_t n;
        struct endpoint servers[HOST_UPSTREAM_SERVERS_MAX];
        bool kept; /* the servers are those of an earlier reading of FILE */
};

struct host_upstream {
        const struct host_upstream_files *files;
        struct host_watch *watch; /* NULL: they cannot be watched */
        struct host_upstream_events events;
        struct endpoint *own;
        size_t n_own;
        struct finding found;
};

/* 127.53.0.0/24 is ours also where no share of it stands just now. */
static bool is_in_our_range(const struct endpoint *e)
{
        const uint8_t *a = e->addr.bytes;

        return e->family == AF_INET && a[0] == 127 && a[1] == 53 && a[2] == 0;
}

static bool is_resolved_stub(const struct endpoint *e)
{
        const uint8_t *a = e->addr.bytes;

        return e->family == AF_INET && a[0] == 127 && a[1] == 0 && a[2] == 0 && (a[3] == 53 || a[3] == 54);
}

/* Why E is left out, a constant; NULL: it is not. */
static const char *objection(const struct host_upstream *u, const struct endpoint *e)
{
        if (is_resolved_stub(e))
                return "a stub of systemd-resolved";
        if (is_in_our_range(e))
                return "ours";
        for (size_t i = 0; i < u->n_own; i++)
                if (endpoint_address_equal(e, &u->own[i]))
                        return "ours";
        return server_objection(e);
}

static void take_servers(const struct host_upstream *u, const char *file, struct finding *f)
{
        host_resolv_conf_read(file, &f->conf);
        f->kept = false;
        f->n = 0;
        for (size_t i = 0; i < f->conf.n_nameservers && f->n < HOST_UPSTREAM_SERVERS_MAX; i++) {
                struct endpoint e = f->conf.nameservers[i];
                bool twice = false;

                if (objection(u, &e))
                        continue;
                e.port = SERVER_PORT;
                for (size_t j = 0; j < f->n; j++)
                        twice = twice || endpoint_equal(&f->servers[j], &e);
                if (!twice)
                        f->servers[f->n++] = e;
        }
        f->file = f->n > 0 ? file : NULL;
}

static bool all_loopback(const struct finding *f)
{
        for (size_t i = 0; i < f->n; i++)
                if (!endpoint_is_loopback(&f->servers[i]))
                        return false;
        return true;
}

/* resolved's own file comes first where programs ask resolved, NetworkManager's where they ask a resolver
 * that NetworkManager runs here; else the host's resolv.conf is what it seems. */
static void find(const struct host_upstream *u, struct finding *ret)
{
        struct finding plain, other;
        bool resolved;

        take_servers(u, u->files->resolv_conf, &plain);
        resolved = host_resolv_conf_is_stub(&plain.conf) ||
                   host_nss_read(u->files->nsswitch) == HOST_NSS_RESOLVE_FIRST;
        if (resolved || all_loopback(&plain)) {
                take_servers(u, u->files->resolved, &other);
                if (resolved && other.n > 0) {
                        *ret = other;
                        return;
                }
                take_servers(u, u->files->networkmanager, &other);
                if (other.n > 0) {
                        *ret = other;
                        return;
                }
        }
        *ret = plain;
}

static bool finding_equal(const struct finding *a, const struct finding *b)
{
        if (a->file != b->file || a->n != b->n)
                return false;
        for (size_t i = 0; i < a->n; i++)
                if (!endpoint_equal(&a->servers[i], &b->servers[i]))
                        return false;
        return true;
}

/* Into F, which has found none, those of the last reading, but what has become ours. */
static void keep_servers(const struct host_upstream *u, struct finding *f)
{
        for (size_t i = 0; i < u->found.n; i++)
                if (!objection(u, &u->found.servers[i]))
                        f->servers[f->n++] = u->found.servers[i];
        f->kept = f->n > 0;
        f->file = f->kept ? u->found.file : NULL;
}

/* Whether the servers or where they come from have changed. */
static bool read_again(struct host_upstream *u)
{
        struct finding found;
        bool same;

        find(u, &found);
        if (found.n == 0 && u->events.displaced(u->events.userdata))
                keep_servers(u, &found);
        same = finding_equal(&found, &u->found);
        u->found = found;
        return !same;
}

static void on_files_changed(void *userdata)
{
        struct host_upstream *u = userdata;

        if (read_again(u))
                u->events.changed(u->events.userdata);
}

int host_upstream_new(sd_event *event, const struct host_upstream_files *files,
        const struct host_upstream_events *events, struct host_upstream **ret)
{
        _cleanup_(host_upstream_freep) struct host_upstream *u = calloc(1, sizeof(*u));
        const char *const paths[] = {
                files->resolv_conf, files->nsswitch, files->resolved, files->networkmanager};
        int r;

        if (!u)
                return -ENOMEM;
        u->files = files;
        u->events = *events;
        r = host_watch_new(event, paths, ELEMENTSOF(paths), on_files_changed, u, &u->watch);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                log_warning_errno(r, "The host's DNS settings are read once, and not watched");
        (void)read_again(u);
        *ret = TAKE_PTR(u);
        return 0;
}

struct host_upstream *host_upstream_free(struct host_upstream *u)
{
        if (u->watch)
                host_watch_free(u->watch);
        free(u->own);
        free(u);
        return NULL;
}

int host_upstream_set_own(struct host_upstream *u, const struct endpoint *own, size_t n)
{
        struct endpoint *copy = calloc(n + 1, sizeof(*copy));

        if (!copy)
                return -ENOMEM;
        if (n > 0)
                memcpy(copy, own, n * sizeof(*copy));
        free(u->own);
        u->own = copy;
        u->n_own = n;
        return read_again(u);
}

size_t host_upstream_servers(const struct host_upstream *u)
{
        return u->found.n;
}

const struct endpoint *host_upstream_server_at(const struct host_upstream *u, size_t i)
{
        return &u->found.servers[i];
}

const char *host_upstream_file(const struct host_upstream *u)
{
        return u->found.file ? u->found.file : "";
}

static void list_servers(const struct finding *f, char buf[LINE_SIZE])
{
        size_t n = 0;

        buf[0] = '\0';
        for (size_t i = 0; i < f->n && n < LINE_SIZE; i++) {
                struct endpoint e = f->servers[i];
                char text[ENDPOINT_TEXT_SIZE];

                e.port = 0;
                n += (size_t)snprintf(
                        buf + n, LINE_SIZE - n, "%s%s", i > 0 ? ", " : "", endpoint_to_text(&e, text));
        }
}

/* "192.0.2.1, 127.0.0.53 (left out: a stub of systemd-resolved)" */
static void list_nameservers(const struct host_upstream *u, char buf[LINE_SIZE])
{
        const struct host_resolv_conf *conf = &u->found.conf;
        size_t n = 0;

        buf[0] = '\0';
        for (size_t i = 0; i < conf->n_nameservers && n < LINE_SIZE; i++) {
                const char *why = objection(u, &conf->nameservers[i]);
                char text[ENDPOINT_TEXT_SIZE];

                n += (size_t)snprintf(buf + n, LINE_SIZE - n, "%s%s%s%s%s", i > 0 ? ", " : "",
                        endpoint_to_text(&conf->nameservers[i], text), why ? " (left out: " : "",
                        why ? why : "", why ? ")" : "");
        }
}

int host_upstream_explain(const struct host_upstream *u,
        int (*line)(void *userdata, const char *step, const char *finding, const char *detail),
        void *userdata)
{
        const struct finding *f = &u->found;
        char nameservers[LINE_SIZE], detail[LINE_SIZE];

        list_nameservers(u, nameservers);
        if (!f->file)
                return line(userdata, "upstream of the host",
                        *nameservers      ? nameservers
                        : f->conf.present ? "resolv.conf names no nameserver"
                                          : "there is no resolv.conf",
                        "nobody to ask: names that are not ours are refused (Servers= of share53.conf)");
        if (f->kept) {
                list_servers(f, nameservers);
                snprintf(detail, sizeof(detail),
                        "from %s, before a link was pointed at us: nobody else is left there", f->file);
                return line(userdata, "upstream of the host", nameservers, detail);
        }
        snprintf(detail, sizeof(detail), "from %s: whom this host would ask without us", f->file);
        return line(userdata, "upstream of the host", nameservers, detail);
}
