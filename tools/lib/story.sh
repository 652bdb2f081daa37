# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
# Sourced by the stories that tools/try tells: a heading, a command, what it really says, and whether that is as told.

bold='' plain='' red=''
[[ ! -t 1 ]] || bold=$'\e[1m' plain=$'\e[0m' red=$'\e[31m'
untrue=0 said=''

heading() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

# Shows a command line, runs it and shows what it says; $said has it too.
show() {
        printf '  $ %s\n' "$*"
        said=$(bash -c "$*" 2>&1) || true
        [[ -z $said ]] || printf '    %s\n' "${said//$'\n'/$'\n'    }"
}

# Waits, without a word, until CMD succeeds, 5 seconds at most.
settle() {
        local i
        for ((i = 0; i < 100; i++)); do
                ! bash -c "$*" >/dev/null 2>&1 || return 0
                sleep 0.05
        done
}

# expect REGEX WHAT: $said must have it; expect_not: must not.
expect() { [[ $said =~ $1 ]] || untold "$2"; }
expect_not() { [[ ! $said =~ $1 ]] || untold "$2"; }
untold() {
        untrue=$((untrue + 1))
        printf '    %snot as told: %s%s\n' "$red" "$1" "$plain"
}

tell_end() {
        if ((untrue)); then
                heading "$untrue of these steps did not go as told."
                return 1
        fi
        heading "$1"
}

api='org.share53.Resolver1 /org/share53/Resolver1 org.share53.Resolver1.Manager'
