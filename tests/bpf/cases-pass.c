/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tests/bpf/cases.h"

static uint8_t octets[FRAME_MAX];

void passes_fragments(void **state)
{
        FOR_EACH_KIND(family, protocol, check)
        {
                struct frame frames[] = {request_frame(family, (uint8_t)protocol, check),
                        reply_frame(family, (uint8_t)protocol, check),
                        redirected(request_frame(
                                family, (uint8_t)protocol, check)) /* a stray, were it whole */};

                for (size_t i = 0; i < ELEMENTSOF(frames); i++) {
                        struct frame *frame = &frames[i];

                        frame->extension = FRAME_FRAGMENT;
                        frame->fragment_more = true;
                        expect_untouched(frame, SHARE53_PASS_FRAGMENT);
                        frame->fragment_offset = 1;
                        expect_untouched(frame, SHARE53_PASS);
                        frame->fragment_more = false;
                        expect_untouched(frame, SHARE53_PASS);
                        frame->fragment_offset = 0x1fff;
                        expect_untouched(frame, SHARE53_PASS);
                        frame->ip_options = family == 4 ? 8 : 0;
                        expect_untouched(frame, SHARE53_PASS);
                        frame->fragment_offset = 0;
                        frame->fragment_more = true;
                        expect_untouched(frame, SHARE53_PASS_FRAGMENT);
                }
        }
}

/* The frames of which every shorter one is tried. */
static size_t whole_frames(struct frame *frames)
{
        size_t n = 0;

        FOR_EACH_KIND(family, protocol, check)
        {
                frames[n++] = request_frame(family, (uint8_t)protocol, check);
                frames[n++] = reply_frame(family, (uint8_t)protocol, check);
                if (family != 4)
                        continue;
                frames[n] = request_frame(family, (uint8_t)protocol, check);
                frames[n++].ip_options = 12;
        }
        return n;
}

static enum share53_counter counter_of(const uint8_t *in, size_t size)
{
        static uint8_t out[FRAME_MAX];
        enum share53_counter counter;

        assert_int_equal(program_run(in, size, out, &counter), 2 /* XDP_PASS */);
        assert_memory_equal(in, out, size);
        return counter;
}

/* Cut anywhere, the frame is shorter than its IP header says. */
void passes_truncated_frames(void **state)
{
        struct frame frames[32];
        size_t n = whole_frames(frames);

        for (size_t i = 0; i < n; i++) {
                size_t size = frame_build(&frames[i], octets), ports = frame_transport(&frames[i]) + 4;

                for (size_t cut = PROGRAM_FRAME_MIN; cut < size; cut++)
                        expect_octets_untouched(octets, cut, cut < ports ? SHARE53_PASS : SHARE53_PASS_DOUBT);
        }
}

/* Cut within the transport header, and the IP header says so. */
void passes_truncated_transport_headers(void **state)
{
        struct frame frames[32];
        size_t n = whole_frames(frames);

        for (size_t i = 0; i < n; i++) {
                const struct frame *frame = &frames[i];
                size_t size = frame_build(frame, octets), transport = frame_transport(frame);
                size_t header = frame->protocol == IPPROTO_TCP ? 20 : 8;

                for (size_t left = 0; left < header; left++) {
                        uint16_t length = (uint16_t)(transport + left - FRAME_L3);

                        if (frame->source.family == 4)
                                frame_put16(octets + FRAME_L3 + 2, length);
                        else
                                frame_put16(octets + FRAME_L3 + 4, (uint16_t)(length - 40));
                        expect_octets_untouched(
                                octets, transport + left, left < 4 ? SHARE53_PASS : SHARE53_PASS_DOUBT);
                        /* With the rest of the header behind the packet, as a trailer. */
                        expect_octets_untouched(octets, size, SHARE53_PASS_DOUBT);
                }
        }
}

