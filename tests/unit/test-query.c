/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/query-fixture.h"

#include "share53-config.h"

static void test_data(void **state)
{
        answers("db.corp.internal", "A",
                "db.corp.internal. 30 IN A 192.0.2.7\ndb.corp.internal. 30 IN A 192.0.2.8\n");
        answers("db.corp.internal", "AAAA", "db.corp.internal. 60 IN AAAA 2001:db8::7\n");
        answers("a.ent.corp.internal", "TXT", "a.ent.corp.internal. 60 IN TXT \"some text\" \"more\"\n");
        answers("7.corp.internal", "PTR", "7.corp.internal. 60 IN PTR db.corp.internal.\n");
        answers("host.sub.corp.internal", "A", "host.sub.corp.internal. 60 IN A 192.0.2.50\n");
        assert_int_equal(context.stats.received, 5);
        assert_int_equal(context.stats.answered, 5);
}

static void test_letter_case_is_kept(void **state)
{
        answers("dB.cOrP.iNtErNaL", "AAAA", "dB.cOrP.iNtErNaL. 60 IN AAAA 2001:db8::7\n");
        answers("WWW.Corp.Internal", "AAAA",
                "WWW.Corp.Internal. 60 IN CNAME db.Corp.Internal.\ndb.Corp.Internal. 60 IN AAAA "
                "2001:db8::7\n");
}

static void test_denials(void **state)
{
        denies("db.corp.internal", "TXT", PACKET_NOERROR, "corp.internal.", "");
        denies("ent.corp.internal", "A", PACKET_NOERROR, "corp.internal.", "");
        denies("corp.internal", "A", PACKET_NOERROR, "corp.internal.", "");
        denies("corp.internal", "NS", PACKET_NOERROR, "corp.internal.", "");
        denies("empty", "A", PACKET_NOERROR, "empty.", "");
        denies("nobody.corp.internal", "A", PACKET_NXDOMAIN, "corp.internal.", "");
        denies("x.db.corp.internal", "ANY", PACKET_NXDOMAIN, "corp.internal.", "");
        denies("nobody.sub.corp.internal", "A", PACKET_NXDOMAIN, "sub.corp.internal.", "");
        denies("db.corp.internal", "DS", PACKET_NOERROR, "corp.internal.", "");
        denies("db.corp.internal", "SOA", PACKET_NOERROR, "corp.internal.", "");
        denies("db.corp.internal", "TYPE65535", PACKET_NOERROR, "corp.internal.", "");
        assert_int_equal(context.stats.nodata, 8);
        assert_int_equal(context.stats.nxdomain, 3);
}

static void test_soa(void **state)
{
        struct name apex = name_of("corp.internal");
        char expected[200];

        snprintf(expected, sizeof(expected),
                "corp.internal. %d IN SOA corp.internal. hostmaster.corp.internal. %u %d %d %d %d\n",
                ZONE_SOA_TTL, (uint32_t)zone_serial(zone_store_find(store, &apex)), ZONE_SOA_REFRESH,
                ZONE_SOA_RETRY, ZONE_SOA_EXPIRE, ZONE_SOA_MINIMUM);
        answers("corp.internal", "SOA", expected);
        answers("corp.internal", "ANY", expected); /* nothing else is there */
}

static void test_any_gives_one_rrset(void **state)
{
        answers("db.corp.internal", "ANY",
                "db.corp.internal. 30 IN A 192.0.2.7\ndb.corp.internal. 30 IN A 192.0.2.8\n");
        answers("www.corp.internal", "ANY", "www.corp.internal. 60 IN CNAME db.corp.internal.\n");
        fixture_put(store, change_add, "empty", FIXTURE_RECORDS(R("@", "TXT", 1, "t")));
        answers("empty", "ANY", "empty. 1 IN TXT \"t\"\n");
}

