/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who answers what: our zones, rules, and queries that wait. */

#include "tests/unit/query-forward-fixture.h"

static void test_rules(void **state)
{
        use_example();
        gets_from("www.example.org", PACKET_NOERROR, false, "www.example.org. 60 IN A 198.51.100.1\n",
                QUERY_SOURCE_CACHE);
        assert_ptr_equal(result.rule, &rules[0]);
        assert_true(ldns_pkt_ra(pkt));
        assert_true(seen.owned && seen.dnssec_ok && !seen.checking_disabled && !seen.cache_only);
        has_error(-1, NULL);
        gets_from("fresh.example.org", PACKET_NOERROR, false, "fresh.example.org. 60 IN A 198.51.100.2\n",
                QUERY_SOURCE_UPSTREAM);
        gets_from("none.example.org", PACKET_NOERROR, false, "", QUERY_SOURCE_CACHE);
        gets_from("nobody.example.org", PACKET_NXDOMAIN, false, "", QUERY_SOURCE_CACHE);
        gets_from("broken.example.org", PACKET_SERVFAIL, false, "", QUERY_SOURCE_UPSTREAM);
        has_error(EDNS_ERROR_NETWORK, "cannot reach");
        gets_from("stale.example.org", PACKET_NOERROR, false, "stale.example.org. 30 IN A 198.51.100.3\n",
                QUERY_SOURCE_CACHE);
        assert_true(result.stale);
        has_error(EDNS_ERROR_STALE_ANSWER, "old");
        gets_from("example.com", PACKET_REFUSED, false, "", QUERY_SOURCE_NONE);
        has_error(EDNS_ERROR_NOT_AUTHORITATIVE, "no zone, no rule: example.com");
        assert_null(result.rule);
        assert_int_equal(context.stats.answered, 3);
        assert_int_equal(context.stats.nodata, 1);
        assert_int_equal(context.stats.nxdomain, 1);
        assert_int_equal(context.stats.other, 1);
        assert_int_equal(context.stats.refused, 1);
}

/* RFC 4035 3.2.2: CD comes back. RA says that there is a rule at all, in answers of our zones too. */
static void test_flags(void **state)
{
        gets("db.corp.internal", PACKET_NOERROR, true,
                "db.corp.internal. 30 IN A 192.0.2.7\ndb.corp.internal. 30 IN A 192.0.2.8\n");
        assert_false(ldns_pkt_ra(pkt));
        use_example();
        for (int cd = 0; cd < 2; cd++) {
                uint16_t flags = (uint16_t)(PACKET_FLAG_RD | (cd ? PACKET_FLAG_CD : 0));

                put_question("www.example.org", "A", flags, QUERY_UDP);
                assert_int_equal(ldns_pkt_cd(pkt), cd);
                assert_int_equal(seen.checking_disabled, cd);
                put_question("db.corp.internal", "A", flags, QUERY_UDP);
                assert_int_equal(ldns_pkt_cd(pkt), cd);
                assert_true(ldns_pkt_ra(pkt));
        }
        /* Not in what says that the message was not understood. */
        put_question("db.corp.internal", "A", 2 << 11, QUERY_UDP);
        assert_false(ldns_pkt_ra(pkt));
}

static void test_our_zones_come_first(void **state)
{
        add_rule("corp.internal", 1);
        add_rule("nobody.corp.internal", 1);
        add_rule(".", 1);
        gets_from("nobody.corp.internal", PACKET_NXDOMAIN, true, "", QUERY_SOURCE_ZONE);
        gets_from("empty", PACKET_NOERROR, true, "", QUERY_SOURCE_ZONE);
        assert_int_equal(seen.n, 0);
        fixture_create(store, "home.arpa", 0);
        gets_from("nobody.home.arpa", PACKET_NXDOMAIN, true, "", QUERY_SOURCE_ZONE);
}

/* RFC 6761, 6303 and their kin: nothing of them leaves, whatever the default upstream is. */
static void test_special_use_names(void **state)
{
        static const char localhost[] = "localhost. 5 IN A 127.0.0.1\n";

        context.forward = NULL;
        gets_from("localhost", PACKET_NOERROR, false, localhost, QUERY_SOURCE_SPECIAL);
        context.forward = (struct forward *)&rules;
        gets_from("localhost", PACKET_NOERROR, false, localhost, QUERY_SOURCE_SPECIAL);
        add_rule(".", 1);
        gets_from("localhost", PACKET_NOERROR, false, localhost, QUERY_SOURCE_SPECIAL);
        gets_from("printer.local", PACKET_NXDOMAIN, false, "", QUERY_SOURCE_SPECIAL);
        assert_true(put_question("1.2.3.10.in-addr.arpa", "PTR", 0, QUERY_UDP)); /* also without RD */
        has_rcode(PACKET_NXDOMAIN, false);
        assert_int_equal(ldns_pkt_nscount(pkt), 1);
        /* Where a chain of ours ends. */
        fixture_put(store, change_add, "corp.internal", FIXTURE_RECORDS(R("me", "CNAME", 60, "localhost.")));
        gets_from("me.corp.internal", PACKET_NOERROR, true,
                "me.corp.internal. 60 IN CNAME localhost.\nlocalhost. 5 IN A 127.0.0.1\n",
                QUERY_SOURCE_SPECIAL);
        assert_int_equal(seen.n, 0);
}

