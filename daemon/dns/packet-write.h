/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Composing an answer: the question echoed octet for octet, then whole RRsets, then the OPT, if there was
 * one. Names are compressed (RFC 1035 4.1.4) against what the message has already, the question above all.
 */

#include "daemon/dns/packet.h"
#include "daemon/dns/zone.h"

/* Places of labels that a name may point to. Few suffice: question, targets of CNAMEs. */
#define PACKET_WRITER_LABELS_MAX 32

struct packet_writer {
        struct wire w; /* its size is the limit less what the OPT takes */
        size_t limit;
        const struct packet_query *query;
        uint16_t flags; /* to be set in the header */
        enum packet_rcode rcode;
        uint16_t answers, authorities;
        bool truncated;
        size_t n_labels;
        uint16_t labels[PACKET_WRITER_LABELS_MAX];
};

enum packet_section { PACKET_ANSWER, PACKET_AUTHORITY };

/* Begins an answer to QUERY, read from REQUEST, of at most LIMIT octets (512 at least) into BUF. */
void packet_writer_begin(struct packet_writer *p, const struct packet_query *query, const uint8_t *request,
        uint8_t *buf, size_t limit);

struct packet_rdata {
        const uint8_t *data; /* wire format, names uncompressed and in lower case */
        uint16_t size;
};

/* Adds one RRset: N rdata of OWNER. Where it does not fit: adds nothing, sets TC, says false. */
bool packet_writer_add(struct packet_writer *p, enum packet_section section, const struct name *owner,
        uint16_t type, uint32_t ttl, const struct packet_rdata *rdata, size_t n);

/* Adds all of SET that is served, as OWNER's. Where it does not fit: adds nothing, sets TC, says false. */
bool packet_writer_add_rrset(struct packet_writer *p, enum packet_section section, const struct name *owner,
        const struct rrset *set);

/* Adds the SOA of ZONE, likewise. */
bool packet_writer_add_soa(
        struct packet_writer *p, enum packet_section section, const struct zone *zone, uint32_t ttl);

/* Writes OPT and header; returns the octets of the message. */
size_t packet_writer_end(struct packet_writer *p);
