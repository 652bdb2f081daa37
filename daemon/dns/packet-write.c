/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/packet-write.h"

#include <assert.h>

#include "daemon/dns/rdata.h"

#define OPT_SIZE 11
#define OPT_DNSSEC_OK 0x8000
#define POINTER 0xc000
#define POINTER_TARGET_MAX 0x3fff

static uint8_t lower(uint8_t c)
{
        return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Remembers the label that comes next as a target for pointers. */
static void note_label(struct packet_writer *p, size_t position)
{
        if (p->n_labels < PACKET_WRITER_LABELS_MAX && position <= POINTER_TARGET_MAX)
                p->labels[p->n_labels++] = (uint16_t)position;
}

/* The question may have more labels than there are places; its last ones are those that names share. */
static void note_question(struct packet_writer *p)
{
        unsigned int labels = name_labels(&p->query->name), skip = 1;
        size_t position = PACKET_HEADER_SIZE;

        /* The whole name always, being the owner of what answers it. */
        if (labels > PACKET_WRITER_LABELS_MAX / 2)
                skip = labels - PACKET_WRITER_LABELS_MAX / 2;
        for (unsigned int i = 0; i < labels; i++) {
                if (i == 0 || i >= skip)
                        note_label(p, position);
                position += 1 + (size_t)p->query->name.wire[position - PACKET_HEADER_SIZE];
        }
}

/* Whether what the message has at POSITION is WIRE, letter case aside. Only our own names are there. */
static bool same_name(const struct packet_writer *p, size_t position, const uint8_t *wire)
{
        const uint8_t *data = p->w.data;

        for (;;) {
                uint8_t length = data[position];

                if (length > NAME_LABEL_MAX) {
                        position = (size_t)(length << 8 | data[position + 1]) & POINTER_TARGET_MAX;
                        continue;
                }
                if (length != *wire)
                        return false;
                if (length == 0)
                        return true;
                for (size_t i = 1; i <= length; i++)
                        if (lower(data[position + i]) != wire[i])
                                return false;
                position += 1 + (size_t)length;
                wire += 1 + length;
        }
}

static bool find_name(const struct packet_writer *p, size_t n_labels, const uint8_t *wire, uint16_t *ret)
{
        for (size_t i = 0; i < n_labels; i++)
                if (p->w.data[p->labels[i]] == *wire && same_name(p, p->labels[i], wire)) {
                        *ret = p->labels[i];
                        return true;
                }
        return false;
}

/* Writes NAME (lower-case wire format), as few labels as need be and then a pointer. */
static void write_name(struct packet_writer *p, const uint8_t *wire)
{
        size_t known = p->n_labels; /* not those of this very name: they are not ended yet */

        /* Once out of room, labels have been noted that were never ended. */
        for (; *wire != 0 && !p->w.failed; wire += 1 + *wire) {
                uint16_t target;

                if (find_name(p, known, wire, &target)) {
                        wire_write_u16(&p->w, POINTER | target);
                        return;
                }
                target = (uint16_t)p->w.position;
                wire_write(&p->w, wire, 1 + (size_t)*wire);
                if (!p->w.failed)
                        note_label(p, target);
        }
        wire_write_u8(&p->w, 0);
}

/* A place to come back to where an RRset does not fit. */
struct mark {
        size_t position;
        size_t n_labels;
};

static struct mark mark(const struct packet_writer *p)
{
        return (struct mark){.position = p->w.position, .n_labels = p->n_labels};
}

static uint16_t *section_count(struct packet_writer *p, enum packet_section section)
{
        switch (section) {
        case PACKET_ANSWER:
                return &p->answers;
        case PACKET_AUTHORITY:
                return &p->authorities;
        case PACKET_ADDITIONAL:
                break;
        }
        return &p->additionals;
}

static bool keep_or_undo(struct packet_writer *p, struct mark m, enum packet_section section, uint16_t n)
{
        if (p->w.failed) {
                p->w.failed = false;
                p->w.position = m.position;
                p->n_labels = m.n_labels;
                if (section != PACKET_ADDITIONAL)
                        p->truncated = true;
                return false;
        }
        *section_count(p, section) += n;
        return true;
}

/* What precedes rdata; returns where its size goes. */
static size_t write_head(struct packet_writer *p, const struct name *owner, uint16_t type, uint32_t ttl)
{
        size_t position;

        write_name(p, owner->wire);
        wire_write_u16(&p->w, type);
        wire_write_u16(&p->w, PACKET_CLASS_IN);
        wire_write_u32(&p->w, ttl);
        position = p->w.position;
        wire_write_u16(&p->w, 0);
        return position;
}

static void write_rdata_size(struct packet_writer *p, size_t position)
{
        if (!p->w.failed)
                wire_patch_u16(&p->w, position, (uint16_t)(p->w.position - position - sizeof(uint16_t)));
}

/* Steps over a name, its labels checked when it was stored; NULL where it is cut short. */
static const uint8_t *take_name(struct wire *r)
{
        const uint8_t *wire = r->data + r->position;
        uint8_t length;

        do {
                length = wire_read_u8(r);
                (void)wire_take(r, length);
        } while (length > 0 && !r->failed);
        return r->failed ? NULL : wire;
}

/* Writes the octets between START and where R is. */
static void copy_from(struct packet_writer *p, const struct wire *r, size_t start)
{
        wire_write(&p->w, r->data + start, r->position - start);
}

/* Names in rdata are compressed where RFC 3597 4 lets us: 'c' in the layout. */
static void write_rdata(struct packet_writer *p, uint16_t type, const uint8_t *rdata, uint16_t size)
{
        struct wire r = wire_reader(rdata, size);
        const char *layout = rdata_layout(type), *last = layout ? strrchr(layout, 'c') : NULL;

        for (; last && layout <= last && !r.failed; layout++) {
                size_t start = r.position;
                const uint8_t *name;

                switch (*layout) {
                case 'c':
                        name = take_name(&r);
                        if (name)
                                write_name(p, name);
                        continue;
                case 'n':
                case 'N':
                        (void)take_name(&r);
                        break;
                case 's':
                        (void)wire_take(&r, wire_read_u8(&r));
                        break;
                default:
                        (void)wire_take(&r, (size_t)(*layout - '0'));
                }
                copy_from(p, &r, start);
        }
        if (r.failed)
                p->w.failed = true;
        wire_write(&p->w, r.data + r.position, wire_left(&r));
}

static void write_record(struct packet_writer *p, const struct name *owner, uint16_t type, uint32_t ttl,
        const uint8_t *rdata, uint16_t size)
{
        size_t size_at = write_head(p, owner, type, ttl);

        write_rdata(p, type, rdata, size);
        write_rdata_size(p, size_at);
}

bool packet_writer_add(struct packet_writer *p, enum packet_section section, const struct name *owner,
        uint16_t type, uint32_t ttl, const struct packet_rdata *rdata, size_t n)
{
        struct mark m = mark(p);

        for (size_t i = 0; i < n && !p->w.failed; i++)
                write_record(p, owner, type, ttl, rdata[i].data, rdata[i].size);
        return keep_or_undo(p, m, section, (uint16_t)n);
}

bool packet_writer_add_rrset(struct packet_writer *p, enum packet_section section, const struct name *owner,
        const struct rrset *set)
{
        struct mark m = mark(p);

        for (const struct rrset_entry *e = rrset_next(set, NULL); e && !p->w.failed; e = rrset_next(set, e))
                if (!e->duplicate)
                        write_record(p, owner, set->type, set->ttl, e->rdata, e->size);
        return keep_or_undo(p, m, section, set->n_served);
}

bool packet_writer_add_soa(
        struct packet_writer *p, enum packet_section section, const struct zone *zone, uint32_t ttl)
{
        uint8_t buf[ZONE_SOA_RDATA_MAX];
        const struct packet_rdata rdata = {.data = buf, .size = zone_soa_rdata(zone, buf)};

        return packet_writer_add(p, section, zone_apex(zone), RDATA_SOA, ttl, &rdata, 1);
}

void packet_writer_begin(struct packet_writer *p, const struct packet_query *query, const uint8_t *request,
        uint8_t *buf, size_t limit)
{
        *p = (struct packet_writer){.query = query, .limit = limit};
        p->w = wire_writer(buf, limit);
        packet_writer_reserve(p, 0);
        (void)wire_take(&p->w, PACKET_HEADER_SIZE);
        if (query->has_question) {
                wire_write(&p->w, request + PACKET_HEADER_SIZE, query->question_size);
                note_question(p);
        }
}

void packet_writer_reserve(struct packet_writer *p, size_t options_max)
{
        p->reserved = p->query->has_edns ? OPT_SIZE + options_max : 0;
        p->w.size = p->limit - p->reserved;
}

static void write_opt(struct packet_writer *p)
{
        assert((size_t)OPT_SIZE + p->options_size <= p->reserved);
        p->w.size = p->limit;
        wire_write_u8(&p->w, 0);
        wire_write_u16(&p->w, RDATA_OPT);
        wire_write_u16(&p->w, PACKET_UDP_EDNS_MAX);
        wire_write_u8(&p->w, (uint8_t)(p->rcode >> 4));
        wire_write_u8(&p->w, 0); /* version */
        wire_write_u16(&p->w, p->query->dnssec_ok ? OPT_DNSSEC_OK : 0);
        wire_write_u16(&p->w, p->options_size);
        wire_write(&p->w, p->options, p->options_size);
}

size_t packet_writer_end(struct packet_writer *p)
{
        const struct packet_query *q = p->query;
        uint16_t flags = PACKET_FLAG_QR | p->flags;

        if (q->has_edns)
                write_opt(p);
        if (p->truncated)
                flags |= PACKET_FLAG_TC;
        /* AD and CD stay clear: nothing is validated here (RFC 4035 3.1.6). */
        flags |= (uint16_t)(q->flags & PACKET_FLAG_RD) | (uint16_t)(q->opcode << 11) | (p->rcode & 0xf);

        wire_patch_u16(&p->w, 0, q->id);
        wire_patch_u16(&p->w, 2, flags);
        wire_patch_u16(&p->w, 4, q->has_question);
        wire_patch_u16(&p->w, 6, p->answers);
        wire_patch_u16(&p->w, 8, p->authorities);
        wire_patch_u16(&p->w, 10, (uint16_t)(p->additionals + q->has_edns));
        return p->w.position;
}
