/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* DNSSEC, with a root zone that is signed here. */

#include "tests/unit/forward-fixture.h"

#include <time.h>

static ldns_key_list *keys;
static ldns_rr_list *zone; /* all records, signatures too */
static char anchor[] = "/tmp/share53-anchor-XXXXXX";

static void sign(const char *const *records, size_t n)
{
        ldns_rr_list *set = ldns_rr_list_new(), *signatures;

        for (size_t i = 0; i < n; i++) {
                ldns_rr *rr;

                assert_int_equal(ldns_rr_new_frm_str(&rr, records[i], 0, NULL, NULL), LDNS_STATUS_OK);
                ldns_rr_list_push_rr(set, rr);
        }
        signatures = ldns_sign_public(set, keys);
        assert_non_null(signatures);
        ldns_rr_list_push_rr_list(zone, set);
        ldns_rr_list_push_rr_list(zone, signatures);
        ldns_rr_list_free(set);
        ldns_rr_list_free(signatures);
}

#define SIGN(...) sign((const char *const[]){__VA_ARGS__}, ELEMENTSOF(((const char *const[]){__VA_ARGS__})))

/* Its signature is of other octets. */
static void tamper(const char *victim)
{
        for (size_t i = 0; i < ldns_rr_list_rr_count(zone); i++) {
                ldns_rr *rr = ldns_rr_list_rr(zone, i);
                char *text = ldns_rdf2str(ldns_rr_owner(rr));

                if (strcmp(text, victim) == 0 && ldns_rr_get_type(rr) == LDNS_RR_TYPE_A)
                        ldns_rdf_data(ldns_rr_rdf(rr, 0))[3] ^= 1;
                free(text);
        }
}

static int make_zone(void **state)
{
        ldns_key *key = ldns_key_new_frm_algorithm(LDNS_SIGN_ECDSAP256SHA256, 256);
        ldns_rr *public;
        char *text;
        int fd = mkstemp(anchor);

        assert_non_null(key);
        assert_true(fd >= 0);
        ldns_key_set_pubkey_owner(key, ldns_dname_new_frm_str("."));
        ldns_key_set_flags(key, 257);
        ldns_key_set_origttl(key, 3600);
        ldns_key_set_inception(key, (uint32_t)time(NULL) - 3600);
        ldns_key_set_expiration(key, (uint32_t)time(NULL) + 86400);
        public = ldns_key2rr(key);
        ldns_key_set_keytag(key, ldns_calc_keytag(public));
        keys = ldns_key_list_new();
        ldns_key_list_push_key(keys, key);
        zone = ldns_rr_list_new();

        text = ldns_rr2str(public);
        assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        close(fd);
        SIGN(text);
        free(text);
        ldns_rr_free(public);
        SIGN(". 60 IN SOA a. b. 1 2 3 4 60");
        SIGN("good. 60 IN A 192.0.2.1", "good. 60 IN A 192.0.2.2");
        SIGN("bad. 60 IN A 192.0.2.3");
        SIGN("good. 60 IN NSEC zz. A RRSIG NSEC");
        SIGN(". 60 IN NSEC bad. SOA DNSKEY RRSIG NSEC");
        tamper("bad.");
        return 0;
}

static int free_zone(void **state)
{
        ldns_rr_list_deep_free(zone);
        ldns_key_list_free(keys);
        (void)unlink(anchor);
        return 0;
}

