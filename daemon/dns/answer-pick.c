/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/answer-internal.h"

#define PROOFS_MAX 32 /* NSEC and NSEC3 RRsets: each step of a chain may need three */

static int add(struct picks *picks, const struct pick *pick)
{
        if (picks->n == ELEMENTSOF(picks->items))
                return -EBADMSG;
        picks->items[picks->n++] = *pick;
        return 0;
}

static bool is_proof(uint16_t type)
{
        return type == RDATA_NSEC || type == TYPE_NSEC3;
}

/* The RRset and its RRSIGs. */
static int add_set(const struct message *m, struct picks *picks, const struct pick *pick)
{
        struct pick signatures = {.section = pick->section,
                .owner = pick->owner,
                .type = RDATA_RRSIG,
                .covered = pick->type,
                .dnssec = true};
        int r;

        r = add(picks, pick);
        if (r < 0 || pick->type == RDATA_RRSIG)
                return r;
        if (message_find(m, 0, pick->section, &pick->owner, RDATA_RRSIG, pick->type) == m->n_records)
                return 0;
        return add(picks, &signatures);
}

static int add_answer(const struct message *m, struct picks *picks, const struct name *owner, uint16_t type)
{
        /* A client that asks for ANY has not asked for signatures and proofs (RFC 4035 3.2.1). */
        const struct pick pick = {.section = PACKET_ANSWER,
                .owner = *owner,
                .type = type,
                .dnssec = m->type == RDATA_ANY && is_proof(type)};

        return add_set(m, picks, &pick);
}

/* RFC 8482 lets an upstream give any subset. */
static int pick_any(const struct message *m, struct picks *picks)
{
        struct name owner;
        int r;

        for (size_t i = 0; i < m->n_records && m->records[i].section == PACKET_ANSWER; i++) {
                uint16_t type = m->records[i].type;

                if (type == RDATA_RRSIG || m->records[i].hash != m->hash ||
                        message_find(m, 0, PACKET_ANSWER, &m->name, type, 0) != i)
                        continue;
                message_owner(m, i, &owner);
                r = add_answer(m, picks, &owner, type);
                if (r < 0)
                        return r;
                picks->has_data = true;
        }
        return 0;
}

/* A name that is all the rdata there is, of the only record of its RRset, I. */
static int read_target(const struct message *m, size_t i, struct name *ret)
{
        const struct message_record *record = &m->records[i];
        struct wire w = wire_reader(m->data, record->rdata + record->size);
        struct name owner;

        message_owner(m, i, &owner);
        if (message_find(m, i + 1, record->section, &owner, record->type, 0) < m->n_records)
                return -EBADMSG;
        wire_seek(&w, record->rdata);
        if (packet_read_name(&w, ret) < 0 || wire_left(&w) > 0)
                return -EBADMSG;
        return 0;
}

/* RFC 6672 2.2; false: the name would be too long. */
static bool substitute(
        const struct name *name, const struct name *owner, const struct name *target, struct name *ret)
{
        size_t prefix = (size_t)(name->size - owner->size);

        if (prefix + target->size > NAME_SIZE_MAX)
                return false;
        struct wire w = wire_writer(ret->wire, sizeof(ret->wire));
        wire_write(&w, name->wire, prefix);
        wire_write(&w, target->wire, target->size);
        ret->size = (uint8_t)w.position;
        return true;
}

/* The DNAME above NAME, if there is one: *RET_TARGET is what NAME becomes. Positive: it was added. */
static int pick_dname(
        const struct message *m, struct picks *picks, const struct name *name, struct name *ret_target)
{
        struct name owner = *name, target;
        int r;

        while (m->has_dname && !name_is_root(&owner)) {
                name_strip(&owner, 1, &owner);
                size_t i = message_find(m, 0, PACKET_ANSWER, &owner, RDATA_DNAME, 0);
                if (i == m->n_records)
                        continue;
                r = read_target(m, i, &target);
                if (r < 0)
                        return r;
                r = add_answer(m, picks, &owner, RDATA_DNAME);
                if (r < 0)
                        return r;
                if (substitute(name, &owner, &target, ret_target))
                        return 1;
                return m->rcode == PACKET_YXDOMAIN ? 0 : -EBADMSG;
        }
        return 0;
}

