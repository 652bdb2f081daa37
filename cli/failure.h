/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What went wrong, in one line for people and one number for scripts. */

#include "cli/ctl.h"

/*
 * The exit status for the negative errno R and for the service's ERROR, which counts where it is set. HINT
 * gets what to do about it, a constant, or NULL.
 */
enum ctl_exit failure_judge(int r, const sd_bus_error *error, const char **ret_hint);

/*
 * "share53ctl: Cannot TASK: WHY; HINT." on OUT, in one line and harmless to a terminal. Returns the exit
 * status.
 */
enum ctl_exit failure_report(FILE *out, const struct ctl *ctl, int r);
