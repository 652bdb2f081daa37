/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/query-fixture.h"

#include "daemon/dns/rrset.h"

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
        assert_int_equal(answer_size, m.w.position);
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

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(test_malformed),
                TEST(test_silence),
                TEST(test_edns),
                TEST(test_truncation),
                TEST(test_truncated_chain),
                TEST(test_largest_rrset_fits),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
