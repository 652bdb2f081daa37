/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/answer.h"

#include <assert.h>
#include <string.h>

#include "daemon/dns/answer-internal.h"

#define TTL_MAX 86400          /* a day */
#define TTL_NEGATIVE_MAX 10800 /* RFC 2308 5 */
#define TTL_STALE 30           /* RFC 8767 5 */
#define SOA_RDATA_MIN 22

struct set {
        enum packet_section section;
        uint16_t type;
        bool dnssec;
        uint32_t ttl;
        size_t owner; /* in `octets`; wire format */
        size_t first, n;
};

/* One piece of memory: itself, its sets, their rdata, octets. */
struct answer {
        unsigned int n_ref;
        enum packet_rcode rcode;
        enum answer_security security;
        uint32_t ttl;
        bool has_data;
        size_t memory;
        size_t n_sets;
        const struct set *sets;
        const struct packet_rdata *rdata;
        const uint8_t *octets;
};

/* What an answer is made of, while it grows. */
struct draft {
        struct set sets[ANSWER_SETS_MAX];
        size_t n_sets;
        struct packet_rdata *rdata; /* malloc'ed; `data` is set at the end */
        size_t n_rdata;
        uint8_t *octets; /* malloc'ed */
        size_t n_octets, allocated;
        uint8_t buf[PACKET_SIZE_MAX];
};

static struct draft *draft_free(struct draft *draft)
{
        if (draft) {
                free(draft->rdata);
                free(draft->octets);
                free(draft);
        }
        return NULL;
}
DEFINE_CLEANUP(struct draft *, draft_free)

static int draft_octets(struct draft *draft, const uint8_t *octets, size_t n)
{
        if (draft->n_octets + n > draft->allocated) {
                size_t allocated = MAX(2 * draft->allocated, draft->n_octets + n + 256);
                uint8_t *p;

                if (draft->n_octets + n > ANSWER_OCTETS_MAX)
                        return -EBADMSG;
                p = realloc(draft->octets, allocated);
                if (!p)
                        return -ENOMEM;
                draft->octets = p;
                draft->allocated = allocated;
        }
        if (n > 0)
                memcpy(draft->octets + draft->n_octets, octets, n);
        draft->n_octets += n;
        return 0;
}

/* RFC 2308 5: a negative answer lives as long as the SOA's last field says, or its TTL, if that is less. */
static uint32_t negative_ttl(const uint8_t *rdata, uint16_t size, uint32_t ttl)
{
        struct wire w = wire_reader(rdata, size);

        if (size < SOA_RDATA_MIN)
                return 0;
        wire_seek(&w, size - sizeof(uint32_t));
        ttl = MIN(ttl, wire_read_u32(&w));
        return MIN(ttl, (uint32_t)TTL_NEGATIVE_MAX);
}

static int draft_set(struct draft *draft, const struct message *m, const struct pick *pick)
{
        struct set *set = &draft->sets[draft->n_sets];
        uint16_t size = 0;
        int r;

        *set = (struct set){.section = pick->section,
                .type = pick->type,
                .dnssec = pick->dnssec,
                .ttl = TTL_MAX,
                .owner = draft->n_octets,
                .first = draft->n_rdata};
        r = draft_octets(draft, pick->owner.wire, pick->owner.size);
        if (r < 0)
                return r;
        for (size_t i = 0; (i = message_find(m, i, pick->section, &pick->owner, pick->type, pick->covered)) <
                           m->n_records;
                i++) {
                const struct message_record *record = &m->records[i];

                r = message_rdata(m, record->type, record->rdata, record->size, draft->buf, &size);
                if (r < 0)
                        return r;
                r = draft_octets(draft, draft->buf, size);
                if (r < 0)
                        return r;
                draft->rdata[draft->n_rdata++].size = size;
                set->n++;
                set->ttl = MIN(set->ttl, record->ttl); /* RFC 2181 5.2 */
        }
        if (pick->negative_soa)
                set->ttl = negative_ttl(draft->buf, size, set->ttl);
        draft->n_sets++;
        return 0;
}

static bool is_negative_soa(const struct set *set)
{
        return set->section == PACKET_AUTHORITY && set->type == RDATA_SOA;
}

/* What ends first ends it; a negative answer without a SOA is not kept at all (RFC 2308 5). */
static uint32_t draft_ttl(const struct draft *draft, bool has_data)
{
        uint32_t ttl = TTL_MAX;
        bool has_soa = false;

        for (size_t i = 0; i < draft->n_sets; i++) {
                ttl = MIN(ttl, draft->sets[i].ttl);
                has_soa = has_soa || is_negative_soa(&draft->sets[i]);
        }
        return has_data || has_soa ? ttl : 0;
}

/* A signature lives as long as what it covers, which is before it. */
static void draft_match_signatures(struct draft *draft)
{
        for (size_t i = 1; i < draft->n_sets; i++)
                if (draft->sets[i].type == RDATA_RRSIG && draft->sets[i].dnssec)
                        draft->sets[i].ttl = draft->sets[i - 1].ttl =
                                MIN(draft->sets[i].ttl, draft->sets[i - 1].ttl);
}

