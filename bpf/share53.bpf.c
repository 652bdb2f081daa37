/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * The redirect: on lo, what a client sends to a shared address's port 53 goes to its listener, and what the
 * listener answers comes from the shared address. Everything else, and everything in doubt, is passed
 * untouched.
 *
 * Written for CAP_BPF and CAP_NET_ADMIN without CAP_PERFMON, from Linux 6.1: no packet pointer plus a
 * register, no variable offset into stack or map value. What stands at a variable offset is copied by
 * bpf_xdp_load_bytes().
 */

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "share53-bpf.h"
#include "checksum.h"
#include "packet.h"
#include "rewrite.h"
#include "icmp.h"

/* `packet` is complete but for the transport header; `known` says whether its lengths are right. */
static __noinline enum share53_counter packet_redirect(struct xdp_md *ctx, struct packet *packet, bool known)
{
        const struct share53_endpoint *other;
        bool tcp = packet->protocol == IPPROTO_TCP;

        if (packet->destination.port == bpf_htons(SHARE53_PORT)) {
                other = bpf_map_lookup_elem(&shares, &packet->destination);
                if (other) {
                        if (packet->fragment)
                                return SHARE53_PASS_FRAGMENT;
                        if (!known || !rewrite_packet(ctx, packet, false, other))
                                return SHARE53_PASS_DOUBT;
                        return tcp ? SHARE53_REDIRECT_TCP : SHARE53_REDIRECT_UDP;
                }
        }

        if (port_is_listener(packet->destination.port)) {
                other = bpf_map_lookup_elem(&listeners, &packet->destination);
                if (other)
                        return packet->fragment ? SHARE53_PASS_FRAGMENT : SHARE53_DROP_STRAY;
        }

        if (port_is_listener(packet->source.port)) {
                other = bpf_map_lookup_elem(&listeners, &packet->source);
                if (other) {
                        if (packet->fragment)
                                return SHARE53_PASS_FRAGMENT;
                        if (!known || !rewrite_packet(ctx, packet, true, other))
                                return SHARE53_PASS_DOUBT;
                        return tcp ? SHARE53_RETURN_TCP : SHARE53_RETURN_UDP;
                }
        }
        return SHARE53_PASS;
}

/*
 * Most of the packets on lo get no further than these two: protocol and ports. What comes after them is in
 * functions of their own, so that no register is spilled here; for each spilled pointer the kernel puts a
 * barrier.
 */
static __always_inline bool ipv4_is_foreign(void *data, void *end)
{
        struct iphdr *ip = data + L3_OFFSET;
        __u32 *ports = data + L4_OFFSET_IPV4;

        if ((void *)(ports + 1) > end)
                return true;
        if (ip->protocol == IPPROTO_UDP || ip->protocol == IPPROTO_TCP)
                return ip->ihl == 5 && !ports_are_wanted(*ports);
        return ip->protocol != IPPROTO_ICMP;
}

static __always_inline bool ipv6_is_foreign(void *data, void *end)
{
        struct ipv6hdr *ip = data + L3_OFFSET;
        __u32 *ports = data + L4_OFFSET_IPV6;

        if ((void *)(ports + 1) > end)
                return true;
        if (ip->nexthdr == IPPROTO_UDP || ip->nexthdr == IPPROTO_TCP)
                return !ports_are_wanted(*ports);
        return ip->nexthdr != IPPROTO_ICMPV6 && ip->nexthdr != IPPROTO_HOPOPTS &&
               ip->nexthdr != IPPROTO_FRAGMENT;
}

static __noinline enum share53_counter handle_ipv4(struct xdp_md *ctx)
{
        void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
        struct iphdr *ip = data + L3_OFFSET;

        if ((void *)(ip + 1) > end)
                return SHARE53_PASS;
        if (ip->protocol == IPPROTO_ICMP)
                return handle_icmpv4(ctx, ip);
        if (ip->frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET))
                return SHARE53_PASS;

        struct packet *packet = packet_scratch();
        if (!packet)
                return SHARE53_PASS;

        __u32 header = ip->ihl * 4, size = bpf_xdp_get_buff_len(ctx) - L3_OFFSET;
        if (header < sizeof(*ip))
                return SHARE53_PASS;
        packet->offset = L3_OFFSET + header;
        if (bpf_xdp_load_bytes(ctx, packet->offset, &packet->ports, sizeof(packet->ports)) < 0)
                return SHARE53_PASS;
        if (!ports_are_wanted(packet->ports))
                return SHARE53_PASS;

        packet->source =
                (struct share53_endpoint){.address = {ip->saddr}, .port = packet->udp.source, .family = 4};
        packet->destination =
                (struct share53_endpoint){.address = {ip->daddr}, .port = packet->udp.dest, .family = 4};
        packet->protocol = ip->protocol;
        packet->fragment = !!(ip->frag_off & bpf_htons(IPV4_FRAGMENT_MORE));

        /* IPv4 BIG TCP (Linux 6.3) leaves the length zero, since it does not fit. */
        __u32 total = bpf_ntohs(ip->tot_len);
        if (total == 0 && ip->protocol == IPPROTO_TCP && size > 65535)
                total = size;
        packet->length = total - header;
        return packet_redirect(ctx, packet, total >= header && total <= size);
}

