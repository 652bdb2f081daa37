# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
# Sourced by the checks: each holds one habit of the tree, and speaks TAP.

set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd -P)
cd "$top"

skip_all() {
        echo "1..0 # SKIP $1"
        exit 0
}
want() { command -v "$1" >/dev/null || skip_all "$1 is not installed"; }

# Every file of the tree, committed or about to be, that fits one of the patterns (none: all).
files() {
        git -c safe.directory='*' ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
                [[ ! -f $file ]] || printf '%s\n' "$file"
        done
}
git -c safe.directory='*' rev-parse --git-dir >/dev/null 2>&1 || skip_all 'not a git checkout'

n_run=0 n_failed=0
# none NAME OFFENDERS: holds when there are none.
none() {
        n_run=$((n_run + 1))
        if [[ -z $2 ]]; then
                echo "ok $n_run - $1"
        else
                n_failed=$((n_failed + 1))
                echo "not ok $n_run - $1"
                printf '# %s\n' "${2//$'\n'/$'\n'# }"
        fi
}
finish() {
        echo "1..$n_run"
        ((n_failed == 0))
}
