/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * zone-file.c's own: octets to entries. An entry is what stands on one line, or within one pair of
 * parentheses over several, split into words; comments and blanks are gone. Escapes stay as they are, but
 * that of a blank becomes \032 or \009, so that words may be put together with blanks between.
 */

#include "common/util.h"

struct zone_word {
        size_t offset;     /* in the entry's text; ended by NUL */
        unsigned int line; /* on which it begins, from 1 */
        bool quoted; /* all of it or, behind a '=' (RFC 9460 2.1), its end; the quotes are part of the text */
};

enum zone_lexer_state {
        ZONE_LEXER_START, /* at the first octet of an entry */
        ZONE_LEXER_BETWEEN,
        ZONE_LEXER_WORD,
        ZONE_LEXER_WORD_ESCAPE,
        ZONE_LEXER_QUOTE,
        ZONE_LEXER_QUOTE_ESCAPE,
        ZONE_LEXER_QUOTE_END, /* a blank must follow */
        ZONE_LEXER_COMMENT,
        ZONE_LEXER_CARRIAGE_RETURN, /* a line feed must follow */
};

/* Zero-initialised but for LINE, which is 1, is at the start of a file. */
struct zone_lexer {
        enum zone_lexer_state state;
        unsigned int line;
        unsigned int open_line; /* of the parenthesis that is open; 0: none */
        bool blank;             /* the entry begins with a blank: no owner */
        char *text;
        size_t size, allocated;
        struct zone_word *words;
        size_t n_words, words_allocated;
};

void zone_lexer_clear(struct zone_lexer *lexer);

/*
 * Takes octets of DATA until an entry is complete (*RET_ENTRY), or all; returns how many. The entry is good
 * until the next call. -EINVAL: *RET_WHAT is a constant sentence; -ENOMEM.
 */
ssize_t zone_lexer_read(
        struct zone_lexer *lexer, const char *data, size_t size, bool *ret_entry, const char **ret_what);

/* At the end of the file: what was begun is complete, or wrong. Errors as above. */
int zone_lexer_end(struct zone_lexer *lexer, bool *ret_entry, const char **ret_what);

/* After an error: whether it is about the last word. */
bool zone_lexer_in_word(const struct zone_lexer *lexer);

/* The text of the words from I on, with blanks between: joins them in place. */
const char *zone_lexer_join(struct zone_lexer *lexer, size_t i);
