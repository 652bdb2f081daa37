/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Builds Ethernet frames out of a description, with all checksums summed up octet by octet over the finished
 * frame: what the program should make of a frame is the frame built from the changed description.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 72000
#define FRAME_L3 14

struct frame_endpoint {
        uint8_t family;      /* 4, 6 */
        uint8_t address[16]; /* network byte order, zero behind an IPv4 address */
        uint16_t port;       /* host byte order */
};

enum frame_check {
        FRAME_CHECK_FULL,
        FRAME_CHECK_PARTIAL, /* the folded sum of the pseudo-header */
        FRAME_CHECK_ZERO,
};

enum frame_extension {
        FRAME_PLAIN,
        FRAME_JUMBO,       /* IPv6: BIG TCP's hop-by-hop header; IPv4: its zero length */
        FRAME_FRAGMENT,    /* IPv6: fragment header; IPv4: the fields as given below */
        FRAME_DESTINATION, /* IPv6: a destination options header */
        FRAME_HOP_BY_HOP,  /* IPv6: a hop-by-hop header with padding alone */
};

struct frame {
        struct frame_endpoint source, destination;
        uint8_t protocol;
        enum frame_check check;
        enum frame_extension extension;
        uint16_t fragment_offset; /* in units of eight octets */
        bool fragment_more;
        uint8_t ip_options;  /* IPv4: octets of options, a multiple of four */
        uint8_t tcp_options; /* octets of options, a multiple of four */
        size_t payload_size;
        uint16_t
                payload_first; /* the first two octets of the payload; the rest follows from their position */
        size_t trailer;        /* octets behind the IP packet */
        uint8_t vlans;         /* 802.1Q tags */

        /* ICMP: the error is about `quoted`, of which so many octets from its IP header on are quoted. */
        const struct frame *quoted;
        size_t quoted_size;
        uint8_t icmp_type, icmp_code;
};

/* Parses "127.53.0.1" or "::1". An address that is none ends the program. */
struct frame_endpoint frame_endpoint(const char *address, uint16_t port);

/* Writes the frame, at most FRAME_MAX octets, and returns its size. */
size_t frame_build(const struct frame *frame, uint8_t *buffer);

/* Offset of the transport header. */
size_t frame_transport(const struct frame *frame);

/* Ones' complement sum of the octets, the last odd one padded, on top of `sum`; not folded. */
uint64_t frame_sum(uint64_t sum, const uint8_t *data, size_t size);
uint16_t frame_fold(uint64_t sum);

static inline void frame_put16(uint8_t *p, uint16_t value)
{
        p[0] = value >> 8;
        p[1] = value & 0xff;
}

static inline void frame_put32(uint8_t *p, uint32_t value)
{
        frame_put16(p, value >> 16);
        frame_put16(p + 2, value & 0xffff);
}

static inline uint16_t frame_get16(const uint8_t *p)
{
        return (uint16_t)(p[0] << 8 | p[1]);
}
