/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The program on lo: real packets through it, foreign ones left alone, and the list of links on disk. */

#include "tests/unit/test-helper.h"

#include <linux/if_link.h>

#define LISTENER "127.53.0.2:15353"

/* Somebody else's XDP program: "return XDP_PASS". */
static int load_foreign(void)
{
        const struct bpf_insn program[] = {
                {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 2},
                {.code = BPF_JMP | BPF_EXIT},
        };

        return bpf_prog_load(BPF_PROG_TYPE_XDP, "foreign", "GPL", program, ELEMENTSOF(program), NULL);
}

static void assert_busy(uint32_t id)
{
        struct peer p = start_helper(NULL);

        assert_int_equal(ask_plain(&p, PROTO_HELLO), 0);
        assert_int_equal(ask_plain(&p, PROTO_ATTACH), -EBUSY);
        assert_int_equal(xdp_on_lo(), id);
        assert_true(log_says("lo has another XDP program, which stays"));
        /* Still ready: links may be set, and it may be tried again. */
        assert_int_equal(ask_plain(&p, PROTO_ATTACH), -EBUSY);
        assert_int_equal(stop_helper(&p), 0);
        assert_int_equal(xdp_on_lo(), id);
}

static void test_foreign_netlink(void **state)
{
        uint32_t id;
        int fd;

        SKIP_IF(harness_no_bpf);
        fd = load_foreign();
        assert_true(fd >= 0);
        assert_int_equal(bpf_xdp_attach(1, fd, XDP_FLAGS_SKB_MODE, NULL), 0);
        id = xdp_on_lo();
        assert_int_not_equal(id, 0);
        assert_busy(id);
        assert_int_equal(bpf_xdp_detach(1, XDP_FLAGS_SKB_MODE, NULL), 0);
        close(fd);
        assert_lo_free();
}

static void test_foreign_link(void **state)
{
        int fd, link;

        SKIP_IF(harness_no_bpf);
        fd = load_foreign();
        assert_true(fd >= 0);
        link = bpf_link_create(fd, 1, BPF_XDP, NULL);
        assert_true(link >= 0);
        assert_busy(xdp_on_lo());
        close(link);
        close(fd);
        assert_lo_free();
}

/* The slot is free again: the same helper gets it. */
static void test_retry(void **state)
{
        struct peer p;
        int fd, link;

        SKIP_IF(harness_no_bpf);
        fd = load_foreign();
        link = bpf_link_create(fd, 1, BPF_XDP, NULL);
        assert_true(link >= 0);
        p = start_helper(NULL);
        assert_int_equal(ask_plain(&p, PROTO_HELLO), 0);
        assert_int_equal(ask_plain(&p, PROTO_ATTACH), -EBUSY);
        close(link);
        close(fd);
        assert_lo_free();
        assert_int_equal(ask_plain(&p, PROTO_ATTACH), 0);
        assert_int_not_equal(xdp_on_lo(), 0);
        assert_int_equal(stop_helper(&p), 0);
        assert_lo_free();
}

static uint64_t value_of(const char *status, const char *key)
{
        const char *line = strstr(status, key);

        assert_non_null(line);
        return strtoull(line + strlen(key), NULL, 16);
}

static void read_status(pid_t pid, char *buf, size_t size)
{
        char path[64];
        size_t n;
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%d/status", pid);
        file = fopen(path, "re");
        assert_non_null(file);
        n = fread(buf, 1, size - 1, file);
        buf[n] = '\0';
        fclose(file);
}

