/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <net/if.h>
#include <string.h>

#include "common/log.h"
#include "daemon/host/hostdns-internal.h"

static struct host_link *find_index(const struct hostdns *h, uint32_t ifindex)
{
        for (size_t i = 0; i < h->n_links; i++)
                if (h->links[i]->wanted.ifindex == ifindex)
                        return h->links[i];
        return NULL;
}

static struct host_link *find_name(const struct hostdns *h, const char *ifname)
{
        for (size_t i = 0; i < h->n_links; i++)
                if (strcmp(h->links[i]->wanted.ifname, ifname) == 0)
                        return h->links[i];
        return NULL;
}

/* Takes the link back from the helper, where it is there; nobody waits for that. */
static void withdraw(struct host_link *l)
{
        if (l->asked)
                (void)helper_client_revert_link(l->host->helper, l->sent.ifindex, NULL, NULL);
        l->asked = false;
}

static void remove_link(struct host_link *l)
{
        struct hostdns *h = l->host;

        withdraw(l);
        for (size_t i = 0; i < h->n_links; i++)
                if (h->links[i] == l) {
                        h->n_links--;
                        memmove(&h->links[i], &h->links[i + 1], (h->n_links - i) * sizeof(h->links[0]));
                        break;
                }
        free(l->former);
        free(l);
}

void hostdns_drop_links(struct hostdns *h)
{
        while (h->n_links > 0) {
                struct host_link *l = h->links[h->n_links - 1];
                helper_result_t result = l->tentative ? l->result : NULL;
                void *userdata = l->userdata;

                remove_link(l);
                if (result)
                        result(userdata, -ECANCELED);
        }
}

static void take_servers(const struct hostdns *h, bool loopback, struct endpoint *servers, size_t *n)
{
        for (size_t i = 0; i < ladder_shares(h->ladder) && *n < PROTO_LINK_SERVERS_MAX; i++) {
                const struct ladder_share *s = ladder_share_at(h->ladder, i);
                if (s->rung != LADDER_NONE && endpoint_is_loopback(&s->address) == loopback)
                        servers[(*n)++] = s->address;
        }
}

/* Loopback first: resolved does not cache what comes from there, so that changes show at once. */
size_t hostdns_servers(const struct hostdns *h, struct endpoint servers[PROTO_LINK_SERVERS_MAX])
{
        size_t n = 0;

        take_servers(h, true, servers, &n);
        take_servers(h, false, servers, &n);
        return n;
}

static bool shares_pending(const struct hostdns *h)
{
        for (size_t i = 0; i < ladder_shares(h->ladder); i++)
                if (ladder_share_at(h->ladder, i)->pending)
                        return true;
        return false;
}

/*
 * Neither DNSSEC nor DNS over TLS, which our listeners do not speak: where resolved demands one of them of
 * every server, it would get no answer from us.
 */
static void build(const struct host_link *l, const struct endpoint *servers, size_t n, struct proto_link *ret)
{
        *ret = (struct proto_link){
                .ifindex = (int32_t)l->wanted.ifindex,
                .n_servers = (uint8_t)n,
                .n_domains = (uint8_t)l->wanted.n_domains,
                .default_route = l->wanted.default_route ? PROTO_YES : PROTO_NO,
                .dnssec = PROTO_NO,
                .dns_over_tls = PROTO_NO,
        };
        for (size_t i = 0; i < n; i++) {
                ret->servers[i].family = (uint8_t)servers[i].family;
                ret->servers[i].port = servers[i].port;
                memcpy(ret->servers[i].address, servers[i].addr.bytes, endpoint_address_size(&servers[i]));
        }
        for (size_t i = 0; i < l->wanted.n_domains; i++) {
                const struct journal_domain *domain = &l->wanted.domains[i];
                ret->domains[i].route_only = domain->route_only;
                ret->domains[i].size = domain->name.size;
                memcpy(ret->domains[i].wire, domain->name.wire, domain->name.size);
        }
}

static void apply(struct host_link *l, bool anew);

