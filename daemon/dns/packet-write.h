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

/* Octets of EDNS options that an answer may have: what an RRset of the largest size leaves room for. */
#define PACKET_OPTIONS_MAX 256

struct packet_writer {
        struct wire w; /* its size is the limit less `reserved` */
        size_t limit;
        size_t reserved;        /* octets kept for the OPT with its options; 0: there is none */
        const uint8_t *options; /* the OPT's rdata, to be set before packet_writer_end; not owned */
        uint16_t options_size;
        const struct packet_query *query;
        uint16_t flags; /* to be set in the header */
        enum packet_rcode rcode;
        uint16_t answers, authorities, additionals; /* records; the OPT comes on top */
        bool truncated;
        size_t n_labels;
        uint16_t labels[PACKET_WRITER_LABELS_MAX];
};

enum packet_section { PACKET_ANSWER, PACKET_AUTHORITY, PACKET_ADDITIONAL };

/*
 * Begins an answer to QUERY, read from REQUEST, of at most LIMIT octets (512 at least) into BUF. Where QUERY
 * has an OPT, room for one without options is kept.
 */
void packet_writer_begin(struct packet_writer *p, const struct packet_query *query, const uint8_t *request,
        uint8_t *buf, size_t limit);

/* Keeps room for OPTIONS_MAX octets (PACKET_OPTIONS_MAX at most) of options too, if there is an OPT: before
 * anything is added. */
void packet_writer_reserve(struct packet_writer *p, size_t options_max);

struct packet_rdata {
        const uint8_t *data; /* wire format, names uncompressed and in lower case */
        uint16_t size;
};

/*
 * Adds one RRset: N rdata of OWNER. Sections come in their order. Where it does not fit: adds nothing, sets
 * TC unless in the additional section (RFC 2181 9), says false.
 */
bool packet_writer_add(struct packet_writer *p, enum packet_section section, const struct name *owner,
        uint16_t type, uint32_t ttl, const struct packet_rdata *rdata, size_t n);

/* Adds all of SET that is served, as OWNER's, likewise. */
bool packet_writer_add_rrset(struct packet_writer *p, enum packet_section section, const struct name *owner,
        const struct rrset *set);

/* Adds the SOA of ZONE, likewise. */
bool packet_writer_add_soa(
        struct packet_writer *p, enum packet_section section, const struct zone *zone, uint32_t ttl);

/* Writes OPT and header; returns the octets of the message. */
size_t packet_writer_end(struct packet_writer *p);
