/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/packet-fixture.h"

static struct message m;

static enum packet_verdict parse(struct packet_query *q, enum packet_rcode *rcode)
{
        assert_false(m.w.failed);
        *rcode = PACKET_NOERROR;
        return packet_parse(m.data, m.w.position, q, rcode);
}

static void is_error(enum packet_rcode expected)
{
        struct packet_query q;
        enum packet_rcode rcode;

        assert_int_equal(parse(&q, &rcode), PACKET_ERROR);
        assert_int_equal(rcode, expected);
        assert_int_equal(q.id, 0x3553);
}

static struct packet_query is_ok(void)
{
        struct packet_query q;
        enum packet_rcode rcode;

        assert_int_equal(parse(&q, &rcode), PACKET_OK);
        return q;
}

static void test_plain_query(void **state)
{
        struct name expected = name_of("db.corp.internal");
        struct packet_query q;

        message_query(&m, "Db.CORP.internal", "AAAA");
        q = is_ok();
        assert_int_equal(q.id, 0x3553);
        assert_int_equal(q.flags, PACKET_FLAG_RD);
        assert_int_equal(q.opcode, 0);
        assert_true(q.has_question);
        assert_true(name_equal(&q.name, &expected));
        assert_int_equal(q.question_size, m.w.position - PACKET_HEADER_SIZE);
        assert_int_equal(q.type, RDATA_AAAA);
        assert_int_equal(q.class, PACKET_CLASS_IN);
        assert_false(q.has_edns);
        assert_false(q.dnssec_ok);
}

/* Whatever is cut off a good query: silence below a header, FORMERR from there on. */
static void test_every_truncation(void **state)
{
        struct packet_query q;
        enum packet_rcode rcode;
        size_t size;

        message_header(&m, 0, 1, 0, 0, 1);
        message_question(&m, "db.corp.internal", RDATA_A, PACKET_CLASS_IN);
        message_opt(&m, 1232, 0, true, "\0\14\0\2ab", 6);
        size = m.w.position;
        for (size_t n = 0; n < size; n++) {
                /* In a block of its own size, so that the sanitizer sees a step too far. */
                uint8_t *copy = malloc(n > 0 ? n : 1);

                memcpy(copy, m.data, n);
                enum packet_verdict verdict = packet_parse(copy, n, &q, &rcode);
                assert_int_equal(verdict, n < PACKET_HEADER_SIZE ? PACKET_DROP : PACKET_ERROR);
                if (verdict == PACKET_ERROR)
                        assert_int_equal(rcode, PACKET_FORMERR);
                free(copy);
        }
        is_ok();
}

static void test_answers_are_dropped(void **state)
{
        struct packet_query q;
        enum packet_rcode rcode;

        message_query(&m, "x", "A");
        m.data[2] |= 0x80;
        assert_int_equal(parse(&q, &rcode), PACKET_DROP);
        m.w.position = PACKET_HEADER_SIZE;
        assert_int_equal(parse(&q, &rcode), PACKET_DROP);
}

static void test_opcodes(void **state)
{
        for (uint16_t opcode = 1; opcode < 16; opcode++) {
                bool notify = opcode == 4;
                struct packet_query q;
                enum packet_rcode rcode;

                message_query(&m, "x", "A");
                wire_patch_u16(&m.w, 2, (uint16_t)(opcode << 11));
                assert_int_equal(parse(&q, &rcode), PACKET_ERROR);
                assert_int_equal(rcode, notify ? PACKET_REFUSED : PACKET_NOTIMP);
                assert_true(q.has_question);
                m.w.position = PACKET_HEADER_SIZE; /* what follows the header is not there */
                assert_int_equal(parse(&q, &rcode), PACKET_ERROR);
                assert_int_equal(rcode, notify ? PACKET_FORMERR : PACKET_NOTIMP);
                assert_false(q.has_question);
                assert_int_equal(q.opcode, opcode);
        }
}

/* RFC 9267 6: the counts lie. */
static void test_counts(void **state)
{
        message_query(&m, "x", "A");
        wire_patch_u16(&m.w, 4, 0);
        is_error(PACKET_FORMERR);
        wire_patch_u16(&m.w, 4, 2);
        is_error(PACKET_FORMERR);
        wire_patch_u16(&m.w, 4, 1);
        for (size_t at = 6; at <= 10; at += 2) {
                wire_patch_u16(&m.w, at, 1);
                is_error(PACKET_FORMERR);
                wire_patch_u16(&m.w, at, 0xffff);
                is_error(PACKET_FORMERR);
                wire_patch_u16(&m.w, at, 0);
        }
        is_ok();
        wire_write_u8(&m.w, 0); /* an octet behind the message */
        is_error(PACKET_FORMERR);
}

