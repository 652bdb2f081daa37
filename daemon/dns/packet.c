/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/packet.h"

#include "daemon/dns/edns.h"
#include "daemon/dns/rdata.h"

#define OPCODE_NOTIFY 4 /* RFC 1996 */
#define POINTER_BITS 0xc0
#define OPT_DNSSEC_OK 0x8000 /* RFC 3225 */

int packet_read_name(struct wire *w, struct name *ret)
{
        struct name name;
        struct wire out = wire_writer(name.wire, sizeof(name.wire));
        struct wire in = *w;
        size_t before = w->position; /* pointers must point before it */
        bool jumped = false;
        uint8_t length;

        do {
                length = wire_read_u8(&in);
                if ((length & POINTER_BITS) == POINTER_BITS) {
                        size_t target = (size_t)(length & ~POINTER_BITS) << 8 | wire_read_u8(&in);

                        if (in.failed || target < PACKET_HEADER_SIZE || target >= before)
                                return -EBADMSG;
                        if (!jumped)
                                w->position = in.position;
                        jumped = true;
                        in.position = before = target;
                        continue;
                }
                if (length > NAME_LABEL_MAX)
                        return -EBADMSG;
                const uint8_t *label = wire_take(&in, length);
                if (!label)
                        return -EBADMSG;
                wire_write_u8(&out, length);
                wire_write(&out, label, length);
                if (out.failed)
                        return -EBADMSG;
        } while (length > 0);
        if (!jumped)
                w->position = in.position;

        name.size = (uint8_t)out.position;
        name_lower(&name);
        *ret = name;
        return 0;
}

/* What precedes each record's rdata. */
struct record_head {
        struct name owner;
        uint16_t type;
        uint16_t class;
        uint32_t ttl;
        struct wire rdata;
};

/* Reads one record, stepping over its rdata. */
static int read_record(struct wire *w, struct record_head *ret)
{
        uint16_t size;
        const uint8_t *rdata;
        int r;

        r = packet_read_name(w, &ret->owner);
        if (r < 0)
                return r;
        ret->type = wire_read_u16(w);
        ret->class = wire_read_u16(w);
        ret->ttl = wire_read_u32(w);
        size = wire_read_u16(w);
        rdata = wire_take(w, size);
        if (!rdata)
                return -EBADMSG;
        ret->rdata = wire_reader(rdata, size);
        return 0;
}

/* RFC 7873 4 and 5.2.2; of several the first counts (5.2). */
static int read_cookie(struct wire *option, struct packet_query *q)
{
        size_t size = wire_left(option);

        if (q->cookie_size > 0)
                return 0;
        if (size != PACKET_COOKIE_CLIENT_SIZE &&
                (size < PACKET_COOKIE_SIZE_MIN || size > PACKET_COOKIE_SIZE_MAX))
                return -EBADMSG;
        q->cookie_size = (uint8_t)size;
        memcpy(q->cookie, wire_take(option, size), size);
        return 0;
}

static int read_options(struct wire *w, struct packet_query *q)
{
        while (wire_left(w) > 0) {
                uint16_t code = wire_read_u16(w), size = wire_read_u16(w);
                const uint8_t *data = wire_take(w, size);
                struct wire option = wire_reader(data, size);
                int r;

                if (!data)
                        return -EBADMSG;
                switch (code) {
                case EDNS_OPTION_COOKIE:
                        r = read_cookie(&option, q);
                        if (r < 0)
                                return r;
                        break;
                case EDNS_OPTION_KEEPALIVE:
                        q->has_keepalive = true;
                        break;
                default:
                        break;
                }
        }
        return 0;
}

/* RFC 6891 6.1: class is the size, the TTL is extended rcode, version and flags. */
static int read_opt(struct record_head *opt, struct packet_query *q)
{
        if (q->has_edns || !name_is_root(&opt->owner))
                return -EBADMSG;
        q->has_edns = true;
        q->edns_udp_size = opt->class;
        q->edns_version = (uint8_t)(opt->ttl >> 16);
        q->dnssec_ok = opt->ttl & OPT_DNSSEC_OK;
        return q->edns_version > 0 ? 0 : read_options(&opt->rdata, q);
}

