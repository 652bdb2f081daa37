/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The XDP program on lo of a network name space of its own, between real sockets: an occupant on port 53 of
 * every address, a listener on high ports. Like the helper, it holds CAP_BPF and CAP_NET_ADMIN until the
 * program is attached, and nothing when the shares are entered.
 */

#include <arpa/inet.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "common/util.h"
#include "tests/bpf/privilege.h"
#include "tests/bpf/program.h"
#include "tests/bpf/server.h"

#define OCCUPANT 'O'
#define LISTENER 'L'
#define TRANSFER_SIZE (1 << 20)
#define BIG_TCP_SIZE 180000
#define IFLA_GSO_IPV4_MAX_SIZE_LINUX 63 /* not in the headers of Debian 12 */
#define PATIENCE_MS 10000               /* until a failure is a failure; nothing waits for it otherwise */

static const struct {
        const char *shared, *own; /* `own`: where the occupant is reached by its own address */
        const char *listener;
        uint16_t listener_port;
} families[] = {
        {SHARED4, "127.0.0.1", LISTENER4, PORT4},
        {SHARED6, "::1", LISTENER6, PORT6},
};

static pid_t listener;
static bool big_tcp6, big_tcp4;

static int client_socket(int type, const char *address, uint16_t port)
{
        struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
        union server_address to = server_address(address, port);
        int fd = socket(to.any.sa_family, type | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)), 0);
        if (connect(fd, &to.any, server_address_size(&to)) < 0) {
                int r = -errno;
                close(fd);
                return r;
        }
        return fd;
}

static uint8_t pattern(size_t i)
{
        return (uint8_t)(i * 7 + (i >> 8) * 13 + (i >> 16));
}

/* A connected socket takes answers from the address that it has asked, and from no other. */
static void expect_datagram_from(const char *address, char mark, size_t size)
{
        _cleanup_close_ int fd = client_socket(SOCK_DGRAM, address, SHARE53_PORT);
        static uint8_t sent[65536], got[65536];

        assert_true(fd >= 0);
        for (size_t i = 0; i < size; i++)
                sent[i] = pattern(i);
        assert_int_equal(send(fd, sent, size, 0), size);
        assert_int_equal(recv(fd, got, sizeof(got), 0), size + 1);
        assert_int_equal(got[0], mark);
        assert_memory_equal(got + 1, sent, size);
}

/* Sends and receives at once, checking every octet of the echo. */
static void expect_echo_from(const char *address, char mark, size_t size)
{
        _cleanup_close_ int fd = client_socket(SOCK_STREAM, address, SHARE53_PORT);
        static uint8_t buffer[65536];
        size_t sent = 0, got = 0;

        assert_true(fd >= 0);
        assert_int_equal(recv(fd, buffer, 1, 0), 1);
        assert_int_equal(buffer[0], mark);

        while (got < size) {
                struct pollfd p = {.fd = fd, .events = (short)(POLLIN | (sent < size ? POLLOUT : 0))};
                ssize_t n;

                assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
                if (p.revents & POLLOUT) {
                        size_t chunk = MIN(sizeof(buffer), size - sent);

                        for (size_t i = 0; i < chunk; i++)
                                buffer[i] = pattern(sent + i);
                        n = send(fd, buffer, chunk, MSG_DONTWAIT | MSG_NOSIGNAL);
                        assert_true(n > 0);
                        sent += (size_t)n;
                }
                if (p.revents & ~POLLOUT) {
                        n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
                        assert_true(n > 0);
                        for (ssize_t i = 0; i < n; i++)
                                assert_int_equal(buffer[i], pattern(got + (size_t)i));
                        got += (size_t)n;
                }
        }
}

