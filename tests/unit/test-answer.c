/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages of upstreams, well-formed and not, and what is kept of them. */

#include "tests/unit/upstream-fixture.h"

#include "daemon/dns/answer.h"
#include "daemon/dns/packet-write.h"

static struct fake_answer m;

static void begin(const char *name, const char *type, uint16_t flags)
{
        struct fake_query q = {.type = type_of(type), .name = name_of(name)};
        struct wire w = wire_writer(q.data, sizeof(q.data));

        (void)wire_take(&w, PACKET_HEADER_SIZE);
        wire_write(&w, q.name.wire, q.name.size);
        wire_write_u16(&w, q.type);
        wire_write_u16(&w, PACKET_CLASS_IN);
        q.question_end = w.position;
        fake_begin(&m, &q, flags);
}

static int read_as(
        const char *name, const char *type, enum answer_security security, struct answer **ret_answer)
{
        struct name n = name_of(name);

        return answer_new(m.data, m.w.position, &n, type_of(type), security, ret_answer);
}

static void is_malformed(const char *name, const char *type)
{
        struct answer *answer = NULL;

        assert_int_equal(read_as(name, type, ANSWER_INSECURE, &answer), -EBADMSG);
        assert_null(answer);
}

static char text[65536];
static uint16_t text_flags;
static size_t text_size;

/* As a client sees it. LIMIT: of the message. */
static void write_as(const struct answer *answer, const char *name, const char *type, uint16_t flags,
        bool dnssec_ok, uint32_t age, bool stale, size_t limit, bool led)
{
        static uint8_t buf[PACKET_SIZE_MAX];
        uint8_t request[600] = {};
        struct wire w = wire_writer(request, sizeof(request));
        struct packet_query q = {.has_question = true,
                .name = name_of(name),
                .type = type_of(type),
                .class = PACKET_CLASS_IN,
                .flags = flags,
                .has_edns = true,
                .dnssec_ok = dnssec_ok};
        struct packet_writer p;
        ldns_pkt *packet;
        size_t n = 0;

        (void)wire_take(&w, PACKET_HEADER_SIZE);
        wire_write(&w, q.name.wire, q.name.size);
        wire_write_u16(&w, q.type);
        wire_write_u16(&w, PACKET_CLASS_IN);
        q.question_size = w.position - PACKET_HEADER_SIZE;
        packet_writer_begin(&p, &q, request, buf, limit);
        if (led) {
                struct name target = name_of("www.example.org");
                const struct packet_rdata rdata = {.data = target.wire, .size = target.size};

                assert_true(packet_writer_add(&p, PACKET_ANSWER, &q.name, RDATA_CNAME, 60, &rdata, 1));
        }
        answer_write(answer, age, stale, &p);
        text_size = packet_writer_end(&p);
        text_flags = (uint16_t)(buf[2] << 8 | buf[3]);
        assert_int_equal(ldns_wire2pkt(&packet, buf, text_size), LDNS_STATUS_OK);
        text[0] = '\0';
        for (size_t i = 0; i < 2; i++) {
                ldns_rr_list *list = i == 0 ? ldns_pkt_answer(packet) : ldns_pkt_authority(packet);

                for (size_t k = 0; k < ldns_rr_list_rr_count(list); k++) {
                        char *line = ldns_rr2str(ldns_rr_list_rr(list, k));

                        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i == 0 ? "" : "; ", line);
                        free(line);
                }
        }
        for (char *c = text; *c; c++)
                if (*c == '\t')
                        *c = ' ';
        ldns_pkt_free(packet);
}

