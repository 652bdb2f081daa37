# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Every Debian package that tools/ asks for, by purpose, and nothing else anywhere.

declare -A packages=(
        [build]='gcc libc6-dev clang llvm bpftool meson ninja-build pkg-config libbpf-dev libelf-dev zlib1g-dev
                libcap-ng-dev libsystemd-dev libldns-dev libunbound-dev libsqlite3-dev libjson-c-dev libinih-dev'
        [sandbox]='systemd-container mmdebstrap debian-archive-keyring iproute2 util-linux'
        [try]='systemd dbus-daemon bind9-dnsutils iproute2 procps'
        [test]='libcmocka-dev clang-format shellcheck dbus-daemon polkitd systemd git python3 python3-gi
                iproute2 procps'
        [fuzz]='libclang-rt-dev'
        [kernels]='qemu-system-x86 busybox-static cpio mmdebstrap debian-archive-keyring'
)

# What share53 links to, by its name in each suite.
declare -A runtime_packages=(
        [bookworm]='libbpf1 libelf1 zlib1g libcap-ng0 libsystemd0 libldns3 libunbound8 libsqlite3-0 libjson-c5 libinih1'
        [trixie]='libbpf1 libelf1t64 zlib1g libcap-ng0 libsystemd0 libldns3t64 libunbound8 libsqlite3-0 libjson-c5 libinih1'
)
runtime_packages[sid]=${runtime_packages[trixie]}

# Inside the container: the system itself, the occupants, tools for people and tests, sanitizer runtimes.
container_packages='systemd systemd-sysv dbus polkitd unbound dns-root-data dnsmasq bind9-dnsutils iproute2 procps
        python3-minimal python3-dnspython libasan8 libubsan1 knot knot-dnsutils nsd ldnsutils openssl ca-certificates'
resolved_packages='systemd-resolved libnss-resolve'

packages_missing() {
        local purpose name
        for purpose in "$@"; do
                for name in ${packages[$purpose]}; do
                        [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == *installed ]] || printf '%s\n' "$name"
                done
        done | sort -u
}

# Installs what is missing for the purposes named, and says which. One query answers for the common case.
packages_install() {
        local purpose states missing wanted=()
        for purpose in "$@"; do
                # shellcheck disable=SC2206 # a list of words
                wanted+=(${packages[$purpose]})
        done
        if states=$(dpkg-query -W -f '${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null) \
                && ! grep -qvx installed <<<"$states"; then
                return 0
        fi
        mapfile -t missing < <(packages_missing "$@")
        ((${#missing[@]})) || return 0
        need_root
        say "installing ${missing[*]}"
        quietly apt-get update
        quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}
