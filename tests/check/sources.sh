#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Usage: sources.sh
#
# Licences, sizes and words of every file of the tree.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

mapfile -t licensed < <(files ':!LICENSES' ':!*.md' ':!*.svg' ':!.gitignore' ':!tests/fuzz/corpus')
none 'every file has its licence' "$(grep -L 'SPDX-License-Identifier: ' "${licensed[@]}")"

mapfile -t named < <(grep -hoP 'SPDX-License-Identifier: \K[A-Za-z0-9.() -]+' "${licensed[@]}" \
        | sed 's/--*$//; s/ \(OR\|AND\) /\n/g; s/[() ]//g' | grep -x '[A-Z].*[0-9].*' | sort -u)
none 'the text of every licence named is in LICENSES' \
        "$(for licence in "${named[@]}"; do [[ -e LICENSES/$licence.txt ]] || echo "$licence"; done)"

mapfile -t sources < <(files '*.c' '*.h')
none 'no source file has over 500 lines' "$(wc -l "${sources[@]}" | awk '$2 != "total" && $1 > 500 { print $2 ": " $1 }')"

mapfile -t all < <(files ':!LICENSES' ':!*.svg' ':!tests/fuzz/corpus')
none 'no path of one machine' "$(grep -nIE '/(work|farm|root|home/[a-z]+)/' "${all[@]}")"
none 'nothing is marked as unfinished' "$(grep -nIwE 'TO[D]O|FIX[M]E|X[X]X' "${all[@]}")"
none 'no generated file is committed' "$(files '*.o' '*.skel.h' 'vmlinux.h' '*.pyc')"

finish
