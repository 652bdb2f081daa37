/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/zone-file-fixture.h"

#include "daemon/dns/zone-file-print.h"

#define NOW 1785456000 /* 2026-07-31T00:00:00Z */

struct world {
        struct zone_store *store;
};

static int setup(void **state)
{
        struct world *w = calloc(1, sizeof(*w));

        assert_non_null(w);
        assert_int_equal(zone_store_new(&w->store), 0);
        fixture_create(w->store, FIXTURE_ZONE, ZONE_PERSISTENT);
        *state = w;
        return 0;
}

static int teardown(void **state)
{
        struct world *w = *state;

        zone_store_free(w->store);
        free(w);
        return 0;
}

static struct zone *zone_of(const struct world *w)
{
        struct name apex = name_of(FIXTURE_ZONE);

        return zone_store_find(w->store, &apex);
}

/* All of the text, to be freed; fetched PIECE octets at a time. */
static char *print(const struct zone *zone, size_t piece)
{
        _cleanup_(zone_file_printer_freep) struct zone_file_printer *p = NULL;
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);
        const char *next;
        ssize_t n;

        assert_int_equal(zone_file_printer_new(zone, NOW, &p), 0);
        while ((n = zone_file_printer_next(p, piece, &next)) > 0)
                assert_int_equal(fwrite(next, 1, (size_t)n, f), n);
        assert_int_equal(n, 0);
        fclose(f);
        return text;
}

static void assert_printed(const struct world *w, const char *lines)
{
        _cleanup_free_ char *text = print(zone_of(w), 1), *at_once = print(zone_of(w), SIZE_MAX);
        _cleanup_free_ char *expected = NULL;

        assert_true(asprintf(&expected, "; Zone corp.internal, serial %lu, 2026-07-31T00:00:00Z\n%s",
                            (unsigned long)zone_serial(zone_of(w)), lines) > 0);
        assert_string_equal(text, expected);
        assert_string_equal(at_once, expected);
}

static void test_empty(void **state)
{
        assert_printed(*state, "$ORIGIN corp.internal.\n$TTL 3600\n");
}

static void test_lines(void **state)
{
        struct world *w = *state;

        fixture_put(w->store, change_set, FIXTURE_ZONE,
                FIXTURE_RECORDS(R("b", "A", 60, "192.0.2.2"), R("*.a", "AAAA", 2147483647, "2001:db8::1"),
                        R("b", "A", 60, "192.0.2.1"), R("@", "TXT", 5, "\"x;y\" z"),
                        R("a.b", "CNAME", 0, "@"), R("a", "PTR", 7, "out.example."),
                        R("\\@\\$\\032", "A", 7, "192.0.2.3")));
        assert_printed(w, "$ORIGIN corp.internal.\n"
                          "$TTL 5\n"
                          "@             5 IN TXT    \"x;y\" \"z\"\n"
                          "\\@\\$\\032      7 IN A      192.0.2.3\n"
                          "a             7 IN PTR    out.example.\n"
                          "*.a      2147483647 IN AAAA   2001:db8::1\n"
                          "b            60 IN A      192.0.2.1\n"
                          "b            60 IN A      192.0.2.2\n"
                          "a.b           0 IN CNAME  corp.internal.\n");
}

/* What several own is one record, and as short-lived as the shortest. */
static void test_owners(void **state)
{
        struct world *w = *state;

        fixture_put(w->store, change_set, FIXTURE_ZONE,
                FIXTURE_RECORDS(R("a", "A", 60, "192.0.2.1", .uid = 1),
                        R("a", "A", 30, "192.0.2.1", .uid = 2),
                        R("a", "A", 40, "192.0.2.1", .uid = 2, .life = RECORD_PERSISTENT),
                        R("a", "A", 70, "192.0.2.2", .uid = 2)));
        assert_printed(w, "$ORIGIN corp.internal.\n"
                          "$TTL 30\n"
                          "a     30 IN A      192.0.2.1\n"
                          "a     70 IN A      192.0.2.2\n");
}

