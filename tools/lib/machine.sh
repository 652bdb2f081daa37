# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# What this machine lets us do. Each question answers by its status; for a "no", the reason is in $why.

why=

machine_has_capability() {
        local name=$1 bit=$2 effective
        effective=$(awk '/^CapEff:/ { print $2 }' /proc/self/status)
        (((16#$effective >> bit & 1) == 1)) && return 0
        why="no $name here"
        return 1
}

machine_can_load_bpf() {
        local release
        release=$(uname -r)
        if ((${release%%.*} < 6)) || [[ $release == 6.0* ]]; then
                why="kernel $release is older than 6.1"
                return 1
        fi
        machine_has_capability CAP_BPF 39 && machine_has_capability CAP_NET_ADMIN 12
}

# A hierarchy of version 2 alone, in this mount name space: beside version 1, as on some hosts, systemd-nspawn would
# not do. Where it is so already, mounting it again would be refused.
machine_mount_cgroup2() {
        [[ $(stat --file-system --format %T /sys/fs/cgroup) == cgroup2fs ]] || mount -t cgroup2 cgroup2 /sys/fs/cgroup
}

# Tries the parts of a boot that ordinary runners refuse, one by one, in name spaces of its own.
machine_can_boot() {
        ((EUID == 0)) || { why='not root'; return 1; }
        machine_has_capability CAP_SYS_ADMIN 21 || return 1
        machine_has_capability CAP_NET_ADMIN 12 || return 1
        local answer
        answer=$(unshare --mount --propagation private --pid --fork --net bash -c "$(declare -f machine_mount_cgroup2)"'
                fail() { echo "$1"; exit 1; }
                mount -t proc proc /proc || fail "mounting /proc is refused"
                machine_mount_cgroup2 || fail "mounting cgroup2 is refused"
                mkdir /sys/fs/cgroup/share53-probe.$1 || fail "making a cgroup is refused"
                rmdir /sys/fs/cgroup/share53-probe.$1
                mount -t tmpfs tmpfs /mnt || fail "mounting tmpfs is refused"
                mkdir /mnt/{lower,upper,work,root}
                mount -t overlay -o lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root ||
                        fail "mounting an overlay is refused"
                ip link add probe0 type veth peer name probe1 || fail "there are no veth links"
        ' - "$$" 2>/dev/null) && return 0
        why=${answer:-name spaces are refused}
        return 1
}
