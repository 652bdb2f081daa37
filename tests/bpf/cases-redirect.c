/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bpf/cases.h"

static const size_t sizes[] = {0, 1, 2, 3, 31, 32, 1400, 9000, 60000};

static void expect_both_ways(struct frame request, struct frame reply)
{
        struct frame to = redirected(request), from = returned(reply);

        expect_rewritten(&request, &to, redirect_counter(&request));
        expect_rewritten(&reply, &from, return_counter(&reply));
}

static void redirect_all(void)
{
        FOR_EACH_KIND(family, protocol, check)
        {
                for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                        struct frame request = request_frame(family, (uint8_t)protocol, check);
                        struct frame reply = reply_frame(family, (uint8_t)protocol, check);

                        request.payload_size = reply.payload_size = sizes[i];
                        expect_both_ways(request, reply);
                }
        }
}

void redirects_requests_and_replies(void **state)
{
        redirect_all();
}

void keeps_to_the_narrow_range_of_ports(void **state)
{
        struct frame other = reply_frame(4, IPPROTO_UDP, FRAME_CHECK_FULL);

        program_set_ports(PORT4, PORT6);
        redirect_all();
        other.source.port = PORT4 - 1;
        expect_untouched(&other, SHARE53_PASS);

        program_set_ports(PORT4 + 1, 65535);
        other = reply_frame(4, IPPROTO_UDP, FRAME_CHECK_FULL);
        expect_untouched(&other, SHARE53_PASS);
        program_set_ports(1024, 65535);
}

void follows_ip_options(void **state)
{
        for (uint8_t options = 4; options <= 40; options += 4) {
                for (int check = FRAME_CHECK_FULL; check <= FRAME_CHECK_PARTIAL; check++) {
                        for (int tcp = 0; tcp < 2; tcp++) {
                                struct frame request =
                                        request_frame(4, tcp ? IPPROTO_TCP : IPPROTO_UDP, check);
                                struct frame reply = reply_frame(4, tcp ? IPPROTO_TCP : IPPROTO_UDP, check);

                                request.ip_options = reply.ip_options = options;
                                expect_both_ways(request, reply);
                        }
                }
        }
}

void follows_tcp_options(void **state)
{
        for (uint8_t options = 0; options <= 40; options += 4) {
                struct frame request = request_frame(4, IPPROTO_TCP, FRAME_CHECK_FULL);
                struct frame reply = reply_frame(6, IPPROTO_TCP, FRAME_CHECK_PARTIAL);

                request.tcp_options = reply.tcp_options = options;
                expect_both_ways(request, reply);
        }
}

void keeps_a_zero_udp_check_zero(void **state)
{
        for (uint8_t family = 4; family <= 6; family += 2)
                expect_both_ways(request_frame(family, IPPROTO_UDP, FRAME_CHECK_ZERO),
                        reply_frame(family, IPPROTO_UDP, FRAME_CHECK_ZERO));
}

/* Chooses the payload so that the checksum of the frame is computed as zero. */
static void make_check_zero(struct frame *frame)
{
        static uint8_t buffer[FRAME_MAX];

        frame->payload_first = 0;
        frame_build(frame, buffer);
        frame->payload_first =
                frame_get16(buffer + frame_transport(frame) + (frame->protocol == IPPROTO_UDP ? 6 : 16));
        frame_build(frame, buffer);
        assert_int_equal(
                frame_get16(buffer + frame_transport(frame) + (frame->protocol == IPPROTO_UDP ? 6 : 16)),
                frame->protocol == IPPROTO_UDP ? 0xffff : 0);
}

void sends_a_computed_zero_as_ffff(void **state)
{
        for (uint8_t family = 4; family <= 6; family += 2) {
                for (int tcp = 0; tcp < 2; tcp++) {
                        uint8_t protocol = tcp ? IPPROTO_TCP : IPPROTO_UDP;
                        struct frame request = request_frame(family, protocol, FRAME_CHECK_FULL);
                        struct frame reply = reply_frame(family, protocol, FRAME_CHECK_FULL);
                        struct frame to = redirected(request), from = returned(reply);

                        make_check_zero(&to);
                        make_check_zero(&from);
                        request.payload_first = to.payload_first;
                        reply.payload_first = from.payload_first;
                        expect_both_ways(request, reply);
                }
        }
}

void updates_a_check_of_ffff(void **state)
{
        for (uint8_t family = 4; family <= 6; family += 2) {
                struct frame request = request_frame(family, IPPROTO_UDP, FRAME_CHECK_FULL);
                struct frame reply = reply_frame(family, IPPROTO_TCP, FRAME_CHECK_FULL);

                make_check_zero(&request);
                make_check_zero(&reply);
                expect_both_ways(request, reply);
        }
}

void tells_shares_apart(void **state)
{
        static const struct {
                const char *shared, *listener;
                uint16_t port;
        } shares[] = {
                {SHARED4, LISTENER4, PORT4},
                {SHARED4_LINK, LISTENER4, PORT4_LINK},
                {SHARED6, LISTENER6, PORT6},
                {SHARED6_LINK, LISTENER6, PORT6_LINK},
        };

        for (size_t i = 0; i < ELEMENTSOF(shares); i++) {
                struct frame frame = {
                        .source = frame_endpoint(
                                shares[i].shared, 50000), /* as a local client of a link's address */
                        .destination = frame_endpoint(shares[i].shared, SHARE53_PORT),
                        .protocol = IPPROTO_UDP,
                        .payload_size = 20,
                };
                struct frame expected = frame;

                expected.destination = frame_endpoint(shares[i].listener, shares[i].port);
                expect_rewritten(&frame, &expected, SHARE53_REDIRECT_UDP);

                frame.destination = frame.source;
                frame.source = expected.destination;
                expected = frame;
                expected.source = frame_endpoint(shares[i].shared, SHARE53_PORT);
                expect_rewritten(&frame, &expected, SHARE53_RETURN_UDP);
        }
}

void serves_a_client_on_port_53(void **state)
{
        struct frame request = request_frame(4, IPPROTO_UDP, FRAME_CHECK_FULL);
        struct frame reply = reply_frame(4, IPPROTO_UDP, FRAME_CHECK_PARTIAL);

        request.source.port = reply.destination.port = SHARE53_PORT;
        expect_both_ways(request, reply);
}

void leaves_the_trailer_alone(void **state)
{
        FOR_EACH_KIND(family, protocol, check)
        {
                struct frame request = request_frame(family, (uint8_t)protocol, check);
                struct frame reply = reply_frame(family, (uint8_t)protocol, check);

                request.trailer = reply.trailer = 7;
                expect_both_ways(request, reply);
        }
}

void redirects_big_tcp(void **state)
{
        for (uint8_t family = 4; family <= 6; family += 2) {
                for (int check = FRAME_CHECK_FULL; check <= FRAME_CHECK_PARTIAL; check++) {
                        struct frame request = request_frame(family, IPPROTO_TCP, check);
                        struct frame reply = reply_frame(family, IPPROTO_TCP, check);

                        request.extension = reply.extension = FRAME_JUMBO;
                        request.payload_size = reply.payload_size = 68000;
                        expect_both_ways(request, reply);
                }
        }
}
