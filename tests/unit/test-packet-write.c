/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sections, room, names in rdata. */

#include "tests/unit/packet-fixture.h"

#include "daemon/dns/packet-write.h"

static struct message m;
static struct packet_query q;
static struct packet_writer p;
static uint8_t buf[PACKET_SIZE_MAX];
static ldns_pkt *pkt;

static int teardown(void **state)
{
        ldns_pkt_free(pkt);
        pkt = NULL;
        return 0;
}

static void begin(const char *name, bool edns, size_t limit)
{
        enum packet_rcode rcode;

        message_query(&m, name, "A");
        if (edns) {
                wire_patch_u16(&m.w, 10, 1);
                MESSAGE_OPT(&m, 4096, 0, true);
        }
        assert_int_equal(packet_parse(m.data, m.w.position, &q, &rcode), PACKET_OK);
        packet_writer_begin(&p, &q, m.data, buf, limit);
}

static size_t end(void)
{
        size_t size = packet_writer_end(&p);

        ldns_pkt_free(pkt);
        pkt = NULL;
        assert_true(size <= p.limit);
        assert_int_equal(ldns_wire2pkt(&pkt, buf, size), LDNS_STATUS_OK);
        return size;
}

/* One record of TYPE with TEXT as rdata. */
static bool add(enum packet_section section, const char *owner, const char *type, const char *text)
{
        struct name origin = name_of("."), name = name_of(owner);
        struct packet_rdata rdata;
        uint8_t *octets;
        bool fits;

        assert_int_equal(rdata_from_text(type_of(type), text, &origin, &octets, &rdata.size, NULL), 0);
        rdata.data = octets;
        fits = packet_writer_add(&p, section, &name, type_of(type), 60, &rdata, 1);
        free(octets);
        return fits;
}

static void has(const ldns_rr_list *list, const char *expected)
{
        char *text = ldns_rr_list2str(list);

        for (char *c = text; *c; c++)
                if (*c == '\t')
                        *c = ' ';
        assert_string_equal(text, expected);
        free(text);
}

static void test_sections(void **state)
{
        for (int edns = 0; edns < 2; edns++) {
                begin("q.test", edns, 512);
                assert_true(add(PACKET_ANSWER, "q.test", "MX", "1 m.test."));
                assert_true(add(PACKET_AUTHORITY, "test", "NS", "ns.test."));
                assert_true(add(PACKET_ADDITIONAL, "m.test", "A", "192.0.2.1"));
                assert_true(add(PACKET_ADDITIONAL, "m.test", "AAAA", "::1"));
                end();
                has(ldns_pkt_answer(pkt), "q.test. 60 IN MX 1 m.test.\n");
                has(ldns_pkt_authority(pkt), "test. 60 IN NS ns.test.\n");
                has(ldns_pkt_additional(pkt), "m.test. 60 IN A 192.0.2.1\nm.test. 60 IN AAAA ::1\n");
                assert_int_equal(ldns_pkt_arcount(pkt), 2); /* ldns takes the OPT off */
                assert_int_equal(buf[11], 2 + edns);
                assert_int_equal(ldns_pkt_edns(pkt), edns);
        }
}

/* Octets of rdata of a record that points to the question's name, and to what
 * precedes it. */
static void test_names_in_rdata(void **state)
{
        static const struct {
                const char *type, *text;
                size_t size;
        } cases[] = {
                {"NS", "ns.q.test.", 3 + 2},
                {"CNAME", "q.test.", 2},
                {"PTR", "test.", 2},
                {"MX", "1 q.test.", 2 + 2},
                {"SOA", "q.test. a.q.test. 1 2 3 4 5", 2 + 2 + 2 + 20},
                {"MINFO", "q.test. q.test.", 2 + 2},
                {"MB", "q.test.", 2},
                /* RFC 3597 4: not compressed by us */
                {"SRV", "1 1 1 q.test.", 6 + 8},
                {"DNAME", "q.test.", 8},
                {"RP", "q.test. test.", 8 + 6},
                {"AFSDB", "1 q.test.", 2 + 8},
                {"NAPTR", "1 1 \"\" \"\" \"\" q.test.", 4 + 3 + 8},
                {"KX", "1 q.test.", 2 + 8},
                {"HTTPS", "1 q.test.", 2 + 8},
                {"NSEC", "q.test. A", 8 + 3},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char expected[100];
                size_t size;

                begin("q.test", false, 512);
                size = p.w.position;
                assert_true(add(PACKET_ANSWER, "q.test", cases[i].type, cases[i].text));
                if (p.w.position != size + 12 + cases[i].size)
                        fail_msg("%s: %zu octets", cases[i].type, p.w.position - size - 12);
                end();
                snprintf(expected, sizeof(expected), "q.test. 60 IN %s %s", cases[i].type, cases[i].text);
                char *text = ldns_rr_list2str(ldns_pkt_answer(pkt));
                for (char *c = text; *c; c++)
                        if (*c == '\t')
                                *c = ' ';
                if (strncmp(text, expected, strlen(expected)) != 0)
                        fail_msg("%s is not %s", text, expected);
                free(text);
        }
}

