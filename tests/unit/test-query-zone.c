/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Answers out of zones with delegations, DNAMEs, wildcards, hosts to be found
 * next, a SOA of their own. */

#include "tests/unit/query-fixture.h"

#include "daemon/dns/query-internal.h"

#define LABEL63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static int setup_rich(void **state)
{
        setup(state);
        fixture_create(store, "rich", 0);
        fixture_create(store, "inner.rich", 0);
        fixture_put(store, change_add, "inner.rich",
                FIXTURE_RECORDS(R("host", "A", 5, "192.0.2.50"), R("alias", "CNAME", 5, "x.dn.rich.")));
        fixture_put(store, change_add, "rich",
                FIXTURE_RECORDS(R("ns1", "A", 60, "192.0.2.1"), R("ns1", "AAAA", 60, "2001:db8::1"),
                        R("www", "CNAME", 60, "ns1"), R("*.wild", "A", 60, "192.0.2.6"),
                        R("*.wild", "MX", 60, "1 ns1"), R("x.ent.wild", "TXT", 60, "x"),
                        R("*.wc", "CNAME", 60, "q.wild"), R("a.*.star", "TXT", 60, "x"),
                        /* delegations */
                        R("sub", "NS", 60, "ns.sub"), R("sub", "NS", 60, "ns.sib"),
                        R("sub", "NS", 60, "ns.far.example."), R("sub", "NS", 60, "host.inner"),
                        R("sub", "DS", 30, "1 8 1 0123456789abcdef0123456789abcdef01234567"),
                        R("ns.sub", "A", 60, "192.0.2.11"), R("ns.sub", "AAAA", 60, "2001:db8::11"),
                        R("hidden.sub", "TXT", 60, "x"), R("deeper.sub", "NS", 60, "ns1"),
                        R("sib", "NS", 60, "ns.sib"), R("ns.sib", "A", 60, "192.0.2.12"),
                        R("a.b.cut", "NS", 60, "ns1"), R("tosub", "CNAME", 60, "host.sub"),
                        R("inner", "NS", 60, "ns1"),
                        /* redirections */
                        R("dn", "DNAME", 30, "target"), R("dn", "TXT", 60, "x"),
                        R("x.target", "A", 60, "192.0.2.20"), R("y.target", "CNAME", 60, "z.dn"),
                        R("z.target", "A", 60, "192.0.2.21"), R("todn", "CNAME", 60, "x.dn"),
                        R("dn2", "DNAME", 20, "dn"), R("dnout", "DNAME", 20, "far.example."),
                        R("dnsub", "DNAME", 20, "sub"), R("dnself", "DNAME", 20, "dnself"),
                        R("long", "DNAME", 20, LABEL63 "." LABEL63 "." LABEL63)));
        return 0;
}

/* The records of the additional section, one a line, without the OPT. */
static void has_additional(const char *expected)
{
        has_records(ldns_pkt_additional(pkt), expected);
}

static void refers(const char *name, const char *type, const char *servers, const char *glue)
{
        ask(name, type);
        has_rcode(PACKET_NOERROR, false);
        assert_int_equal(ldns_pkt_ancount(pkt), 0);
        has_records(ldns_pkt_authority(pkt), servers);
        has_additional(glue);
        assert_false(ldns_pkt_tc(pkt));
}

#define SUB_SERVERS \
        "sub.rich. 60 IN NS ns.far.example.\n" \
        "sub.rich. 60 IN NS ns.sib.rich.\n" \
        "sub.rich. 60 IN NS ns.sub.rich.\n" \
        "sub.rich. 60 IN NS host.inner.rich.\n"
#define SUB_GLUE \
        "ns.sub.rich. 60 IN A 192.0.2.11\n" \
        "ns.sub.rich. 60 IN AAAA 2001:db8::11\n" \
        "ns.sib.rich. 60 IN A 192.0.2.12\n" \
        "host.inner.rich. 5 IN A 192.0.2.50\n"
#define NS1 "ns1.rich. 60 IN A 192.0.2.1\nns1.rich. 60 IN AAAA 2001:db8::1\n"

