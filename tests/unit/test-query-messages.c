/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What unusual and wrong messages get, and which of the reference servers agree: knotd 3.2.6, nsd 4.6.1 and
 * unbound 1.17.1 were asked each of them, with a zone like ours.
 */

#include "tests/unit/query-fixture.h"

#include "daemon/dns/edns.h"

enum {
        AA = PACKET_FLAG_AA,
        TC = PACKET_FLAG_TC,
        RD = PACKET_FLAG_RD,
        RA = PACKET_FLAG_RA,
        Z = 0x40,
        AD = PACKET_FLAG_AD,
        CD = PACKET_FLAG_CD,
};
#define OPCODE(n) ((n) << 11)
#define SILENT (-1)

/* "Q": the question db.corp.internal A IN; "O": an OPT; "R": an A record; "x": an octet. */
struct message_case {
        const char *what;
        uint16_t flags;
        uint16_t counts[4];
        const char *body;
        int rcode;
        bool aa;
        uint16_t question; /* that is echoed */
        bool opt;
};

static const struct message_case cases[] = {
        /* all three */
        {"plain", 0, {1}, "Q", PACKET_NOERROR, true, 1, false},
        {"RD", RD, {1}, "Q", PACKET_NOERROR, true, 1, false},
        {"EDNS", 0, {1, 0, 0, 1}, "QO", PACKET_NOERROR, true, 1, true},
        {"QR", 0x8000, {1}, "Q", SILENT, false, 0, false},
        {"AA", AA, {1}, "Q", PACKET_NOERROR, true, 1, false},
        {"RA", RA, {1}, "Q", PACKET_NOERROR, true, 1, false},
        {"Z", Z, {1}, "Q", PACKET_NOERROR, true, 1, false},
        {"AD", AD, {1}, "Q", PACKET_NOERROR, true, 1, false},
        {"CD", CD, {1}, "Q", PACKET_NOERROR, true, 1, false},
        /* knotd, nsd; unbound: FORMERR */
        {"TC", TC, {1}, "Q", PACKET_NOERROR, true, 1, false},
        /* knotd, unbound; nsd: FORMERR */
        {"an rcode", 3, {1}, "Q", PACKET_NOERROR, true, 1, false},
        /* all three */
        {"no question", 0, {}, "", PACKET_FORMERR, false, 0, false},
        /* nsd, unbound; knotd is silent */
        {"a question that is not counted", 0, {}, "Q", PACKET_FORMERR, false, 0, false},
        {"two questions", 0, {2}, "QQ", PACKET_FORMERR, false, 0, false},
        {"two counted, one there", 0, {2}, "Q", PACKET_FORMERR, false, 0, false},
        {"no question where one is counted", 0, {1}, "", PACKET_FORMERR, false, 0, false},
        /* knotd, unbound; nsd: NOERROR */
        {"no question, EDNS", 0, {0, 0, 0, 1}, "O", PACKET_FORMERR, false, 0, true},
        /* all three; nsd echoes nothing */
        {"IQUERY", OPCODE(1), {1}, "Q", PACKET_NOTIMP, false, 1, false},
        {"STATUS", OPCODE(2), {1}, "Q", PACKET_NOTIMP, false, 1, false},
        {"STATUS with EDNS", OPCODE(2), {1, 0, 0, 1}, "QO", PACKET_NOTIMP, false, 1, true},
        {"opcode 3", OPCODE(3), {1}, "Q", PACKET_NOTIMP, false, 1, false},
        {"DSO", OPCODE(6), {}, "", PACKET_NOTIMP, false, 0, false},
        {"opcode 15", OPCODE(15), {1}, "Q", PACKET_NOTIMP, false, 1, false},
        {"STATUS that cannot be read", OPCODE(2), {1}, "Qx", PACKET_NOTIMP, false, 0, false},
        /* nsd, unbound; knotd: NOTAUTH, as it is configured */
        {"NOTIFY", OPCODE(4), {1}, "Q", PACKET_REFUSED, false, 1, false},
        {"UPDATE", OPCODE(5), {1}, "Q", PACKET_NOTIMP, false, 1, false},
        /* nsd, unbound; knotd: FORMERR */
        {"UPDATE without a zone", OPCODE(5), {}, "", PACKET_NOTIMP, false, 0, false},
        /* all three */
        {"NOTIFY without a question", OPCODE(4), {}, "", PACKET_FORMERR, false, 0, false},
        /* nsd, unbound; knotd: NOERROR */
        {"an answer in the query", 0, {1, 1}, "QR", PACKET_FORMERR, false, 1, false},
        {"an authority in the query", 0, {1, 0, 1}, "QR", PACKET_FORMERR, false, 1, false},
        /* knotd; nsd, unbound: FORMERR */
        {"another additional record", 0, {1, 0, 0, 1}, "QR", PACKET_NOERROR, true, 1, false},
        /* all three */
        {"more answers counted", 0, {1, 1}, "Q", PACKET_FORMERR, false, 1, false},
        {"more additionals counted", 0, {1, 0, 0, 1}, "Q", PACKET_FORMERR, false, 1, false},
        {"two OPTs", 0, {1, 0, 0, 2}, "QOO", PACKET_FORMERR, false, 1, true},
        {"an OPT among the answers", 0, {1, 1}, "QO", PACKET_FORMERR, false, 1, false},
        {"an OPT among the authorities", 0, {1, 0, 1}, "QO", PACKET_FORMERR, false, 1, false},
        /* knotd, BIND; nsd, unbound: NOERROR */
        {"an octet behind the question", 0, {1}, "Qx", PACKET_FORMERR, false, 1, false},
        {"an octet behind the OPT", 0, {1, 0, 0, 1}, "QOx", PACKET_FORMERR, false, 1, true},
};

