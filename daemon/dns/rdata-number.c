/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "common/period.h"
#include "daemon/dns/rdata-field.h"

#include <ldns/ldns.h>
#include <time.h>

#include "daemon/dns/rdata.h"

static void write_number(struct wire *w, unsigned int octets, uint64_t value)
{
        while (octets-- > 0)
                wire_write_u8(w, (uint8_t)(value >> 8 * octets));
}

static int read_number(struct rdata_reader *r, const char *field, unsigned int octets)
{
        uint64_t max = (UINT64_C(1) << 8 * octets) - 1, value;
        struct rdata_token token;
        char what[64];
        int k;

        k = rdata_next_word(r, field, &token);
        if (k < 0)
                return k;
        snprintf(what, sizeof(what), "a number 0 to %u", (unsigned int)max);
        if (!rdata_read_digits(token.start, token.size, max, &value))
                return rdata_refuse(r, field, &token, what);
        write_number(&r->w, octets, value);
        return 0;
}

static bool print_number(struct rdata_printer *p, const struct wire *w, uint32_t value)
{
        rdata_print_next(p);
        rdata_print(p, "%u", value);
        return !w->failed;
}

static int read_u8(struct rdata_reader *r, const char *field)
{
        return read_number(r, field, 1);
}

static bool print_u8(struct rdata_printer *p, struct wire *w)
{
        uint8_t value = wire_read_u8(w);

        return print_number(p, w, value);
}

const struct rdata_kind rdata_u8 = {read_u8, print_u8};

static int read_u16(struct rdata_reader *r, const char *field)
{
        return read_number(r, field, 2);
}

static bool print_u16(struct rdata_printer *p, struct wire *w)
{
        uint16_t value = wire_read_u16(w);

        return print_number(p, w, value);
}

const struct rdata_kind rdata_u16 = {read_u16, print_u16};

static int read_u32(struct rdata_reader *r, const char *field)
{
        return read_number(r, field, 4);
}

static bool print_u32(struct rdata_printer *p, struct wire *w)
{
        uint32_t value = wire_read_u32(w);

        return print_number(p, w, value);
}

const struct rdata_kind rdata_u32 = {read_u32, print_u32};

static int read_period(struct rdata_reader *r, const char *field)
{
        struct rdata_token token;
        uint32_t value;
        int k;

        k = rdata_next_word(r, field, &token);
        if (k < 0)
                return k;
        if (period_from_text(token.start, token.size, UINT32_MAX, &value) < 0)
                return rdata_refuse(r, field, &token, "a time of 0 to 4294967295 seconds");
        write_number(&r->w, 4, value);
        return 0;
}

const struct rdata_kind rdata_period = {read_period, print_u32};

/* RFC 4034 3.2: YYYYMMDDHHmmSS has 14 digits, seconds since 1970 have 10 at most. */
static bool parse_time(const struct rdata_token *token, uint64_t *ret)
{
        static const size_t widths[] = {4, 2, 2, 2, 2, 2};
        uint64_t parts[ELEMENTSOF(widths)];
        const char *p = token->start;
        struct tm date, given;
        time_t seconds;

        if (token->size != 14)
                return token->size <= 10 && rdata_read_digits(p, token->size, UINT32_MAX, ret);
        for (size_t i = 0; i < ELEMENTSOF(widths); p += widths[i++])
                if (!rdata_read_digits(p, widths[i], 9999, &parts[i]))
                        return false;
        given = date = (struct tm){.tm_year = (int)parts[0] - 1900,
                .tm_mon = (int)parts[1] - 1,
                .tm_mday = (int)parts[2],
                .tm_hour = (int)parts[3],
                .tm_min = (int)parts[4],
                .tm_sec = (int)parts[5]};
        seconds = timegm(&date);
        /* timegm takes the 31st of June as the 1st of July. */
        if (date.tm_year != given.tm_year || date.tm_mon != given.tm_mon || date.tm_mday != given.tm_mday ||
                date.tm_hour != given.tm_hour || date.tm_min != given.tm_min || date.tm_sec != given.tm_sec)
                return false;
        if (seconds < 0 || seconds > (time_t)UINT32_MAX)
                return false;
        *ret = (uint64_t)seconds;
        return true;
}

static int read_time(struct rdata_reader *r, const char *field)
{
        struct rdata_token token;
        uint64_t value;
        int k;

        k = rdata_next_word(r, field, &token);
        if (k < 0)
                return k;
        if (!parse_time(&token, &value))
                return rdata_refuse(
                        r, field, &token, "a time as YYYYMMDDHHmmSS (1970 to 2106) or seconds since 1970");
        write_number(&r->w, 4, value);
        return 0;
}

