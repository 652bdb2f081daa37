/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/dns-fixture.h"

#include <time.h>

#include "daemon/dns/rrset.h"

#define A(owner, last) R(owner, "A", 60, "192.0.2." last)

#define ADDRESSES_MAX 4062

static struct zone_store *store;
static struct change *c;
static char *reason, *before;

/* A store with a zone "z" (persistent) and "other", and an empty change. */
static int setup(void **state)
{
        assert_int_equal(zone_store_new(&store), 0);
        fixture_create(store, "z", ZONE_PERSISTENT);
        fixture_create(store, "other", 0);
        fixture_put(store, change_add, "z",
                FIXTURE_RECORDS(A("a", "1"), A("a", "2"), R("alias", "CNAME", 60, "a")));
        assert_int_equal(change_new(store, &c), 0);
        before = fixture_dump(store);
        return 0;
}

static int teardown(void **state)
{
        c = change_free(c);
        store = zone_store_free(store);
        free(TAKE_PTR(reason));
        free(TAKE_PTR(before));
        return 0;
}

static void dumps(const char *expected)
{
        _cleanup_free_ char *dump = fixture_dump(store);

        assert_string_equal(dump, expected);
}

/* The reason of the last refusal names ITEM, and nothing has changed. */
static void refused(int r, int expected, const char *item)
{
        if (r != expected)
                fail_msg("%d: %s", r, reason);
        assert_non_null(reason);
        if (!strstr(reason, item))
                fail_msg("\"%s\" is not in: %s", item, reason);
        free(TAKE_PTR(reason));
        dumps(before);
}

static void applied_and_reverted(const char *expected)
{
        dumps(before);
        change_apply(c);
        dumps(expected);
        change_revert(c);
        dumps(before);
}

#define HEAD(n) "z. flags=1 uid=0 records=" n "\n"
#define A1 "a.z. 60 A 192.0.2.1 uid=0 life=0\n"
#define A2 "a.z. 60 A 192.0.2.2 uid=0 life=0\n"
#define ALIAS "alias.z. 60 CNAME a.z. uid=0 life=0\n"
#define TAIL(n) "other. flags=0 uid=0 records=0\nzones=2 records=" n "\n"

static void test_set_replaces_rrsets(void **state)
{
        assert_int_equal(
                fixture_step(c, change_set, "z",
                        FIXTURE_RECORDS(R("a", "A", 5, "192.0.2.3", .uid = 9), R("b", "TXT", 7, "t")),
                        &reason),
                0);
        applied_and_reverted(HEAD("3") "a.z. 5 A 192.0.2.3 uid=9 life=0\n" ALIAS
                                       "b.z. 7 TXT \"t\" uid=0 life=0\n" TAIL("3"));
}

static void test_add_merges(void **state)
{
        assert_int_equal(
                fixture_step(c, change_add, "z",
                        FIXTURE_RECORDS(R("a", "A", 5, "192.0.2.1"), R("a", "A", 6, "192.0.2.1", .uid = 9),
                                R("a", "A", 7, "192.0.2.1", .life = RECORD_PERSISTENT), A("a", "0"),
                                R("a", "A", 1, "192.0.2.0")),
                        &reason),
                0);
        applied_and_reverted(HEAD("6") "a.z. 1 A 192.0.2.0 uid=0 life=0\n"
                                       "a.z. 5 A 192.0.2.1 uid=0 life=0\n"
                                       "a.z. 7 A 192.0.2.1 uid=0 life=1 dup\n"
                                       "a.z. 6 A 192.0.2.1 uid=9 life=0 dup\n" A2 ALIAS TAIL("6"));
}

static void test_replace_takes_all_else_away(void **state)
{
        assert_int_equal(fixture_step(c, change_replace, "z",
                                 FIXTURE_RECORDS(A("n", "1"), A("a", "1"), A("a", "2")), &reason),
                0);
        applied_and_reverted(HEAD("3") A1 A2 "n.z. 60 A 192.0.2.1 uid=0 life=0\n" TAIL("3"));
        assert_int_equal(change_replace(c, &(struct name){}, NULL, 0, NULL), -ENOENT);
}

