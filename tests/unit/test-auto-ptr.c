/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/query-fixture.h"

#include "daemon/dns/auto-ptr-index.h"
#include "daemon/dns/auto-ptr.h"
#include "daemon/dns/rrset.h"
#include "daemon/dns/zone-internal.h"

#define REVERSE4(last) last ".2.0.192.in-addr.arpa"
#define REVERSE6 "8.b.d.0.1.0.0.2.ip6.arpa"
#define ZEROS24 "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."

static int setup_auto(void **state)
{
        setup(state);
        fixture_create(store, "auto", ZONE_AUTO_PTR);
        fixture_put(store, change_add, "auto",
                FIXTURE_RECORDS(R("b", "A", 60, "192.0.2.7"), R("a", "A", 30, "192.0.2.7"),
                        R("a", "A", 30, "192.0.2.7", .uid = 9), R("z.a", "A", 90, "192.0.2.7"),
                        R("@", "A", 60, "192.0.2.1"), R("v6", "AAAA", 60, "2001:db8::1"),
                        R("*.w", "A", 60, "192.0.2.2"), R("*.w", "AAAA", 60, "2001:db8::2"),
                        R("a", "TXT", 60, "x")));
        return 0;
}

/* Refused, or of the empty zones of RFC 6303. */
static void is_not_made(const char *name)
{
        struct query_result result;

        ask(name, "PTR");
        assert_false(ldns_pkt_aa(pkt));
        assert_int_equal(ldns_pkt_ancount(pkt), 0);
        assert_int_not_equal(answer_message(QUERY_UDP, sizeof(answer), &result), 0);
        assert_int_not_equal(result.source, QUERY_SOURCE_AUTO_PTR);
}

static void test_names_of_an_address(void **state)
{
        answers(REVERSE4("7"), "PTR",
                REVERSE4("7") ". 30 IN PTR a.auto.\n" REVERSE4("7") ". 30 IN PTR z.a.auto.\n" REVERSE4(
                        "7") ". 30 IN PTR b.auto.\n");
        answers(REVERSE4("1"), "PTR", REVERSE4("1") ". 60 IN PTR auto.\n");
        answers("1." ZEROS24 REVERSE6, "PTR", "1." ZEROS24 REVERSE6 ". 60 IN PTR v6.auto.\n");
        answers("1." ZEROS24 "8.B.D.0.1.0.0.2.IP6.ARPA", "ANY",
                "1." ZEROS24 "8.B.D.0.1.0.0.2.IP6.ARPA. 60 IN PTR v6.auto.\n");
}

/* Zones without the flag, wildcards, what is no address's name: nobody's. */
static void test_other_names(void **state)
{
        is_not_made(REVERSE4("8"));
        is_not_made(REVERSE4("2"));
        is_not_made("2." ZEROS24 REVERSE6);
        is_not_made(REVERSE4("07"));
        is_not_made(REVERSE4("263"));
        is_not_made(REVERSE4("0x7"));
        is_not_made(REVERSE4("x"));
        is_not_made("x." REVERSE4("7"));
        is_not_made("2.0.192.in-addr.arpa");
        is_not_made("7.2.0.192.in-addr.arpb");
        is_not_made("7.2.0.192.ip6.arpa");
        is_not_made("g." ZEROS24 REVERSE6);
        is_not_made("01." ZEROS24 REVERSE6);
        is_not_made("in-addr.arpa");
}

static void test_other_types(void **state)
{
        ldns_rr *soa;

        denies(REVERSE4("7"), "A", PACKET_NOERROR, REVERSE4("7") ".", "");
        denies(REVERSE4("7"), "CNAME", PACKET_NOERROR, REVERSE4("7") ".", "");
        ask(REVERSE4("7"), "SOA");
        has_rcode(PACKET_NOERROR, true);
        assert_int_equal(ldns_pkt_ancount(pkt), 1);
        soa = ldns_rr_list_rr(ldns_pkt_answer(pkt), 0);
        assert_int_equal(ldns_rr_get_type(soa), RDATA_SOA);
        assert_int_equal(ldns_pkt_nscount(pkt), 0);
}

static void test_source(void **state)
{
        struct query_result result;
        struct name apex = name_of("auto");

        message_query(&m, REVERSE4("7"), "PTR");
        assert_int_not_equal(answer_message(QUERY_UDP, 512, &result), 0);
        assert_int_equal(result.source, QUERY_SOURCE_AUTO_PTR);
        assert_ptr_equal(result.zone, zone_store_find(store, &apex));
        assert_int_equal(context.stats.answered, 1);
}