/* What M is to a client without, and with, DO. */
static void is_answer(
        const char *name, const char *type, uint32_t ttl, const char *plain, const char *with_dnssec)
{
        struct answer *answer = NULL;

        assert_int_equal(read_as(name, type, ANSWER_INSECURE, &answer), 0);
        assert_int_equal(answer_ttl(answer), ttl);
        assert_true(answer_memory(answer) > 0);
        write_as(answer, name, type, 0, false, 0, false, PACKET_SIZE_MAX, false);
        assert_string_equal(text, plain);
        write_as(answer, name, type, 0, true, 0, false, PACKET_SIZE_MAX, false);
        assert_string_equal(text, with_dnssec ?: plain);
        answer_unref(answer);
}

#define SIGNATURE(covered) "RRSIG " covered " 8 3 60 20300101000000 20200101000000 1 example.org. AAAA"
#define SOA "example.org. 900 IN SOA ns.example.org. host.example.org. 1 2 3 4 300"
#define SOA_SHOWN "; example.org. 300 IN SOA ns.example.org. host.example.org. 1 2 3 4 300\n"

static void test_data(void **state)
{
        begin("www.example.org", "A", 0);
        fake_record(&m, 1, "WWW.example.ORG. 60 IN A 192.0.2.1");
        fake_record(&m, 1, "www.example.org. 50 IN A 192.0.2.2");
        fake_record(&m, 1, "www.example.org. 70 IN " SIGNATURE("A"));
        fake_record(&m, 1, "www.example.org. 5 IN AAAA 2001:db8::1");
        fake_record(&m, 1, "evil.example.org. 5 IN A 192.0.2.66");
        fake_record(&m, 1, "www.example.org. 5 CH TXT \"other class\"");
        fake_record(&m, 2, "example.org. 5 IN NS ns.evil.example.");
        fake_record(&m, 3, "ns.evil.example. 5 IN A 192.0.2.66");
        is_answer("www.example.org", "A", 50,
                "www.example.org. 50 IN A 192.0.2.1\nwww.example.org. 50 IN A 192.0.2.2\n",
                "www.example.org. 50 IN A 192.0.2.1\nwww.example.org. 50 IN A 192.0.2.2\n"
                "www.example.org. 50 IN " SIGNATURE("A") "\n");
}

static void test_negative(void **state)
{
        const char *with_dnssec = SOA_SHOWN "; a.example.org. 300 IN NSEC c.example.org. A RRSIG NSEC \n"
                                            "; a.example.org. 300 IN " SIGNATURE("NSEC") "\n";

        for (int i = 0; i < 2; i++) {
                begin("b.example.org", "A", i == 0 ? PACKET_NXDOMAIN : PACKET_NOERROR);
                fake_record(&m, 2, SOA);
                fake_record(&m, 2, "a.example.org. 300 IN NSEC c.example.org. A RRSIG NSEC");
                fake_record(&m, 2, "a.example.org. 300 IN " SIGNATURE("NSEC"));
                fake_record(&m, 2, "x.example.org. 300 IN NSEC z.example.org. A"); /* proves nothing */
                fake_record(&m, 2, "example.com. 1 IN SOA a. b. 1 2 3 4 5");
                is_answer("b.example.org", "A", 300, SOA_SHOWN, with_dnssec);
                assert_int_equal(text_flags & 0xf, i == 0 ? PACKET_NXDOMAIN : PACKET_NOERROR);
        }
        /* Nothing says for how long. */
        begin("b.example.org", "A", PACKET_NXDOMAIN);
        is_answer("b.example.org", "A", 0, "", NULL);
        begin("b.example.org", "A", PACKET_NXDOMAIN);
        fake_record(&m, 2, "example.com. 1 IN SOA a. b. 1 2 3 4 5");
        is_answer("b.example.org", "A", 0, "", NULL);
}

