/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "helper/dispatch.h"

#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include "common/log.h"
#include "helper/caps.h"
#include "helper/resolved.h"

#define UNDO_USEC (1 * 1000000ULL)

/* Refusals that are logged one by one, for each period; the rest is counted. */
#define REFUSALS_LOGGED_MAX 20
#define REFUSALS_PERIOD_USEC (10 * 1000000ULL)

enum state {
        STATE_NEW = 1 << 0,
        STATE_READY = 1 << 1,
        STATE_ATTACHED = 1 << 2,
        STATE_DETACHED = 1 << 3, /* for good: the capabilities are gone */
        STATE_ENDED = 1 << 4,    /* nothing is read any more */
};

struct dispatch {
        sd_event *event;
        sd_event_source *io;
        int fd;
        enum state state;
        struct guard guard;
        struct xdp *xdp; /* in STATE_ATTACHED */
        struct resolved *resolved;
        uint64_t refusals_since; /* CLOCK_MONOTONIC, µs */
        unsigned int refusals;
        uint8_t request[PROTO_REQUEST_SIZE_MAX + 1]; /* an octet more shows what is too long */
};

/* What a handler returns beside 0 and a negative errno, which are the reply's result. */
enum { REPLIED = 1, VIOLATION = 2 };

typedef int (*handler_t)(struct dispatch *d, const struct proto_header *h, const void *entry);

static void end(struct dispatch *d, int status)
{
        d->state = STATE_ENDED;
        d->io = sd_event_source_disable_unref(d->io);
        (void)sd_event_exit(d->event, status);
}

_printf_(2, 3) static int violation(struct dispatch *d, const char *format, ...)
{
        char text[200];
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        log_error("violation of the channel: %s; undoing everything and ending", text);
        end(d, EXIT_FAILURE);
        return VIOLATION;
}

/* One line for each refusal, but never a flood of them. */
static int refused(struct dispatch *d, const char *op, int error, const char *reason)
{
        uint64_t now = 0;

        (void)sd_event_now(d->event, CLOCK_MONOTONIC, &now);
        if (now - d->refusals_since >= REFUSALS_PERIOD_USEC) {
                if (d->refusals > REFUSALS_LOGGED_MAX)
                        log_warning("%u more requests were refused", d->refusals - REFUSALS_LOGGED_MAX);
                d->refusals_since = now;
                d->refusals = 0;
        }
        if (d->refusals++ < REFUSALS_LOGGED_MAX)
                (void)log_warning_errno(error, "%s refused: %s", op, reason);
        return error;
}

