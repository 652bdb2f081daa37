/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Sentences that say why something was refused, quoting what was given. */

#include "common/util.h"

/* Puts a malloc'ed sentence into *RET (RET may be NULL; NULL where there is no memory for it). Returns R. */
int reason_set(char **ret, int r, const char *format, ...) _printf_(3, 4);

/* TEXT in double quotes, fit for a log line: octets that do not print as '?', a long one cut by "...".
 * Returns BUF. */
#define REASON_QUOTE_SIZE 80
const char *reason_quote(const char *text, char buf[REASON_QUOTE_SIZE]);
