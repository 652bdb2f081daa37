/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Every branch of the XDP program, packet by packet, loaded as the helper loads it: user nobody, CAP_BPF and
 * CAP_NET_ADMIN. `test-bpf --time` prints nanoseconds per packet instead.
 */

#include <string.h>

#include "tests/bpf/cases.h"
#include "tests/bpf/privilege.h"

#define TIMED_RUNS 1000000

static int load(void **state)
{
        int r = program_load();

        if (r == 0)
                r = program_enter_shares();
        if (r < 0)
                printf("# the program was not loaded: %s\n", strerror(-r));
        return r;
}

static int unload(void **state)
{
        program_unload();
        return 0;
}

static void time_frame(const char *name, const struct frame *frame)
{
        static uint8_t buffer[FRAME_MAX];
        size_t size = frame_build(frame, buffer);
        uint32_t best = UINT32_MAX, best_empty = UINT32_MAX;

        for (int i = 0; i < 5; i++) {
                best_empty = MIN(best_empty, program_time_empty(buffer, size, TIMED_RUNS));
                best = MIN(best, program_time(buffer, size, TIMED_RUNS));
        }
        printf("%-28s %4u ns, an empty program %4u ns\n", name, best, best_empty);
}

static void time_redirect(const char *name, uint8_t family, uint8_t protocol, uint8_t ip_options)
{
        struct frame frame = request_frame(family, protocol, FRAME_CHECK_PARTIAL);

        /* All runs are over one buffer, so this share's listener is itself. */
        frame.destination = frame_endpoint(family == 4 ? "127.53.0.99" : "fd00::99", SHARE53_PORT);
        frame.ip_options = ip_options;
        time_frame(name, &frame);
}

static void time_other(const char *name, uint8_t family, uint8_t protocol)
{
        struct frame frame = request_frame(family, protocol, FRAME_CHECK_PARTIAL);

        frame.destination = frame_endpoint(family == 4 ? "127.0.0.1" : "::1", 8080);
        time_frame(name, &frame);
}

static void time_all(void)
{
        time_other("IPv4 TCP, ports looked up", 4, IPPROTO_TCP);
        program_set_ports(PORT4, PORT6_LINK);
        time_other("IPv4 TCP, other ports", 4, IPPROTO_TCP);
        time_other("IPv4 UDP, other ports", 4, IPPROTO_UDP);
        time_other("IPv6 TCP, other ports", 6, IPPROTO_TCP);
        time_redirect("IPv4 UDP, redirected", 4, IPPROTO_UDP, 0);
        time_redirect("IPv4 TCP, redirected", 4, IPPROTO_TCP, 0);
        time_redirect("IPv4 UDP with options", 4, IPPROTO_UDP, 8);
        time_redirect("IPv6 UDP, redirected", 6, IPPROTO_UDP, 0);
        time_redirect("IPv6 TCP, redirected", 6, IPPROTO_TCP, 0);
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(exactly_two_capabilities),
                cmocka_unit_test(redirects_requests_and_replies),
                cmocka_unit_test(keeps_to_the_narrow_range_of_ports),
                cmocka_unit_test(follows_ip_options),
                cmocka_unit_test(follows_tcp_options),
                cmocka_unit_test(keeps_a_zero_udp_check_zero),
                cmocka_unit_test(sends_a_computed_zero_as_ffff),
                cmocka_unit_test(updates_a_check_of_ffff),
                cmocka_unit_test(tells_shares_apart),
                cmocka_unit_test(serves_a_client_on_port_53),
                cmocka_unit_test(leaves_the_trailer_alone),
                cmocka_unit_test(redirects_big_tcp),
                cmocka_unit_test(passes_fragments),
                cmocka_unit_test(passes_truncated_frames),
                cmocka_unit_test(passes_truncated_transport_headers),
                cmocka_unit_test(passes_wrong_lengths),
                cmocka_unit_test(passes_vlan_tags),
                cmocka_unit_test(passes_foreign_ports),
                cmocka_unit_test(passes_other_addresses),
                cmocka_unit_test(passes_other_protocols),
                cmocka_unit_test(passes_extension_headers),
                cmocka_unit_test(passes_malformed_jumbo_headers),
                cmocka_unit_test(drops_strays),
                cmocka_unit_test(rewrites_icmp_errors),
                cmocka_unit_test(rewrites_icmp_errors_with_ip_options),
                cmocka_unit_test(passes_icmp_that_is_no_error),
                cmocka_unit_test(passes_icmp_errors_about_others),
                cmocka_unit_test(passes_truncated_icmp_errors),
                cmocka_unit_test(passes_icmp_errors_of_a_router),
                cmocka_unit_test(survives_mutations),
                cmocka_unit_test(survives_noise),
        };
        const char *reason = privilege_keep_bpf();

        setvbuf(stdout, NULL, _IOLBF, 0);
        if (reason) {
                printf("1..0 # SKIP BPF may not be used: %s\n", reason);
                return 0;
        }
        if (argc > 1 && strcmp(argv[1], "--time") == 0) {
                if (load(NULL) < 0 || program_enter_loops() < 0)
                        return EXIT_FAILURE;
                time_all();
                program_unload();
                return 0;
        }
        return cmocka_run_group_tests_name("bpf", tests, load, unload);
}
