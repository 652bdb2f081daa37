/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Any sequence of messages to the helper, its effects replaced by ones that only take note: whatever comes,
 * nothing takes effect that common/proto.h's table does not allow at that time, and that the guard has not
 * allowed. An input is an octet that seeds what effects and guard answer, then messages: an octet, two for a
 * length, and as many octets. With the first octet's high bit set they are the message; else they are the
 * entry of the op that it says, made up to its size with zeros behind a right header.
 */

#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "common/log.h"
#include "helper/caps.h"
#include "helper/dispatch.h"
#include "helper/resolved.h"

#define MESSAGES_MAX 64

enum state { NEW, READY, ATTACHED, DETACHED, ENDED };

static enum state state;    /* by the replies that we have seen */
static uint16_t current;    /* the op of the message under way */
static unsigned int seed;   /* of what the stubs answer */
static unsigned int checks; /* what the guard has allowed, for the message under way */
static bool refused;        /* or refused */
static bool attached;       /* as the effects have left it */
static struct xdp_share shares[SHARE53_SHARES_MAX];
static size_t n_shares;
static struct {
        resolved_done_t done;
        void *userdata;
        struct proto_header header;
        bool pending;
} resolved;

/* No, now and then. */
static int fate(int error)
{
        seed = seed * 1103515245 + 12345;
        return (seed >> 16 & 7) == 7 ? error : 0;
}

static int judge(unsigned int n)
{
        int r = fate(-EPERM);

        holds(!refused);
        if (r < 0)
                refused = true;
        else
                checks += n;
        return r;
}

int caps_drop(struct caps_reason *reason)
{
        holds(current == PROTO_ATTACH && attached);
        *reason = (struct caps_reason){"as the input has it"};
        return fate(-EPERM);
}

int xdp_attach(struct xdp **ret)
{
        int r = fate(fate(-EBUSY) < 0 ? -EBUSY : -EACCES);

        holds(state == READY && current == PROTO_ATTACH && !attached);
        if (r < 0)
                return r;
        attached = true;
        *ret = (struct xdp *)shares;
        return 0;
}

struct xdp *xdp_free(struct xdp *xdp)
{
        if (xdp) {
                holds(attached);
                attached = false;
                n_shares = 0;
        }
        return NULL;
}

const struct xdp_share *xdp_shares(const struct xdp *xdp, size_t *ret_n)
{
        *ret_n = xdp ? n_shares : 0;
        return shares;
}

static bool well_formed(const struct endpoint *e)
{
        return (e->family == AF_INET || e->family == AF_INET6) && e->port != 0;
}

int xdp_add_share(struct xdp *xdp, const struct xdp_share *share)
{
        holds(state == ATTACHED && attached && current == PROTO_SHARE_ADD);
        holds(checks == 1 && !refused);
        holds(well_formed(&share->shared) && well_formed(&share->listener));
        if (n_shares == SHARE53_SHARES_MAX)
                return -ENOSPC;
        shares[n_shares++] = *share;
        return 0;
}

int xdp_delete_share(struct xdp *xdp, const struct xdp_share *share)
{
        holds(state == ATTACHED && attached && current == PROTO_SHARE_DEL);
        if (n_shares == 0 || memcmp(&shares[n_shares - 1], share, sizeof(*share)) != 0)
                return -ENOENT;
        n_shares--;
        return 0;
}

int xdp_counters(struct xdp *xdp, uint64_t ret[SHARE53_COUNTERS_N])
{
        holds(state == ATTACHED && attached && current == PROTO_COUNTERS);
        return fate(-EIO);
}

int guard_check_share(const struct guard *g, const struct xdp_share *have, size_t n_have,
        const struct xdp_share *wanted, struct guard_reason *reason)
{
        holds(have == shares && n_have == n_shares);
        *reason = (struct guard_reason){"as the input has it"};
        return judge(1);
}

int guard_check_link(const struct guard *g, int ifindex, struct guard_reason *reason)
{
        *reason = (struct guard_reason){"as the input has it"};
        return judge(1);
}

int guard_check_server(const struct guard *g, const struct xdp_share *have, size_t n_have,
        const struct endpoint *e, struct guard_reason *reason)
{
        holds(well_formed(e));
        *reason = (struct guard_reason){"as the input has it"};
        return judge(1 << 8);
}

int guard_check_domain(const struct guard *g, const struct name *domain, struct guard_reason *reason)
{
        holds(domain->size > 0 && domain->wire[domain->size - 1] == 0);
        *reason = (struct guard_reason){"as the input has it"};
        return judge(1 << 16);
}

int guard_check_default_route(
        const struct guard *g, enum proto_tristate default_route, struct guard_reason *reason)
{
        holds(default_route <= PROTO_YES);
        *reason = (struct guard_reason){"as the input has it"};
        return judge(1);
}

int resolved_new(
        sd_event *event, const char *leftovers, resolved_done_t done, void *userdata, struct resolved **ret)
{
        resolved.done = done;
        resolved.userdata = userdata;
        resolved.pending = false;
        *ret = (struct resolved *)&resolved;
        return 0;
}

struct resolved *resolved_free(struct resolved *r)
{
        return NULL;
}

static int begin(const struct proto_header *request)
{
        int r = resolved.pending ? -EBUSY : fate(-ENOSPC);

        holds(state == READY || state == ATTACHED || state == DETACHED);
        if (r < 0)
                return r;
        resolved.header = *request;
        resolved.pending = true;
        return 0;
}