/* Every record there is of the name: to the answer those of the type, to a negative one its proofs. */
static void script(struct fake_query *q)
{
        struct fake_answer a;
        char name[NAME_TEXT_SIZE];
        bool found = false;

        if (is_probe(q))
                return;
        name_to_text(&q->name, name);
        fake_begin(&a, q, 0);
        for (int section = 1; section <= 2 && !(found && section == 2); section++)
                for (size_t i = 0; i < ldns_rr_list_rr_count(zone); i++) {
                        ldns_rr *rr = ldns_rr_list_rr(zone, i);
                        ldns_rr_type type = ldns_rr_get_type(rr);
                        char *text = ldns_rr2str(rr), *at = ldns_rdf2str(ldns_rr_owner(rr));

                        if (type == LDNS_RR_TYPE_RRSIG)
                                type = ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr));
                        if (section == 1 ? strcmp(at, name) == 0 && type == (ldns_rr_type)q->type
                                         : type == LDNS_RR_TYPE_SOA || type == LDNS_RR_TYPE_NSEC) {
                                fake_record(&a, (size_t)section, text);
                                found = found || section == 1;
                        }
                        free(text);
                        free(at);
                }
        fake_send(q, &a);
}

static void set_validating_rule(const char *trust_anchor)
{
        struct forward_options options = fixture_options;
        struct upstream_rule rule = rule_of(".");

        options.trust_anchor = trust_anchor;
        assert_int_equal(forward_set_options(forward, &options), 0);
        rule.flags = UPSTREAM_VALIDATE;
        rule_server(&rule, &server.endpoint);
        assert_int_equal(forward_set_rule(forward, &rule), 0);
}

static int setup(void **state)
{
        fixture_start();
        fake_start(&server, event, script);
        return 0;
}

static int teardown(void **state)
{
        fixture_stop();
        return 0;
}

static void test_secure(void **state)
{
        set_validating_rule(anchor);
        assert_int_equal(ask("good", "A"), FORWARD_READY);
        assert_string_equal(outcome.text, "good. 60 IN A 192.0.2.1\ngood. 60 IN A 192.0.2.2\n");
        assert_true(outcome.flags & PACKET_FLAG_AD);
        assert_int_equal(ask_with("good", "A", DO), FORWARD_READY);
        assert_true(outcome.cached);
        assert_non_null(strstr(outcome.text, "good. 60 IN RRSIG A 13 "));
}

static void test_secure_nodata(void **state)
{
        set_validating_rule(anchor);
        assert_int_equal(ask_with("good", "TXT", DO), FORWARD_READY);
        assert_int_equal(outcome.rcode, PACKET_NOERROR);
        assert_true(outcome.flags & PACKET_FLAG_AD);
        assert_non_null(strstr(outcome.text, "; . 60 IN SOA a. b. 1 2 3 4 60\n"));
        assert_non_null(strstr(outcome.text, "; good. 60 IN NSEC zz. A RRSIG NSEC"));
        assert_int_equal(ask("good", "TXT"), FORWARD_READY);
        assert_string_equal(outcome.text, "; . 60 IN SOA a. b. 1 2 3 4 60\n");
}

static void test_bogus(void **state)
{
        set_validating_rule(anchor);
        assert_int_equal(ask("bad", "A"), FORWARD_FAILED);
        assert_int_equal(outcome.error.code, EDNS_ERROR_DNSSEC_BOGUS);
        assert_non_null(strstr(outcome.error.text, "bad."));
        assert_int_equal(stats().bogus, 1);
        assert_int_equal(stats().failures, 0);
        assert_int_equal(upstream_pool_contexts(forward->pool), 1);
        /* Who validates himself gets what there is. */
        assert_int_equal(ask_with("bad", "A", CD | DO), FORWARD_READY);
        assert_non_null(strstr(outcome.text, "bad. 60 IN A 192.0.2.2\nbad. 60 IN RRSIG A 13 "));
        assert_int_equal(outcome.flags & PACKET_FLAG_AD, 0);
        /* And nobody else. */
        assert_int_equal(ask("bad", "A"), FORWARD_FAILED);
}

