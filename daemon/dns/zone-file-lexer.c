/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/zone-file-lexer.h"

#include <string.h>

#include "daemon/dns/zone-file.h"

void zone_lexer_clear(struct zone_lexer *lexer)
{
        free(lexer->text);
        free(lexer->words);
        *lexer = (struct zone_lexer){.line = 1};
}

static int push(struct zone_lexer *l, char c, const char **ret_what)
{
        if (l->size >= ZONE_FILE_ENTRY_MAX) {
                *ret_what = "the record is longer than any can be";
                return -EINVAL;
        }
        if (l->size == l->allocated) {
                size_t allocated = l->allocated > 0 ? l->allocated * 2 : 256;
                char *text = realloc(l->text, allocated);

                if (!text)
                        return -ENOMEM;
                l->text = text;
                l->allocated = allocated;
        }
        l->text[l->size++] = c;
        return 0;
}

/* The word as far as it was read, for the error. */
static void cut_word(struct zone_lexer *l)
{
        const char *what;

        if (push(l, '\0', &what) < 0 && l->size > 0)
                l->text[l->size - 1] = '\0';
}

static int begin_word(struct zone_lexer *l, bool quoted)
{
        if (l->n_words == l->words_allocated) {
                size_t allocated = l->words_allocated > 0 ? l->words_allocated * 2 : 16;
                struct zone_word *words = reallocarray(l->words, allocated, sizeof(*words));

                if (!words)
                        return -ENOMEM;
                l->words = words;
                l->words_allocated = allocated;
        }
        l->words[l->n_words++] = (struct zone_word){.offset = l->size, .line = l->line, .quoted = quoted};
        l->state = quoted ? ZONE_LEXER_QUOTE : ZONE_LEXER_WORD;
        return 0;
}

static bool is_control(char c)
{
        return (unsigned char)c < ' ' || c == 0x7f;
}

/* Behind the backslash of an escape. */
static int take_escaped(struct zone_lexer *l, char c, const char **ret_what)
{
        const char *blank = c == ' ' ? "\\032" : c == '\t' ? "\\009" : NULL;
        int r = 0;

        l->state = l->state == ZONE_LEXER_WORD_ESCAPE ? ZONE_LEXER_WORD : ZONE_LEXER_QUOTE;
        if (blank) {
                while (r >= 0 && *blank)
                        r = push(l, *blank++, ret_what);
                return r;
        }
        if (is_control(c)) {
                *ret_what = c == '\n' || c == '\r' ? "backslash at the end of the line"
                                                   : "backslash before a control character";
                return -EINVAL;
        }
        r = push(l, '\\', ret_what);
        return r < 0 ? r : push(l, c, ret_what);
}

static int take_quoted(struct zone_lexer *l, char c, const char **ret_what)
{
        int r;

        switch (c) {
        case '\\':
                l->state = ZONE_LEXER_QUOTE_ESCAPE;
                return 0;
        case '\n':
        case '\r':
                *ret_what = "quote that is not closed on its line";
                return -EINVAL;
        case '"':
                l->state = ZONE_LEXER_QUOTE_END;
                r = push(l, c, ret_what);
                return r < 0 ? r : push(l, '\0', ret_what);
        default:
                if (is_control(c) && c != '\t') {
                        *ret_what = "control character in quotes: write it as \\DDD";
                        return -EINVAL;
                }
                return push(l, c, ret_what);
        }
}

/* 1: the entry is complete. */
static int take_newline(struct zone_lexer *l)
{
        l->line++;
        l->state = ZONE_LEXER_BETWEEN;
        if (l->open_line > 0)
                return 0;
        l->state = ZONE_LEXER_START;
        if (l->n_words > 0)
                return 1;
        l->blank = false;
        return 0;
}

static int take_parenthesis(struct zone_lexer *l, char c, const char **ret_what)
{
        if ((c == '(') == (l->open_line > 0)) {
                *ret_what = c == '(' ? "parenthesis within parentheses"
                                     : "parenthesis is closed that was not opened";
                return -EINVAL;
        }
        l->open_line = c == '(' ? l->line : 0;
        l->state = ZONE_LEXER_BETWEEN;
        return 0;
}

/* Between words, or where one may end. 1: the entry is complete; 2: it is none of these. */
static int take_separator(struct zone_lexer *l, char c, const char **ret_what)
{
        switch (c) {
        case ' ':
        case '\t':
                l->blank = l->blank || l->state == ZONE_LEXER_START;
                l->state = ZONE_LEXER_BETWEEN;
                return 0;
        case '\n':
                return take_newline(l);
        case '\r':
                l->state = ZONE_LEXER_CARRIAGE_RETURN;
                return 0;
        case ';':
                l->state = ZONE_LEXER_COMMENT;
                return 0;
        case '(':
        case ')':
                return take_parenthesis(l, c, ret_what);
        default:
                return 2;
        }
}