static void test_ttls(void **state)
{
        begin("www.example.org", "A", 0);
        fake_record(&m, 1, "www.example.org. 2000000000 IN A 192.0.2.1");
        is_answer("www.example.org", "A", 86400, "www.example.org. 86400 IN A 192.0.2.1\n", NULL);

        wire_patch_u16(&m.w, m.w.position - 10, 0xffff); /* RFC 2181 8 */
        is_answer("www.example.org", "A", 0, "www.example.org. 0 IN A 192.0.2.1\n", NULL);

        begin("b.example.org", "A", PACKET_NXDOMAIN);
        fake_record(&m, 2, "example.org. 900000 IN SOA a. b. 1 2 3 4 800000");
        is_answer("b.example.org", "A", 10800, "; example.org. 10800 IN SOA a. b. 1 2 3 4 800000\n", NULL);
}

static void test_age(void **state)
{
        struct answer *answer = NULL;

        begin("www.example.org", "A", 0);
        fake_record(&m, 1, "www.example.org. 60 IN A 192.0.2.1");
        assert_int_equal(read_as("www.example.org", "A", ANSWER_INSECURE, &answer), 0);
        write_as(answer, "www.example.org", "A", 0, false, 10, false, 512, false);
        assert_string_equal(text, "www.example.org. 50 IN A 192.0.2.1\n");
        write_as(answer, "www.example.org", "A", 0, false, 60, false, 512, false);
        assert_string_equal(text, "www.example.org. 1 IN A 192.0.2.1\n");
        write_as(answer, "www.example.org", "A", 0, false, 4000, true, 512, false);
        assert_string_equal(text, "www.example.org. 30 IN A 192.0.2.1\n");
        answer_unref(answer);
}

/* RFC 6840 5.7, 5.8. */
static void test_security(void **state)
{
        static const enum answer_security kinds[] = {ANSWER_SECURE, ANSWER_INSECURE, ANSWER_BOGUS};
        struct answer *answer = NULL;

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                uint16_t ad = kinds[i] == ANSWER_SECURE ? PACKET_FLAG_AD : 0;

                begin("www.example.org", "A", PACKET_FLAG_AD);
                fake_record(&m, 1, "www.example.org. 60 IN A 192.0.2.1");
                assert_int_equal(read_as("www.example.org", "A", kinds[i], &answer), 0);
                write_as(answer, "www.example.org", "A", 0, false, 0, false, 512, false);
                assert_int_equal(text_flags & PACKET_FLAG_AD, 0);
                write_as(answer, "www.example.org", "A", PACKET_FLAG_AD, false, 0, false, 512, false);
                assert_int_equal(text_flags & PACKET_FLAG_AD, ad);
                write_as(answer, "www.example.org", "A", PACKET_FLAG_AD, false, 0, true, 512, false);
                assert_int_equal(text_flags & PACKET_FLAG_AD, 0);
                write_as(answer, "www.example.org", "A", 0, true, 0, false, 512, false);
                assert_int_equal(text_flags & PACKET_FLAG_AD, ad);
                /* A CNAME of ours before it is not signed. */
                write_as(answer, "a.corp.internal", "A", 0, true, 0, false, 512, true);
                assert_int_equal(text_flags & PACKET_FLAG_AD, 0);
                answer_unref(answer);
        }
}

static void test_chain(void **state)
{
        begin("a.example.org", "A", 0);
        fake_record(&m, 1, "c.example.net. 60 IN A 192.0.2.1");
        fake_record(&m, 1, "a.example.org. 50 IN CNAME b.example.com.");
        fake_record(&m, 1, "b.example.com. 40 IN CNAME C.example.net.");
        fake_record(&m, 1, "b.example.com. 40 IN " SIGNATURE("CNAME"));
        is_answer("a.example.org", "A", 40,
                "a.example.org. 50 IN CNAME b.example.com.\nb.example.com. 40 IN CNAME c.example.net.\n"
                "c.example.net. 60 IN A 192.0.2.1\n",
                "a.example.org. 50 IN CNAME b.example.com.\nb.example.com. 40 IN CNAME c.example.net.\n"
                "b.example.com. 40 IN " SIGNATURE("CNAME") "\nc.example.net. 60 IN A 192.0.2.1\n");
        is_malformed("b.example.com", "A"); /* not what was asked */

        begin("a.example.org", "CNAME", 0);
        fake_record(&m, 1, "a.example.org. 50 IN CNAME b.example.com.");
        is_answer("a.example.org", "CNAME", 50, "a.example.org. 50 IN CNAME b.example.com.\n", NULL);

        /* It ends with nothing. */
        begin("a.example.org", "A", PACKET_NXDOMAIN);
        fake_record(&m, 1, "a.example.org. 50 IN CNAME b.example.com.");
        fake_record(&m, 2, "example.org. 9 IN SOA a. b. 1 2 3 4 5"); /* of another zone than where it ends */
        fake_record(&m, 2, "com. 7 IN SOA a. b. 1 2 3 4 6");
        is_answer("a.example.org", "A", 6,
                "a.example.org. 50 IN CNAME b.example.com.\n; com. 6 IN SOA a. b. 1 2 3 4 6\n", NULL);
}

