/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A helper to talk to: the real core in a child process with the ids and capabilities that the unit gives it,
 * in a network namespace of the test's own, over a socketpair. The test is the daemon (uid of the test), and
 * may be a hostile one.
 */

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/sockios.h>

#include "common/log.h"
#include "helper/caps.h"
#include "helper/dispatch.h"
#include "helper/leftovers.h"
#include "tests/unit/test.h"

#define HELPER_UID 65534 /* of the child */
#define OTHER_UID 1001   /* neither the daemon's nor the helper's */
#define ENDED 1          /* instead of a result: the helper has closed the channel */

static const char *harness_missing; /* why nothing can be tested here; NULL: it can */
static const char *harness_no_bpf;  /* the same for what wants the XDP program */
static char harness_directory[] = "/tmp/share53-test-XXXXXX";
static char harness_leftovers[64];
static char harness_log[64];        /* of the last helper */
static bool harness_keep_leftovers; /* of the helper before */
/* LeakSanitizer takes longer than all else: with hundreds of helpers, it sees every Nth only. */
static unsigned int harness_leaks_every = 1, harness_started;

#define SKIP_IF(reason) \
        do { \
                if (reason) { \
                        print_message("skipped: %s\n", reason); \
                        skip(); \
                } \
        } while (0)

static inline void set_up_link(const char *name, bool bridge)
{
        struct ifreq request = {};
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        if (bridge && ioctl(fd, SIOCBRADDBR, name) < 0)
                harness_missing = "no bridge to have a link of";
        snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
        if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
                request.ifr_flags |= IFF_UP;
                (void)ioctl(fd, SIOCSIFFLAGS, &request);
        }
        close(fd);
}

static inline void set_address(const char *name, const char *address)
{
        struct ifreq request = {};
        struct sockaddr_storage sa;
        struct endpoint e;
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
        assert_int_equal(endpoint_from_text(address, 0, &e), 0);
        (void)endpoint_to_sockaddr(&e, &sa);
        memcpy(&request.ifr_addr, &sa, sizeof(request.ifr_addr));
        assert_int_equal(ioctl(fd, SIOCSIFADDR, &request), 0);
        close(fd);
}

/* Group setup: a network namespace with lo, and net0 with 10.99.0.1; a directory for the list of links. */
static inline int harness_set_up(void **state)
{
        int map;

        setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
        if (geteuid() != 0)
                harness_missing = "not root";
        else if (unshare(CLONE_NEWNET) < 0)
                harness_missing = "no network namespace of one's own";
        if (harness_missing) {
                harness_no_bpf = harness_missing;
                return 0;
        }
        set_up_link("lo", false);
        set_up_link("net0", true);
        if (!harness_missing)
                set_address("net0", "10.99.0.1");

        map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "probe", 4, 4, 1, NULL);
        if (map < 0)
                harness_no_bpf = "no BPF";
        else
                close(map);
        if (prctl(PR_CAPBSET_READ, CAP_BPF, 0, 0, 0) != 1 ||
                prctl(PR_CAPBSET_READ, CAP_NET_ADMIN, 0, 0, 0) != 1)
                harness_no_bpf = "no CAP_BPF and CAP_NET_ADMIN";
        if (!mkdtemp(harness_directory) || chown(harness_directory, HELPER_UID, HELPER_UID) < 0)
                return -1;
        snprintf(harness_leftovers, sizeof(harness_leftovers), "%s/links", harness_directory);
        snprintf(harness_log, sizeof(harness_log), "%s/log", harness_directory);
        return 0;
}

static inline int harness_tear_down(void **state)
{
        (void)unlink(harness_leftovers);
        (void)unlink(harness_log);
        (void)rmdir(harness_directory);
        return 0;
}

