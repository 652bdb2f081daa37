/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "common/sockdiag.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>

/* States of the kernel's sockets (include/net/tcp_states.h): bound UDP sockets are in TCP_CLOSE unless
 * connected. */
#define STATES_TCP_LISTEN (1U << TCP_LISTEN)
#define STATES_ALL 0xfffU

#define REPLY_SIZE 32768

struct request {
        struct nlmsghdr header;
        struct inet_diag_req_v2 diag;
};

static int send_request(int fd, int family, int protocol, uint16_t port)
{
        struct request request = {
                .header =
                        {
                                .nlmsg_len = sizeof(request),
                                .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                                .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                        },
                .diag =
                        {
                                .sdiag_family = (uint8_t)family,
                                .sdiag_protocol = (uint8_t)protocol,
                                .idiag_ext = 0,
                                .idiag_states = protocol == IPPROTO_TCP ? STATES_TCP_LISTEN : STATES_ALL,
                                .id.idiag_sport = htons(port),
                        },
        };

        return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

/* INET_DIAG_SKV6ONLY follows as an attribute for AF_INET6 sockets. */
static bool message_v6only(const struct nlmsghdr *message, const struct inet_diag_msg *diag)
{
        const struct rtattr *attribute = (const struct rtattr *)(diag + 1);
        int length = (int)(message->nlmsg_len - NLMSG_LENGTH(sizeof(*diag)));

        for (; RTA_OK(attribute, length); attribute = RTA_NEXT(attribute, length))
                if (attribute->rta_type == INET_DIAG_SKV6ONLY && RTA_PAYLOAD(attribute) >= 1)
                        return *(const uint8_t *)RTA_DATA(attribute) != 0;
        return false;
}

/* WANTED: the port, and the address too unless its family is AF_UNSPEC. */
static int take_message(const struct nlmsghdr *message, int protocol, const struct endpoint *wanted,
        struct sockdiag_holder holders[SOCKDIAG_HOLDERS_MAX], int *n)
{
        const struct inet_diag_msg *diag = NLMSG_DATA(message);
        struct sockdiag_holder h;

        if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*diag)))
                return -EBADMSG;
        /* The kernel filters by port in dumps, but do not depend on it. A connected socket takes only its
         * peer's. */
        if (ntohs(diag->id.idiag_sport) != wanted->port || diag->id.idiag_dport != 0)
                return 0;
        h = (struct sockdiag_holder){
                .address = {.family = diag->idiag_family, .port = wanted->port},
                .protocol = (uint8_t)protocol,
                .uid = diag->idiag_uid,
                .inode = diag->idiag_inode,
        };
        memcpy(h.address.addr.bytes, diag->id.idiag_src, endpoint_address_size(&h.address));
        if (diag->idiag_family == AF_INET6) {
                h.v6only = message_v6only(message, diag);
                /* A dual-stack socket bound to ::ffff:a.b.c.d holds the IPv4 address. */
                if (IN6_IS_ADDR_V4MAPPED(&h.address.addr.in6)) {
                        struct in_addr in;
                        memcpy(&in, &h.address.addr.bytes[12], sizeof(in));
                        h.address.family = AF_INET;
                        h.address.addr.in = in;
                }
        }
        if (wanted->family != AF_UNSPEC && !endpoint_address_equal(&h.address, wanted))
                return 0;
        if (*n == SOCKDIAG_HOLDERS_MAX)
                return -E2BIG;
        holders[(*n)++] = h;
        return 0;
}

/* Reads one dump to its end. */
static int read_dump(int fd, int protocol, const struct endpoint *wanted,
        struct sockdiag_holder holders[SOCKDIAG_HOLDERS_MAX], int *n)
{
        _Alignas(struct nlmsghdr) char reply[REPLY_SIZE];
        int r;

        for (;;) {
                ssize_t size = recv(fd, reply, sizeof(reply), MSG_TRUNC);
                if (size < 0)
                        return -errno;
                if (size == 0 || (size_t)size > sizeof(reply))
                        return -EBADMSG;

                size_t left = (size_t)size;
                for (const struct nlmsghdr *m = (struct nlmsghdr *)reply; NLMSG_OK(m, left);
                        m = NLMSG_NEXT(m, left)) {
                        if (m->nlmsg_type == NLMSG_DONE)
                                return 0;
                        if (m->nlmsg_type == NLMSG_ERROR) {
                                const struct nlmsgerr *e = NLMSG_DATA(m);
                                return m->nlmsg_len < NLMSG_LENGTH(sizeof(*e)) || e->error >= 0 ? -EBADMSG
                                                                                                : e->error;
                        }
                        r = take_message(m, protocol, wanted, holders, n);
                        if (r < 0)
                                return r;
                }
        }
}

static int list_holders(const struct endpoint *wanted, struct sockdiag_holder holders[SOCKDIAG_HOLDERS_MAX])
{
        static const int families[] = {AF_INET, AF_INET6}, protocols[] = {IPPROTO_UDP, IPPROTO_TCP};
        _cleanup_close_ int fd = -1;
        int n = 0, r;

        fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
        if (fd < 0)
                return -errno;
        for (size_t f = 0; f < ELEMENTSOF(families); f++)
                for (size_t p = 0; p < ELEMENTSOF(protocols); p++) {
                        r = send_request(fd, families[f], protocols[p], wanted->port);
                        if (r < 0)
                                return r;
                        r = read_dump(fd, protocols[p], wanted, holders, &n);
                        if (r == -ENOENT && families[f] == AF_INET6)
                                continue; /* a kernel without IPv6 */
                        if (r < 0)
                                return r;
                }
        return n;
}

int sockdiag_holders(uint16_t port, struct sockdiag_holder holders[SOCKDIAG_HOLDERS_MAX])
{
        return list_holders(&(struct endpoint){.family = AF_UNSPEC, .port = port}, holders);
}

int sockdiag_holders_at(const struct endpoint *e, struct sockdiag_holder holders[SOCKDIAG_HOLDERS_MAX])
{
        return endpoint_address_size(e) > 0 ? list_holders(e, holders) : -EAFNOSUPPORT;
}

bool sockdiag_covers(const struct sockdiag_holder *h, const struct endpoint *address)
{
        if (endpoint_is_any(&h->address))
                return h->address.family == address->family || (h->address.family == AF_INET6 && !h->v6only);
        return endpoint_address_equal(&h->address, address);
}
