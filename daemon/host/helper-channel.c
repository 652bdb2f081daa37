/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/host/helper-channel.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

/* Replies taken in one go, so that a flood of them does not keep the loop from the rest. */
#define REPLIES_MAX 32

struct request {
        uint32_t cookie;
        enum proto_op op;
        uint64_t deadline;
        void *target;
};

struct helper_channel {
        sd_event *event;
        int fd;
        const struct helper_channel_events *events;
        void *userdata;
        sd_event_source *io;
        sd_event_source *timer;
        uint64_t request_usec;
        bool ended;
        bool blocked; /* the socket is full */
        bool reading; /* on_io is on the stack, and frees us when it is done where: */
        bool freed;
        uint32_t cookie;
        size_t n_requests;
        struct request requests[HELPER_CHANNEL_REQUESTS_MAX];
};

static void channel_end(struct helper_channel *c, int error)
{
        c->ended = true;
        (void)sd_event_source_set_enabled(c->io, SD_EVENT_OFF);
        (void)sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
        c->events->ended(c->userdata, error);
}

/* Sets the timer to the first deadline, or stops it. */
static int arm_timer(struct helper_channel *c)
{
        uint64_t first = UINT64_MAX;
        int r;

        for (size_t i = 0; i < c->n_requests; i++)
                first = MIN(first, c->requests[i].deadline);
        if (first == UINT64_MAX)
                return sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
        r = sd_event_source_set_time(c->timer, first);
        return r < 0 ? r : sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        channel_end(userdata, -ETIMEDOUT);
        return 0;
}

/* Takes the request out that REPLY answers; NULL: there is none. */
static bool take_request(struct helper_channel *c, const struct proto_reply *reply, struct request *ret)
{
        for (size_t i = 0; i < c->n_requests; i++)
                if (c->requests[i].cookie == reply->cookie && c->requests[i].op == reply->op) {
                        *ret = c->requests[i];
                        c->n_requests--;
                        memmove(&c->requests[i], &c->requests[i + 1],
                                (c->n_requests - i) * sizeof(c->requests[0]));
                        return true;
                }
        return false;
}

static bool size_is_right(const struct proto_reply *reply, size_t size)
{
        if (reply->op == PROTO_COUNTERS && reply->result == 0)
                return size == sizeof(*reply) + sizeof(struct proto_counters);
        return size == sizeof(*reply);
}

static int take_reply(struct helper_channel *c, const uint8_t *data, size_t size)
{
        struct proto_counters counters;
        struct proto_reply reply;
        struct request request;
        bool counted;
        int r;

        if (size < sizeof(reply))
                return -EBADMSG;
        memcpy(&reply, data, sizeof(reply));
        if (reply.magic != PROTO_MAGIC || reply.version != PROTO_VERSION || reply.result > 0 ||
                reply.result < -4095 || !size_is_right(&reply, size) || !take_request(c, &reply, &request))
                return -EBADMSG;
        r = arm_timer(c);
        if (r < 0)
                return r;
        counted = request.op == PROTO_COUNTERS && reply.result == 0;
        if (counted)
                memcpy(&counters, data + sizeof(reply), sizeof(counters));
        c->events->reply(c->userdata, request.op, request.target, reply.result, counted ? &counters : NULL);
        return 0;
}

