/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/test-helper.h"

enum state { NEW, READY, ATTACHED, DETACHED, STATES_N };

static const struct {
        uint16_t op;
        bool permitted[STATES_N];
        int result[STATES_N]; /* of the request that valid() makes */
} table[] = {
        {0, {}, {}},
        {PROTO_HELLO, {[NEW] = true}, {}},
        {PROTO_ATTACH, {[READY] = true}, {}},
        {PROTO_DETACH, {[ATTACHED] = true}, {}},
        {PROTO_SHARE_ADD, {[ATTACHED] = true}, {}},
        {PROTO_SHARE_DEL, {[ATTACHED] = true}, {[ATTACHED] = -ENOENT}},
        {PROTO_COUNTERS, {[ATTACHED] = true}, {}},
        {PROTO_LINK_SET, {false, true, true, true}, {0, -EPERM, -EPERM, -EPERM}},
        {PROTO_LINK_REVERT, {false, true, true, true}, {0, -ENOENT, -ENOENT, -ENOENT}},
        {9, {}, {}},
        {31, {}, {}},
        {32, {}, {}},
        {UINT16_MAX, {}, {}},
};

/* Well formed; what is asked for links is not allowed (lo), so that no bus is needed. */
static struct message valid(uint16_t op)
{
        if (op == PROTO_SHARE_ADD || op == PROTO_SHARE_DEL)
                return (struct message){.share = {.shared = to_proto("127.53.0.1:53"),
                                                .listener = to_proto("127.53.0.2:15353")}};
        if (op == PROTO_LINK_SET)
                return link_message("lo", "127.53.0.1:53", "~corp.internal");
        if (op == PROTO_LINK_REVERT)
                return (struct message){.index.ifindex = 2};
        return (struct message){};
}

static struct peer start_in(enum state state)
{
        struct peer p = start_helper(NULL);

        if (state >= READY)
                assert_int_equal(ask_plain(&p, PROTO_HELLO), 0);
        if (state >= ATTACHED)
                assert_int_equal(ask_plain(&p, PROTO_ATTACH), 0);
        if (state >= DETACHED)
                assert_int_equal(ask_plain(&p, PROTO_DETACH), 0);
        return p;
}

static void assert_violated(struct peer *p, const char *why)
{
        char octet;

        assert_true(recv(p->fd, &octet, 1, 0) <= 0);
        assert_int_equal(wait_helper(p), EXIT_FAILURE);
        assert_true(log_says("violation of the channel"));
        assert_true(log_says(why));
        if (!harness_no_bpf)
                assert_lo_free();
}

static void every_op_in(enum state state)
{
        struct held listener = hold("127.53.0.2:15353");

        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                struct peer p = start_in(state);
                struct message m = valid(table[i].op);

                fill_header(&p, &m, table[i].op);
                send_raw(&p, &m, message_size(table[i].op));
                if (table[i].permitted[state]) {
                        assert_int_equal(receive(&p, table[i].op, m.h.cookie, NULL), table[i].result[state]);
                        assert_int_equal(stop_helper(&p), EXIT_SUCCESS);
                } else
                        assert_violated(
                                &p, entry_size(table[i].op) > 0 || (table[i].op >= 1 && table[i].op <= 8)
                                            ? "in a state that does not permit it"
                                            : "unknown op");
                if (!harness_no_bpf)
                        assert_lo_free();
        }
        let_go(&listener);
}

static void test_ops_new(void **state)
{
        SKIP_IF(harness_missing);
        every_op_in(NEW);
}

static void test_ops_ready(void **state)
{
        SKIP_IF(harness_no_bpf);
        every_op_in(READY);
}

static void test_ops_attached(void **state)
{
        SKIP_IF(harness_no_bpf);
        every_op_in(ATTACHED);
}

static void test_ops_detached(void **state)
{
        SKIP_IF(harness_no_bpf);
        every_op_in(DETACHED);
}

/* Every op in a state that permits it, an octet short, an octet long, and of header length alone. */
static void test_sizes(void **state)
{
        SKIP_IF(harness_no_bpf);
        for (uint16_t op = PROTO_HELLO; op <= PROTO_LINK_REVERT; op++) {
                const size_t right = message_size(op);
                const size_t wrong[] = {right - 1, right + 1, right + 64, sizeof(struct proto_header), 1};

                for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                        enum state s = op == PROTO_HELLO                            ? NEW
                                       : op == PROTO_ATTACH || op >= PROTO_LINK_SET ? READY
                                                                                    : ATTACHED;
                        struct message m = valid(op);
                        struct peer p;

                        if (wrong[i] == right)
                                continue;
                        p = start_in(s);
                        fill_header(&p, &m, op);
                        send_raw(&p, &m, wrong[i]);
                        assert_violated(&p, "octets");
                }
        }
}

static void send_violating(struct peer *p, const struct message *m, uint16_t op, const char *why)
{
        send_raw(p, m, message_size(op));
        assert_violated(p, why);
}

