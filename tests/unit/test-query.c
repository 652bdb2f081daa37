/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/packet-fixture.h"

#include "daemon/dns/query.h"
#include "daemon/dns/rrset.h"
#include "share53-config.h"

static struct zone_store *store;
static struct query_context context;
static struct message m;
static uint8_t answer[PACKET_SIZE_MAX];
static size_t answer_size;
static ldns_pkt *pkt; /* the answer as ldns reads it */

static int setup(void **state)
{
        assert_int_equal(zone_store_new(&store), 0);
        fixture_create(store, "corp.internal", 0);
        fixture_create(store, "sub.corp.internal", 0);
        fixture_create(store, "empty", 0);
        fixture_put(store, change_add, "corp.internal",
                FIXTURE_RECORDS(R("db", "A", 60, "192.0.2.7"), R("db", "A", 30, "192.0.2.8"),
                        R("db", "A", 90, "192.0.2.8", .uid = 9), R("db", "AAAA", 60, "2001:db8::7"),
                        R("a.ent", "TXT", 60, "\"some text\" more"), R("www", "CNAME", 60, "db"),
                        R("chain1", "CNAME", 60, "chain2"), R("chain2", "CNAME", 60, "host.sub"),
                        R("out", "CNAME", 60, "www.example.org."), R("dangling", "CNAME", 60, "nobody"),
                        R("nodata", "CNAME", 60, "a.ent"), R("loop1", "CNAME", 60, "loop2"),
                        R("loop2", "CNAME", 60, "loop1"), R("self", "CNAME", 60, "self"),
                        R("*.wild", "A", 60, "192.0.2.99"), R("*.wcname", "CNAME", 60, "db"),
                        R("7", "PTR", 60, "db"), R("alias", "CNAME", 60, "sub")));
        fixture_put(
                store, change_add, "sub.corp.internal", FIXTURE_RECORDS(R("host", "A", 60, "192.0.2.50")));
        context = (struct query_context){.zones = store};
        return 0;
}

static int teardown(void **state)
{
        ldns_pkt_free(pkt);
        pkt = NULL;
        store = zone_store_free(store);
        return 0;
}

/* Sends M; ldns must read what comes, and find the sections as our header counts them. */
static void send_message(enum query_transport transport)
{
        ldns_pkt_free(pkt);
        pkt = NULL;
        memset(answer, 0xee, sizeof(answer));
        answer_size =
                query_answer(&context, transport, m.data, m.w.position, answer, sizeof(answer), NULL, NULL);
        if (answer_size == 0)
                return;
        if (ldns_wire2pkt(&pkt, answer, answer_size) != LDNS_STATUS_OK)
                fail_msg("ldns does not read the answer");
        assert_int_equal(ldns_rr_list_rr_count(ldns_pkt_question(pkt)), ldns_pkt_qdcount(pkt));
        assert_int_equal(ldns_rr_list_rr_count(ldns_pkt_answer(pkt)), ldns_pkt_ancount(pkt));
        assert_int_equal(ldns_rr_list_rr_count(ldns_pkt_authority(pkt)), ldns_pkt_nscount(pkt));
        assert_int_equal(ldns_pkt_id(pkt), 0x3553);
        assert_true(ldns_pkt_qr(pkt));
        assert_false(ldns_pkt_ra(pkt));
        assert_false(ldns_pkt_ad(pkt));
        assert_false(ldns_pkt_cd(pkt));
}

static void ask(const char *name, const char *type)
{
        message_query(&m, name, type);
        send_message(QUERY_UDP);
        assert_non_null(pkt);
        assert_true(ldns_pkt_rd(pkt));
        assert_int_equal(ldns_pkt_qdcount(pkt), 1);
        /* Octet for octet. */
        assert_memory_equal(
                answer + PACKET_HEADER_SIZE, m.data + PACKET_HEADER_SIZE, m.w.position - PACKET_HEADER_SIZE);
}

static void has_rcode(unsigned int rcode, bool aa)
{
        assert_int_equal(ldns_pkt_get_rcode(pkt), rcode);
        assert_int_equal(ldns_pkt_aa(pkt), aa);
}

/* The records of LIST, one a line, tabs as blanks. */
static void has_records(const ldns_rr_list *list, const char *expected)
{
        char *text = ldns_rr_list2str(list);

        for (char *p = text; *p; p++)
                if (*p == '\t')
                        *p = ' ';
        assert_string_equal(text, expected);
        free(text);
}

static void answers(const char *name, const char *type, const char *expected)
{
        ask(name, type);
        has_rcode(PACKET_NOERROR, true);
        has_records(ldns_pkt_answer(pkt), expected);
        assert_int_equal(ldns_pkt_nscount(pkt), 0);
        assert_false(ldns_pkt_tc(pkt));
}

