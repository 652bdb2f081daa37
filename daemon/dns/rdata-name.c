/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/rdata-field.h"

int rdata_read_name(struct rdata_reader *r, const char *field, const struct rdata_token *token, bool cased)
{
        char text[NAME_TEXT_SIZE];
        struct name name;
        int k;

        if (token->size >= sizeof(text))
                k = -ENAMETOOLONG;
        else {
                (void)rdata_token_copy(token, text, sizeof(text));
                k = cased ? name_from_text_cased(text, r->origin, &name)
                          : name_from_text(text, r->origin, &name);
        }
        if (k == -ENAMETOOLONG)
                return rdata_refuse(r, field, token, "a name: it, or one of its labels, is too long");
        if (k < 0)
                return rdata_refuse(r, field, token, "a name");
        wire_write(&r->w, name.wire, name.size);
        return 0;
}

bool rdata_print_name(struct rdata_printer *p, struct wire *w, bool cased)
{
        const uint8_t *start = w->data + w->position;
        char text[NAME_TEXT_SIZE];
        struct name name;

        if (name_read(w, &name) < 0)
                return false;
        if (!cased && memcmp(start, name.wire, name.size) != 0)
                return false;
        memcpy(name.wire, start, name.size);
        rdata_print_next(p);
        if (!p->checking)
                rdata_print(p, "%s", name_to_text(&name, text));
        return true;
}

static int read_name(struct rdata_reader *r, const char *field, bool cased)
{
        struct rdata_token token;
        int k;

        k = rdata_next_word(r, field, &token);
        return k < 0 ? k : rdata_read_name(r, field, &token, cased);
}

static int read_lower(struct rdata_reader *r, const char *field)
{
        return read_name(r, field, false);
}

static bool print_lower(struct rdata_printer *p, struct wire *w)
{
        return rdata_print_name(p, w, false);
}

const struct rdata_kind rdata_name = {read_lower, print_lower};

static int read_cased(struct rdata_reader *r, const char *field)
{
        return read_name(r, field, true);
}

static bool print_cased(struct rdata_printer *p, struct wire *w)
{
        return rdata_print_name(p, w, true);
}

const struct rdata_kind rdata_name_cased = {read_cased, print_cased};

static int read_names(struct rdata_reader *r, const char *field)
{
        int k = 0;

        while (k >= 0 && rdata_more(r))
                k = read_name(r, field, true);
        return k;
}

static bool print_names(struct rdata_printer *p, struct wire *w)
{
        while (wire_left(w) > 0)
                if (!rdata_print_name(p, w, true))
                        return false;
        return true;
}

const struct rdata_kind rdata_names_cased = {read_names, print_names};
