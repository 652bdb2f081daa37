/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * DNS messages on the wire (RFC 1035 4, RFC 6891): reading a query, composing an answer. Names are read
 * through backward pointers only (RFC 9267 lists what goes wrong elsewhere).
 */

#include "common/name.h"
#include "common/wire.h"

#define PACKET_HEADER_SIZE 12
#define PACKET_UDP_PLAIN_MAX 512 /* RFC 1035 2.3.4, without EDNS */
#define PACKET_UDP_EDNS_MAX 1232 /* what we send at most over UDP with EDNS, and what we say we take */
#define PACKET_SIZE_MAX 65535

enum packet_rcode {
        PACKET_NOERROR = 0,
        PACKET_FORMERR = 1,
        PACKET_SERVFAIL = 2,
        PACKET_NXDOMAIN = 3,
        PACKET_NOTIMP = 4,
        PACKET_REFUSED = 5,
        PACKET_YXDOMAIN = 6, /* RFC 6672 2.2: a DNAME leads to too long a name */
        PACKET_BADVERS = 16, /* RFC 6891 6.1.3: upper bits are in the OPT */
};

enum {
        PACKET_FLAG_QR = 0x8000,
        PACKET_FLAG_AA = 0x0400,
        PACKET_FLAG_TC = 0x0200,
        PACKET_FLAG_RD = 0x0100,
        PACKET_FLAG_RA = 0x0080,
        PACKET_FLAG_AD = 0x0020,
        PACKET_FLAG_CD = 0x0010,
};
#define PACKET_CLASS_IN 1
#define PACKET_CLASS_CH 3
#define PACKET_CLASS_ANY 255

/* RFC 7873 4: the client's part, and the server's of 8 to 32 octets. */
#define PACKET_COOKIE_CLIENT_SIZE 8
#define PACKET_COOKIE_SIZE_MIN 16
#define PACKET_COOKIE_SIZE_MAX 40

struct packet_query {
        uint16_t id;
        uint16_t flags; /* as received */
        uint8_t opcode;
        bool has_question;
        struct name name;     /* in lower case */
        size_t question_size; /* octets of the question as received (it starts at PACKET_HEADER_SIZE), echoed
                                 as is */
        uint16_t type;
        uint16_t class;
        bool has_edns;
        uint8_t edns_version;
        uint16_t edns_udp_size;
        bool dnssec_ok;
        uint8_t cookie_size; /* 0: none, or of a wrong size, which is PACKET_FORMERR */
        uint8_t cookie[PACKET_COOKIE_SIZE_MAX];
        bool has_keepalive; /* RFC 7828 3.2: of a client that has no time to tell */
};

enum packet_verdict {
        PACKET_OK,
        PACKET_ERROR, /* *ret_rcode is owed, and `ret` holds what could be read */
        PACKET_DROP,  /* nothing is owed: under 12 octets, or QR is set; `ret` means nothing */
};

/*
 * Reads a query. Owed errors, as the reference servers decide where RFCs leave it open
 * (tests/unit/test-query-messages.c has each case, and who agrees):
 * - opcodes other than QUERY: NOTIMP, whatever follows the header; for NOTIFY REFUSED, for we are nobody's
 *   secondary, or FORMERR, if it cannot be read;
 * - FORMERR for a question count other than 1, but for 0 with a cookie (RFC 7873 5.4); records in the answer
 *   or authority section (an IXFR question may have one, RFC 1995 3); octets behind the last record; two
 * OPTs, an OPT with an owner, options that overrun it (RFC 6891 6.1.1); a cookie of a wrong size (RFC
 * 7873 5.2.2);
 * - BADVERS for an EDNS version over 0 (its options are not read).
 * Flags that mean nothing in a query (AA, TC, RA, Z, an rcode), records in the additional section other than
 * OPT, unknown options, and all cookies but the first are passed over.
 */
enum packet_verdict packet_parse(
        const uint8_t *data, size_t size, struct packet_query *ret, enum packet_rcode *ret_rcode);

/*
 * Reads a name of a whole message, compressed or not, off W (whose data begins with the header) and lowers
 * it. Each pointer must point before the labels that led to it, and behind the header: no loops, no forward
 * references. -EBADMSG.
 */
int packet_read_name(struct wire *w, struct name *ret);

/* rcode's mnemonic ("NXDOMAIN"); or "RCODEn" from a static table. */
const char *packet_rcode_to_text(enum packet_rcode rcode);