static void build(const struct message_case *c)
{
        message_header(&m, c->flags, c->counts[0], c->counts[1], c->counts[2], c->counts[3]);
        for (const char *p = c->body; *p; p++)
                switch (*p) {
                case 'Q':
                        message_question(&m, "db.corp.internal", RDATA_A, PACKET_CLASS_IN);
                        break;
                case 'O':
                        MESSAGE_OPT(&m, 1232, 0, false);
                        break;
                case 'R':
                        message_question(&m, "db.corp.internal", RDATA_A, PACKET_CLASS_IN);
                        wire_write(&m.w, "\0\0\0\0\0\4\1\2\3\4", 10);
                        break;
                default:
                        wire_write_u8(&m.w, (uint8_t)*p);
                }
}

static void test_messages(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                for (enum query_transport transport = QUERY_UDP; transport <= QUERY_TCP; transport++) {
                        const struct message_case *c = &cases[i];

                        build(c);
                        send_message(transport);
                        if (c->rcode == SILENT) {
                                assert_int_equal(answer_size, 0);
                                continue;
                        }
                        if (ldns_pkt_get_rcode(pkt) != (ldns_pkt_rcode)c->rcode ||
                                ldns_pkt_aa(pkt) != c->aa || ldns_pkt_qdcount(pkt) != c->question ||
                                ldns_pkt_edns(pkt) != c->opt)
                                fail_msg("%s: rcode %d, AA %d, %u questions, OPT %d", c->what,
                                        ldns_pkt_get_rcode(pkt), ldns_pkt_aa(pkt), ldns_pkt_qdcount(pkt),
                                        ldns_pkt_edns(pkt));
                        assert_int_equal(ldns_pkt_ancount(pkt) > 0, c->rcode == PACKET_NOERROR);
                        assert_int_equal(ldns_pkt_get_opcode(pkt), c->flags >> 11 & 0xf);
                        assert_int_equal(ldns_pkt_rd(pkt), !!(c->flags & RD));
                        assert_int_equal(answer[3] & Z, 0);
                }
}

