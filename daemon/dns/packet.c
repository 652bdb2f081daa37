/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/packet.h"

#include "daemon/dns/rdata.h"

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

/* RFC 6891 6.1: class is the size, the TTL is extended rcode, version and flags. */
static int read_opt(struct record_head *opt, struct packet_query *q)
{
        if (q->has_edns || !name_is_root(&opt->owner))
                return -EBADMSG;
        while (wire_left(&opt->rdata) > 0) {
                (void)wire_read_u16(&opt->rdata);
                (void)wire_take(&opt->rdata, wire_read_u16(&opt->rdata));
                if (opt->rdata.failed)
                        return -EBADMSG;
        }
        q->has_edns = true;
        q->edns_udp_size = opt->class;
        q->edns_version = (uint8_t)(opt->ttl >> 16);
        q->dnssec_ok = opt->ttl & OPT_DNSSEC_OK;
        return 0;
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

static int read_body(struct wire *w, const struct counts *counts, struct packet_query *q)
{
        struct record_head record;
        int r;

        if (counts->question != 1)
                return -EBADMSG;
        r = read_question(w, q);
        if (r < 0)
                return r;
        if (counts->answer > 0 || counts->authority > (q->type == RDATA_IXFR ? 1 : 0))
                return -EBADMSG;
        /* A record has 11 octets at least, so that the message bounds the loop. */
        for (size_t n = 0; n < (size_t)counts->authority + counts->additional; n++) {
                r = read_record(w, &record);
                if (r < 0)
                        return r;
                if (record.type != RDATA_OPT)
                        continue;
                if (n < counts->authority)
                        return -EBADMSG;
                r = read_opt(&record, q);
                if (r < 0)
                        return r;
        }
        return wire_left(w) > 0 ? -EBADMSG : 0;
}

enum packet_verdict packet_parse(
        const uint8_t *data, size_t size, struct packet_query *ret, enum packet_rcode *ret_rcode)
{
        struct wire w = wire_reader(data, size);
        struct packet_query q = {};
        struct counts counts;
        enum packet_verdict verdict = PACKET_OK;

        q.id = wire_read_u16(&w);
        q.flags = wire_read_u16(&w);
        counts.question = wire_read_u16(&w);
        counts.answer = wire_read_u16(&w);
        counts.authority = wire_read_u16(&w);
        counts.additional = wire_read_u16(&w);
        if (w.failed || (q.flags & PACKET_FLAG_QR))
                return PACKET_DROP;

        q.opcode = q.flags >> 11 & 0xf;
        if (q.opcode != 0) {
                verdict = PACKET_ERROR;
                *ret_rcode = PACKET_NOTIMP;
        } else if (read_body(&w, &counts, &q) < 0) {
                verdict = PACKET_ERROR;
                *ret_rcode = PACKET_FORMERR;
        } else if (q.has_edns && q.edns_version > 0) {
                verdict = PACKET_ERROR;
                *ret_rcode = PACKET_BADVERS;
        }
        *ret = q;
        return verdict;
}

const char *packet_rcode_to_text(enum packet_rcode rcode)
{
        static const char *const texts[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
                "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "RCODE11", "RCODE12", "RCODE13",
                "RCODE14", "RCODE15", "BADVERS"};

        return (size_t)rcode < ELEMENTSOF(texts) ? texts[rcode] : "RCODE17+";
}
