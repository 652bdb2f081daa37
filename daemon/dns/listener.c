/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "daemon/dns/listener-internal.h"

#define BACKLOG 256

static int set_flag(int fd, int level, int option)
{
        return setsockopt(fd, level, option, &(int){1}, sizeof(int)) < 0 ? -errno : 0;
}

/* A bound socket of TYPE (SOCK_DGRAM, SOCK_STREAM), listening where it can. Returns the descriptor. */
static int bind_socket(const struct endpoint *e, int type)
{
        _cleanup_close_ int fd = socket(e->family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        struct sockaddr_storage address;
        socklen_t size = endpoint_to_sockaddr(e, &address);
        int r;

        if (fd < 0)
                return -errno;
        if (e->family == AF_INET6) {
                r = set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY);
                if (r < 0)
                        return r;
        }
        if (type == SOCK_STREAM) {
                /* Past connections of ours in TIME_WAIT, never beside another listener. */
                r = set_flag(fd, SOL_SOCKET, SO_REUSEADDR);
                if (r < 0)
                        return r;
        }
        if (bind(fd, (struct sockaddr *)&address, size) < 0)
                return -errno;
        if (type == SOCK_STREAM && listen(fd, BACKLOG) < 0)
                return -errno;
        return TAKE_FD(fd);
}

int listener_bind(const struct endpoint *e, struct listener_sockets *ret, int *ret_protocol)
{
        _cleanup_close_ int udp = -1, tcp = -1;

        udp = bind_socket(e, SOCK_DGRAM);
        if (udp >= 0)
                tcp = bind_socket(e, SOCK_STREAM);
        if (udp < 0 || tcp < 0) {
                if (ret_protocol)
                        *ret_protocol = udp < 0 ? IPPROTO_UDP : IPPROTO_TCP;
                return udp < 0 ? udp : tcp;
        }
        ret->udp = TAKE_FD(udp);
        ret->tcp = TAKE_FD(tcp);
        return 0;
}

void listener_sockets_close(struct listener_sockets *sockets)
{
        sockets->udp = safe_close(sockets->udp);
        sockets->tcp = safe_close(sockets->tcp);
}

/* Whether FD is of TYPE (and listens, if it is of TCP); makes it non-blocking. */
static int prepare_socket(int fd, int type)
{
        int value = 0, flags;
        socklen_t size = sizeof(value);

        if (fd < 0)
                return -EINVAL;
        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &size) < 0)
                return -errno;
        if (value != type)
                return -EINVAL;
        if (type == SOCK_STREAM) {
                if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) < 0)
                        return -errno;
                if (!value)
                        return -EINVAL;
        }
        flags = fcntl(fd, F_GETFL);
        if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
                return -errno;
        return 0;
}

static int bound_endpoint(int fd, struct endpoint *ret)
{
        struct sockaddr_storage address;
        socklen_t size = sizeof(address);

        if (getsockname(fd, (struct sockaddr *)&address, &size) < 0)
                return -errno;
        return endpoint_from_sockaddr((const struct sockaddr *)&address, ret);
}

int listener_new(sd_event *event, struct listener_sockets *sockets, struct query_context *queries,
        struct listener **ret)
{
        _cleanup_(listener_freep) struct listener *listener = NULL;
        int r;

        r = prepare_socket(sockets->udp, SOCK_DGRAM);
        if (r < 0)
                return r;
        r = prepare_socket(sockets->tcp, SOCK_STREAM);
        if (r < 0)
                return r;
        listener = calloc(1, sizeof(*listener));
        if (!listener)
                return -ENOMEM;
        listener->event = sd_event_ref(event);
        listener->queries = queries;
        listener->idle_usec = LISTENER_TCP_IDLE_USEC;
        listener->total_usec = LISTENER_TCP_TOTAL_USEC;
        listener->pause_usec = LISTENER_TCP_PAUSE_USEC;
        listener->tcp_fd = -1;
        r = bound_endpoint(sockets->udp, &listener->endpoint);
        if (r < 0)
                return r;

        /* The caller keeps both descriptors until neither can fail any more. */
        r = listener_udp_new(listener, sockets->udp, &listener->udp);
        if (r < 0)
                return r;
        r = listener_tcp_start(listener, sockets->tcp);
        if (r < 0) {
                listener_udp_disown(listener->udp);
                return r;
        }
        *sockets = LISTENER_SOCKETS_NONE;
        *ret = TAKE_PTR(listener);
        return 0;
}

struct listener *listener_free(struct listener *listener)
{
        if (!listener)
                return NULL;
        listener_udp_free(listener->udp);
        listener_tcp_stop(listener);
        sd_event_unref(listener->event);
        free(listener);
        return NULL;
}

const struct endpoint *listener_endpoint(const struct listener *listener)
{
        return &listener->endpoint;
}

size_t listener_tcp_connections(const struct listener *listener)
{
        return listener->n_connections;
}
