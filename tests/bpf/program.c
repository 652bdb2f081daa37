/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <linux/in.h>
#include <net/if.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "common/util.h"
#include "share53.skel.h"
#include "tests/bpf/program.h"

static struct share53_bpf *skeleton;
static uint64_t counted[SHARE53_COUNTERS_N];

static struct share53_endpoint endpoint(const char *address, uint16_t port)
{
        struct frame_endpoint from = frame_endpoint(address, port);
        struct share53_endpoint to = {.port = htons(port), .family = from.family};

        memcpy(to.address, from.address, sizeof(to.address));
        return to;
}

static int share(const char *shared, const char *listener, uint16_t port)
{
        struct share53_endpoint from = endpoint(shared, SHARE53_PORT), to = endpoint(listener, port);
        int r = bpf_map_update_elem(bpf_map__fd(skeleton->maps.shares), &from, &to, BPF_ANY);

        return r < 0 ? r : bpf_map_update_elem(bpf_map__fd(skeleton->maps.listeners), &to, &from, BPF_ANY);
}

int program_enter_loops(void)
{
        int r = share("127.53.0.99", "127.53.0.99", SHARE53_PORT);

        return r < 0 ? r : share("fd00::99", "fd00::99", SHARE53_PORT);
}

static void read_counters(uint64_t *sums)
{
        int n = libbpf_num_possible_cpus();
        _cleanup_free_ uint64_t *values = calloc((size_t)n, sizeof(*values));

        assert_non_null(values);
        for (uint32_t i = 0; i < SHARE53_COUNTERS_N; i++) {
                assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(skeleton->maps.counters), &i, values), 0);
                sums[i] = 0;
                for (int cpu = 0; cpu < n; cpu++)
                        sums[i] += values[cpu];
        }
}

uint64_t program_counter(enum share53_counter counter)
{
        uint64_t sums[SHARE53_COUNTERS_N];

        read_counters(sums);
        return sums[counter];
}

_printf_(2, 0) static int print_quietly(enum libbpf_print_level level, const char *format, va_list arguments)
{
        if (level == LIBBPF_WARN) {
                printf("# ");
                vprintf(format, arguments);
        }
        return 0;
}

int program_load(void)
{
        libbpf_set_print(print_quietly);
        skeleton = share53_bpf__open_and_load();
        return skeleton ? 0 : -errno;
}

int program_attach(void)
{
        skeleton->links.share53 = bpf_program__attach_xdp(skeleton->progs.share53, (int)if_nametoindex("lo"));
        return skeleton->links.share53 ? 0 : -errno;
}

int program_enter_shares(void)
{
        int r = share(SHARED4, LISTENER4, PORT4);
        if (r == 0)
                r = share(SHARED4_LINK, LISTENER4, PORT4_LINK);
        if (r == 0)
                r = share(SHARED6, LISTENER6, PORT6);
        if (r == 0)
                r = share(SHARED6_LINK, LISTENER6, PORT6_LINK);
        return r;
}

void program_unload(void)
{
        share53_bpf__destroy(skeleton);
        skeleton = NULL;
}

void program_set_ports(uint16_t first, uint16_t last)
{
        skeleton->data->listener_port_first = first;
        skeleton->data->listener_port_last = last;
}

uint32_t program_run(const uint8_t *in, size_t size, uint8_t *out, enum share53_counter *counter)
{
        LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = (uint32_t)size, .data_out = out,
                .data_size_out = FRAME_MAX, .repeat = 1);
        uint64_t sums[SHARE53_COUNTERS_N];
        int increments = 0;

        assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.share53), &opts), 0);
        assert_int_equal(opts.data_size_out, size);

        read_counters(sums);
        for (int i = 0; i < SHARE53_COUNTERS_N; i++) {
                if (sums[i] == counted[i])
                        continue;
                assert_int_equal(sums[i], counted[i] + 1);
                *counter = i;
                increments++;
                counted[i] = sums[i];
        }
        assert_int_equal(increments, 1);
        return opts.retval;
}

static uint32_t time_program(int fd, const uint8_t *in, size_t size, uint32_t n)
{
        LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = (uint32_t)size, .repeat = (int)n);

        assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
        return opts.duration;
}

