/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/answer-internal.h"

#define OPCODE_MASK 0x7800
#define RCODE_MASK 0x000f
#define RRSIG_RDATA_MIN 18 /* RFC 4034 3.1, before the signer's name */

static uint32_t name_hash(const struct name *name)
{
        uint32_t hash = 2166136261; /* FNV-1a */

        for (size_t i = 0; i < name->size; i++)
                hash = (hash ^ name->wire[i]) * 16777619;
        return hash;
}

static int read_record(struct wire *w, struct message_record *ret, uint16_t *ret_class)
{
        struct name owner;
        int r;

        ret->owner = (uint16_t)w->position;
        r = packet_read_name(w, &owner);
        if (r < 0)
                return r;
        ret->hash = name_hash(&owner);
        ret->type = wire_read_u16(w);
        *ret_class = wire_read_u16(w);
        ret->ttl = wire_read_u32(w);
        ret->size = wire_read_u16(w);
        ret->rdata = w->position;
        const uint8_t *rdata = wire_take(w, ret->size);
        if (!rdata)
                return -EBADMSG;
        ret->covered = 0;
        if (ret->type == RDATA_RRSIG) {
                if (ret->size < RRSIG_RDATA_MIN)
                        return -EBADMSG;
                ret->covered = (uint16_t)(rdata[0] << 8 | rdata[1]);
        }
        if (ret->ttl > INT32_MAX) /* RFC 2181 8 */
                ret->ttl = 0;
        return 0;
}

static int read_question(struct wire *w, const struct name *name, uint16_t type)
{
        struct name asked;
        int r;

        r = name_read(w, &asked);
        if (r < 0)
                return r;
        if (wire_read_u16(w) != type || wire_read_u16(w) != PACKET_CLASS_IN || w->failed ||
                !name_equal(&asked, name))
                return -EBADMSG;
        return 0;
}

static bool rcode_is_answer(enum packet_rcode rcode)
{
        return rcode == PACKET_NOERROR || rcode == PACKET_NXDOMAIN || rcode == PACKET_YXDOMAIN;
}

int message_read(
        const uint8_t *data, size_t size, const struct name *name, uint16_t type, struct message *ret)
{
        struct wire w = wire_reader(data, MIN(size, (size_t)PACKET_SIZE_MAX));
        _cleanup_free_ struct message_record *records = NULL;
        size_t counts[3], total = 0, n = 0;
        uint16_t flags, class;
        bool has_dname = false;
        int r;

        (void)wire_read_u16(&w);
        flags = wire_read_u16(&w);
        if (size > PACKET_SIZE_MAX || !(flags & PACKET_FLAG_QR) || (flags & (OPCODE_MASK | PACKET_FLAG_TC)) ||
                wire_read_u16(&w) != 1 || !rcode_is_answer((enum packet_rcode)(flags & RCODE_MASK)))
                return -EBADMSG;
        for (size_t i = 0; i < ELEMENTSOF(counts); i++)
                total += counts[i] = wire_read_u16(&w);
        r = read_question(&w, name, type);
        if (r < 0)
                return r;
        if (total > wire_left(&w) / 11) /* what a record takes at least */
                return -EBADMSG;

        records = calloc(MAX(total, (size_t)1), sizeof(*records));
        if (!records)
                return -ENOMEM;
        for (size_t section = 0; section < ELEMENTSOF(counts); section++)
                for (; counts[section] > 0; counts[section]--) {
                        r = read_record(&w, &records[n], &class);
                        if (r < 0)
                                return r;
                        records[n].section = (enum packet_section)section;
                        has_dname = has_dname || records[n].type == RDATA_DNAME;
                        if (section != PACKET_ADDITIONAL && class == PACKET_CLASS_IN)
                                n++;
                }
        if (wire_left(&w) > 0)
                return -EBADMSG;

        *ret = (struct message){.data = data,
                .size = size,
                .name = *name,
                .hash = name_hash(name),
                .type = type,
                .has_dname = has_dname,
                .rcode = (enum packet_rcode)(flags & RCODE_MASK),
                .records = TAKE_PTR(records),
                .n_records = n};
        return 0;
}

void message_owner(const struct message *m, size_t i, struct name *ret)
{
        struct wire w = wire_reader(m->data, m->size);

        wire_seek(&w, m->records[i].owner);
        (void)packet_read_name(&w, ret); /* it was read before */
}

size_t message_find(const struct message *m, size_t i, enum packet_section section, const struct name *owner,
        uint16_t type, uint16_t covered)
{
        uint32_t hash = name_hash(owner);
        struct name name;

        for (; i < m->n_records; i++) {
                const struct message_record *record = &m->records[i];

                if (record->hash != hash || record->type != type || record->section != section ||
                        (covered != 0 && record->covered != covered))
                        continue;
                message_owner(m, i, &name);
                if (name_equal(&name, owner))
                        break;
        }
        return i;
}

/* One field of rdata from IN, which reads the whole message, to OUT; END is where the rdata ends. */
static int copy_field(struct wire *in, struct wire *out, char field, size_t end)
{
        struct name name;
        size_t n = end - in->position;
        const uint8_t *octets;

        switch (field) {
        case 'c':
        case 'n':
                if (packet_read_name(in, &name) < 0)
                        return -EBADMSG;
                wire_write(out, name.wire, name.size);
                return 0;
        case 'N': {
                struct wire start = *in;

                if (name_read(in, &name) < 0)
                        return -EBADMSG;
                wire_write(out, start.data + start.position, name.size);
                return 0;
        }
        case 's':
                n = wire_read_u8(in);
                wire_write_u8(out, (uint8_t)n);
                break;
        case '1':
        case '2':
        case '4':
                n = (size_t)(field - '0');
                break;
        default: /* '*' */
                break;
        }
        octets = wire_take(in, n);
        if (!octets)
                return -EBADMSG;
        wire_write(out, octets, n);
        return 0;
}

int message_rdata(
        const struct message *m, uint16_t type, size_t position, uint16_t size, uint8_t *buf, uint16_t *ret)
{
        struct wire in = wire_reader(m->data, position + size), out = wire_writer(buf, PACKET_SIZE_MAX);
        const char *layout = rdata_layout(type);

        wire_seek(&in, position);
        for (layout = layout ? layout : "*"; *layout != '\0'; layout++)
                if (copy_field(&in, &out, *layout, position + size) < 0)
                        return -EBADMSG;
        if (in.failed || out.failed || wire_left(&in) > 0)
                return -EBADMSG;
        *ret = (uint16_t)out.position;
        return rdata_check(type, buf, *ret) ? 0 : -EBADMSG;
}
