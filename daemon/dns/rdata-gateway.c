/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* IPSECKEY (RFC 4025), AMTRELAY (RFC 8777) and HIP (RFC 8005): what a field is depends on one before it. */

#include "daemon/dns/rdata-field.h"

enum { GATEWAY_NONE = 0, GATEWAY_ADDRESS4 = 1, GATEWAY_ADDRESS6 = 2, GATEWAY_NAME = 3 };

static int read_gateway_of(struct rdata_reader *r, const char *field, uint8_t type)
{
        struct rdata_token token;
        int k;

        switch (type) {
        case GATEWAY_ADDRESS4:
                return rdata_address4.read(r, field);
        case GATEWAY_ADDRESS6:
                return rdata_address6.read(r, field);
        case GATEWAY_NAME:
                return rdata_name_cased.read(r, field);
        }
        k = rdata_next_word(r, field, &token);
        if (k >= 0 && !rdata_token_is(&token, "."))
                return rdata_refuse(r, field, &token, "\".\", as type 0 wants it");
        return k;
}

static bool print_gateway_of(struct rdata_printer *p, struct wire *w, uint8_t type)
{
        switch (type) {
        case GATEWAY_NONE:
                rdata_print_next(p);
                rdata_print(p, ".");
                return true;
        case GATEWAY_ADDRESS4:
                return rdata_address4.print(p, w);
        case GATEWAY_ADDRESS6:
                return rdata_address6.print(p, w);
        case GATEWAY_NAME:
                return rdata_name_cased.print(p, w);
        default:
                return false;
        }
}

static int read_gateway_type(struct rdata_reader *r, const char *field, uint8_t *ret)
{
        struct rdata_token token;
        uint64_t value;
        int k;

        k = rdata_next_word(r, field, &token);
        if (k < 0)
                return k;
        if (!rdata_read_digits(token.start, token.size, GATEWAY_NAME, &value))
                return rdata_refuse(r, field, &token, "a number 0 to 3");
        *ret = (uint8_t)value;
        return 0;
}

/* Type, algorithm, gateway. */
static int read_gateway(struct rdata_reader *r, const char *field)
{
        uint8_t type;
        int k;

        k = read_gateway_type(r, "gateway type", &type);
        if (k < 0)
                return k;
        wire_write_u8(&r->w, type);
        k = rdata_u8.read(r, "algorithm");
        if (k < 0)
                return k;
        return read_gateway_of(r, field, type);
}

static bool print_gateway(struct rdata_printer *p, struct wire *w)
{
        uint8_t type = wire_read_u8(w);

        rdata_print_next(p);
        rdata_print(p, "%u", type);
        return rdata_u8.print(p, w) && print_gateway_of(p, w, type);
}

const struct rdata_kind rdata_gateway = {read_gateway, print_gateway};

#define DISCOVERY 0x80

/* Discovery optional, type, relay. */
static int read_relay(struct rdata_reader *r, const char *field)
{
        struct rdata_token token;
        uint64_t discovery;
        uint8_t type;
        int k;

        k = rdata_next_word(r, "discovery optional", &token);
        if (k < 0)
                return k;
        if (!rdata_read_digits(token.start, token.size, 1, &discovery))
                return rdata_refuse(r, "discovery optional", &token, "0 or 1");
        k = read_gateway_type(r, "relay type", &type);
        if (k < 0)
                return k;
        wire_write_u8(&r->w, (uint8_t)(type | (discovery ? DISCOVERY : 0)));
        return read_gateway_of(r, field, type);
}

static bool print_relay(struct rdata_printer *p, struct wire *w)
{
        uint8_t type = wire_read_u8(w);

        if (w->failed)
                return false;
        rdata_print_next(p);
        rdata_print(p, "%u %u", type & DISCOVERY ? 1 : 0, type & ~DISCOVERY);
        return print_gateway_of(p, w, (uint8_t)(type & ~DISCOVERY));
}

const struct rdata_kind rdata_relay = {read_relay, print_relay};

/* On the wire, the sizes of HIT and key stand before both, the algorithm between the sizes. */
static int read_host_identity(struct rdata_reader *r, const char *field)
{
        struct rdata_token algorithm, hit, key;
        uint8_t octets[UINT8_MAX];
        struct wire w = wire_writer(octets, sizeof(octets));
        uint64_t value;
        size_t sizes, start;
        int k;

        k = rdata_next_word(r, "PK algorithm", &algorithm);
        if (k < 0)
                return k;
        if (!rdata_read_digits(algorithm.start, algorithm.size, UINT8_MAX, &value))
                return rdata_refuse(r, "PK algorithm", &algorithm, "a number 0 to 255");
        k = rdata_next_word(r, "HIT", &hit);
        if (k < 0)
                return k;
        if (!rdata_read_hex(&w, hit.start, hit.size) || w.failed)
                return rdata_refuse(r, "HIT", &hit, "1 to 255 octets in hexadecimal");
        k = rdata_next_word(r, field, &key);
        if (k < 0)
                return k;
        wire_write_u8(&r->w, (uint8_t)w.position);
        wire_write_u8(&r->w, (uint8_t)value);
        sizes = r->w.position;
        wire_write_u16(&r->w, 0);
        wire_write(&r->w, octets, w.position);
        start = r->w.position;
        if (!rdata_read_base64(&r->w, key.start, key.size))
                return rdata_refuse(r, field, &key, "base64");
        if (!r->w.failed)
                wire_patch_u16(&r->w, sizes, (uint16_t)(r->w.position - start));
        return 0;
}

static bool print_host_identity(struct rdata_printer *p, struct wire *w)
{
        uint8_t hit_size = wire_read_u8(w), algorithm = wire_read_u8(w);
        uint16_t key_size = wire_read_u16(w);
        const uint8_t *hit = wire_take(w, hit_size), *key = wire_take(w, key_size);

        if (!key || hit_size == 0 || key_size == 0)
                return false;
        rdata_print_next(p);
        rdata_print(p, "%u ", algorithm);
        rdata_print_hex(p, hit, hit_size);
        rdata_print(p, " ");
        rdata_print_base64(p, key, key_size);
        return true;
}

const struct rdata_kind rdata_host_identity = {read_host_identity, print_host_identity};
