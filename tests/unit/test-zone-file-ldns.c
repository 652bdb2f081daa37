/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Zone files that are made up: ldns reads out of each what we do. */

#include "tests/unit/zone-file-fixture.h"

#include <ldns/ldns.h>

#define FILES 200

static unsigned int random_state = 5353;

static unsigned int choose(unsigned int n)
{
        random_state = random_state * 1103515245 + 12345;
        return random_state / 65536 % n;
}

#define PICK(...) \
        ({ \
                static const char *const _a[] = {__VA_ARGS__}; \
                _a[choose(ELEMENTSOF(_a))]; \
        })

/* Where an entry goes over lines; *OPEN says whether it may. */
static void put_blank(FILE *f, bool open)
{
        fputs(open && choose(3) == 0 ? PICK("\n", " ; a comment (\n ", "\n\n\t") : PICK(" ", "\t", "  \t "),
                f);
}

/* "\xHH" of C, not of zone files, is not wanted here: \DDD and \X only. */
static void put_rdata(FILE *f, bool open)
{
        switch (choose(8)) {
        case 0:
                fputs("A", f);
                put_blank(f, open);
                fprintf(f, "192.0.2.%u", choose(256));
                break;
        case 1:
                fputs("aaaa", f);
                put_blank(f, open);
                fprintf(f, "2001:db8::%x", choose(65536));
                break;
        case 2:
                fputs("PTR", f);
                put_blank(f, open);
                fputs(PICK("x", "y.z", "out.example.", "\\065b", "a\\.b", "@"), f);
                break;
        case 3:
                fputs("MX", f);
                put_blank(f, open);
                fprintf(f, "%u", choose(65536));
                put_blank(f, open);
                fputs(PICK("mail", "mail.example.", "@"), f);
                break;
        case 4:
                fputs("SRV", f);
                for (int i = 0; i < 3; i++) {
                        put_blank(f, open);
                        fprintf(f, "%u", choose(65536));
                }
                put_blank(f, open);
                fputs(PICK("sip", "sip.example."), f);
                break;
        case 5:
                fputs("TYPE65280", f);
                put_blank(f, open);
                fputs("\\# 3", f);
                put_blank(f, open);
                fputs("0a", f);
                put_blank(f, open);
                fputs("0B0c", f);
                break;
        default:
                fputs("TXT", f);
                for (unsigned int n = 1 + choose(3); n > 0; n--) {
                        put_blank(f, open);
                        fputs(PICK("plain", "\"one two\"", "\"\"", "\"a;b(c)d\"", "\"q\\\"b\\\\\"",
                                      "\"\\065\\000\\255\"", "a\\;b", "\\\"x"),
                                f);
                }
        }
}

/*
 * Without what ldns reads otherwise: a class before the TTL it does not take, and a record's TTL stays for
 * those without even behind $TTL (against RFC 2308 4), so that here either all records of a file give one or
 * none.
 */
static char *make_file(void)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        bool explicit_ttl = choose(2) == 0;

        fprintf(f, "$TTL %u\n", choose(9999));
        for (unsigned int n = choose(20), i = 0; i < n; i++) {
                bool open = choose(3) == 0;

                switch (choose(12)) {
                case 0:
                        fputs(PICK("$ORIGIN a.corp.internal.\n", "$ORIGIN corp.internal. ; comment\n",
                                      "; ( comment\n", "\n", "  \t\n"),
                                f);
                        continue;
                default:
                        if (i > 3 && choose(4) == 0)
                                fputs(" ", f);
                        else
                                fputs(PICK("a", "b.c", "*", "x.corp.internal.", "\\065\\.b", "@", "a1-b_c"),
                                        f);
                }
                put_blank(f, false);
                fputs(explicit_ttl ? PICK("5 ", "7 IN ", "1h ") : PICK("", "IN "), f);
                if (open)
                        fputs("( ", f);
                put_rdata(f, open);
                fputs(open ? PICK(" )", "\n)", ")") : "", f);
                fputs(PICK("", " ; comment", "  "), f);
                fputs("\n", f);
        }
        fclose(f);
        return text;
}

static void put_ldns_record(FILE *f, const ldns_rr *rr)
{
        struct record r = {.type = (uint16_t)ldns_rr_get_type(rr), .ttl = ldns_rr_ttl(rr)};
        const ldns_rdf *owner = ldns_rr_owner(rr);
        uint8_t rdata[4096];

        assert_int_equal(ldns_rr_get_class(rr), LDNS_RR_CLASS_IN);
        assert_int_equal(name_from_wire(ldns_rdf_data(owner), ldns_rdf_size(owner), &r.owner), 0);
        r.rdata = rdata;
        for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
                const ldns_rdf *field = ldns_rr_rdf(rr, i);

                assert_true(r.rdata_size + ldns_rdf_size(field) <= sizeof(rdata));
                memcpy(rdata + r.rdata_size, ldns_rdf_data(field), ldns_rdf_size(field));
                r.rdata_size = (uint16_t)(r.rdata_size + ldns_rdf_size(field));
        }
        if (r.type == RDATA_PTR) /* we store names in lower case */
                for (uint16_t i = 0; i < r.rdata_size; i++)
                        rdata[i] = (uint8_t)(rdata[i] >= 'A' && rdata[i] <= 'Z' ? rdata[i] + 32 : rdata[i]);
        assert_int_equal(fixture_print_record(f, &r, NULL), 0);
}

static char *read_by_ldns(const char *text)
{
        FILE *in = fmemopen((void *)text, strlen(text), "r"), *out;
        ldns_rdf *origin = ldns_dname_new_frm_str(FIXTURE_ZONE);
        ldns_zone *zone = NULL;
        char *records = NULL;
        size_t size;
        int line = 0;
        ldns_status status = ldns_zone_new_frm_fp_l(&zone, in, origin, 3600, LDNS_RR_CLASS_IN, &line);

        if (status != LDNS_STATUS_OK)
                fail_msg("%d: %s in:\n%s", line, ldns_get_errorstr_by_id(status), text);
        out = open_memstream(&records, &size);
        for (size_t i = 0; i < ldns_rr_list_rr_count(ldns_zone_rrs(zone)); i++)
                put_ldns_record(out, ldns_rr_list_rr(ldns_zone_rrs(zone), i));
        fclose(out);
        fclose(in);
        ldns_zone_deep_free(zone);
        ldns_rdf_deep_free(origin);
        return records;
}

static void test_same_as_ldns(void **state)
{
        for (int i = 0; i < FILES; i++) {
                _cleanup_free_ char *text = make_file(), *ours = NULL, *theirs = NULL, *reason = NULL;

                theirs = read_by_ldns(text);
                if (fixture_read_zone_file(FIXTURE_ZONE, text, strlen(text), 13, &ours, &reason) < 0)
                        fail_msg("%s in:\n%s", reason, text);
                if (strcmp(ours, theirs) != 0)
                        fail_msg("%s\nours:\n%s\nldns's:\n%s", text, ours, theirs);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_same_as_ldns),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