void passes_wrong_lengths(void **state)
{
        FOR_EACH_KIND(family, protocol, check)
        {
                struct frame frame = request_frame(family, (uint8_t)protocol, check);
                size_t at = frame_transport(&frame), size = frame_build(&frame, octets);
                uint8_t *length = octets + FRAME_L3 + (family == 4 ? 2 : 4);

                frame_put16(length, (uint16_t)(frame_get16(length) + 1)); /* longer than the frame */
                expect_octets_untouched(octets, size, SHARE53_PASS_DOUBT);
                for (uint16_t i = 0; i < (family == 4 ? 20 : 8);
                        i++) { /* shorter than the headers; zero is no BIG TCP */
                        frame_put16(length, i);
                        expect_octets_untouched(octets, size, SHARE53_PASS_DOUBT);
                }

                size = frame_build(&frame, octets);
                if (protocol == IPPROTO_UDP) {
                        for (uint16_t i = 0; i < 65535; i = (uint16_t)(i < 60 ? i + 1 : i + 5000)) {
                                if (i == 8 + frame.payload_size)
                                        continue;
                                frame_put16(octets + at + 4, i);
                                expect_octets_untouched(octets, size, SHARE53_PASS_DOUBT);
                                if (i > 60000)
                                        break;
                        }
                } else {
                        for (uint8_t words = 0; words < 16; words++) {
                                octets[at + 12] = (uint8_t)(words << 4);
                                if (words < 5 || words * 4U > 20 + frame.payload_size)
                                        expect_octets_untouched(octets, size, SHARE53_PASS_DOUBT);
                        }
                }

                size = frame_build(&frame, octets);
                if (family == 4) /* an IP header shorter than it can be */
                        for (uint8_t words = 0; words < 5; words++) {
                                octets[FRAME_L3] = (uint8_t)(0x40 | words);
                                counter_of(octets, size);
                        }
        }
}

void passes_vlan_tags(void **state)
{
        FOR_EACH_KIND(family, protocol, check)
        {
                struct frame frame = request_frame(family, (uint8_t)protocol, check);

                for (frame.vlans = 1; frame.vlans <= 2; frame.vlans++)
                        expect_untouched(&frame, SHARE53_PASS);
        }
}

void passes_foreign_ports(void **state)
{
        static const uint16_t ports[] = {0, 1, 52, 54, 80, 443, 853, 5353, 53 << 8, 1024, 20000, 65535};

        FOR_EACH_KIND(family, protocol, check)
        {
                for (size_t i = 0; i < ELEMENTSOF(ports); i++) {
                        struct frame request = request_frame(family, (uint8_t)protocol, check);
                        struct frame reply = reply_frame(family, (uint8_t)protocol, check);

                        request.destination.port = ports[i];
                        expect_untouched(&request, SHARE53_PASS);
                        reply.source.port = ports[i];
                        expect_untouched(&reply, SHARE53_PASS);
                }
        }
}

void passes_other_addresses(void **state)
{
        static const char *const addresses[] = {"127.0.0.1", "127.53.0.3", "127.54.0.1", "1.0.53.127",
                "0.0.0.0", "::1", "fd00::54", "fe80::1", "::"};

        for (size_t i = 0; i < ELEMENTSOF(addresses); i++) {
                struct frame_endpoint other = frame_endpoint(addresses[i], SHARE53_PORT);

                for (int tcp = 0; tcp < 2; tcp++) {
                        uint8_t protocol = tcp ? IPPROTO_TCP : IPPROTO_UDP;
                        struct frame request = request_frame(other.family, protocol, FRAME_CHECK_FULL);
                        struct frame reply = reply_frame(other.family, protocol, FRAME_CHECK_PARTIAL);

                        request.destination = other; /* the occupant's port 53 */
                        expect_untouched(&request, SHARE53_PASS);

                        /* Its answer, from a port 53 that is shared elsewhere. */
                        reply.source = other;
                        expect_untouched(&reply, SHARE53_PASS);

                        /* A listener's port on another address. */
                        if (i != 5) {
                                reply.source.port = other.family == 4 ? PORT4 : PORT6;
                                expect_untouched(&reply, SHARE53_PASS);
                        }
                }
        }
}

