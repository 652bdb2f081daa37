# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Root file systems for the container: made once per suite and package list, kept in $cache/roots. Needs packages.sh.

root_prepare=$top/tools/lib/root-prepare

# Prints the directory of the root for SUITE, WITH_RESOLVED (yes or no) and extra packages (a,b), made if absent.
root_get() {
        local suite=$1 with_resolved=$2 extra=$3 list key dir
        list="$container_packages ${runtime_packages[$suite]} ${extra//,/ }"
        [[ $with_resolved == no ]] || list+=" $resolved_packages"
        # shellcheck disable=SC2086 # a list of words
        list=$(printf '%s\n' $list | sort -u | paste -sd ,)
        key=$suite-$(cat - "$root_prepare" <<<"$list" | sha256sum | head -c 12)
        dir=$cache/roots/$key
        if [[ ! -d $dir ]]; then
                mkdir -p "$cache/roots"
                (
                        flock 9
                        [[ -d $dir ]] || root_make "$suite" "$list" "$dir" "$extra" 9>&-
                ) 9>"$dir.lock"
        fi
        printf '%s\n' "$dir"
}

root_make() {
        local suite=$1 list=$2 dir=$3 extra=$4 partial options proxy
        say "making a root file system of $suite${extra:+ with $extra}, once: $dir"
        # The clock of a build machine may be far from that of the archive's signatures.
        options=(--quiet --variant=minbase --include="$list"
                --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Check-Date "false"'
                --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*'
                --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright'
                --customize-hook="$root_prepare")
        proxy=$(apt-config dump --format '%v' Acquire::http::Proxy)
        [[ -z $proxy ]] || options+=(--aptopt="Acquire::http::Proxy \"$proxy\"")
        # What an earlier run that was killed has left; the lock is ours.
        rm -rf --one-file-system "$dir".partial
        partial=$dir.partial
        quietly mmdebstrap "${options[@]}" "$suite" "$partial" ${SHARE53_MIRROR:+"$SHARE53_MIRROR"} || {
                rm -rf --one-file-system "$partial"
                return 1
        }
        mv "$partial" "$dir"
}
