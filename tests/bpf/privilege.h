/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The helper's privileges for a test: user nobody, no group, exactly CAP_BPF and CAP_NET_ADMIN, and nothing
 * to gain.
 */

/*
 * Gives up everything else for good, and reads the sets back. NULL, or a sentence that says why BPF may not
 * be used here. Privileges that could not be dropped end the program.
 */
const char *privilege_keep_bpf(void);

/* Drops the two capabilities as well. 0 or a negative errno. */
int privilege_drop_all(void);

/* Whether the permitted, effective and bounding sets are exactly these; the inheritable and ambient ones are
 * empty. */
_Bool privilege_is_exactly(unsigned long long permitted, unsigned long long bounding);

#define PRIVILEGE_BPF (1ULL << 39 | 1ULL << 12)
