/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash, so that nobody who chooses names can choose
 * collisions.
 */

#include "common/util.h"

struct siphash_key {
        uint64_t k0, k1;
};

/* The key is 16 octets, little-endian halves, as in the paper. */
struct siphash_key siphash_key_from_bytes(const uint8_t bytes[16]);

uint64_t siphash(const struct siphash_key *key, const void *data, size_t size);