/* The administrator's word: zones, and rules of a domain that is at least as long. */
static void test_rules_for_special_use_names(void **state)
{
        static const struct script there[] = {
                {"1.3.10.in-addr.arpa", FORWARD_READY, .answer = {PACKET_NOERROR, "198.51.100.5"}},
                {"x.local", FORWARD_READY, .answer = {PACKET_NOERROR, "198.51.100.6"}}};

        script = there;
        n_script = ELEMENTSOF(there);
        add_rule("in-addr.arpa", 1); /* shorter than 10.in-addr.arpa */
        gets_from("1.3.10.in-addr.arpa", PACKET_NXDOMAIN, false, "", QUERY_SOURCE_SPECIAL);
        add_rule("10.in-addr.arpa", 1); /* equal */
        gets_from("1.3.10.in-addr.arpa", PACKET_NOERROR, false, "1.3.10.in-addr.arpa. 60 IN A 198.51.100.5\n",
                QUERY_SOURCE_UPSTREAM);
        assert_ptr_equal(result.rule, &rules[1]);
        add_rule("x.local", 1); /* longer; its neighbours stay here */
        gets_from("x.local", PACKET_NOERROR, false, "x.local. 60 IN A 198.51.100.6\n", QUERY_SOURCE_UPSTREAM);
        gets_from("y.local", PACKET_NXDOMAIN, false, "", QUERY_SOURCE_SPECIAL);
        fixture_create(store, "local", 0);
        fixture_put(store, change_add, "local", FIXTURE_RECORDS(R("y", "A", 60, "192.0.2.1")));
        gets_from("y.local", PACKET_NOERROR, true, "y.local. 60 IN A 192.0.2.1\n", QUERY_SOURCE_ZONE);
}

/* RFC 8375 4: whether home.arpa is signed is the public parent's to say. */
static void test_delegation_of_a_special_use_name(void **state)
{
        assert_true(put_question("home.arpa", "DS", PACKET_FLAG_RD, QUERY_UDP));
        assert_int_equal(result.source, QUERY_SOURCE_SPECIAL);
        add_rule(".", 1);
        assert_false(put_question("home.arpa", "DS", PACKET_FLAG_RD, QUERY_UDP));
        assert_true(put_question("home.arpa", "A", PACKET_FLAG_RD, QUERY_UDP));
        assert_int_equal(result.source, QUERY_SOURCE_SPECIAL);
}

/* Only what is in the cache is for who does not want recursion. */
static void test_without_recursion(void **state)
{
        use_example();
        assert_true(put_question("www.example.org", "A", 0, QUERY_UDP));
        has_rcode(PACKET_NOERROR, false);
        assert_int_equal(ldns_pkt_ancount(pkt), 1);
        assert_true(seen.cache_only);
        assert_true(put_question("fresh.example.org", "A", 0, QUERY_UDP));
        has_rcode(PACKET_REFUSED, false);
        has_error(EDNS_ERROR_NOT_AUTHORITATIVE, "not in the cache, and no recursion is desired");
        assert_true(ldns_pkt_ra(pkt));
        /* A chain: as far as it goes here. */
        fixture_put(store, change_add, "corp.internal",
                FIXTURE_RECORDS(R("f", "CNAME", 60, "fresh.example.org.")));
        assert_true(put_question("f.corp.internal", "A", 0, QUERY_UDP));
        has_rcode(PACKET_NOERROR, true);
        has_records(ldns_pkt_answer(pkt), "f.corp.internal. 60 IN CNAME fresh.example.org.\n");
        assert_true(put_question("out.corp.internal", "A", 0, QUERY_UDP));
        assert_int_equal(ldns_pkt_ancount(pkt), 2);
}

static void test_blocked(void **state)
{
        add_rule("ads.example", 0);
        add_rule(".", 1);
        gets_from("x.ads.example", PACKET_NXDOMAIN, false, "", QUERY_SOURCE_UPSTREAM);
        has_error(EDNS_ERROR_BLOCKED, "blocked by the rule for ads.example");
        assert_ptr_equal(result.rule, &rules[0]);
        fixture_put(
                store, change_add, "corp.internal", FIXTURE_RECORDS(R("ad", "CNAME", 60, "x.ads.example.")));
        gets("ad.corp.internal", PACKET_NXDOMAIN, true, "ad.corp.internal. 60 IN CNAME x.ads.example.\n");
        has_error(EDNS_ERROR_BLOCKED, "blocked by the rule for ads.example");
}

