/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/*
 * The headers of a packet, the maps, and the first, cheap look at the ports.
 */

struct icmp_header { /* of ICMPv4 and ICMPv6 errors; linux/icmp.h does not compile for BPF on Debian */
        __u8 type;
        __u8 code;
        __sum16 check;
        __be32 rest;
};

struct quote_ipv4 {
        struct icmp_header icmp;
        struct iphdr ip;
};

struct quote_ipv6 {
        struct icmp_header icmp;
        struct ipv6hdr ip;
};

/*
 * What is kept of a packet while it is looked at, in a per-CPU map and not on the stack: the verifier of 6.1
 * without CAP_PERFMON refuses a stack slot that is written once whole and once in part, and every kernel puts
 * speculation barriers behind spilled pointers.
 */
struct packet {
        struct share53_endpoint source, destination; /* also the keys for the maps */
        __u32 offset;                                /* of the transport header, from the Ethernet header */
        __u32 length;                                /* of transport header and payload, by the IP header */
        __u8 protocol;
        __u8 fragment;
        union {
                __u32 ports;
                struct udphdr udp;
                struct tcphdr tcp;
        };
        union {
                struct quote_ipv4 quote_ipv4;
                struct quote_ipv6 quote_ipv6;
        };
};

/* As of struct ipv6_opt_hdr with BIG TCP's one option (RFC 2675); all of it is eight octets. */
struct jumbo_header {
        __u8 next;
        __u8 size;
        __u8 option;
        __u8 option_size;
        __be32 length; /* of everything behind the IPv6 header */
};

struct fragment_header {
        __u8 next;
        __u8 reserved;
        __be16 offset;
        __be32 id;
};

#define IPV4_FRAGMENT_OFFSET 0x1fff
#define IPV4_FRAGMENT_MORE 0x2000
#define IPV6_FRAGMENT_OFFSET 0xfff8
#define IPV6_OPTION_JUMBO 0xc2

#define L3_OFFSET sizeof(struct ethhdr)
#define L4_OFFSET_IPV4 (L3_OFFSET + sizeof(struct iphdr))
#define L4_OFFSET_IPV6 (L3_OFFSET + sizeof(struct ipv6hdr))

struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(max_entries, SHARE53_SHARES_MAX);
        __type(key, struct share53_endpoint);
        __type(value, struct share53_endpoint);
} shares SEC(".maps"), listeners SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
        __uint(max_entries, SHARE53_COUNTERS_N);
        __type(key, __u32);
        __type(value, __u64);
} counters SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct packet);
} packets SEC(".maps");

volatile __u16 listener_port_first = 1024, listener_port_last = 65535;

static __always_inline bool port_is_listener(__be16 port)
{
        __u16 host = bpf_ntohs(port);
        return host >= listener_port_first && host <= listener_port_last;
}

/* Most of the packets on lo get no further than this. `ports` are the source and destination port in one
 * word. */
static __always_inline bool ports_are_wanted(__u32 ports)
{
        __u32 host = bpf_ntohl(ports);
        __u16 source = host >> 16, destination = host;
        __u16 first = listener_port_first, last = listener_port_last;

        return destination == SHARE53_PORT || (source >= first && source <= last) ||
               (destination >= first && destination <= last);
}

static __always_inline struct packet *packet_scratch(void)
{
        __u32 zero = 0;
        return bpf_map_lookup_elem(&packets, &zero);
}
