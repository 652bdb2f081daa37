/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/host/netwatch.h"

#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/epoll.h>
#include <time.h>

#define MESSAGES_MAX 64 /* read in one go */

struct netwatch {
        sd_event_source *io;
        sd_event_source *timer;
        int fd;
        bool armed;
        bool addresses_changed;
        bool links_changed;
        void (*addresses)(void *userdata);
        void (*links)(void *userdata);
        void *userdata;
};

static void note(struct netwatch *w, const struct nlmsghdr *message, size_t left)
{
        for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left))
                switch (message->nlmsg_type) {
                case RTM_NEWADDR:
                case RTM_DELADDR:
                        w->addresses_changed = true;
                        break;
                case RTM_NEWLINK:
                case RTM_DELLINK:
                        w->links_changed = true;
                        break;
                }
}

/* 1: there may be more. */
static int read_messages(struct netwatch *w)
{
        _Alignas(struct nlmsghdr) char data[16384];
        struct sockaddr_nl from;
        socklen_t length = sizeof(from);
        ssize_t size;

        size = recvfrom(
                w->fd, data, sizeof(data), MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from, &length);
        if (size < 0 && errno != ENOBUFS)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        if (size < 0 || (size_t)size > sizeof(data)) /* something was lost */
                w->addresses_changed = w->links_changed = true;
        else if (from.nl_pid == 0) /* from the kernel */
                note(w, (const struct nlmsghdr *)data, (size_t)size);
        return 1;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct netwatch *w = userdata;
        int r = 1;

        for (size_t i = 0; r > 0 && i < MESSAGES_MAX; i++)
                r = read_messages(w);
        if (r >= 0 && !w->armed && (w->addresses_changed || w->links_changed)) {
                r = sd_event_source_set_time_relative(w->timer, NETWATCH_COALESCE_USEC);
                if (r >= 0)
                        r = sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
                w->armed = r >= 0;
        }
        return r;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct netwatch *w = userdata;
        bool addresses = w->addresses_changed, links = w->links_changed;

        w->armed = w->addresses_changed = w->links_changed = false;
        if (links && w->links)
                w->links(w->userdata);
        if (addresses && w->addresses)
                w->addresses(w->userdata);
        return 0;
}

static int open_socket(void)
{
        struct sockaddr_nl address = {
                .nl_family = AF_NETLINK,
                .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
        };
        _cleanup_close_ int fd = -1;

        fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
        if (fd < 0)
                return -errno;
        if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                return -errno;
        return TAKE_FD(fd);
}

int netwatch_new(sd_event *event, void (*addresses)(void *userdata), void (*links)(void *userdata),
        void *userdata, struct netwatch **ret)
{
        _cleanup_(netwatch_freep) struct netwatch *w = NULL;
        int r;

        w = calloc(1, sizeof(*w));
        if (!w)
                return -ENOMEM;
        w->addresses = addresses;
        w->links = links;
        w->userdata = userdata;
        w->fd = open_socket();
        if (w->fd < 0)
                return w->fd;
        r = sd_event_add_io(event, &w->io, w->fd, EPOLLIN, on_io, w);
        if (r < 0)
                return r;
        r = sd_event_add_time(event, &w->timer, CLOCK_MONOTONIC, UINT64_MAX, 1000, on_timer, w);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(w);
        return 0;
}

struct netwatch *netwatch_free(struct netwatch *w)
{
        if (!w)
                return NULL;
        sd_event_source_disable_unref(w->io);
        sd_event_source_disable_unref(w->timer);
        safe_close(w->fd);
        free(w);
        return NULL;
}

bool netwatch_is_local(const struct endpoint *e)
{
        struct ifaddrs *list;
        bool found = false;

        if (e->family == AF_INET && endpoint_is_loopback(e))
                return true;
        if (getifaddrs(&list) < 0)
                return true;
        for (const struct ifaddrs *i = list; i && !found; i = i->ifa_next) {
                struct endpoint own;
                found = i->ifa_addr && endpoint_from_sockaddr(i->ifa_addr, &own) >= 0 &&
                        endpoint_address_equal(&own, e);
        }
        freeifaddrs(list);
        return found;
}
