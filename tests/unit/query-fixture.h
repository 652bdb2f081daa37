/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A small rich zone, questions and what ldns finds in the answers: for the tests of query. */

#include "tests/unit/packet-fixture.h"

#include "daemon/dns/query.h"

static struct zone_store *store;
static struct query_context context;
static struct message m;
static uint8_t answer[PACKET_SIZE_MAX];
static size_t answer_size;
static ldns_pkt *pkt; /* the answer as ldns reads it */

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
        ldns_pkt_free(pkt);
        pkt = NULL;
        store = zone_store_free(store);
        return 0;
}

/* Header, question and as many records as the header counts: nothing behind them (ldns would not mind). */
static inline void is_whole(void)
{
        struct wire w = wire_reader(answer, answer_size);
        struct name owner;
        size_t questions, records = 0;

        w.position = 4;
        questions = wire_read_u16(&w);
        for (int i = 0; i < 3; i++)
                records += wire_read_u16(&w);
        for (; questions > 0; questions--) {
                assert_int_equal(packet_read_name(&w, &owner), 0);
                (void)wire_take(&w, 4);
        }
        for (; records > 0; records--) {
                assert_int_equal(packet_read_name(&w, &owner), 0);
                (void)wire_take(&w, 8);
                (void)wire_take(&w, wire_read_u16(&w));
        }
        assert_false(w.failed);
        assert_int_equal(wire_left(&w), 0);
}

/* Answers M into `answer`. */
static inline ssize_t answer_message(
        enum query_transport transport, size_t size, struct query_result *ret_result)
{
        const struct query_request request = {.transport = transport, .data = m.data, .size = m.w.position};

        return query_answer(&context, &request, answer, size, ret_result);
}

/* Sends M; ldns must read what comes, and find the sections as our header counts them. */
static inline void send_message(enum query_transport transport)
{
        ldns_pkt_free(pkt);
        pkt = NULL;
        memset(answer, 0xee, sizeof(answer));
        answer_size = (size_t)answer_message(transport, sizeof(answer), NULL);
        if (answer_size == 0)
                return;
        is_whole();
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

static inline void ask(const char *name, const char *type)
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

static inline void has_rcode(unsigned int rcode, bool aa)
{
        assert_int_equal(ldns_pkt_get_rcode(pkt), rcode);
        assert_int_equal(ldns_pkt_aa(pkt), aa);
}

/* The records of LIST, one a line, tabs as blanks. */
static inline void has_records(const ldns_rr_list *list, const char *expected)
{
        char *text = ldns_rr_list2str(list);

        for (char *p = text; *p; p++)
                if (*p == '\t')
                        *p = ' ';
        assert_string_equal(text, expected);
        free(text);
}

static inline void answers(const char *name, const char *type, const char *expected)
{
        ask(name, type);
        has_rcode(PACKET_NOERROR, true);
        has_records(ldns_pkt_answer(pkt), expected);
        assert_int_equal(ldns_pkt_nscount(pkt), 0);
        assert_false(ldns_pkt_tc(pkt));
}

/* The SOA of ZONE and nothing else, in the authority section. */
static inline void denies(
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
