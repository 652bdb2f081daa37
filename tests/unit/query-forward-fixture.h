/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Upstreams, cache and their answers as a script says: for the tests of query-forward, which do not link the
 * library's then. Each program that includes this defines all of forward_…, so once only.
 */

#include "tests/unit/query-fixture.h"

#include <arpa/inet.h>

#include "daemon/dns/edns.h"
#include "daemon/dns/query-forward.h"

struct answer {
        enum packet_rcode rcode;
        const char *address; /* NULL: no data */
};

/* What a look-up of NAME gets. */
struct script {
        const char *name;
        enum forward_verdict verdict;
        struct answer answer;
        bool cached, stale;
        enum edns_error_code code;
        const char *text;
};

static struct upstream_rule rules[4];
static size_t n_rules;
static const struct script *script;
static size_t n_script;
static const char *probe; /* the name that we have sent out ourselves */

/* The last look-up. */
static struct {
        size_t n;
        bool cache_only, dnssec_ok, checking_disabled, owned;
        struct name name;
} seen;

/* The query that waits. */
static struct {
        struct query_wait wait;
        struct query_request request;
        uint8_t data[512];
        struct name name;
        uint16_t type;
        bool is;
} waiting;

static struct {
        size_t n;
        struct endpoint client;
        struct query_result result;
} replied;

static struct query_owner owner;
static struct query_result result;
static struct endpoint client;

static inline void add_rule(const char *domain, size_t n_servers)
{
        rules[n_rules++] = (struct upstream_rule){.domain = name_of(domain), .n_servers = n_servers};
}

const struct upstream_rule *forward_rule_at(const struct forward *forward, size_t i)
{
        return i < n_rules ? &rules[i] : NULL;
}

const struct upstream_rule *forward_match(const struct forward *forward, const struct name *name)
{
        const struct upstream_rule *best = NULL;

        for (size_t i = 0; i < n_rules; i++)
                if (name_is_below(name, &rules[i].domain) &&
                        (!best || rules[i].domain.size > best->domain.size))
                        best = &rules[i];
        return best;
}

bool forward_is_probe(struct forward *forward, const struct name *name)
{
        struct name n;

        if (!probe)
                return false;
        n = name_of(probe);
        return name_equal(&n, name);
}

static inline void fill(struct forward_lookup *lookup, const struct script *s)
{
        lookup->answer = &s->answer;
        lookup->cached = s->cached;
        lookup->stale = s->stale;
        lookup->error.code = s->text ? s->code : EDNS_ERROR_NONE;
        snprintf(lookup->error.text, sizeof(lookup->error.text), "%s", s->text ? s->text : "");
}

static inline void on_cancel(struct query_wait *wait)
{
        waiting.is = false;
}

enum forward_verdict forward_get(
        struct forward *forward, struct forward_lookup *lookup, const struct query_request *request)
{
        seen.n++;
        seen.cache_only = lookup->cache_only;
        seen.dnssec_ok = lookup->dnssec_ok;
        seen.checking_disabled = lookup->checking_disabled;
        seen.owned = request->owner != NULL;
        seen.name = *lookup->name;
        lookup->rule = forward_match(forward, lookup->name);
        if (!lookup->rule)
                return FORWARD_NONE;
        if (lookup->rule->n_servers == 0)
                return FORWARD_BLOCK;
        for (size_t i = 0; i < n_script; i++) {
                struct name n = name_of(script[i].name);

                if (!name_equal(&n, lookup->name))
                        continue;
                fill(lookup, &script[i]);
                return lookup->cache_only && !script[i].cached ? FORWARD_NONE : script[i].verdict;
        }
        if (lookup->cache_only)
                return FORWARD_NONE;
        if (!request->owner)
                return FORWARD_FAILED;
        assert_false(waiting.is);
        waiting.is = true;
        waiting.wait = (struct query_wait){.cancel = on_cancel};
        waiting.request = *request;
        memcpy(waiting.data, request->data, request->size);
        waiting.request.data = waiting.data;
        waiting.name = *lookup->name;
        waiting.type = lookup->type;
        query_owner_add(request->owner, &waiting.wait);
        return FORWARD_WAIT;
}

void answer_write(const struct answer *a, uint32_t age, bool stale, struct packet_writer *p)
{
        struct in_addr address;

        p->rcode = a->rcode;
        if (!a->address)
                return;
        assert_int_equal(inet_pton(AF_INET, a->address, &address), 1);
        const struct packet_rdata rdata = {.data = (const uint8_t *)&address, .size = 4};
        packet_writer_add(p, PACKET_ANSWER, &seen.name, RDATA_A, stale ? 30 : 60 - age, &rdata, 1);
}

