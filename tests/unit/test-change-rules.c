/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What may stand together in a zone, whatever the order in which it comes. */

#include "tests/unit/dns-fixture.h"

#include "daemon/dns/zone-internal.h"

#define DS "1 8 1 0123456789abcdef0123456789abcdef01234567"
#define SOA "ns1 admin 1 2 3 4 5"
#define RECORDS_MAX 4

static struct zone_store *store;

static int setup(void **state)
{
        assert_int_equal(zone_store_new(&store), 0);
        fixture_create(store, "z", 0);
        return 0;
}

static int teardown(void **state)
{
        store = zone_store_free(store);
        return 0;
}

/* Records that cannot stand together; `item` and `why` are in the reason (NULL:
 * they can). */
static const struct rule {
        struct fixture_record records[RECORDS_MAX];
        const char *item, *why;
} rules[] = {
        {{R("a", "CNAME", 1, "b"), R("a", "A", 1, "192.0.2.1")}, "\"a.z.\"", "CNAME"},
        {{R("a", "CNAME", 1, "b"), R("a", "TYPE65280", 1, "\\# 1 00")}, "\"a.z.\"", "TYPE65280"},
        {{R("a", "CNAME", 1, "b"), R("a", "DNAME", 1, "b")}, "\"a.z.\"", "DNAME"},
        {{R("a", "CNAME", 1, "b"), R("a", "DS", 1, DS)}, "\"a.z.\"", "DS"},
        {{R("a", "CNAME", 1, "b"), R("a", "RRSIG", 1, "CNAME 8 2 1 20300101000000 20200101000000 1 z. AA=="),
                 R("a", "NSEC", 1, "b.z. CNAME"), R("a", "KEY", 1, "256 3 8 AA==")},
                NULL, NULL},
        {{R("a", "CNAME", 1, "b"), R("a", "CNAME", 1, "c")}, "\"a.z.\"", "more than one CNAME"},
        {{R("a", "CNAME", 1, "b"), R("a", "CNAME", 1, "b", .uid = 9)}, NULL, NULL},
        {{R("*", "CNAME", 1, "b"), R("x", "A", 1, "192.0.2.1")}, NULL, NULL},
        {{R("a", "CNAME", 1, "b"), R("x.a", "A", 1, "192.0.2.1")}, NULL, NULL},
        {{R("@", "CNAME", 1, "b")}, "\"z.\"", "CNAME"},
        {{R("@", "SOA", 1, SOA), R("@", "SOA", 1, "ns2 admin 1 2 3 4 5")}, "\"z.\"", "more than one SOA"},
        {{R("@", "SOA", 1, SOA), R("@", "NS", 1, "ns"), R("@", "DNAME", 1, "b.test.")}, NULL, NULL},
        {{R("a", "SOA", 1, SOA)}, "\"a.z.\"", "SOA"},
        {{R("@", "DS", 1, DS)}, "\"z.\"", "DS"},
        {{R("a", "DS", 1, DS)}, NULL, NULL},
        {{R("*", "NS", 1, "ns")}, "\"*.z.\"", "NS"},
        {{R("*.a", "DNAME", 1, "b")}, "\"*.a.z.\"", "DNAME"},
        {{R("a.*", "NS", 1, "ns"), R("*a", "NS", 1, "ns")}, NULL, NULL},
        {{R("a", "DNAME", 1, "b"), R("a", "DNAME", 1, "c")}, "\"a.z.\"", "more than one DNAME"},
        {{R("a", "DNAME", 1, "b"), R("a", "NS", 1, "ns")}, "\"a.z.\"", "NS"},
        {{R("a", "DNAME", 1, "b"), R("a", "A", 1, "192.0.2.1"), R("b", "A", 1, "192.0.2.1")}, NULL, NULL},
        {{R("a", "DNAME", 1, "b"), R("x.a", "A", 1, "192.0.2.1")}, "\"x.a.z.\"", "DNAME of \"a.z.\""},
        {{R("a", "DNAME", 1, "b"), R("x.y.a", "TXT", 1, "x")}, "\"x.y.a.z.\"", "DNAME of \"a.z.\""},
        {{R("a", "DNAME", 1, "b"), R("x.y.a", "DNAME", 1, "c")}, "\"x.y.a.z.\"", "DNAME of \"a.z.\""},
        {{R("@", "DNAME", 1, "b.test."), R("x", "TXT", 1, "x")}, "\"x.z.\"", "DNAME of \"z.\""},
        {{R("a", "DNAME", 1, "b"), R("xa", "A", 1, "192.0.2.1"), R("x.b", "A", 1, "192.0.2.1")}, NULL, NULL},
        {{R("cut", "NS", 1, "ns.cut"), R("ns.cut", "A", 1, "192.0.2.1"), R("x.cut", "DNAME", 1, "b")}, NULL,
                NULL},
        {{R("a", "NSEC3", 1, "1 0 1 AA 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A"),
                 R("a", "RRSIG", 1, "A 8 2 1 20300101000000 20200101000000 1 z. AA==")},
                NULL, NULL},
};

