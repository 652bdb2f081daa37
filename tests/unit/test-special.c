/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/packet-fixture.h"

#include "daemon/dns/special.h"

#define ZEROS31 "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."

/* Each registered name that a row of its own stands for; ranges are tested apart. */
static const struct {
        const char *domain;
        enum special_kind kind;
        const char *beside; /* not special */
} names[] = {
        {"localhost", SPECIAL_LOCALHOST, "localhosts"},
        {"invalid", SPECIAL_NXDOMAIN, "invalid.example"},
        {"test", SPECIAL_NXDOMAIN, "atest"},
        {"local", SPECIAL_NXDOMAIN, "local.example"},
        {"onion", SPECIAL_NXDOMAIN, "onions"},
        {"alt", SPECIAL_NXDOMAIN, "al"},
        {"home.arpa", SPECIAL_EMPTY, "ahome.arpa"},
        {"service.arpa", SPECIAL_EMPTY, "service.example"},
        {"resolver.arpa", SPECIAL_NODATA, "_dns.resolver.example"},
        {"10.in-addr.arpa", SPECIAL_EMPTY, "11.in-addr.arpa"},
        {"168.192.in-addr.arpa", SPECIAL_EMPTY, "169.192.in-addr.arpa"},
        {"0.in-addr.arpa", SPECIAL_EMPTY, "00.in-addr.arpa"},
        {"127.in-addr.arpa", SPECIAL_EMPTY, "126.in-addr.arpa"},
        {"254.169.in-addr.arpa", SPECIAL_EMPTY, "253.169.in-addr.arpa"},
        {"2.0.192.in-addr.arpa", SPECIAL_EMPTY, "1.0.192.in-addr.arpa"},
        {"100.51.198.in-addr.arpa", SPECIAL_EMPTY, "101.51.198.in-addr.arpa"},
        {"113.0.203.in-addr.arpa", SPECIAL_EMPTY, "114.0.203.in-addr.arpa"},
        {"255.255.255.255.in-addr.arpa", SPECIAL_EMPTY, "254.255.255.255.in-addr.arpa"},
        {"0." ZEROS31 "ip6.arpa", SPECIAL_EMPTY, "2." ZEROS31 "ip6.arpa"},
        {"1." ZEROS31 "ip6.arpa", SPECIAL_LOOPBACK, ZEROS31 "ip6.arpa"},
        {"d.f.ip6.arpa", SPECIAL_EMPTY, "c.f.ip6.arpa"},
        {"8.e.f.ip6.arpa", SPECIAL_EMPTY, "7.e.f.ip6.arpa"},
        {"9.e.f.ip6.arpa", SPECIAL_EMPTY, "9.d.f.ip6.int"},
        {"a.e.f.ip6.arpa", SPECIAL_EMPTY, "e.f.ip6.arpa"},
        {"b.e.f.ip6.arpa", SPECIAL_EMPTY, "c.e.f.ip6.arpa"},
        {"8.b.d.0.1.0.0.2.ip6.arpa", SPECIAL_EMPTY, "9.b.d.0.1.0.0.2.ip6.arpa"},
};

static void is_not_special(const char *text)
{
        struct name name = name_of(text);
        struct special special = {.reason = "untouched"};

        if (special_match(&name, &special) != SPECIAL_NONE)
                fail_msg("special: %s", text);
        assert_string_equal(special.reason, "untouched");
}

static void is_special(const char *text, enum special_kind kind, const char *domain)
{
        struct name name = name_of(text), expected = name_of(domain);
        struct special special;

        if (special_match(&name, &special) != kind || special.kind != kind)
                fail_msg("%s", text);
        assert_int_equal(special_match(&name, NULL), kind);
        assert_true(name_equal(&special.domain, &expected));
        assert_int_equal(strncmp(special.reason, "special-use: ", 13), 0);
}

static void test_registered(void **state)
{
        char below[300];

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                enum special_kind kind = names[i].kind == SPECIAL_LOOPBACK ? SPECIAL_EMPTY : names[i].kind;

                is_special(names[i].domain, names[i].kind, names[i].domain);
                snprintf(below, sizeof(below), "a.%s", names[i].domain);
                is_special(below, kind, names[i].domain);
                snprintf(below, sizeof(below), "c.b.a.%s", names[i].domain);
                is_special(below, kind, names[i].domain);
                is_not_special(names[i].beside);
        }
}

static void test_ranges(void **state)
{
        char text[80], domain[64];

        for (int i = 0; i < 300; i++) {
                snprintf(domain, sizeof(domain), "%d.172.in-addr.arpa", i);
                snprintf(text, sizeof(text), "1.2.%s", domain);
                if (i >= 16 && i <= 31)
                        is_special(text, SPECIAL_EMPTY, domain);
                else
                        is_not_special(text);
                snprintf(domain, sizeof(domain), "%d.100.in-addr.arpa", i);
                if (i >= 64 && i <= 127)
                        is_special(domain, SPECIAL_EMPTY, domain);
                else
                        is_not_special(domain);
        }
        is_not_special("016.172.in-addr.arpa");
        is_not_special("1a.172.in-addr.arpa");
        is_not_special("172.in-addr.arpa");
        is_not_special("0064.100.in-addr.arpa");
}