/* A zone of ours around the name: what it has wins, what it lacks is filled in. */
static void test_zones_come_first(void **state)
{
        fixture_create(store, "2.0.192.in-addr.arpa", 0);
        fixture_put(store, change_add, "2.0.192.in-addr.arpa",
                FIXTURE_RECORDS(R("1", "PTR", 5, "mine.test."), R("x.7", "TXT", 5, "below")));
        answers(REVERSE4("1"), "PTR", REVERSE4("1") ". 5 IN PTR mine.test.\n");
        ask(REVERSE4("7"), "PTR");
        assert_int_equal(ldns_pkt_ancount(pkt), 3);
        denies(REVERSE4("7"), "A", PACKET_NOERROR, "2.0.192.in-addr.arpa.", "");
        denies(REVERSE4("7"), "SOA", PACKET_NOERROR, "2.0.192.in-addr.arpa.", "");
        denies(REVERSE4("9"), "PTR", PACKET_NXDOMAIN, "2.0.192.in-addr.arpa.", "");
        fixture_put(store, change_add, "2.0.192.in-addr.arpa", FIXTURE_RECORDS(R("7", "TXT", 5, "x")));
        denies(REVERSE4("7"), "PTR", PACKET_NOERROR, "2.0.192.in-addr.arpa.", "");
        fixture_put(store, change_add, "2.0.192.in-addr.arpa", FIXTURE_RECORDS(R("*", "TXT", 5, "x")));
        denies(REVERSE4("8"), "PTR", PACKET_NOERROR, "2.0.192.in-addr.arpa.", "");
}

/* A longer zone of ours takes the name away from the one that holds it. */
static void test_hidden_owners(void **state)
{
        fixture_create(store, "a.auto", 0);
        answers(REVERSE4("7"), "PTR", REVERSE4("7") ". 60 IN PTR b.auto.\n");
}

static void test_limit(void **state)
{
        char owner[16];

        for (int i = 0; i < 40; i++) {
                snprintf(owner, sizeof(owner), "h%02d", i);
                fixture_put(store, change_add, "auto", FIXTURE_RECORDS(R(owner, "A", 9, "192.0.2.77")));
        }
        message_query(&m, REVERSE4("77"), "PTR");
        send_message(QUERY_TCP);
        assert_int_equal(ldns_pkt_ancount(pkt), AUTO_PTR_MAX);
        ask(REVERSE4("77"), "PTR");
        assert_true(ldns_pkt_tc(pkt));
        assert_int_equal(ldns_pkt_ancount(pkt), 0);
}

static void test_zones_come_and_go(void **state)
{
        _cleanup_(change_freep) struct change *c = NULL;
        struct name apex = name_of("auto"), other = name_of("other");

        assert_int_equal(change_new(store, &c), 0);
        assert_int_equal(change_remove_zone(c, &apex, NULL), 0);
        assert_int_equal(change_create_zone(c, &other, ZONE_AUTO_PTR, 0, NULL), 0);
        assert_int_equal(
                fixture_step(c, change_set, "other", FIXTURE_RECORDS(R("o", "A", 3, "192.0.2.7")), NULL), 0);
        change_apply(c);
        answers(REVERSE4("7"), "PTR", REVERSE4("7") ". 3 IN PTR o.other.\n");
        change_revert(c);
        ask(REVERSE4("7"), "PTR");
        assert_int_equal(ldns_pkt_ancount(pkt), 3);
        change_apply(c);
        c = change_free(c);
        assert_null(auto_ptr_index_first(store, (const uint8_t[]){192, 0, 2, 1}, 4));
        answers(REVERSE4("7"), "PTR", REVERSE4("7") ". 3 IN PTR o.other.\n");
        is_not_made(REVERSE4("1"));
}

static void test_memory(void **state)
{
        size_t before = zone_store_memory(store), plain;

        fixture_put(store, change_add, "corp.internal", FIXTURE_RECORDS(R("mm", "A", 9, "192.0.2.9")));
        plain = zone_store_memory(store) - before;
        fixture_put(store, change_add, "auto", FIXTURE_RECORDS(R("m", "A", 9, "192.0.2.9")));
        assert_true(zone_store_memory(store) - before >= 2 * plain - 16 + sizeof(struct auto_ptr_link));
        assert_int_equal(sizeof(struct rrset), 24);
        assert_int_equal(sizeof(struct zone_node), 32);
        assert_int_equal(sizeof(struct rrset_entry), 12);
}