static int read_question(struct wire *w, struct packet_query *q)
{
        int r;

        /* Nothing lies before it that a pointer could point to. */
        r = name_read(w, &q->name);
        if (r < 0)
                return r;
        q->type = wire_read_u16(w);
        q->class = wire_read_u16(w);
        if (w->failed)
                return -EBADMSG;
        q->question_size = w->position - PACKET_HEADER_SIZE;
        q->has_question = true;
        return 0;
}

struct counts {
        uint16_t question, answer, authority, additional;
};

/* All records up to the end, for the OPT's sake. A record has 11 octets at least, so that the message bounds
 * the loop. */
static int read_records(struct wire *w, const struct counts *counts, struct packet_query *q)
{
        size_t before = (size_t)counts->answer + counts->authority;
        struct record_head record;
        int r;

        for (size_t n = 0; n < before + counts->additional; n++) {
                r = read_record(w, &record);
                if (r < 0)
                        return r;
                if (record.type != RDATA_OPT)
                        continue;
                if (n < before)
                        return -EBADMSG;
                r = read_opt(&record, q);
                if (r < 0)
                        return r;
        }
        return wire_left(w) > 0 ? -EBADMSG : 0;
}

static int read_body(struct wire *w, const struct counts *counts, struct packet_query *q)
{
        int r;

        if (counts->question > 1)
                return -EBADMSG;
        if (counts->question == 1) {
                r = read_question(w, q);
                if (r < 0)
                        return r;
        }
        r = read_records(w, counts, q);
        if (r < 0)
                return r;
        return q->has_question || q->cookie_size > 0 ? 0 : -EBADMSG;
}

/* What precedes the question's answer: that a query has neither answers nor, but for IXFR, authorities. */
static bool is_plain(const struct counts *counts, const struct packet_query *q)
{
        return counts->answer == 0 && counts->authority <= (q->type == RDATA_IXFR ? 1 : 0);
}

/* Another opcode's message: read for the sake of what is echoed, question and OPT. */
static enum packet_rcode read_other(struct wire *w, const struct counts *counts, struct packet_query *q)
{
        struct packet_query header = *q;
        bool bad = read_body(w, counts, q) < 0 || !q->has_question;

        if (bad)
                *q = header;
        if (q->opcode != OPCODE_NOTIFY)
                return PACKET_NOTIMP;
        return bad ? PACKET_FORMERR : PACKET_REFUSED;
}

static enum packet_rcode read_query(struct wire *w, const struct counts *counts, struct packet_query *q)
{
        if (q->opcode != 0)
                return read_other(w, counts, q);
        if (read_body(w, counts, q) < 0 || !is_plain(counts, q))
                return PACKET_FORMERR;
        return q->edns_version > 0 ? PACKET_BADVERS : PACKET_NOERROR;
}

enum packet_verdict packet_parse(
        const uint8_t *data, size_t size, struct packet_query *ret, enum packet_rcode *ret_rcode)
{
        struct wire w = wire_reader(data, size);
        struct counts counts;
        enum packet_rcode rcode;

        *ret = (struct packet_query){};
        ret->id = wire_read_u16(&w);
        ret->flags = wire_read_u16(&w);
        counts.question = wire_read_u16(&w);
        counts.answer = wire_read_u16(&w);
        counts.authority = wire_read_u16(&w);
        counts.additional = wire_read_u16(&w);
        if (w.failed || (ret->flags & PACKET_FLAG_QR))
                return PACKET_DROP;

        ret->opcode = ret->flags >> 11 & 0xf;
        rcode = read_query(&w, &counts, ret);
        if (rcode == PACKET_NOERROR)
                return PACKET_OK;
        *ret_rcode = rcode;
        return PACKET_ERROR;
}

const char *packet_rcode_to_text(enum packet_rcode rcode)
{
        static const char *const texts[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
                "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "RCODE11", "RCODE12", "RCODE13",
                "RCODE14", "RCODE15", "BADVERS"};

        return (size_t)rcode < ELEMENTSOF(texts) ? texts[rcode] : "RCODE17+";
}
