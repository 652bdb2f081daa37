/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The links whose DNS settings in resolved are ours, in a file that a killed helper leaves behind: one
 * ifindex a line. Written before resolved is told, so that there is never more to take back than the file
 * says.
 */

#include "common/util.h"

#define LEFTOVERS_PATH "/run/share53/helper/links"
#define LEFTOVERS_MAX 64

/* Replaces PATH durably (written aside, fsync, rename, fsync of the directory); removes it where N is 0. */
int leftovers_write(const char *path, const int *ifindexes, size_t n);

/* Returns how many were read into RET; 0 where PATH is absent. -EBADMSG: not such a file; -E2BIG. */
int leftovers_read(const char *path, int ret[LEFTOVERS_MAX]);
