/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/rdata.h"

#include <ldns/ldns.h>
#include <strings.h>

#include "common/wire.h"
#include "daemon/dns/rdata-text.h"

/* Sorted by number. What a type's rdata consists of is what ldns takes for each of its fields. */
static const struct rdata_type {
        uint16_t type;
        enum rdata_form form;
} types[] = {
        {RDATA_A, RDATA_FORM_ADDRESS4},
        {RDATA_CNAME, RDATA_FORM_NAME},
        {RDATA_PTR, RDATA_FORM_NAME},
        {RDATA_TXT, RDATA_FORM_STRINGS},
        {RDATA_AAAA, RDATA_FORM_ADDRESS6},
};

static const struct rdata_type *type_find(uint16_t type)
{
        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                if (types[i].type == type)
                        return &types[i];
        return NULL;
}

/* "TYPE" is the whole prefix (RFC 3597 5); digits only behind it. */
static int type_from_number(const char *digits, uint16_t *ret)
{
        unsigned long n = 0;

        if (*digits == '\0')
                return -EINVAL;
        for (; *digits != '\0'; digits++) {
                if (*digits < '0' || *digits > '9')
                        return -EINVAL;
                n = n * 10 + (unsigned long)(*digits - '0');
                if (n > UINT16_MAX)
                        return -EINVAL;
        }
        *ret = (uint16_t)n;
        return 0;
}

int rdata_type_from_text(const char *text, uint16_t *ret)
{
        unsigned int type;

        if (strncasecmp(text, "TYPE", 4) == 0)
                return type_from_number(text + 4, ret);
        type = ldns_get_rr_type_by_name(text);
        if (type == 0 || type > UINT16_MAX)
                return -EINVAL;
        *ret = (uint16_t)type;
        return 0;
}

const char *rdata_type_to_text(uint16_t type, char buf[RDATA_TYPE_TEXT_SIZE])
{
        const ldns_rr_descriptor *d = ldns_rr_descript(type);

        if (type == RDATA_ANY)
                snprintf(buf, RDATA_TYPE_TEXT_SIZE, "ANY");
        else if (d && d->_type == type && d->_name && strlen(d->_name) < RDATA_TYPE_TEXT_SIZE)
                snprintf(buf, RDATA_TYPE_TEXT_SIZE, "%s", d->_name);
        else
                snprintf(buf, RDATA_TYPE_TEXT_SIZE, "TYPE%u", type);
        return buf;
}

bool rdata_type_stored(uint16_t type)
{
        return type_find(type);
}

uint16_t rdata_type_stored_at(size_t i)
{
        return i < ELEMENTSOF(types) ? types[i].type : 0;
}

static bool strings_check(const uint8_t *rdata, uint16_t size)
{
        struct wire w = wire_reader(rdata, size);

        do
                (void)wire_take(&w, wire_read_u8(&w));
        while (!w.failed && wire_left(&w) > 0);
        return !w.failed;
}

static bool name_check(const uint8_t *rdata, uint16_t size)
{
        struct name name;

        return name_from_wire(rdata, size, &name) >= 0 && memcmp(name.wire, rdata, size) == 0;
}

bool rdata_check(uint16_t type, const uint8_t *rdata, uint16_t size)
{
        const struct rdata_type *t = type_find(type);

        if (!t)
                return false;
        switch (t->form) {
        case RDATA_FORM_ADDRESS4:
                return size == 4;
        case RDATA_FORM_ADDRESS6:
                return size == 16;
        case RDATA_FORM_NAME:
                return name_check(rdata, size);
        case RDATA_FORM_STRINGS:
                return strings_check(rdata, size);
        }
        return false;
}

int rdata_from_text(uint16_t type, const char *text, const struct name *origin, uint8_t **ret,
        uint16_t *ret_size, char **ret_reason)
{
        const struct rdata_type *t = type_find(type);
        char buf[RDATA_TYPE_TEXT_SIZE];
        uint8_t *rdata;
        uint16_t size;
        int r;

        if (!t)
                return reason_set(ret_reason, -EOPNOTSUPP, "records of type %s are not supported",
                        rdata_type_to_text(type, buf));
        r = rdata_text_read(rdata_type_to_text(type, buf), t->form, text, origin, &rdata, &size, ret_reason);
        if (r < 0)
                return r;
        if (!rdata_check(type, rdata, size)) {
                char quoted[REASON_QUOTE_SIZE];

                free(rdata);
                return reason_set(ret_reason, -EINVAL, "%s is not valid rdata for type %s",
                        reason_quote(text, quoted), buf);
        }
        *ret = rdata;
        *ret_size = size;
        return 0;
}

int rdata_to_text(uint16_t type, const uint8_t *rdata, uint16_t size, char **ret)
{
        if (!rdata_check(type, rdata, size))
                return -EBADMSG;
        return rdata_text_write(type_find(type)->form, rdata, size, ret);
}