static void test_replace_by_nothing(void **state)
{
        struct name z = name_of("z");

        assert_int_equal(fixture_step(c, change_add, "z", FIXTURE_RECORDS(A("n", "1")), &reason), 0);
        assert_int_equal(change_replace(c, &z, NULL, 0, &reason), 0);
        applied_and_reverted(HEAD("0") TAIL("0"));
}

static void test_remove(void **state)
{
        assert_int_equal(fixture_remove(c, "z", "a", "A", "192.0.2.1", &reason), 0);
        assert_int_equal(fixture_remove(c, "z", "alias", "", "", &reason), 0);
        applied_and_reverted(HEAD("1") A2 TAIL("1"));
}

static void test_remove_takes_all_owners_of_the_rdata(void **state)
{
        fixture_put(store, change_add, "z", FIXTURE_RECORDS(R("a", "A", 60, "192.0.2.1", .uid = 9)));
        assert_int_equal(fixture_remove(c, "z", "a", "A", "192.0.2.1", &reason), 0);
        change_apply(c);
        dumps(HEAD("2") A2 ALIAS TAIL("2"));
}

static void test_remove_of_what_is_not_there(void **state)
{
        refused(fixture_remove(c, "nozone", "a", "A", "", &reason), -ENOENT, "\"nozone\"");
        refused(fixture_remove(c, "z", "nobody", "", "", &reason), -ENOENT, "\"nobody.z.\"");
        refused(fixture_remove(c, "z", "a", "TXT", "", &reason), -ENOENT, "TXT");
        refused(fixture_remove(c, "z", "a", "A", "192.0.2.9", &reason), -ENOENT, "\"a.z.\"");
        refused(fixture_remove(c, "z", "a", "MX", "", &reason), -ENOENT, "MX");
        refused(fixture_remove(c, "z", "a.other.", "A", "", &reason), -ENOENT, "\"a.other.\"");
        refused(fixture_remove(c, "z", "a", "", "x", &reason), -EINVAL, "\"a.z.\"");
        assert_int_equal(fixture_remove(c, "z", "a", "A", "192.0.2.1", NULL), 0);
        refused(fixture_remove(c, "z", "a", "A", "192.0.2.1", &reason), -ENOENT, "\"a.z.\"");
        assert_int_equal(fixture_remove(c, "z", "a", "", "", NULL), 0);
        refused(fixture_remove(c, "z", "a", "", "", &reason), -ENOENT, "\"a.z.\"");
        applied_and_reverted(HEAD("1") ALIAS TAIL("1"));
}

static void test_removals_of_one_step_are_all_or_nothing(void **state)
{
        struct name z = name_of("z");
        struct change_removal removals[] = {
                {.owner = name_of("a.z"), .type = RDATA_A}, {.owner = name_of("b.z"), .type = RDATA_A}};

        refused(change_remove(c, &z, removals, 2, &reason), -ENOENT, "\"b.z.\"");
        applied_and_reverted(before);
}