static void test_caps_dropped(void **state)
{
        const uint64_t two = 1ULL << CAP_BPF | 1ULL << CAP_NET_ADMIN;
        char status[8192];
        struct peer p;

        SKIP_IF(harness_no_bpf);
        p = start_helper(NULL);
        assert_int_equal(ask_plain(&p, PROTO_HELLO), 0);
        read_status(p.pid, status, sizeof(status));
        assert_int_equal(value_of(status, "CapPrm:"), two);
        assert_int_equal(value_of(status, "CapEff:"), two);
        assert_int_equal(value_of(status, "CapBnd:"), two);
        assert_int_equal(ask_plain(&p, PROTO_ATTACH), 0);
        read_status(p.pid, status, sizeof(status));
        assert_int_equal(value_of(status, "CapPrm:"), 0);
        assert_int_equal(value_of(status, "CapEff:"), 0);
        assert_int_equal(value_of(status, "CapInh:"), 0);
        assert_int_equal(value_of(status, "CapAmb:"), 0);
        assert_int_equal(value_of(status, "NoNewPrivs:"), 1);
        assert_int_equal(stop_helper(&p), 0);
}

static uint64_t count(struct peer *p, enum share53_counter counter)
{
        struct proto_counters c;
        struct message m = {};

        fill_header(p, &m, PROTO_COUNTERS);
        send_raw(p, &m, message_size(PROTO_COUNTERS));
        assert_int_equal(receive(p, PROTO_COUNTERS, m.h.cookie, &c), 0);
        return c.values[counter];
}

/* Asks SHARED by UDP: LISTENER gets it, and its answer comes from ANSWERER. */
static void assert_goes(const char *shared, int listener, const char *answerer)
{
        struct timeval timeout = {.tv_sec = 10};
        struct sockaddr_storage sa, from;
        struct endpoint e, source;
        socklen_t size;
        char octets[8];
        int fd;

        assert_int_equal(endpoint_from_text(shared, 53, &e), 0);
        size = endpoint_to_sockaddr(&e, &sa);
        fd = socket(e.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)), 0);
        assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)), 0);
        assert_int_equal(sendto(fd, "query", 5, 0, (struct sockaddr *)&sa, size), 5);
        size = sizeof(from);
        assert_int_equal(recvfrom(listener, octets, sizeof(octets), 0, (struct sockaddr *)&from, &size), 5);
        assert_int_equal(sendto(listener, "answer", 6, 0, (struct sockaddr *)&from, size), 6);
        size = sizeof(from);
        assert_int_equal(recvfrom(fd, octets, sizeof(octets), 0, (struct sockaddr *)&from, &size), 6);
        assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&from, &source), 0);
        assert_int_equal(endpoint_from_text(answerer, 53, &e), 0);
        assert_true(endpoint_equal(&source, &e));
        close(fd);
}

/* Both directions, with the capabilities gone; ports far apart, so that the range must follow. */
static void test_redirect(void **state)
{
        struct held low, high, wildcard;
        struct peer p;

        SKIP_IF(harness_no_bpf);
        wildcard = hold_as(OTHER_UID, "0.0.0.0:53", true, true); /* the case that all this is for */
        low = hold("127.53.0.2:1024");
        high = hold("127.53.0.2:65535");
        p = start_attached(NULL);
        assert_int_equal(count(&p, SHARE53_REDIRECT_UDP), 0);
        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "127.53.0.1:53", "127.53.0.2:1024"), 0);
        assert_goes("127.53.0.1:53", low.udp, "127.53.0.1:53");
        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "10.99.0.1:53", "127.53.0.2:65535"), 0);
        assert_goes("10.99.0.1:53", high.udp, "10.99.0.1:53");
        assert_goes("127.53.0.1:53", low.udp, "127.53.0.1:53");
        assert_int_equal(ask_share(&p, PROTO_SHARE_DEL, "127.53.0.1:53", "127.53.0.2:1024"), 0);
        assert_goes("10.99.0.1:53", high.udp, "10.99.0.1:53");
        assert_goes("127.53.0.1:53", wildcard.udp, "127.0.0.1:53"); /* back to whom it belonged */
        assert_int_equal(count(&p, SHARE53_REDIRECT_UDP), 4);
        assert_int_equal(count(&p, SHARE53_RETURN_UDP), 4);
        assert_int_equal(ask_plain(&p, PROTO_DETACH), 0);
        assert_lo_free();
        assert_int_equal(stop_helper(&p), 0);
        let_go(&low);
        let_go(&high);
        let_go(&wildcard);
}

