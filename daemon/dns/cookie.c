/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/cookie.h"

#include <endian.h>
#include <string.h>
#include <sys/random.h>

#include "common/wire.h"

#define VERSION 1
#define RESERVED_SIZE 3
#define HASH_SIZE 8
#define HASH_AT (COOKIE_SIZE - HASH_SIZE)
#define TIMESTAMP_AT (HASH_AT - 4)

static int draw(struct cookie_secret *secret)
{
        uint8_t octets[16];

        if (secret->drawn)
                return 0;
        if (getrandom(octets, sizeof(octets), GRND_NONBLOCK) != sizeof(octets))
                return -EAGAIN;
        secret->key = siphash_key_from_bytes(octets);
        secret->drawn = true;
        return 0;
}

/* RFC 9018 4.4: of everything before it, then the client's address. Its octets are little-endian, as in the
 * paper and in the RFC's examples. */
static uint64_t hash(
        const struct cookie_secret *secret, const uint8_t cookie[COOKIE_SIZE], const struct endpoint *client)
{
        uint8_t input[HASH_AT + sizeof(client->addr)];
        struct wire w = wire_writer(input, sizeof(input));

        wire_write(&w, cookie, HASH_AT);
        wire_write(&w, client->addr.bytes, endpoint_address_size(client));
        return htole64(siphash(&secret->key, input, w.position));
}

/* No early end, which would tell how many octets were right. */
static bool same_hash(const uint8_t *a, const uint64_t *b)
{
        uint64_t given;

        memcpy(&given, a, sizeof(given));
        return given == *b;
}

/* RFC 9018 4.3: age in serial number arithmetic (RFC 1982), so that the year 2106 is no matter. */
static enum cookie_verdict judge_age(const uint8_t cookie[COOKIE_SIZE], uint32_t now)
{
        struct wire w = wire_reader(cookie + TIMESTAMP_AT, sizeof(uint32_t));
        int32_t age = (int32_t)(now - wire_read_u32(&w));

        if (age > COOKIE_PAST_MAX || age < -COOKIE_FUTURE_MAX)
                return COOKIE_INVALID;
        return age > COOKIE_RENEW_AGE ? COOKIE_AGED : COOKIE_VALID;
}

static enum cookie_verdict judge(const struct cookie_secret *secret, const uint8_t *cookie, size_t size,
        const struct endpoint *client, uint32_t now)
{
        uint64_t expected;

        if (size == COOKIE_CLIENT_SIZE)
                return COOKIE_NONE;
        if (size != COOKIE_SIZE || cookie[COOKIE_CLIENT_SIZE] != VERSION)
                return COOKIE_INVALID;
        expected = hash(secret, cookie, client);
        if (!same_hash(cookie + HASH_AT, &expected))
                return COOKIE_INVALID;
        return judge_age(cookie, now);
}

static void make(const struct cookie_secret *secret, const uint8_t *client_cookie,
        const struct endpoint *client, uint32_t now, uint8_t ret[COOKIE_SIZE])
{
        struct wire w = wire_writer(ret, COOKIE_SIZE);
        uint64_t h;

        wire_write(&w, client_cookie, COOKIE_CLIENT_SIZE);
        wire_write_u8(&w, VERSION);
        wire_write(&w, "\0\0\0", RESERVED_SIZE);
        wire_write_u32(&w, now);
        h = hash(secret, ret, client);
        wire_write(&w, &h, HASH_SIZE);
}

int cookie_answer(struct cookie_secret *secret, const uint8_t *cookie, size_t size,
        const struct endpoint *client, uint32_t now, enum cookie_verdict *ret_verdict,
        uint8_t ret[COOKIE_SIZE])
{
        int r;

        r = draw(secret);
        if (r < 0)
                return r;
        *ret_verdict = judge(secret, cookie, size, client, now);
        if (*ret_verdict == COOKIE_VALID)
                memcpy(ret, cookie, COOKIE_SIZE);
        else
                make(secret, cookie, client, now, ret);
        return 0;
}
