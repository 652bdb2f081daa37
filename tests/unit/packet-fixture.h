/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Messages put together octet by octet, and taken apart by ldns: for the tests of packet, query, listener. */

#include "tests/unit/test.h"

#include <ldns/ldns.h>

#include "daemon/dns/packet.h"
#include "tests/unit/dns-fixture.h"

/* Room for a message that is written piece by piece. */
struct message {
        uint8_t data[PACKET_SIZE_MAX];
        struct wire w;
};

static inline void message_header(struct message *m, uint16_t flags, uint16_t question, uint16_t answer,
        uint16_t authority, uint16_t additional)
{
        m->w = wire_writer(m->data, sizeof(m->data));
        wire_write_u16(&m->w, 0x3553);
        wire_write_u16(&m->w, flags);
        wire_write_u16(&m->w, question);
        wire_write_u16(&m->w, answer);
        wire_write_u16(&m->w, authority);
        wire_write_u16(&m->w, additional);
}

/* NAME with the letter case that it has. */
static inline void message_name(struct message *m, const char *name)
{
        struct name n = name_of(name);
        ldns_rdf *rdf = ldns_dname_new_frm_str(name);

        assert_non_null(rdf);
        wire_write(&m->w, ldns_rdf_data(rdf), n.size);
        ldns_rdf_deep_free(rdf);
}

static inline void message_question(struct message *m, const char *name, uint16_t type, uint16_t class)
{
        message_name(m, name);
        wire_write_u16(&m->w, type);
        wire_write_u16(&m->w, class);
}

#define MESSAGE_OPT(m, size, version, dnssec_ok) message_opt(m, size, version, dnssec_ok, "", 0)

static inline void message_opt(
        struct message *m, uint16_t size, uint8_t version, bool dnssec_ok, const char *options, uint16_t n)
{
        wire_write_u8(&m->w, 0);
        wire_write_u16(&m->w, RDATA_OPT);
        wire_write_u16(&m->w, size);
        wire_write_u8(&m->w, 0);
        wire_write_u8(&m->w, version);
        wire_write_u16(&m->w, dnssec_ok ? 0x8000 : 0);
        wire_write_u16(&m->w, n);
        wire_write(&m->w, options, n);
}

/* A plain query: RD set, class IN. */
static inline void message_query(struct message *m, const char *name, const char *type)
{
        message_header(m, PACKET_FLAG_RD, 1, 0, 0, 0);
        message_question(m, name, type_of(type), PACKET_CLASS_IN);
}
