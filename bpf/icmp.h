/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/*
 * ICMP errors quote the packet that they are about, and the client's kernel finds the socket by the
 * quotation. An error about a redirected packet names the listener, of which the client knows nothing: the
 * shared address is put back into the quotation, and in the place of the sender.
 */

#define ICMPV4_UNREACHABLE 3
#define ICMPV4_TIME_EXCEEDED 11
#define ICMPV4_PARAMETER 12
#define ICMPV6_ERROR_FIRST 1 /* RFC 4443: unreachable, too big, time exceeded, parameter problem */
#define ICMPV6_ERROR_LAST 4

/*
 * The shared address of the listener that the quoted packet was sent to, or NULL. packet->offset is where the
 * quoted transport header is. Sets the ports and the families.
 */
static __always_inline const struct share53_endpoint *icmp_quoted_share(
        struct xdp_md *ctx, struct packet *packet, __u8 family)
{
        if (packet->protocol != IPPROTO_UDP && packet->protocol != IPPROTO_TCP)
                return NULL;
        if (bpf_xdp_load_bytes(ctx, packet->offset, &packet->ports, sizeof(packet->ports)) < 0)
                return NULL;
        if (!port_is_listener(packet->udp.dest))
                return NULL;

        packet->source.port = packet->udp.source;
        packet->destination.port = packet->udp.dest;
        packet->source.family = packet->destination.family = family;
        return bpf_map_lookup_elem(&listeners, &packet->destination);
}

/* `ip` is the header in front of the error. */
static __always_inline enum share53_counter handle_icmpv4(struct xdp_md *ctx, struct iphdr *ip)
{
        __u32 header = ip->ihl * 4, total = bpf_ntohs(ip->tot_len), sender = ip->saddr;
        __u32 size = bpf_xdp_get_buff_len(ctx) - L3_OFFSET;
        const struct share53_endpoint *shared;
        struct packet *packet = packet_scratch();
        struct quote_ipv4 *quote;
        __u64 change;

        if (!packet || header < sizeof(*ip) ||
                ip->frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET | IPV4_FRAGMENT_MORE))
                return SHARE53_PASS;
        quote = &packet->quote_ipv4;
        if (bpf_xdp_load_bytes(ctx, L3_OFFSET + header, quote, sizeof(*quote)) < 0)
                return SHARE53_PASS;
        if (quote->icmp.type != ICMPV4_UNREACHABLE && quote->icmp.type != ICMPV4_TIME_EXCEEDED &&
                quote->icmp.type != ICMPV4_PARAMETER)
                return SHARE53_PASS;
        if (quote->ip.version != 4 || quote->ip.ihl < 5 ||
                quote->ip.frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET))
                return SHARE53_PASS;

        __u32 quoted_header = quote->ip.ihl * 4;
        packet->source.address[0] = quote->ip.saddr;
        packet->destination.address[0] = quote->ip.daddr;
        for (int i = 1; i < 4; i++)
                packet->source.address[i] = packet->destination.address[i] = 0;
        packet->protocol = quote->ip.protocol;
        packet->offset = L3_OFFSET + header + sizeof(quote->icmp) + quoted_header;
        packet->length = bpf_ntohs(quote->ip.tot_len) - quoted_header;
        shared = icmp_quoted_share(ctx, packet, 4);
        if (!shared)
                return SHARE53_PASS;

        __u32 needed = packet->protocol == IPPROTO_TCP ? sizeof(struct tcphdr) : sizeof(struct udphdr);
        if (total > size || total < packet->offset - L3_OFFSET + needed || sender != quote->ip.daddr ||
                bpf_ntohs(quote->ip.tot_len) < quoted_header)
                return SHARE53_PASS_DOUBT;
        if (!rewrite_transport(ctx, packet, false, shared, &change))
                return SHARE53_PASS_DOUBT;

        /* The sum over the quoted IP header stays: its checksum makes up for its address. */
        quote->ip.check = check_change(quote->ip.check, (__u64)(__u32)~quote->ip.daddr + shared->address[0]);
        quote->ip.daddr = shared->address[0];
        quote->icmp.check = check_change(quote->icmp.check, change);
        if (bpf_xdp_store_bytes(ctx, L3_OFFSET + header, quote, sizeof(*quote)) < 0 ||
                !rewrite_address(ctx, true, shared))
                return SHARE53_PASS_DOUBT;
        return SHARE53_ICMP;
}

/* `ip` is the header in front of the error, of which the first four octets are there. */
static __always_inline enum share53_counter handle_icmpv6(
        struct xdp_md *ctx, struct ipv6hdr *ip, struct icmp_header *icmp)
{
        const __u32 offset = L4_OFFSET_IPV6 + sizeof(struct quote_ipv6);
        __u32 length = bpf_ntohs(ip->payload_len), size = bpf_xdp_get_buff_len(ctx) - L4_OFFSET_IPV6;
        const struct share53_endpoint *shared;
        struct packet *packet;
        struct quote_ipv6 *quote;
        __u64 change;

        if (icmp->type < ICMPV6_ERROR_FIRST || icmp->type > ICMPV6_ERROR_LAST)
                return SHARE53_PASS;
        packet = packet_scratch();
        if (!packet)
                return SHARE53_PASS;
        quote = &packet->quote_ipv6;
        if (bpf_xdp_load_bytes(ctx, L4_OFFSET_IPV6, quote, sizeof(*quote)) < 0 || quote->ip.version != 6)
                return SHARE53_PASS;

        __builtin_memcpy(packet->source.address, &quote->ip.saddr, sizeof(packet->source.address));
        __builtin_memcpy(packet->destination.address, &quote->ip.daddr, sizeof(packet->destination.address));
        packet->protocol = quote->ip.nexthdr;
        packet->offset = offset;
        packet->length = bpf_ntohs(quote->ip.payload_len);
        shared = icmp_quoted_share(ctx, packet, 6);
        if (!shared)
                return SHARE53_PASS;

        __u32 needed = packet->protocol == IPPROTO_TCP ? sizeof(struct tcphdr) : sizeof(struct udphdr);
        if (length > size || length < sizeof(*quote) + needed)
                return SHARE53_PASS_DOUBT;
        for (int i = 0; i < 4; i++)
                if (ip->saddr.in6_u.u6_addr32[i] != packet->destination.address[i])
                        return SHARE53_PASS_DOUBT;
        if (!rewrite_transport(ctx, packet, false, shared, &change))
                return SHARE53_PASS_DOUBT;

        /* Twice: in the quotation, and in the pseudo-header of the error itself. */
        __u64 address = sum_address_change(packet->destination.address, shared->address);
        quote->icmp.check = check_change(quote->icmp.check, change + address + address);
        __builtin_memcpy(&quote->ip.daddr, shared->address, sizeof(quote->ip.daddr));
        if (bpf_xdp_store_bytes(ctx, L4_OFFSET_IPV6, quote, sizeof(*quote)) < 0 ||
                !rewrite_address(ctx, true, shared))
                return SHARE53_PASS_DOUBT;
        return SHARE53_ICMP;
}
