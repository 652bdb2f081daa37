/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The helper channel: what the unprivileged daemon may ask of the helper, and nothing else.
 *
 * A SOCK_SEQPACKET unix socket; one message is one request or one reply. A request is a proto_header and
 * exactly `count` entries of the op's fixed-size struct; a reply is a proto_reply and, for COUNTERS, its
 * body. Both ends run on one machine and from one package: host byte order, fixed-size integers, no implicit
 * padding. The version guards against an upgrade in which one end is still the former.
 *
 * Anything that is not exactly so (size, magic, version, op unknown, op not permitted in this state, reserved
 * octet not zero) is a violation: the helper undoes its effects and ends. A request that is well formed but
 * not allowed (helper.conf, an address that somebody holds) is refused with an errno, and the channel goes
 * on.
 *
 *   op            permitted in        entries                    result
 *   HELLO         new                 0                          0
 *   ATTACH        ready               0                          0, -EBUSY (a foreign program holds lo),
 * errno DETACH        attached            0                          0 SHARE_ADD     attached            1
 * proto_share              0, -EPERM, -EADDRINUSE, -EADDRNOTAVAIL, -ENOSPC SHARE_DEL     attached 1
 * proto_share              0, -ENOENT COUNTERS      attached            0                          0 and
 * proto_counters LINK_SET      ready, attached,    1 proto_link               0, -EPERM, -ENODEV, -EBUSY,
 * errno of resolved's detached                                       reply LINK_REVERT   as LINK_SET 1
 * proto_link_index         0, -ENOENT, errno of resolved's reply
 *
 * Replies of LINK_SET and LINK_REVERT come when resolved has answered, so after those of later requests; the
 * cookie tells them apart. One of them at a time for each link: a second is -EBUSY. Ops 32 to 35 are kept for
 * the answers map (ANSWER_PUT, ANSWER_DEL, ANSWER_CLEAR, ANSWER_ENABLE).
 */

#include <assert.h>

#include "common/name.h"
#include "common/util.h"

#define PROTO_SOCKET_PATH "/run/share53/helper.sock"
#define PROTO_MAGIC 0x33357368U /* "hs53" */
#define PROTO_VERSION 1

#define PROTO_LINK_SERVERS_MAX 8
#define PROTO_LINK_DOMAINS_MAX 64
#define PROTO_COUNTERS_MAX 16
#define PROTO_LINKS_PENDING_MAX 16 /* LINK_SET and LINK_REVERT under way at once */

enum proto_op {
        PROTO_HELLO = 1,
        PROTO_ATTACH = 2,
        PROTO_DETACH = 3,
        PROTO_SHARE_ADD = 4,
        PROTO_SHARE_DEL = 5,
        PROTO_COUNTERS = 6,
        PROTO_LINK_SET = 7,
        PROTO_LINK_REVERT = 8,
};

struct proto_header {
        uint32_t magic;
        uint16_t version;
        uint16_t op;
        uint32_t cookie; /* chosen by the daemon, echoed */
        uint32_t count;  /* entries that follow */
};
static_assert(sizeof(struct proto_header) == 16, "layout of the channel");

struct proto_reply {
        uint32_t magic;
        uint16_t version;
        uint16_t op;
        uint32_t cookie;
        int32_t result; /* 0 or a negative errno */
};
static_assert(sizeof(struct proto_reply) == 16, "layout of the channel");

struct proto_endpoint {
        uint8_t family; /* AF_INET, AF_INET6 */
        uint8_t reserved;
        uint16_t port;       /* host byte order */
        uint8_t address[16]; /* network byte order; zero behind an IPv4 address */
};
static_assert(sizeof(struct proto_endpoint) == 20, "layout of the channel");

struct proto_share {
        struct proto_endpoint shared;   /* ADDRESS:53 */
        struct proto_endpoint listener; /* where share53d listens: loopback, port ≥ 1024, same family */
};
static_assert(sizeof(struct proto_share) == 40, "layout of the channel");

/* Numbered by outcome, enum share53_counter of bpf/share53-bpf.h: packets, summed over the CPUs. */
struct proto_counters {
        uint64_t values[PROTO_COUNTERS_MAX];
};
static_assert(sizeof(struct proto_counters) == 128, "layout of the channel");

enum proto_tristate {
        PROTO_UNSET = 0, /* leave it to resolved's own configuration: not called */
        PROTO_NO = 1,
        PROTO_YES = 2,
        PROTO_MIDDLE = 3, /* DNSSEC: allow-downgrade; DoT: opportunistic; LLMNR, mDNS: resolve */
};

struct proto_domain {
        uint8_t route_only; /* 1: "~domain", used to route, not to complete single-label names */
        uint8_t size;       /* octets of `wire` in use */
        uint8_t wire[NAME_SIZE_MAX];
        uint8_t reserved;
};
static_assert(sizeof(struct proto_domain) == 258, "layout of the channel");

struct proto_link {
        int32_t ifindex;
        uint8_t n_servers;     /* 1 … PROTO_LINK_SERVERS_MAX */
        uint8_t n_domains;     /* 0 … PROTO_LINK_DOMAINS_MAX */
        uint8_t default_route; /* proto_tristate without MIDDLE */
        uint8_t dnssec;        /* proto_tristate, as the next three */
        uint8_t dns_over_tls;
        uint8_t llmnr;
        uint8_t mdns;
        uint8_t reserved;
        struct proto_endpoint servers[PROTO_LINK_SERVERS_MAX]; /* unused ones are zero */
        struct proto_domain domains[PROTO_LINK_DOMAINS_MAX];
};
static_assert(sizeof(struct proto_link) == 12 + 160 + 16512, "layout of the channel");

struct proto_link_index {
        int32_t ifindex;
};
static_assert(sizeof(struct proto_link_index) == 4, "layout of the channel");

#define PROTO_REQUEST_SIZE_MAX (sizeof(struct proto_header) + sizeof(struct proto_link))
#define PROTO_REPLY_SIZE_MAX (sizeof(struct proto_reply) + sizeof(struct proto_counters))
