/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Rdata of every type, made up from a seed, is read by ldns from what we print, and by us from what ldns
 * prints: the octets must be the same. Where they are not is told here, and in rdata-fixture.h.
 */

#include "tests/unit/test.h"

#include <ldns/ldns.h>

#include "daemon/dns/rdata.h"
#include "tests/unit/rdata-fixture.h"

#define SAMPLES 100
#define BUFFER_SIZE 16384

static const struct {
        const char *type;
        bool ours_differs, theirs_differs; /* what we, and what ldns prints */
        const char *why;
} differences[] = {
        {"WKS", false, true, "ldns prints names of services, from the machine's own list"},
        {"NSAP-PTR", true, true, "ldns has a string; RFC 1706 6 has a name"},
        {"NXT", true, true, "ldns has opaque octets; RFC 2535 5.3 has a list of types"},
        {"ATMA", true, true, "ldns takes the octet for the format as one of the address"},
        {"SINK", true, true, "ldns takes the first octet only"},
};

DEFINE_CLEANUP(ldns_rr *, ldns_rr_free)
DEFINE_CLEANUP(ldns_buffer *, ldns_buffer_free)

static bool known_to_ldns(const char *mnemonic)
{
        return ldns_get_rr_type_by_name(mnemonic) != 0;
}

/* In a list of types, one that ldns knows by its number only. */
static bool mentions_unknown(const char *text)
{
        _cleanup_free_ char *words = strdup(text);
        char *rest = words;

        assert_non_null(words);
        for (const char *word; (word = strsep(&rest, " "));)
                if (rdata_type_find_name(word) && !known_to_ldns(word))
                        return true;
        return false;
}

static bool ldns_reads(const char *type, const char *text, const uint8_t *rdata, size_t size)
{
        _cleanup_(ldns_buffer_freep) ldns_buffer *b = ldns_buffer_new(256);
        _cleanup_(ldns_rr_freep) ldns_rr *rr = NULL;
        _cleanup_free_ char *line = NULL;

        assert_true(b && asprintf(&line, "a. 1 IN %s %s", type, text) > 0);
        return ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL) == LDNS_STATUS_OK &&
               ldns_rr_rdata2buffer_wire(b, rr) == LDNS_STATUS_OK && ldns_buffer_position(b) == size &&
               memcmp(ldns_buffer_begin(b), rdata, size) == 0;
}

/* NULL: ldns does not take the octets. */
static char *ldns_prints(uint16_t type, const uint8_t *rdata, uint16_t size)
{
        _cleanup_(ldns_rr_freep) ldns_rr *rr = NULL;
        uint8_t buf[BUFFER_SIZE + 11];
        struct wire w = wire_writer(buf, sizeof(buf));
        size_t position = 0;
        char *text, *p;

        wire_write_u8(&w, 0);
        wire_write_u16(&w, type);
        wire_write_u16(&w, 1);
        wire_write_u32(&w, 1);
        wire_write_u16(&w, size);
        wire_write(&w, rdata, size);
        if (ldns_wire2rr(&rr, buf, w.position, &position, LDNS_SECTION_ANSWER) != LDNS_STATUS_OK)
                return NULL;
        p = text = ldns_rr2str_fmt(ldns_output_format_nocomments, rr);
        for (int i = 0; i < 4; i++)
                p += strcspn(p, "\t") + 1;
        p[strcspn(p, "\n")] = '\0';
        memmove(text, p, strlen(p) + 1);
        return text;
}

static bool we_read(uint16_t type, const char *text, const uint8_t *rdata, uint16_t size)
{
        _cleanup_free_ uint8_t *again = NULL;
        uint16_t n;

        return rdata_from_text(type, text, NULL, &again, &n, NULL) == 0 && n == size &&
               memcmp(again, rdata, n) == 0;
}

/* Makes up rdata of T that is accepted; returns its size. */
static uint16_t make(struct rdata_maker *m, const struct rdata_type *t, uint8_t buf[BUFFER_SIZE])
{
        for (int tries = 0; tries < 100; tries++) {
                struct wire w = wire_writer(buf, BUFFER_SIZE);

                rdata_make(m, t, &w);
                assert_false(w.failed);
                if (rdata_check(t->type, buf, (uint16_t)w.position))
                        return (uint16_t)w.position;
        }
        fail_msg("%s: nothing that is made up is accepted", t->name);
        return 0;
}

static void compare(const struct rdata_type *t, const uint8_t *rdata, uint16_t size)
{
        _cleanup_free_ char *ours = NULL, *theirs = ldns_prints(t->type, rdata, size);
        bool ours_differs = !known_to_ldns(t->name), theirs_differs = false;

        for (size_t i = 0; i < ELEMENTSOF(differences); i++)
                if (strcmp(differences[i].type, t->name) == 0) {
                        ours_differs = differences[i].ours_differs;
                        theirs_differs = differences[i].theirs_differs;
                }
        assert_int_equal(rdata_to_text(t->type, rdata, size, &ours), 0);
        if (!ours_differs && !mentions_unknown(ours) && !ldns_reads(t->name, ours, rdata, size))
                fail_msg("ldns does not read %s %s", t->name, ours);
        if (!theirs_differs && (!theirs || !we_read(t->type, theirs, rdata, size)))
                fail_msg("%s %s is not read as ldns prints it: %s", t->name, ours, theirs);
}

static void test_ldns(void **state)
{
        struct rdata_maker m = {.seed = 53, .tame = true};
        uint8_t buf[BUFFER_SIZE];

        for (unsigned int type = 0; type <= UINT16_MAX; type++) {
                const struct rdata_type *t = rdata_type_find((uint16_t)type);

                for (int i = 0; t && i < SAMPLES; i++) {
                        uint16_t size = make(&m, t, buf);

                        compare(t, buf, size);
                }
        }
}

/* Without regard for ldns: whatever is accepted prints and reads back. */
static void test_round_trip(void **state)
{
        struct rdata_maker m = {.seed = 35};
        uint8_t buf[BUFFER_SIZE];

        for (unsigned int type = 0; type <= UINT16_MAX; type++) {
                const struct rdata_type *t = rdata_type_find((uint16_t)type);

                for (int i = 0; t && i < SAMPLES; i++) {
                        _cleanup_free_ char *text = NULL;
                        uint16_t size = make(&m, t, buf);

                        assert_int_equal(rdata_to_text(t->type, buf, size, &text), 0);
                        if (!we_read(t->type, text, buf, size))
                                fail_msg("%s %s", t->name, text);
                }
        }
}

/* Every type that ldns knows by name has a row of ours, or is a meta type, or opaque with ldns too. */
static void test_all_types(void **state)
{
        for (unsigned int type = 1; type <= UINT16_MAX; type++) {
                const ldns_rr_descriptor *d = ldns_rr_descript((uint16_t)type);

                if (d->_type != type || !d->_name || rdata_type_find((uint16_t)type))
                        continue;
                if (rdata_type_stored((uint16_t)type) && strcmp(d->_name, "NULL") != 0 &&
                        strcmp(d->_name, "A6") != 0)
                        fail_msg("ldns knows %s", d->_name);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ldns),
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_all_types),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
