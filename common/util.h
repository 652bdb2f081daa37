/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The few words that every file uses: cleanup attributes, ownership transfer, arithmetic on sizes.
 * No state, no I/O but close().
 */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))

#define ELEMENTSOF(x) (sizeof(x) / sizeof((x)[0]))

#define MIN(a, b) \
        ({ \
                __typeof__(a) _a = (a); \
                __typeof__(b) _b = (b); \
                _a < _b ? _a : _b; \
        })
#define MAX(a, b) \
        ({ \
                __typeof__(a) _a = (a); \
                __typeof__(b) _b = (b); \
                _a > _b ? _a : _b; \
        })

/* Hands over what a _cleanup_ variable owns: the variable is empty afterwards. */
#define TAKE_PTR(p) \
        ({ \
                __typeof__(p) *_pp = &(p); \
                __typeof__(p) _p = *_pp; \
                *_pp = NULL; \
                _p; \
        })
#define TAKE_FD(fd) \
        ({ \
                int *_pf = &(fd); \
                int _f = *_pf; \
                *_pf = -1; \
                _f; \
        })

/* Defines NAMEp(TYPE **), for _cleanup_, from a function NAME(TYPE *) that bears NULL. */
#define DEFINE_CLEANUP(type, name) \
        static inline void name##p(type *p) \
        { \
                if (*p) \
                        name(*p); \
        }

#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)
#define _cleanup_fclose_ _cleanup_(fclosep)

static inline void freep(void *p)
{
        free(*(void **)p);
}

/* Closes fd if there is one, keeps errno. Returns -1, to be assigned to the variable. */
static inline int safe_close(int fd)
{
        if (fd >= 0) {
                int saved = errno;
                close(fd);
                errno = saved;
        }
        return -1;
}

static inline void closep(int *fd)
{
        *fd = safe_close(*fd);
}

static inline void fclosep(FILE **f)
{
        if (*f)
                fclose(*f);
}
