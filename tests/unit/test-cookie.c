/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/test.h"

#include <string.h>

#include "daemon/dns/cookie.h"

struct octets {
        uint8_t data[64];
        size_t size;
};

static struct octets from_hex(const char *hex)
{
        struct octets o = {};
        unsigned int octet;

        for (; *hex; hex += 2) {
                assert_int_equal(sscanf(hex, "%2x", &octet), 1);
                o.data[o.size++] = (uint8_t)octet;
        }
        return o;
}

static struct cookie_secret secret_of(const char *hex)
{
        const struct octets o = from_hex(hex);

        assert_int_equal(o.size, 16);
        return (struct cookie_secret){.drawn = true, .key = siphash_key_from_bytes(o.data)};
}

static struct endpoint client_at(const char *address)
{
        struct endpoint e;

        assert_int_equal(endpoint_from_text(address, 4711, &e), 0);
        return e;
}

static enum cookie_verdict ask(struct cookie_secret *secret, const char *cookie, const char *address,
        uint32_t now, uint8_t ret[COOKIE_SIZE])
{
        const struct octets c = from_hex(cookie);
        const struct endpoint client = client_at(address);
        enum cookie_verdict verdict;

        assert_int_equal(cookie_answer(secret, c.data, c.size, &client, now, &verdict, ret), 0);
        return verdict;
}

/* RFC 9018 appendix A, whose clocks show the timestamps of the answers. */
static void test_vectors(void **state)
{
        static const struct {
                const char *secret, *address, *query;
                uint32_t now;
                enum cookie_verdict verdict;
                const char *answer;
        } vectors[] = {
                /* A.1: a client learns a server cookie */
                {"e5e973e5a6b2a43f48e7dc849e37bfcf", "198.51.100.100", "2464c4abcf10c957", 1559731985,
                        COOKIE_NONE, "2464c4abcf10c957010000005cf79f111f8130c3eee29480"},
                /* A.2: the same gets a fresh one, 40 minutes later */
                {"e5e973e5a6b2a43f48e7dc849e37bfcf", "198.51.100.100",
                        "2464c4abcf10c957010000005cf79f111f8130c3eee29480", 1559734385, COOKIE_AGED,
                        "2464c4abcf10c957010000005cf7a871d4a564a1442aca77"},
                /* A.3: another client, its cookie's reserved octets not zero */
                {"e5e973e5a6b2a43f48e7dc849e37bfcf", "203.0.113.203",
                        "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", 1559734700, COOKIE_INVALID,
                        "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e"},
                /* A.4: IPv6, the secret rolled over; ours does while it runs never, so the old is not known
                 */
                {"445536bcd2513298075a5d379663c962", "2001:db8:220:1:59de:d0f4:8769:82b8",
                        "22681ab97d52c298010000005cf7c57926556bd0934c72f8", 1559741961, COOKIE_INVALID,
                        "22681ab97d52c298010000005cf7c609a6bb79d16625507a"},
        };

        for (size_t i = 0; i < ELEMENTSOF(vectors); i++) {
                struct cookie_secret secret = secret_of(vectors[i].secret);
                const struct octets expected = from_hex(vectors[i].answer);
                uint8_t answer[COOKIE_SIZE];

                assert_int_equal(ask(&secret, vectors[i].query, vectors[i].address, vectors[i].now, answer),
                        vectors[i].verdict);
                assert_int_equal(expected.size, COOKIE_SIZE);
                assert_memory_equal(answer, expected.data, COOKIE_SIZE);
        }
}

/* A.3 and A.4: what came in was right when it was made. */
static void test_cookies_of_the_vectors_are_known(void **state)
{
        struct cookie_secret first = secret_of("e5e973e5a6b2a43f48e7dc849e37bfcf"),
                             old = secret_of("dd3bdf9344b678b185a6f5cb60fca715");
        uint8_t answer[COOKIE_SIZE];

        assert_int_equal(ask(&first, "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", "203.0.113.203",
                                 0x5cf78f71, answer),
                COOKIE_VALID);
        assert_int_equal(ask(&old, "22681ab97d52c298010000005cf7c57926556bd0934c72f8",
                                 "2001:db8:220:1:59de:d0f4:8769:82b8", 0x5cf7c579, answer),
                COOKIE_VALID);
}