static void test_classes_and_types(void **state)
{
        static const struct {
                const char *name;
                uint16_t type, class;
                unsigned int rcode;
                bool aa;
        } rows[] = {
                /* knotd (with AA), nsd; unbound: REFUSED */
                {"db.corp.internal", 1, 255, PACKET_NOERROR, false},
                {"nobody.corp.internal", 1, 255, PACKET_NXDOMAIN, false},
                /* all three */
                {"example.org", 1, 255, PACKET_REFUSED, false},
                {"example.org", 1, 1, PACKET_REFUSED, false},
                {"db.corp.internal", 1, 0, PACKET_REFUSED, false},
                {"db.corp.internal", 1, 2, PACKET_REFUSED, false},
                {"db.corp.internal", 1, 3, PACKET_REFUSED, false},
                {"db.corp.internal", 1, 4, PACKET_REFUSED, false},
                {"db.corp.internal", 1, 254, PACKET_REFUSED, false},
                {"corp.internal", 6, 254, PACKET_REFUSED, false},
                {"authors.bind", 16, 3, PACKET_REFUSED, false},
                {"version.bind", 1, 3, PACKET_REFUSED, false},
                /* all three, where they are told to hide it */
                {"version.bind", 16, 3, PACKET_REFUSED, false},
                {"version.server", 16, 3, PACKET_REFUSED, false},
                {"id.server", 16, 3, PACKET_REFUSED, false},
                {"hostname.bind", 16, 3, PACKET_REFUSED, false},
                {"version.bind", 255, 3, PACKET_REFUSED, false},
                /* nsd, unbound; knotd: NOTIMP */
                {"db.corp.internal", 0, 1, PACKET_NOERROR, true},
                /* all three */
                {"db.corp.internal", 65535, 1, PACKET_NOERROR, true},
                {"db.corp.internal", 3, 1, PACKET_NOERROR, true},
                /* unbound, BIND; knotd, nsd: NODATA, as if they could be there */
                {"db.corp.internal", 41, 1, PACKET_FORMERR, false},
                {"db.corp.internal", 249, 1, PACKET_FORMERR, false},
                {"db.corp.internal", 250, 1, PACKET_FORMERR, false},
                {"db.corp.internal", 128, 1, PACKET_FORMERR, false},
                /* BIND; knotd, nsd: NODATA; unbound: FORMERR */
                {"db.corp.internal", 253, 1, PACKET_NOTIMP, false},
                {"db.corp.internal", 254, 1, PACKET_NOTIMP, false},
                /* unbound; nsd by TCP; knotd: NOTAUTH by TCP; knotd, nsd: NOTIMP by UDP */
                {"corp.internal", 252, 1, PACKET_REFUSED, false},
                /* nsd, unbound; knotd: NOTAUTH */
                {"corp.internal", 251, 1, PACKET_REFUSED, false},
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                message_header(&m, 0, 1, 0, 0, 0);
                message_question(&m, rows[i].name, rows[i].type, rows[i].class);
                send_message(QUERY_UDP);
                if (ldns_pkt_get_rcode(pkt) != rows[i].rcode || ldns_pkt_aa(pkt) != rows[i].aa)
                        fail_msg("%s type %u class %u: rcode %d, AA %d", rows[i].name, rows[i].type,
                                rows[i].class, ldns_pkt_get_rcode(pkt), ldns_pkt_aa(pkt));
                assert_int_equal(ldns_pkt_qdcount(pkt), 1);
        }
}

/* The OPT of the answer: *RET_SIZE octets of options. NULL: there is none. */
static const uint8_t *options_of_answer(uint16_t *ret_size)
{
        struct wire w = wire_reader(answer, answer_size);
        size_t records = 0;
        struct name name;

        w.position = 4;
        uint16_t questions = wire_read_u16(&w);
        for (int i = 0; i < 3; i++)
                records += wire_read_u16(&w);
        for (; questions > 0; questions--) {
                assert_int_equal(packet_read_name(&w, &name), 0);
                (void)wire_take(&w, 4);
        }
        for (; records > 0; records--) {
                assert_int_equal(packet_read_name(&w, &name), 0);
                uint16_t type = wire_read_u16(&w);
                (void)wire_take(&w, 6);
                uint16_t size = wire_read_u16(&w);
                const uint8_t *data = wire_take(&w, size);
                if (type == RDATA_OPT) {
                        *ret_size = size;
                        return data;
                }
        }
        return NULL;
}

/* The data of option CODE in the answer; NULL: it is not there. */
static const uint8_t *option(uint16_t code, uint16_t *ret_size)
{
        uint16_t size = 0;
        const uint8_t *data = options_of_answer(&size);
        struct wire w = wire_reader(data, size);

        assert_non_null(data);
        while (wire_left(&w) > 0) {
                uint16_t c = wire_read_u16(&w), n = wire_read_u16(&w);
                const uint8_t *p = wire_take(&w, n);

                assert_false(w.failed);
                if (c == code) {
                        *ret_size = n;
                        return p;
                }
        }
        return NULL;
}

static struct endpoint client;
static uint64_t idle_usec;

/* Sends M, of a client that has an address. */
static void send_from(enum query_transport transport)
{
        const struct query_request request = {.transport = transport,
                .client = &client,
                .data = m.data,
                .size = m.w.position,
                .idle_usec = idle_usec};

        answer_size = (size_t)query_answer(&context, &request, answer, sizeof(answer), NULL);
        is_whole();
}

static unsigned int rcode(void)
{
        return answer[3] & 0xf;
}