/* What User=, CapabilityBoundingSet= and AmbientCapabilities= of the unit do. */
static inline void become_helper(void)
{
        struct caps_reason why;

        for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
                if (cap != CAP_BPF && cap != CAP_NET_ADMIN)
                        (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
        if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 ||
                setresgid(HELPER_UID, HELPER_UID, HELPER_UID) < 0 ||
                setresuid(HELPER_UID, HELPER_UID, HELPER_UID) < 0)
                _exit(100);
        (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* for LeakSanitizer */
        if (caps_limit(&why) < 0) {
                log_error("caps_limit: %s", why.text);
                _exit(101);
        }
}

struct peer {
        int fd;
        pid_t pid;
        uint32_t cookie;
};

/* The helper's process, as main.c has it after its checks. */
static inline _Noreturn void run_helper(int fd, uid_t uid, const struct policy *policy)
{
        struct dispatch *dispatch = NULL;
        sd_event *event = NULL;
        sigset_t signals;
        int log, r;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        /* Nothing of the test's is held open here: sockets, links. */
        if (dup2(fd, 3) < 0 || close_range(4, ~0U, 0) < 0)
                _exit(105);
        fd = 3;
        log = open(harness_log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
        if (log < 0 || dup2(log, STDERR_FILENO) < 0)
                _exit(102);
        close(log);
        log_set_level(LOG_DEBUG);
        log_open("helper");
        become_helper();
        (void)sigemptyset(&signals);
        (void)sigaddset(&signals, SIGTERM);
        (void)sigprocmask(SIG_BLOCK, &signals, NULL);
        if (sd_event_new(&event) < 0 || sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL) < 0)
                _exit(103);
        r = dispatch_new(event, fd, uid, policy, harness_leftovers, &dispatch);
        if (r < 0)
                _exit(-r);
        r = sd_event_loop(event);
        dispatch_undo(dispatch);
        (void)dispatch_free(dispatch);
        (void)sd_event_unref(event);
        fflush(NULL);
        if (harness_started % harness_leaks_every != 0)
                _exit(r < 0 ? 104 : r);
        exit(r < 0 ? 104 : r);
}

static inline struct peer start_helper_as(const struct policy *policy, uid_t uid)
{
        struct timeval timeout = {.tv_sec = 20};
        struct policy default_policy;
        struct peer p = {.cookie = 1000};
        int fds[2];

        if (!policy) {
                policy_default(&default_policy);
                policy = &default_policy;
        }
        if (!harness_keep_leftovers)
                (void)unlink(harness_leftovers);
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
        assert_int_equal(setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)), 0);
        fflush(NULL);
        harness_started++;
        p.pid = fork();
        assert_true(p.pid >= 0);
        if (p.pid == 0) {
                close(fds[0]);
                run_helper(fds[1], uid, policy);
        }
        close(fds[1]);
        p.fd = fds[0];
        return p;
}

static inline struct peer start_helper(const struct policy *policy)
{
        return start_helper_as(policy, getuid());
}

