/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/*
 * Layouts of the XDP program's maps, shared by bpf/share53.bpf.c and user space. Addresses and ports are in
 * network byte order, as in the packet. IPv4 addresses stand in the first word, the other three are zero.
 */

#include <linux/types.h>

#define SHARE53_SHARES_MAX 1024
#define SHARE53_PORT 53

struct share53_endpoint {
        __u32 address[4];
        __u16 port;
        __u8 family; /* 4 or 6: IP version */
        __u8 reserved;
};

/*
 * Map "shares": hash, key share53_endpoint {address, port 53}, value share53_endpoint: the listener.
 * Map "listeners": hash, key share53_endpoint: the listener, value share53_endpoint: the shared address.
 * Map "counters": per-CPU array of __u64, indexed by share53_counter.
 * Map "answers": kept for answers from the kernel.
 *
 * Globals "listener_port_first", "listener_port_last" (__u16, host byte order; .data, which the skeleton maps
 * writable, so no capability is needed to change them): the lowest and the highest port of all listeners.
 * Packets with neither port in this range, or 53 as their destination, are passed without a look-up. It is
 * 1024 to 65535 until somebody narrows it; widen it before a listener is added.
 */

/* "Ours" is a packet whose addresses and ports are found in the maps. */
enum share53_counter {
        SHARE53_PASS = 0,      /* not ours: every packet that is not counted below */
        SHARE53_PASS_FRAGMENT, /* ours, but the first fragment of several; passed untouched, as the others are
                                */
        SHARE53_PASS_DOUBT,    /* ours, but malformed or not understood; passed untouched */
        SHARE53_REDIRECT_UDP,  /* query: shared address → listener */
        SHARE53_REDIRECT_TCP,
        SHARE53_RETURN_UDP, /* reply: listener → shared address */
        SHARE53_RETURN_TCP,
        SHARE53_ICMP,       /* an ICMP error about a redirected packet, rewritten for the client */
        SHARE53_DROP_STRAY, /* addressed to a listener itself: dropped */
        SHARE53_COUNTERS_N,
};

#ifndef __bpf__
#include <assert.h>
static_assert(sizeof(struct share53_endpoint) == 20, "layout of the maps");
static_assert(SHARE53_COUNTERS_N <= 16, "the helper channel carries 16 counters");
#endif
