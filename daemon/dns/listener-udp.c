/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>
#include <sys/socket.h>

#include "common/log.h"
#include "daemon/dns/listener-internal.h"

/* One datagram in, one out; `out` may lie beside others that owe no answer. */
struct datagram {
        struct sockaddr_storage peer;
        struct iovec in, out;
        uint8_t request[LISTENER_UDP_REQUEST_MAX];
        uint8_t answer[PACKET_UDP_EDNS_MAX];
};

struct listener_udp {
        struct query_owner owner; /* first: of what waits for an upstream */
        struct listener *listener;
        int fd;
        sd_event_source *source;
        struct mmsghdr in[LISTENER_UDP_BATCH], out[LISTENER_UDP_BATCH];
        struct datagram datagrams[LISTENER_UDP_BATCH];
};

static int receive(struct listener_udp *udp)
{
        for (size_t i = 0; i < LISTENER_UDP_BATCH; i++) {
                struct datagram *d = &udp->datagrams[i];

                d->in = (struct iovec){.iov_base = d->request, .iov_len = sizeof(d->request)};
                udp->in[i].msg_hdr = (struct msghdr){.msg_name = &d->peer,
                        .msg_namelen = sizeof(d->peer),
                        .msg_iov = &d->in,
                        .msg_iovlen = 1};
        }
        return recvmmsg(udp->fd, udp->in, LISTENER_UDP_BATCH, MSG_DONTWAIT, NULL);
}

static ssize_t answer_one(struct listener_udp *udp, struct datagram *d, size_t request_size)
{
        struct endpoint client;
        /* Always, but for the unix sockets of tests. */
        bool known = endpoint_from_sockaddr((const struct sockaddr *)&d->peer, &client) >= 0;
        const struct query_request request = {.transport = QUERY_UDP,
                .client = known ? &client : NULL,
                .owner = known ? &udp->owner : NULL,
                .data = d->request,
                .size = request_size};

        return query_answer(udp->listener->queries, &request, d->answer, sizeof(d->answer), NULL);
}

/* Answers the first N datagrams; returns how many are owed an answer at once. */
static unsigned int answer(struct listener_udp *udp, int n)
{
        unsigned int owed = 0;

        for (int i = 0; i < n; i++) {
                struct datagram *d = &udp->datagrams[i];
                ssize_t size = answer_one(udp, d, udp->in[i].msg_len);

                if (size <= 0)
                        continue;
                d->out = (struct iovec){.iov_base = d->answer, .iov_len = (size_t)size};
                udp->out[owed++].msg_hdr = (struct msghdr){.msg_name = &d->peer,
                        .msg_namelen = udp->in[i].msg_hdr.msg_namelen,
                        .msg_iov = &d->out,
                        .msg_iovlen = 1};
        }
        return owed;
}

/* What cannot be sent at once is lost, as datagrams may be: the client asks again. */
static void send_answers(struct listener_udp *udp, unsigned int n)
{
        unsigned int i = 0;

        while (i < n) {
                int sent = sendmmsg(udp->fd, udp->out + i, n - i, MSG_DONTWAIT | MSG_NOSIGNAL);

                if (sent > 0) {
                        i += (unsigned int)sent;
                        continue;
                }
                if (errno == EINTR)
                        continue;
                if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) {
                        udp->listener->queries->stats.unsent += n - i;
                        return;
                }
                /* This one's destination is at fault; the others may have better ones. */
                udp->listener->queries->stats.unsent++;
                i++;
        }
}

/* Lost likewise where it cannot be sent at once. */
static void reply_later(struct query_owner *owner, const struct endpoint *client, const uint8_t *answer,
        size_t size, const struct query_result *result)
{
        struct listener_udp *udp = (struct listener_udp *)owner;
        struct sockaddr_storage peer;
        socklen_t peer_size = endpoint_to_sockaddr(client, &peer);
        ssize_t n;

        do
                n = sendto(udp->fd, answer, size, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&peer,
                        peer_size);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                udp->listener->queries->stats.unsent++;
}

/* One batch, so that other sources get their turn; what is left makes the descriptor ready again. */
static int on_datagrams(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct listener_udp *udp = userdata;
        int n = receive(udp);

        if (n >= 0) {
                send_answers(udp, answer(udp, n));
                return 0;
        }
        /* Reading has taken a pending error off the socket. */
        if (errno != EAGAIN && errno != EINTR)
                log_debug_errno(errno, "Cannot receive queries by UDP");
        return errno == EBADF || errno == ENOTSOCK || errno == EFAULT ? -errno : 0;
}

int listener_udp_new(struct listener *listener, int fd, struct listener_udp **ret)
{
        _cleanup_free_ struct listener_udp *udp = calloc(1, sizeof(*udp));
        int r;

        if (!udp)
                return -ENOMEM;
        udp->listener = listener;
        udp->owner.reply = reply_later;
        r = sd_event_add_io(listener->event, &udp->source, fd, EPOLLIN, on_datagrams, udp);
        if (r < 0)
                return r;
        udp->fd = fd;
        *ret = TAKE_PTR(udp);
        return 0;
}

void listener_udp_disown(struct listener_udp *udp)
{
        udp->source = sd_event_source_disable_unref(udp->source);
        udp->fd = -1;
}

struct listener_udp *listener_udp_free(struct listener_udp *udp)
{
        if (!udp)
                return NULL;
        query_owner_cancel(&udp->owner);
        sd_event_source_disable_unref(udp->source);
        safe_close(udp->fd);
        free(udp);
        return NULL;
}