/* What a resolver forwards as any other name. */
static void test_forwarded(void **state)
{
        static const char *const forwarded[] = {".", "arpa", "in-addr.arpa", "ip6.arpa", "example",
                "www.example.com", "example.net", "example.org", "ipv4only.arpa", "6tisch.arpa",
                "eap-noob.arpa", "com", "8.8.8.8.in-addr.arpa", "192.in-addr.arpa", "local.com", "test.de"};

        for (size_t i = 0; i < ELEMENTSOF(forwarded); i++)
                is_not_special(forwarded[i]);
}

static void test_loopback(void **state)
{
        is_special("1.0.0.127.in-addr.arpa", SPECIAL_LOOPBACK, "127.in-addr.arpa");
        is_special("a.1.0.0.127.in-addr.arpa", SPECIAL_EMPTY, "127.in-addr.arpa");
        is_special("2.0.0.127.in-addr.arpa", SPECIAL_EMPTY, "127.in-addr.arpa");
        is_special("1.0.53.127.in-addr.arpa", SPECIAL_EMPTY, "127.in-addr.arpa");
}

/* A name of as many labels as there can be is looked at, and one of more labels than any registered name. */
static void test_long_names(void **state)
{
        struct name name = {};

        for (size_t i = 0; i < 124; i++)
                memcpy(name.wire + 2 * i, "\1a", 2);
        memcpy(name.wire + 248, "\5local", 7);
        name.size = 255;
        assert_int_equal(special_match(&name, NULL), SPECIAL_NXDOMAIN);
        name.wire[249] = 'x';
        assert_int_equal(special_match(&name, NULL), SPECIAL_NONE);
}

/* RFC 8375 4: whether home.arpa is signed is for arpa to say. */
static void test_parent(void **state)
{
        struct name at = name_of("home.arpa"), below = name_of("a.home.arpa"), top = name_of("local");
        struct special special;

        (void)special_match(&at, &special);
        assert_true(special_is_of_parent(&special, &at, RDATA_DS));
        assert_false(special_is_of_parent(&special, &at, RDATA_A));
        assert_false(special_is_of_parent(&special, &below, RDATA_DS));
        (void)special_match(&top, &special);
        assert_false(special_is_of_parent(&special, &top, RDATA_DS));
}

/* One record of a section as text, without its TTL; "" where the section is empty. */
static void section_is(ldns_rr_list *section, const char *expected)
{
        _cleanup_free_ char *text = NULL;

        if (!*expected) {
                assert_int_equal(ldns_rr_list_rr_count(section), 0);
                return;
        }
        assert_int_equal(ldns_rr_list_rr_count(section), 1);
        assert_int_equal(ldns_rr_ttl(ldns_rr_list_rr(section, 0)), SPECIAL_TTL);
        ldns_rr_set_ttl(ldns_rr_list_rr(section, 0), 0);
        text = ldns_rr2str(ldns_rr_list_rr(section, 0));
        text[strcspn(text, "\n")] = '\0';
        assert_string_equal(text, expected);
}

static void answers(const char *text, const char *type, enum packet_rcode rcode, const char *answer,
        const char *authority)
{
        static uint8_t buf[PACKET_UDP_PLAIN_MAX];
        struct name name = name_of(text);
        struct packet_query query;
        struct packet_writer p;
        struct special special;
        struct message m;
        enum packet_rcode error;
        ldns_pkt *pkt;

        message_query(&m, text, type);
        assert_int_equal(packet_parse(m.data, m.w.position, &query, &error), PACKET_OK);
        packet_writer_begin(&p, &query, m.data, buf, sizeof(buf));
        assert_int_not_equal(special_match(&name, &special), SPECIAL_NONE);
        if (special_answer(&special, &name, &p) != rcode || p.rcode != rcode)
                fail_msg("%s %s: rcode %u", text, type, p.rcode);
        assert_int_equal(ldns_wire2pkt(&pkt, buf, packet_writer_end(&p)), LDNS_STATUS_OK);
        assert_int_equal(ldns_pkt_get_rcode(pkt), rcode);
        assert_false(ldns_pkt_aa(pkt) || ldns_pkt_tc(pkt));
        section_is(ldns_pkt_answer(pkt), answer);
        section_is(ldns_pkt_authority(pkt), authority);
        ldns_pkt_free(pkt);
}

#define SOA(domain) domain ".\t0\tIN\tSOA\t" domain ". nobody.invalid. 1 3600 1200 604800 5"