static void test_cname_rules(void **state)
{
        struct fixture_record cname = R("c", "CNAME", 60, "a");

        refused(fixture_step(c, change_add, "z", FIXTURE_RECORDS(A("alias", "1")), &reason), -EINVAL,
                "\"alias.z.\"");
        refused(fixture_step(c, change_add, "z", FIXTURE_RECORDS(R("a", "CNAME", 60, "x")), &reason), -EINVAL,
                "\"a.z.\"");
        refused(fixture_step(c, change_set, "z", FIXTURE_RECORDS(R("a", "CNAME", 60, "x")), &reason), -EINVAL,
                "type A");
        refused(fixture_step(c, change_add, "z", FIXTURE_RECORDS(R("alias", "CNAME", 60, "x")), &reason),
                -EINVAL, "more than one");
        refused(fixture_step(c, change_set, "z", FIXTURE_RECORDS(cname, R("c", "CNAME", 60, "b")), &reason),
                -EINVAL, "\"c.z.\"");
        refused(fixture_step(c, change_set, "z", FIXTURE_RECORDS(cname, A("c", "1")), &reason), -EINVAL,
                "\"c.z.\"");
        refused(fixture_step(c, change_set, "z", FIXTURE_RECORDS(R("@", "CNAME", 60, "a")), &reason), -EINVAL,
                "SOA");

        /* The same one by another user is one CNAME; beside records of a step before in the change it is not
         * alone; in their place it is. */
        assert_int_equal(fixture_step(c, change_add, "z",
                                 FIXTURE_RECORDS(R("alias", "CNAME", 60, "A", .uid = 9)), &reason),
                0);
        assert_int_equal(fixture_step(c, change_add, "z", FIXTURE_RECORDS(A("c", "1")), &reason), 0);
        refused(fixture_step(c, change_add, "z", &cname, 1, &reason), -EINVAL, "\"c.z.\"");
        assert_int_equal(fixture_remove(c, "z", "c", "A", "", &reason), 0);
        assert_int_equal(fixture_step(c, change_add, "z", &cname, 1, &reason), 0);
        refused(fixture_step(c, change_add, "z", FIXTURE_RECORDS(R("c", "TXT", 60, "x")), &reason), -EINVAL,
                "TXT");
        applied_and_reverted(HEAD("5") A1 A2 ALIAS "alias.z. 60 CNAME a.z. uid=9 life=0 dup\n"
                                                   "c.z. 60 CNAME a.z. uid=0 life=0\n" TAIL("5"));
}

static void test_replace_may_turn_data_into_a_cname(void **state)
{
        assert_int_equal(fixture_step(c, change_replace, "z",
                                 FIXTURE_RECORDS(R("a", "CNAME", 60, "b"), A("alias", "1")), &reason),
                0);
        change_apply(c);
        dumps(HEAD("2") "a.z. 60 CNAME b.z. uid=0 life=0\nalias.z. 60 A 192.0.2.1 uid=0 life=0\n" TAIL("2"));
}

static void test_bad_records_change_nothing(void **state)
{
        struct name z = name_of("z"), other = name_of("other");
        uint8_t rdata[] = {192, 0, 2, 1};
        struct record good = {.owner = name_of("x.z"), .type = RDATA_A, .rdata = rdata, .rdata_size = 4};
        struct record list[2] = {good, good};

        refused(change_set(c, &(struct name){.size = 1}, &good, 1, &reason), -ENOENT, "\".\"");
        list[1].owner = name_of("x.other");
        refused(change_set(c, &z, list, 2, &reason), -EINVAL, "\"x.other.\"");
        list[1] = good;
        list[1].type = RDATA_SOA;
        refused(change_add(c, &z, list, 2, &reason), -EINVAL, "SOA");
        list[1] = good;
        list[1].rdata_size = 3;
        refused(change_replace(c, &z, list, 2, &reason), -EINVAL, "\"x.z.\"");
        list[1] = good;
        list[1].ttl = (uint32_t)RECORD_TTL_MAX + 1;
        refused(change_set(c, &z, list, 2, &reason), -EINVAL, "2147483648");
        list[1] = good;
        list[1].life = RECORD_LEASED;
        refused(change_set(c, &z, list, 2, &reason), -EINVAL, "leased");
        list[1] = good;
        list[1].owner = name_of("x.other");
        list[1].life = RECORD_PERSISTENT;
        refused(change_set(c, &other, &list[1], 1, &reason), -EPERM, "\"other\"");
        assert_int_equal(change_set(c, &z, list, 2, NULL), -EINVAL);
        applied_and_reverted(before);
        assert_false(change_get_zone(c, 0, &(struct change_zone){}));
}

