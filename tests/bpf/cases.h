/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The cases of test-bpf, by file; test-bpf.c lists them. */

#include <netinet/in.h>

#include "common/util.h"
#include "tests/bpf/program.h"

/* Runs `body` for both families, UDP and TCP, and both kinds of checksum. */
#define FOR_EACH_KIND(family, protocol, check) \
        for (uint8_t family = 4; family <= 6; family += 2) \
                for (int protocol = IPPROTO_UDP; protocol; \
                        protocol = protocol == IPPROTO_UDP ? IPPROTO_TCP : 0) \
                        for (int check = FRAME_CHECK_FULL; check <= FRAME_CHECK_PARTIAL; check++)

/* cases-redirect.c */
void redirects_requests_and_replies(void **state);
void keeps_to_the_narrow_range_of_ports(void **state);
void follows_ip_options(void **state);
void follows_tcp_options(void **state);
void keeps_a_zero_udp_check_zero(void **state);
void sends_a_computed_zero_as_ffff(void **state);
void updates_a_check_of_ffff(void **state);
void tells_shares_apart(void **state);
void serves_a_client_on_port_53(void **state);
void leaves_the_trailer_alone(void **state);
void redirects_big_tcp(void **state);

/* cases-pass.c */
void passes_fragments(void **state);
void passes_truncated_frames(void **state);
void passes_truncated_transport_headers(void **state);
void passes_wrong_lengths(void **state);
void passes_vlan_tags(void **state);
void passes_foreign_ports(void **state);
void passes_other_addresses(void **state);
void passes_other_protocols(void **state);
void passes_extension_headers(void **state);
void passes_malformed_jumbo_headers(void **state);
void drops_strays(void **state);

/* cases-icmp.c */
void rewrites_icmp_errors(void **state);
void rewrites_icmp_errors_with_ip_options(void **state);
void passes_icmp_that_is_no_error(void **state);
void passes_icmp_errors_about_others(void **state);
void passes_truncated_icmp_errors(void **state);
void passes_icmp_errors_of_a_router(void **state);

/* cases-random.c */
void survives_mutations(void **state);
void survives_noise(void **state);
void exactly_two_capabilities(void **state);