static void test_cname_chains(void **state)
{
        answers("www.corp.internal", "CNAME", "www.corp.internal. 60 IN CNAME db.corp.internal.\n");
        answers("chain1.corp.internal", "A",
                "chain1.corp.internal. 60 IN CNAME chain2.corp.internal.\n"
                "chain2.corp.internal. 60 IN CNAME host.sub.corp.internal.\n"
                "host.sub.corp.internal. 60 IN A 192.0.2.50\n");
        answers("out.corp.internal", "A", "out.corp.internal. 60 IN CNAME www.example.org.\n");
        denies("dangling.corp.internal", "A", PACKET_NXDOMAIN, "corp.internal.",
                "dangling.corp.internal. 60 IN CNAME nobody.corp.internal.\n");
        denies("nodata.corp.internal", "A", PACKET_NOERROR, "corp.internal.",
                "nodata.corp.internal. 60 IN CNAME a.ent.corp.internal.\n");
        denies("alias.corp.internal", "A", PACKET_NOERROR, "sub.corp.internal.",
                "alias.corp.internal. 60 IN CNAME sub.corp.internal.\n");
}

static void test_cname_loops_end(void **state)
{
        answers("loop1.corp.internal", "A",
                "loop1.corp.internal. 60 IN CNAME loop2.corp.internal.\n"
                "loop2.corp.internal. 60 IN CNAME loop1.corp.internal.\n");
        answers("self.corp.internal", "A", "self.corp.internal. 60 IN CNAME self.corp.internal.\n");
}

static void test_cname_chain_limit(void **state)
{
        char owner[16], target[16];

        for (int i = 0; i < 30; i++) {
                snprintf(owner, sizeof(owner), "c%d", i);
                snprintf(target, sizeof(target), "c%d", i + 1);
                fixture_put(store, change_add, "empty", FIXTURE_RECORDS(R(owner, "CNAME", 1, target)));
        }
        fixture_put(store, change_add, "empty", FIXTURE_RECORDS(R("c30", "A", 1, "192.0.2.1")));
        message_query(&m, "c0.empty", "A");
        send_message(QUERY_TCP);
        assert_int_equal(ldns_pkt_ancount(pkt), 17);
        message_query(&m, "c14.empty", "A");
        send_message(QUERY_TCP);
        assert_int_equal(ldns_pkt_ancount(pkt), 17);
        assert_int_equal(ldns_rr_get_type(ldns_rr_list_rr(ldns_pkt_answer(pkt), 16)), RDATA_A);
}

static void test_wildcards(void **state)
{
        answers("x.wild.corp.internal", "A", "x.wild.corp.internal. 60 IN A 192.0.2.99\n");
        answers("x.Y.wild.corp.internal", "A", "x.Y.wild.corp.internal. 60 IN A 192.0.2.99\n");
        denies("x.wild.corp.internal", "AAAA", PACKET_NOERROR, "corp.internal.", "");
        answers("q.wcname.corp.internal", "AAAA",
                "q.wcname.corp.internal. 60 IN CNAME db.corp.internal.\ndb.corp.internal. 60 IN AAAA "
                "2001:db8::7\n");
}

static void test_refusals(void **state)
{
        static const struct {
                const char *name, *type;
                uint16_t class;
                enum packet_rcode rcode;
        } cases[] = {
                {"example.org", "A", PACKET_CLASS_IN, PACKET_REFUSED},
                {"internal", "A", PACKET_CLASS_IN, PACKET_REFUSED},
                {".", "NS", PACKET_CLASS_IN, PACKET_REFUSED},
                {"db.corp.internal", "A", PACKET_CLASS_CH, PACKET_REFUSED},
                {"version.bind", "TXT", PACKET_CLASS_CH, PACKET_REFUSED},
                {"corp.internal", "AXFR", PACKET_CLASS_IN, PACKET_REFUSED},
                {"corp.internal", "IXFR", PACKET_CLASS_IN, PACKET_REFUSED},
                {"db.corp.internal", "MAILA", PACKET_CLASS_IN, PACKET_NOTIMP},
                {"db.corp.internal", "MAILB", PACKET_CLASS_IN, PACKET_NOTIMP},
                {"db.corp.internal", "OPT", PACKET_CLASS_IN, PACKET_FORMERR},
                {"db.corp.internal", "TSIG", PACKET_CLASS_IN, PACKET_FORMERR},
                {"db.corp.internal", "TYPE128", PACKET_CLASS_IN, PACKET_FORMERR},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                message_header(&m, PACKET_FLAG_RD, 1, 0, 0, 0);
                message_question(&m, cases[i].name, type_of(cases[i].type), cases[i].class);
                send_message(QUERY_TCP);
                has_rcode(cases[i].rcode, false);
                assert_int_equal(answer_size, m.w.position);
        }
        assert_int_equal(context.stats.refused, 7);
        assert_int_equal(context.stats.other, 2);
        assert_int_equal(context.stats.formerr, 3);
}