static void ask_with_options(const char *name, const char *type, const char *options, uint16_t n)
{
        message_query(&m, name, type);
        wire_patch_u16(&m.w, 10, 1);
        message_opt(&m, 1232, 0, false, options, n);
}

static void test_cookies(void **state)
{
        uint8_t sent[4 + PACKET_COOKIE_SIZE_MAX + 1] = {0, 10};
        uint8_t first[COOKIE_SIZE];
        const uint8_t *cookie;
        uint16_t n;

        assert_int_equal(endpoint_from_text("192.0.2.1", 4711, &client), 0);
        ask_with_options("db.corp.internal", "A", "", 0);
        send_from(QUERY_UDP);
        assert_null(option(10, &n));
        for (uint16_t size = 0; size <= PACKET_COOKIE_SIZE_MAX + 1; size++) {
                bool good = size == 8 || (size >= 16 && size <= 40);

                memset(sent + 4, 'c', size);
                sent[3] = (uint8_t)size;
                ask_with_options("db.corp.internal", "A", (const char *)sent, (uint16_t)(4 + size));
                send_from(QUERY_UDP);
                assert_int_equal(rcode(), good ? PACKET_NOERROR : PACKET_FORMERR); /* RFC 7873 5.2.2 */
                cookie = option(10, &n);
                assert_int_equal(!!cookie, good);
                if (!good)
                        continue;
                assert_int_equal(n, COOKIE_SIZE);
                assert_memory_equal(cookie, sent + 4, COOKIE_CLIENT_SIZE);
                memcpy(first, cookie, sizeof(first));
        }
        /* What it has got is good: it comes back as it was; the same in the second place is not looked at. */
        memcpy(sent + 4, first, sizeof(first));
        sent[3] = COOKIE_SIZE;
        ask_with_options("db.corp.internal", "A", (const char *)sent, 4 + COOKIE_SIZE);
        send_from(QUERY_UDP);
        assert_memory_equal(option(10, &n), first, sizeof(first));
        ask_with_options(
                "db.corp.internal", "A", "\0\12\0\10abcdefgh\0\12\0\10ABCDEFGH\0\12\0\3abc", 12 + 12 + 7);
        send_from(QUERY_UDP);
        assert_int_equal(rcode(), PACKET_NOERROR);
        assert_memory_equal(option(10, &n), "abcdefgh", 8);
        /* Another address, another cookie. */
        assert_int_equal(endpoint_from_text("192.0.2.2", 4711, &client), 0);
        ask_with_options("db.corp.internal", "A", (const char *)sent, 4 + COOKIE_SIZE);
        send_from(QUERY_UDP);
        assert_memory_not_equal(option(10, &n), first, sizeof(first));
}

/* RFC 7873 5.4. */
static void test_cookie_without_a_question(void **state)
{
        uint16_t n;

        assert_int_equal(endpoint_from_text("192.0.2.1", 4711, &client), 0);
        message_header(&m, 0, 0, 0, 0, 1);
        message_opt(&m, 1232, 0, false, "\0\12\0\10abcdefgh", 12);
        send_from(QUERY_UDP);
        assert_int_equal(rcode(), PACKET_NOERROR);
        assert_memory_equal(answer + 4, "\0\0\0\0\0\0\0\1", 8);
        assert_memory_equal(option(10, &n), "abcdefgh", 8);
        assert_int_equal(n, COOKIE_SIZE);
}

/* RFC 7828 3.2, 3.3. */
static void test_keepalive(void **state)
{
        uint16_t n;

        idle_usec = 10 * 1000000ULL;
        ask_with_options("db.corp.internal", "A", "\0\13\0\0", 4);
        send_from(QUERY_TCP);
        assert_memory_equal(option(11, &n), "\0\144", 2);
        send_from(QUERY_UDP);
        assert_null(option(11, &n));
        ask_with_options("db.corp.internal", "A", "", 0);
        send_from(QUERY_TCP);
        assert_null(option(11, &n));
        idle_usec = 0;
}

