/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/rdata-text.h"

#include <ldns/ldns.h>

#include "common/wire.h"
#include "daemon/dns/rdata.h"
#include "daemon/dns/record.h"

/* One field of the text, as it is but for its quotes: ldns undoes the escapes. */
struct token {
        const char *start;
        size_t size;
        bool quoted;
};

enum token_kind { TOKEN_END, TOKEN_FIELD, TOKEN_BAD };

static bool is_blank(char c)
{
        return c == ' ' || c == '\t';
}

static bool is_control(char c)
{
        return (unsigned char)c < ' ' || c == 0x7f;
}

/* Steps over one field at *TEXT; *WHAT says what is wrong with a bad one. */
static enum token_kind token_next(const char **text, struct token *ret, const char **what)
{
        const char *p = *text;

        while (is_blank(*p))
                p++;
        if (*p == '\0')
                return TOKEN_END;
        *ret = (struct token){.quoted = *p == '"'};
        if (ret->quoted)
                p++;
        ret->start = p;
        for (; *p != '\0' && (ret->quoted ? *p != '"' : !is_blank(*p)); p++) {
                *what = "control character";
                if (is_control(*p) && *p != '\t')
                        return TOKEN_BAD;
                *what = "comment, parenthesis or quote in the middle";
                if (!ret->quoted && strchr(";()\"", *p))
                        return TOKEN_BAD;
                if (*p == '\\') {
                        p++;
                        *what = "backslash at the end";
                        if (*p == '\0')
                                return TOKEN_BAD;
                        *what = "control character";
                        if (is_control(*p))
                                return TOKEN_BAD;
                }
        }
        ret->size = (size_t)(p - ret->start);
        if (ret->quoted) {
                *what = "quote that is not closed";
                if (*p++ != '"')
                        return TOKEN_BAD;
                *what = "no blank behind a quote";
                if (*p != '\0' && !is_blank(*p))
                        return TOKEN_BAD;
        }
        *text = p;
        return TOKEN_FIELD;
}

/* By function, not by ldns_rdf_type: ldns 1.9 numbers these anew under the same library name. */
static const struct {
        ldns_status (*read)(ldns_rdf **rdf, const char *text);
        ldns_status (*print)(ldns_buffer *buffer, const ldns_rdf *rdf);
} fields[] = {
        [RDATA_FORM_ADDRESS4] = {ldns_str2rdf_a, ldns_rdf2buffer_str_a},
        [RDATA_FORM_ADDRESS6] = {ldns_str2rdf_aaaa, ldns_rdf2buffer_str_aaaa},
        [RDATA_FORM_NAME] = {ldns_str2rdf_dname, ldns_rdf2buffer_str_dname},
        [RDATA_FORM_STRINGS] = {ldns_str2rdf_str, ldns_rdf2buffer_str_str},
};

DEFINE_CLEANUP(ldns_rdf *, ldns_rdf_deep_free)
DEFINE_CLEANUP(ldns_buffer *, ldns_buffer_free)

/* Writes a name in lower case, completed by ORIGIN where it is relative. */
static void write_name(struct wire *w, const char *text, const ldns_rdf *rdf, const struct name *origin)
{
        size_t size = ldns_rdf_size(rdf);
        struct name name;

        if (origin && strcmp(text, "@") == 0)
                size = 1;
        if (origin && !ldns_dname_str_absolute(text))
                size--; /* the root label that ldns puts at the end of a relative name too */
        else
                origin = NULL;
        if (size + (origin ? origin->size : 0) > sizeof(name.wire)) {
                w->failed = true;
                return;
        }
        memcpy(name.wire, ldns_rdf_data(rdf), size);
        if (origin)
                memcpy(name.wire + size, origin->wire, origin->size);
        name.size = (uint8_t)(size + (origin ? origin->size : 0));
        name_lower(&name);
        wire_write(w, name.wire, name.size);
}

/* One field by ldns; false: it is not valid (or there is no memory: ldns does not say). */
static bool write_field(
        struct wire *w, enum rdata_form form, const struct token *token, const struct name *origin)
{
        _cleanup_free_ char *text = strndup(token->start, token->size);
        _cleanup_(ldns_rdf_deep_freep) ldns_rdf *rdf = NULL;

        if (!text || (form != RDATA_FORM_STRINGS && token->quoted))
                return false;
        if (form == RDATA_FORM_NAME && !origin && strcmp(text, "@") == 0)
                return false;
        if (fields[form].read(&rdf, text) != LDNS_STATUS_OK)
                return false;
        if (form == RDATA_FORM_NAME)
                write_name(w, text, rdf, origin);
        else
                wire_write(w, ldns_rdf_data(rdf), ldns_rdf_size(rdf));
        return !w->failed;
}

static int hex_digit(char c)
{
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
}

