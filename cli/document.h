/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the service said, as the JSON document that --json prints and that the tables are made from: one
 * reading of each reply, two ways to show it.
 */

#include <json.h>
#include <systemd/sd-bus.h>

#include "common/util.h"

static inline void json_object_putp(struct json_object **object)
{
        json_object_put(*object);
}
#define _cleanup_json_ _cleanup_(json_object_putp)

enum document_kind {
        DOCUMENT_TEXT,   /* const char * */
        DOCUMENT_NUMBER, /* uint64_t */
        DOCUMENT_TRUTH,  /* int */
        DOCUMENT_VALUE,  /* struct json_object *, taken over, on failure too; NULL: -ENOMEM */
};

/*
 * Makes an object of triples (const char *key, enum document_kind, value), ended by NULL. Keys are constants.
 * -ENOMEM.
 */
int document_new(struct json_object **ret, ...) __attribute__((sentinel));

/*
 * Reads the next complete value of M: strings and paths, numbers, booleans, arrays, dictionaries with string
 * keys, structs, variants (unwrapped). Structs become objects with the keys MEMBERS where it is given
 * (NULL-terminated; the values beyond it are left out), else arrays. -ENXIO: no value is left; -EBADMSG: a
 * type that the API does not use, or fewer values in a struct than MEMBERS; -ENOMEM.
 */
int document_read(sd_bus_message *m, const char *const *members, struct json_object **ret);

/* Reads one value for each of KEYS (NULL-terminated) into a new object. */
int document_read_members(sd_bus_message *m, const char *const *keys, struct json_object **ret);

/*
 * Prints it as one line, or indented where PRETTY is wanted, with nothing in it that a terminal would obey.
 * -ENOMEM.
 */
int document_print(FILE *out, struct json_object *document, bool pretty);

/* The text at KEY, "" where it is absent. */
const char *document_text(struct json_object *object, const char *key);
uint64_t document_number(struct json_object *object, const char *key); /* 0 where it is absent */
