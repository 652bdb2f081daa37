/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One INI file, read by inih, with what inih lets pass or misreads refused: lines longer than its buffer,
 * unknown or empty sections, sections whose names it would cut, text behind a section's name, a line that
 * begins with a blank and continues nothing, NUL characters. A byte order mark in front and "; comment"
 * behind a value are inih's own.
 */

#include "common/util.h"

/* Room for a section's name: a line's. */
#define CONFIG_FILE_SECTION_SIZE 256

/* How much of an offending word is quoted in a reason: for "%.*s". */
#define CONFIG_FILE_QUOTED_MAX 64

struct config_file {
        const char *path;
        /* Those known, ended by NULL. "Upstream DOMAIN" stands for any [Upstream WORD]: what comes behind the
         * blank is its argument. */
        const char *const *sections;

        /* Called for each section that has an argument, where it begins; fails the file by config_file_fail.
         */
        void (*begin)(struct config_file *file, const char *section, const char *argument);

        /* Called for each value, SECTION as in `sections`; fails the file likewise. NAME comes again for
         * lines that go on. */
        void (*value)(struct config_file *file, const char *section, const char *name, const char *value);

        unsigned int line; /* the one at hand, from 1 */
        bool continues;    /* it begins with a blank, and goes on with the value above */

        int error;    /* 0, or the first failure, which ends the reading */
        char *reason; /* malloc'ed "PATH:LINE: what" (-EINVAL) or "PATH: errno's words"; or NULL for want of
                         memory */

        FILE *stream;                                /* internal */
        bool after_key;                              /* internal */
        const char *section;                         /* internal: of `sections` */
        char section_text[CONFIG_FILE_SECTION_SIZE]; /* internal: the one at hand, argument and all */
};

/* Reads it all. What became of it is in `error` and `reason`; -ENOENT: there is no such file. */
void config_file_read(struct config_file *file);

/* Fails it with "PATH:LINE: what". The first failure stays. */
void config_file_fail(struct config_file *file, unsigned int line, const char *format, ...) _printf_(3, 4);
