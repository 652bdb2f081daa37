/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tests/bpf/cases.h"

static uint8_t octets[FRAME_MAX];

static const uint8_t types4[] = {3, 11, 12}, types6[] = {1, 2, 3, 4};

/* An error by the listener's host about `quoted`, to its sender. */
static struct frame error_frame(const struct frame *quoted, size_t quoted_size)
{
        return (struct frame){
                .source = quoted->destination,
                .destination = quoted->source,
                .protocol = quoted->source.family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
                .quoted = quoted,
                .quoted_size = quoted_size,
                .icmp_type = quoted->source.family == 4 ? 3 : 1,
                .icmp_code = quoted->source.family == 4 ? 3 : 4, /* port unreachable */
        };
}

static void expect_error_rewritten(
        const struct frame *request, size_t quoted_size, uint8_t type, uint8_t outer_options)
{
        struct frame quoted = redirected(*request);
        struct frame error = error_frame(&quoted, quoted_size), expected = error_frame(request, quoted_size);

        error.icmp_type = expected.icmp_type = type;
        error.ip_options = expected.ip_options = outer_options;
        expect_rewritten(&error, &expected, SHARE53_ICMP);
}

void rewrites_icmp_errors(void **state)
{
        FOR_EACH_KIND(family, protocol, check)
        {
                size_t ip = family == 4 ? 20 : 40, header = protocol == IPPROTO_TCP ? 20 : 8;
                const uint8_t *types = family == 4 ? types4 : types6;

                for (size_t i = 0; i < (family == 4 ? ELEMENTSOF(types4) : ELEMENTSOF(types6)); i++) {
                        struct frame request = request_frame(family, (uint8_t)protocol, check);

                        expect_error_rewritten(&request, 576, types[i], 0);
                        expect_error_rewritten(
                                &request, ip + header, types[i], 0); /* no more than the headers */
                        expect_error_rewritten(&request, ip + header + 1, types[i], 0);
                        request.payload_size = 1400;
                        expect_error_rewritten(&request, 548, types[i], 0);
                }
        }
        for (uint8_t family = 4; family <= 6; family += 2) {
                struct frame request = request_frame(family, IPPROTO_UDP, FRAME_CHECK_ZERO);
                expect_error_rewritten(&request, 576, family == 4 ? 3 : 1, 0);
        }
}

void rewrites_icmp_errors_with_ip_options(void **state)
{
        for (uint8_t options = 0; options <= 40; options += 4) {
                struct frame request = request_frame(4, IPPROTO_UDP, FRAME_CHECK_FULL);

                request.ip_options = options;
                expect_error_rewritten(&request, 576, 3, 0);
                expect_error_rewritten(&request, 576, 3, options);
                expect_error_rewritten(&request, 576, 3, 40);
        }
}

void passes_icmp_that_is_no_error(void **state)
{
        for (uint8_t family = 4; family <= 6; family += 2) {
                struct frame quoted = redirected(request_frame(family, IPPROTO_UDP, FRAME_CHECK_FULL));

                for (int type = 0; type < 256; type++) {
                        struct frame error = error_frame(&quoted, 576);

                        if (family == 4 ? type == 3 || type == 11 || type == 12 : type >= 1 && type <= 4)
                                continue;
                        error.icmp_type = (uint8_t)type;
                        expect_untouched(&error, SHARE53_PASS);
                }
        }
}

void passes_icmp_errors_about_others(void **state)
{
        FOR_EACH_KIND(family, protocol, check)
        {
                struct frame quoted = redirected(request_frame(family, (uint8_t)protocol, check));
                struct frame error = error_frame(&quoted, 576);

                quoted.destination.port++; /* the other share's listener is not at this address */
                quoted.destination.port = (uint16_t)(quoted.destination.port + 7);
                error = error_frame(&quoted, 576);
                expect_untouched(&error, SHARE53_PASS);

                quoted = request_frame(
                        family, (uint8_t)protocol, check); /* names the shared address already */
                error = error_frame(&quoted, 576);
                expect_untouched(&error, SHARE53_PASS);

                quoted = redirected(quoted);
                quoted.fragment_offset = 3;
                quoted.extension = FRAME_FRAGMENT;
                error = error_frame(&quoted, 576);
                expect_untouched(&error, SHARE53_PASS);

                quoted = redirected(request_frame(family, (uint8_t)protocol, check));
                error = error_frame(&quoted, 576);
                error.extension = FRAME_FRAGMENT; /* the error itself is a fragment */
                error.fragment_more = true;
                expect_untouched(&error, SHARE53_PASS);
        }
}

void passes_truncated_icmp_errors(void **state)
{
        FOR_EACH_KIND(family, protocol, check)
        {
                struct frame quoted = redirected(request_frame(family, (uint8_t)protocol, check));
                struct frame error = error_frame(&quoted, 576);
                size_t at = frame_transport(&error), ip = family == 4 ? 20 : 40;
                size_t header = protocol == IPPROTO_TCP ? 20 : 8, size = frame_build(&error, octets);
                size_t ports = at + 8 + ip + 4;

                for (size_t cut = PROGRAM_FRAME_MIN; cut < size; cut++) /* shorter than the IP header says */
                        expect_octets_untouched(octets, cut, cut < ports ? SHARE53_PASS : SHARE53_PASS_DOUBT);

                for (size_t n = 0; n < ip + header; n++) { /* less is quoted */
                        error = error_frame(&quoted, n);
                        expect_untouched(&error, n < ip + 4 ? SHARE53_PASS : SHARE53_PASS_DOUBT);
                        error.trailer = 60;
                        size = frame_build(&error, octets);
                        memcpy(octets + size - 60, octets + at + 8, MIN(ip + 4, n));
                        if (n >= ip + 4)
                                expect_octets_untouched(octets, size, SHARE53_PASS_DOUBT);
                }
        }
}

/* Its sender is not the listener: neither is it the shared address. */
void passes_icmp_errors_of_a_router(void **state)
{
        FOR_EACH_KIND(family, protocol, check)
        {
                struct frame quoted = redirected(request_frame(family, (uint8_t)protocol, check));
                struct frame error = error_frame(&quoted, 576);

                error.source = family == 4 ? frame_endpoint("127.0.0.9", 0) : frame_endpoint("fd99::9", 0);
                expect_untouched(&error, SHARE53_PASS_DOUBT);
        }
}