static int take_between(struct zone_lexer *l, char c, const char **ret_what)
{
        int r = take_separator(l, c, ret_what);

        if (r != 2)
                return r;
        if (is_control(c)) {
                *ret_what = c == '\0' ? "NUL character" : "control character";
                return -EINVAL;
        }
        if (l->state == ZONE_LEXER_QUOTE_END) {
                *ret_what = "no blank behind a quote";
                return -EINVAL;
        }
        r = begin_word(l, c == '"');
        if (r < 0)
                return r;
        if (c == '\\') {
                l->state = ZONE_LEXER_WORD_ESCAPE;
                return 0;
        }
        return push(l, c, ret_what);
}

static int take_quote_in_word(struct zone_lexer *l, const char **ret_what)
{
        if (l->text[l->size - 1] != '=') {
                *ret_what = "quote in the middle of a word";
                return -EINVAL;
        }
        l->words[l->n_words - 1].quoted = true;
        l->state = ZONE_LEXER_QUOTE;
        return push(l, '"', ret_what);
}

static int take_in_word(struct zone_lexer *l, char c, const char **ret_what)
{
        int r;

        switch (c) {
        case '\\':
                l->state = ZONE_LEXER_WORD_ESCAPE;
                return 0;
        case '"':
                return take_quote_in_word(l, ret_what);
        case ' ':
        case '\t':
        case '\n':
        case '\r':
        case ';':
        case '(':
        case ')':
                r = push(l, '\0', ret_what);
                return r < 0 ? r : take_separator(l, c, ret_what);
        default:
                if (is_control(c)) {
                        *ret_what = c == '\0' ? "NUL character" : "control character";
                        return -EINVAL;
                }
                return push(l, c, ret_what);
        }
}

static int take_in_comment(struct zone_lexer *l, char c, const char **ret_what)
{
        if (c == '\n')
                return take_newline(l);
        if (c == '\r')
                l->state = ZONE_LEXER_CARRIAGE_RETURN;
        else if (is_control(c) && c != '\t') {
                *ret_what = "control character in a comment";
                return -EINVAL;
        }
        return 0;
}

static int take(struct zone_lexer *l, char c, const char **ret_what)
{
        switch (l->state) {
        case ZONE_LEXER_START:
        case ZONE_LEXER_BETWEEN:
        case ZONE_LEXER_QUOTE_END:
                return take_between(l, c, ret_what);
        case ZONE_LEXER_WORD:
                return take_in_word(l, c, ret_what);
        case ZONE_LEXER_WORD_ESCAPE:
        case ZONE_LEXER_QUOTE_ESCAPE:
                return take_escaped(l, c, ret_what);
        case ZONE_LEXER_QUOTE:
                return take_quoted(l, c, ret_what);
        case ZONE_LEXER_COMMENT:
                return take_in_comment(l, c, ret_what);
        case ZONE_LEXER_CARRIAGE_RETURN:
                if (c == '\n')
                        return take_newline(l);
                *ret_what = "carriage return that no line feed follows";
                return -EINVAL;
        }
        return -EINVAL;
}

/* The entry before has been used. */
static void begin_entry(struct zone_lexer *l)
{
        if (l->state != ZONE_LEXER_START || l->n_words == 0)
                return;
        l->size = 0;
        l->n_words = 0;
        l->blank = false;
}

ssize_t zone_lexer_read(
        struct zone_lexer *l, const char *data, size_t size, bool *ret_entry, const char **ret_what)
{
        int r = 0;
        size_t i;

        begin_entry(l);
        for (i = 0; r == 0 && i < size; i++)
                r = take(l, data[i], ret_what);
        if (r < 0) {
                cut_word(l);
                return r;
        }
        *ret_entry = r == 1;
        return (ssize_t)i;
}

int zone_lexer_end(struct zone_lexer *l, bool *ret_entry, const char **ret_what)
{
        ssize_t n;

        if (l->state == ZONE_LEXER_START) {
                *ret_entry = false;
                return 0;
        }
        n = zone_lexer_read(l, "\n", 1, ret_entry, ret_what);
        if (n < 0)
                return (int)n;
        if (l->open_line > 0) {
                l->line = l->open_line;
                *ret_what = "parenthesis that is not closed";
                return -EINVAL;
        }
        return 0;
}

bool zone_lexer_in_word(const struct zone_lexer *l)
{
        return l->n_words > 0 && l->state >= ZONE_LEXER_WORD && l->state <= ZONE_LEXER_QUOTE_END;
}

const char *zone_lexer_join(struct zone_lexer *l, size_t i)
{
        if (i >= l->n_words)
                return "";
        for (size_t k = i + 1; k < l->n_words; k++)
                l->text[l->words[k].offset - 1] = ' ';
        return l->text + l->words[i].offset;
}