static void test_limits_of_an_rrset(void **state)
{
        struct name z = name_of("z");
        struct record *many = calloc(ADDRESSES_MAX + 1, sizeof(*many));
        uint8_t *rdata = calloc(ADDRESSES_MAX + 1, 4), *big = calloc(1, RECORD_RDATA_MAX);
        struct record one = {.owner = name_of("big.z"), .type = RDATA_TXT, .rdata = big};

        for (size_t i = 0; i <= ADDRESSES_MAX; i++) {
                memcpy(rdata + 4 * i, &i, 4);
                many[i] = (struct record){
                        .owner = name_of("x.z"), .type = RDATA_A, .rdata = rdata + 4 * i, .rdata_size = 4};
        }
        refused(change_set(c, &z, many, ADDRESSES_MAX + 1, &reason), -E2BIG, "\"x.z.\"");
        assert_int_equal(change_set(c, &z, many, ADDRESSES_MAX, &reason), 0);
        refused(change_add(c, &z, &many[ADDRESSES_MAX], 1, &reason), -E2BIG, "\"x.z.\"");

        one.rdata_size = RECORD_RDATA_MAX; /* that many empty strings */
        refused(change_set(c, &z, &one, 1, &reason), -E2BIG, "\"big.z.\"");
        one.rdata_size = RRSET_SIZE_MAX - sizeof(struct rrset_entry) - 3;
        assert_int_equal(change_set(c, &z, &one, 1, &reason), 0);
        free(many);
        free(rdata);
        free(big);
}

static void test_zone_life(void **state)
{
        struct name z = name_of("z"), n = name_of("new");

        refused(change_create_zone(c, &z, 0, 0, &reason), -EEXIST, "\"z\"");
        assert_int_equal(change_create_zone(c, &n, 0, 7, &reason), 0);
        refused(change_create_zone(c, &n, 0, 0, &reason), -EEXIST, "\"new\"");
        assert_int_equal(fixture_step(c, change_set, "new", FIXTURE_RECORDS(A("a", "1")), &reason), 0);
        assert_int_equal(change_remove_zone(c, &z, &reason), 0);
        refused(change_remove_zone(c, &z, &reason), -ENOENT, "\"z\"");
        refused(fixture_step(c, change_set, "z", FIXTURE_RECORDS(A("a", "1")), &reason), -ENOENT, "\"z\"");
        applied_and_reverted("other. flags=0 uid=0 records=0\nnew. flags=0 uid=7 records=1\n"
                             "a.new. 60 A 192.0.2.1 uid=0 life=0\nzones=2 records=1\n");
}

static void test_removed_and_created_anew(void **state)
{
        struct name z = name_of("z");
        struct change_zone zone;

        assert_int_equal(fixture_step(c, change_add, "z", FIXTURE_RECORDS(A("lost", "1")), &reason), 0);
        assert_int_equal(change_remove_zone(c, &z, &reason), 0);
        assert_int_equal(change_create_zone(c, &z, 0, 5, &reason), 0);
        assert_int_equal(fixture_step(c, change_add, "z", FIXTURE_RECORDS(A("n", "1")), &reason), 0);
        applied_and_reverted("other. flags=0 uid=0 records=0\nz. flags=0 uid=5 records=1\n"
                             "n.z. 60 A 192.0.2.1 uid=0 life=0\nzones=2 records=1\n");
        assert_true(change_get_zone(c, 0, &zone));
        assert_int_equal(zone.state, CHANGE_ZONE_REMOVED);
        assert_true(change_get_zone(c, 1, &zone));
        assert_int_equal(zone.state, CHANGE_ZONE_CREATED);
}

static void test_created_and_removed_again_is_nothing(void **state)
{
        struct name z = name_of("z"), n = name_of("new");

        assert_int_equal(change_create_zone(c, &n, 0, 0, &reason), 0);
        assert_int_equal(fixture_step(c, change_add, "new", FIXTURE_RECORDS(A("a", "1")), &reason), 0);
        assert_int_equal(change_remove_zone(c, &n, &reason), 0);
        assert_false(change_get_zone(c, 0, &(struct change_zone){}));

        /* The removal before it holds on. */
        assert_int_equal(change_remove_zone(c, &z, &reason), 0);
        assert_int_equal(change_create_zone(c, &z, 0, 0, &reason), 0);
        assert_int_equal(change_remove_zone(c, &z, &reason), 0);
        refused(change_remove_zone(c, &z, &reason), -ENOENT, "\"z\"");
        applied_and_reverted("other. flags=0 uid=0 records=0\nzones=1 records=0\n");
}

