/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/test.h"

#include "daemon/dns/table.h"

#define ITEMS 3000

static bool match(const void *item, const void *key)
{
        return *(const int *)item == *(const int *)key;
}

/* Few distinct hashes, crowded at the end of the array: long runs that wrap around. */
static uint32_t crowded(int value)
{
        return UINT32_MAX - (uint32_t)(value % 97);
}

static uint32_t spread(int value)
{
        return table_fold((uint64_t)value * 0x9e3779b97f4a7c15ULL);
}

static void check_all(const struct table *t, uint32_t (*hash)(int), const bool *in, int n)
{
        size_t position = 0, walked = 0, expected = 0;

        for (int i = 0; i < n; i++) {
                assert_int_equal(table_find(t, hash(i), match, &i) != NULL, in[i]);
                expected += in[i];
        }
        while (table_next(t, &position))
                walked++;
        assert_int_equal(walked, expected);
        assert_int_equal(table_size(t), expected);
}

static void run_model(uint32_t (*hash)(int), int n)
{
        static int items[ITEMS];
        bool in[ITEMS] = {};
        struct table t = {};
        unsigned int random = 1;

        for (int i = 0; i < n; i++)
                items[i] = i;
        for (int step = 0; step < 4 * n; step++) {
                random = random * 1103515245 + 12345;
                int i = (int)(random >> 8) % n;

                if (in[i] && step > n)
                        table_remove(&t, hash(i), &items[i]);
                else if (!in[i]) {
                        assert_int_equal(table_reserve(&t, 1), 0);
                        table_insert(&t, hash(i), &items[i]);
                } else
                        continue;
                in[i] = !in[i];
                if (step % (n / 8) == 0)
                        check_all(&t, hash, in, n);
        }
        check_all(&t, hash, in, n);
        table_clear(&t);
        assert_int_equal(table_size(&t), 0);
        assert_int_equal(table_memory(&t), 0);
}

static void test_model_spread(void **state)
{
        run_model(spread, ITEMS);
}

static void test_model_crowded(void **state)
{
        run_model(crowded, 400);
}

/* No insertion moves more than TABLE_MOVES slots, and look-ups hold in the middle of a growth. */
static void test_growth_is_spread_out(void **state)
{
        static int items[ITEMS];
        struct table t = {};
        bool seen_both = false;

        for (int i = 0; i < ITEMS; i++) {
                size_t before, after;

                items[i] = i;
                assert_int_equal(table_reserve(&t, 1), 0);
                before = t.former.used;
                table_insert(&t, spread(i), &items[i]);
                after = t.former.used;
                assert_true(before - after <= TABLE_MOVES);
                seen_both = seen_both || after > 100;
                for (int k = 0; k <= i; k += 1 + i / 16)
                        assert_ptr_equal(table_find(&t, spread(k), match, &k), &items[k]);
        }
        assert_true(seen_both);
        table_clear(&t);
}

static void test_reservation_holds(void **state)
{
        static int items[ITEMS];
        struct table t = {};
        size_t memory;

        assert_int_equal(table_reserve(&t, ITEMS), 0);
        memory = table_memory(&t);
        for (int i = 0; i < ITEMS; i++) {
                items[i] = i;
                table_insert(&t, spread(i), &items[i]);
        }
        assert_int_equal(table_memory(&t), memory);
        assert_int_equal(table_reserve(&t, SIZE_MAX), -ENOMEM);
        assert_int_equal(table_size(&t), ITEMS);
        table_clear(&t);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_model_spread),
                cmocka_unit_test(test_model_crowded),
                cmocka_unit_test(test_growth_is_spread_out),
                cmocka_unit_test(test_reservation_holds),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
