/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/namespace.h"

#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

static bool write_file(const char *path, const char *text)
{
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

        return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static bool unshare_network(void)
{
        unsigned int uid = geteuid(), gid = getegid();
        char map[64];

        if (unshare(CLONE_NEWNET) == 0)
                return true;
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
                return false;
        snprintf(map, sizeof(map), "0 %u 1", uid);
        if (!write_file("/proc/self/uid_map", map) || !write_file("/proc/self/setgroups", "deny"))
                return false;
        snprintf(map, sizeof(map), "0 %u 1", gid);
        return write_file("/proc/self/gid_map", map);
}

static bool set_flags(const char *name, short set, short clear)
{
        _cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ifreq request = {};

        strcpy(request.ifr_name, name);
        if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
                return false;
        request.ifr_flags = (short)((request.ifr_flags | set) & ~clear);
        return ioctl(fd, SIOCSIFFLAGS, &request) == 0;
}

bool namespace_enter(void)
{
        return unshare_network() && set_flags("lo", IFF_UP, 0);
}

/* In a child, so that the caller stays where it is. */
bool namespace_or_skip(void)
{
        pid_t pid = fork();
        int status = 1;

        if (pid == 0)
                _exit(namespace_enter() ? 0 : 1);
        if (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0)
                return true;
        printf("1..0 # SKIP no network namespace of our own here\n");
        return false;
}

int namespace_occupy(const char *text, int type)
{
        struct sockaddr_storage address;
        struct endpoint e;
        socklen_t length;
        int fd;

        assert_int_equal(endpoint_from_text(text, 53, &e), 0);
        length = endpoint_to_sockaddr(&e, &address);
        fd = socket(e.family, type | SOCK_CLOEXEC, 0);
        assert_true(fd >= 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
        if (type == SOCK_STREAM)
                assert_int_equal(listen(fd, 1), 0);
        return fd;
}

void namespace_add_address(const char *text)
{
        _cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ifreq request = {.ifr_name = "lo:1"};
        struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;

        address->sin_family = AF_INET;
        assert_int_equal(inet_pton(AF_INET, text, &address->sin_addr), 1);
        assert_int_equal(ioctl(fd, SIOCSIFADDR, &request), 0);
}

void namespace_remove_address(void)
{
        assert_true(set_flags("lo:1", 0, IFF_UP));
}

struct link_request {
        struct nlmsghdr header;
        struct ifinfomsg link;
        char attributes[512];
};

static struct rtattr *put(struct link_request *request, unsigned short type, const void *data, size_t size)
{
        struct rtattr *a = (struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));

        a->rta_type = type;
        a->rta_len = (unsigned short)RTA_LENGTH(size);
        if (size > 0)
                memcpy(RTA_DATA(a), data, size);
        request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(a->rta_len);
        return a;
}

static void close_nest(const struct link_request *request, struct rtattr *a)
{
        a->rta_len = (unsigned short)((const char *)request + request->header.nlmsg_len - (char *)a);
}

static void talk(struct link_request *request)
{
        _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        struct {
                struct nlmsghdr header;
                struct nlmsgerr error;
                char rest[1024];
        } reply;

        assert_true(send(fd, request, request->header.nlmsg_len, 0) > 0);
        assert_true(recv(fd, &reply, sizeof(reply), 0) >= (ssize_t)NLMSG_LENGTH(sizeof(reply.error)));
        assert_int_equal(reply.header.nlmsg_type, NLMSG_ERROR);
        assert_int_equal(reply.error.error, 0);
}

void namespace_add_link(const char *name, const char *peer)
{
        struct link_request request = {
                .header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
                        .nlmsg_type = RTM_NEWLINK,
                        .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL},
        };
        const struct ifinfomsg other = {};
        struct rtattr *info, *data, *veth;

        put(&request, IFLA_IFNAME, name, strlen(name) + 1);
        info = put(&request, IFLA_LINKINFO, NULL, 0);
        put(&request, IFLA_INFO_KIND, "veth", 4);
        data = put(&request, IFLA_INFO_DATA, NULL, 0);
        veth = put(&request, VETH_INFO_PEER, &other, sizeof(other));
        put(&request, IFLA_IFNAME, peer, strlen(peer) + 1);
        close_nest(&request, veth);
        close_nest(&request, data);
        close_nest(&request, info);
        talk(&request);
        assert_true(set_flags(name, IFF_UP, 0));
        assert_true(set_flags(peer, IFF_UP, 0));
}

void namespace_remove_link(const char *name)
{
        struct link_request request = {
                .header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
                        .nlmsg_type = RTM_DELLINK,
                        .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
        };

        put(&request, IFLA_IFNAME, name, strlen(name) + 1);
        talk(&request);
}

void namespace_rename_link(const char *name, const char *to)
{
        struct link_request request = {
                .header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
                        .nlmsg_type = RTM_NEWLINK,
                        .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
                .link = {.ifi_index = (int)if_nametoindex(name)},
        };

        assert_true(set_flags(name, 0, IFF_UP));
        put(&request, IFLA_IFNAME, to, strlen(to) + 1);
        talk(&request);
        assert_true(set_flags(to, IFF_UP, 0));
}