/* A daemon that does not read its replies is not one: nothing is queued here. */
static void reply(struct dispatch *d, const struct proto_header *h, int result, const void *body, size_t size)
{
        struct proto_reply header = {
                .magic = PROTO_MAGIC,
                .version = PROTO_VERSION,
                .op = h->op,
                .cookie = h->cookie,
                .result = result,
        };
        struct iovec parts[] = {
                {.iov_base = &header, .iov_len = sizeof(header)},
                {.iov_base = (void *)body, .iov_len = size},
        };
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = ELEMENTSOF(parts)};

        if (d->state == STATE_ENDED || sendmsg(d->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
                return;
        if (errno == EPIPE || errno == ECONNRESET)
                end(d, EXIT_SUCCESS);
        else
                (void)violation(d, "a reply cannot be sent: %s", strerror(errno));
}

static bool all_zero(const void *data, size_t size)
{
        const uint8_t *p = data;

        for (size_t i = 0; i < size; i++)
                if (p[i] != 0)
                        return false;
        return true;
}

/* False: not well formed. */
static bool take_endpoint(const struct proto_endpoint *p, struct endpoint *ret)
{
        struct endpoint e = {.family = p->family, .port = p->port};
        size_t size = endpoint_address_size(&e);

        if ((p->family != AF_INET && p->family != AF_INET6) || p->reserved != 0 || p->port == 0 ||
                !all_zero(p->address + size, sizeof(p->address) - size))
                return false;
        memcpy(e.addr.bytes, p->address, size);
        *ret = e;
        return true;
}

static int on_hello(struct dispatch *d, const struct proto_header *h, const void *entry)
{
        d->state = STATE_READY;
        return 0;
}

static int on_attach(struct dispatch *d, const struct proto_header *h, const void *entry)
{
        struct caps_reason why;
        int r;

        r = xdp_attach(&d->xdp);
        if (r == -EBUSY)
                return refused(d, "ATTACH", r, "lo has another XDP program, which stays");
        if (r < 0)
                return refused(d, "ATTACH", r, "the XDP program cannot be loaded or attached");
        if (caps_drop(&why) < 0)
                return violation(d, "the capabilities cannot be dropped (%s)", why.text);
        d->state = STATE_ATTACHED;
        log_info("XDP program attached to lo, capabilities dropped");
        return 0;
}

static int on_detach(struct dispatch *d, const struct proto_header *h, const void *entry)
{
        d->xdp = xdp_free(d->xdp);
        d->state = STATE_DETACHED;
        return 0;
}

static int on_share_add(struct dispatch *d, const struct proto_header *h, const void *entry)
{
        const struct proto_share *p = entry;
        const struct xdp_share *shares;
        struct guard_reason why;
        struct xdp_share share;
        size_t n;
        int r;

        if (!take_endpoint(&p->shared, &share.shared) || !take_endpoint(&p->listener, &share.listener))
                return violation(d, "SHARE_ADD with a malformed address");
        shares = xdp_shares(d->xdp, &n);
        r = guard_check_share(&d->guard, shares, n, &share, &why);
        if (r < 0)
                return refused(d, "SHARE_ADD", r, why.text);
        r = xdp_add_share(d->xdp, &share);
        if (r < 0)
                return refused(d, "SHARE_ADD", r, "the XDP program's maps do not take it");
        return 0;
}

static int on_share_del(struct dispatch *d, const struct proto_header *h, const void *entry)
{
        const struct proto_share *p = entry;
        struct xdp_share share;

        if (!take_endpoint(&p->shared, &share.shared) || !take_endpoint(&p->listener, &share.listener))
                return violation(d, "SHARE_DEL with a malformed address");
        return xdp_delete_share(d->xdp, &share);
}

static int on_counters(struct dispatch *d, const struct proto_header *h, const void *entry)
{
        struct proto_counters counters = {};
        int r;

        r = xdp_counters(d->xdp, counters.values);
        if (r < 0)
                return r;
        reply(d, h, 0, &counters, sizeof(counters));
        return REPLIED;
}

/* NULL, or what is malformed. */
static const char *check_link_form(const struct proto_link *p)
{
        struct endpoint e;
        struct name name;

        if (p->n_servers < 1 || p->n_servers > PROTO_LINK_SERVERS_MAX)
                return "number of servers";
        if (p->n_domains > PROTO_LINK_DOMAINS_MAX)
                return "number of domains";
        if (p->default_route > PROTO_YES || p->dnssec > PROTO_MIDDLE || p->dns_over_tls > PROTO_MIDDLE ||
                p->llmnr > PROTO_MIDDLE || p->mdns > PROTO_MIDDLE)
                return "option";
        if (p->reserved != 0)
                return "reserved octet";
        for (size_t i = 0; i < p->n_servers; i++)
                if (!take_endpoint(&p->servers[i], &e))
                        return "server";
        if (!all_zero(&p->servers[p->n_servers],
                    (PROTO_LINK_SERVERS_MAX - p->n_servers) * sizeof(p->servers[0])))
                return "server that is not counted";
        for (size_t i = 0; i < p->n_domains; i++) {
                const struct proto_domain *domain = &p->domains[i];
                if (domain->route_only > 1 || domain->reserved != 0 ||
                        name_from_wire(domain->wire, domain->size, &name) < 0)
                        return "domain";
        }
        if (!all_zero(&p->domains[p->n_domains],
                    (PROTO_LINK_DOMAINS_MAX - p->n_domains) * sizeof(p->domains[0])))
                return "domain that is not counted";
        return NULL;
}

/* Whether the well-formed P is allowed. */
static int check_link(struct dispatch *d, const struct proto_link *p, struct guard_reason *why)
{
        const struct xdp_share *shares;
        struct endpoint e;
        struct name name;
        size_t n;
        int r;

        shares = xdp_shares(d->xdp, &n);
        r = guard_check_link(&d->guard, p->ifindex, why);
        if (r >= 0)
                r = guard_check_default_route(&d->guard, p->default_route, why);
        for (size_t i = 0; r >= 0 && i < p->n_domains; i++) {
                (void)name_from_wire(p->domains[i].wire, p->domains[i].size, &name); /* checked before */
                r = guard_check_domain(&d->guard, &name, why);
        }
        for (size_t i = 0; r >= 0 && i < p->n_servers; i++) {
                (void)take_endpoint(&p->servers[i], &e); /* checked before */
                r = guard_check_server(&d->guard, shares, n, &e, why);
        }
        return r;
}

static int on_link_set(struct dispatch *d, const struct proto_header *h, const void *entry)
{
        const struct proto_link *p = entry;
        const char *malformed = check_link_form(p);
        struct guard_reason why;
        int r;

        if (malformed)
                return violation(d, "LINK_SET with a malformed %s", malformed);
        r = check_link(d, p, &why);
        if (r < 0)
                return refused(d, "LINK_SET", r, why.text);
        r = resolved_set_link(d->resolved, h, p);
        if (r < 0)
                return refused(d, "LINK_SET", r, "resolved cannot be asked now");
        return REPLIED; /* by on_resolved */
}

static int on_link_revert(struct dispatch *d, const struct proto_header *h, const void *entry)
{
        const struct proto_link_index *p = entry;
        int r;

        r = resolved_revert_link(d->resolved, h, p->ifindex);
        if (r < 0)
                return refused(d, "LINK_REVERT", r,
                        r == -ENOENT ? "not a link that was set here" : "resolved cannot be asked now");
        return REPLIED; /* by on_resolved */
}

/* Resolved has answered. */
static void on_resolved(void *userdata, const struct proto_header *request, int r)
{
        reply(userdata, request, r, NULL, 0);
}

#define LINK_STATES (STATE_READY | STATE_ATTACHED | STATE_DETACHED)

/* Everything that may be asked. What is not exactly so ends the helper. */
static const struct operation {
        enum proto_op op;
        const char *name;
        size_t size; /* of the one entry; 0: none */
        unsigned int states;
        handler_t handle;
} operations[] = {
        {PROTO_HELLO, "HELLO", 0, STATE_NEW, on_hello},
        {PROTO_ATTACH, "ATTACH", 0, STATE_READY, on_attach},
        {PROTO_DETACH, "DETACH", 0, STATE_ATTACHED, on_detach},
        {PROTO_SHARE_ADD, "SHARE_ADD", sizeof(struct proto_share), STATE_ATTACHED, on_share_add},
        {PROTO_SHARE_DEL, "SHARE_DEL", sizeof(struct proto_share), STATE_ATTACHED, on_share_del},
        {PROTO_COUNTERS, "COUNTERS", 0, STATE_ATTACHED, on_counters},
        {PROTO_LINK_SET, "LINK_SET", sizeof(struct proto_link), LINK_STATES, on_link_set},
        {PROTO_LINK_REVERT, "LINK_REVERT", sizeof(struct proto_link_index), LINK_STATES, on_link_revert},
};

static void take_request(struct dispatch *d, size_t size)
{
        const struct operation *o = NULL;
        struct proto_header h;
        union {
                struct proto_share share;
                struct proto_link link;
                struct proto_link_index index;
        } entry;
        int r;

        if (size < sizeof(h)) {
                (void)violation(d, "request of %zu octets", size);
                return;
        }
        memcpy(&h, d->request, sizeof(h));
        if (h.magic != PROTO_MAGIC || h.version != PROTO_VERSION) {
                (void)violation(
                        d, "magic %#x, version %u: not from this package's share53d", h.magic, h.version);
                return;
        }
        for (size_t i = 0; i < ELEMENTSOF(operations); i++)
                if (operations[i].op == h.op)
                        o = &operations[i];
        if (!o) {
                (void)violation(d, "unknown op %u", h.op);
                return;
        }
        if (h.count != (o->size > 0) || size != sizeof(h) + o->size) {
                (void)violation(d, "%s with %u entries in %zu octets", o->name, h.count, size);
                return;
        }
        if (!(o->states & d->state)) {
                (void)violation(d, "%s in a state that does not permit it", o->name);
                return;
        }
        memcpy(&entry, d->request + sizeof(h), o->size);
        r = o->handle(d, &h, &entry);
        if (r <= 0)
                reply(d, &h, r, NULL, 0);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct dispatch *d = userdata;
        struct iovec part = {.iov_base = d->request, .iov_len = sizeof(d->request)};
        struct msghdr message = {
                .msg_iov = &part, .msg_iovlen = 1}; /* no room for descriptors: none get in */
        ssize_t size;

        size = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (size < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (size == 0 || (size < 0 && errno == ECONNRESET)) {
                log_debug("the daemon has closed the channel");
                end(d, EXIT_SUCCESS);
        } else if (size < 0)
                (void)violation(d, "the channel cannot be read: %s", strerror(errno));
        else if (message.msg_flags & MSG_CTRUNC)
                (void)violation(d, "request with descriptors");
        else
                take_request(d, (size_t)size);
        return 0;
}

static int check_peer(int fd, uid_t uid)
{
        struct ucred peer;
        int domain, type;

        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &(socklen_t){sizeof(domain)}) < 0 ||
                getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof(type)}) < 0)
                return -errno;
        if (domain != AF_UNIX || type != SOCK_SEQPACKET)
                return -EPROTOTYPE;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &(socklen_t){sizeof(peer)}) < 0)
                return -errno;
        return peer.uid == uid ? 0 : -EPERM;
}

