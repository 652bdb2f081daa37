/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/test.h"

#include <string.h>

#include "daemon/dns/record.h"

static void test_list_owns_copies(void **state)
{
        struct record_list list = {};
        uint8_t rdata[4] = {192, 0, 2, 7};
        struct record record = {.type = 1, .ttl = 60, .uid = 7, .rdata = rdata, .rdata_size = 4};

        assert_int_equal(name_from_text("db.corp.internal", NULL, &record.owner), 0);
        for (int i = 0; i < 100; i++) {
                rdata[3] = (uint8_t)i;
                record.ttl = (uint32_t)i;
                assert_int_equal(record_list_add(&list, &record), 0);
        }
        memset(rdata, 0, sizeof(rdata));
        assert_int_equal(list.n, 100);
        for (size_t i = 0; i < list.n; i++) {
                assert_int_equal(list.items[i].rdata[3], i);
                assert_int_equal(list.items[i].ttl, i);
                assert_int_equal(list.items[i].uid, 7);
                assert_true(name_equal(&list.items[i].owner, &record.owner));
        }
        record_list_clear(&list);
        assert_null(list.items);
        assert_int_equal(list.n, 0);
        record.rdata = NULL;
        record.rdata_size = 0;
        assert_int_equal(record_list_add(&list, &record), 0);
        record_list_clear(&list);
        record_list_clear(&list);
}

static void test_life_text(void **state)
{
        assert_string_equal(record_life_to_text(RECORD_RUNTIME), "runtime");
        assert_string_equal(record_life_to_text(RECORD_PERSISTENT), "persistent");
        assert_string_equal(record_life_to_text(RECORD_LEASED), "leased");
        assert_string_equal(record_life_to_text(RECORD_FILE), "file");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_list_owns_copies),
                cmocka_unit_test(test_life_text),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