static void test_bad_chains(void **state)
{
        char record[100];

        begin("a.example.org", "A", 0);
        fake_record(&m, 1, "a.example.org. 50 IN CNAME b.example.org.");
        fake_record(&m, 1, "b.example.org. 50 IN CNAME a.example.org.");
        is_malformed("a.example.org", "A");

        begin("a.example.org", "A", 0);
        fake_record(&m, 1, "a.example.org. 50 IN CNAME a.example.org.");
        is_malformed("a.example.org", "A");

        begin("a.example.org", "A", 0);
        fake_record(&m, 1, "a.example.org. 50 IN CNAME b.example.org.");
        fake_record(&m, 1, "a.example.org. 50 IN CNAME c.example.org.");
        is_malformed("a.example.org", "A");

        begin("0.example.org", "A", 0);
        for (int i = 0; i < 20; i++) {
                (void)snprintf(
                        record, sizeof(record), "%d.example.org. 50 IN CNAME %d.example.org.", i, i + 1);
                fake_record(&m, 1, record);
        }
        is_malformed("0.example.org", "A");

        begin("a.example.org", "A", 0);
        fake_record(&m, 1, "b.example.org. 50 IN A 192.0.2.66");
        is_malformed("a.example.org", "A");

        begin("a.example.org", "A", PACKET_NXDOMAIN);
        fake_record(&m, 1, "a.example.org. 50 IN A 192.0.2.66");
        is_malformed("a.example.org", "A");
}

static void test_dname(void **state)
{
        begin("a.b.example.org", "A", 0);
        fake_record(&m, 1, "example.org. 50 IN DNAME example.net.");
        fake_record(&m, 1, "example.org. 50 IN " SIGNATURE("DNAME"));
        fake_record(&m, 1, "a.b.example.org. 50 IN CNAME a.b.example.net.");
        fake_record(&m, 1, "a.b.example.net. 60 IN A 192.0.2.1");
        is_answer("a.b.example.org", "A", 50,
                "example.org. 50 IN DNAME example.net.\na.b.example.org. 50 IN CNAME a.b.example.net.\n"
                "a.b.example.net. 60 IN A 192.0.2.1\n",
                "example.org. 50 IN DNAME example.net.\nexample.org. 50 IN " SIGNATURE(
                        "DNAME") "\n"
                                 "a.b.example.org. 50 IN CNAME a.b.example.net.\na.b.example.net. 60 IN A "
                                 "192.0.2.1\n");

        /* The CNAME is not what the DNAME makes. */
        begin("a.b.example.org", "A", 0);
        fake_record(&m, 1, "example.org. 50 IN DNAME example.net.");
        fake_record(&m, 1, "a.b.example.org. 50 IN CNAME a.evil.example.net.");
        is_malformed("a.b.example.org", "A");

        begin("a.b.example.org", "A", 0);
        fake_record(&m, 1, "example.org. 50 IN DNAME example.net.");
        is_malformed("a.b.example.org", "A");
}

