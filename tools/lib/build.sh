# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Builds below build/ of the checkout: release (what a user gets, no tests), sanitize (gcc, ASan and UBSan, with
# the tests), clang (compiled to see that it does), fuzz (clang, libFuzzer).

build_options() {
        case $1 in
        release) printf '%s\n' -Dtests=disabled ;;
        sanitize) printf '%s\n' -Dtests=enabled -Db_sanitize=address,undefined ;;
        clang) printf '%s\n' -Dtests=enabled ;;
        fuzz) printf '%s\n' -Dtests=enabled -Dfuzz=true ;;
        *) return 1 ;;
        esac
}

# Sets up build/NAME where it is not, and compiles all of it, or the targets named. One at a time for each.
build() {
        local name=$1 dir=$top/build/$1 compiler=gcc options
        shift
        mapfile -t options < <(build_options "$name")
        [[ $name != @(clang|fuzz) ]] || compiler=clang
        mkdir -p "$top/build"
        (
                flock 9
                if [[ ! -e $dir/build.ninja ]]; then
                        rm -rf "$dir"
                        say "setting up build/$name"
                        CC=$compiler quietly meson setup "${options[@]}" "$dir" "$top" 9>&-
                fi
                if [[ $(ninja -C "$dir" -n "$@" 2>/dev/null 9>&-) != *'no work to do'* ]]; then
                        say "compiling build/$name"
                        quietly ninja -C "$dir" "$@" 9>&-
                fi
        ) 9>"$top/build/$name.lock"
}

build_is_sanitized() { grep -q 'SHARE53_SANITIZED 1' "$1/share53-config.h"; }