static void write_record(const char *owner, uint16_t type, const char *rdata, uint16_t size)
{
        message_name(&m, owner);
        wire_write_u16(&m.w, type);
        wire_write_u16(&m.w, PACKET_CLASS_IN);
        wire_write_u32(&m.w, 0);
        wire_write_u16(&m.w, size);
        wire_write(&m.w, rdata, size);
}

static void test_records_in_a_query(void **state)
{
        for (size_t at = 6; at <= 8; at += 2) {
                message_query(&m, "x", "A");
                wire_patch_u16(&m.w, at, 1);
                write_record("x", RDATA_A, "\1\2\3\4", 4);
                is_error(PACKET_FORMERR);
        }
        /* What an IXFR query has to have. */
        message_query(&m, "x", "IXFR");
        wire_patch_u16(&m.w, 8, 1);
        write_record("x", RDATA_SOA, "\0\0abcdefghijklmnopqrst", 22);
        is_ok();
        /* An unknown additional record is skipped, an OPT behind it found. */
        message_query(&m, "x", "A");
        wire_patch_u16(&m.w, 10, 2);
        write_record("y", 65280, "abc", 3);
        MESSAGE_OPT(&m, 4096, 0, false);
        assert_true(is_ok().has_edns);
}

/* RFC 9267 2 to 5: pointers, label and name lengths, missing ends. Each as the question's name. */
static void test_bad_names_in_the_question(void **state)
{
        static const struct {
                const char *wire;
                size_t size;
        } bad[] = {
                {"\300\014", 2},    /* to itself */
                {"\300\000", 2},    /* into the header */
                {"\300\377", 2},    /* forward, out of the message */
                {"\377\377", 2},    /* forward, as far as can be */
                {"\1a\300\014", 4}, /* to its own labels */
                {"\100a\0", 3},     /* label type 01 (RFC 2673 and 2671, withdrawn) */
                {"\200a\0", 3},     /* label type 10 */
                {"\77abc", 4},      /* a label beyond the message */
                {"\1a", 2},         /* no end */
                {"\300", 1},        /* half a pointer */
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                message_header(&m, 0, 1, 0, 0, 0);
                wire_write(&m.w, bad[i].wire, bad[i].size);
                is_error(PACKET_FORMERR); /* type and class left out: the end of the message is near */
                wire_write_u16(&m.w, 1);
                wire_write_u16(&m.w, 1);
                is_error(PACKET_FORMERR);
        }
}

static void test_length_of_a_name(void **state)
{
        struct packet_query q;

        for (int last = 61; last <= 62; last++) {
                message_header(&m, 0, 1, 0, 0, 0);
                for (int i = 0; i < 4; i++) {
                        uint8_t length = i < 3 ? 63 : (uint8_t)last;

                        wire_write_u8(&m.w, length);
                        memset(wire_take(&m.w, length), 'a', length);
                }
                wire_write_u8(&m.w, 0);
                wire_write_u16(&m.w, 1);
                wire_write_u16(&m.w, 1);
                if (last == 61) {
                        q = is_ok();
                        assert_int_equal(q.name.size, 255);
                } else
                        is_error(PACKET_FORMERR);
        }
}

static void test_edns(void **state)
{
        struct packet_query q;

        message_query(&m, "x", "A");
        wire_patch_u16(&m.w, 10, 1);
        message_opt(&m, 4096, 0, true, "\0\12\0\10abcdefgh\0\14\0\0", 16);
        q = is_ok();
        assert_true(q.has_edns);
        assert_true(q.dnssec_ok);
        assert_int_equal(q.edns_udp_size, 4096);
        assert_int_equal(q.cookie_size, 8);
        assert_memory_equal(q.cookie, "abcdefgh", 8);
        assert_false(q.has_keepalive);
        assert_int_equal(q.edns_version, 0);

        message_query(&m, "x", "A");
        wire_patch_u16(&m.w, 10, 1);
        MESSAGE_OPT(&m, 512, 1, false);
        is_error(PACKET_BADVERS);

        message_query(&m, "x", "A");
        wire_patch_u16(&m.w, 10, 2);
        MESSAGE_OPT(&m, 512, 0, false);
        MESSAGE_OPT(&m, 512, 0, false);
        is_error(PACKET_FORMERR);

        message_query(&m, "x", "A");
        wire_patch_u16(&m.w, 10, 1);
        write_record("x", RDATA_OPT, "", 0); /* has an owner */
        is_error(PACKET_FORMERR);
}