/* The zone may change, or go, while it is being printed. */
static void test_change_meanwhile(void **state)
{
        struct world *w = *state;
        _cleanup_(zone_file_printer_freep) struct zone_file_printer *p = NULL;
        _cleanup_(change_freep) struct change *c = NULL;
        struct name apex = name_of(FIXTURE_ZONE);
        const char *next;

        fixture_put(w->store, change_set, FIXTURE_ZONE, FIXTURE_RECORDS(R("a", "A", 60, "192.0.2.1")));
        assert_int_equal(zone_file_printer_new(zone_of(w), NOW, &p), 0);
        assert_true(zone_file_printer_next(p, 1, &next) > 0);
        assert_int_equal(change_new(w->store, &c), 0);
        assert_int_equal(change_remove_zone(c, &apex, NULL), 0);
        change_apply(c);
        c = change_free(c);
        ssize_t n = zone_file_printer_next(p, 1, &next);
        assert_int_equal(n, strlen("a     60 IN A      192.0.2.1\n"));
        assert_memory_equal(next, "a     60 IN A      192.0.2.1\n", (size_t)n);
        assert_int_equal(zone_file_printer_next(p, 1, &next), 0);
        assert_int_equal(zone_file_printer_next(p, 1, &next), 0);
}

static unsigned int random_state = 53;

static unsigned int choose(unsigned int n)
{
        random_state = random_state * 1103515245 + 12345;
        return random_state / 65536 % n;
}

/* Any octet, in some form that text may have. */
static void random_octet(FILE *f)
{
        unsigned int c = choose(256);

        if (c > ' ' && c < 0x7f && !strchr("\\\"();.@$", (int)c))
                fputc((int)c, f);
        else
                fprintf(f, "\\%03u", c);
}

static char *random_name(void)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        for (unsigned int labels = 1 + choose(3); labels > 0; labels--) {
                for (unsigned int n = 1 + choose(6); n > 0; n--)
                        random_octet(f);
                fputc(labels > 1 ? '.' : '\0', f);
        }
        fclose(f);
        return text;
}

static char *random_strings(void)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        for (unsigned int strings = 1 + choose(3); strings > 0; strings--) {
                fputc('"', f);
                for (unsigned int n = choose(9); n > 0; n--)
                        random_octet(f);
                fputs(strings > 1 ? "\" " : "\"", f);
        }
        fclose(f);
        return text;
}

/* Every octet that names and strings may have comes back as it was. */
static void test_round_trip(void **state)
{
        struct world *w = *state;

        for (int i = 0; i < 300; i++) {
                _cleanup_free_ char *owner = random_name(), *rdata = NULL;
                bool name = choose(2) == 0;

                rdata = name ? random_name() : random_strings();
                fixture_put(w->store, change_add, FIXTURE_ZONE,
                        FIXTURE_RECORDS(R(owner, name ? "PTR" : "TXT", choose(10), rdata)));
        }

        _cleanup_free_ char *text = print(zone_of(w), 4096), *records = NULL, *reason = NULL;
        _cleanup_free_ char *again = NULL;
        struct zone *zone = zone_of(w);
        const struct zone_node **nodes;
        size_t n, size;
        FILE *f = open_memstream(&again, &size);

        if (fixture_read_zone_file(FIXTURE_ZONE, text, strlen(text), 4096, &records, &reason) < 0)
                fail_msg("%s", reason);
        assert_int_equal(zone_list_nodes(zone, &nodes, &n), 0);
        for (size_t i = 0; i < n; i++)
                for (uint16_t type = 1; type <= RDATA_TXT; type++) {
                        const struct rrset *set = zone_node_rrset(nodes[i], type);
                        struct record r = {.type = type};

                        zone_node_name(nodes[i], &r.owner);
                        for (const struct rrset_entry *e = set ? rrset_next(set, NULL) : NULL; e;
                                e = rrset_next(set, e)) {
                                r.ttl = e->ttl;
                                r.rdata = (uint8_t *)e->rdata;
                                r.rdata_size = e->size;
                                assert_int_equal(fixture_print_record(f, &r, NULL), 0);
                        }
                }
        free(nodes);
        fclose(f);
        assert_string_equal(records, again);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(test_empty),
                TEST(test_lines),
                TEST(test_owners),
                TEST(test_change_meanwhile),
                TEST(test_round_trip),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
