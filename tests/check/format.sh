#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Usage: format.sh
#
# clang-format, with the tree's .clang-format, has nothing to change.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
want clang-format

mapfile -t sources < <(files '*.c' '*.h')
none 'every source file is formatted' \
        "$(clang-format --dry-run "${sources[@]}" 2>&1 | sed -n 's/^\([^ :]*:[0-9]*\):.*/\1/p' | sort -u || true)"
finish
