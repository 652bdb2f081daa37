/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * An upstream's answer, read record by record and kept apart from the message that it came in: immutable,
 * counted by references. Whatever of it was not about the question is gone (RFC 5452 6).
 */

#include "daemon/dns/packet-write.h"

struct answer;

/* What an upstream said of its answer (RFC 4035 5). */
enum answer_security { ANSWER_INSECURE, ANSWER_SECURE, ANSWER_BOGUS };

/*
 * Reads a message that answers NAME and TYPE. -EBADMSG: malformed, not an answer (an rcode other than
 * NOERROR, NXDOMAIN and YXDOMAIN too), another question, a chain of CNAMEs that loops or does not hang
 * together; -ENOMEM.
 */
int answer_new(const uint8_t *message, size_t size, const struct name *name, uint16_t type,
        enum answer_security security, struct answer **ret);
struct answer *answer_ref(struct answer *answer);
struct answer *answer_unref(struct answer *answer);
DEFINE_CLEANUP(struct answer *, answer_unref)

enum packet_rcode answer_rcode(const struct answer *answer);
bool answer_has_data(const struct answer *answer); /* NOERROR, with records of the type that was asked for */
uint32_t answer_ttl(
        const struct answer *answer); /* seconds that it may be kept: RFC 2308 for negative ones */
size_t answer_memory(const struct answer *answer);

/*
 * Adds it to P, which may hold the CNAMEs that led to it: rcode, whole RRsets, TTLs less AGE (at least 1; all
 * of them 30 where STALE, RFC 8767 5), AD where it is secure and the client may know (RFC 6840 5.7).
 * DNSSEC's records only for a client that set DO (RFC 4035 3.2.1) or asked for their type.
 */
void answer_write(const struct answer *answer, uint32_t age, bool stale, struct packet_writer *p);
