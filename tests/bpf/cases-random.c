/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tests/bpf/cases.h"
#include "tests/bpf/privilege.h"

#define ROUNDS 4000
#define XDP_DROP 1
#define XDP_PASS 2

static uint8_t in[FRAME_MAX], out[FRAME_MAX];

static uint32_t random_next(void)
{
        static uint64_t seed = 0x9e3779b97f4a7c15ULL; /* fixed: a failure comes again */

        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        return (uint32_t)(seed >> 16);
}

static uint32_t random_below(uint32_t n)
{
        return random_next() % n;
}

static bool endpoint_is(
        const uint8_t *address, const uint8_t *port, uint8_t family, const char *wanted, uint16_t number)
{
        struct frame_endpoint endpoint = frame_endpoint(wanted, number);

        return endpoint.family == family && frame_get16(port) == number &&
               memcmp(address, endpoint.address, family == 4 ? 4 : 16) == 0;
}

static bool is_shared(const uint8_t *address, const uint8_t *port, uint8_t family)
{
        return endpoint_is(address, port, family, SHARED4, 53) ||
               endpoint_is(address, port, family, SHARED4_LINK, 53) ||
               endpoint_is(address, port, family, SHARED6, 53) ||
               endpoint_is(address, port, family, SHARED6_LINK, 53);
}

static bool is_listener(const uint8_t *address, const uint8_t *port, uint8_t family)
{
        return endpoint_is(address, port, family, LISTENER4, PORT4) ||
               endpoint_is(address, port, family, LISTENER4, PORT4_LINK) ||
               endpoint_is(address, port, family, LISTENER6, PORT6) ||
               endpoint_is(address, port, family, LISTENER6, PORT6_LINK);
}

/* Where the packet's IP header, or the quoted one's, has what: a second opinion, as plain as can be. */
struct view {
        uint8_t family, protocol;
        const uint8_t *source, *destination, *transport;
};

static bool view_ip(const uint8_t *ip, const uint8_t *end, struct view *view)
{
        size_t header;

        if (end - ip < 20)
                return false;
        if (ip[0] >> 4 == 6) {
                if (end - ip < 40)
                        return false;
                header = ip[6] == 0 || ip[6] == 44 ? 48 : 40;
                if (header == 48 && end - ip < 48)
                        return false;
                *view = (struct view){6, header == 48 ? ip[40] : ip[6], ip + 8, ip + 24, ip + header};
        } else {
                header = (ip[0] & 15U) * 4;
                *view = (struct view){4, ip[9], ip + 12, ip + 16, ip + header};
        }
        return end - ip >= (ptrdiff_t)header + 4;
}

static bool view_frame(size_t size, struct view *view)
{
        uint16_t type = frame_get16(in + 12);

        if (type != 0x0800 && type != 0x86dd)
                return false;
        if (size > FRAME_L3) /* the program goes by the type of the frame */
                in[FRAME_L3] = (uint8_t)((in[FRAME_L3] & 15) | (type == 0x0800 ? 0x40 : 0x60));
        return view_ip(in + FRAME_L3, in + size, view);
}

static void check_verdict(size_t size)
{
        struct view view, quoted;
        bool ip = view_frame(size, &view);
        bool transport = ip && (view.protocol == IPPROTO_UDP || view.protocol == IPPROTO_TCP);
        enum share53_counter counter;
        uint32_t verdict = program_run(in, size, out, &counter);
        bool changed = memcmp(in, out, size) != 0;

        assert_int_equal(verdict == XDP_DROP, counter == SHARE53_DROP_STRAY);
        assert_true(verdict == XDP_DROP || verdict == XDP_PASS);
        if (changed)
                assert_in_range(counter, SHARE53_REDIRECT_UDP, SHARE53_ICMP);
        switch (counter) {
        case SHARE53_DROP_STRAY:
                assert_false(changed);
                assert_true(transport && is_listener(view.destination, view.transport + 2, view.family));
                break;
        case SHARE53_REDIRECT_UDP:
        case SHARE53_REDIRECT_TCP:
                assert_true(transport && is_shared(view.destination, view.transport + 2, view.family));
                break;
        case SHARE53_RETURN_UDP:
        case SHARE53_RETURN_TCP:
                assert_true(transport && is_listener(view.source, view.transport, view.family));
                break;
        case SHARE53_ICMP:
                assert_true(ip && view_ip(view.transport + 8, in + size, &quoted));
                assert_true(is_listener(quoted.destination, quoted.transport + 2, quoted.family));
                break;
        default:
                break;
        }
}

static size_t random_frame(void)
{
        uint8_t family = random_below(2) ? 4 : 6, protocol = random_below(2) ? IPPROTO_UDP : IPPROTO_TCP;
        struct frame quoted, frame;

        frame = random_below(2) ? request_frame(family, protocol, random_below(3))
                                : reply_frame(family, protocol, random_below(2));
        if (random_below(6) == 0)
                frame = redirected(frame); /* a stray */
        if (random_below(4) == 0 && family == 4)
                frame.ip_options = (uint8_t)(random_below(11) * 4);
        if (random_below(8) == 0) {
                frame.extension = FRAME_FRAGMENT;
                frame.fragment_more = random_below(2);
                frame.fragment_offset = (uint16_t)random_below(2);
        }
        frame.payload_size = random_below(64);
        if (random_below(4) == 0) {
                quoted = redirected(request_frame(family, protocol, random_below(2)));
                frame = (struct frame){.source = quoted.destination,
                        .destination = quoted.source,
                        .protocol = family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
                        .quoted = &quoted,
                        .quoted_size = 20 + random_below(80),
                        .icmp_type = family == 4 ? 3 : 1};
        }
        return frame_build(&frame, in);
}

void survives_mutations(void **state)
{
        for (int i = 0; i < ROUNDS; i++) {
                size_t size = random_frame();

                for (uint32_t n = random_below(4); n > 0; n--)
                        in[random_below(2) ? random_below((uint32_t)size) : 12 + random_below(10)] ^=
                                (uint8_t)(random_below(3) ? 1U << random_below(8) : random_next());
                if (random_below(8) == 0)
                        size = PROGRAM_FRAME_MIN + random_below((uint32_t)size - PROGRAM_FRAME_MIN);
                check_verdict(size);
        }
}

void survives_noise(void **state)
{
        for (int i = 0; i < ROUNDS / 4; i++) {
                size_t size = PROGRAM_FRAME_MIN + random_below(200);

                for (size_t at = 0; at < size; at++)
                        in[at] = (uint8_t)random_next();
                frame_put16(in + 12, random_below(2) ? 0x0800 : 0x86dd);
                check_verdict(size);
        }
}

void exactly_two_capabilities(void **state)
{
        assert_true(privilege_is_exactly(PRIVILEGE_BPF, PRIVILEGE_BPF));
}
