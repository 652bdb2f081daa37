/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Any octets as an upstream's message about the question that it has itself: what is kept of it is written as
 * an answer that is a whole message within its limit, and that reads back to the same.
 */

#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "daemon/dns/answer.h"
#include "daemon/dns/packet-write.h"

static uint8_t first[PACKET_SIZE_MAX], second[PACKET_SIZE_MAX];

static size_t write_answer(const struct answer *answer, const struct packet_query *q, const uint8_t *request,
        uint8_t *buf, size_t limit, uint32_t age, bool stale)
{
        struct packet_writer p;
        size_t size;

        packet_writer_begin(&p, q, request, buf, limit);
        answer_write(answer, age, stale, &p);
        size = packet_writer_end(&p);
        holds(size <= limit);
        return size;
}

static bool is_truncated(const uint8_t *message)
{
        return message[2] & (PACKET_FLAG_TC >> 8);
}

/* The same again, from what was written of it; without an OPT, which has nothing to do with it. */
static void check(const struct answer *answer, struct packet_query *q, const uint8_t *request)
{
        struct answer *again = NULL;
        size_t size, size_again;

        q->dnssec_ok = true;
        size = write_answer(answer, q, request, first, sizeof(first), 0, false);
        if (is_truncated(first))
                return;
        holds(answer_new(first, size, &q->name, q->type, ANSWER_SECURE, &again) == 0);
        holds(answer_rcode(again) == answer_rcode(answer));
        holds(answer_has_data(again) == answer_has_data(answer));
        holds(answer_ttl(again) == answer_ttl(answer));
        size_again = write_answer(again, q, request, second, sizeof(second), 0, false);
        holds(size_again == size);
        holds(memcmp(first, second, size) == 0);
        answer_unref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct wire w = wire_reader(data, size);
        struct packet_query q = {.has_question = true, .class = PACKET_CLASS_IN, .flags = PACKET_FLAG_AD};
        struct answer *answer = NULL;

        (void)wire_take(&w, PACKET_HEADER_SIZE);
        if (w.failed || name_read(&w, &q.name) < 0)
                return 0;
        q.type = wire_read_u16(&w);
        (void)wire_read_u16(&w);
        if (w.failed)
                return 0;
        q.question_size = w.position - PACKET_HEADER_SIZE;
        if (answer_new(data, size, &q.name, q.type, ANSWER_SECURE, &answer) < 0)
                return 0;
        holds(answer_ttl(answer) <= 86400);
        holds(!answer_has_data(answer) || answer_rcode(answer) == PACKET_NOERROR);
        (void)write_answer(answer, &q, data, first, PACKET_UDP_PLAIN_MAX, 7, false);
        (void)write_answer(answer, &q, data, first, PACKET_UDP_EDNS_MAX, UINT32_MAX, true);
        check(answer, &q, data);
        answer_unref(answer);
        return 0;
}
