/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/*
 * Internet checksums (RFC 1071): sums of words as they stand in the packet, wide enough never to overflow,
 * and folded at the end.
 */

static __always_inline __u16 sum_fold(__u64 sum)
{
        sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
        sum = (sum & 0xffff) + (sum >> 16);
        return (sum & 0xffff) + (sum >> 16);
}

static __always_inline __u64 sum_address(const __u32 *address)
{
        return (__u64)address[0] + address[1] + address[2] + address[3];
}

/* What is added to a sum in which the one address is replaced by the other. */
static __always_inline __u64 sum_address_change(const __u32 *old, const __u32 *new)
{
        return (__u64)(__u32)~old[0] + (__u32)~old[1] + (__u32)~old[2] + (__u32)~old[3] + sum_address(new);
}

static __always_inline __u64 sum_port_change(__u16 old, __u16 new)
{
        return (__u64)(__u16)~old + new;
}

/* RFC 1624, equation 3. */
static __always_inline __u16 check_change(__u16 check, __u64 change)
{
        return ~sum_fold((__u16)~check + change);
}

/*
 * The checksum of a UDP or TCP header after a change of addresses and ports. On lo the field holds the sum of
 * the pseudo-header alone, not complemented, when the kernel left the rest to a device (CHECKSUM_PARTIAL):
 * then the ports are no part of it.
 */
static __always_inline __u16 check_change_l4(__u16 check, __u64 pseudo, __u64 addresses, __u64 ports)
{
        if (check == sum_fold(pseudo))
                return sum_fold(pseudo + addresses);
        return check_change(check, addresses + ports);
}
