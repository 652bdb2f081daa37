/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

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

/* Keeps the compiler from merging pointer arithmetic of two branches into one with a register. */
#define barrier_register(x) asm volatile("" : "+r"(x))