static void test_freed_without_being_applied(void **state)
{
        struct name z = name_of("z"), n = name_of("new");

        assert_int_equal(change_create_zone(c, &n, 0, 0, &reason), 0);
        assert_int_equal(fixture_step(c, change_add, "new", FIXTURE_RECORDS(A("a", "1")), &reason), 0);
        assert_int_equal(fixture_step(c, change_add, "other", FIXTURE_RECORDS(A("a.b.c", "1")), &reason), 0);
        assert_int_equal(change_remove_zone(c, &z, &reason), 0);
        c = change_free(c);
        dumps(before);
        struct name ent = name_of("b.c.other"), other = name_of("other");
        const struct zone_node *node;
        assert_int_equal(zone_lookup(zone_store_find(store, &other), &ent, &node), ZONE_ABSENT);
}

static void test_walk(void **state)
{
        struct name z = name_of("z");
        struct change_zone zone;
        struct change_rrset set;
        struct name a = name_of("a.z"), n = name_of("n.z");

        /* The CNAME comes out as it was: not listed. */
        assert_int_equal(fixture_step(c, change_set, "z",
                                 FIXTURE_RECORDS(R("alias", "CNAME", 60, "a"), R("a", "A", 5, "192.0.2.1"),
                                         A("n", "4")),
                                 &reason),
                0);
        change_apply(c);
        assert_true(change_get_zone(c, 0, &zone));
        assert_true(name_equal(&zone.apex, &z));
        assert_int_equal(zone.state, CHANGE_ZONE_KEPT);
        assert_int_equal(zone.flags, ZONE_PERSISTENT);
        assert_int_equal(zone.serial, zone_serial(zone_store_find(store, &z)));
        assert_false(change_get_zone(c, 1, &zone));
        assert_true(change_get_rrset(c, 0, &set));
        assert_true(name_equal(&set.zone, &z) && name_equal(&set.owner, &a));
        assert_int_equal(set.type, RDATA_A);
        assert_int_equal(set.before->n, 2);
        assert_int_equal(set.after->n, 1);
        assert_true(change_get_rrset(c, 1, &set));
        assert_true(name_equal(&set.owner, &n));
        assert_null(set.before);
        assert_int_equal(set.after->n, 1);
        assert_false(change_get_rrset(c, 2, &set));
}

static void test_walk_of_a_removed_zone(void **state)
{
        struct name z = name_of("z");
        struct change_rrset set;
        size_t i = 0, records = 0;

        assert_int_equal(change_remove_zone(c, &z, &reason), 0);
        change_apply(c);
        for (; change_get_rrset(c, i, &set); i++) {
                assert_true(name_equal(&set.zone, &z));
                assert_null(set.after);
                records += set.before->n;
        }
        assert_int_equal(i, 2);
        assert_int_equal(records, 3);
}

static void test_serial(void **state)
{
        struct name z = name_of("z"), other = name_of("other"), old = name_of("old");
        struct zone *zone = zone_store_find(store, &z), *untouched = zone_store_find(store, &other);
        uint64_t serial = zone_serial(zone), kept = zone_serial(untouched);

        assert_in_range(serial, (uint64_t)time(NULL) - 60, (uint64_t)time(NULL) + 60);
        assert_int_equal(fixture_step(c, change_add, "z", FIXTURE_RECORDS(A("n", "1")), &reason), 0);
        assert_int_equal(change_restore_zone(c, &old, 0, 3, 5ULL << 32), 0);
        assert_int_equal(fixture_step(c, change_add, "old", FIXTURE_RECORDS(A("n", "1")), &reason), 0);
        assert_int_equal(zone_serial(zone), serial);
        change_apply(c);
        assert_true(zone_serial(zone) > serial);
        assert_int_equal(zone_serial(untouched), kept);
        assert_int_equal(zone_serial(zone_store_find(store, &old)), 5ULL << 32);
        serial = zone_serial(zone);
        c = change_free(c);

        assert_int_equal(change_new(store, &c), 0);
        assert_int_equal(fixture_step(c, change_add, "old", FIXTURE_RECORDS(A("m", "1")), &reason), 0);
        assert_int_equal(fixture_step(c, change_add, "z", FIXTURE_RECORDS(A("m", "1")), &reason), 0);
        change_apply(c);
        assert_int_equal(zone_serial(zone_store_find(store, &old)), (5ULL << 32) + 1);
        assert_true(zone_serial(zone) > serial);
        serial = zone_serial(zone);
        change_revert(c);
        assert_true(zone_serial(zone) > serial);
}