static size_t rule_records(const struct rule *rule)
{
        size_t n = 0;

        while (n < RECORDS_MAX && rule->records[n].owner)
                n++;
        return n;
}

/* The result of R says what RULE says; C is as it was where it refuses. */
static void check(const struct rule *rule, int r, char *reason)
{
        if (r != (rule->item ? -EINVAL : 0))
                fail_msg("%s %s: %d %s", rule->records[0].owner, rule->records[0].type, r, reason);
        if (rule->item) {
                assert_non_null(reason);
                if (!strstr(reason, rule->item) || !strstr(reason, rule->why))
                        fail_msg("\"%s\" and \"%s\" are not in: %s", rule->item, rule->why, reason);
        }
        free(reason);
}

static void clear(void)
{
        _cleanup_(change_freep) struct change *c = NULL;
        struct name z = name_of("z");

        assert_int_equal(change_new(store, &c), 0);
        assert_int_equal(change_replace(c, &z, NULL, 0, NULL), 0);
        change_apply(c);
}

static void reverse(const struct rule *rule, struct fixture_record *ret)
{
        size_t n = rule_records(rule);

        for (size_t i = 0; i < n; i++)
                ret[i] = rule->records[n - 1 - i];
}

/* All at once, in both orders, by each kind of step. */
static void test_in_one_step(void **state)
{
        static const fixture_step_t steps[] = {change_add, change_set, change_replace};

        for (size_t i = 0; i < ELEMENTSOF(rules); i++)
                for (size_t k = 0; k < 2 * ELEMENTSOF(steps); k++) {
                        _cleanup_(change_freep) struct change *c = NULL;
                        struct fixture_record records[RECORDS_MAX];
                        char *reason = NULL;
                        int r;

                        memcpy(records, rules[i].records, sizeof(records));
                        if (k % 2)
                                reverse(&rules[i], records);
                        assert_int_equal(change_new(store, &c), 0);
                        r = fixture_step(c, steps[k / 2], "z", records, rule_records(&rules[i]), &reason);
                        check(&rules[i], r, reason);
                        if (r < 0)
                                assert_false(change_get_zone(c, 0, &(struct change_zone){}));
                }
}

/*
 * One after the other, in both orders: within one change, and each change
 * applied. The last one is refused, and names what makes it so: perhaps the
 * other record.
 */
static void test_in_steps(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(rules); i++)
                for (int k = 0; k < 4; k++) {
                        _cleanup_(change_freep) struct change *c = NULL;
                        struct fixture_record records[RECORDS_MAX];
                        size_t n = rule_records(&rules[i]);
                        char *reason = NULL;
                        int r = 0;

                        memcpy(records, rules[i].records, sizeof(records));
                        if (k % 2)
                                reverse(&rules[i], records);
                        clear();
                        assert_int_equal(change_new(store, &c), 0);
                        for (size_t j = 0; j < n && r == 0; j++) {
                                r = fixture_step(c, change_add, "z", &records[j], 1, &reason);
                                if (k < 2 || r < 0)
                                        continue;
                                change_apply(c);
                                c = change_free(c);
                                assert_int_equal(change_new(store, &c), 0);
                        }
                        check(&rules[i], r, reason);
                }
}

/* What goes in the same step or change makes room. */
static void test_what_goes_makes_room(void **state)
{
        _cleanup_(change_freep) struct change *c = NULL;

        fixture_put(store, change_add, "z",
                FIXTURE_RECORDS(R("x.a", "A", 1, "192.0.2.1"), R("c", "TXT", 1, "x")));
        assert_int_equal(change_new(store, &c), 0);
        assert_int_equal(fixture_step(c, change_replace, "z",
                                 FIXTURE_RECORDS(R("a", "DNAME", 1, "b"), R("c", "CNAME", 1, "b")), NULL),
                0);
        c = change_free(c);
        assert_int_equal(change_new(store, &c), 0);
        assert_int_equal(fixture_remove(c, "z", "x.a", "", "", NULL), 0);
        assert_int_equal(fixture_step(c, change_add, "z", FIXTURE_RECORDS(R("a", "DNAME", 1, "b")), NULL), 0);
        change_apply(c);
        c = change_free(c);
        assert_int_equal(change_new(store, &c), 0);
        assert_int_equal(
                fixture_step(c, change_add, "z", FIXTURE_RECORDS(R("x.a", "A", 1, "192.0.2.1")), NULL),
                -EINVAL);
        assert_int_equal(fixture_remove(c, "z", "a", "DNAME", "", NULL), 0);
        assert_int_equal(
                fixture_step(c, change_add, "z", FIXTURE_RECORDS(R("x.a", "A", 1, "192.0.2.1")), NULL), 0);
        change_apply(c);
}

