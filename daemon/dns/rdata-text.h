/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* rdata.c's own: between text and wire format, by the form of a type's rdata. */

#include "common/name.h"
#include "common/reason.h"

enum rdata_form {
        RDATA_FORM_ADDRESS4,
        RDATA_FORM_ADDRESS6,
        RDATA_FORM_NAME,
        RDATA_FORM_STRINGS, /* one or more character-strings (RFC 1035 3.3) */
};

/* TYPE is its mnemonic, for the reasons. *RET is malloc'ed; errors as rdata_from_text. */
int rdata_text_read(const char *type, enum rdata_form form, const char *text, const struct name *origin,
        uint8_t **ret, uint16_t *ret_size, char **ret_reason);

/* RDATA was checked. *RET is malloc'ed; -ENOMEM. */
int rdata_text_write(enum rdata_form form, const uint8_t *rdata, uint16_t size, char **ret);
