/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/table.h"

/* The columns of a list of links, which status shows too. */
#define LINK_COLUMNS 4
extern const struct table_column link_columns[LINK_COLUMNS];