static void test_chains_that_leave_our_zones(void **state)
{
        static const char ours[] = "out.corp.internal. 60 IN CNAME www.example.org.\n";

        gets_from("out.corp.internal", PACKET_NOERROR, true, ours, QUERY_SOURCE_ZONE); /* nobody to ask */
        use_example();
        gets_from("out.corp.internal", PACKET_NOERROR, true,
                "out.corp.internal. 60 IN CNAME www.example.org.\nwww.example.org. 60 IN A 198.51.100.1\n",
                QUERY_SOURCE_CACHE);
        fixture_put(store, change_add, "corp.internal",
                FIXTURE_RECORDS(R("b", "CNAME", 60, "broken.example.org."),
                        R("n", "CNAME", 60, "nobody.example.org.")));
        gets("n.corp.internal", PACKET_NXDOMAIN, true, "n.corp.internal. 60 IN CNAME nobody.example.org.\n");
        gets("b.corp.internal", PACKET_SERVFAIL, false, "");
        has_error(EDNS_ERROR_NETWORK, "cannot reach");
}

static void test_fallthrough(void **state)
{
        fixture_create(store, "f.example.org", ZONE_FALLTHROUGH);
        fixture_put(store, change_add, "f.example.org", FIXTURE_RECORDS(R("here", "A", 60, "192.0.2.1")));
        gets_from("www.f.example.org", PACKET_NXDOMAIN, true, "", QUERY_SOURCE_ZONE); /* nobody to ask */
        static const struct script there[] = {
                {"www.f.example.org", FORWARD_READY, .answer = {PACKET_NOERROR, "198.51.100.9"}}};
        add_rule(".", 1);
        script = there;
        n_script = 1;
        gets_from("www.f.example.org", PACKET_NOERROR, false, "www.f.example.org. 60 IN A 198.51.100.9\n",
                QUERY_SOURCE_UPSTREAM);
        gets_from("here.f.example.org", PACKET_NOERROR, true, "here.f.example.org. 60 IN A 192.0.2.1\n",
                QUERY_SOURCE_ZONE);
        /* It may be there: a denial of ours would be wrong. */
        assert_true(put_question("www.f.example.org", "A", 0, QUERY_UDP));
        has_rcode(PACKET_REFUSED, false);
}

static void test_waiting(void **state)
{
        static const struct script came = {
                "late.example.org", FORWARD_READY, .answer = {PACKET_NOERROR, "198.51.100.4"}};

        use_example();
        assert_false(put_question("late.example.org", "A", PACKET_FLAG_RD, QUERY_TCP));
        assert_int_equal(owner.n_waits, 1);
        assert_int_equal(context.stats.received, 1);
        assert_int_equal(context.stats.answered, 0);
        arrive(&came);
        assert_int_equal(replied.n, 1);
        assert_true(endpoint_equal(&replied.client, &client));
        assert_int_equal(replied.result.source, QUERY_SOURCE_UPSTREAM);
        assert_ptr_equal(replied.result.rule, &rules[0]);
        has_rcode(PACKET_NOERROR, false);
        has_records(ldns_pkt_answer(pkt), "late.example.org. 60 IN A 198.51.100.4\n");
        assert_int_equal(ldns_pkt_id(pkt), 0x3553);
        assert_true(ldns_pkt_ra(pkt));
        assert_int_equal(context.stats.received, 1);
        assert_int_equal(context.stats.answered, 1);
        assert_int_equal(owner.n_waits, 0);
}

static void test_waiting_in_vain(void **state)
{
        static const struct script failed = {"late.example.org", FORWARD_FAILED,
                .code = EDNS_ERROR_NO_REACHABLE_AUTHORITY, .text = "no answer"};

        use_example();
        assert_false(put_question("late.example.org", "A", PACKET_FLAG_RD, QUERY_UDP));
        arrive(&failed);
        assert_int_equal(replied.n, 1);
        has_rcode(PACKET_SERVFAIL, false);
        has_error(EDNS_ERROR_NO_REACHABLE_AUTHORITY, "no answer");
        assert_int_equal(replied.result.source, QUERY_SOURCE_UPSTREAM);
}

