/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* zone load and zone dump, for the table in cli/zone.c. */

#include "cli/ctl.h"

int run_zone_load(struct ctl *ctl, char **words, size_t n_words);
int run_zone_dump(struct ctl *ctl, char **words, size_t n_words);
