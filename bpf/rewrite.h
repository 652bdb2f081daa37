/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/*
 * Putting another endpoint in the place of a packet's source or destination, checksums included. Whatever can
 * fail is done before the first octet is written.
 */

/*
 * Rewrites one port and the checksum of the transport header at packet->offset. `change` becomes what the sum
 * over the header has changed by. False, with nothing written, where the header is not whole or its lengths
 * are wrong.
 */
static __always_inline bool rewrite_transport(struct xdp_md *ctx, struct packet *packet, bool is_source,
        const struct share53_endpoint *new, __u64 *change)
{
        const struct share53_endpoint *old = is_source ? &packet->source : &packet->destination;
        __u64 addresses = sum_address_change(old->address, new->address);
        __u64 ports = sum_port_change(old->port, new->port);
        __u64 pseudo = sum_address(packet->source.address) + sum_address(packet->destination.address) +
                       bpf_htons(packet->protocol) + bpf_htonl(packet->length);

        if (packet->protocol == IPPROTO_TCP) {
                struct tcphdr *tcp = &packet->tcp;
                __u16 check;

                if (packet->length < sizeof(*tcp) ||
                        bpf_xdp_load_bytes(ctx, packet->offset, tcp, sizeof(*tcp)) < 0)
                        return false;
                if (tcp->doff * 4U < sizeof(*tcp) || tcp->doff * 4U > packet->length)
                        return false;
                check = tcp->check;
                tcp->check = check_change_l4(check, pseudo, addresses, ports);
                *change = ports + (__u16)~check + tcp->check;
                if (is_source)
                        tcp->source = new->port;
                else
                        tcp->dest = new->port;
                return bpf_xdp_store_bytes(ctx, packet->offset, tcp, sizeof(*tcp)) == 0;
        } else {
                struct udphdr *udp = &packet->udp;
                __u16 check;

                if (bpf_xdp_load_bytes(ctx, packet->offset, udp, sizeof(*udp)) < 0)
                        return false;
                if (packet->length < sizeof(*udp) || packet->length != bpf_ntohs(udp->len))
                        return false;
                check = udp->check;
                if (check) { /* zero: the sender made none (RFC 768) */
                        udp->check = check_change_l4(check, pseudo, addresses, ports);
                        if (!udp->check)
                                udp->check = 0xffff;
                }
                *change = ports + (__u16)~check + udp->check;
                if (is_source)
                        udp->source = new->port;
                else
                        udp->dest = new->port;
                return bpf_xdp_store_bytes(ctx, packet->offset, udp, sizeof(*udp)) == 0;
        }
}

/* Writes one address of the IP header behind the Ethernet header, which has been seen to be there. */
static __always_inline bool rewrite_address(
        struct xdp_md *ctx, bool is_source, const struct share53_endpoint *new)
{
        void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

        if (new->family == 4) {
                struct iphdr *ip = data + L3_OFFSET;
                if ((void *)(ip + 1) > end)
                        return false;
                __u32 old = is_source ? ip->saddr : ip->daddr;
                ip->check = check_change(ip->check, (__u64)(__u32)~old + new->address[0]);
                if (is_source)
                        ip->saddr = new->address[0];
                else
                        ip->daddr = new->address[0];
        } else {
                struct ipv6hdr *ip = data + L3_OFFSET;
                if ((void *)(ip + 1) > end)
                        return false;
                __builtin_memcpy(is_source ? &ip->saddr : &ip->daddr, new->address, sizeof(ip->saddr));
        }
        return true;
}

static __always_inline bool rewrite_packet(
        struct xdp_md *ctx, struct packet *packet, bool is_source, const struct share53_endpoint *new)
{
        __u64 change;
        return rewrite_transport(ctx, packet, is_source, new, &change) &&
               rewrite_address(ctx, is_source, new);
}