/* RFC 3597 5: what follows "\#" is the size in decimal, then hexadecimal digits in any number of words. */
static bool write_unknown(struct wire *w, enum rdata_form form, const char *text)
{
        unsigned long announced = 0;
        const char *what;
        struct token token;
        int high = -1;

        if (token_next(&text, &token, &what) != TOKEN_FIELD || token.quoted || token.size > 5)
                return false;
        for (size_t i = 0; i < token.size; i++) {
                if (token.start[i] < '0' || token.start[i] > '9')
                        return false;
                announced = announced * 10 + (unsigned long)(token.start[i] - '0');
        }
        while (token_next(&text, &token, &what) == TOKEN_FIELD)
                for (size_t i = 0; i < token.size; i++) {
                        int digit = hex_digit(token.start[i]);

                        if (digit < 0)
                                return false;
                        if (high >= 0)
                                wire_write_u8(w, (uint8_t)(high << 4 | digit));
                        high = high >= 0 ? -1 : digit;
                }
        if (form == RDATA_FORM_NAME) /* length octets are below 'A' */
                for (size_t i = 0; i < w->position; i++)
                        w->data[i] = (uint8_t)(w->data[i] >= 'A' && w->data[i] <= 'Z' ? w->data[i] + 32
                                                                                      : w->data[i]);
        return !w->failed && high < 0 && w->position == announced;
}

/* Checks all fields first, so that a reason is about the text as a whole; returns their number or -EINVAL. */
static int count_fields(const char *type, const char *text, char **ret_reason)
{
        char quoted[REASON_QUOTE_SIZE];
        const char *what = NULL, *p = text;
        enum token_kind kind;
        struct token token;
        int n = 0;

        if (strnlen(text, RDATA_TEXT_MAX + 1) > RDATA_TEXT_MAX)
                return reason_set(ret_reason, -EINVAL, "rdata %s for type %s is longer than %d octets",
                        reason_quote(text, quoted), type, RDATA_TEXT_MAX);
        while ((kind = token_next(&p, &token, &what)) == TOKEN_FIELD)
                n++;
        if (kind == TOKEN_BAD)
                return reason_set(ret_reason, -EINVAL, "rdata %s for type %s is not valid: %s",
                        reason_quote(text, quoted), type, what);
        return n;
}

int rdata_text_read(const char *type, enum rdata_form form, const char *text, const struct name *origin,
        uint8_t **ret, uint16_t *ret_size, char **ret_reason)
{
        char quoted[REASON_QUOTE_SIZE];
        const char *p = text, *what;
        _cleanup_free_ uint8_t *rdata = NULL;
        struct token token;
        struct wire w;
        bool good;
        int n;

        n = count_fields(type, text, ret_reason);
        if (n < 0)
                return n;
        /* An octet of rdata takes at least one of text, but for relative names and the length of a string. */
        w.size = MIN(strlen(text) + NAME_SIZE_MAX + (size_t)n + 16, (size_t)RECORD_RDATA_MAX);
        rdata = malloc(w.size);
        if (!rdata)
                return -ENOMEM;
        w = wire_writer(rdata, w.size);

        good = n > 0 && token_next(&p, &token, &what) == TOKEN_FIELD;
        if (good && !token.quoted && token.size == 2 && memcmp(token.start, "\\#", 2) == 0)
                good = write_unknown(&w, form, p);
        else {
                good = good && (n == 1 || form == RDATA_FORM_STRINGS) &&
                       write_field(&w, form, &token, origin);
                while (good && token_next(&p, &token, &what) == TOKEN_FIELD)
                        good = write_field(&w, form, &token, origin);
        }
        if (!good)
                return reason_set(ret_reason, -EINVAL, "%s is not valid rdata for type %s",
                        reason_quote(text, quoted), type);
        *ret_size = (uint16_t)w.position;
        *ret = TAKE_PTR(rdata);
        return 0;
}

static ldns_status print_field(ldns_buffer *b, enum rdata_form form, const uint8_t *data, size_t size)
{
        ldns_rdf rdf = {._size = size, ._data = (void *)data};

        return fields[form].print(b, &rdf);
}

/* ldns leaves '"', '@' and '$' of names as they are; name_to_text gives what can be read back. */
static int write_name_text(const uint8_t *rdata, uint16_t size, char **ret)
{
        char buf[NAME_TEXT_SIZE], *text;
        struct name name;
        int r;

        r = name_from_wire(rdata, size, &name);
        if (r < 0)
                return r;
        text = strdup(name_to_text(&name, buf));
        if (!text)
                return -ENOMEM;
        *ret = text;
        return 0;
}

int rdata_text_write(enum rdata_form form, const uint8_t *rdata, uint16_t size, char **ret)
{
        _cleanup_(ldns_buffer_freep) ldns_buffer *b = NULL;
        struct wire w = wire_reader(rdata, size);
        ldns_status status;
        char *text;

        if (form == RDATA_FORM_NAME)
                return write_name_text(rdata, size, ret);
        b = ldns_buffer_new(64);
        if (!b)
                return -ENOMEM;
        if (form == RDATA_FORM_STRINGS)
                do {
                        const uint8_t *string = w.data + w.position;
                        uint8_t length = wire_read_u8(&w);

                        (void)wire_take(&w, length);
                        status = w.position > (size_t)length + 1 ? ldns_buffer_printf(b, " ") < 0
                                                                 : LDNS_STATUS_OK;
                        if (status == LDNS_STATUS_OK)
                                status = print_field(b, form, string, (size_t)length + 1);
                } while (status == LDNS_STATUS_OK && wire_left(&w) > 0);
        else
                status = print_field(b, form, rdata, size);
        if (status != LDNS_STATUS_OK)
                return -ENOMEM;
        text = ldns_buffer_export2str(b);
        if (!text)
                return -ENOMEM;
        *ret = text;
        return 0;
}
