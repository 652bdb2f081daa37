/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/siphash.h"

#include <endian.h>
#include <string.h>

struct state {
        uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned int n)
{
        return x << n | x >> (64 - n);
}

static inline void rounds(struct state *s, unsigned int n)
{
        while (n-- > 0) {
                s->v0 += s->v1;
                s->v1 = rotate(s->v1, 13) ^ s->v0;
                s->v0 = rotate(s->v0, 32);
                s->v2 += s->v3;
                s->v3 = rotate(s->v3, 16) ^ s->v2;
                s->v0 += s->v3;
                s->v3 = rotate(s->v3, 21) ^ s->v0;
                s->v2 += s->v1;
                s->v1 = rotate(s->v1, 17) ^ s->v2;
                s->v2 = rotate(s->v2, 32);
        }
}

static inline uint64_t read_le64(const uint8_t *p)
{
        uint64_t v;

        memcpy(&v, p, sizeof(v));
        return le64toh(v);
}

struct siphash_key siphash_key_from_bytes(const uint8_t bytes[16])
{
        return (struct siphash_key){.k0 = read_le64(bytes), .k1 = read_le64(bytes + 8)};
}

uint64_t siphash(const struct siphash_key *key, const void *data, size_t size)
{
        struct state s = {
                .v0 = key->k0 ^ 0x736f6d6570736575ULL,
                .v1 = key->k1 ^ 0x646f72616e646f6dULL,
                .v2 = key->k0 ^ 0x6c7967656e657261ULL,
                .v3 = key->k1 ^ 0x7465646279746573ULL,
        };
        const uint8_t *p = data;
        uint64_t last = (uint64_t)size << 56;

        for (; size >= 8; size -= 8, p += 8) {
                uint64_t m = read_le64(p);

                s.v3 ^= m;
                rounds(&s, 2);
                s.v0 ^= m;
        }
        for (size_t i = 0; i < size; i++)
                last |= (uint64_t)p[i] << (8 * i);

        s.v3 ^= last;
        rounds(&s, 2);
        s.v0 ^= last;
        s.v2 ^= 0xff;
        rounds(&s, 4);
        return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