/* Neither when the lie comes, nor while nobody is asked again. */
static void test_nothing_expired_for_a_lie(void **state)
{
        set_validating_rule(anchor);
        assert_int_equal(ask("good", "A"), FORWARD_READY);
        make_old("good", 100);
        tamper("good.");
        forward->queues[QUEUE_STALE].delay_usec = 30 * 1000000ULL;
        assert_int_equal(ask("good", "A"), FORWARD_FAILED);
        assert_int_equal(outcome.error.code, EDNS_ERROR_DNSSEC_BOGUS);
        assert_int_equal(begin_as("127.0.0.1", "good", "A", 0), FORWARD_FAILED);
        assert_int_equal(outcome.error.code, EDNS_ERROR_DNSSEC_BOGUS);
        tamper("good."); /* as it was */
}

static void test_other_anchor(void **state)
{
        struct forward_options options = fixture_options;

        set_validating_rule(anchor);
        assert_int_equal(ask("good", "A"), FORWARD_READY);
        assert_int_equal(stats().cache_answers, 1);
        options.trust_anchor = anchor;
        options.certificates = "/etc/hosts";
        assert_int_equal(forward_set_options(forward, &options), 0);
        assert_int_equal(stats().cache_answers, 0);
}

static void test_not_validating(void **state)
{
        set_rule(".", &server);
        assert_int_equal(ask_with("good", "A", DO), FORWARD_READY);
        assert_int_equal(outcome.flags & PACKET_FLAG_AD, 0);
        assert_non_null(strstr(outcome.text, "RRSIG A 13"));
        assert_int_equal(ask("bad", "A"), FORWARD_READY);
}

static void test_no_anchor(void **state)
{
        set_validating_rule("/nonexistent/anchor");
        assert_int_equal(ask("good", "A"), FORWARD_FAILED);
        assert_int_equal(outcome.error.code, EDNS_ERROR_OTHER);
        assert_non_null(strstr(outcome.error.text, "the trust anchor for DNSSEC cannot be read"));
        assert_string_equal(forward_rule_trouble(forward, 0), "the trust anchor for DNSSEC cannot be read");
        /* It is there now. */
        set_validating_rule(anchor);
        struct forward_options options = fixture_options;
        options.trust_anchor = anchor;
        assert_int_equal(forward_set_options(forward, &options), 0);
        struct name root = name_of(".");
        (void)forward_flush(forward, &root);
        assert_int_equal(ask("good", "A"), FORWARD_READY);
        assert_null(forward_rule_trouble(forward, 0));
}

static void test_bad_anchor(void **state)
{
        char path[] = "/tmp/share53-anchor-XXXXXX";
        int fd = mkstemp(path);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, ". IN DS what?\n", 14), 14);
        close(fd);
        set_validating_rule(path);
        assert_int_equal(ask("good", "A"), FORWARD_FAILED);
        assert_non_null(strstr(outcome.error.text, "libunbound does not start"));
        (void)unlink(path);
}

/* libunbound would take it, and validate nothing. */
static void test_empty_anchor(void **state)
{
        char path[] = "/tmp/share53-anchor-XXXXXX";
        int fd = mkstemp(path);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, "; none\n$TTL 1\n \n", 16), 16);
        close(fd);
        set_validating_rule(path);
        assert_int_equal(ask("bad", "A"), FORWARD_FAILED);
        assert_string_equal(forward_rule_trouble(forward, 0), "the trust anchor's file for DNSSEC has none");
        (void)unlink(path);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_secure, setup, teardown),
                cmocka_unit_test_setup_teardown(test_secure_nodata, setup, teardown),
                cmocka_unit_test_setup_teardown(test_bogus, setup, teardown),
                cmocka_unit_test_setup_teardown(test_nothing_expired_for_a_lie, setup, teardown),
                cmocka_unit_test_setup_teardown(test_other_anchor, setup, teardown),
                cmocka_unit_test_setup_teardown(test_empty_anchor, setup, teardown),
                cmocka_unit_test_setup_teardown(test_not_validating, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_anchor, setup, teardown),
                cmocka_unit_test_setup_teardown(test_bad_anchor, setup, teardown),
        };

        return cmocka_run_group_tests(tests, make_zone, free_zone);
}