static void test_many_labels(void **state)
{
        char name[NAME_TEXT_SIZE] = "";

        for (int i = 0; i < 117; i++)
                strcat(name, "a.");
        strcat(name, "wild.corp.internal");
        assert_true(name_of(name).size > 250);
        ask(name, "A");
        has_rcode(PACKET_NOERROR, true);
        assert_int_equal(ldns_pkt_ancount(pkt), 1);
        /* The owner is a pointer to the question. */
        assert_int_equal(answer[m.w.position], 0xc0);
        assert_int_equal(answer[m.w.position + 1], PACKET_HEADER_SIZE);
        ask(name, "TXT");
        assert_int_equal(ldns_pkt_nscount(pkt), 1);
}

static void test_soa_is_compressed(void **state)
{
        ask("nobody.corp.internal", "A");
        assert_int_equal(answer_size, m.w.position + 2 + 10 + 2 + 13 + 20);
}

static void test_source(void **state)
{
        struct query_result result;
        struct name apex = name_of("sub.corp.internal");

        message_query(&m, "q.sub.corp.internal", "A");
        assert_int_not_equal(answer_message(QUERY_UDP, 512, &result), 0);
        assert_int_equal(result.source, QUERY_SOURCE_ZONE);
        assert_ptr_equal(result.zone, zone_store_find(store, &apex));
        message_query(&m, "example.org", "A");
        assert_int_not_equal(answer_message(QUERY_UDP, 512, &result), 0);
        assert_int_equal(result.source, QUERY_SOURCE_NONE);
        assert_null(result.zone);
}

#if !SHARE53_SANITIZED
/* Ours come before the library's, so that each call is counted. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
__attribute__((visibility("default"))) void *malloc(size_t size);
__attribute__((visibility("default"))) void *calloc(size_t n, size_t size);
static size_t allocations;

void *malloc(size_t size)
{
        allocations++;
        return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
        allocations++;
        return __libc_calloc(n, size);
}

static void test_the_answer_path_allocates_nothing(void **state)
{
        static const char *const names[] = {"db.corp.internal", "chain1.corp.internal",
                "x.y.wild.corp.internal", "nobody.corp.internal", "example.org", "loop1.corp.internal",
                "corp.internal"};

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                message_query(&m, names[i], "A");
                assert_int_not_equal(allocations, 0);
                allocations = 0;
                answer_message(QUERY_UDP, sizeof(answer), NULL);
                assert_int_equal(allocations, 0);
        }
}
#endif

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(test_data),
                TEST(test_letter_case_is_kept),
                TEST(test_denials),
                TEST(test_soa),
                TEST(test_any_gives_one_rrset),
                TEST(test_cname_chains),
                TEST(test_cname_loops_end),
                TEST(test_cname_chain_limit),
                TEST(test_wildcards),
                TEST(test_refusals),
                TEST(test_many_labels),
                TEST(test_soa_is_compressed),
                TEST(test_source),
#if !SHARE53_SANITIZED
                TEST(test_the_answer_path_allocates_nothing),
#endif
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