static void test_referrals(void **state)
{
        refers("sub.rich", "A", SUB_SERVERS, SUB_GLUE);
        refers("sub.rich", "NS", SUB_SERVERS, SUB_GLUE);
        refers("sub.rich", "SOA", SUB_SERVERS, SUB_GLUE);
        refers("sub.rich", "ANY", SUB_SERVERS, SUB_GLUE);
        refers("nobody.sub.rich", "A", SUB_SERVERS, SUB_GLUE);
        refers("hidden.sub.rich", "TXT", SUB_SERVERS, SUB_GLUE);
        refers("ns.sub.rich", "A", SUB_SERVERS, SUB_GLUE);
        refers("x.deeper.sub.rich", "NS", SUB_SERVERS, SUB_GLUE);
        refers("sib.rich", "A", "sib.rich. 60 IN NS ns.sib.rich.\n", "ns.sib.rich. 60 IN A 192.0.2.12\n");
        refers("q.a.b.cut.rich", "A", "a.b.cut.rich. 60 IN NS ns1.rich.\n", NS1);
        denies("b.cut.rich", "NS", PACKET_NOERROR, "rich.", "");
        denies("x.b.cut.rich", "NS", PACKET_NXDOMAIN, "rich.", "");
        assert_int_equal(context.stats.answered, 10);
}

static void test_ds_is_the_parents(void **state)
{
        answers("sub.rich", "DS", "sub.rich. 30 IN DS 1 8 1 0123456789abcdef0123456789abcdef01234567\n");
        denies("sib.rich", "DS", PACKET_NOERROR, "rich.", "");
        denies("rich", "DS", PACKET_NOERROR, "rich.", "");
        refers("x.sub.rich", "DS", SUB_SERVERS, SUB_GLUE);

        /* A zone of ours below one of ours: at its apex, if the zone above says
         * anything. */
        denies("inner.rich", "DS", PACKET_NOERROR, "rich.", "");
        denies("sub.corp.internal", "DS", PACKET_NOERROR, "sub.corp.internal.", "");
        fixture_put(store, change_add, "rich",
                FIXTURE_RECORDS(R("inner", "DS", 9, "1 8 1 0123456789abcdef0123456789abcdef01234567")));
        answers("inner.rich", "DS", "inner.rich. 9 IN DS 1 8 1 0123456789abcdef0123456789abcdef01234567\n");
        answers("host.inner.rich", "A", "host.inner.rich. 5 IN A 192.0.2.50\n");

        /* What is delegated above our zone says nothing of it. */
        fixture_create(store, "ours.sub.rich", 0);
        denies("ours.sub.rich", "DS", PACKET_NOERROR, "ours.sub.rich.", "");
}

/* RFC 1034 4.3.1: AA is of the first owner. */
static void test_a_chain_may_end_in_a_referral(void **state)
{
        ask("tosub.rich", "A");
        has_rcode(PACKET_NOERROR, true);
        has_records(ldns_pkt_answer(pkt), "tosub.rich. 60 IN CNAME host.sub.rich.\n");
        has_records(ldns_pkt_authority(pkt), SUB_SERVERS);
        ask("host.dnsub.rich", "A");
        has_rcode(PACKET_NOERROR, true);
        assert_int_equal(ldns_pkt_ancount(pkt), 2);
        has_records(ldns_pkt_authority(pkt), SUB_SERVERS);
}

/* RFC 9471: all addresses of servers within the delegation, or TC. Others may
 * be missing. */
static void test_glue_that_does_not_fit(void **state)
{
        char owner[16], address[24];

        fixture_put(store, change_add, "rich", FIXTURE_RECORDS(R("big", "NS", 60, "ns.big")));
        for (int i = 0; i < 16; i++) {
                snprintf(address, sizeof(address), "2001:db8::%d", i);
                fixture_put(store, change_add, "rich", FIXTURE_RECORDS(R("ns.big", "AAAA", 60, address)));
        }
        ask("x.big.rich", "A");
        assert_false(ldns_pkt_tc(pkt));
        assert_int_equal(ldns_pkt_arcount(pkt), 16);
        fixture_put(store, change_add, "rich", FIXTURE_RECORDS(R("ns.big", "AAAA", 60, "2001:db8::ff")));
        ask("x.big.rich", "A");
        has_rcode(PACKET_NOERROR, false);
        assert_true(ldns_pkt_tc(pkt));
        assert_int_equal(ldns_pkt_nscount(pkt), 1);
        assert_int_equal(ldns_pkt_arcount(pkt), 0);
        assert_int_equal(context.stats.truncated, 1);

        for (int i = 0; i < 2; i++) {
                fixture_put(store, change_add, "rich",
                        FIXTURE_RECORDS(R("big", "NS", 60, i ? "ns2.big" : "ns1"),
                                R("ns2.big", "A", 1, "192.0.2.2")));
                ask("x.big.rich", "A");
                assert_true(ldns_pkt_tc(pkt));
        }
        snprintf(owner, sizeof(owner), "other");
        fixture_put(store, change_add, "rich", FIXTURE_RECORDS(R(owner, "NS", 60, "ns.big")));
        ask("x.other.rich", "A");
        assert_false(ldns_pkt_tc(pkt));
        assert_int_equal(ldns_pkt_arcount(pkt), 0);
}