/* The first attempt for L has ended with R: tell, and keep it or go back to what was before. */
static void settle(struct host_link *l, int r)
{
        struct hostdns *h = l->host;
        helper_result_t result = l->result;
        void *userdata = l->userdata;

        l->tentative = false;
        l->result = NULL;
        hostdns_tell(h);
        if (r >= 0) {
                free(l->former);
                l->former = NULL;
        } else if (l->former) {
                l->wanted = *l->former;
                free(l->former);
                l->former = NULL;
                apply(l, true);
        } else
                remove_link(l);
        if (result && hostdns_tell_result(h, result, userdata, r) < 0)
                result(userdata, r);
}

static void fail(struct host_link *l, int error)
{
        if (l->tentative) {
                settle(l, error);
                return;
        }
        if (l->error != error) {
                l->error = error;
                hostdns_tell(l->host);
        }
}

static void start_retry(struct host_link *l)
{
        if (l->retries >= HOSTDNS_RETRIES_MAX)
                return;
        l->retries++;
        if (sd_event_source_set_time_relative(l->host->retry_timer, HOSTDNS_RETRY_USEC) >= 0)
                (void)sd_event_source_set_enabled(l->host->retry_timer, SD_EVENT_ONESHOT);
}

static void on_set(void *userdata, int r)
{
        struct host_link *l = userdata;
        enum helper_state state = helper_client_state(l->host->helper);

        if (r < 0 && (state == HELPER_UNAVAILABLE || state == HELPER_IDLE))
                r = -ENOTCONN;
        if (l->tentative) {
                l->error = MIN(r, 0);
                settle(l, r);
                return;
        }
        if (r < 0 && l->error != r)
                log_warning_errno(r, "Link %s cannot be pointed at us", l->wanted.ifname);
        if (r == -ENODEV)
                start_retry(l);
        else if (r >= 0)
                l->retries = 0;
        if (l->error != r) {
                l->error = r;
                hostdns_tell(l->host);
        }
}

/* The ifindex of the link's name now. 0: there is no such link. */
static bool find_interface(struct host_link *l)
{
        uint32_t ifindex = if_nametoindex(l->wanted.ifname);

        if (ifindex == 0)
                return false;
        if (ifindex != l->wanted.ifindex) {
                l->wanted.ifindex = ifindex;
                l->retries = 0;
                hostdns_tell(l->host);
        }
        return true;
}

/* Links were renamed: what the helper has for IFINDEX is L's now, and no other's to withdraw. */
static void take_over(struct host_link *l, int32_t ifindex)
{
        struct hostdns *h = l->host;

        for (size_t i = 0; i < h->n_links; i++)
                if (h->links[i] != l && h->links[i]->asked && h->links[i]->sent.ifindex == ifindex)
                        h->links[i]->asked = false;
}

static void send_link(struct host_link *l, const struct endpoint *servers, size_t n, bool anew)
{
        struct proto_link link;
        int r;

        build(l, servers, n, &link);
        if (l->asked && !anew && (l->error == 0 || l->error == -EINPROGRESS) &&
                memcmp(&link, &l->sent, sizeof(link)) == 0)
                return;
        if (l->asked && l->sent.ifindex != link.ifindex)
                withdraw(l);
        r = helper_client_set_link(l->host->helper, &link, on_set, l);
        if (r < 0) {
                fail(l, r);
                return;
        }
        take_over(l, link.ifindex);
        l->asked = true;
        l->sent = link;
        l->error = -EINPROGRESS;
}

static void apply(struct host_link *l, bool anew)
{
        struct endpoint servers[PROTO_LINK_SERVERS_MAX];
        size_t n;

        if (!l->host->answered)
                return;
        if (!find_interface(l)) {
                withdraw(l);
                fail(l, -ENODEV);
                return;
        }
        /* What resolved had of us it keeps in its files while it is away: it is set anew when it is back. */
        if (!l->host->present) {
                fail(l, -EOPNOTSUPP);
                return;
        }
        n = hostdns_servers(l->host, servers);
        if (n > 0)
                send_link(l, servers, n, anew);
        else if (!shares_pending(l->host)) {
                withdraw(l); /* rather no server than one that does not answer */
                fail(l, -EHOSTUNREACH);
        }
}

/* From the end, for a link may be removed by that. */
void hostdns_apply(struct hostdns *h, bool anew)
{
        for (size_t i = h->n_links; i-- > 0;)
                if (i < h->n_links)
                        apply(h->links[i], anew);
}