/* *NAME goes to where its CNAME leads. 0: there is none. */
static int follow(const struct message *m, struct picks *picks, struct name *name)
{
        struct name expected, target;
        size_t i;
        int dname, r;

        dname = pick_dname(m, picks, name, &expected);
        if (dname < 0)
                return dname;
        i = message_find(m, 0, PACKET_ANSWER, name, RDATA_CNAME, 0);
        if (i == m->n_records)
                return dname > 0 ? -EBADMSG : 0;
        r = read_target(m, i, &target);
        if (r < 0)
                return r;
        if (dname > 0 && !name_equal(&target, &expected))
                return -EBADMSG;
        r = add_answer(m, picks, name, RDATA_CNAME);
        if (r < 0)
                return r;
        *name = target;
        return 1;
}

/* The chain of CNAMEs from the question to what it ends with; *RET_END is the last name. */
static int pick_chain(const struct message *m, struct picks *picks, struct name *ret_end)
{
        struct name name = m->name;
        int r;

        for (size_t n = 0; n <= ANSWER_CHAIN_MAX; n++) {
                *ret_end = name;
                if (message_find(m, 0, PACKET_ANSWER, &name, m->type, 0) < m->n_records) {
                        picks->has_data = true;
                        return add_answer(m, picks, &name, m->type);
                }
                r = follow(m, picks, &name);
                if (r <= 0)
                        return r;
        }
        return -EBADMSG; /* a loop, or as bad */
}

/* RFC 2308 2, 3: the zone that NAME is absent from. */
static int pick_soa(const struct message *m, struct picks *picks, const struct name *name)
{
        struct pick pick = {.section = PACKET_AUTHORITY, .type = RDATA_SOA, .negative_soa = true};

        for (size_t i = 0; i < m->n_records; i++) {
                if (m->records[i].section != PACKET_AUTHORITY || m->records[i].type != RDATA_SOA)
                        continue;
                message_owner(m, i, &pick.owner);
                if (!name_is_below(name, &pick.owner))
                        continue;
                if (message_find(m, i + 1, PACKET_AUTHORITY, &pick.owner, RDATA_SOA, 0) < m->n_records)
                        return -EBADMSG;
                return add_set(m, picks, &pick);
        }
        return 0;
}

/* Proofs without a signature prove nothing. */
static int pick_proofs(const struct message *m, struct picks *picks)
{
        struct pick pick = {.section = PACKET_AUTHORITY, .dnssec = true};
        size_t n = 0;
        int r;

        for (size_t i = 0; i < m->n_records; i++) {
                if (m->records[i].section != PACKET_AUTHORITY || !is_proof(m->records[i].type))
                        continue;
                if (n++ == PROOFS_MAX)
                        return -EBADMSG;
                pick.type = m->records[i].type;
                message_owner(m, i, &pick.owner);
                if (message_find(m, 0, PACKET_AUTHORITY, &pick.owner, pick.type, 0) != i ||
                        message_find(m, 0, PACKET_AUTHORITY, &pick.owner, RDATA_RRSIG, pick.type) ==
                                m->n_records)
                        continue;
                r = add_set(m, picks, &pick);
                if (r < 0)
                        return r;
        }
        return 0;
}

int message_pick(const struct message *m, struct picks *ret)
{
        struct name end = m->name;
        int r;

        ret->n = 0;
        ret->has_data = false;
        r = m->type == RDATA_ANY ? pick_any(m, ret) : pick_chain(m, ret, &end);
        if (r < 0)
                return r;
        /* What does not answer is not an answer; nor is there data at a name that does not exist. */
        if ((ret->n == 0 && m->n_records > 0 && m->records[0].section == PACKET_ANSWER) ||
                (ret->has_data && m->rcode != PACKET_NOERROR))
                return -EBADMSG;
        if (!ret->has_data) {
                r = pick_soa(m, ret, &end);
                if (r < 0)
                        return r;
        }
        return pick_proofs(m, ret);
}