/* Waits for the helper's end: its exit status, or 128 + the signal. */
static inline int wait_helper(struct peer *p)
{
        int status;

        assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
        if (p->fd >= 0)
                close(p->fd);
        p->fd = -1;
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Closes the channel, as a daemon that ends. */
static inline int stop_helper(struct peer *p)
{
        close(p->fd);
        p->fd = -1;
        return wait_helper(p);
}

static inline bool log_says(const char *text)
{
        _cleanup_fclose_ FILE *file = fopen(harness_log, "re");
        char line[2048];

        while (file && fgets(line, sizeof(line), file))
                if (strstr(line, text))
                        return true;
        return false;
}

struct message {
        struct proto_header h;
        union {
                uint8_t octets[sizeof(struct proto_link) + 64];
                struct proto_share share;
                struct proto_link link;
                struct proto_link_index index;
        };
};

static inline size_t entry_size(uint16_t op)
{
        switch (op) {
        case PROTO_SHARE_ADD:
        case PROTO_SHARE_DEL:
                return sizeof(struct proto_share);
        case PROTO_LINK_SET:
                return sizeof(struct proto_link);
        case PROTO_LINK_REVERT:
                return sizeof(struct proto_link_index);
        default:
                return 0;
        }
}

static inline size_t message_size(uint16_t op)
{
        return sizeof(struct proto_header) + entry_size(op);
}

static inline void fill_header(struct peer *p, struct message *m, uint16_t op)
{
        m->h = (struct proto_header){
                .magic = PROTO_MAGIC,
                .version = PROTO_VERSION,
                .op = op,
                .cookie = ++p->cookie,
                .count = entry_size(op) > 0,
        };
}

static inline void send_raw(struct peer *p, const void *data, size_t size)
{
        assert_int_equal(send(p->fd, data, size, MSG_NOSIGNAL), size);
}

/* The next reply's result, checked against OP and COOKIE; ENDED. */
static inline int receive(struct peer *p, uint16_t op, uint32_t cookie, struct proto_counters *ret)
{
        struct {
                struct proto_reply reply;
                struct proto_counters counters;
        } m;
        ssize_t n = recv(p->fd, &m, sizeof(m), 0);

        if (n == 0 || (n < 0 && errno == ECONNRESET))
                return ENDED;
        assert_int_equal(
                n, sizeof(m.reply) + (op == PROTO_COUNTERS && m.reply.result == 0 ? sizeof(m.counters) : 0));
        assert_int_equal(m.reply.magic, PROTO_MAGIC);
        assert_int_equal(m.reply.version, PROTO_VERSION);
        assert_int_equal(m.reply.op, op);
        assert_int_equal(m.reply.cookie, cookie);
        assert_true(m.reply.result <= 0);
        if (ret)
                *ret = m.counters;
        return m.reply.result;
}

static inline int ask(struct peer *p, struct message *m, uint16_t op)
{
        fill_header(p, m, op);
        send_raw(p, m, message_size(op));
        return receive(p, op, m->h.cookie, NULL);
}

static inline int ask_plain(struct peer *p, uint16_t op)
{
        struct message m = {};

        return ask(p, &m, op);
}

static inline struct proto_endpoint to_proto(const char *text)
{
        struct endpoint e;
        struct proto_endpoint p = {};

        assert_int_equal(endpoint_from_text(text, 53, &e), 0);
        p.family = (uint8_t)e.family;
        p.port = e.port;
        memcpy(p.address, e.addr.bytes, endpoint_address_size(&e));
        return p;
}

static inline int ask_share(struct peer *p, uint16_t op, const char *shared, const char *listener)
{
        struct message m = {.share = {.shared = to_proto(shared), .listener = to_proto(listener)}};

        return ask(p, &m, op);
}

/* A link's settings: "A:P A:P…", and domains "~corp.internal other.example". */
static inline struct message link_message(const char *link, const char *servers, const char *domains)
{
        struct message m = {.link = {.ifindex = (int)if_nametoindex(link), .default_route = PROTO_NO}};
        _cleanup_free_ char *s = strdup(servers), *d = strdup(domains);
        char *rest;

        for (char *t = strtok_r(s, " ", &rest); t; t = strtok_r(NULL, " ", &rest))
                m.link.servers[m.link.n_servers++] = to_proto(t);
        for (char *t = strtok_r(d, " ", &rest); t; t = strtok_r(NULL, " ", &rest)) {
                struct proto_domain *domain = &m.link.domains[m.link.n_domains++];
                struct name name;
                assert_int_equal(name_from_text(t + (*t == '~'), NULL, &name), 0);
                domain->route_only = *t == '~';
                domain->size = name.size;
                memcpy(domain->wire, name.wire, name.size);
        }
        return m;
}

struct held {
        int udp, tcp;
};

/* Sockets of UID at TEXT; -1 where a protocol is not wanted. */
static inline struct held hold_as(uid_t uid, const char *text, bool udp, bool tcp)
{
        struct held h = {-1, -1};
        struct sockaddr_storage sa;
        struct endpoint e;
        socklen_t size;

        assert_int_equal(endpoint_from_text(text, 53, &e), 0);
        size = endpoint_to_sockaddr(&e, &sa);
        assert_int_equal(seteuid(uid), 0);
        if (udp)
                h.udp = socket(e.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (tcp)
                h.tcp = socket(e.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(seteuid(0), 0);
        if (udp)
                assert_int_equal(bind(h.udp, (struct sockaddr *)&sa, size), 0);
        if (tcp) {
                assert_int_equal(setsockopt(h.tcp, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)), 0);
                assert_int_equal(bind(h.tcp, (struct sockaddr *)&sa, size), 0);
                assert_int_equal(listen(h.tcp, 1), 0);
        }
        return h;
}

static inline struct held hold(const char *text)
{
        return hold_as(getuid(), text, true, true);
}

static inline void let_go(struct held *h)
{
        h->udp = safe_close(h->udp);
        h->tcp = safe_close(h->tcp);
}

/* A helper that has been brought so far, with 127.53.0.2:15353 held by the daemon. */
static inline struct peer start_attached(const struct policy *policy)
{
        struct peer p = start_helper(policy);

        assert_int_equal(ask_plain(&p, PROTO_HELLO), 0);
        assert_int_equal(ask_plain(&p, PROTO_ATTACH), 0);
        return p;
}

/* Id of the XDP program on lo, 0: none. */
static inline uint32_t xdp_on_lo(void)
{
        uint32_t id = 0;

        assert_int_equal(bpf_xdp_query_id(1, 0, &id), 0);
        return id;
}

/* The kernel lets go of a dead process's link a moment later. */
static inline void assert_lo_free(void)
{
        for (int i = 0; i < 200 && xdp_on_lo() != 0; i++)
                usleep(10000);
        assert_int_equal(xdp_on_lo(), 0);
}
