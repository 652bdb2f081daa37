/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One resource record with who put it there: the unit in which changes arrive, are journaled and are listed.
 */

#include <sys/types.h>

#include "common/name.h"

#define RECORD_RDATA_MAX 65535

/* RFC 2181 8: a TTL is 0 … 2^31 - 1 seconds. */
#define RECORD_TTL_MAX INT32_MAX

enum record_life {
        RECORD_RUNTIME = 0,    /* until removed or reboot; journaled in /run */
        RECORD_PERSISTENT = 1, /* also over reboot; journaled in /var/lib */
        RECORD_LEASED = 2,     /* until its owner leaves the bus; number kept, not accepted yet */
        RECORD_FILE = 3,       /* of a zone file of the administrator's; never journaled */
};

const char *record_life_to_text(enum record_life life); /* "runtime", "persistent", "leased", "file" */

struct record {
        struct name owner; /* absolute, lower case */
        uint16_t type;     /* host byte order */
        uint32_t ttl;      /* seconds */
        uid_t uid;         /* who put it there */
        enum record_life life;
        uint16_t rdata_size;
        uint8_t *rdata; /* wire format, names in it uncompressed; owned by whoever owns the record */
};

/* A growing list that owns its records' rdata. Zero-initialised is empty. */
struct record_list {
        struct record *items;
        size_t n;
        size_t allocated;
};

/* Appends a copy of RECORD, its rdata too. -ENOMEM. */
int record_list_add(struct record_list *list, const struct record *record);
void record_list_clear(struct record_list *list); /* frees all, leaves an empty list */
