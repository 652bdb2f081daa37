/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/test.h"

#include "daemon/dns/siphash.h"

/* The authors' vectors: key 00 01 … 0f, message 00 01 …, of the length of the index. */
static void test_published_vectors(void **state)
{
        static const struct {
                size_t size;
                uint64_t hash;
        } vectors[] = {
                {0, 0x726fdb47dd0e0e31ULL},
                {1, 0x74f839c593dc67fdULL},
                {2, 0x0d6c8009d9a94f5aULL},
                {3, 0x85676696d7fb7e2dULL},
                {4, 0xcf2794e0277187b7ULL},
                {5, 0x18765564cd99a68dULL},
                {6, 0xcbc9466e58fee3ceULL},
                {7, 0xab0200f58b01d137ULL},
                {8, 0x93f5f5799a932462ULL},
                {15, 0xa129ca6149be45e5ULL}, /* the paper's own, appendix A */
                {63, 0x958a324ceb064572ULL},
        };
        uint8_t key[16], message[64];
        struct siphash_key k;

        for (size_t i = 0; i < sizeof(key); i++)
                key[i] = (uint8_t)i;
        for (size_t i = 0; i < sizeof(message); i++)
                message[i] = (uint8_t)i;
        k = siphash_key_from_bytes(key);
        for (size_t i = 0; i < ELEMENTSOF(vectors); i++)
                assert_int_equal(siphash(&k, message, vectors[i].size), vectors[i].hash);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_published_vectors)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