/* A name, all of its types, in the store, the change and the step at once. */
static void test_whole_name_goes(void **state)
{
        _cleanup_(change_freep) struct change *c = NULL;
        struct name z = name_of("z");

        fixture_put(store, change_add, "z",
                FIXTURE_RECORDS(R("a", "A", 1, "192.0.2.1"), R("a", "TYPE65280", 1, "\\# 1 00")));
        assert_int_equal(change_new(store, &c), 0);
        assert_int_equal(fixture_step(c, change_add, "z",
                                 FIXTURE_RECORDS(R("a", "MX", 1, "1 m"), R("a", "TXT", 1, "x"),
                                         R("b", "A", 1, "192.0.2.1")),
                                 NULL),
                0);
        assert_int_equal(fixture_remove(c, "z", "a", "TXT", "", NULL), 0);
        const struct change_removal removals[] = {
                {.owner = name_of("a.z"), .type = RDATA_MX}, {.owner = name_of("a.z")}};
        assert_int_equal(change_remove(c, &z, removals, 2, NULL), 0);
        change_apply(c);
        _cleanup_free_ char *dump = fixture_dump(store);
        assert_string_equal(dump, "z. flags=0 uid=0 records=1\nb.z. 1 A 192.0.2.1 "
                                  "uid=0 life=0\nzones=1 records=1\n");
}

static int add_types(struct change *c, fixture_step_t step, unsigned int from, unsigned int n, char **reason)
{
        struct fixture_record *records = calloc(n, sizeof(*records));
        char(*types)[12] = calloc(n, sizeof(*types));
        int r;

        for (unsigned int i = 0; i < n; i++) {
                snprintf(types[i], sizeof(types[i]), "TYPE%u", from + i);
                records[i] = (struct fixture_record)R("many", types[i], 1, "\\# 1 00");
        }
        r = fixture_step(c, step, "z", records, n, reason);
        free(records);
        free(types);
        return r;
}

static void test_limit_of_types(void **state)
{
        _cleanup_(change_freep) struct change *c = NULL;
        char *reason = NULL;

        assert_int_equal(change_new(store, &c), 0);
        assert_int_equal(add_types(c, change_add, 2000, 1, &reason), 0);
        change_apply(c);
        c = change_free(c);
        assert_int_equal(change_new(store, &c), 0);
        assert_int_equal(add_types(c, change_replace, 300, ZONE_NODE_RRSETS_MAX + 1, &reason), -E2BIG);
        free(TAKE_PTR(reason));
        c = change_free(c);
        clear();
        assert_int_equal(change_new(store, &c), 0);
        assert_int_equal(add_types(c, change_add, 300, 3 * ZONE_NODE_RRSETS_MAX, &reason), -E2BIG);
        assert_non_null(strstr(reason, "\"many.z.\""));
        free(TAKE_PTR(reason));
        assert_int_equal(add_types(c, change_add, 300, ZONE_NODE_RRSETS_MAX + 1, &reason), -E2BIG);
        assert_non_null(strstr(reason, "\"many.z.\""));
        free(TAKE_PTR(reason));
        assert_int_equal(add_types(c, change_add, 300, ZONE_NODE_RRSETS_MAX, &reason), 0);
        assert_int_equal(add_types(c, change_add, 1000, 1, &reason), -E2BIG);
        free(TAKE_PTR(reason));
        change_apply(c);
        c = change_free(c);
        assert_int_equal(change_new(store, &c), 0);
        assert_int_equal(add_types(c, change_add, 1000, 1, &reason), -E2BIG);
        free(TAKE_PTR(reason));
        assert_int_equal(add_types(c, change_add, 300, ZONE_NODE_RRSETS_MAX, &reason), 0);
        assert_int_equal(add_types(c, change_replace, 2000, ZONE_NODE_RRSETS_MAX + 1, &reason), -E2BIG);
        free(TAKE_PTR(reason));
        assert_int_equal(add_types(c, change_replace, 2000, ZONE_NODE_RRSETS_MAX, &reason), 0);
        change_apply(c);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(test_in_one_step),
                TEST(test_in_steps),
                TEST(test_what_goes_makes_room),
                TEST(test_whole_name_goes),
                TEST(test_limit_of_types),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
