/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Who answers what: our zones, special-use names, rules, and queries that wait. Upstreams, cache and their
 * answers are ours here (those of the library are not linked then): a script says what each name gets.
 */

#include "tests/unit/query-fixture.h"

#include <arpa/inet.h>

#include "daemon/dns/edns.h"
#include "daemon/dns/query-forward.h"

struct answer {
        enum packet_rcode rcode;
        const char *address; /* NULL: no data */
};

/* What a look-up of NAME gets. */
struct script {
        const char *name;
        enum forward_verdict verdict;
        struct answer answer;
        bool cached, stale;
        enum edns_error_code code;
        const char *text;
};

static struct upstream_rule rules[4];
static size_t n_rules;
static const struct script *script;
static size_t n_script;
static const char *probe; /* the name that we have sent out ourselves */

/* The last look-up. */
static struct {
        size_t n;
        bool cache_only, dnssec_ok, checking_disabled, owned;
        struct name name;
} seen;

/* The query that waits. */
static struct {
        struct query_wait wait;
        struct query_request request;
        uint8_t data[512];
        struct name name;
        uint16_t type;
        bool is;
} waiting;

static struct {
        size_t n;
        struct endpoint client;
        struct query_result result;
} replied;

static struct query_owner owner;
static struct query_result result;
static struct endpoint client;

static void add_rule(const char *domain, size_t n_servers)
{
        rules[n_rules++] = (struct upstream_rule){.domain = name_of(domain), .n_servers = n_servers};
}

const struct upstream_rule *forward_rule_at(const struct forward *forward, size_t i)
{
        return i < n_rules ? &rules[i] : NULL;
}

const struct upstream_rule *forward_match(const struct forward *forward, const struct name *name)
{
        const struct upstream_rule *best = NULL;

        for (size_t i = 0; i < n_rules; i++)
                if (name_is_below(name, &rules[i].domain) &&
                        (!best || rules[i].domain.size > best->domain.size))
                        best = &rules[i];
        return best;
}

bool forward_is_probe(struct forward *forward, const struct name *name)
{
        struct name n;

        if (!probe)
                return false;
        n = name_of(probe);
        return name_equal(&n, name);
}

static void fill(struct forward_lookup *lookup, const struct script *s)
{
        lookup->answer = &s->answer;
        lookup->cached = s->cached;
        lookup->stale = s->stale;
        lookup->error.code = s->text ? s->code : EDNS_ERROR_NONE;
        snprintf(lookup->error.text, sizeof(lookup->error.text), "%s", s->text ? s->text : "");
}

static void on_cancel(struct query_wait *wait)
{
        waiting.is = false;
}

enum forward_verdict forward_get(
        struct forward *forward, struct forward_lookup *lookup, const struct query_request *request)
{
        seen.n++;
        seen.cache_only = lookup->cache_only;
        seen.dnssec_ok = lookup->dnssec_ok;
        seen.checking_disabled = lookup->checking_disabled;
        seen.owned = request->owner != NULL;
        seen.name = *lookup->name;
        lookup->rule = forward_match(forward, lookup->name);
        if (!lookup->rule)
                return FORWARD_NONE;
        if (lookup->rule->n_servers == 0)
                return FORWARD_BLOCK;
        for (size_t i = 0; i < n_script; i++) {
                struct name n = name_of(script[i].name);

                if (!name_equal(&n, lookup->name))
                        continue;
                fill(lookup, &script[i]);
                return lookup->cache_only && !script[i].cached ? FORWARD_NONE : script[i].verdict;
        }
        if (lookup->cache_only)
                return FORWARD_NONE;
        if (!request->owner)
                return FORWARD_FAILED;
        assert_false(waiting.is);
        waiting.is = true;
        waiting.wait = (struct query_wait){.cancel = on_cancel};
        waiting.request = *request;
        memcpy(waiting.data, request->data, request->size);
        waiting.request.data = waiting.data;
        waiting.name = *lookup->name;
        waiting.type = lookup->type;
        query_owner_add(request->owner, &waiting.wait);
        return FORWARD_WAIT;
}

void answer_write(const struct answer *a, uint32_t age, bool stale, struct packet_writer *p)
{
        struct in_addr address;

        p->rcode = a->rcode;
        if (!a->address)
                return;
        assert_int_equal(inet_pton(AF_INET, a->address, &address), 1);
        const struct packet_rdata rdata = {.data = (const uint8_t *)&address, .size = 4};
        packet_writer_add(p, PACKET_ANSWER, &seen.name, RDATA_A, stale ? 30 : 60 - age, &rdata, 1);
}

static void read_answer(void)
{
        ldns_pkt_free(pkt);
        pkt = NULL;
        is_whole();
        assert_int_equal(ldns_wire2pkt(&pkt, answer, answer_size), LDNS_STATUS_OK);
}

static void on_reply(struct query_owner *o, const struct endpoint *c, const uint8_t *data, size_t size,
        const struct query_result *r)
{
        assert_ptr_equal(o, &owner);
        replied.n++;
        replied.client = *c;
        replied.result = *r;
        memcpy(answer, data, size);
        answer_size = size;
        read_answer();
}