/* A chain is made again out of what the zone has now. */
static void test_zone_changes_meanwhile(void **state)
{
        static const struct script came = {"late.example.org", FORWARD_READY,
                                           .answer = {PACKET_NOERROR, "198.51.100.4"}},
                                   failed = {"late.example.org", FORWARD_FAILED, .text = "no"};

        use_example();
        fixture_put(store, change_set, "corp.internal",
                FIXTURE_RECORDS(R("l", "CNAME", 60, "late.example.org.")));
        assert_false(put_question("l.corp.internal", "A", PACKET_FLAG_RD, QUERY_UDP));
        arrive(&came);
        has_rcode(PACKET_NOERROR, true);
        has_records(ldns_pkt_answer(pkt),
                "l.corp.internal. 60 IN CNAME late.example.org.\nlate.example.org. 60 IN A 198.51.100.4\n");

        assert_false(put_question("l.corp.internal", "A", PACKET_FLAG_RD, QUERY_UDP));
        fixture_put(store, change_set, "corp.internal", FIXTURE_RECORDS(R("l", "CNAME", 60, "db")));
        arrive(&failed);
        assert_int_equal(replied.n, 2);
        has_rcode(PACKET_NOERROR, true);
        assert_int_equal(ldns_pkt_ancount(pkt), 3);
        assert_int_equal(replied.result.source, QUERY_SOURCE_ZONE);

        assert_false(put_question("new.example.org", "A", PACKET_FLAG_RD, QUERY_UDP));
        fixture_create(store, "new.example.org", 0);
        arrive(&failed);
        has_rcode(PACKET_NOERROR, true);
        assert_int_equal(ldns_pkt_nscount(pkt), 1);
}

/* Whose upstream was silent for so long does not wait for another. */
static void test_failed_and_changed_meanwhile(void **state)
{
        static const struct script failed = {
                "late.example.org", FORWARD_FAILED, .code = EDNS_ERROR_NO_REACHABLE_AUTHORITY, .text = "no"};

        use_example();
        fixture_put(store, change_set, "corp.internal",
                FIXTURE_RECORDS(R("l", "CNAME", 60, "late.example.org.")));
        assert_false(put_question("l.corp.internal", "A", PACKET_FLAG_RD, QUERY_UDP));
        fixture_put(store, change_set, "corp.internal",
                FIXTURE_RECORDS(R("l", "CNAME", 60, "later.example.org.")));
        arrive(&failed);
        assert_int_equal(replied.n, 1);
        has_rcode(PACKET_SERVFAIL, false);
        has_error(EDNS_ERROR_OTHER, "our zones changed while an upstream was asked");
}

static void test_no_endless_waiting(void **state)
{
        static const struct script came = {"", FORWARD_READY, .answer = {PACKET_NOERROR, "198.51.100.4"}};
        char target[32];
        int rounds = 0;

        use_example();
        fixture_put(
                store, change_set, "corp.internal", FIXTURE_RECORDS(R("l", "CNAME", 60, "t0.example.org.")));
        assert_false(put_question("l.corp.internal", "A", PACKET_FLAG_RD, QUERY_UDP));
        while (waiting.is && rounds < 10) {
                snprintf(target, sizeof(target), "t%d.example.org.", ++rounds);
                fixture_put(store, change_set, "corp.internal", FIXTURE_RECORDS(R("l", "CNAME", 60, target)));
                arrive(&came);
        }
        assert_int_equal(rounds, 4);
        assert_int_equal(replied.n, 1);
        has_rcode(PACKET_SERVFAIL, false);
        has_error(EDNS_ERROR_OTHER, "our zones changed while an upstream was asked");
}

/* Our own probe has come back to us: whatever is said now, no upstream is asked. */
static void test_probe(void **state)
{
        use_example();
        probe = "probe.example.org";
        gets("probe.example.org", PACKET_SERVFAIL, false, "");
        assert_int_equal(seen.n, 0);
        has_error(EDNS_ERROR_OTHER, "an upstream leads back to us");
        /* Nor does a zone of ours hide it. */
        fixture_create(store, "example.org", 0);
        gets("probe.example.org", PACKET_SERVFAIL, false, "");
        has_error(EDNS_ERROR_OTHER, "an upstream leads back to us");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup_forward, teardown)
        const struct CMUnitTest tests[] = {
                TEST(test_rules),
                TEST(test_flags),
                TEST(test_our_zones_come_first),
                TEST(test_special_use_names),
                TEST(test_rules_for_special_use_names),
                TEST(test_delegation_of_a_special_use_name),
                TEST(test_without_recursion),
                TEST(test_blocked),
                TEST(test_chains_that_leave_our_zones),
                TEST(test_fallthrough),
                TEST(test_waiting),
                TEST(test_waiting_in_vain),
                TEST(test_zone_changes_meanwhile),
                TEST(test_failed_and_changed_meanwhile),
                TEST(test_no_endless_waiting),
                TEST(test_probe),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
