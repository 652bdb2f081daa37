#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Usage: helper.sh BUILD
#
# The helper is read in one sitting: it includes, links and loads nothing that is not on this page.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
build=${1:?BUILD is missing}

mapfile -t sources < <(files 'helper/*.[ch]' 'common/*.[ch]' 'bpf/*.[ch]')
none 'helper, common and bpf include nothing of the daemon or the command line' \
        "$(grep -nE '^ *# *include *"(daemon|cli)/' "${sources[@]}" || true)"
inputs=$(ninja -C "$build" -t inputs helper/share53-helper)
[[ $inputs == *helper/main.c* ]]
none 'the helper is built from nothing of the daemon or the command line' \
        "$(grep -E '(^|/)(daemon|cli)/' <<<"$inputs" || true)"
none 'the helper loads only the libraries that it is known to need' \
        "$(readelf -d "$build/helper/share53-helper" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' \
                | grep -vE '^(libc|libsystemd|libbpf|libelf|libz|libcap-ng|libinih|libasan|libubsan|ld-linux-.*)\.so\.[0-9]+$' || true)"
finish
