/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/rdata-field.h"

#include <stdarg.h>

#include "daemon/dns/rdata.h"

static bool is_blank(char c)
{
        return c == ' ' || c == '\t';
}

static bool is_control(char c)
{
        return (unsigned char)c < ' ' || c == 0x7f;
}

/* Whether P is a quote right behind the first '=' of the word at START. */
static bool begins_value(const char *start, const char *p)
{
        return *p == '"' && memchr(start, '=', (size_t)(p - start)) == p - 1;
}

/* Steps over what stands up to the closing quote, or up to the end of a word; returns what is wrong. */
static const char *skip_word(const char **at, bool quoted, bool parameters)
{
        const char *p = *at;
        bool value = false;

        for (; *p != '\0' && !(quoted ? *p == '"' : is_blank(*p)); p++) {
                if (is_control(*p) && *p != '\t')
                        return "a control character";
                if (!quoted && parameters && begins_value(*at, p)) {
                        quoted = value = true;
                        continue;
                }
                if (!quoted && strchr(";()\"", *p))
                        return "a comment, parenthesis or quote in the middle";
                if (*p != '\\')
                        continue;
                p++;
                if (*p == '\0')
                        return "a backslash at the end";
                if (is_control(*p))
                        return "a control character";
        }
        if (value && *p++ != '"')
                return "a quote that is not closed";
        if (value && *p != '\0' && !is_blank(*p))
                return "no blank behind a quote";
        *at = p;
        return NULL;
}

/* Steps over the word at *TEXT. *RET_TROUBLE, where it is bad. False: no word, or a bad one. */
static bool token_next(const char **text, bool parameters, struct rdata_token *ret, const char **ret_trouble)
{
        const char *p = *text;

        *ret_trouble = NULL;
        while (is_blank(*p))
                p++;
        if (*p == '\0')
                return false;
        *ret = (struct rdata_token){.quoted = *p == '"'};
        p += ret->quoted;
        ret->start = p;
        *ret_trouble = skip_word(&p, ret->quoted, parameters);
        if (*ret_trouble)
                return false;
        ret->size = (size_t)(p - ret->start);
        if (ret->quoted) {
                if (*p++ != '"')
                        *ret_trouble = "a quote that is not closed";
                else if (*p != '\0' && !is_blank(*p))
                        *ret_trouble = "no blank behind a quote";
        }
        *text = p;
        return !*ret_trouble;
}

int rdata_reader_begin(struct rdata_reader *r, const char *text)
{
        char quoted[REASON_QUOTE_SIZE];
        struct rdata_token token;
        const char *trouble;

        r->text = r->next = text;
        if (strnlen(text, RDATA_TEXT_MAX + 1) > RDATA_TEXT_MAX)
                return reason_set(r->ret_reason, -EINVAL, "%s: %s is longer than %d octets", r->type,
                        reason_quote(text, quoted), RDATA_TEXT_MAX);
        while (token_next(&text, r->parameters, &token, &trouble))
                ;
        if (trouble)
                return reason_set(r->ret_reason, -EINVAL, "%s: %s has %s", r->type,
                        reason_quote(r->text, quoted), trouble);
        return 0;
}

bool rdata_more(const struct rdata_reader *r)
{
        return r->next[strspn(r->next, " \t")] != '\0';
}

int rdata_next(struct rdata_reader *r, const char *field, struct rdata_token *ret)
{
        char quoted[REASON_QUOTE_SIZE];
        const char *trouble;

        if (!token_next(&r->next, r->parameters, ret, &trouble))
                return reason_set(r->ret_reason, -EINVAL, "%s: %s is missing in %s", r->type, field,
                        reason_quote(r->text, quoted));
        return 0;
}

int rdata_next_word(struct rdata_reader *r, const char *field, struct rdata_token *ret)
{
        int k = rdata_next(r, field, ret);

        if (k >= 0 && ret->quoted)
                return rdata_refuse(r, field, ret, "allowed in quotes");
        return k;
}

int rdata_refuse(struct rdata_reader *r, const char *field, const struct rdata_token *token, const char *what)
{
        char text[2 * REASON_QUOTE_SIZE], quoted[REASON_QUOTE_SIZE];
        size_t n = MIN(token->size, sizeof(text) - 1);

        memcpy(text, token->start, n);
        text[n] = '\0';
        return reason_set(r->ret_reason, -EINVAL, "%s: %s %s%s%s", r->type, field, reason_quote(text, quoted),
                what ? " is not " : "", what ? what : "");
}

