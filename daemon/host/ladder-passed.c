/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <fcntl.h>
#include <systemd/sd-daemon.h>

#include "common/log.h"
#include "daemon/host/ladder-internal.h"

static void strvp_free(char ***names)
{
        for (char **n = *names; n && *n; n++)
                free(*n);
        free(*names);
}

static int set_non_blocking(int fd)
{
        int flags = fcntl(fd, F_GETFL);

        return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

/* The slot whose address FD is bound to, and where in it FD belongs; NULL: none. */
static int *find_place(struct ladder *l, int fd, struct endpoint *ret_bound)
{
        struct sockaddr_storage address = {};
        socklen_t length = sizeof(address);
        bool udp = sd_is_socket(fd, AF_UNSPEC, SOCK_DGRAM, -1) > 0;
        bool tcp = sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) > 0;

        if ((!udp && !tcp) || getsockname(fd, (struct sockaddr *)&address, &length) < 0 ||
                endpoint_from_sockaddr((struct sockaddr *)&address, ret_bound) < 0)
                return NULL;
        for (size_t i = 0; i < l->n_slots; i++) {
                struct slot *s = l->slots[i];
                int *place = udp ? &s->passed.udp : &s->passed.tcp;
                if (endpoint_equal(&s->share.wanted, ret_bound) && *place < 0)
                        return place;
        }
        return NULL;
}

static void take_socket(struct ladder *l, int fd, const char *name)
{
        char address[ENDPOINT_TEXT_SIZE];
        struct endpoint bound = {};
        int *place = find_place(l, fd, &bound);

        if (place && set_non_blocking(fd) >= 0) {
                *place = fd;
                return;
        }
        log_warning("Socket %s (%s), passed by the service manager, is for no address to share: closed", name,
                endpoint_to_text(&bound, address));
        close(fd);
}

int ladder_take_passed(struct ladder *l)
{
        _cleanup_(strvp_free) char **names = NULL;
        int n;

        n = sd_listen_fds_with_names(true, &names);
        for (int i = 0; i < n; i++)
                take_socket(l, SD_LISTEN_FDS_START + i, names ? names[i] : "");
        return n < 0 ? n : 0;
}