int resolved_set_link(struct resolved *r, const struct proto_header *request, const struct proto_link *link)
{
        holds(current == PROTO_LINK_SET && !refused);
        holds(link->n_servers >= 1 && link->n_servers <= PROTO_LINK_SERVERS_MAX);
        holds(link->n_domains <= PROTO_LINK_DOMAINS_MAX);
        /* The link, the default route, each server and each domain. */
        holds(checks == (unsigned int)(2 + (link->n_servers << 8) + (link->n_domains << 16)));
        return begin(request);
}

int resolved_revert_link(struct resolved *r, const struct proto_header *request, int ifindex)
{
        holds(current == PROTO_LINK_REVERT);
        return begin(request);
}

size_t resolved_undo(struct resolved *r, uint64_t usec)
{
        return 0;
}

static const size_t entry_sizes[] = {
        [PROTO_SHARE_ADD] = sizeof(struct proto_share),
        [PROTO_SHARE_DEL] = sizeof(struct proto_share),
        [PROTO_LINK_SET] = sizeof(struct proto_link),
        [PROTO_LINK_REVERT] = sizeof(struct proto_link_index),
};

static bool permitted(uint16_t op)
{
        switch (op) {
        case PROTO_HELLO:
                return state == NEW;
        case PROTO_ATTACH:
                return state == READY;
        case PROTO_DETACH:
        case PROTO_SHARE_ADD:
        case PROTO_SHARE_DEL:
        case PROTO_COUNTERS:
                return state == ATTACHED;
        case PROTO_LINK_SET:
        case PROTO_LINK_REVERT:
                return state == READY || state == ATTACHED || state == DETACHED;
        }
        return false;
}

/* Whether the message is right as far as header, size and state say it. */
static bool may_take_effect(const uint8_t *message, size_t size)
{
        struct proto_header h;

        if (size < sizeof(h))
                return false;
        memcpy(&h, message, sizeof(h));
        return h.magic == PROTO_MAGIC && h.version == PROTO_VERSION && permitted(h.op) &&
               size == sizeof(h) + (h.op < ELEMENTSOF(entry_sizes) ? entry_sizes[h.op] : 0) &&
               h.count == (size > sizeof(h));
}

static void take_reply(int fd)
{
        struct {
                struct proto_reply h;
                struct proto_counters counters;
        } reply;
        ssize_t n = recv(fd, &reply, sizeof(reply), MSG_DONTWAIT | MSG_TRUNC);

        if (n <= 0)
                return;
        holds(reply.h.magic == PROTO_MAGIC && reply.h.version == PROTO_VERSION);
        holds(reply.h.result <= 0);
        holds((size_t)n ==
                (reply.h.op == PROTO_COUNTERS && reply.h.result == 0 ? sizeof(reply) : sizeof(reply.h)));
        if (reply.h.op == PROTO_HELLO)
                state = READY;
        else if (reply.h.op == PROTO_ATTACH && reply.h.result == 0)
                state = ATTACHED;
        else if (reply.h.op == PROTO_DETACH)
                state = DETACHED;
}

static void send_message(sd_event *event, int fd, const uint8_t *message, size_t size)
{
        bool allowed = may_take_effect(message, size);
        struct proto_header h = {};

        memcpy(&h, message, MIN(size, sizeof(h)));
        current = allowed ? h.op : 0;
        checks = 0;
        refused = false;
        holds(send(fd, message, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size);
        holds(sd_event_run(event, 0) >= 0);
        current = 0;
        take_reply(fd);
        /* An end that was asked for is reached in the next turn. */
        if (sd_event_get_exit_code(event, &(int){0}) >= 0)
                state = ENDED;
        holds(allowed || state == ENDED);
        if (resolved.pending && state != ENDED && fate(-1) == 0) {
                resolved.pending = false;
                resolved.done(resolved.userdata, &resolved.header, fate(-EIO));
                take_reply(fd);
        }
}

static size_t make_message(uint8_t kind, const uint8_t *data, size_t size, uint8_t *message)
{
        struct proto_header h = {PROTO_MAGIC, PROTO_VERSION, kind, seed, 0};
        size_t wanted;

        if (kind & 0x80) {
                memcpy(message, data, size);
                return size;
        }
        wanted = kind < ELEMENTSOF(entry_sizes) ? entry_sizes[kind] : 0;
        h.count = wanted > 0;
        memcpy(message, &h, sizeof(h));
        memset(message + sizeof(h), 0, wanted);
        memcpy(message + sizeof(h), data, MIN(size, wanted));
        return sizeof(h) + wanted;
}

static void send_all(sd_event *event, int fd, const uint8_t *data, size_t size)
{
        static uint8_t message[65536];

        for (int i = 0; i < MESSAGES_MAX && size >= 3 && state != ENDED; i++) {
                uint8_t kind = *data;
                size_t n = MIN((size_t)(data[1] << 8 | data[2]), size - 3);

                data += 3;
                n = make_message(kind, data, n, message);
                if (n > 0)
                        send_message(event, fd, message, n);
                n = MIN((size_t)(data[-2] << 8 | data[-1]), size - 3);
                data += n;
                size -= 3 + n;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct policy policy;
        struct dispatch *dispatch = NULL;
        sd_event *event = NULL;
        int fds[2];

        if (size == 0)
                return 0;
        log_set_level(LOG_EMERG);
        state = NEW;
        seed = data[0];
        n_shares = 0;
        holds(sd_event_new(&event) >= 0);
        holds(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
        holds(dispatch_new(event, fds[0], getuid(), &policy, "/nonexistent/links", &dispatch) == 0);
        send_all(event, fds[1], data + 1, size - 1);
        dispatch_undo(dispatch);
        holds(!attached);
        dispatch_free(dispatch);
        sd_event_unref(event);
        close(fds[1]);
        return 0;
}
