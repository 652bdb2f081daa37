/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Periods as zone files have them since BIND: TTLs, and the times of a SOA. */

#include "common/util.h"

/*
 * Reads SIZE octets of TEXT: seconds, or numbers with a unit each ("90", "5m", "1h30m"; s, m, h, d, w in any
 * case). -EINVAL: something else, also a number without a unit behind one that has it; -ERANGE: over MAX
 * seconds. RET is untouched on failure.
 */
int period_from_text(const char *text, size_t size, uint32_t max, uint32_t *ret);
