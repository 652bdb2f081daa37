/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Tables of text: a header line, columns as wide as their widest cell, two blanks between them, nothing cut
 * off and no blanks at the end of a line. Cells are escaped (cli/text.h).
 */

#include <json.h>

#include "cli/text.h"

/* How one column is made from the objects of a JSON array: by default the value of KEY as it is. */
struct table_column {
        const char *header;
        const char *key;
        bool right; /* numbers line up at their ends */
        /* A malloc'ed text; NULL: out of memory. May be NULL, as may STYLE. */
        char *(*format)(struct json_object *object, struct json_object *value);
        enum text_style (*style)(struct json_object *object, struct json_object *value);
};

/* Prints the objects of ARRAY, one a line. -ENOMEM. */
int table_print(FILE *out, struct json_object *array, const struct table_column *columns, size_t n_columns,
        bool colours);

/* Formats for columns; all bear a missing value, printed as "-". */
char *table_format_seconds(struct json_object *object, struct json_object *value); /* "60s" */
char *table_format_user(struct json_object *object, struct json_object *value);    /* name of a uid */
char *table_format_words(struct json_object *object, struct json_object *value);   /* "a b c" */
char *table_format_yes_no(struct json_object *object, struct json_object *value);