static void udp_reaches_the_listener(void **state)
{
        static const size_t sizes[] = {0, 1, 33, 512, 1400, 60000};

        for (size_t f = 0; f < ELEMENTSOF(families); f++)
                for (size_t i = 0; i < ELEMENTSOF(sizes); i++)
                        expect_datagram_from(families[f].shared, LISTENER, sizes[i]);
        assert_true(program_counter(SHARE53_REDIRECT_UDP) >= 12);
        assert_true(program_counter(SHARE53_RETURN_UDP) >= 12);
}

static void tcp_reaches_the_listener(void **state)
{
        for (size_t f = 0; f < ELEMENTSOF(families); f++) {
                expect_echo_from(families[f].shared, LISTENER, 33);
                expect_echo_from(families[f].shared, LISTENER, TRANSFER_SIZE);
        }
        assert_true(program_counter(SHARE53_REDIRECT_TCP) > 0);
        assert_true(program_counter(SHARE53_RETURN_TCP) > 0);
}

/* A packet of BIG TCP that came unrewritten to lo's other end would reset the connection. */
static void big_tcp_reaches_the_listener(void **state)
{
        if (big_tcp6)
                expect_echo_from(SHARED6, LISTENER, 8 * TRANSFER_SIZE);
        if (big_tcp4)
                expect_echo_from(SHARED4, LISTENER, 8 * TRANSFER_SIZE);
        if (!big_tcp6 && !big_tcp4)
                skip();
        printf("# BIG TCP: %s\n", big_tcp4 ? "IPv4 and IPv6" : "IPv6");
}

static void occupant_keeps_its_own_addresses(void **state)
{
        for (size_t f = 0; f < ELEMENTSOF(families); f++) {
                expect_datagram_from(families[f].own, OCCUPANT, 33);
                expect_echo_from(families[f].own, OCCUPANT, 4096);
        }
}

static void strays_are_counted(void **state)
{
        for (size_t f = 0; f < ELEMENTSOF(families); f++) {
                _cleanup_close_ int fd =
                        client_socket(SOCK_DGRAM, families[f].listener, families[f].listener_port);
                uint64_t before = program_counter(SHARE53_DROP_STRAY);

                assert_true(fd >= 0);
                assert_int_equal(send(fd, "stray", 5, 0), 5);
                for (int i = 0; i < PATIENCE_MS / 10 && program_counter(SHARE53_DROP_STRAY) == before; i++)
                        usleep(10000);
                assert_int_equal(program_counter(SHARE53_DROP_STRAY), before + 1);
        }
}

static void dead_listener_is_refused_at_once(void **state)
{
        assert_int_equal(server_kill(listener), 0);
        for (size_t f = 0; f < ELEMENTSOF(families); f++) {
                _cleanup_close_ int fd = client_socket(SOCK_DGRAM, families[f].shared, SHARE53_PORT);
                char octet;

                assert_true(fd >= 0);
                assert_int_equal(send(fd, "query", 5, 0), 5);
                assert_int_equal(recv(fd, &octet, 1, 0), -1);
                assert_int_equal(errno, ECONNREFUSED);
                assert_int_equal(client_socket(SOCK_STREAM, families[f].shared, SHARE53_PORT), -ECONNREFUSED);
        }
        assert_true(program_counter(SHARE53_ICMP) >= 2);
        occupant_keeps_its_own_addresses(state);
}

static void nothing_is_in_doubt(void **state)
{
        assert_int_equal(program_counter(SHARE53_PASS_DOUBT), 0);
        assert_int_equal(program_counter(SHARE53_PASS_FRAGMENT), 0);
}

static void occupant_has_all_when_detached(void **state)
{
        program_unload();
        for (size_t f = 0; f < ELEMENTSOF(families); f++)
                expect_echo_from(families[f].shared, OCCUPANT, 33);
}

static int loopback_up(void)
{
        _cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        _cleanup_close_ int fd6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP};
        struct in6_ifreq address = {.ifr6_prefixlen = 128, .ifr6_ifindex = (int)if_nametoindex("lo")};

        if (fd < 0 || fd6 < 0 || ioctl(fd, SIOCSIFFLAGS, &up) < 0)
                return -errno;
        if (inet_pton(AF_INET6, SHARED6, &address.ifr6_addr) != 1 || ioctl(fd6, SIOCSIFADDR, &address) < 0)
                return -errno;
        return 0;
}