bool rdata_read_digits(const char *text, size_t n, uint64_t max, uint64_t *ret)
{
        uint64_t value = 0;

        if (n == 0)
                return false;
        for (size_t i = 0; i < n; i++) {
                if (text[i] < '0' || text[i] > '9')
                        return false;
                value = value * 10 + (uint64_t)(text[i] - '0');
                if (value > max)
                        return false;
        }
        *ret = value;
        return true;
}

bool rdata_read_octet(const char **p, const char *end, uint8_t *ret)
{
        const char *at = *p;
        uint64_t value;

        if (*at != '\\') {
                *ret = (uint8_t)*at;
                *p = at + 1;
                return true;
        }
        at++;
        if (at < end && (*at < '0' || *at > '9')) {
                *ret = (uint8_t)*at;
                *p = at + 1;
                return true;
        }
        if (end - at < 3 || !rdata_read_digits(at, 3, UINT8_MAX, &value))
                return false;
        *ret = (uint8_t)value;
        *p = at + 3;
        return true;
}

bool rdata_token_is(const struct rdata_token *token, const char *text)
{
        return strlen(text) == token->size && strncasecmp(token->start, text, token->size) == 0;
}

bool rdata_token_copy(const struct rdata_token *token, char *buf, size_t size)
{
        if (token->size >= size)
                return false;
        memcpy(buf, token->start, token->size);
        buf[token->size] = '\0';
        return true;
}

int rdata_hex_digit(char c)
{
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
}

bool rdata_read_hex(struct wire *w, const char *text, size_t n)
{
        if (n % 2 != 0)
                return false;
        for (size_t i = 0; i < n; i += 2) {
                int high = rdata_hex_digit(text[i]), low = rdata_hex_digit(text[i + 1]);

                if (high < 0 || low < 0)
                        return false;
                wire_write_u8(w, (uint8_t)(high << 4 | low));
        }
        return true;
}

/* Room for N octets and a NUL. */
static bool printer_reserve(struct rdata_printer *p, size_t n)
{
        size_t allocated = MAX(p->allocated, (size_t)64);
        char *text;

        if (p->failed)
                return false;
        while (allocated - p->size <= n)
                allocated *= 2;
        if (allocated == p->allocated)
                return true;
        text = realloc(p->text, allocated);
        if (!text) {
                p->failed = true;
                return false;
        }
        p->text = text;
        p->allocated = allocated;
        return true;
}

void rdata_print_octets(struct rdata_printer *p, const char *text, size_t n)
{
        if (p->checking || !printer_reserve(p, n))
                return;
        if (n > 0)
                memcpy(p->text + p->size, text, n);
        p->size += n;
        p->text[p->size] = '\0';
}

void rdata_print(struct rdata_printer *p, const char *format, ...)
{
        char buf[NAME_TEXT_SIZE];
        va_list ap;
        int n;

        if (p->checking)
                return;
        va_start(ap, format);
        n = vsnprintf(buf, sizeof(buf), format, ap);
        va_end(ap);
        if (n < 0)
                p->failed = true;
        else
                rdata_print_octets(p, buf, MIN((size_t)n, sizeof(buf) - 1));
}

void rdata_print_next(struct rdata_printer *p)
{
        if (p->size > 0)
                rdata_print_octets(p, " ", 1);
}

void rdata_print_hex(struct rdata_printer *p, const uint8_t *data, size_t n)
{
        for (size_t i = 0; !p->checking && i < n; i++) {
                const char digits[] = {"0123456789abcdef"[data[i] >> 4], "0123456789abcdef"[data[i] & 0xf]};

                rdata_print_octets(p, digits, sizeof(digits));
        }
}

void rdata_print_quoted(struct rdata_printer *p, const uint8_t *data, size_t n)
{
        rdata_print_octets(p, "\"", 1);
        for (size_t i = 0; !p->checking && i < n; i++)
                if (data[i] < ' ' || data[i] >= 0x7f)
                        rdata_print(p, "\\%03u", data[i]);
                else
                        rdata_print(p, data[i] == '"' || data[i] == '\\' ? "\\%c" : "%c", data[i]);
        rdata_print_octets(p, "\"", 1);
}