static inline void read_answer(void)
{
        ldns_pkt_free(pkt);
        pkt = NULL;
        is_whole();
        assert_int_equal(ldns_wire2pkt(&pkt, answer, answer_size), LDNS_STATUS_OK);
}

static inline void on_reply(struct query_owner *o, const struct endpoint *c, const uint8_t *data, size_t size,
        const struct query_result *r)
{
        assert_ptr_equal(o, &owner);
        replied.n++;
        replied.client = *c;
        replied.result = *r;
        memcpy(answer, data, size);
        answer_size = size;
        read_answer();
}

/* What came for the name that is waited for. */
static inline void arrive(const struct script *s)
{
        struct forward_lookup lookup = {
                .name = &waiting.name, .type = waiting.type, .rule = forward_match(NULL, &waiting.name)};
        const struct query_request request = waiting.request;
        uint8_t data[512];

        assert_true(waiting.is);
        memcpy(data, waiting.data, sizeof(data));
        struct query_request copy = request;
        copy.data = data;
        struct name name = waiting.name;
        lookup.name = &name;
        fill(&lookup, s);
        seen.name = name;
        waiting.is = false;
        query_wait_remove(&waiting.wait);
        query_forward_ready(&context, &copy, s->verdict, &lookup);
}

static inline int setup_forward(void **state)
{
        n_rules = n_script = 0;
        probe = NULL;
        memset(&seen, 0, sizeof(seen));
        memset(&waiting, 0, sizeof(waiting));
        memset(&replied, 0, sizeof(replied));
        owner = (struct query_owner){.reply = on_reply};
        assert_int_equal(endpoint_from_text("192.0.2.200", 4711, &client), 0);
        setup(state);
        context.forward = (struct forward *)&rules; /* nobody looks into it here */
        return 0;
}

static const struct script example[] = {
        {"www.example.org", FORWARD_READY, .answer = {PACKET_NOERROR, "198.51.100.1"}, .cached = true},
        {"fresh.example.org", FORWARD_READY, .answer = {PACKET_NOERROR, "198.51.100.2"}},
        {"none.example.org", FORWARD_READY, .answer = {PACKET_NOERROR, NULL}, .cached = true},
        {"nobody.example.org", FORWARD_READY, .answer = {PACKET_NXDOMAIN, NULL}, .cached = true},
        {"broken.example.org", FORWARD_FAILED, .code = EDNS_ERROR_NETWORK, .text = "cannot reach"},
        {"stale.example.org", FORWARD_READY, .answer = {PACKET_NOERROR, "198.51.100.3"}, .cached = true,
                .stale = true, .code = EDNS_ERROR_STALE_ANSWER, .text = "old"},
};

static inline void use_example(void)
{
        script = example;
        n_script = ELEMENTSOF(example);
        add_rule("example.org", 1);
}

/* Asks with FLAGS, and an OPT; false: it waits. */
static inline bool put_question(
        const char *name, const char *type, uint16_t flags, enum query_transport transport)
{
        const struct query_request request = {
                .transport = transport, .client = &client, .owner = &owner, .data = m.data};
        struct query_request r = request;
        ssize_t n;

        message_query(&m, name, type);
        wire_patch_u16(&m.w, 2, flags);
        wire_patch_u16(&m.w, 10, 1);
        MESSAGE_OPT(&m, 1232, 0, true);
        r.size = m.w.position;
        n = query_answer(&context, &r, answer, sizeof(answer), &result);
        if (n == -EINPROGRESS)
                return false;
        assert_true(n > 0);
        answer_size = (size_t)n;
        read_answer();
        return true;
}

static inline void gets(const char *name, unsigned int rcode, bool aa, const char *records)
{
        assert_true(put_question(name, "A", PACKET_FLAG_RD, QUERY_UDP));
        has_rcode(rcode, aa);
        has_records(ldns_pkt_answer(pkt), records);
}

static inline void gets_from(
        const char *name, unsigned int rcode, bool aa, const char *records, enum query_source source)
{
        gets(name, rcode, aa, records);
        assert_int_equal(result.source, source);
}

/* The extended error, "CODE text" with the code as an octet. */
static inline void has_error(int code, const char *text)
{
        ldns_rdf *edns = ldns_pkt_edns_data(pkt);
        const uint8_t *d;

        if (code < 0) {
                assert_true(!edns || ldns_rdf_size(edns) == 0);
                return;
        }
        assert_non_null(edns);
        d = ldns_rdf_data(edns);
        assert_int_equal(d[0] << 8 | d[1], EDNS_OPTION_ERROR);
        assert_int_equal(d[4] << 8 | d[5], code);
        assert_int_equal(ldns_rdf_size(edns) - 6, strlen(text));
        assert_memory_equal(d + 6, text, strlen(text));
}