/* Not answered, not minded; nor are the options of an OPT whose version we do not know. */
static void test_other_options(void **state)
{
        static const char options[] = "\0\3\0\0\0\10\0\4\0\1\0\0\0\14\0\2\0\0\375\351\0\4abcd";
        uint16_t n;

        ask_with_options("db.corp.internal", "A", options, sizeof(options) - 1);
        send_from(QUERY_UDP);
        assert_int_equal(rcode(), PACKET_NOERROR);
        assert_non_null(options_of_answer(&n));
        assert_int_equal(n, 0);
        message_query(&m, "db.corp.internal", "A");
        wire_patch_u16(&m.w, 10, 1);
        message_opt(&m, 1232, 1, false, "\0\12\0\3abc", 7);
        send_message(QUERY_UDP);
        assert_int_equal(ldns_pkt_edns_extended_rcode(pkt) << 4 | rcode(), PACKET_BADVERS);
        assert_non_null(options_of_answer(&n));
        assert_int_equal(n, 0);
}

static void has_error(uint16_t code, const char *text)
{
        uint16_t n;
        const uint8_t *e = option(15, &n);

        assert_non_null(e);
        assert_int_equal(e[0] << 8 | e[1], code);
        assert_int_equal(n - 2, strlen(text));
        assert_memory_equal(e + 2, text, strlen(text));
}

static void test_extended_errors(void **state)
{
        uint16_t n;

        ask_with_options("www.Example.org", "A", "", 0);
        send_from(QUERY_UDP);
        assert_int_equal(rcode(), PACKET_REFUSED);
        has_error(20, "no zone, no rule: www.example.org"); /* knotd, nsd: this code too */
        ask_with_options("corp.internal", "AXFR", "", 0);
        send_from(QUERY_TCP);
        has_error(21, "no zone transfers");
        ask_with_options("corp.internal", "A", "", 0);
        wire_patch_u16(&m.w, 2, OPCODE(5));
        send_from(QUERY_UDP);
        assert_int_equal(rcode(), PACKET_NOTIMP);
        has_error(21, "opcode 5");
        ask_with_options("nobody.corp.internal", "A", "", 0);
        send_from(QUERY_UDP);
        assert_null(option(15, &n));
        /* Who does not speak EDNS is told nothing. */
        message_query(&m, "example.org", "A");
        send_message(QUERY_UDP);
        assert_false(ldns_pkt_edns(pkt));
}

/* The longest name, and the least room: what the options take is never too much. */
static void test_options_and_a_long_name(void **state)
{
        char name[256];

        memset(name, 'a', sizeof(name));
        name[63] = name[127] = name[191] = '.';
        name[253] = '\0';
        assert_int_equal(endpoint_from_text("2001:db8::1", 4711, &client), 0);
        message_query(&m, name, "A");
        wire_patch_u16(&m.w, 10, 1);
        message_opt(&m, 0, 0, true, "\0\12\0\10abcdefgh", 12);
        send_from(QUERY_UDP);
        assert_int_equal(rcode(), PACKET_REFUSED);
        assert_true(answer_size <= 512);
        uint16_t n;
        assert_non_null(option(10, &n));
        assert_non_null(option(15, &n));
        assert_int_equal(n, 2 + EDNS_ERROR_TEXT_SIZE - 1);
}

/* Cookie first, then the records, the extended error last: room for the cookie is kept before. */
static void test_cookie_counts_for_the_size(void **state)
{
        char text[101];

        for (unsigned int i = 0; i < 4; i++) {
                memset(text, 'x', sizeof(text) - 1);
                text[100] = '\0';
                text[0] = (char)('0' + i);
                fixture_put(store, change_add, "empty", FIXTURE_RECORDS(R("big", "TXT", 60, text)));
        }
        /* 12 + 15 + 4 * 113 + 11 = 490; the cookie's 28 octets are over 512. */
        message_query(&m, "big.empty", "TXT");
        wire_patch_u16(&m.w, 10, 1);
        MESSAGE_OPT(&m, 512, 0, false);
        send_message(QUERY_UDP);
        assert_false(ldns_pkt_tc(pkt));
        message_query(&m, "big.empty", "TXT");
        wire_patch_u16(&m.w, 10, 1);
        message_opt(&m, 512, 0, false, "\0\12\0\10abcdefgh", 12);
        assert_int_equal(endpoint_from_text("192.0.2.1", 4711, &client), 0);
        send_from(QUERY_UDP);
        uint16_t n;
        assert_true(answer[2] & TC >> 8);
        assert_non_null(option(10, &n));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(test_messages),
                TEST(test_classes_and_types),
                TEST(test_cookies),
                TEST(test_cookie_without_a_question),
                TEST(test_keepalive),
                TEST(test_other_options),
                TEST(test_extended_errors),
                TEST(test_options_and_a_long_name),
                TEST(test_cookie_counts_for_the_size),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