void passes_other_protocols(void **state)
{
        FOR_EACH_KIND(family, transport, check)
        {
                struct frame frame = request_frame(family, (uint8_t)transport, check);
                size_t size = frame_build(&frame, octets), at = FRAME_L3 + (family == 4 ? 9 : 6);

                for (int protocol = 0; protocol < 256; protocol++) {
                        if (protocol == IPPROTO_UDP || protocol == IPPROTO_TCP)
                                continue;
                        octets[at] = (uint8_t)protocol;
                        counter_of(octets, size);
                }
                octets[at] = IPPROTO_SCTP;
                expect_octets_untouched(octets, size, SHARE53_PASS);

                octets[at] = (uint8_t)transport;
                for (uint32_t type = 0; type < 65536; type += 257) {
                        frame_put16(octets + 12, (uint16_t)type);
                        expect_octets_untouched(octets, size, SHARE53_PASS);
                }
                frame_put16(octets + 12, family == 4 ? 0x86dd : 0x0800); /* the other family's */
                expect_octets_untouched(octets, size, SHARE53_PASS);
        }
}

void passes_extension_headers(void **state)
{
        for (int tcp = 0; tcp < 2; tcp++) {
                struct frame frame = request_frame(6, tcp ? IPPROTO_TCP : IPPROTO_UDP, FRAME_CHECK_FULL);

                frame.extension = FRAME_DESTINATION;
                expect_untouched(&frame, SHARE53_PASS);
                frame.extension = FRAME_HOP_BY_HOP;
                expect_untouched(&frame, SHARE53_PASS);
        }
}

void passes_malformed_jumbo_headers(void **state)
{
        struct frame frame = request_frame(6, IPPROTO_TCP, FRAME_CHECK_FULL);
        uint8_t *jumbo = octets + FRAME_L3 + 40;
        size_t size;

        frame.extension = FRAME_JUMBO; /* short: RFC 2675 wants more than 65535 */
        expect_untouched(&frame, SHARE53_PASS_DOUBT);
        frame.payload_size = 68000;
        size = frame_build(&frame, octets);

        jumbo[1] = 1; /* a longer header */
        expect_octets_untouched(octets, size, SHARE53_PASS);
        jumbo[1] = 0;
        jumbo[2] = 0xc3; /* another option */
        expect_octets_untouched(octets, size, SHARE53_PASS);
        jumbo[2] = 0xc2;
        jumbo[3] = 3; /* of another size */
        expect_octets_untouched(octets, size, SHARE53_PASS);
        jumbo[3] = 4;
        frame_put32(jumbo + 4, (uint32_t)(size - FRAME_L3 - 40 + 1)); /* longer than the frame */
        expect_octets_untouched(octets, size, SHARE53_PASS_DOUBT);
        frame_put32(jumbo + 4, 0xffffffff);
        expect_octets_untouched(octets, size, SHARE53_PASS_DOUBT);
        frame_put32(jumbo + 4, (uint32_t)(size - FRAME_L3 - 40));
        frame_put16(octets + FRAME_L3 + 4, 1); /* with a payload length all the same */
        expect_octets_untouched(octets, size, SHARE53_PASS_DOUBT);
}

void drops_strays(void **state)
{
        FOR_EACH_KIND(family, protocol, check)
        {
                struct frame stray = redirected(request_frame(family, (uint8_t)protocol, check));

                expect_stray(&stray);
                stray.ip_options = family == 4 ? 8 : 0;
                expect_stray(&stray);
                stray.source.port = SHARE53_PORT;
                expect_stray(&stray);
                stray.source =
                        frame_endpoint(family == 4 ? LISTENER4 : LISTENER6, family == 4 ? PORT4 : PORT6);
                expect_stray(&stray); /* from a listener itself */
                stray.destination.port = family == 4 ? PORT4_LINK : PORT6_LINK;
                expect_stray(&stray);
        }
}
