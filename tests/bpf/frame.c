/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "common/util.h"
#include "tests/bpf/frame.h"

struct frame_endpoint frame_endpoint(const char *address, uint16_t port)
{
        struct frame_endpoint endpoint = {.port = port};

        if (inet_pton(AF_INET, address, endpoint.address) == 1)
                endpoint.family = 4;
        else if (inet_pton(AF_INET6, address, endpoint.address) == 1)
                endpoint.family = 6;
        else
                abort();
        return endpoint;
}

uint64_t frame_sum(uint64_t sum, const uint8_t *data, size_t size)
{
        for (size_t i = 0; i < size; i++)
                sum += i % 2 ? data[i] : (uint64_t)data[i] << 8;
        return sum;
}

uint16_t frame_fold(uint64_t sum)
{
        while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
        return (uint16_t)sum;
}

static uint64_t pseudo_sum(const struct frame *frame, uint8_t protocol, size_t size)
{
        uint64_t sum = frame_sum(0, frame->source.address, 16);
        sum = frame_sum(sum, frame->destination.address, 16);
        return sum + protocol + (size >> 16) + (size & 0xffff);
}

static size_t extension_size(const struct frame *frame)
{
        return frame->source.family == 6 && frame->extension != FRAME_PLAIN ? 8 : 0;
}

size_t frame_transport(const struct frame *frame)
{
        size_t ip = frame->source.family == 4 ? 20U + frame->ip_options : 40U;
        return FRAME_L3 + 4U * frame->vlans + ip + extension_size(frame);
}

static size_t build_payload(const struct frame *frame, uint8_t *p)
{
        for (size_t i = 0; i < frame->payload_size; i++)
                p[i] = (uint8_t)(i * 131 + (i >> 8));
        if (frame->payload_size >= 2)
                frame_put16(p, frame->payload_first);
        return frame->payload_size;
}

static void put_check(const struct frame *frame, uint8_t *p, size_t size, size_t at)
{
        uint64_t pseudo = pseudo_sum(frame, frame->protocol, size);
        uint16_t check;

        if (frame->check == FRAME_CHECK_ZERO)
                check = 0;
        else if (frame->check == FRAME_CHECK_PARTIAL)
                check = frame_fold(pseudo);
        else {
                check = (uint16_t)~frame_fold(frame_sum(pseudo, p, size));
                if (check == 0 && frame->protocol == IPPROTO_UDP)
                        check = 0xffff;
        }
        frame_put16(p + at, check);
}

static size_t build_udp(const struct frame *frame, uint8_t *p)
{
        size_t size = 8 + build_payload(frame, p + 8);

        frame_put16(p, frame->source.port);
        frame_put16(p + 2, frame->destination.port);
        frame_put16(p + 4, (uint16_t)size);
        put_check(frame, p, size, 6);
        return size;
}

static size_t build_tcp(const struct frame *frame, uint8_t *p)
{
        size_t header = 20U + frame->tcp_options;
        size_t size = header + build_payload(frame, p + header);

        frame_put16(p, frame->source.port);
        frame_put16(p + 2, frame->destination.port);
        frame_put32(p + 4, 0x01020304);
        frame_put32(p + 8, 0xfffefdfc);
        p[12] = (uint8_t)(header / 4 << 4);
        p[13] = 0x18; /* PSH, ACK */
        frame_put16(p + 14, 512);
        frame_put16(p + 18, 0);
        memset(p + 20, 1, frame->tcp_options); /* NOP */
        put_check(frame, p, size, 16);
        return size;
}

static size_t build_icmp(const struct frame *frame, uint8_t *p)
{
        static uint8_t quoted[FRAME_MAX];
        size_t size = frame_build(frame->quoted, quoted) - FRAME_L3;
        uint64_t sum = 0;

        size = MIN(size, frame->quoted_size);
        memcpy(p + 8, quoted + FRAME_L3, size);
        p[0] = frame->icmp_type;
        p[1] = frame->icmp_code;
        size += 8;
        if (frame->protocol == IPPROTO_ICMPV6)
                sum = pseudo_sum(frame, IPPROTO_ICMPV6, size);
        frame_put16(p + 2, (uint16_t)~frame_fold(frame_sum(sum, p, size)));
        return size;
}