static void test_header(void **state)
{
        SKIP_IF(harness_missing);
        for (int i = 0; i < 6; i++) {
                struct peer p = start_in(i < 4 ? NEW : READY);
                struct message m = valid(PROTO_LINK_REVERT);

                fill_header(&p, &m, i < 4 ? PROTO_HELLO : PROTO_LINK_REVERT);
                switch (i) {
                case 0:
                        m.h.magic ^= 1;
                        break;
                case 1:
                        m.h.version++;
                        break;
                case 2:
                        m.h.version = 0;
                        break;
                case 3:
                        m.h.count = 1;
                        break;
                case 4:
                        m.h.count = 0;
                        break;
                case 5:
                        m.h.count = UINT32_MAX;
                        break;
                }
                send_violating(&p, &m, i < 4 ? PROTO_HELLO : PROTO_LINK_REVERT, i < 3 ? "magic" : "entries");
        }
}

/* Many entries, all there, for an op of one. */
static void test_two_entries(void **state)
{
        struct peer p;
        struct {
                struct proto_header h;
                struct proto_link_index index[2];
        } m = {};
        struct message filled = {};

        SKIP_IF(harness_missing);
        p = start_in(READY);
        fill_header(&p, &filled, PROTO_LINK_REVERT);
        m.h = filled.h;
        m.h.count = 2;
        send_raw(&p, &m, sizeof(m));
        assert_violated(&p, "2 entries");
}

static void break_endpoint(struct proto_endpoint *e, int how)
{
        switch (how) {
        case 0:
                e->family = AF_UNSPEC;
                break;
        case 1:
                e->family = AF_UNIX;
                break;
        case 2:
                e->family = 255;
                break;
        case 3:
                e->reserved = 1;
                break;
        case 4:
                e->port = 0;
                break;
        case 5:
                e->address[4] = 1;
                break; /* behind an IPv4 address */
        case 6:
                e->address[15] = 1;
                break;
        }
}

static void test_endpoints(void **state)
{
        SKIP_IF(harness_no_bpf);
        for (int i = 0; i < 4 * 7; i++) {
                uint16_t op = i / 7 < 2 ? PROTO_SHARE_ADD : PROTO_SHARE_DEL;
                struct peer p = start_in(ATTACHED);
                struct message m = valid(op);

                fill_header(&p, &m, op);
                break_endpoint(i / 7 % 2 ? &m.share.listener : &m.share.shared, i % 7);
                send_violating(&p, &m, op, "malformed address");
        }
}

static void break_link(struct proto_link *l, int how)
{
        struct proto_domain *d = &l->domains[0];

        switch (how) {
        case 0:
                l->n_servers = 0;
                break;
        case 1:
                l->n_servers = 9;
                break;
        case 2:
                l->n_servers = 255;
                break;
        case 3:
                l->n_servers = 2;
                break; /* the second is all zero */
        case 4:
                l->servers[1].port = 1;
                break;
        case 5:
                l->servers[7].address[15] = 1;
                break;
        case 6:
                l->n_domains = 65;
                break;
        case 7:
                l->n_domains = 255;
                break;
        case 8:
                l->n_domains = 2;
                break; /* the second has no octets */
        case 9:
                l->domains[63].reserved = 1;
                break;
        case 10:
                l->domains[1].wire[0] = 1;
                break;
        case 11:
                l->default_route = PROTO_MIDDLE;
                break;
        case 12:
                l->dnssec = 4;
                break;
        case 13:
                l->dns_over_tls = 4;
                break;
        case 14:
                l->llmnr = 255;
                break;
        case 15:
                l->mdns = 4;
                break;
        case 16:
                l->reserved = 1;
                break;
        case 17:
                d->route_only = 2;
                break;
        case 18:
                d->reserved = 1;
                break;
        case 19:
                d->size = 0;
                break;
        case 20:
                d->size--;
                break; /* cut before the root label */
        case 21:
                d->size++;
                break; /* an octet behind it */
        case 22:
                d->size = 255;
                break;
        case 23:
                d->wire[0] = 64;
                break; /* not a length */
        case 24:
                d->wire[0] = 0xc0;
                break; /* a pointer */
        case 25:
                memset(d->wire, 1, sizeof(d->wire)), d->size = 255;
                break; /* never ends */
        case 26:
                break_endpoint(&l->servers[0], 0);
                break;
        case 27:
                break_endpoint(&l->servers[0], 3);
                break;
        case 28:
                break_endpoint(&l->servers[0], 4);
                break;
        case 29:
                break_endpoint(&l->servers[0], 5);
                break;
        }
}
#define BREAK_LINK_N 30

static void test_links(void **state)
{
        SKIP_IF(harness_missing);
        for (int i = 0; i < BREAK_LINK_N; i++) {
                struct peer p = start_in(READY);
                struct message m = valid(PROTO_LINK_SET);

                fill_header(&p, &m, PROTO_LINK_SET);
                break_link(&m.link, i);
                send_violating(&p, &m, PROTO_LINK_SET, "LINK_SET with a malformed");
        }
}

