/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A stand-in for share53d on a private bus, for what the client does with each kind of answer. Names decide:
 * zones exists.test, nozone.test, denied.test, ask.test (allowed only to who may be asked), quota.test,
 * big.test (2,500 records, pages of at most 1,000), stuck.test (pages that go nowhere); names nx.test,
 * nodata.test, refused.test; link 4242 is unknown. Whatever would change something is written to a log, a
 * line each, before it is answered. Reload sends one signal of each kind.
 */

#include <stdbool.h>
#include <sys/types.h>

/*
 * Starts it as a process that ends with the caller; the name is owned when this returns. OUTDATED: its
 * properties lack half, and ListZones is not what it should be. Asserts on failure.
 */
pid_t fake_start(const char *address, const char *log, bool outdated);