/* By TCP all of it comes, however much. */
static void test_much_glue(void **state)
{
        char server[16], address[16];

        for (int i = 0; i < 40; i++) {
                snprintf(server, sizeof(server), "s%d.big", i);
                snprintf(address, sizeof(address), "192.0.2.%d", i);
                fixture_put(store, change_add, "rich",
                        FIXTURE_RECORDS(R("big", "NS", 60, server), R(server, "A", 60, address)));
        }
        message_query(&m, "x.big.rich", "A");
        send_message(QUERY_TCP);
        assert_false(ldns_pkt_tc(pkt));
        assert_int_equal(ldns_pkt_nscount(pkt), 40);
        assert_int_equal(ldns_pkt_arcount(pkt), 40);
        ask("x.big.rich", "A");
        assert_true(ldns_pkt_tc(pkt));
}

#define DN "dn.rich. 30 IN DNAME target.rich.\n"

static void test_dname(void **state)
{
        answers("x.dn.rich", "A",
                DN "x.dn.rich. 30 IN CNAME x.target.rich.\nx.target.rich. 60 IN A "
                   "192.0.2.20\n");
        answers("X.dN.rIch", "A",
                "dN.rIch. 30 IN DNAME target.rich.\nX.dN.rIch. 30 IN CNAME "
                "x.target.rIch.\n"
                "x.target.rIch. 60 IN A 192.0.2.20\n");
        answers("todn.rich", "A",
                "todn.rich. 60 IN CNAME x.dn.rich.\n" DN
                "x.dn.rich. 30 IN CNAME x.target.rich.\nx.target.rich. 60 IN A "
                "192.0.2.20\n");
        denies("nobody.dn.rich", "A", PACKET_NXDOMAIN, "rich.",
                DN "nobody.dn.rich. 30 IN CNAME nobody.target.rich.\n");
        denies("x.dn.rich", "MX", PACKET_NOERROR, "rich.", DN "x.dn.rich. 30 IN CNAME x.target.rich.\n");
        answers("x.dnout.rich", "A",
                "dnout.rich. 20 IN DNAME far.example.\nx.dnout.rich. 20 IN CNAME "
                "x.far.example.\n");
        answers("x.dn2.rich", "A",
                "dn2.rich. 20 IN DNAME dn.rich.\nx.dn2.rich. 20 IN CNAME x.dn.rich.\n" DN
                "x.dn.rich. 30 IN CNAME x.target.rich.\nx.target.rich. 60 IN A "
                "192.0.2.20\n");
        /* Twice through the same one. */
        answers("y.dn.rich", "A",
                DN "y.dn.rich. 30 IN CNAME y.target.rich.\ny.target.rich. 60 IN "
                   "CNAME z.dn.rich.\n"
                   "z.dn.rich. 30 IN CNAME z.target.rich.\nz.target.rich. 60 IN A "
                   "192.0.2.21\n");
        /* From another zone of ours. */
        answers("alias.inner.rich", "A",
                "alias.inner.rich. 5 IN CNAME x.dn.rich.\n" DN
                "x.dn.rich. 30 IN CNAME x.target.rich.\nx.target.rich. 60 IN A "
                "192.0.2.20\n");
        answers("y.dn.rich", "CNAME", DN "y.dn.rich. 30 IN CNAME y.target.rich.\n");
        answers("x.dn.rich", "ANY",
                DN "x.dn.rich. 30 IN CNAME x.target.rich.\nx.target.rich. 60 IN A "
                   "192.0.2.20\n");
}

static void test_dname_owner(void **state)
{
        answers("dn.rich", "DNAME", DN);
        answers("dn.rich", "TXT", "dn.rich. 60 IN TXT \"x\"\n");
        denies("dn.rich", "A", PACKET_NOERROR, "rich.", "");
        answers("x.dnself.rich", "A",
                "dnself.rich. 20 IN DNAME dnself.rich.\nx.dnself.rich. 20 IN CNAME "
                "x.dnself.rich.\n");
}

