#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Usage: scripts.sh
#
# Every shell script passes shellcheck, stops at its first error, and says how it is used.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
want shellcheck

mapfile -t scripts < <(files | xargs grep -lE '^#!.*\bbash|^# shellcheck shell=bash')
none 'shellcheck has nothing to say' "$(shellcheck --format=gcc "${scripts[@]}" || true)"

mapfile -t programs < <(grep -lE '^#!' "${scripts[@]}")
none 'every script stops at its first error' "$(grep -LE '^set -euo pipefail|/lib\.sh"' "${programs[@]}" || true)"
none 'every script says how it is used' "$(grep -LE '^# (Usage|sandbox): ' "${programs[@]}" || true)"
mapfile -t tools < <(files 'tools/*' ':!tools/*/*' | xargs grep -l '^#!')
none 'every tool has --help' "$(for tool in "${tools[@]}"; do
        "$tool" --help 2>/dev/null | grep -q '^Usage: \|usage: ' || echo "$tool"
done)"
finish
