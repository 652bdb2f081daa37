/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* cmocka with what it wants included first (its header needs these four, in this order). */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h> /* ldns.h makes up a bool of its own where there is none yet: a signed char */
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
