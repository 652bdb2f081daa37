/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The XDP program on lo (bpf/share53.bpf.c): load, attach, maps. Once attached, everything here works by
 * descriptor alone, without any capability. The bpf_link is not pinned: it goes with the process, however
 * that ends.
 */

#include "common/endpoint.h"
#include "share53-bpf.h"

struct xdp;

struct xdp_share {
        struct endpoint shared;
        struct endpoint listener;
};

/*
 * Loads and attaches to lo of this network namespace. -EBUSY: lo has a program that is not ours, which stays;
 * errno of loading otherwise.
 */
int xdp_attach(struct xdp **ret);
struct xdp *xdp_free(struct xdp *xdp); /* detaches */
DEFINE_CLEANUP(struct xdp *, xdp_free)

/* What is shared now; none for XDP NULL. Good until the next add or delete. */
const struct xdp_share *xdp_shares(const struct xdp *xdp, size_t *ret_n);

/* Both directions or none. -ENOSPC: SHARE53_SHARES_MAX are there; -EEXIST: address or listener is in use. */
int xdp_add_share(struct xdp *xdp, const struct xdp_share *share);
int xdp_delete_share(struct xdp *xdp, const struct xdp_share *share); /* -ENOENT: no such pair */

/* Packets by outcome, summed over the CPUs. */
int xdp_counters(struct xdp *xdp, uint64_t ret[SHARE53_COUNTERS_N]);
