# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
# Sourced by every script of tools/: where things are, and how to talk to the user.

[[ -n ${top:-} ]] || top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cache=${SHARE53_CACHE:-$top/.cache}

say() { printf '%s\n' "$*" >&2; }
die() {
        say "${0##*/}: $*"
        exit 1
}

# The comment at the head of the calling script, without its first two lines, is its --help.
usage() { sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$0"; }

need_root() { ((EUID == 0)) || die "wants root: sudo ${0#"$top"/}"; }

# Runs a command whose output is of interest only when it fails.
quietly() {
        local log status=0
        log=$(mktemp)
        "$@" >"$log" 2>&1 </dev/null || status=$?
        ((status == 0)) || { say "failed: $*"; cat "$log" >&2; }
        rm -f "$log"
        return "$status"
}