/* What came for the name that is waited for. */
static void arrive(const struct script *s)
{
        struct forward_lookup lookup = {
                .name = &waiting.name, .type = waiting.type, .rule = forward_match(NULL, &waiting.name)};
        const struct query_request request = waiting.request;
        uint8_t data[512];

        assert_true(waiting.is);
        memcpy(data, waiting.data, sizeof(data));
        struct query_request copy = request;
        copy.data = data;
        struct name name = waiting.name;
        lookup.name = &name;
        fill(&lookup, s);
        seen.name = name;
        waiting.is = false;
        query_wait_remove(&waiting.wait);
        query_forward_ready(&context, &copy, s->verdict, &lookup);
}

static int setup_forward(void **state)
{
        n_rules = n_script = 0;
        probe = NULL;
        memset(&seen, 0, sizeof(seen));
        memset(&waiting, 0, sizeof(waiting));
        memset(&replied, 0, sizeof(replied));
        owner = (struct query_owner){.reply = on_reply};
        assert_int_equal(endpoint_from_text("192.0.2.200", 4711, &client), 0);
        setup(state);
        context.forward = (struct forward *)&rules; /* nobody looks into it here */
        return 0;
}

static const struct script example[] = {
        {"www.example.org", FORWARD_READY, .answer = {PACKET_NOERROR, "198.51.100.1"}, .cached = true},
        {"fresh.example.org", FORWARD_READY, .answer = {PACKET_NOERROR, "198.51.100.2"}},
        {"none.example.org", FORWARD_READY, .answer = {PACKET_NOERROR, NULL}, .cached = true},
        {"nobody.example.org", FORWARD_READY, .answer = {PACKET_NXDOMAIN, NULL}, .cached = true},
        {"broken.example.org", FORWARD_FAILED, .code = EDNS_ERROR_NETWORK, .text = "cannot reach"},
        {"stale.example.org", FORWARD_READY, .answer = {PACKET_NOERROR, "198.51.100.3"}, .cached = true,
                .stale = true, .code = EDNS_ERROR_STALE_ANSWER, .text = "old"},
};

static void use_example(void)
{
        script = example;
        n_script = ELEMENTSOF(example);
        add_rule("example.org", 1);
}

/* Asks with FLAGS, and an OPT; false: it waits. */
static bool put_question(const char *name, const char *type, uint16_t flags, enum query_transport transport)
{
        const struct query_request request = {
                .transport = transport, .client = &client, .owner = &owner, .data = m.data};
        struct query_request r = request;
        ssize_t n;

        message_query(&m, name, type);
        wire_patch_u16(&m.w, 2, flags);
        wire_patch_u16(&m.w, 10, 1);
        MESSAGE_OPT(&m, 1232, 0, true);
        r.size = m.w.position;
        n = query_answer(&context, &r, answer, sizeof(answer), &result);
        if (n == -EINPROGRESS)
                return false;
        assert_true(n > 0);
        answer_size = (size_t)n;
        read_answer();
        return true;
}

static void gets(const char *name, unsigned int rcode, bool aa, const char *records)
{
        assert_true(put_question(name, "A", PACKET_FLAG_RD, QUERY_UDP));
        has_rcode(rcode, aa);
        has_records(ldns_pkt_answer(pkt), records);
}

static void gets_from(
        const char *name, unsigned int rcode, bool aa, const char *records, enum query_source source)
{
        gets(name, rcode, aa, records);
        assert_int_equal(result.source, source);
}

/* The extended error, "CODE text" with the code as an octet. */
static void has_error(int code, const char *text)
{
        ldns_rdf *edns = ldns_pkt_edns_data(pkt);
        const uint8_t *d;

        if (code < 0) {
                assert_true(!edns || ldns_rdf_size(edns) == 0);
                return;
        }
        assert_non_null(edns);
        d = ldns_rdf_data(edns);
        assert_int_equal(d[0] << 8 | d[1], EDNS_OPTION_ERROR);
        assert_int_equal(d[4] << 8 | d[5], code);
        assert_int_equal(ldns_rdf_size(edns) - 6, strlen(text));
        assert_memory_equal(d + 6, text, strlen(text));
}

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
        has_error(EDNS_ERROR_OTHER, "our zones changed again and again");
}

/* Our own probe has come back to us: whatever is said now, no upstream is asked. */
static void test_probe(void **state)
{
        use_example();
        probe = "probe.example.org";
        gets("probe.example.org", PACKET_SERVFAIL, false, "");
        assert_int_equal(seen.n, 0);
        has_error(EDNS_ERROR_OTHER, "an upstream leads back to us");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup_forward, teardown)
        const struct CMUnitTest tests[] = {
                TEST(test_rules),
                TEST(test_flags),
                TEST(test_our_zones_come_first),
                TEST(test_without_recursion),
                TEST(test_blocked),
                TEST(test_chains_that_leave_our_zones),
                TEST(test_fallthrough),
                TEST(test_waiting),
                TEST(test_waiting_in_vain),
                TEST(test_zone_changes_meanwhile),
                TEST(test_no_endless_waiting),
                TEST(test_probe),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