uint32_t program_time(const uint8_t *in, size_t size, uint32_t n)
{
        uint32_t duration = time_program(bpf_program__fd(skeleton->progs.share53), in, size, n);

        read_counters(counted);
        return duration;
}

uint32_t program_time_empty(const uint8_t *in, size_t size, uint32_t n)
{
        const struct bpf_insn code[] = {
                {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
                {.code = BPF_JMP | BPF_EXIT},
        };
        LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_XDP_HAS_FRAGS);
        _cleanup_close_ int fd =
                bpf_prog_load(BPF_PROG_TYPE_XDP, "empty", "GPL", code, ELEMENTSOF(code), &opts);

        assert_true(fd >= 0);
        return time_program(fd, in, size, n);
}

static void assert_octets_equal(const uint8_t *actual, const uint8_t *expected, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if (actual[i] != expected[i])
                        fail_msg("octet %zu of %zu is 0x%02x, not 0x%02x", i, size, actual[i], expected[i]);
}

void expect_octets_untouched(const uint8_t *in, size_t size, enum share53_counter counter)
{
        static uint8_t out[FRAME_MAX];
        enum share53_counter actual;

        assert_int_equal(program_run(in, size, out, &actual), XDP_PASS);
        assert_octets_equal(out, in, size);
        assert_int_equal(actual, counter);
}

void expect_untouched(const struct frame *frame, enum share53_counter counter)
{
        static uint8_t in[FRAME_MAX];
        size_t size = frame_build(frame, in);

        expect_octets_untouched(in, size, counter);
}

void expect_rewritten(const struct frame *frame, const struct frame *expected, enum share53_counter counter)
{
        static uint8_t in[FRAME_MAX], out[FRAME_MAX], wanted[FRAME_MAX];
        size_t size = frame_build(frame, in);
        enum share53_counter actual;

        assert_int_equal(frame_build(expected, wanted), size);
        assert_int_equal(program_run(in, size, out, &actual), XDP_PASS);
        assert_int_equal(actual, counter);
        assert_octets_equal(out, wanted, size);
}

void expect_stray(const struct frame *frame)
{
        static uint8_t in[FRAME_MAX], out[FRAME_MAX];
        size_t size = frame_build(frame, in);
        enum share53_counter counter;

        assert_int_equal(program_run(in, size, out, &counter), XDP_DROP);
        assert_int_equal(counter, SHARE53_DROP_STRAY);
        assert_octets_equal(out, in, size);
}

struct frame request_frame(uint8_t family, uint8_t protocol, enum frame_check check)
{
        return (struct frame){
                .source = family == 4 ? frame_endpoint("127.0.0.1", 40000) : frame_endpoint("::1", 40000),
                .destination = frame_endpoint(family == 4 ? SHARED4 : SHARED6, SHARE53_PORT),
                .protocol = protocol,
                .check = check,
                .payload_size = 33,
                .payload_first = 0xabcd,
        };
}

struct frame reply_frame(uint8_t family, uint8_t protocol, enum frame_check check)
{
        struct frame frame = redirected(request_frame(family, protocol, check));
        struct frame_endpoint listener = frame.destination;

        frame.destination = frame.source;
        frame.source = listener;
        return frame;
}

struct frame redirected(struct frame request)
{
        request.destination = request.destination.family == 4 ? frame_endpoint(LISTENER4, PORT4)
                                                              : frame_endpoint(LISTENER6, PORT6);
        return request;
}

struct frame returned(struct frame reply)
{
        reply.source = frame_endpoint(reply.source.family == 4 ? SHARED4 : SHARED6, SHARE53_PORT);
        return reply;
}

enum share53_counter redirect_counter(const struct frame *frame)
{
        return frame->protocol == IPPROTO_TCP ? SHARE53_REDIRECT_TCP : SHARE53_REDIRECT_UDP;
}

enum share53_counter return_counter(const struct frame *frame)
{
        return frame->protocol == IPPROTO_TCP ? SHARE53_RETURN_TCP : SHARE53_RETURN_UDP;
}