static void test_dname_overflow(void **state)
{
        const char *chain = "long.rich. 20 IN DNAME " LABEL63 "." LABEL63 "." LABEL63 ".rich.\n";

        ask(LABEL63 ".long.rich", "A");
        has_rcode(PACKET_YXDOMAIN, true);
        has_records(ldns_pkt_answer(pkt), chain);
        assert_int_equal(ldns_pkt_nscount(pkt), 0);
        for (int length = 56; length < 58; length++) { /* 1 + 56 + 3 * 64 + 6 octets are as many as can be */
                char name[100];

                snprintf(name, sizeof(name), "%.*s.long.rich", length, LABEL63);
                message_query(&m, name, "CNAME");
                send_message(QUERY_TCP);
                has_rcode(length == 56 ? PACKET_NOERROR : PACKET_YXDOMAIN, true);
                assert_int_equal(ldns_pkt_ancount(pkt), length == 56 ? 2 : 1);
        }
        assert_int_equal(context.stats.other, 2);
}

static void test_wildcards(void **state)
{
        answers("q.wild.rich", "A", "q.wild.rich. 60 IN A 192.0.2.6\n");
        answers("r.q.wild.rich", "A", "r.q.wild.rich. 60 IN A 192.0.2.6\n");
        answers("*.wild.rich", "A", "*.wild.rich. 60 IN A 192.0.2.6\n");
        denies("q.wild.rich", "TXT", PACKET_NOERROR, "rich.", "");
        denies("ent.wild.rich", "A", PACKET_NOERROR, "rich.", "");
        denies("q.ent.wild.rich", "A", PACKET_NXDOMAIN, "rich.", "");
        denies("q.star.rich", "TXT", PACKET_NOERROR, "rich.", "");
        denies("q.*.star.rich", "TXT", PACKET_NXDOMAIN, "rich.", "");
        answers("n.wc.rich", "A", "n.wc.rich. 60 IN CNAME q.wild.rich.\nq.wild.rich. 60 IN A 192.0.2.6\n");
        answers("n.wc.rich", "CNAME", "n.wc.rich. 60 IN CNAME q.wild.rich.\n");
        ask("q.wild.rich", "MX");
        has_records(ldns_pkt_answer(pkt), "q.wild.rich. 60 IN MX 1 ns1.rich.\n");
        has_additional(NS1);
}

/* What a CNAME has beside it is not looked for behind it. */
static void test_types_beside_a_cname(void **state)
{
        denies("www.rich", "NSEC", PACKET_NOERROR, "rich.", "");
        denies("www.rich", "RRSIG", PACKET_NOERROR, "rich.", "");
        fixture_put(store, change_add, "rich", FIXTURE_RECORDS(R("www", "NSEC", 5, "x.rich. CNAME NSEC")));
        answers("www.rich", "NSEC", "www.rich. 5 IN NSEC x.rich. CNAME NSEC \n");
        answers("www.rich", "AAAA", "www.rich. 60 IN CNAME ns1.rich.\nns1.rich. 60 IN AAAA 2001:db8::1\n");
}

static void test_addresses_of_hosts(void **state)
{
        static const struct {
                const char *type, *rdata, *additional;
        } cases[] = {
                {"MX", "1 ns1", NS1},
                {"SRV", "1 1 53 ns1", NS1},
                {"SVCB", "1 ns1.rich.", NS1},
                {"HTTPS", "1 .", "h.rich. 9 IN A 192.0.2.9\n"},
                {"HTTPS", "1 NS1.rich. alpn=h2", NS1},
                {"MX", "1 q.wild", "q.wild.rich. 60 IN A 192.0.2.6\n"},
                {"MX", "1 ns.sub",
                        "ns.sub.rich. 60 IN A 192.0.2.11\nns.sub.rich. 60 IN AAAA "
                        "2001:db8::11\n"},
                {"MX", "1 host.inner", "host.inner.rich. 5 IN A 192.0.2.50\n"},
                {"MX", "1 db.corp.internal.",
                        "db.corp.internal. 30 IN A 192.0.2.7\ndb.corp.internal. 30 IN A "
                        "192.0.2.8\n"
                        "db.corp.internal. 60 IN AAAA 2001:db8::7\n"},
                {"MX", "1 www", ""},
                {"MX", "1 nobody", ""},
                {"MX", "1 mx.far.example.", ""},
                {"MX", "0 .", ""},
                {"PTR", "ns1", ""},
                {"KX", "1 ns1", ""},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                fixture_put(store, change_set, "rich",
                        FIXTURE_RECORDS(
                                R("h", cases[i].type, 9, cases[i].rdata), R("h", "A", 9, "192.0.2.9")));
                ask("h.rich", cases[i].type);
                has_rcode(PACKET_NOERROR, true);
                assert_int_equal(ldns_pkt_ancount(pkt), 1);
                assert_int_equal(ldns_pkt_nscount(pkt), 0);
                has_additional(cases[i].additional);
        }
        /* Each host once, in the order of the records; those of the apex's servers
         * too. */
        fixture_put(store, change_add, "rich",
                FIXTURE_RECORDS(R("s", "SRV", 9, "1 1 1 ns1"), R("s", "SRV", 9, "2 1 1 h"),
                        R("s", "SRV", 9, "3 1 1 ns1"), R("@", "NS", 9, "ns1"), R("@", "NS", 9, "ns.sub")));
        ask("s.rich", "SRV");
        has_additional(NS1 "h.rich. 9 IN A 192.0.2.9\n");
        ask("rich", "NS");
        has_rcode(PACKET_NOERROR, true);
        assert_int_equal(ldns_pkt_ancount(pkt), 2);
        assert_int_equal(ldns_pkt_arcount(pkt), 4);
}