/* The SOA of ZONE and nothing else, in the authority section. */
static void denies(
        const char *name, const char *type, unsigned int rcode, const char *zone, const char *chain)
{
        ldns_rr *soa;
        char *owner;

        ask(name, type);
        has_rcode(rcode, true);
        has_records(ldns_pkt_answer(pkt), chain);
        assert_int_equal(ldns_pkt_nscount(pkt), 1);
        soa = ldns_rr_list_rr(ldns_pkt_authority(pkt), 0);
        assert_int_equal(ldns_rr_get_type(soa), RDATA_SOA);
        assert_int_equal(ldns_rr_ttl(soa), MIN(ZONE_SOA_TTL, ZONE_SOA_MINIMUM));
        owner = ldns_rdf2str(ldns_rr_owner(soa));
        assert_string_equal(owner, zone);
        free(owner);
}

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
                {"db.corp.internal", "A", PACKET_CLASS_ANY, PACKET_REFUSED},
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
        assert_int_equal(context.stats.refused, 8);
        assert_int_equal(context.stats.other, 2);
        assert_int_equal(context.stats.formerr, 3);
}

static void test_malformed(void **state)
{
        message_query(&m, "db.corp.internal", "A");
        wire_write_u8(&m.w, 0);
        send_message(QUERY_UDP);
        has_rcode(PACKET_FORMERR, false);
        assert_int_equal(ldns_pkt_qdcount(pkt), 1);

        message_header(&m, 0, 0, 0, 0, 0);
        send_message(QUERY_UDP);
        has_rcode(PACKET_FORMERR, false);
        assert_int_equal(answer_size, PACKET_HEADER_SIZE);
        assert_int_equal(context.stats.formerr, 2);

        message_query(&m, "db.corp.internal", "A");
        wire_patch_u16(&m.w, 2, 5 << 11); /* UPDATE */
        send_message(QUERY_UDP);
        has_rcode(PACKET_NOTIMP, false);
        assert_int_equal(ldns_pkt_get_opcode(pkt), 5);
        assert_int_equal(answer_size, PACKET_HEADER_SIZE);
        assert_int_equal(context.stats.other, 1);
}

static void test_silence(void **state)
{
        message_query(&m, "db.corp.internal", "A");
        m.data[2] |= 0x80;
        send_message(QUERY_UDP);
        assert_int_equal(answer_size, 0);
        m.w.position = 11;
        m.data[2] = 0;
        send_message(QUERY_TCP);
        assert_int_equal(answer_size, 0);
        m.w.position = 0;
        send_message(QUERY_UDP);
        assert_int_equal(answer_size, 0);
        assert_int_equal(context.stats.dropped, 3);
        assert_int_equal(context.stats.received, 3);
}

static void ask_edns(const char *name, const char *type, uint16_t size, uint8_t version, bool dnssec_ok)
{
        message_query(&m, name, type);
        wire_patch_u16(&m.w, 10, 1);
        MESSAGE_OPT(&m, size, version, dnssec_ok);
        send_message(QUERY_UDP);
}

static void test_edns(void **state)
{
        ask("db.corp.internal", "A");
        assert_false(ldns_pkt_edns(pkt));
        for (int dnssec_ok = 0; dnssec_ok < 2; dnssec_ok++) {
                ask_edns("db.corp.internal", "A", 4096, 0, dnssec_ok);
                has_rcode(PACKET_NOERROR, true);
                assert_true(ldns_pkt_edns(pkt));
                assert_int_equal(ldns_pkt_edns_udp_size(pkt), PACKET_UDP_EDNS_MAX);
                assert_int_equal(ldns_pkt_edns_do(pkt), dnssec_ok);
                assert_int_equal(ldns_pkt_edns_version(pkt), 0);
                assert_int_equal(ldns_pkt_edns_extended_rcode(pkt), 0);
        }
        ask_edns("db.corp.internal", "A", 4096, 1, false);
        has_rcode(PACKET_BADVERS & 0xf, false);
        assert_int_equal(ldns_pkt_edns_extended_rcode(pkt), PACKET_BADVERS >> 4);
        assert_int_equal(ldns_pkt_edns_version(pkt), 0);
        assert_int_equal(ldns_pkt_ancount(pkt), 0);
        ask_edns("example.org", "A", 4096, 0, true);
        has_rcode(PACKET_REFUSED, false);
        assert_true(ldns_pkt_edns(pkt) && ldns_pkt_edns_do(pkt));
}

/* N strings of 100 octets at "big", so of 112 + 1 octets each. */
static void put_big(unsigned int n)
{
        char text[101];

        for (unsigned int i = 0; i < n; i++) {
                memset(text, 'x', sizeof(text) - 1);
                text[100] = '\0';
                text[snprintf(text, sizeof(text), "%u", i)] = 'x';
                fixture_put(store, change_add, "empty", FIXTURE_RECORDS(R("big", "TXT", 60, text)));
        }
}