static void test_descriptors(void **state)
{
        struct message m = {};
        union {
                struct cmsghdr h;
                char octets[CMSG_SPACE(sizeof(int))];
        } control = {
                .h = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
        struct iovec part = {&m, sizeof(m.h)};
        struct msghdr message = {.msg_iov = &part,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control)};
        int pipe_fds[2];
        struct peer p;
        char octet;

        SKIP_IF(harness_missing);
        p = start_in(NEW);
        fill_header(&p, &m, PROTO_HELLO);
        assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
        memcpy(CMSG_DATA(&control.h), &pipe_fds[1], sizeof(int));
        assert_int_equal(sendmsg(p.fd, &message, 0), sizeof(m.h));
        close(pipe_fds[1]);
        assert_violated(&p, "descriptors");
        assert_int_equal(read(pipe_fds[0], &octet, 1), 0); /* nobody has the other end */
        close(pipe_fds[0]);
}

/* Replies that nobody reads fill the socket: the helper must neither block nor queue. */
static void test_replies_unread(void **state)
{
        struct message m = valid(PROTO_LINK_REVERT);
        struct peer p;

        SKIP_IF(harness_missing);
        p = start_in(READY);
        do
                fill_header(&p, &m, PROTO_LINK_REVERT);
        while (send(p.fd, &m, message_size(PROTO_LINK_REVERT), MSG_NOSIGNAL) > 0);
        assert_true(errno == EPIPE || errno == ECONNRESET);
        assert_int_equal(wait_helper(&p), EXIT_FAILURE);
        assert_true(log_says("a reply cannot be sent"));
}

/* A thousand refusals do not make a thousand lines. */
static void test_refusals_limited(void **state)
{
        _cleanup_fclose_ FILE *file = NULL;
        char line[2048];
        unsigned int lines = 0;
        struct peer p;

        SKIP_IF(harness_missing);
        p = start_in(READY);
        for (int i = 0; i < 1000; i++) {
                struct message m = valid(PROTO_LINK_REVERT);
                assert_int_equal(ask(&p, &m, PROTO_LINK_REVERT), -ENOENT);
        }
        assert_int_equal(stop_helper(&p), EXIT_SUCCESS);
        file = fopen(harness_log, "re");
        while (fgets(line, sizeof(line), file))
                lines += strstr(line, "refused") != NULL;
        assert_in_range(lines, 1, 60); /* 20 for each ten seconds */
}

static void test_wrong_peer(void **state)
{
        struct peer p;
        char octet;

        SKIP_IF(harness_missing);
        p = start_helper_as(NULL, OTHER_UID);
        assert_true(recv(p.fd, &octet, 1, 0) <= 0);
        assert_int_equal(wait_helper(&p), EPERM);
}

static void test_wrong_socket(void **state)
{
        sd_event *event = NULL;
        struct dispatch *d = NULL;
        struct policy policy;
        int fds[2];

        policy_default(&policy);
        assert_true(sd_event_new(&event) >= 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        assert_int_equal(
                dispatch_new(event, fds[0], getuid(), &policy, "/nonexistent/links", &d), -EPROTOTYPE);
        assert_null(d);
        assert_int_equal(fcntl(fds[0], F_GETFD), -1); /* taken over in every case */
        close(fds[1]);
        sd_event_unref(event);
}

static void test_end_of_channel(void **state)
{
        struct peer p;

        SKIP_IF(harness_no_bpf);
        p = start_in(ATTACHED);
        assert_int_not_equal(xdp_on_lo(), 0);
        assert_int_equal(stop_helper(&p), EXIT_SUCCESS);
        assert_lo_free();
        assert_false(log_says("violation"));
}

static void test_signals(void **state)
{
        struct peer p;

        SKIP_IF(harness_no_bpf);
        p = start_in(ATTACHED);
        assert_int_equal(kill(p.pid, SIGTERM), 0);
        assert_int_equal(wait_helper(&p), EXIT_SUCCESS);
        assert_lo_free();

        p = start_in(ATTACHED);
        assert_int_not_equal(xdp_on_lo(), 0);
        assert_int_equal(kill(p.pid, SIGKILL), 0);
        assert_int_equal(wait_helper(&p), 128 + SIGKILL);
        assert_lo_free();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ops_new),
                cmocka_unit_test(test_ops_ready),
                cmocka_unit_test(test_ops_attached),
                cmocka_unit_test(test_ops_detached),
                cmocka_unit_test(test_sizes),
                cmocka_unit_test(test_header),
                cmocka_unit_test(test_two_entries),
                cmocka_unit_test(test_endpoints),
                cmocka_unit_test(test_links),
                cmocka_unit_test(test_descriptors),
                cmocka_unit_test(test_replies_unread),
                cmocka_unit_test(test_refusals_limited),
                cmocka_unit_test(test_wrong_peer),
                cmocka_unit_test(test_wrong_socket),
                cmocka_unit_test(test_end_of_channel),
                cmocka_unit_test(test_signals),
        };

        harness_leaks_every = 10;
        return cmocka_run_group_tests_name("helper-protocol", tests, harness_set_up, harness_tear_down);
}