void hostdns_retry(struct hostdns *h)
{
        for (size_t i = h->n_links; i-- > 0;)
                if (i < h->n_links && h->links[i]->error == -ENODEV)
                        apply(h->links[i], true);
}

static int add_link(struct hostdns *h, const struct journal_link *wanted, struct host_link **ret)
{
        struct host_link *l;

        if (h->n_links == HOSTDNS_LINKS_MAX)
                return -ENOSPC;
        l = calloc(1, sizeof(*l));
        if (!l)
                return -ENOMEM;
        l->host = h;
        l->wanted = *wanted;
        l->error = -EINPROGRESS;
        *ret = h->links[h->n_links++] = l;
        return 0;
}

/* Somebody waited for what is replaced or reverted now: he hears so out of the loop. */
static int cancel_tentative(struct host_link *l)
{
        int r;

        if (!l->tentative || !l->result)
                return 0;
        r = hostdns_tell_result(l->host, l->result, l->userdata, -ECANCELED);
        if (r < 0)
                return r;
        l->result = NULL;
        return 0;
}

static int replace(struct host_link *l, const struct journal_link *wanted)
{
        int r;

        r = cancel_tentative(l);
        if (r < 0)
                return r;
        if (!l->tentative) {
                l->former = malloc(sizeof(*l->former));
                if (!l->former)
                        return -ENOMEM;
                *l->former = l->wanted;
        }
        l->wanted = *wanted;
        return 0;
}

int hostdns_set_link(
        struct hostdns *h, const struct journal_link *link, helper_result_t result, void *userdata)
{
        struct journal_link wanted = *link;
        struct endpoint servers[PROTO_LINK_SERVERS_MAX];
        struct host_link *l;
        int r;

        if (!if_indextoname(link->ifindex, wanted.ifname))
                return -ENODEV;
        if (h->answered && !h->present)
                return -EOPNOTSUPP;
        if (h->answered && hostdns_servers(h, servers) == 0 && !shares_pending(h))
                return -EHOSTUNREACH;
        hostdns_apply(h, false); /* so that no link is known by the ifindex of another any more */
        l = find_name(h, wanted.ifname);
        r = l ? replace(l, &wanted) : add_link(h, &wanted, &l);
        if (r < 0)
                return r;
        l->tentative = true;
        l->result = result;
        l->userdata = userdata;
        apply(l, true);
        return 0;
}

int hostdns_restore_link(struct hostdns *h, const struct journal_link *link)
{
        struct host_link *l = find_name(h, link->ifname);
        int r;

        if (l)
                l->wanted = *link;
        else {
                r = add_link(h, link, &l);
                if (r < 0)
                        return r;
        }
        hostdns_tell(h);
        apply(l, true);
        return 0;
}

int hostdns_revert_link(struct hostdns *h, int ifindex, helper_result_t result, void *userdata)
{
        struct host_link *l = ifindex > 0 ? find_index(h, (uint32_t)ifindex) : NULL;
        int r;

        if (!l)
                return -ENOENT;
        r = cancel_tentative(l);
        if (r < 0)
                return r;
        if (l->asked)
                r = helper_client_revert_link(h->helper, l->sent.ifindex, result, userdata);
        else
                r = hostdns_tell_result(h, result, userdata, 0);
        if (r < 0)
                return r;
        l->asked = false;
        remove_link(l);
        hostdns_tell(h);
        return 0;
}

/* As it is kept: what is tentative counts by what it replaces. */
static const struct journal_link *kept(const struct host_link *l)
{
        return l->tentative ? l->former : &l->wanted;
}

bool hostdns_wants_links(const struct hostdns *h)
{
        return h->n_links > 0;
}

size_t hostdns_links(const struct hostdns *h)
{
        size_t n = 0;

        for (size_t i = 0; i < h->n_links; i++)
                n += kept(h->links[i]) != NULL;
        return n;
}

const struct journal_link *hostdns_link_at(const struct hostdns *h, size_t i)
{
        for (size_t k = 0; k < h->n_links; k++)
                if (kept(h->links[k]) && i-- == 0)
                        return kept(h->links[k]);
        return NULL;
}