/* No extension header but BIG TCP's is followed; a first fragment is recognised, to be counted. */
static __noinline enum share53_counter handle_ipv6(struct xdp_md *ctx)
{
        void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
        struct ipv6hdr *ip = data + L3_OFFSET;
        __u32 *ports = data + L4_OFFSET_IPV6;
        __u32 offset = L4_OFFSET_IPV6, length;
        __u8 protocol, fragment = 0;
        bool known = true;

        if ((void *)(ports + 1) > end)
                return SHARE53_PASS;
        protocol = ip->nexthdr;
        length = bpf_ntohs(ip->payload_len);

        if (protocol == IPPROTO_ICMPV6)
                return handle_icmpv6(ctx, ip, (struct icmp_header *)ports);
        if (protocol != IPPROTO_UDP && protocol != IPPROTO_TCP) {
                struct fragment_header *fragments = data + L4_OFFSET_IPV6;
                struct jumbo_header *jumbo = data + L4_OFFSET_IPV6;

                offset += sizeof(*jumbo);
                ports = data + L4_OFFSET_IPV6 + sizeof(*jumbo);
                if ((void *)(ports + 1) > end)
                        return SHARE53_PASS;
                if (protocol == IPPROTO_FRAGMENT && !(fragments->offset & bpf_htons(IPV6_FRAGMENT_OFFSET))) {
                        fragment = 1;
                } else if (protocol == IPPROTO_HOPOPTS && jumbo->size == 0 &&
                           jumbo->option == IPV6_OPTION_JUMBO &&
                           jumbo->option_size == sizeof(jumbo->length)) {
                        known = length == 0 && bpf_ntohl(jumbo->length) > 65535;
                        length = bpf_ntohl(jumbo->length);
                } else
                        return SHARE53_PASS;
                protocol = jumbo->next;
                if ((protocol != IPPROTO_UDP && protocol != IPPROTO_TCP) || !ports_are_wanted(*ports))
                        return SHARE53_PASS;
        }

        struct packet *packet = packet_scratch();
        if (!packet)
                return SHARE53_PASS;
        packet->ports = *ports;
        __builtin_memcpy(packet->source.address, &ip->saddr, sizeof(packet->source.address));
        __builtin_memcpy(packet->destination.address, &ip->daddr, sizeof(packet->destination.address));
        packet->source.family = packet->destination.family = 6;
        packet->source.port = packet->udp.source;
        packet->destination.port = packet->udp.dest;
        packet->protocol = protocol;
        packet->fragment = fragment;
        packet->offset = offset;
        packet->length = length - (offset - L4_OFFSET_IPV6);

        __u32 size = bpf_xdp_get_buff_len(ctx) - L4_OFFSET_IPV6;
        return packet_redirect(ctx, packet, known && length >= offset - L4_OFFSET_IPV6 && length <= size);
}

SEC("xdp.frags")
int share53(struct xdp_md *ctx)
{
        void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
        struct ethhdr *ethernet = data;
        __u32 outcome = SHARE53_PASS;

        if ((void *)(ethernet + 1) <= end) {
                if (ethernet->h_proto == bpf_htons(ETH_P_IP) && !ipv4_is_foreign(data, end))
                        outcome = handle_ipv4(ctx);
                else if (ethernet->h_proto == bpf_htons(ETH_P_IPV6) && !ipv6_is_foreign(data, end))
                        outcome = handle_ipv6(ctx);
        }

        __u64 *count = bpf_map_lookup_elem(&counters, &outcome);
        if (count)
                ++*count;
        return outcome == SHARE53_DROP_STRAY ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