int dispatch_new(sd_event *event, int fd, uid_t uid, const struct policy *policy, const char *leftovers,
        struct dispatch **ret)
{
        _cleanup_(dispatch_freep) struct dispatch *d = NULL;
        int r;

        d = calloc(1, sizeof(*d));
        if (!d) {
                (void)safe_close(fd);
                return -ENOMEM;
        }
        d->fd = fd;
        d->event = sd_event_ref(event);
        d->state = STATE_NEW;
        d->guard = (struct guard){.policy = policy, .uid = uid};
        r = check_peer(fd, uid);
        if (r < 0)
                return r;
        r = resolved_new(event, leftovers, on_resolved, d, &d->resolved);
        if (r < 0)
                return r;
        r = sd_event_add_io(event, &d->io, fd, EPOLLIN, on_io, d);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(d);
        return 0;
}

void dispatch_undo(struct dispatch *dispatch)
{
        size_t left;

        dispatch->state = STATE_ENDED;
        left = resolved_undo(dispatch->resolved, UNDO_USEC);
        if (left > 0)
                log_warning("%zu links could not be reverted in time", left);
        dispatch->xdp = xdp_free(dispatch->xdp);
}

struct dispatch *dispatch_free(struct dispatch *dispatch)
{
        if (!dispatch)
                return NULL;
        sd_event_source_disable_unref(dispatch->io);
        if (dispatch->resolved)
                resolved_free(dispatch->resolved);
        xdp_free(dispatch->xdp);
        (void)safe_close(dispatch->fd);
        sd_event_unref(dispatch->event);
        free(dispatch);
        return NULL;
}
