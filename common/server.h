/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A DNS server that is asked for others, as people write it: "192.0.2.53", "192.0.2.53:5353",
 * "[2001:db8::53]:853#dns.example" (with the name of its certificate: DNS over TLS, RFC 7858). One form for
 * configuration, command line, log lines and the D-Bus API's sentences.
 */

#include "common/endpoint.h"

#define SERVER_PORT 53           /* where none is given */
#define SERVER_PORT_TLS 853      /* likewise, with a TLS name (RFC 7858 3.1) */
#define SERVER_TLS_NAME_SIZE 256 /* a host name as text, with NUL */
#define SERVER_TEXT_SIZE (ENDPOINT_TEXT_SIZE + 1 + SERVER_TLS_NAME_SIZE)

/*
 * Reads "ADDRESS[:PORT][#TLSNAME]"; the port is 53 or 853 where none is given, TLS_NAME "" where there is
 * none. Returns NULL, or what is wrong: a constant, fit to follow "SERVER: ". RET and TLS_NAME are untouched
 * then.
 */
const char *server_from_text(const char *text, struct endpoint *ret, char tls_name[SERVER_TLS_NAME_SIZE]);

/* Writes it so that server_from_text reads it, without a port that is the default. Returns BUF. */
const char *server_to_text(const struct endpoint *server, const char *tls_name, char buf[SERVER_TEXT_SIZE]);

/* Why nothing can be asked of this address, a constant; NULL: nothing is known against it. */
const char *server_objection(const struct endpoint *server);

/* Letters, digits, "-" and "_" in labels of 1 to 63, 253 characters at most, no dot at the end: what stands
 * in a certificate, and in no syntax means anything else. */
bool server_tls_name_valid(const char *name);