static const char cookie[] = "2464c4abcf10c957010000005cf79f111f8130c3eee29480";
#define MADE 0x5cf79f11U

/* RFC 9018 4.3. */
static void test_age(void **state)
{
        static const struct {
                int64_t age;
                enum cookie_verdict verdict;
        } ages[] = {{0, COOKIE_VALID}, {1800, COOKIE_VALID}, {1801, COOKIE_AGED}, {3600, COOKIE_AGED},
                {3601, COOKIE_INVALID}, {-300, COOKIE_VALID}, {-301, COOKIE_INVALID},
                {INT32_MAX, COOKIE_INVALID}, {INT32_MIN, COOKIE_INVALID}};
        struct cookie_secret secret = secret_of("e5e973e5a6b2a43f48e7dc849e37bfcf");
        const struct octets old = from_hex(cookie);

        for (size_t i = 0; i < ELEMENTSOF(ages); i++) {
                uint8_t answer[COOKIE_SIZE];

                assert_int_equal(
                        ask(&secret, cookie, "198.51.100.100", (uint32_t)(MADE + ages[i].age), answer),
                        ages[i].verdict);
                assert_memory_equal(answer, old.data, COOKIE_CLIENT_SIZE);
                assert_int_equal(memcmp(answer, old.data, COOKIE_SIZE) == 0, ages[i].verdict == COOKIE_VALID);
        }
}

/* The timestamp's 32 bits run over in 2106. */
static void test_age_over_the_end_of_time(void **state)
{
        struct cookie_secret secret = secret_of("e5e973e5a6b2a43f48e7dc849e37bfcf");
        const struct endpoint client = client_at("192.0.2.1");
        enum cookie_verdict verdict;
        uint8_t c[COOKIE_SIZE], again[COOKIE_SIZE];

        assert_int_equal(
                cookie_answer(&secret, (const uint8_t *)"abcdefgh", 8, &client, UINT32_MAX - 5, &verdict, c),
                0);
        assert_int_equal(cookie_answer(&secret, c, sizeof(c), &client, 10, &verdict, again), 0);
        assert_int_equal(verdict, COOKIE_VALID);
}

static void test_any_other_octet_makes_it_invalid(void **state)
{
        struct cookie_secret secret = secret_of("e5e973e5a6b2a43f48e7dc849e37bfcf");
        const struct endpoint client = client_at("198.51.100.100"), other = client_at("198.51.100.101");
        struct octets c = from_hex(cookie);
        enum cookie_verdict verdict;
        uint8_t answer[COOKIE_SIZE];

        for (size_t i = 0; i < c.size; i++) {
                c.data[i] ^= 1;
                assert_int_equal(cookie_answer(&secret, c.data, c.size, &client, MADE, &verdict, answer), 0);
                assert_int_equal(verdict, COOKIE_INVALID);
                c.data[i] ^= 1;
        }
        assert_int_equal(cookie_answer(&secret, c.data, c.size, &other, MADE, &verdict, answer), 0);
        assert_int_equal(verdict, COOKIE_INVALID);
        for (size_t size = 16; size <= 40; size++) {
                if (size == COOKIE_SIZE)
                        continue;
                assert_int_equal(cookie_answer(&secret, c.data, size, &client, MADE, &verdict, answer), 0);
                assert_int_equal(verdict, COOKIE_INVALID);
        }
}

static void test_secrets_differ(void **state)
{
        struct cookie_secret a = {}, b = {};
        uint8_t first[COOKIE_SIZE], second[COOKIE_SIZE];

        assert_int_equal(ask(&a, "2464c4abcf10c957", "192.0.2.1", MADE, first), COOKIE_NONE);
        assert_true(a.drawn);
        assert_int_equal(ask(&a, "2464c4abcf10c957", "192.0.2.1", MADE, second), COOKIE_NONE);
        assert_memory_equal(first, second, COOKIE_SIZE);
        assert_int_equal(ask(&b, "2464c4abcf10c957", "192.0.2.1", MADE, second), COOKIE_NONE);
        assert_memory_not_equal(first, second, COOKIE_SIZE);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_vectors),
                cmocka_unit_test(test_cookies_of_the_vectors_are_known),
                cmocka_unit_test(test_age),
                cmocka_unit_test(test_age_over_the_end_of_time),
                cmocka_unit_test(test_any_other_octet_makes_it_invalid),
                cmocka_unit_test(test_secrets_differ),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
