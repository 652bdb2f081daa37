/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <endian.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/dns/listener-internal.h"

#define LENGTH_SIZE 2     /* octets before each message (RFC 1035 4.2.2) */
#define INPUT_SIZE 2048   /* to begin with: many queries of the usual size */
#define BUFFER_KEPT 16384 /* of a buffer that is empty */
#define QUERIES_BATCH 64

static size_t buffer_used(const struct buffer *b)
{
        return b->end - b->start;
}

/* Makes room for N octets behind what waits. */
static int buffer_reserve(struct buffer *b, size_t n)
{
        size_t used = buffer_used(b), allocated = MAX(b->allocated, (size_t)INPUT_SIZE);
        uint8_t *data;

        if (b->allocated - b->end >= n)
                return 0;
        if (b->start > 0) {
                memmove(b->data, b->data + b->start, used);
                b->start = 0;
                b->end = used;
        }
        if (b->allocated - b->end >= n)
                return 0;
        while (allocated < used + n)
                allocated *= 2;
        data = realloc(b->data, allocated);
        if (!data)
                return -ENOMEM;
        b->data = data;
        b->allocated = allocated;
        return 0;
}

/* What was needed once only is given back. */
static void buffer_skip(struct buffer *b, size_t n)
{
        b->start += n;
        if (b->start < b->end)
                return;
        b->start = b->end = 0;
        if (b->allocated > BUFFER_KEPT) {
                free(b->data);
                *b = (struct buffer){};
        }
}

/* The message that begins the input, without its length; NULL where it has not come whole. */
static const uint8_t *next_message(const struct connection *c, size_t *ret_size)
{
        uint16_t size;

        if (buffer_used(&c->in) < LENGTH_SIZE)
                return NULL;
        memcpy(&size, c->in.data + c->in.start, LENGTH_SIZE);
        size = be16toh(size);
        if (buffer_used(&c->in) < LENGTH_SIZE + (size_t)size)
                return NULL;
        *ret_size = size;
        return c->in.data + c->in.start + LENGTH_SIZE;
}

static bool output_is_full(const struct connection *c)
{
        return buffer_used(&c->out) >= LISTENER_TCP_OUTPUT_MAX;
}

/* Whether another query may be taken in: neither what waits to be sent nor who waits to be answered may grow
 * without end. */
static bool takes_queries(const struct connection *c)
{
        return !output_is_full(c) && c->owner.n_waits < LISTENER_TCP_WAITS_MAX;
}

static bool has_work(const struct connection *c)
{
        size_t size;

        return takes_queries(c) && next_message(c, &size);
}

/* All that was asked has been answered and sent. */
static bool is_settled(const struct connection *c)
{
        return buffer_used(&c->out) == 0 && c->owner.n_waits == 0;
}

/* Room for the rest of the message under way; the client announces how much, up to 65,535 octets. */
static int reserve_input(struct connection *c)
{
        uint16_t size = 0;

        if (buffer_used(&c->in) >= LENGTH_SIZE) {
                memcpy(&size, c->in.data + c->in.start, LENGTH_SIZE);
                size = be16toh(size);
        }
        if (LENGTH_SIZE + (size_t)size > buffer_used(&c->in))
                return buffer_reserve(&c->in, LENGTH_SIZE + (size_t)size - buffer_used(&c->in));
        return 0;
}

/* One read, so that others get their turn. */
static int read_input(struct connection *c)
{
        ssize_t n;
        int r;

        r = reserve_input(c);
        if (r < 0)
                return r;
        if (c->in.end == c->in.allocated) /* whole messages up to the end: they are answered first */
                return 0;
        n = recv(c->fd, c->in.data + c->in.end, c->in.allocated - c->in.end, MSG_DONTWAIT);
        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        if (n == 0)
                c->input_ended = true;
        c->in.end += (size_t)n;
        return 0;
}

static int queue_answer(struct connection *c, const uint8_t *answer, size_t size)
{
        uint16_t length = htobe16((uint16_t)size);
        int r;

        r = buffer_reserve(&c->out, LENGTH_SIZE + size);
        if (r < 0)
                return r;
        memcpy(c->out.data + c->out.end, &length, LENGTH_SIZE);
        memcpy(c->out.data + c->out.end + LENGTH_SIZE, answer, size);
        c->out.end += LENGTH_SIZE + size;
        return 0;
}

static void note_activity(struct connection *c)
{
        (void)sd_event_now(c->listener->event, CLOCK_MONOTONIC, &c->last_active);
}

