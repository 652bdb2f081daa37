/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/rdata.h"

#include <ldns/ldns.h>

#include "daemon/dns/rdata-field.h"

/* "TYPE" is the whole prefix (RFC 3597 5); digits only behind it. */
static int type_from_number(const char *digits, uint16_t *ret)
{
        uint64_t number;

        if (!rdata_read_digits(digits, strlen(digits), UINT16_MAX, &number))
                return -EINVAL;
        *ret = (uint16_t)number;
        return 0;
}

int rdata_type_from_text(const char *text, uint16_t *ret)
{
        const struct rdata_type *t;
        unsigned int type;

        if (strncasecmp(text, "TYPE", 4) == 0)
                return type_from_number(text + 4, ret);
        t = rdata_type_find_name(text);
        type = t ? t->type : ldns_get_rr_type_by_name(text);
        if (type == 0 || type > UINT16_MAX)
                return -EINVAL;
        *ret = (uint16_t)type;
        return 0;
}

const char *rdata_type_to_text(uint16_t type, char buf[RDATA_TYPE_TEXT_SIZE])
{
        const struct rdata_type *t = rdata_type_find(type);
        const ldns_rr_descriptor *d = t ? NULL : ldns_rr_descript(type);

        if (t)
                snprintf(buf, RDATA_TYPE_TEXT_SIZE, "%s", t->name);
        else if (type == RDATA_ANY)
                snprintf(buf, RDATA_TYPE_TEXT_SIZE, "ANY");
        else if (d && d->_type == type && d->_name && strlen(d->_name) < RDATA_TYPE_TEXT_SIZE)
                snprintf(buf, RDATA_TYPE_TEXT_SIZE, "%s", d->_name);
        else
                snprintf(buf, RDATA_TYPE_TEXT_SIZE, "TYPE%u", type);
        return buf;
}

/* All but OPT, the range of meta types and types of questions, and 0 (RFC 6895 3.1). */
bool rdata_type_stored(uint16_t type)
{
        return type != 0 && type != RDATA_OPT && (type < 128 || type > 255);
}

const char *rdata_layout(uint16_t type)
{
        const struct rdata_type *t = rdata_type_find(type);

        return t ? t->layout : NULL;
}

/* Walks over all fields. NULL: well-formed; else what is not. */
static const char *print_fields(
        const struct rdata_type *t, const uint8_t *rdata, uint16_t size, struct rdata_printer *p)
{
        struct wire w = wire_reader(rdata, size);

        for (size_t i = 0; i < RDATA_FIELDS_MAX && t->fields[i].kind; i++)
                if (!t->fields[i].kind->print(p, &w) || w.failed)
                        return t->fields[i].name;
        return wire_left(&w) > 0 ? "what follows the last field" : NULL;
}

bool rdata_check(uint16_t type, const uint8_t *rdata, uint16_t size)
{
        const struct rdata_type *t = rdata_type_find(type);
        struct rdata_printer p = {.checking = true};

        if (!t)
                return rdata_type_stored(type);
        return !print_fields(t, rdata, size, &p) && !(t->trouble && t->trouble(rdata, size));
}

/* Lowers the names that are compared so, as far as the rdata is well-formed. */
static void lower_names(const struct rdata_type *t, struct wire *rdata)
{
        struct wire w = wire_reader(rdata->data, rdata->position);

        for (const char *field = t->layout; field && *field != '\0' && !w.failed; field++) {
                uint8_t *start = w.data + w.position;
                struct name name;

                if (*field == 'c' || *field == 'n') {
                        if (name_read(&w, &name) < 0)
                                return;
                        memcpy(start, name.wire, name.size);
                } else if (*field == 's')
                        (void)wire_take(&w, wire_read_u8(&w));
                else if (*field >= '1' && *field <= '4')
                        (void)wire_take(&w, (size_t)(*field - '0'));
                else
                        return;
        }
}

