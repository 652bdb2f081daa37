/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "common/log.h"
#include "daemon/dns/listener-internal.h"

/* Connections taken in one dispatch. */
#define ACCEPT_BATCH 16

static void pause_accept(struct listener *listener)
{
        (void)sd_event_source_set_enabled(listener->tcp_accept, SD_EVENT_OFF);
}

void listener_tcp_resume(struct listener *listener)
{
        int paused = SD_EVENT_OFF;

        if (!listener->tcp_accept) /* being freed */
                return;
        /* While the pause for want of descriptors lasts, its end resumes. */
        (void)sd_event_source_get_enabled(listener->tcp_pause, &paused);
        if (paused == SD_EVENT_OFF)
                (void)sd_event_source_set_enabled(listener->tcp_accept, SD_EVENT_ON);
}

static int on_pause_over(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct listener *listener = userdata;

        (void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
        if (listener->n_connections < LISTENER_TCP_CONNECTIONS_MAX)
                listener_tcp_resume(listener);
        return 0;
}

/* The connection stays in the kernel's queue and would make the loop spin. */
static void pause_for_a_while(struct listener *listener, int error)
{
        int r;

        log_debug_errno(error, "Cannot accept connections, pausing");
        r = sd_event_source_set_time_relative(listener->tcp_pause, listener->pause_usec);
        if (r >= 0)
                r = sd_event_source_set_enabled(listener->tcp_pause, SD_EVENT_ONESHOT);
        if (r >= 0)
                pause_accept(listener);
}

static void take_connection(struct listener *listener, int accepted, const struct sockaddr_storage *address)
{
        _cleanup_close_ int fd = accepted;
        struct endpoint peer;
        int r;

        r = endpoint_from_sockaddr((const struct sockaddr *)address, &peer);
        if (r < 0 || connection_count(listener, &peer) >= LISTENER_TCP_PER_CLIENT_MAX)
                return;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        r = connection_new(listener, fd, &peer);
        if (r < 0) {
                pause_for_a_while(listener, r);
                return;
        }
        TAKE_FD(fd);
}

static int on_connections(sd_event_source *source, int listening, uint32_t revents, void *userdata)
{
        struct listener *listener = userdata;

        for (int i = 0; i < ACCEPT_BATCH; i++) {
                struct sockaddr_storage address;
                socklen_t size = sizeof(address);
                int fd;

                if (listener->n_connections >= LISTENER_TCP_CONNECTIONS_MAX) {
                        pause_accept(listener);
                        return 0;
                }
                fd = accept4(
                        listener->tcp_fd, (struct sockaddr *)&address, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
                if (fd >= 0) {
                        take_connection(listener, fd, &address);
                        continue;
                }
                if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                        pause_for_a_while(listener, errno);
                /* Errors of the new connection are passed on here too (accept(2)): the next one may be well.
                 */
                return errno == EBADF || errno == EINVAL || errno == ENOTSOCK ? -errno : 0;
        }
        return 0;
}

int listener_tcp_start(struct listener *listener, int fd)
{
        int r;

        r = sd_event_add_time_relative(
                listener->event, &listener->tcp_pause, CLOCK_MONOTONIC, 0, 0, on_pause_over, listener);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(listener->tcp_pause, SD_EVENT_OFF);
        if (r < 0)
                return r;
        r = sd_event_add_io(listener->event, &listener->tcp_accept, fd, EPOLLIN, on_connections, listener);
        if (r < 0)
                return r;
        listener->tcp_fd = fd;
        return 0;
}

void listener_tcp_stop(struct listener *listener)
{
        listener->tcp_accept = sd_event_source_disable_unref(listener->tcp_accept);
        listener->tcp_pause = sd_event_source_disable_unref(listener->tcp_pause);
        listener->tcp_fd = safe_close(listener->tcp_fd);
        while (listener->connections)
                connection_free(listener->connections);
}