static void test_answer_names(void **state)
{
        answers("localhost", "A", PACKET_NOERROR, "localhost.\t0\tIN\tA\t127.0.0.1", "");
        answers("localhost", "AAAA", PACKET_NOERROR, "localhost.\t0\tIN\tAAAA\t::1", "");
        answers("localhost", "ANY", PACKET_NOERROR, "localhost.\t0\tIN\tA\t127.0.0.1", "");
        answers("db.localhost", "A", PACKET_NOERROR, "db.localhost.\t0\tIN\tA\t127.0.0.1", "");
        answers("localhost", "MX", PACKET_NOERROR, "", SOA("localhost"));
        answers("localhost", "SOA", PACKET_NOERROR, "", SOA("localhost"));
        answers("invalid", "A", PACKET_NXDOMAIN, "", SOA("invalid"));
        answers("a.b.invalid", "A", PACKET_NXDOMAIN, "", SOA("invalid"));
        answers("printer.local", "AAAA", PACKET_NXDOMAIN, "", SOA("local"));
        answers("local", "SOA", PACKET_NXDOMAIN, "", SOA("local"));
        answers("x.onion", "ANY", PACKET_NXDOMAIN, "", SOA("onion"));
        answers("resolver.arpa", "SVCB", PACKET_NOERROR, "", SOA("resolver.arpa"));
        answers("_dns.resolver.arpa", "SVCB", PACKET_NOERROR, "", SOA("resolver.arpa"));
        answers("home.arpa", "A", PACKET_NOERROR, "", SOA("home.arpa"));
        answers("home.arpa", "SOA", PACKET_NOERROR, SOA("home.arpa"), "");
        answers("home.arpa", "ANY", PACKET_NOERROR, SOA("home.arpa"), "");
        answers("home.arpa", "NS", PACKET_NOERROR, "home.arpa.\t0\tIN\tNS\thome.arpa.", "");
        answers("a.home.arpa", "SOA", PACKET_NXDOMAIN, "", SOA("home.arpa"));
}

static void test_answer_reverse(void **state)
{
        answers("7.2.0.10.in-addr.arpa", "PTR", PACKET_NXDOMAIN, "", SOA("10.in-addr.arpa"));
        answers("7.2.20.172.in-addr.arpa", "PTR", PACKET_NXDOMAIN, "", SOA("20.172.in-addr.arpa"));
        answers("10.in-addr.arpa", "PTR", PACKET_NOERROR, "", SOA("10.in-addr.arpa"));
        answers("1.0.0.127.in-addr.arpa", "PTR", PACKET_NOERROR,
                "1.0.0.127.in-addr.arpa.\t0\tIN\tPTR\tlocalhost.", "");
        answers("1.0.0.127.in-addr.arpa", "ANY", PACKET_NOERROR,
                "1.0.0.127.in-addr.arpa.\t0\tIN\tPTR\tlocalhost.", "");
        answers("1.0.0.127.in-addr.arpa", "A", PACKET_NOERROR, "", SOA("127.in-addr.arpa"));
        /* Empty non-terminals (RFC 8020). */
        answers("0.0.127.in-addr.arpa", "PTR", PACKET_NOERROR, "", SOA("127.in-addr.arpa"));
        answers("0.127.in-addr.arpa", "PTR", PACKET_NOERROR, "", SOA("127.in-addr.arpa"));
        answers("127.in-addr.arpa", "PTR", PACKET_NOERROR, "", SOA("127.in-addr.arpa"));
        answers("127.in-addr.arpa", "SOA", PACKET_NOERROR, SOA("127.in-addr.arpa"), "");
        answers("a.1.0.0.127.in-addr.arpa", "PTR", PACKET_NXDOMAIN, "", SOA("127.in-addr.arpa"));
        answers("2.0.0.127.in-addr.arpa", "PTR", PACKET_NXDOMAIN, "", SOA("127.in-addr.arpa"));
        answers("1." ZEROS31 "ip6.arpa", "PTR", PACKET_NOERROR,
                "1." ZEROS31 "ip6.arpa.\t0\tIN\tPTR\tlocalhost.", "");
        answers("1." ZEROS31 "ip6.arpa", "SOA", PACKET_NOERROR, SOA("1." ZEROS31 "ip6.arpa"), "");
        answers("a.1." ZEROS31 "ip6.arpa", "PTR", PACKET_NXDOMAIN, "", SOA("1." ZEROS31 "ip6.arpa"));
        answers("0." ZEROS31 "ip6.arpa", "PTR", PACKET_NOERROR, "", SOA("0." ZEROS31 "ip6.arpa"));
        answers("1.0.0.0.d.f.ip6.arpa", "PTR", PACKET_NXDOMAIN, "", SOA("d.f.ip6.arpa"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_registered),
                cmocka_unit_test(test_ranges),
                cmocka_unit_test(test_forwarded),
                cmocka_unit_test(test_loopback),
                cmocka_unit_test(test_long_names),
                cmocka_unit_test(test_parent),
                cmocka_unit_test(test_answer_names),
                cmocka_unit_test(test_answer_reverse),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