/* RFC 3597 5: what follows "\#" is the size, then hexadecimal digits in any number of words. */
static int read_unknown(struct rdata_reader *r, const struct rdata_type *t)
{
        char quoted[REASON_QUOTE_SIZE];
        struct rdata_printer p = {.checking = true};
        struct rdata_token token;
        const char *field;
        uint64_t size;
        int k;

        k = rdata_next_word(r, "size", &token);
        if (k < 0)
                return k;
        if (!rdata_read_digits(token.start, token.size, RECORD_RDATA_MAX, &size))
                return rdata_refuse(r, "size", &token, "a number 0 to 65535");
        k = size > 0 || rdata_more(r) ? rdata_hex.read(r, "rdata") : 0;
        if (k < 0)
                return k;
        if (r->w.failed || r->w.position != size)
                return reason_set(r->ret_reason, -EINVAL, "%s: %s has not the size that it says", r->type,
                        reason_quote(r->text, quoted));
        if (!t)
                return 0;
        lower_names(t, &r->w);
        field = print_fields(t, r->w.data, (uint16_t)size, &p);
        if (field)
                return reason_set(r->ret_reason, -EINVAL, "%s: %s is not good in %s", r->type, field,
                        reason_quote(r->text, quoted));
        return 0;
}

static int read_fields(struct rdata_reader *r, const struct rdata_type *t)
{
        struct rdata_token token;
        int k;

        for (size_t i = 0; i < RDATA_FIELDS_MAX && t->fields[i].kind; i++) {
                k = t->fields[i].kind->read(r, t->fields[i].name);
                if (k < 0)
                        return k;
        }
        if (!rdata_more(r))
                return 0;
        k = rdata_next(r, "", &token);
        return k < 0 ? k : rdata_refuse(r, "too many fields:", &token, NULL);
}

static int read_any(struct rdata_reader *r, const struct rdata_type *t)
{
        char quoted[REASON_QUOTE_SIZE];
        struct rdata_reader ahead = *r;
        struct rdata_token token;
        const char *trouble;
        int k;

        ahead.ret_reason = NULL;
        if (rdata_next_word(&ahead, "", &token) >= 0 && rdata_token_is(&token, "\\#")) {
                r->next = ahead.next;
                k = read_unknown(r, t);
        } else if (t)
                k = read_fields(r, t);
        else
                return reason_set(r->ret_reason, -EINVAL,
                        "%s: rdata %s has to be as \"\\# SIZE HEXADECIMAL\" for this type", r->type,
                        reason_quote(r->text, quoted));
        if (k < 0)
                return k;
        if (r->w.failed)
                return reason_set(r->ret_reason, -EINVAL, "%s: %s is more than %d octets of rdata", r->type,
                        reason_quote(r->text, quoted), RECORD_RDATA_MAX);
        trouble = t && t->trouble ? t->trouble(r->w.data, (uint16_t)r->w.position) : NULL;
        if (trouble)
                return reason_set(r->ret_reason, -EINVAL, "%s: %s in %s", r->type, trouble,
                        reason_quote(r->text, quoted));
        return 0;
}

int rdata_from_text(uint16_t type, const char *text, const struct name *origin, uint8_t **ret,
        uint16_t *ret_size, char **ret_reason)
{
        const struct rdata_type *t = rdata_type_find(type);
        uint8_t octets[RECORD_RDATA_MAX], *rdata;
        char mnemonic[RDATA_TYPE_TEXT_SIZE];
        struct rdata_reader r = {
                .type = rdata_type_to_text(type, mnemonic),
                .parameters = type == RDATA_SVCB || type == RDATA_HTTPS,
                .origin = origin,
                .w = wire_writer(octets, sizeof(octets)),
                .ret_reason = ret_reason,
        };
        int k;

        if (!rdata_type_stored(type))
                return reason_set(ret_reason, -EOPNOTSUPP, "records of type %s are not supported", mnemonic);
        k = rdata_reader_begin(&r, text);
        if (k >= 0)
                k = read_any(&r, t);
        if (k < 0)
                return k;
        rdata = malloc(MAX(r.w.position, (size_t)1));
        if (!rdata)
                return -ENOMEM;
        memcpy(rdata, octets, r.w.position);
        *ret_size = (uint16_t)r.w.position;
        *ret = rdata;
        return 0;
}

int rdata_to_text(uint16_t type, const uint8_t *rdata, uint16_t size, char **ret)
{
        const struct rdata_type *t = rdata_type_find(type);
        struct rdata_printer p = {};

        if (!rdata_check(type, rdata, size))
                return -EBADMSG;
        /* No text at all would be hard to see, and to tell from none given. */
        if (!t || size == 0) {
                rdata_print(&p, size > 0 ? "\\# %u " : "\\# %u", size);
                rdata_print_hex(&p, rdata, size);
        } else
                (void)print_fields(t, rdata, size, &p);
        if (p.failed) {
                free(p.text);
                return -ENOMEM;
        }
        *ret = p.text;
        return 0;
}