/* As many as the maps take, and one more. */
static void test_full(void **state)
{
        struct policy policy;
        struct held listeners[64];
        char text[64];
        struct peer p;

        SKIP_IF(harness_no_bpf);
        policy_default(&policy);
        policy.networks[0].prefix = 8; /* 127.0.0.0/8 */
        policy.networks[0].address.addr.in.s_addr = htonl(0x7f000000);
        p = start_attached(&policy);
        for (unsigned int i = 0; i <= SHARE53_SHARES_MAX; i++) {
                char shared[64];
                struct held *h = &listeners[i % ELEMENTSOF(listeners)];

                if (i >= ELEMENTSOF(listeners))
                        let_go(h); /* it is asked about when it is added, not later */
                snprintf(text, sizeof(text), "127.53.0.2:%u", 2000 + i);
                snprintf(shared, sizeof(shared), "127.60.%u.%u:53", i / 256, i % 256);
                *h = hold(text);
                assert_int_equal(
                        ask_share(&p, PROTO_SHARE_ADD, shared, text), i < SHARE53_SHARES_MAX ? 0 : -ENOSPC);
        }
        assert_int_equal(ask_share(&p, PROTO_SHARE_DEL, "127.60.0.0:53", "127.53.0.2:2000"), 0);
        snprintf(text, sizeof(text), "127.53.0.2:%u", 2000 + SHARE53_SHARES_MAX);
        assert_int_equal(ask_share(&p, PROTO_SHARE_ADD, "127.60.4.0:53", text), 0);
        assert_int_equal(stop_helper(&p), 0);
        for (size_t i = 0; i < ELEMENTSOF(listeners); i++)
                let_go(&listeners[i]);
}

static void test_leftovers(void **state)
{
        const int written[] = {3, 2147483647, 17};
        int read[LEFTOVERS_MAX] = {}, many[LEFTOVERS_MAX];
        char directory[] = "/tmp/share53-leftovers-XXXXXX", path[64];
        static const char *const bad[] = {
                "x\n", "1", "0\n", "-1\n", "2147483648\n", "1 2\n", "99999999999999999\n", "\n"};
        struct stat st;
        FILE *file;

        assert_non_null(mkdtemp(directory));
        snprintf(path, sizeof(path), "%s/links", directory);
        assert_int_equal(leftovers_read(path, read), 0);
        assert_int_equal(leftovers_write(path, NULL, 0), 0);
        assert_int_equal(leftovers_write(path, written, ELEMENTSOF(written)), 0);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(leftovers_read(path, read), 3);
        assert_memory_equal(read, written, sizeof(written));
        for (int i = 0; i < LEFTOVERS_MAX; i++)
                many[i] = i + 1;
        assert_int_equal(leftovers_write(path, many, LEFTOVERS_MAX), 0);
        assert_int_equal(leftovers_read(path, read), LEFTOVERS_MAX);
        file = fopen(path, "ae");
        fputs("4711\n", file);
        fclose(file);
        assert_int_equal(leftovers_read(path, read), -E2BIG);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                file = fopen(path, "we");
                fputs(bad[i], file);
                fclose(file);
                read[0] = 4242;
                assert_int_equal(leftovers_read(path, read), -EBADMSG);
                assert_int_equal(read[0], 4242);
        }
        assert_int_equal(leftovers_write(path, NULL, 0), 0);
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(rmdir(directory), 0); /* nothing else is left in it */
        assert_int_equal(leftovers_write(path, written, 1), -ENOENT);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_foreign_netlink),
                cmocka_unit_test(test_foreign_link),
                cmocka_unit_test(test_retry),
                cmocka_unit_test(test_caps_dropped),
                cmocka_unit_test(test_redirect),
                cmocka_unit_test(test_full),
                cmocka_unit_test(test_leftovers),
        };

        return cmocka_run_group_tests_name("helper-xdp", tests, harness_set_up, harness_tear_down);
}