static bool print_time(struct rdata_printer *p, struct wire *w)
{
        time_t seconds = wire_read_u32(w);
        struct tm date;
        char text[32];

        if (w->failed || p->checking)
                return !w->failed;
        gmtime_r(&seconds, &date);
        strftime(text, sizeof(text), "%Y%m%d%H%M%S", &date);
        rdata_print_next(p);
        rdata_print(p, "%s", text);
        return true;
}

const struct rdata_kind rdata_time = {read_time, print_time};

/* A number, or its name in one of ldns's tables or ours; names in any letter case. */
static int read_named(struct rdata_reader *r, const char *field, const ldns_lookup_table *names,
        unsigned int octets, const char *what)
{
        struct rdata_token token;
        uint64_t value;
        int k;

        k = rdata_next_word(r, field, &token);
        if (k < 0)
                return k;
        if (!rdata_read_digits(token.start, token.size, (1U << 8 * octets) - 1, &value)) {
                while (names->name && !rdata_token_is(&token, names->name))
                        names++;
                if (!names->name)
                        return rdata_refuse(r, field, &token, what);
                value = (uint64_t)names->id;
        }
        write_number(&r->w, octets, value);
        return 0;
}

static int read_algorithm(struct rdata_reader *r, const char *field)
{
        return read_named(r, field, ldns_algorithms, 1, "a DNSSEC algorithm: its name, or 0 to 255");
}

const struct rdata_kind rdata_algorithm = {read_algorithm, print_u8};

static int read_certificate(struct rdata_reader *r, const char *field)
{
        return read_named(
                r, field, ldns_cert_algorithms, 2, "a type of certificate: its name, or 0 to 65535");
}

static bool print_certificate(struct rdata_printer *p, struct wire *w)
{
        uint16_t value = wire_read_u16(w);
        const ldns_lookup_table *name = ldns_lookup_by_id(ldns_cert_algorithms, value);

        if (!name)
                return print_number(p, w, value);
        rdata_print_next(p);
        rdata_print(p, "%s", name->name);
        return !w->failed;
}

const struct rdata_kind rdata_certificate = {read_certificate, print_certificate};

static int read_usage(struct rdata_reader *r, const char *field)
{
        static const ldns_lookup_table names[] = {
                {0, "PKIX-TA"}, {1, "PKIX-EE"}, {2, "DANE-TA"}, {3, "DANE-EE"}, {255, "PrivCert"}, {0, NULL}};

        return read_named(r, field, names, 1, "a certificate usage: its name, or 0 to 255");
}

const struct rdata_kind rdata_usage = {read_usage, print_u8};

static int read_selector(struct rdata_reader *r, const char *field)
{
        static const ldns_lookup_table names[] = {{0, "Cert"}, {1, "SPKI"}, {255, "PrivSel"}, {0, NULL}};

        return read_named(r, field, names, 1, "a selector: its name, or 0 to 255");
}

const struct rdata_kind rdata_selector = {read_selector, print_u8};

static int read_matching(struct rdata_reader *r, const char *field)
{
        static const ldns_lookup_table names[] = {
                {0, "Full"}, {1, "SHA2-256"}, {2, "SHA2-512"}, {255, "PrivMatch"}, {0, NULL}};

        return read_named(r, field, names, 1, "a matching type: its name, or 0 to 255");
}

const struct rdata_kind rdata_matching = {read_matching, print_u8};

/* RFC 9859 2.1. */
static int read_scheme(struct rdata_reader *r, const char *field)
{
        static const ldns_lookup_table names[] = {{1, "NOTIFY"}, {0, NULL}};

        return read_named(r, field, names, 1, "a scheme: NOTIFY, or 0 to 255");
}

const struct rdata_kind rdata_scheme = {read_scheme, print_u8};

static int read_covered(struct rdata_reader *r, const char *field)
{
        char text[RDATA_TYPE_TEXT_SIZE];
        struct rdata_token token;
        uint16_t type;
        int k;

        k = rdata_next_word(r, field, &token);
        if (k < 0)
                return k;
        if (!rdata_token_copy(&token, text, sizeof(text)) || rdata_type_from_text(text, &type) < 0)
                return rdata_refuse(r, field, &token, "a record type");
        wire_write_u16(&r->w, type);
        return 0;
}

static bool print_covered(struct rdata_printer *p, struct wire *w)
{
        char text[RDATA_TYPE_TEXT_SIZE];
        uint16_t type = wire_read_u16(w);

        rdata_print_next(p);
        if (!p->checking)
                rdata_print(p, "%s", rdata_type_to_text(type, text));
        return !w->failed;
}

const struct rdata_kind rdata_covered = {read_covered, print_covered};
