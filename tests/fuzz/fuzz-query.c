/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Any octets as a query to a small rich zone, by UDP and by TCP: the answer is a whole message, within its
 * limit, about the question that was asked, and is itself owed no answer. Its OPT has the options that are
 * owed: cookie, keepalive.
 */

#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "daemon/dns/change.h"
#include "daemon/dns/edns.h"
#include "daemon/dns/query.h"
#include "daemon/dns/rdata.h"

static const struct {
        const char *owner;
        uint16_t type;
        const char *rdata;
} content[] = {
        {"a", RDATA_A, "192.0.2.1"},
        {"a", RDATA_A, "192.0.2.2"},
        {"a", RDATA_AAAA, "2001:db8::1"},
        {"a", RDATA_TXT, "\"some text\" more"},
        {"c", RDATA_CNAME, "a"},
        {"c2", RDATA_CNAME, "c"},
        {"l1", RDATA_CNAME, "l2"},
        {"l2", RDATA_CNAME, "l1"},
        {"o", RDATA_CNAME, "www.example."},
        {"n", RDATA_CNAME, "nobody"},
        {"e.e.e", RDATA_PTR, "a.b.c.d.e.f"},
        {"*.w", RDATA_A, "192.0.2.9"},
        {"*.v", RDATA_CNAME, "x.w"},
        {"x.*.u", RDATA_A, "192.0.2.9"},
        {"b", RDATA_TXT, NULL}, /* too big for UDP */
        {"d", RDATA_CNAME, "b"},
        {"dn", RDATA_DNAME, "w"},
        {"dl", RDATA_DNAME, "x.dl2"},
        {"dl2", RDATA_DNAME, "dl"},
        {"do", RDATA_DNAME, "outside."},
        {"dlong", RDATA_DNAME,
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
                "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
                "bbbbbbbbbbbbb.ccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},
        {"cd", RDATA_CNAME, "q.dn"},
        {"cut", RDATA_NS, "ns.cut"},
        {"cut", RDATA_NS, "a"},
        {"cut", RDATA_NS, "ns.elsewhere."},
        {"cut", RDATA_DS, "1 8 2 0000000000000000000000000000000000000000000000000000000000000000"},
        {"ns.cut", RDATA_A, "192.0.2.53"},
        {"ns.cut", RDATA_AAAA, "2001:db8::53"},
        {"m", RDATA_MX, "10 a"},
        {"_s._tcp", RDATA_SRV, "0 0 53 a"},
        {"h", RDATA_HTTPS, "1 . alpn=h2"},
        {"cc", RDATA_CNAME, "x.cut"},
        {"f", RDATA_CNAME, "nobody.f"},
};

/* Of the query. */
static const struct endpoint client = {.family = AF_INET, .port = 53, .addr.bytes = {192, 0, 2, 100}};
#define IDLE_USEC (10 * 1000000ULL)

static void must(int r)
{
        holds(r >= 0);
}

/* 40 strings of 50 octets. */
static char *big_text(void)
{
        char *text = calloc(40, 51);

        holds(text);
        memset(text, 'x', 40 * 51 - 1);
        for (size_t i = 1; i < 40; i++)
                text[i * 51 - 1] = ' ';
        return text;
}

static void put(struct change *c, const struct name *zone, const char *owner, uint16_t type, const char *text)
{
        struct record record = {.type = type, .ttl = 60};

        must(name_from_text(owner, zone, &record.owner));
        must(rdata_from_text(type, text, zone, &record.rdata, &record.rdata_size, NULL));
        must(change_add(c, zone, &record, 1, NULL));
        free(record.rdata);
}

static struct zone_store *make_store(void)
{
        _cleanup_(change_freep) struct change *c = NULL;
        _cleanup_free_ char *big = big_text();
        struct zone_store *store;
        struct name zone, sub, fallthrough, automatic;

        must(zone_store_new(&store));
        must(change_new(store, &c));
        must(name_from_text("z", NULL, &zone));
        must(name_from_text("s.z", NULL, &sub));
        must(change_create_zone(c, &zone, 0, 0, NULL));
        must(change_create_zone(c, &sub, 0, 0, NULL));
        must(name_from_text("f.z", NULL, &fallthrough));
        must(change_create_zone(c, &fallthrough, ZONE_FALLTHROUGH, 0, NULL));
        must(name_from_text("p", NULL, &automatic));
        must(change_create_zone(c, &automatic, ZONE_AUTO_PTR, 0, NULL));
        put(c, &automatic, "a", RDATA_A, "192.0.2.5");
        put(c, &automatic, "b", RDATA_A, "192.0.2.5");
        put(c, &automatic, "b", RDATA_AAAA, "::5");
        for (size_t i = 0; i < ELEMENTSOF(content); i++)
                put(c, &zone, content[i].owner, content[i].type, content[i].rdata ? content[i].rdata : big);
        put(c, &sub, "a", RDATA_A, "192.0.2.3");
        put(c, &zone, "t", RDATA_CNAME, "a.s");
        change_apply(c);
        return store;
}

static void check_records(struct wire *w, size_t n)
{
        struct name owner;

        for (; n > 0; n--) {
                holds(packet_read_name(w, &owner) == 0);
                (void)wire_take(w, 8);
                (void)wire_take(w, wire_read_u16(w));
                holds(!w->failed);
        }
}

/* The OPT is the last record, if there is one: so its options are what ends the message. */
static void check_options(struct wire options, enum query_transport transport, const struct packet_query *q)
{
        bool cookie = false, keepalive = false;

        while (wire_left(&options) > 0) {
                uint16_t code = wire_read_u16(&options), size = wire_read_u16(&options);
                const uint8_t *data = wire_take(&options, size);

                holds(data);
                switch (code) {
                case EDNS_OPTION_COOKIE:
                        holds(!cookie && size == COOKIE_SIZE);
                        holds(memcmp(data, q->cookie, COOKIE_CLIENT_SIZE) == 0);
                        cookie = true;
                        break;
                case EDNS_OPTION_KEEPALIVE:
                        holds(!keepalive && size == 2);
                        keepalive = true;
                        break;
                default:
                        holds(code == EDNS_OPTION_ERROR && size >= 2 && wire_left(&options) == 0);
                }
        }
        holds(cookie == (q->cookie_size > 0));
        holds(keepalive == (q->has_keepalive && transport == QUERY_TCP));
}

static void check_opt(const uint8_t *answer, size_t size, enum query_transport transport,
        const uint8_t *request, size_t request_size)
{
        struct wire w = wire_reader(answer, size);
        size_t n_records = 0;
        bool found = false;
        enum packet_rcode rcode;
        struct packet_query q;
        struct name owner;
        uint16_t questions;

        holds(packet_parse(request, request_size, &q, &rcode) != PACKET_DROP);
        wire_seek(&w, 4);
        questions = wire_read_u16(&w);
        for (int i = 0; i < 3; i++)
                n_records += wire_read_u16(&w);
        for (; questions > 0; questions--) {
                holds(name_read(&w, &owner) == 0);
                (void)wire_take(&w, 4);
        }
        for (; n_records > 0; n_records--) {
                holds(!found && packet_read_name(&w, &owner) == 0);
                found = wire_read_u16(&w) == RDATA_OPT;
                (void)wire_take(&w, 6);
                uint16_t n = wire_read_u16(&w);
                const uint8_t *data = wire_take(&w, n);
                holds(data);
                if (found)
                        check_options(wire_reader(data, n), transport, &q);
        }
        holds(found == q.has_edns);
}

static void check_answer(const uint8_t *answer, size_t size, const uint8_t *request, size_t request_size)
{
        struct wire w = wire_reader(answer, size);
        struct packet_query q;
        enum packet_rcode rcode;
        uint16_t flags, questions;
        size_t records = 0;
        struct name name;

        holds(request_size >= PACKET_HEADER_SIZE);
        holds(packet_parse(answer, size, &q, &rcode) == PACKET_DROP);
        holds(wire_read_u16(&w) == (request[0] << 8 | request[1]));
        flags = wire_read_u16(&w);
        holds(flags & PACKET_FLAG_QR);
        holds(!(flags & (PACKET_FLAG_RA | PACKET_FLAG_AD | PACKET_FLAG_CD)));
        holds((flags & 0x7900) == ((request[2] & 0x79) << 8)); /* opcode, RD */
        questions = wire_read_u16(&w);
        holds(questions <= 1);
        for (int i = 0; i < 3; i++)
                records += wire_read_u16(&w);
        if (questions > 0) {
                holds(name_read(&w, &name) == 0);
                (void)wire_take(&w, 4);
                holds(!w.failed && w.position <= request_size);
                holds(memcmp(answer + PACKET_HEADER_SIZE, request + PACKET_HEADER_SIZE,
                              w.position - PACKET_HEADER_SIZE) == 0);
        }
        check_records(&w, records);
        holds(!w.failed && wire_left(&w) == 0);
}

static size_t udp_limit(const uint8_t *request, size_t size)
{
        struct packet_query q;
        enum packet_rcode rcode;

        if (packet_parse(request, size, &q, &rcode) == PACKET_DROP || !q.has_edns ||
                q.edns_udp_size < PACKET_UDP_PLAIN_MAX)
                return PACKET_UDP_PLAIN_MAX;
        return MIN(q.edns_udp_size, (uint16_t)PACKET_UDP_EDNS_MAX);
}

static struct query_context context;
static uint8_t buf[PACKET_SIZE_MAX];

static size_t ask(enum query_transport transport, const uint8_t *data, size_t size, size_t limit)
{
        const struct query_request request = {.transport = transport,
                .client = &client,
                .data = data,
                .size = size,
                .idle_usec = IDLE_USEC};
        ssize_t n = query_answer(&context, &request, buf, limit, NULL);

        holds(n >= 0);
        return (size_t)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        size_t n;

        if (!context.zones)
                context.zones = make_store();
        n = ask(QUERY_UDP, data, size, PACKET_UDP_EDNS_MAX);
        holds(n <= udp_limit(data, size));
        holds((n == 0) == (size < PACKET_HEADER_SIZE || (data[2] & 0x80)));
        if (n == 0)
                return 0;
        check_answer(buf, n, data, size);
        check_opt(buf, n, QUERY_UDP, data, size);
        n = ask(QUERY_TCP, data, size, sizeof(buf));
        check_answer(buf, n, data, size);
        check_opt(buf, n, QUERY_TCP, data, size);
        holds(!(buf[2] & PACKET_FLAG_TC >> 8));
        return 0;
}
