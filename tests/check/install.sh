#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Usage: install.sh BUILD
#
# meson install gives exactly the files of tests/check/installed, with these modes.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
build=${1:?BUILD is missing}

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
umask 022
DESTDIR=$tree meson install --no-rebuild --quiet -C "$build" >"$tree.log" 2>&1 || {
        sed 's/^/# /' "$tree.log"
        rm -f "$tree.log"
        exit 1
}
rm -f "$tree.log"
none 'the installed files are the known ones' \
        "$(diff <(grep -v '^#' tests/check/installed) <(cd "$tree" && find . -not -type d -printf '%m /%P\n' | sort -k 2) || true)"
none 'the directory of drop-ins is there' "$([[ -d $tree/etc/share53/share53.conf.d ]] || echo missing)"
none 'the directory of zone files is there' "$([[ -d $tree/etc/share53/zones.d ]] || echo missing)"
none 'no installed file names a build or source directory' \
        "$(cd "$tree" && { grep -rlI -e "$build" -e "$top" . || true; })"
finish
