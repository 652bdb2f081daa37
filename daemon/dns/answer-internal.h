/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What answer*.c share: a message laid out record by record, and what of it is picked. */

#include "daemon/dns/answer.h"
#include "daemon/dns/rdata.h"

/* RRsets of one answer, RRSIGs apart. A chain of ANSWER_CHAIN_MAX names, each by CNAME and DNAME, and proofs.
 */
#define ANSWER_CHAIN_MAX 16
#define ANSWER_SETS_MAX 128

/* Of rdata, uncompressed: what a message of 65,535 octets comes to at worst is 40 times as much. */
#define ANSWER_OCTETS_MAX (512 * 1024)

#define TYPE_NSEC3 50

struct message_record {
        uint32_t hash;  /* of the owner */
        uint16_t owner; /* position */
        uint16_t type;
        uint16_t covered; /* RRSIG: by its rdata */
        uint16_t size;    /* of the rdata */
        uint32_t ttl;
        size_t rdata; /* position */
        enum packet_section section;
};

/* A message that answers `name` and `type`. */
struct message {
        const uint8_t *data;
        size_t size;
        struct name name;
        uint32_t hash; /* of the name */
        uint16_t type;
        bool has_dname;
        enum packet_rcode rcode;
        struct message_record *records; /* of class IN, but for the additional section; malloc'ed */
        size_t n_records;
};

/* -EBADMSG; -ENOMEM. */
int message_read(
        const uint8_t *data, size_t size, const struct name *name, uint16_t type, struct message *ret);

/* The first record at or after I in SECTION with this owner and type; n_records: none. COVERED 0: any. */
size_t message_find(const struct message *m, size_t i, enum packet_section section, const struct name *owner,
        uint16_t type, uint16_t covered);
void message_owner(const struct message *m, size_t i, struct name *ret);

/* One RRset that is to be kept. */
struct pick {
        enum packet_section section;
        struct name owner;
        uint16_t type;
        uint16_t covered;
        bool dnssec; /* only for clients that set DO */
        bool negative_soa;
};

struct picks {
        struct pick items[ANSWER_SETS_MAX];
        size_t n;
        bool has_data; /* of the type that was asked for */
};

/* What belongs to the question. -EBADMSG. */
int message_pick(const struct message *m, struct picks *ret);

/* Reads rdata of TYPE at POSITION with its names uncompressed, those lowered that RFC 4034 6.2 lowers, into
 * BUF, which has room for PACKET_SIZE_MAX. -EBADMSG. */
int message_rdata(
        const struct message *m, uint16_t type, size_t position, uint16_t size, uint8_t *buf, uint16_t *ret);