static void test_bad_options(void **state)
{
        static const struct {
                const char *octets;
                uint16_t size;
        } bad[] = {{"\0", 1}, {"\0\12\0", 3}, {"\0\12\0\1", 4}, {"\0\12\377\377ab", 6}, {"\0\12\0\1ab", 6}};

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                message_query(&m, "x", "A");
                wire_patch_u16(&m.w, 10, 1);
                message_opt(&m, 1232, 0, false, bad[i].octets, bad[i].size);
                is_error(PACKET_FORMERR);
        }
}

/* Reads the name at POSITION of what has been written; the position behind it, or -1. */
static ssize_t read_at(size_t position, const char *expected)
{
        struct wire w = wire_reader(m.data, m.w.position);
        struct name n, e;

        w.position = position;
        if (packet_read_name(&w, &n) < 0)
                return -1;
        e = name_of(expected);
        assert_true(name_equal(&n, &e));
        return (ssize_t)w.position;
}

static void test_compressed_names(void **state)
{
        message_header(&m, 0, 0, 0, 0, 0);
        message_name(&m, "Db.corp.internal");    /* at 12, 18 octets */
        wire_write(&m.w, "\1a\300\017", 4);      /* at 30 */
        wire_write(&m.w, "\300\036", 2);         /* at 34: a pointer to a name with a pointer */
        wire_write(&m.w, "\300\044", 2);         /* at 36: to itself */
        wire_write(&m.w, "\1b\300\046", 4);      /* at 38: to its own label */
        wire_write(&m.w, "\300\054\300\052", 4); /* at 42: forward; at 44: back to it */
        wire_write(&m.w, "\300\013", 2);         /* at 46: into the header */
        assert_int_equal(read_at(12, "db.corp.internal"), 30);
        assert_int_equal(read_at(30, "a.corp.internal"), 34);
        assert_int_equal(read_at(34, "a.corp.internal"), 36);
        assert_int_equal(read_at(36, "."), -1);
        assert_int_equal(read_at(38, "."), -1);
        assert_int_equal(read_at(42, "."), -1);
        assert_int_equal(read_at(44, "."), -1);
        assert_int_equal(read_at(46, "."), -1);
        assert_int_equal(read_at(47, "."), -1);
}

/* Labels that pointers gather are too long together, though each piece is not. */
static void test_gathered_length(void **state)
{
        message_header(&m, 0, 0, 0, 0, 0);
        wire_write_u8(&m.w, 63);
        memset(wire_take(&m.w, 63), 'a', 63);
        wire_write_u8(&m.w, 0);
        size_t to = PACKET_HEADER_SIZE, at = 0;
        for (int i = 0; i < 3; i++) {
                at = m.w.position;
                wire_write_u8(&m.w, 63);
                memset(wire_take(&m.w, 63), 'b', 63);
                wire_write_u16(&m.w, (uint16_t)(0xc000 | to));
                to = at;
        }
        assert_int_equal(read_at(at, "."), -1);
        struct wire w = wire_reader(m.data, m.w.position);
        struct name n;
        w.position = at - 66;
        assert_int_equal(packet_read_name(&w, &n), 0);
        assert_int_equal(n.size, 3 * 64 + 1);
}

static void test_rcode_texts(void **state)
{
        assert_string_equal(packet_rcode_to_text(PACKET_NOERROR), "NOERROR");
        assert_string_equal(packet_rcode_to_text(PACKET_NXDOMAIN), "NXDOMAIN");
        assert_string_equal(packet_rcode_to_text(PACKET_BADVERS), "BADVERS");
        assert_string_equal(packet_rcode_to_text((enum packet_rcode)11), "RCODE11");
        assert_non_null(packet_rcode_to_text((enum packet_rcode)4095));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_plain_query),
                cmocka_unit_test(test_every_truncation),
                cmocka_unit_test(test_answers_are_dropped),
                cmocka_unit_test(test_opcodes),
                cmocka_unit_test(test_counts),
                cmocka_unit_test(test_records_in_a_query),
                cmocka_unit_test(test_bad_names_in_the_question),
                cmocka_unit_test(test_length_of_a_name),
                cmocka_unit_test(test_edns),
                cmocka_unit_test(test_bad_options),
                cmocka_unit_test(test_compressed_names),
                cmocka_unit_test(test_gathered_length),
                cmocka_unit_test(test_rcode_texts),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