/* RFC 6672 2.2: what the DNAME makes would be too long. */
static void test_dname_overflow(void **state)
{
        char long_name[260] = "", record[600];

        for (int i = 0; i < 4; i++)
                (void)strcat(long_name, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.");
        (void)strcat(long_name, "example.org");
        begin(long_name, "A", PACKET_YXDOMAIN);
        (void)snprintf(record, sizeof(record), "example.org. 50 IN DNAME %.100s.", long_name + 0);
        record[strlen(record) - 1] = '\0';
        fake_record(&m, 1, record);
        struct answer *answer = NULL;
        assert_int_equal(read_as(long_name, "A", ANSWER_INSECURE, &answer), 0);
        assert_int_equal(answer_rcode(answer), PACKET_YXDOMAIN);
        assert_false(answer_has_data(answer));
        answer_unref(answer);
}

static void test_any(void **state)
{
        begin("a.example.org", "ANY", 0);
        fake_record(&m, 1, "a.example.org. 50 IN A 192.0.2.1");
        fake_record(&m, 1, "a.example.org. 50 IN A 192.0.2.2");
        fake_record(&m, 1, "a.example.org. 40 IN TXT \"x\"");
        fake_record(&m, 1, "b.example.org. 40 IN TXT \"x\"");
        fake_record(&m, 1, "a.example.org. 50 IN " SIGNATURE("TXT"));
        fake_record(&m, 1, "a.example.org. 50 IN NSEC b.example.org. A RRSIG NSEC");
        is_answer("a.example.org", "ANY", 40,
                "a.example.org. 50 IN A 192.0.2.1\na.example.org. 50 IN A 192.0.2.2\na.example.org. 40 IN "
                "TXT \"x\"\n",
                "a.example.org. 50 IN A 192.0.2.1\na.example.org. 50 IN A 192.0.2.2\na.example.org. 40 IN "
                "TXT \"x\"\n"
                "a.example.org. 40 IN " SIGNATURE(
                        "TXT") "\na.example.org. 50 IN NSEC b.example.org. A RRSIG NSEC \n");
}

/* Who asks for signatures by type gets them without DO. */
static void test_signatures_asked_for(void **state)
{
        begin("a.example.org", "RRSIG", 0);
        fake_record(&m, 1, "a.example.org. 50 IN " SIGNATURE("TXT"));
        fake_record(&m, 1, "a.example.org. 50 IN " SIGNATURE("A"));
        is_answer("a.example.org", "RRSIG", 50,
                "a.example.org. 50 IN " SIGNATURE("TXT") "\na.example.org. 50 IN " SIGNATURE("A") "\n", NULL);
}

static void test_compressed_rdata(void **state)
{
        begin("example.org", "MX", 0);
        wire_write_u16(&m.w, 0xc00c);
        wire_write_u16(&m.w, RDATA_MX);
        wire_write_u16(&m.w, PACKET_CLASS_IN);
        wire_write_u32(&m.w, 60);
        wire_write_u16(&m.w, 9);
        wire_write_u16(&m.w, 10);
        wire_write(&m.w, "\4MAIL\xc0\x0c", 7);
        wire_patch_u16(&m.w, 6, 1);
        is_answer("example.org", "MX", 60, "example.org. 60 IN MX 10 mail.example.org.\n", NULL);

        /* It points to itself. */
        m.data[m.w.position - 1] = (uint8_t)(m.w.position - 2);
        is_malformed("example.org", "MX");
        /* It ends before its rdata does, and the other way round. */
        m.data[m.w.position - 1] = 0x0c;
        m.data[m.w.position - 10] = 10;
        wire_write_u8(&m.w, 0);
        is_malformed("example.org", "MX");
        m.data[m.w.position - 11] = 8;
        m.w.position -= 2;
        is_malformed("example.org", "MX");
}

static void test_malformed(void **state)
{
        struct answer *answer = NULL;
        struct name name = name_of("www.example.org");

        begin("www.example.org", "A", 0);
        fake_record(&m, 1, "www.example.org. 60 IN A 192.0.2.1");
        fake_record(&m, 3, "www.example.org. 60 IN A 192.0.2.2");
        for (size_t n = 0; n < m.w.position; n++)
                assert_int_equal(answer_new(m.data, n, &name, RDATA_A, ANSWER_INSECURE, &answer), -EBADMSG);
        wire_write_u8(&m.w, 0);
        is_malformed("www.example.org", "A");
        m.w.position--;
        is_malformed("www.example.com", "A");
        is_malformed("www.example.org", "AAAA");
        is_answer("www.example.org", "A", 60, "www.example.org. 60 IN A 192.0.2.1\n", NULL);

        m.data[m.w.position - 31 - 5] = 3; /* the first A's size */
        is_malformed("www.example.org", "A");
        begin("www.example.org", "A", 0);
        fake_record(&m, 1, "www.example.org. 60 IN A 192.0.2.1");
        wire_patch_u16(&m.w, 4, 2);
        is_malformed("www.example.org", "A");
        wire_patch_u16(&m.w, 4, 1);
        wire_patch_u16(&m.w, 6, 0xffff);
        is_malformed("www.example.org", "A");
        wire_patch_u16(&m.w, 6, 1);
        wire_patch_u16(&m.w, 2, 0x0180); /* a query */
        is_malformed("www.example.org", "A");
        wire_patch_u16(&m.w, 2, 0x8380); /* TC */
        is_malformed("www.example.org", "A");
        wire_patch_u16(&m.w, 2, 0x8980); /* another opcode */
        is_malformed("www.example.org", "A");
        wire_patch_u16(&m.w, 2, 0x8182); /* SERVFAIL */
        is_malformed("www.example.org", "A");
}

/* Whole RRsets or none (RFC 2181 9). */
static void test_truncated(void **state)
{
        struct answer *answer = NULL;
        char record[100];

        begin("www.example.org", "A", 0);
        fake_record(&m, 1, "www.example.org. 60 IN CNAME a.example.org.");
        for (int i = 0; i < 100; i++) {
                (void)snprintf(record, sizeof(record), "a.example.org. 60 IN A 192.0.2.%d", i);
                fake_record(&m, 1, record);
        }
        fake_record(&m, 2, "x.example.org. 60 IN NSEC y.example.org. A");
        fake_record(&m, 2, "x.example.org. 60 IN " SIGNATURE("NSEC"));
        assert_int_equal(read_as("www.example.org", "A", ANSWER_SECURE, &answer), 0);
        write_as(answer, "www.example.org", "A", PACKET_FLAG_AD, true, 0, false, 512, false);
        assert_string_equal(text, "www.example.org. 60 IN CNAME a.example.org.\n");
        assert_true(text_flags & PACKET_FLAG_TC);
        assert_int_equal(text_flags & PACKET_FLAG_AD, 0);
        assert_true(text_size <= 512);
        write_as(answer, "www.example.org", "A", PACKET_FLAG_AD, true, 0, false, PACKET_SIZE_MAX, false);
        assert_int_equal(text_flags & PACKET_FLAG_TC, 0);
        answer_unref(answer);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_data),
                cmocka_unit_test(test_negative),
                cmocka_unit_test(test_ttls),
                cmocka_unit_test(test_age),
                cmocka_unit_test(test_security),
                cmocka_unit_test(test_chain),
                cmocka_unit_test(test_bad_chains),
                cmocka_unit_test(test_dname),
                cmocka_unit_test(test_dname_overflow),
                cmocka_unit_test(test_any),
                cmocka_unit_test(test_signatures_asked_for),
                cmocka_unit_test(test_compressed_rdata),
                cmocka_unit_test(test_malformed),
                cmocka_unit_test(test_truncated),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