/* 1: there may be more; 0: nothing to be read now. */
static int read_reply(struct helper_channel *c)
{
        uint8_t data[PROTO_REPLY_SIZE_MAX];
        ssize_t size;
        int r;

        size = recv(c->fd, data, sizeof(data), MSG_DONTWAIT | MSG_TRUNC);
        if (size < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        if (size == 0)
                return -ECONNRESET;
        if ((size_t)size > sizeof(data))
                return -EBADMSG;
        r = take_reply(c, data, (size_t)size);
        return r < 0 ? r : 1;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct helper_channel *c = userdata;
        int r = 1;

        c->reading = true;
        if ((revents & EPOLLOUT) && c->blocked) {
                c->blocked = false;
                r = sd_event_source_set_io_events(c->io, EPOLLIN);
                if (r >= 0) {
                        r = 1;
                        c->events->writable(c->userdata);
                }
        }
        for (size_t i = 0; !c->freed && r > 0 && i < REPLIES_MAX && (revents & ~(uint32_t)EPOLLOUT); i++)
                r = read_reply(c);
        c->reading = false;
        if (c->freed)
                free(c);
        else if (r < 0)
                channel_end(c, r);
        return 0;
}

static int connect_to(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        _cleanup_close_ int fd = -1;

        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        strcpy(address.sun_path, path);
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                return -errno;
        return TAKE_FD(fd);
}

int helper_channel_open(sd_event *event, const char *path, const struct helper_channel_events *events,
        void *userdata, struct helper_channel **ret)
{
        _cleanup_(helper_channel_freep) struct helper_channel *c = NULL;
        int r;

        c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        c->events = events;
        c->userdata = userdata;
        c->request_usec = HELPER_CHANNEL_REQUEST_USEC;
        c->event = sd_event_ref(event);
        c->fd = connect_to(path);
        if (c->fd < 0)
                return c->fd;
        r = sd_event_add_io(event, &c->io, c->fd, EPOLLIN, on_io, c);
        if (r < 0)
                return r;
        r = sd_event_add_time(event, &c->timer, CLOCK_MONOTONIC, UINT64_MAX, 0, on_timer, c);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

struct helper_channel *helper_channel_free(struct helper_channel *c)
{
        if (!c)
                return NULL;
        sd_event_source_disable_unref(c->io);
        sd_event_source_disable_unref(c->timer);
        safe_close(c->fd);
        sd_event_unref(c->event);
        c->freed = true;
        if (!c->reading)
                free(c);
        return NULL;
}

static int add_request(struct helper_channel *c, enum proto_op op, void *target)
{
        bool slow = op == PROTO_LINK_SET || op == PROTO_LINK_REVERT;
        uint64_t now;
        int r;

        r = sd_event_now(c->event, CLOCK_MONOTONIC, &now);
        if (r < 0)
                return r;
        c->requests[c->n_requests++] = (struct request){
                .cookie = c->cookie,
                .op = op,
                .deadline = now + (slow ? MAX(c->request_usec, HELPER_CHANNEL_LINK_USEC) : c->request_usec),
                .target = target,
        };
        return arm_timer(c);
}

static int wait_writable(struct helper_channel *c)
{
        int r = sd_event_source_set_io_events(c->io, EPOLLIN | EPOLLOUT);

        if (r < 0)
                return r;
        c->blocked = true;
        return -EAGAIN;
}

int helper_channel_send(
        struct helper_channel *c, enum proto_op op, const void *body, size_t size, void *target)
{
        struct {
                struct proto_header header;
                uint8_t body[PROTO_REQUEST_SIZE_MAX - sizeof(struct proto_header)];
        } message;

        if (c->ended)
                return -ENOTCONN;
        if (c->blocked || c->n_requests == HELPER_CHANNEL_REQUESTS_MAX)
                return -EAGAIN;
        if (size > sizeof(message.body))
                return -EMSGSIZE;
        message.header = (struct proto_header){
                .magic = PROTO_MAGIC,
                .version = PROTO_VERSION,
                .op = (uint16_t)op,
                .cookie = ++c->cookie,
                .count = body ? 1 : 0,
        };
        if (body)
                memcpy(message.body, body, size);
        if (send(c->fd, &message, sizeof(message.header) + (body ? size : 0), MSG_DONTWAIT | MSG_NOSIGNAL) <
                0)
                return errno == EAGAIN ? wait_writable(c) : -errno;
        return add_request(c, op, target);
}

void helper_channel_set_timeout(struct helper_channel *c, uint64_t usec)
{
        c->request_usec = usec;
}
