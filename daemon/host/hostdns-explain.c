/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "daemon/host/hostdns-internal.h"

#define LINE_SIZE 512

static int explain_bus(const struct hostdns *h, hostdns_explain_t line, void *userdata)
{
        if (!h->answered)
                return line(userdata, "bus", "not known yet whether systemd-resolved is there", "");
        if (!h->present)
                return line(userdata, "bus", "systemd-resolved is not on the bus",
                        "links cannot be pointed at us");
        return line(userdata, "bus", "systemd-resolved is on the bus", "links can be pointed at us");
}

static int explain_nss(const struct hostdns *h, hostdns_explain_t line, void *userdata)
{
        switch (h->nss) {
        case HOST_NSS_RESOLVE_FIRST:
                return line(userdata, "nsswitch.conf", "\"resolve\" comes before \"dns\"",
                        "programs that use glibc ask systemd-resolved where it runs");
        case HOST_NSS_NO_RESOLVE:
                return line(userdata, "nsswitch.conf", "no \"resolve\" before \"dns\"",
                        "programs that use glibc ask whom resolv.conf names");
        default:
                return line(userdata, "nsswitch.conf", "absent, or without hosts",
                        "programs that use glibc ask whom resolv.conf names");
        }
}

static void list_endpoints(const struct endpoint *endpoints, size_t n, char buf[LINE_SIZE])
{
        char text[ENDPOINT_TEXT_SIZE];
        size_t size = 0;

        buf[0] = '\0';
        for (size_t i = 0; i < n && size < LINE_SIZE; i++)
                size += (size_t)snprintf(buf + size, LINE_SIZE - size, "%s%s", i > 0 ? ", " : "",
                        endpoint_to_text(&endpoints[i], text));
}

static int explain_resolv_conf(const struct hostdns *h, hostdns_explain_t line, void *userdata)
{
        const char *hint = host_hint_to_text(h->conf.hint);
        char finding[LINE_SIZE], detail[LINE_SIZE], servers[LINE_SIZE];

        if (!h->conf.present)
                return line(userdata, "resolv.conf", "absent", "glibc asks 127.0.0.1 then");
        if (h->conf.n_nameservers == 0)
                snprintf(finding, sizeof(finding), "names no nameserver");
        else {
                list_endpoints(h->conf.nameservers, h->conf.n_nameservers, servers);
                snprintf(finding, sizeof(finding), "nameserver %.*s", LINE_SIZE - 16, servers);
        }
        snprintf(detail, sizeof(detail), "%s%s%s",
                host_resolv_conf_is_stub(&h->conf) ? "the stub of systemd-resolved"
                                                   : "not only the stub of systemd-resolved",
                hint ? "; a comment, only a hint, names " : "", hint ? hint : "");
        return line(userdata, "resolv.conf", finding, detail);
}

static int explain_manager(const struct hostdns *h, hostdns_explain_t line, void *userdata)
{
        const char *detail = "";

        if (h->manager == HOSTDNS_RESOLVED)
                detail = "it is on the bus, and programs ask it";
        else if (h->present)
                detail = "systemd-resolved runs, but programs that use glibc do not ask it: a link that is "
                         "pointed "
                         "at us has no effect on them";
        else if (h->manager == HOSTDNS_OTHER)
                detail = "found, and left alone: only systemd-resolved can be driven yet";
        else if (h->manager == HOSTDNS_NONE)
                detail = "nobody whom we could point at us";
        return line(userdata, "manager", hostdns_manager_to_text(h->manager), detail);
}

static const char *link_words(const struct host_link *l)
{
        switch (l->error) {
        case 0:
                return "is pointed at us";
        case -EINPROGRESS:
                return "waits for an answer";
        case -ENODEV:
                return "is not there; set when it comes";
        case -EOPNOTSUPP:
                return "waits for systemd-resolved";
        case -EHOSTUNREACH:
                return "waits for a shared address";
        case -ENOTCONN:
                return "waits for share53-helper";
        default:
                return strerror(-l->error);
        }
}

static int explain_link(const struct host_link *l, hostdns_explain_t line, void *userdata)
{
        struct endpoint servers[PROTO_LINK_SERVERS_MAX];
        char step[64], list[LINE_SIZE];

        snprintf(step, sizeof(step), "link %s", l->wanted.ifname);
        list_endpoints(servers, hostdns_servers(l->host, servers), list);
        return line(userdata, step, link_words(l), list);
}

int hostdns_explain(const struct hostdns *h, hostdns_explain_t line, void *userdata)
{
        int r;

        r = explain_bus(h, line, userdata);
        if (r >= 0)
                r = explain_nss(h, line, userdata);
        if (r >= 0)
                r = explain_resolv_conf(h, line, userdata);
        if (r >= 0)
                r = explain_manager(h, line, userdata);
        for (size_t i = 0; r >= 0 && i < h->n_links; i++)
                r = explain_link(h->links[i], line, userdata);
        return r;
}
