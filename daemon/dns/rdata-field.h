/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * rdata*.c's own. A type's rdata is a row of fields, each with the name that its RFC gives it and a kind: how
 * it is read from text, and how its wire format is checked and printed. rdata-types.c has the table of types,
 * rdata-text.c the cursors, the other files the kinds.
 *
 * What a kind's print takes is exactly what its read can give: so whatever is accepted from the wire prints
 * as text that reads back as the same octets.
 */

#include "common/name.h"
#include "common/reason.h"
#include "daemon/dns/record.h"

/* One word of the text as it stands, without the quotes around it: escapes are not undone. */
struct rdata_token {
        const char *start;
        size_t size;
        bool quoted;
};

/* Text that is read. Its quotes, escapes and control characters were checked by rdata_reader_begin. */
struct rdata_reader {
        const char *type; /* mnemonic, for the reasons */
        const char *text, *next;
        bool parameters; /* a quote may stand behind a '=' in a word (RFC 9460 2.1) */
        const struct name *origin;
        struct wire w;
        char **ret_reason;
};

/* Wire format that is printed, or, with `checking`, only walked over. */
struct rdata_printer {
        bool checking;
        bool failed; /* no memory */
        char *text;
        size_t size, allocated;
};

struct rdata_kind {
        /* Takes the field's words and writes its octets. -EINVAL with a reason; what does not fit into W
         * sticks there. */
        int (*read)(struct rdata_reader *r, const char *field);
        /* Steps over the field; says whether it is well-formed. */
        bool (*print)(struct rdata_printer *p, struct wire *w);
};

#define RDATA_FIELDS_MAX 9

struct rdata_field {
        const char *name;
        const struct rdata_kind *kind;
};

struct rdata_type {
        uint16_t type;
        const char *name;
        const char *layout; /* rdata_layout's, or NULL */
        struct rdata_field fields[RDATA_FIELDS_MAX];
        /* What fields must be to each other: NULL, or what is wrong with rdata whose fields are well-formed.
         */
        const char *(*trouble)(const uint8_t *rdata, uint16_t size);
};

/* The row of TYPE, or NULL: its rdata is opaque (RFC 3597), or it is not stored. */
const struct rdata_type *rdata_type_find(uint16_t type);
const struct rdata_type *rdata_type_find_name(const char *name);

/* rdata-text.c: reading */

/* Checks all of TEXT; -EINVAL with a reason. */
int rdata_reader_begin(struct rdata_reader *r, const char *text);

/* Whether a word is left. */
bool rdata_more(const struct rdata_reader *r);

/* The next word; -EINVAL with a reason where FIELD is missing. */
int rdata_next(struct rdata_reader *r, const char *field, struct rdata_token *ret);

/* The next word, not in quotes. */
int rdata_next_word(struct rdata_reader *r, const char *field, struct rdata_token *ret);

/* The reason "TYPE: FIELD "TOKEN" is not WHAT" (WHAT NULL: up to the token); returns -EINVAL. */
int rdata_refuse(
        struct rdata_reader *r, const char *field, const struct rdata_token *token, const char *what);

/* The whole number that N octets at TEXT are, digits only: *RET, at most MAX. */
bool rdata_read_digits(const char *text, size_t n, uint64_t max, uint64_t *ret);

/* One octet of a word at *P, its escape undone (RFC 1035 5.1); steps over it. False: a bad escape. */
bool rdata_read_octet(const char **p, const char *end, uint8_t *ret);

bool rdata_token_is(const struct rdata_token *token, const char *text);

/* Copies a word that is shorter than SIZE, for functions that want a string. */
bool rdata_token_copy(const struct rdata_token *token, char *buf, size_t size);

int rdata_hex_digit(char c); /* or -1 */

/* Writes hexadecimal digits; false: others, or half an octet. */
bool rdata_read_hex(struct wire *w, const char *text, size_t n);

/* rdata-text.c: printing */

/* Begins a word: a blank, but for the first. */
void rdata_print_next(struct rdata_printer *p);
void rdata_print(struct rdata_printer *p, const char *format, ...) _printf_(2, 3);
void rdata_print_octets(struct rdata_printer *p, const char *text, size_t n);
void rdata_print_hex(struct rdata_printer *p, const uint8_t *data, size_t n);
/* In quotes, escaped (RFC 1035 5.1). */
void rdata_print_quoted(struct rdata_printer *p, const uint8_t *data, size_t n);

/* Kinds. rdata-number.c */
extern const struct rdata_kind rdata_u8, rdata_u16, rdata_u32, rdata_period, rdata_time;
extern const struct rdata_kind rdata_algorithm, rdata_certificate, rdata_covered;
extern const struct rdata_kind rdata_usage, rdata_selector, rdata_matching; /* RFC 7218 */
extern const struct rdata_kind rdata_scheme;                                /* RFC 9859 */

/* rdata-address.c */
extern const struct rdata_kind rdata_address4, rdata_address6;
extern const struct rdata_kind rdata_eui48, rdata_eui64, rdata_locator64, rdata_nsap, rdata_atma;

/* rdata-name.c: in lower case; as given; any number of the latter */
extern const struct rdata_kind rdata_name, rdata_name_cased, rdata_names_cased;
int rdata_read_name(struct rdata_reader *r, const char *field, const struct rdata_token *token, bool cased);
bool rdata_print_name(struct rdata_printer *p, struct wire *w, bool cased);

/* rdata-string.c: character-strings (RFC 1035 3.3); what is left, as one string, which may be empty or not */
extern const struct rdata_kind rdata_string, rdata_string_optional, rdata_strings;
extern const struct rdata_kind rdata_text, rdata_text_filled;
extern const struct rdata_kind rdata_tag;  /* CAA's */
extern const struct rdata_kind rdata_psdn; /* X25's */

/* rdata-data.c: what is left, at least one octet but for the optional one */
extern const struct rdata_kind rdata_hex, rdata_base64, rdata_base64_optional;
extern const struct rdata_kind rdata_salt, rdata_next_hash;         /* with a length octet (RFC 5155 3.2) */
bool rdata_read_base64(struct wire *w, const char *text, size_t n); /* whole groups; false: bad */
void rdata_print_base64(struct rdata_printer *p, const uint8_t *data, size_t n);

/* rdata-bitmap.c: RFC 4034 4.1.2 (at least one type; any number), RFC 2535 5.2, RFC 1035 3.4.2 */
extern const struct rdata_kind rdata_bitmap, rdata_bitmap_optional, rdata_bitmap_next, rdata_services;

/* rdata-gateway.c: RFC 4025, RFC 8777, RFC 8005 */
extern const struct rdata_kind rdata_gateway, rdata_relay, rdata_host_identity;

/* rdata-location.c: RFC 1876; rdata-prefix.c: RFC 3123; rdata-parameter.c: RFC 9460 */
extern const struct rdata_kind rdata_location, rdata_prefixes, rdata_parameters;
const char *rdata_parameters_trouble(const uint8_t *rdata, uint16_t size);