static size_t build_transport(const struct frame *frame, uint8_t *p)
{
        switch (frame->protocol) {
        case IPPROTO_UDP:
                return build_udp(frame, p);
        case IPPROTO_TCP:
                return build_tcp(frame, p);
        case IPPROTO_ICMP:
        case IPPROTO_ICMPV6:
                return build_icmp(frame, p);
        }
        return build_payload(frame, p);
}

static size_t build_ipv4(const struct frame *frame, uint8_t *p)
{
        size_t header = 20U + frame->ip_options;
        size_t size = header + build_transport(frame, p + header);

        p[0] = (uint8_t)(0x40 | header / 4);
        frame_put16(p + 2, frame->extension == FRAME_JUMBO ? 0 : (uint16_t)size);
        frame_put16(p + 4, 0x1234);
        frame_put16(p + 6, (uint16_t)(frame->fragment_offset | (frame->fragment_more ? 0x2000 : 0)));
        p[8] = 64;
        p[9] = frame->protocol;
        memcpy(p + 12, frame->source.address, 4);
        memcpy(p + 16, frame->destination.address, 4);
        memset(p + 20, 1, frame->ip_options); /* NOP */
        frame_put16(p + 10, (uint16_t)~frame_fold(frame_sum(0, p, header)));
        return size;
}

static void build_extension(const struct frame *frame, uint8_t *p, size_t size)
{
        static const uint8_t padding[] = {1, 4, 0, 0, 0, 0}; /* PadN */

        p[0] = frame->protocol;
        if (frame->extension == FRAME_JUMBO) {
                p[2] = 0xc2;
                p[3] = 4;
                frame_put32(p + 4, (uint32_t)size);
        } else if (frame->extension == FRAME_FRAGMENT) {
                frame_put16(p + 2, (uint16_t)(frame->fragment_offset << 3 | frame->fragment_more));
                frame_put32(p + 4, 0xdeadbeef);
        } else
                memcpy(p + 2, padding, sizeof(padding));
}

static size_t build_ipv6(const struct frame *frame, uint8_t *p)
{
        static const uint8_t next[] = {
                [FRAME_JUMBO] = 0, [FRAME_FRAGMENT] = 44, [FRAME_DESTINATION] = 60, [FRAME_HOP_BY_HOP] = 0};
        size_t extension = extension_size(frame);
        size_t size = extension + build_transport(frame, p + 40 + extension);

        frame_put32(p, 0x60012345);
        frame_put16(p + 4, frame->extension == FRAME_JUMBO ? 0 : (uint16_t)size);
        p[6] = extension ? next[frame->extension] : frame->protocol;
        p[7] = 64;
        memcpy(p + 8, frame->source.address, 16);
        memcpy(p + 24, frame->destination.address, 16);
        if (extension)
                build_extension(frame, p + 40, size);
        return 40 + size;
}

size_t frame_build(const struct frame *frame, uint8_t *buffer)
{
        uint8_t *p = buffer + 12;

        memset(buffer, 0, MIN(FRAME_MAX, 512)); /* all headers; the payload is written whole */
        for (int i = 0; i < frame->vlans; i++) {
                frame_put16(p, 0x8100);
                frame_put16(p + 2, (uint16_t)(100 + i));
                p += 4;
        }
        frame_put16(p, frame->source.family == 4 ? 0x0800 : 0x86dd);
        p += 2;
        p += frame->source.family == 4 ? build_ipv4(frame, p) : build_ipv6(frame, p);
        memset(p, 0xaa, frame->trailer);
        return (size_t)(p - buffer) + frame->trailer;
}