/* Names that came in rdata are there to be pointed to. */
static void test_rdata_names_are_shared(void **state)
{
        size_t size;

        begin("q.test", false, 512);
        assert_true(add(PACKET_ANSWER, "q.test", "MX", "1 mail.example."));
        size = p.w.position;
        assert_true(add(PACKET_ADDITIONAL, "mail.example", "A", "192.0.2.1"));
        assert_int_equal(p.w.position - size, 2 + 10 + 4);
        assert_true(add(PACKET_ADDITIONAL, "x.mail.example", "A", "192.0.2.1"));
        assert_int_equal(p.w.position - size, 2 * (2 + 10 + 4) + 2);
        end();
        has(ldns_pkt_additional(pkt), "mail.example. 60 IN A 192.0.2.1\nx.mail.example. 60 IN A 192.0.2.1\n");
}

static void test_what_does_not_fit(void **state)
{
        char big[300];

        memset(big, 'x', 240);
        big[240] = '\0';
        begin("q.test", false, 512);
        assert_true(add(PACKET_ANSWER, "q.test", "TXT", big));
        assert_true(add(PACKET_ADDITIONAL, "m.test", "A", "192.0.2.1"));
        size_t position = p.w.position;
        big[239] = '\0';
        assert_false(add(PACKET_ADDITIONAL, "nobody.test", "TXT", big));
        assert_int_equal(p.w.position, position);
        assert_true(add(PACKET_ADDITIONAL, "nobody.test", "A", "192.0.2.2"));
        end();
        assert_false(ldns_pkt_tc(pkt));
        has(ldns_pkt_additional(pkt), "m.test. 60 IN A 192.0.2.1\nnobody.test. 60 IN A 192.0.2.2\n");

        for (int section = PACKET_ANSWER; section <= PACKET_AUTHORITY; section++) {
                begin("q.test", false, 512);
                assert_true(add(section, "q.test", "TXT", big));
                assert_false(add(section, "qq.test", "TXT", big));
                end();
                assert_true(ldns_pkt_tc(pkt));
                assert_int_equal(ldns_pkt_ancount(pkt) + ldns_pkt_nscount(pkt), 1);
        }
}

static void test_room_for_options(void **state)
{
        static const uint8_t options[] = {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
        char big[300];
        size_t size, bare;

        begin("q.test", true, 512);
        bare = end();
        begin("q.test", true, 512);
        packet_writer_reserve(&p, sizeof(options));
        p.options = options;
        p.options_size = sizeof(options);
        size = end();
        assert_int_equal(size, bare + sizeof(options));
        assert_memory_equal(buf + size - sizeof(options), options, sizeof(options));

        /* Room that is kept is not used by records, whether options come or not. */
        memset(big, 'x', 250);
        for (size_t n = 150; n < 200; n++) {
                bool fits;

                begin("q.test", true, 512);
                packet_writer_reserve(&p, PACKET_OPTIONS_MAX);
                big[n] = '\0';
                fits = add(PACKET_ANSWER, "q.test", "TXT", big);
                big[n] = 'x';
                assert_int_equal(fits, bare + 12 + 1 + n + PACKET_OPTIONS_MAX <= 512);
                end();
                assert_int_equal(ldns_pkt_tc(pkt), !fits);
        }

        /* No OPT, no room for one. */
        begin("q.test", false, 512);
        packet_writer_reserve(&p, PACKET_OPTIONS_MAX);
        assert_int_equal(p.w.size, 512);
        end();
}

/* Cut short within a name or before it: nothing is sent of it, nothing read
 * behind it. */
static void test_malformed_rdata(void **state)
{
        struct name owner = name_of("q.test");
        static const struct {
                uint16_t type, size;
                const char *data;
        } cases[] = {{RDATA_NS, 3, "\3ab"}, {RDATA_NS, 0, ""}, {RDATA_MX, 1, "\0"}, {RDATA_SOA, 3, "\1a\0"}};

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                uint8_t *copy = malloc(MAX(cases[i].size, (uint16_t)1)); /* the sanitizer sees over-reads */
                const struct packet_rdata rdata = {.data = copy, .size = cases[i].size};

                memcpy(copy, cases[i].data, cases[i].size);
                begin("q.test", false, 512);
                assert_false(packet_writer_add(&p, PACKET_ANSWER, &owner, cases[i].type, 1, &rdata, 1));
                end();
                assert_int_equal(ldns_pkt_ancount(pkt), 0);
                free(copy);
        }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, teardown)
        const struct CMUnitTest tests[] = {
                TEST(test_sections),
                TEST(test_names_in_rdata),
                TEST(test_rdata_names_are_shared),
                TEST(test_what_does_not_fit),
                TEST(test_room_for_options),
                TEST(test_malformed_rdata),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