static int answer_input(struct connection *c)
{
        struct listener *l = c->listener;
        const uint8_t *message;
        size_t size;
        int r;

        for (int i = 0; i < QUERIES_BATCH && takes_queries(c); i++) {
                ssize_t answer;

                message = next_message(c, &size);
                if (!message)
                        return 0;
                const struct query_request request = {.transport = QUERY_TCP,
                        .client = &c->peer,
                        .owner = &c->owner,
                        .data = message,
                        .size = size,
                        .idle_usec = l->idle_usec};
                answer = query_answer(l->queries, &request, l->answer, sizeof(l->answer), NULL);
                buffer_skip(&c->in, LENGTH_SIZE + size);
                if (answer == 0) /* owed nothing; nor does it keep the connection from being idle */
                        continue;
                note_activity(c);
                if (answer < 0) /* later */
                        continue;
                r = queue_answer(c, l->answer, (size_t)answer);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int write_output(struct connection *c)
{
        ssize_t n;

        if (buffer_used(&c->out) == 0)
                return 0;
        n = send(c->fd, c->out.data + c->out.start, buffer_used(&c->out), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        buffer_skip(&c->out, (size_t)n);
        if (buffer_used(&c->out) == 0)
                note_activity(c);
        return 0;
}

/* Readable only while there is room for answers; writable also to come back to queries that wait here. */
static int update_events(struct connection *c)
{
        uint32_t events = 0;

        if (!c->input_ended && takes_queries(c) && !has_work(c))
                events |= EPOLLIN;
        if (buffer_used(&c->out) > 0 || has_work(c))
                events |= EPOLLOUT;
        return sd_event_source_set_io_events(c->io, events);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct connection *c = userdata;
        int r = 0;

        if ((revents & EPOLLERR) || c->failed)
                r = -EIO;
        if (r >= 0 && !c->input_ended && (revents & (EPOLLIN | EPOLLHUP)))
                r = read_input(c);
        if (r >= 0)
                r = answer_input(c);
        if (r >= 0)
                r = write_output(c);
        if (r >= 0 && c->input_ended && is_settled(c) && !has_work(c))
                r = -ECONNRESET; /* all is said */
        if (r >= 0)
                r = update_events(c);
        if (r < 0)
                connection_free(c);
        return 0;
}

/* Who waits for us is not idle. */
static uint64_t deadline(const struct connection *c)
{
        return c->owner.n_waits > 0 ? c->ends : MIN(c->ends, c->last_active + c->listener->idle_usec);
}

/* Activity only notes the time; the timer finds out here whether there was any. */
static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct connection *c = userdata;
        uint64_t now = usec;

        (void)sd_event_now(c->listener->event, CLOCK_MONOTONIC, &now);
        if (c->failed || now >= deadline(c) || sd_event_source_set_time(source, deadline(c)) < 0 ||
                sd_event_source_set_enabled(source, SD_EVENT_ONESHOT) < 0)
                connection_free(c);
        return 0;
}

/* Puts the answer behind those that wait; they need not be in the order of the queries (RFC 7766 6.2.1.1). */
static int queue_later(struct connection *c, const uint8_t *answer, size_t size)
{
        int r;

        if (buffer_used(&c->out) + LENGTH_SIZE + size > LISTENER_TCP_LATER_MAX)
                return -ENOBUFS; /* the client asks and does not read */
        r = queue_answer(c, answer, size);
        if (r < 0)
                return r;
        note_activity(c);
        r = sd_event_source_set_time(c->timer, deadline(c));
        if (r < 0)
                return r;
        return update_events(c);
}

/* The caller is in the middle of its waits, so that the connection is only ended by the loop. */
static void reply_later(struct query_owner *owner, const struct endpoint *client, const uint8_t *answer,
        size_t size, const struct query_result *result)
{
        struct connection *c = (struct connection *)owner;

        if (!c->failed && queue_later(c, answer, size) < 0) {
                c->failed = true;
                (void)sd_event_source_set_time(c->timer, 0);
        }
}

static void connection_unlink(struct connection *c)
{
        *(c->previous ? &c->previous->next : &c->listener->connections) = c->next;
        if (c->next)
                c->next->previous = c->previous;
        c->listener->n_connections--;
}

struct connection *connection_free(struct connection *c)
{
        struct listener *listener = c->listener;

        query_owner_cancel(&c->owner);
        sd_event_source_disable_unref(c->io);
        sd_event_source_disable_unref(c->timer);
        safe_close(c->fd);
        connection_unlink(c);
        free(c->in.data);
        free(c->out.data);
        free(c);
        listener_tcp_resume(listener);
        return NULL;
}

int connection_new(struct listener *listener, int fd, const struct endpoint *peer)
{
        _cleanup_free_ struct connection *c = calloc(1, sizeof(*c));
        int r;

        if (!c)
                return -ENOMEM;
        c->owner.reply = reply_later;
        c->listener = listener;
        c->peer = *peer;
        note_activity(c);
        c->ends = c->last_active + listener->total_usec;
        r = sd_event_add_io(listener->event, &c->io, fd, EPOLLIN, on_io, c);
        if (r >= 0)
                r = sd_event_add_time(
                        listener->event, &c->timer, CLOCK_MONOTONIC, deadline(c), 0, on_timer, c);
        if (r < 0) {
                sd_event_source_disable_unref(c->io);
                return r;
        }
        c->fd = fd;
        c->next = listener->connections;
        if (c->next)
                c->next->previous = c;
        listener->connections = c;
        listener->n_connections++;
        c = NULL;
        return 0;
}

size_t connection_count(const struct listener *listener, const struct endpoint *peer)
{
        size_t n = 0;

        for (const struct connection *c = listener->connections; c; c = c->next)
                n += endpoint_address_equal(&c->peer, peer);
        return n;
}