static void test_restore_is_past_the_checks_of_life(void **state)
{
        struct name old = name_of("old");

        assert_int_equal(change_restore_zone(c, &old, 0, 3, 9), 0);
        assert_int_equal(change_restore_zone(c, &old, 0, 3, 9), -EEXIST);
        assert_int_equal(
                fixture_step(c, change_add, "old",
                        FIXTURE_RECORDS(R("a", "A", 1, "192.0.2.1", .uid = 4, .life = RECORD_PERSISTENT)),
                        &reason),
                0);
        change_apply(c);
        assert_int_equal(zone_records(zone_store_find(store, &old)), 1);
        assert_int_equal(zone_uid(zone_store_find(store, &old)), 3);
}

/* As when the journal fails a batch: the newest first, each exactly to where it began. */
static void test_chain_of_changes_reverted(void **state)
{
        struct name z = name_of("z"), other = name_of("other"), n = name_of("new");
        struct change *chain[5];
        char *dumped[5];

        for (size_t i = 0; i < ELEMENTSOF(chain); i++) {
                dumped[i] = fixture_dump(store);
                assert_int_equal(change_new(store, &chain[i]), 0);
                switch (i) {
                case 0:
                        assert_int_equal(
                                fixture_step(chain[i], change_add, "z", FIXTURE_RECORDS(A("x.y", "1")), NULL),
                                0);
                        break;
                case 1:
                        assert_int_equal(fixture_remove(chain[i], "z", "x.y", "", "", NULL), 0);
                        assert_int_equal(
                                fixture_step(chain[i], change_add, "z", FIXTURE_RECORDS(A("a", "7")), NULL),
                                0);
                        break;
                case 2:
                        assert_int_equal(change_remove_zone(chain[i], &z, NULL), 0);
                        assert_int_equal(change_create_zone(chain[i], &n, 0, 0, NULL), 0);
                        break;
                case 3:
                        assert_int_equal(change_remove_zone(chain[i], &other, NULL), 0);
                        break;
                default:
                        assert_int_equal(change_create_zone(chain[i], &z, 0, 0, NULL), 0);
                        assert_int_equal(
                                fixture_step(chain[i], change_add, "z", FIXTURE_RECORDS(A("a", "8")), NULL),
                                0);
                }
                change_apply(chain[i]);
        }
        for (size_t i = ELEMENTSOF(chain); i-- > 0;) {
                change_revert(chain[i]);
                dumps(dumped[i]);
                free(dumped[i]);
        }
        for (size_t i = 0; i < ELEMENTSOF(chain); i++)
                change_free(chain[i]);
        dumps(before);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(test_set_replaces_rrsets),
                TEST(test_add_merges),
                TEST(test_replace_takes_all_else_away),
                TEST(test_replace_by_nothing),
                TEST(test_remove),
                TEST(test_remove_takes_all_owners_of_the_rdata),
                TEST(test_remove_of_what_is_not_there),
                TEST(test_removals_of_one_step_are_all_or_nothing),
                TEST(test_cname_rules),
                TEST(test_replace_may_turn_data_into_a_cname),
                TEST(test_bad_records_change_nothing),
                TEST(test_limits_of_an_rrset),
                TEST(test_zone_life),
                TEST(test_removed_and_created_anew),
                TEST(test_created_and_removed_again_is_nothing),
                TEST(test_freed_without_being_applied),
                TEST(test_walk),
                TEST(test_walk_of_a_removed_zone),
                TEST(test_serial),
                TEST(test_restore_is_past_the_checks_of_life),
                TEST(test_chain_of_changes_reverted),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
