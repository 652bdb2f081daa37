/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is kept, for how long, and what goes when there is no room. Time is the test's own. */

#include "tests/unit/upstream-fixture.h"

#include "daemon/dns/cache.h"

static struct cache *cache;
static struct name current;

static struct cache_key key_of(const char *name)
{
        current = name_of(name);
        return (struct cache_key){.name = &current, .rule = 1, .type = RDATA_A};
}

/* An A record of NAME with TTL, and N_TEXTS strings of 200 octets to make it large. */
static struct answer *answer_of(const char *name, uint32_t ttl, int n_texts)
{
        static struct fake_answer a;
        struct fake_query q = {.name = name_of(name)};
        struct wire w = wire_writer(q.data, sizeof(q.data));
        uint16_t type = n_texts > 0 ? RDATA_TXT : RDATA_A;
        struct answer *answer = NULL;
        char record[600], text[201];

        (void)wire_take(&w, PACKET_HEADER_SIZE);
        wire_write(&w, q.name.wire, q.name.size);
        wire_write_u16(&w, type);
        wire_write_u16(&w, PACKET_CLASS_IN);
        q.question_end = w.position;
        fake_begin(&a, &q, 0);
        memset(text, 'x', 200);
        text[200] = '\0';
        for (int i = 0; i < MAX(n_texts, 1); i++) {
                (void)snprintf(text, sizeof(text), "%d", i);
                text[strlen(text)] = 'x';
                (void)snprintf(record, sizeof(record), "%s. %u IN %s %s", name, ttl,
                        n_texts > 0 ? "TXT" : "A", n_texts > 0 ? text : "192.0.2.1");
                fake_record(&a, 1, record);
        }
        assert_int_equal(answer_new(a.data, a.w.position, &q.name, type, ANSWER_INSECURE, &answer), 0);
        return answer;
}

static void put(const char *name, uint32_t ttl, uint64_t now)
{
        struct answer *answer = answer_of(name, ttl, 0);
        struct cache_key key = key_of(name);

        cache_put(cache, &key, answer, now);
        answer_unref(answer);
}

static enum cache_state get(const char *name, uint64_t now, uint32_t *ret_age)
{
        struct cache_key key = key_of(name);
        const struct answer *answer;

        return cache_get(cache, &key, now, 100, &answer, ret_age);
}

static uint64_t n_answers(void)
{
        struct cache_stats stats;

        cache_get_stats(cache, &stats);
        return stats.answers;
}

static int setup(void **state)
{
        return cache_new(1 << 20, &cache);
}

static int teardown(void **state)
{
        cache = cache_free(cache);
        return 0;
}

static void test_time(void **state)
{
        uint32_t age = 0;

        put("a.example", 60, 1000);
        assert_int_equal(get("a.example", 1000, &age), CACHE_FRESH);
        assert_int_equal(age, 0);
        assert_int_equal(get("a.example", 1059, &age), CACHE_FRESH);
        assert_int_equal(age, 59);
        assert_int_equal(get("a.example", 1060, &age), CACHE_EXPIRED);
        assert_int_equal(age, 60);
        assert_int_equal(get("a.example", 1159, &age), CACHE_EXPIRED);
        assert_int_equal(get("a.example", 1160, &age), CACHE_ABSENT);
        assert_int_equal(get("b.example", 1000, &age), CACHE_ABSENT);
}

static void test_replaced(void **state)
{
        uint32_t age = 0;

        put("a.example", 60, 1000);
        put("a.example", 60, 1050);
        assert_int_equal(get("a.example", 1100, &age), CACHE_FRESH);
        assert_int_equal(age, 50);
        assert_int_equal(n_answers(), 1);
        /* One that may not be kept ends the former one, too. */
        put("a.example", 0, 1100);
        assert_int_equal(get("a.example", 1100, &age), CACHE_ABSENT);
        assert_int_equal(n_answers(), 0);
}