/* RFC 2181 9: no TC for what is only helpful; what fits is there. */
static void test_additional_that_does_not_fit(void **state)
{
        char rdata[16], text[30];

        for (int i = 0; i < 20; i++) {
                snprintf(rdata, sizeof(rdata), "%d host%02d", i, i);
                snprintf(text, sizeof(text), "host%02d", i);
                fixture_put(store, change_add, "empty",
                        FIXTURE_RECORDS(R("m", "MX", 9, rdata), R(text, "A", 9, "192.0.2.1")));
        }
        ask("m.empty", "MX");
        assert_false(ldns_pkt_tc(pkt));
        assert_int_equal(ldns_pkt_ancount(pkt), 20);
        assert_in_range(ldns_pkt_arcount(pkt), 1, 19);
        assert_in_range(answer_size, 512 - 16, 512);
        for (int i = 20; i < 50; i++) {
                snprintf(rdata, sizeof(rdata), "%d host%02d", i, i);
                snprintf(text, sizeof(text), "host%02d", i);
                fixture_put(store, change_add, "empty",
                        FIXTURE_RECORDS(R("m", "MX", 9, rdata), R(text, "A", 9, "192.0.2.1")));
        }
        message_query(&m, "m.empty", "MX");
        send_message(QUERY_TCP);
        assert_int_equal(ldns_pkt_ancount(pkt), 50);
        assert_int_equal(ldns_pkt_arcount(pkt), 32);
        assert_false(ldns_pkt_tc(pkt));
}

static void soa_ttl_is(const char *name, const char *type, uint32_t ttl)
{
        ask(name, type);
        assert_int_equal(ldns_pkt_nscount(pkt), 1);
        assert_int_equal(ldns_rr_ttl(ldns_rr_list_rr(ldns_pkt_authority(pkt), 0)), ttl);
}

static void test_given_soa(void **state)
{
        struct name apex = name_of("rich");
        char expected[200];

        fixture_put(store, change_set, "rich", FIXTURE_RECORDS(R("@", "SOA", 900, "ns1 admin 1 2 3 4 60")));
        snprintf(expected, sizeof(expected), "rich. 900 IN SOA ns1.rich. admin.rich. %u 2 3 4 60\n",
                (uint32_t)zone_serial(zone_store_find(store, &apex)));
        answers("rich", "SOA", expected);
        answers("rich", "ANY", expected);
        soa_ttl_is("nobody.rich", "A", 60);
        soa_ttl_is("ns1.rich", "MX", 60);
        fixture_put(store, change_set, "rich", FIXTURE_RECORDS(R("@", "SOA", 30, "ns1 admin 1 2 3 4 60")));
        soa_ttl_is("nobody.rich", "A", 30);
        fixture_put(store, change_set, "rich", FIXTURE_RECORDS(R("@", "SOA", 0, "ns1 admin 1 2 3 4 60")));
        soa_ttl_is("nobody.rich", "A", 0);
        fixture_put(store, change_set, "rich", FIXTURE_RECORDS(R("@", "NS", 30, "ns1")));
        answers("rich", "ANY", "rich. 30 IN NS ns1.rich.\n");
}

