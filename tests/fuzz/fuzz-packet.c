/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any octets as a query: what packet_parse says of them must agree with itself. */

#include "tests/fuzz/fuzz.h"

#include "daemon/dns/packet.h"

static void check_question(const uint8_t *data, size_t size, const struct packet_query *q)
{
        struct wire w = wire_reader(data, size);
        struct name name;

        w.position = PACKET_HEADER_SIZE;
        holds(packet_read_name(&w, &name) == 0);
        holds(name_equal(&name, &q->name));
        holds(wire_read_u16(&w) == q->type);
        holds(wire_read_u16(&w) == q->class);
        holds(!w.failed);
        holds(w.position == PACKET_HEADER_SIZE + q->question_size);
}

/* From every position, so that pointers are met in all states. */
static void read_names(const uint8_t *data, size_t size)
{
        struct name name, again;

        for (size_t i = 0; i < size; i++) {
                struct wire w = wire_reader(data, size);

                w.position = i;
                if (packet_read_name(&w, &name) < 0)
                        continue;
                holds(w.position > i && w.position <= size);
                holds(name_from_wire(name.wire, name.size, &again) == 0);
                holds(name_equal(&name, &again));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct packet_query q;
        enum packet_rcode rcode = PACKET_NOERROR;
        enum packet_verdict verdict = packet_parse(data, size, &q, &rcode);

        if (size > 0 && size <= 512) /* for speed: its time grows with the square of it */
                read_names(data, size);
        if (verdict == PACKET_DROP) {
                holds(size < PACKET_HEADER_SIZE || (data[2] & 0x80));
                return 0;
        }
        holds(size >= PACKET_HEADER_SIZE);
        holds((verdict == PACKET_OK) == (rcode == PACKET_NOERROR));
        holds(verdict == PACKET_ERROR || (q.opcode == 0 && q.edns_version == 0));
        holds(verdict == PACKET_ERROR || q.has_question || q.cookie_size > 0);
        holds(q.cookie_size == 0 || (q.has_edns && q.cookie_size <= PACKET_COOKIE_SIZE_MAX));
        holds(*packet_rcode_to_text(rcode) != '\0');
        if (q.has_question)
                check_question(data, size, &q);
        return 0;
}