static void test_keys(void **state)
{
        struct answer *answer = answer_of("a.example", 60, 0);
        struct cache_key key = key_of("a.example");
        const struct answer *found;
        uint32_t age;

        cache_put(cache, &key, answer, 1000);
        key.checking_disabled = true;
        assert_int_equal(cache_get(cache, &key, 1000, 0, &found, &age), CACHE_ABSENT);
        key.checking_disabled = false;
        key.rule = 2;
        assert_int_equal(cache_get(cache, &key, 1000, 0, &found, &age), CACHE_ABSENT);
        key.rule = 1;
        key.type = RDATA_AAAA;
        assert_int_equal(cache_get(cache, &key, 1000, 0, &found, &age), CACHE_ABSENT);
        key.type = RDATA_A;
        assert_int_equal(cache_get(cache, &key, 1000, 0, &found, &age), CACHE_FRESH);
        assert_ptr_equal(found, answer);
        answer_unref(answer);
}

static void test_flush(void **state)
{
        struct name name = name_of("example"), root = name_of(".");
        uint32_t age;

        put("example", 60, 1000);
        put("a.b.example", 60, 1000);
        put("xexample", 60, 1000);
        put("example.com", 60, 1000);
        assert_int_equal(cache_flush(cache, &name), 2);
        assert_int_equal(get("a.b.example", 1000, &age), CACHE_ABSENT);
        assert_int_equal(get("xexample", 1000, &age), CACHE_FRESH);
        assert_int_equal(cache_flush_rule(cache, 2), 0);
        assert_int_equal(cache_flush(cache, &root), 2);
        put("example", 60, 1000);
        assert_int_equal(cache_flush_rule(cache, 1), 1);
        assert_int_equal(n_answers(), 0);
}

static void test_room(void **state)
{
        struct cache_stats stats, of_rule;
        char name[40];
        uint32_t age;

        cache_set_limit(cache, 20000);
        put("kept.example", 60, 1000);
        for (int i = 0; i < 1000; i++) {
                (void)snprintf(name, sizeof(name), "n%d.example", i);
                put(name, 60, 1000);
                /* What is asked for stays. */
                assert_int_equal(get("kept.example", 1000, &age), CACHE_FRESH);
        }
        cache_get_stats(cache, &stats);
        assert_true(stats.octets <= 20000);
        assert_true(stats.octets > 15000);
        assert_int_equal(stats.evicted, 1001 - stats.answers);
        assert_int_equal(get("n0.example", 1000, &age), CACHE_ABSENT);
        assert_int_equal(get("n999.example", 1000, &age), CACHE_FRESH);
        cache_get_rule_stats(cache, 1, &of_rule);
        assert_int_equal(of_rule.answers, stats.answers);
        assert_int_equal(of_rule.octets, stats.octets);
        cache_get_rule_stats(cache, 2, &of_rule);
        assert_int_equal(of_rule.answers, 0);

        cache_set_limit(cache, 0);
        assert_int_equal(n_answers(), 0);
        put("kept.example", 60, 1000);
        assert_int_equal(n_answers(), 0);
}

/* One answer does not push out all others. */
static void test_too_large(void **state)
{
        struct answer *answer = answer_of("large.example", 60, 50);
        struct name large = name_of("large.example");
        const struct cache_key key = {.name = &large, .rule = 1, .type = RDATA_TXT};
        uint32_t age;

        cache_set_limit(cache, 20000);
        put("a.example", 60, 1000);
        cache_put(cache, &key, answer, 1000);
        assert_int_equal(n_answers(), 1);
        assert_int_equal(get("a.example", 1000, &age), CACHE_FRESH);
        cache_set_limit(cache, 1 << 20);
        cache_put(cache, &key, answer, 1000);
        assert_int_equal(n_answers(), 2);
        answer_unref(answer);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_time, setup, teardown),
                cmocka_unit_test_setup_teardown(test_replaced, setup, teardown),
                cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
                cmocka_unit_test_setup_teardown(test_flush, setup, teardown),
                cmocka_unit_test_setup_teardown(test_room, setup, teardown),
                cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
