/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Text for terminals: what came from elsewhere made harmless, measured, and coloured. And the few units that
 * people type.
 */

#include "common/util.h"

/*
 * A malloc'ed copy of S with nothing in it that moves a terminal's cursor, starts an escape sequence or
 * reorders what is shown: control characters (C0, DEL, C1), the separators and marks of direction of Unicode,
 * and whatever is not UTF-8 come as \DDD, octet by octet, as DNS writes them. NULL: out of memory.
 */
char *text_escape(const char *s);

/*
 * The same for JSON that is written already: such characters stand in strings only, and become \uXXXX. NULL:
 * out of memory.
 */
char *text_escape_json(const char *json);

/* Columns that S takes on a terminal: combining marks none, East Asian wide characters and emoji two. */
size_t text_width(const char *s);

enum text_style { TEXT_PLAIN, TEXT_BOLD, TEXT_DIM, TEXT_GREEN, TEXT_YELLOW, TEXT_RED };

/* The escape sequence that begins STYLE; "" where COLOURS is false or the style is plain. */
const char *text_style_begin(enum text_style style, bool colours);
const char *text_style_end(enum text_style style, bool colours);

/* Whether FD is a terminal that shows colours, and the user has not set NO_COLOR (no-color.org). */
bool text_wants_colours(int fd);

/*
 * Reads a time to live: seconds, or numbers with units as in zone files ("90", "5m", "1h30m"; s, m, h, d, w).
 * -EINVAL: something else; -ERANGE: over 2^31 - 1 seconds (RFC 2181 8). RET is untouched on failure.
 */
int text_read_ttl(const char *s, uint32_t *ret);