static bool kernel_is_at_least(int major, int minor)
{
        struct utsname name;
        int actual_major, actual_minor;

        return uname(&name) == 0 && sscanf(name.release, "%d.%d", &actual_major, &actual_minor) == 2 &&
               (actual_major > major || (actual_major == major && actual_minor >= minor));
}

/* Lets TCP hand down more than 64 KiB at once. What a kernel does not know of, it takes without a word. */
static int loopback_big_tcp(uint16_t attribute)
{
        _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        struct {
                struct nlmsghdr header;
                struct ifinfomsg link;
                struct rtattr attribute;
                uint32_t size;
        } request = {
                .header = {.nlmsg_len = sizeof(request),
                        .nlmsg_type = RTM_SETLINK,
                        .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
                .link = {.ifi_index = (int)if_nametoindex("lo")},
                .attribute = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = attribute},
                .size = BIG_TCP_SIZE,
        };
        struct {
                struct nlmsghdr header;
                struct nlmsgerr error;
                uint8_t rest[256];
        } reply;

        if (fd < 0 || send(fd, &request, sizeof(request), 0) < 0)
                return -errno;
        if (recv(fd, &reply, sizeof(reply), 0) < (ssize_t)NLMSG_LENGTH(sizeof(reply.error)))
                return -EIO;
        return reply.error.error;
}

static const char *start_servers(void)
{
        const union server_address everywhere[] = {
                server_address("0.0.0.0", SHARE53_PORT), server_address("::", SHARE53_PORT)};
        const union server_address private[] = {
                server_address(LISTENER4, PORT4), server_address(LISTENER6, PORT6)};

        if (geteuid() != 0)
                return "not root";
        if (unshare(CLONE_NEWNET) < 0)
                return "a network name space is refused";
        if (loopback_up() < 0)
                return "lo cannot be set up, with an IPv6 address";
        big_tcp6 = loopback_big_tcp(IFLA_GSO_MAX_SIZE) == 0;
        big_tcp4 = kernel_is_at_least(6, 3) && loopback_big_tcp(IFLA_GSO_IPV4_MAX_SIZE_LINUX) == 0;
        if (server_start(OCCUPANT, everywhere, ELEMENTSOF(everywhere)) < 0)
                return "port 53 cannot be bound";
        listener = server_start(LISTENER, private, ELEMENTSOF(private));
        return listener < 0 ? "the listener cannot be started" : NULL;
}

/* As the helper does it: the capabilities are gone before the first share is entered. */
static int attach(void **state)
{
        int r = program_load();

        if (r == 0)
                r = program_attach();
        if (r == 0)
                r = privilege_drop_all();
        if (r == 0 && !privilege_is_exactly(0, PRIVILEGE_BPF))
                r = -EPERM;
        if (r == 0)
                r = program_enter_shares();
        if (r < 0)
                printf("# the program is not attached: %s\n", strerror(-r));
        return r;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(udp_reaches_the_listener),
                cmocka_unit_test(tcp_reaches_the_listener),
                cmocka_unit_test(big_tcp_reaches_the_listener),
                cmocka_unit_test(occupant_keeps_its_own_addresses),
                cmocka_unit_test(strays_are_counted),
                cmocka_unit_test(dead_listener_is_refused_at_once),
                cmocka_unit_test(nothing_is_in_doubt),
                cmocka_unit_test(occupant_has_all_when_detached),
        };
        const char *reason = start_servers();

        setvbuf(stdout, NULL, _IOLBF, 0);
        if (!reason)
                reason = privilege_keep_bpf();
        if (reason) {
                printf("1..0 # SKIP %s\n", reason);
                return 0;
        }
        return cmocka_run_group_tests_name("redirect", tests, attach, NULL);
}