static int draft_finish(const struct draft *draft, struct answer **ret)
{
        size_t sets_size = draft->n_sets * sizeof(struct set);
        size_t rdata_size = draft->n_rdata * sizeof(struct packet_rdata);
        size_t size = sizeof(struct answer) + sets_size + rdata_size + draft->n_octets;
        struct answer *answer = malloc(size);
        struct packet_rdata *rdata;
        struct set *sets;
        uint8_t *octets;

        static_assert(sizeof(struct answer) % _Alignof(struct set) == 0, "sets follow");
        static_assert(sizeof(struct set) % _Alignof(struct packet_rdata) == 0, "rdata follow");
        if (!answer)
                return -ENOMEM;
        sets = (struct set *)(answer + 1);
        rdata = (struct packet_rdata *)(sets + draft->n_sets);
        octets = (uint8_t *)(rdata + draft->n_rdata);
        if (draft->n_sets > 0)
                memcpy(sets, draft->sets, sets_size);
        if (draft->n_octets > 0)
                memcpy(octets, draft->octets, draft->n_octets);
        for (size_t i = 0; i < draft->n_sets; i++) {
                const uint8_t *p = octets + sets[i].owner;

                while (*p != 0)
                        p += 1 + *p;
                p++;
                for (size_t k = sets[i].first; k < sets[i].first + sets[i].n; k++) {
                        rdata[k] = (struct packet_rdata){.data = p, .size = draft->rdata[k].size};
                        p += rdata[k].size;
                }
        }
        *answer = (struct answer){.n_ref = 1,
                .memory = size,
                .n_sets = draft->n_sets,
                .sets = sets,
                .rdata = rdata,
                .octets = octets};
        *ret = answer;
        return 0;
}

static int answer_build(const struct message *m, const struct picks *picks, enum answer_security security,
        struct answer **ret)
{
        _cleanup_(draft_freep) struct draft *draft = malloc(sizeof(*draft));
        int r;

        if (!draft)
                return -ENOMEM;
        draft->n_sets = draft->n_rdata = draft->n_octets = draft->allocated = 0;
        draft->rdata = NULL;
        draft->octets = NULL;
        draft->rdata = calloc(MAX(m->n_records, (size_t)1), sizeof(*draft->rdata));
        if (!draft->rdata)
                return -ENOMEM;
        for (size_t i = 0; i < picks->n; i++) {
                r = draft_set(draft, m, &picks->items[i]);
                if (r < 0)
                        return r;
        }
        draft_match_signatures(draft);
        r = draft_finish(draft, ret);
        if (r < 0)
                return r;
        (*ret)->rcode = m->rcode;
        (*ret)->security = security;
        (*ret)->has_data = picks->has_data;
        (*ret)->ttl = draft_ttl(draft, picks->has_data);
        return 0;
}

int answer_new(const uint8_t *message, size_t size, const struct name *name, uint16_t type,
        enum answer_security security, struct answer **ret)
{
        _cleanup_free_ struct picks *picks = NULL;
        struct message m;
        int r;

        r = message_read(message, size, name, type, &m);
        if (r < 0)
                return r;
        picks = malloc(sizeof(*picks));
        r = picks ? message_pick(&m, picks) : -ENOMEM;
        if (r >= 0)
                r = answer_build(&m, picks, security, ret);
        free(m.records);
        return r;
}

struct answer *answer_ref(struct answer *answer)
{
        answer->n_ref++;
        return answer;
}

struct answer *answer_unref(struct answer *answer)
{
        if (answer && --answer->n_ref == 0)
                free(answer);
        return NULL;
}

enum packet_rcode answer_rcode(const struct answer *answer)
{
        return answer->rcode;
}

uint32_t answer_ttl(const struct answer *answer)
{
        return answer->ttl;
}

bool answer_has_data(const struct answer *answer)
{
        return answer->has_data;
}

size_t answer_memory(const struct answer *answer)
{
        return answer->memory;
}

static uint32_t ttl_left(uint32_t ttl, uint32_t age, bool stale)
{
        if (stale)
                return TTL_STALE;
        if (age == 0)
                return ttl;
        return ttl > age ? ttl - age : 1;
}

/* Whether the client may be told that it is secure, and that all of it is. */
static bool client_wants_security(const struct packet_query *q)
{
        return q->dnssec_ok || (q->flags & PACKET_FLAG_AD);
}

void answer_write(const struct answer *answer, uint32_t age, bool stale, struct packet_writer *p)
{
        bool led = p->answers > 0; /* by CNAMEs of ours, which nobody has signed */
        struct name owner;

        p->rcode = answer->rcode;
        for (size_t i = 0; i < answer->n_sets; i++) {
                const struct set *set = &answer->sets[i];

                if (set->dnssec && !p->query->dnssec_ok)
                        continue;
                struct wire w = wire_reader(answer->octets + set->owner, NAME_SIZE_MAX);
                if (name_read(&w, &owner) < 0 ||
                        !packet_writer_add(p, set->section, &owner, set->type, ttl_left(set->ttl, age, stale),
                                answer->rdata + set->first, set->n))
                        return; /* truncated: what follows is of no use */
        }
        /* What has expired was secure once; its signatures may have run out (RFC 4035 3.2.3). */
        if (answer->security == ANSWER_SECURE && !led && !stale && client_wants_security(p->query))
                p->flags |= PACKET_FLAG_AD;
}