/* As query.c asks where there is somebody to forward to. */
static void goes_on(const char *name, const char *type, const char *target, const char *chain, bool aa)
{
        struct packet_query q;
        struct packet_writer p;
        struct name found = {}, asked = name_of(name);
        enum packet_rcode rcode;
        char text[NAME_TEXT_SIZE];

        message_query(&m, name, type);
        assert_int_equal(packet_parse(m.data, m.w.position, &q, &rcode), PACKET_OK);
        packet_writer_begin(&p, &q, m.data, answer, 512);
        const struct zone *zone = query_find_zone(store, &asked, q.type);
        assert_non_null(zone);
        enum query_outcome outcome = query_answer_zone(&context, &p, zone, true, &found);
        assert_int_equal(outcome == QUERY_OUTCOME_FORWARD, target != NULL);
        if (!target) {
                assert_int_equal(found.size, 0);
                return;
        }
        assert_string_equal(name_to_text(&found, text), target);
        assert_int_equal(!!(p.flags & PACKET_FLAG_AA), aa);
        assert_int_equal(p.rcode, PACKET_NOERROR);
        assert_int_equal(p.authorities, 0);
        ldns_pkt_free(pkt);
        assert_int_equal(ldns_wire2pkt(&pkt, answer, packet_writer_end(&p)), LDNS_STATUS_OK);
        has_records(ldns_pkt_answer(pkt), chain);
}

static void test_what_goes_upstream(void **state)
{
        goes_on("out.corp.internal", "A", "www.example.org.",
                "out.corp.internal. 60 IN CNAME www.example.org.\n", true);
        goes_on("out.corp.internal", "CNAME", NULL, NULL, true);
        goes_on("x.dnout.rich", "MX", "x.far.example.",
                "dnout.rich. 20 IN DNAME far.example.\nx.dnout.rich. 20 IN CNAME "
                "x.far.example.\n",
                true);
        goes_on("nobody.rich", "A", NULL, NULL, true);
        goes_on("loop1.corp.internal", "A", NULL, NULL, true);
        goes_on("x.sub.rich", "A", NULL, NULL, true);
}

static void test_fallthrough(void **state)
{
        fixture_create(store, "example.org", ZONE_FALLTHROUGH);
        goes_on("example.org", "A", "example.org.", "", false);
        goes_on("example.org", "NS", "example.org.", "", false);
        goes_on("example.org", "SOA", NULL, NULL, true);
        fixture_put(store, change_add, "example.org",
                FIXTURE_RECORDS(R("a.b", "A", 9, "192.0.2.1"), R("c", "CNAME", 9, "absent"),
                        R("*.w", "A", 9, "192.0.2.1"), R("cut", "NS", 9, "ns.cut")));
        goes_on("absent.example.org", "TXT", "absent.example.org.", "", false);
        goes_on("q.b.example.org", "A", "q.b.example.org.", "", false);
        goes_on("c.example.org", "A", "absent.example.org.",
                "c.example.org. 9 IN CNAME absent.example.org.\n", true);
        goes_on("example.org", "A", "example.org.", "", false);
        /* Names that are there, and what they hold together. */
        goes_on("a.b.example.org", "TXT", NULL, NULL, true);
        goes_on("b.example.org", "A", NULL, NULL, true);
        goes_on("q.w.example.org", "TXT", NULL, NULL, true);
        goes_on("q.cut.example.org", "A", NULL, NULL, true);
        fixture_put(store, change_add, "example.org", FIXTURE_RECORDS(R("@", "TXT", 9, "x")));
        goes_on("example.org", "A", NULL, NULL, true);

        /* With nobody to ask it is a zone like others. */
        denies("absent.example.org", "TXT", PACKET_NXDOMAIN, "example.org.", "");
        denies("c.example.org", "A", PACKET_NXDOMAIN, "example.org.",
                "c.example.org. 9 IN CNAME absent.example.org.\n");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup_rich, teardown)
        const struct CMUnitTest tests[] = {
                TEST(test_referrals),
                TEST(test_ds_is_the_parents),
                TEST(test_a_chain_may_end_in_a_referral),
                TEST(test_glue_that_does_not_fit),
                TEST(test_much_glue),
                TEST(test_dname),
                TEST(test_dname_owner),
                TEST(test_dname_overflow),
                TEST(test_wildcards),
                TEST(test_types_beside_a_cname),
                TEST(test_addresses_of_hosts),
                TEST(test_additional_that_does_not_fit),
                TEST(test_given_soa),
                TEST(test_what_goes_upstream),
                TEST(test_fallthrough),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