static void test_truncation(void **state)
{
        static const struct {
                unsigned int n;
                int edns; /* size, or -1 */
                bool fits;
        } cases[] = {{4, -1, true}, {5, -1, false}, {4, 0, true}, {4, 511, true}, {5, 512, false},
                {5, 700, true}, {10, 1232, true}, {11, 1232, false}, {11, 65535, false}, {6, 700, false}};
        unsigned int n = 0;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                if (n != cases[i].n) {
                        struct name empty = name_of("empty");
                        _cleanup_(change_freep) struct change *c = NULL;

                        assert_int_equal(change_new(store, &c), 0);
                        assert_int_equal(change_replace(c, &empty, NULL, 0, NULL), 0);
                        change_apply(c);
                        put_big(n = cases[i].n);
                }
                if (cases[i].edns < 0)
                        ask("big.empty", "TXT");
                else
                        ask_edns("big.empty", "TXT", (uint16_t)cases[i].edns, 0, false);
                has_rcode(PACKET_NOERROR, true);
                assert_int_equal(ldns_pkt_tc(pkt), !cases[i].fits);
                assert_int_equal(ldns_pkt_ancount(pkt), cases[i].fits ? cases[i].n : 0);
                assert_true(answer_size <= (size_t)MAX(cases[i].edns, 512));
                assert_int_equal(ldns_pkt_edns(pkt), cases[i].edns >= 0);
        }
        assert_int_equal(context.stats.truncated, 5);

        /* TCP takes it whole. */
        put_big(100);
        message_query(&m, "big.empty", "TXT");
        send_message(QUERY_TCP);
        assert_false(ldns_pkt_tc(pkt));
        assert_int_equal(ldns_pkt_ancount(pkt), 100);
}

/* What fits of a chain stays, TC says that there is more. */
static void test_truncated_chain(void **state)
{
        put_big(5);
        fixture_put(store, change_add, "empty", FIXTURE_RECORDS(R("alias", "CNAME", 60, "big")));
        ask("alias.empty", "TXT");
        assert_true(ldns_pkt_tc(pkt));
        has_records(ldns_pkt_answer(pkt), "alias.empty. 60 IN CNAME big.empty.\n");
}

/* The largest RRset that can be stored goes into one message, whatever its owner. */
static void test_largest_rrset_fits(void **state)
{
        _cleanup_(change_freep) struct change *c = NULL;
        struct name empty = name_of("empty");
        char owner[256];
        struct record r = {.type = RDATA_TXT};

        memset(owner, 'a', sizeof(owner));
        owner[63] = owner[127] = owner[191] = '.';
        strcpy(owner + 192 + 55, ".empty");
        r.owner = name_of(owner);
        assert_int_equal(r.owner.size, NAME_SIZE_MAX);
        r.rdata_size = (RRSET_SIZE_MAX & ~3U) - sizeof(struct rrset_entry);
        r.rdata = calloc(1, r.rdata_size);
        for (size_t i = 0; i < r.rdata_size; i += 256) /* strings as long as can be: ldns is slow with many */
                r.rdata[i] = (uint8_t)MIN((size_t)r.rdata_size - i - 1, (size_t)255);
        assert_int_equal(change_new(store, &c), 0);
        assert_int_equal(change_set(c, &empty, &r, 1, NULL), 0);
        change_apply(c);
        message_query(&m, owner, "TXT");
        wire_patch_u16(&m.w, 10, 1);
        MESSAGE_OPT(&m, 1232, 0, false);
        send_message(QUERY_TCP);
        assert_false(ldns_pkt_tc(pkt));
        assert_int_equal(ldns_pkt_ancount(pkt), 1);
        free(r.rdata);
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
        enum query_source source;
        const struct zone *zone;
        struct name apex = name_of("sub.corp.internal");

        message_query(&m, "q.sub.corp.internal", "A");
        assert_int_not_equal(
                query_answer(&context, QUERY_UDP, m.data, m.w.position, answer, 512, &source, &zone), 0);
        assert_int_equal(source, QUERY_SOURCE_ZONE);
        assert_ptr_equal(zone, zone_store_find(store, &apex));
        message_query(&m, "example.org", "A");
        assert_int_not_equal(
                query_answer(&context, QUERY_UDP, m.data, m.w.position, answer, 512, &source, &zone), 0);
        assert_int_equal(source, QUERY_SOURCE_NONE);
        assert_null(zone);
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
                query_answer(&context, QUERY_UDP, m.data, m.w.position, answer, sizeof(answer), NULL, NULL);
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
                TEST(test_malformed),
                TEST(test_silence),
                TEST(test_edns),
                TEST(test_truncation),
                TEST(test_truncated_chain),
                TEST(test_largest_rrset_fits),
                TEST(test_many_labels),
                TEST(test_soa_is_compressed),
                TEST(test_source),
#if !SHARE53_SANITIZED
                TEST(test_the_answer_path_allocates_nothing),
#endif
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