static unsigned int depth(const struct auto_ptr_link *link)
{
        return link ? 1 + MAX(depth(link->left), depth(link->right)) : 0;
}

/* Addresses that come in order do not make a list of the tree. */
static void test_the_index_stays_flat(void **state)
{
        char owner[16], address[16];

        for (unsigned int i = 0; i < 4096; i++) {
                snprintf(owner, sizeof(owner), "h%04u", i);
                snprintf(address, sizeof(address), "10.1.%u.%u", i >> 8, i & 255);
                fixture_put(store, change_add, "auto", FIXTURE_RECORDS(R(owner, "A", 9, address)));
        }
        assert_in_range(depth(store->addresses), 12, 60);
}

/* A name with thousands of hidden owners is not looked through. */
static void test_hidden_owners_are_many(void **state)
{
        char owner[16];

        fixture_put(store, change_add, "auto", FIXTURE_RECORDS(R("cut", "NS", 9, "ns.cut")));
        for (unsigned int i = 0; i < 4 * AUTO_PTR_MAX; i++) {
                snprintf(owner, sizeof(owner), "h%04u.cut", i);
                fixture_put(store, change_add, "auto", FIXTURE_RECORDS(R(owner, "A", 9, "192.0.2.77")));
                if (i == 4 * AUTO_PTR_MAX - 2) {
                        fixture_put(store, change_add, "auto",
                                FIXTURE_RECORDS(R("visible", "A", 9, "192.0.2.77")));
                        answers(REVERSE4("77"), "PTR", REVERSE4("77") ". 9 IN PTR visible.auto.\n");
                }
        }
        is_not_made(REVERSE4("77"));
}

/* The model: for each of a few addresses, which of a few owners have it. */

#define OWNERS 12
#define ADDRESSES 6

static unsigned int seed = 53;

static unsigned int draw(unsigned int n)
{
        seed = seed * 1103515245 + 12345;
        return (seed >> 12) % n;
}

static void check_against_model(bool model[OWNERS][ADDRESSES])
{
        for (unsigned int a = 0; a < ADDRESSES; a++) {
                const uint8_t address[4] = {10, 0, 0, (uint8_t)a};
                const struct auto_ptr_link *link = auto_ptr_index_first(store, address, 4);

                for (unsigned int o = 0; o < OWNERS; o++) {
                        char expected[16], text[NAME_TEXT_SIZE];
                        struct name owner;

                        if (!model[o][a])
                                continue;
                        assert_non_null(link);
                        zone_node_name(link->node, &owner);
                        snprintf(expected, sizeof(expected), "o%02u.auto.", o);
                        assert_string_equal(name_to_text(&owner, text), expected);
                        assert_memory_equal(link->entry->rdata, address, 4);
                        link = auto_ptr_index_next(store, link);
                }
                assert_null(link);
        }
}

static void test_random_changes_agree_with_the_model(void **state)
{
        static bool model[OWNERS][ADDRESSES], next[OWNERS][ADDRESSES];

        for (int i = 0; i < 2000; i++) {
                _cleanup_(change_freep) struct change *c = NULL;

                memcpy(next, model, sizeof(next));
                assert_int_equal(change_new(store, &c), 0);
                for (unsigned int n = 1 + draw(4); n > 0; n--) {
                        unsigned int o = draw(OWNERS), a = draw(ADDRESSES);
                        char owner[16], address[16];

                        snprintf(owner, sizeof(owner), "o%02u", o);
                        snprintf(address, sizeof(address), "10.0.0.%u", a);
                        if (next[o][a])
                                assert_int_equal(fixture_remove(c, "auto", owner, "A", address, NULL), 0);
                        else
                                assert_int_equal(fixture_step(c, change_add, "auto",
                                                         FIXTURE_RECORDS(R(owner, "A", 1, address)), NULL),
                                        0);
                        next[o][a] = !next[o][a];
                }
                change_apply(c);
                check_against_model(next);
                if (draw(3) == 0) {
                        change_revert(c);
                        check_against_model(model);
                } else
                        memcpy(model, next, sizeof(model));
        }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup_auto, teardown)
        const struct CMUnitTest tests[] = {
                TEST(test_names_of_an_address),
                TEST(test_other_names),
                TEST(test_other_types),
                TEST(test_source),
                TEST(test_zones_come_first),
                TEST(test_hidden_owners),
                TEST(test_limit),
                TEST(test_zones_come_and_go),
                TEST(test_the_index_stays_flat),
                TEST(test_hidden_owners_are_many),
                TEST(test_memory),
                TEST(test_random_changes_agree_with_the_model),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
