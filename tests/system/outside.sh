#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Usage: outside.sh [BUILD]
#
# tools/sandbox seen from outside: its options, its exit status, and that it leaves nothing behind however it ends.
# Speaks TAP; runs as root on the machine itself (tools/test does that).
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd -P)
build=$(realpath "${1:-$top/build/release}")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

n_run=0 n_failed=0
is() {
        n_run=$((n_run + 1))
        if [[ $2 == "$3" ]]; then
                echo "ok $n_run - $1"
        else
                n_failed=$((n_failed + 1))
                echo "not ok $n_run - $1"
                printf '# got:  %s\n# want: %s\n' "${2//$'\n'/$'\n'# }" "${3//$'\n'/$'\n'# }"
        fi
}
sandbox() { "$top/tools/sandbox" --build "$build" "$@"; }
status_of() { "$@" >/dev/null 2>&1 && echo 0 || echo $?; }

# Ours are told from those of others by a word in the command line.
mark=share53-outside-$$
mounts() { awk '{ print $5 }' /proc/self/mountinfo | sort; }
groups() { find /sys/fs/cgroup -maxdepth 2 -name "share53-sandbox.$1" 2>/dev/null; }
host() { cat /etc/resolv.conf; ip -brief link show | awk '{ print $1 }' | sort; mounts; }

before=$(host)
is 'the exit status is the command'"'"'s' "$(status_of sandbox --no-start -- bash -c 'exit 7')" 7
is 'of a command that a signal ended' "$(status_of sandbox --no-start -- bash -c 'kill -TERM $$')" 143
is 'of a command that is not there' "$(status_of sandbox --no-start -- nothing-of-this-name)" 127
is 'arguments come through as they are' "$(sandbox --no-start -- printf '%s|' 'a b' '$HOME' '"' '%' '')" 'a b|$HOME|"|%||'
is 'input too' "$(echo 'from outside' | sandbox --no-start cat)" 'from outside'
is 'an option unknown is refused' "$(status_of sandbox --nonsense -- true)" 1
is 'a suite unknown is refused' "$(status_of sandbox --suite woody -- true)" 1

printf '[Share]\nPortPolicy=bind\n' >"$dir/share53.conf"
chmod 0600 "$dir/share53.conf"
mkdir "$dir/shared"
inside=$(sandbox --config "$dir/share53.conf" --bind "$dir/shared:/srv/shared" --bind "$dir" -- bash -c '
        echo "pid1: $(cat /proc/1/comm)"
        echo "config: $(stat -c "%a %U" /etc/share53/share53.conf) $(tail -n 1 /etc/share53/share53.conf)"
        echo "policy: $(busctl get-property org.share53.Resolver1 /org/share53/Resolver1 \
                org.share53.Resolver1.Manager PortPolicy)"
        echo hello >/srv/shared/file
        echo "same path: $(cat '"$dir"'/shared/file)"
        touch '"$top"'/file 2>/dev/null && echo "checkout: writable" || echo "checkout: $(head -n 1 '"$top"'/meson.build)"
        echo "alice: $(id -un alice)"
        echo "dns0: $(ip -brief address show dns0 | grep -o "10.99.0.1/24 fd99::1/64")"
        echo "resolved: $(systemctl is-active systemd-resolved)"
        echo "stub: $(ss -Hlnu "sport = :53" | grep -c 127.0.0.53)"
        echo "state: $(systemctl is-system-running)"' 2>/dev/null)
is 'what is inside' "$inside" "pid1: systemd
config: 644 root PortPolicy=bind
policy: s \"bind\"
same path: hello
checkout: # SPDX-License-Identifier: LGPL-2.1-or-later
alice: alice
dns0: 10.99.0.1/24 fd99::1/64
resolved: active
stub: 1
state: running"
is '--bind is writable' "$(cat "$dir/shared/file")" hello
is '--no-start: installed, not running' "$(sandbox --no-start -- bash -c \
        'ls /usr/libexec/share53d; systemctl is-active share53d.service' || true)" $'/usr/libexec/share53d\ninactive'
is '--without-resolved' "$(sandbox --no-start --without-resolved -- bash -c \
        'busctl list --activatable --no-legend | grep -c resolve1; ls /usr/lib/systemd/systemd-resolved 2>&1 | wc -l' || true)" $'0\n1'
for occupant in unbound dnsmasq; do
        is "--occupant $occupant" "$(sandbox --no-start --occupant $occupant -- bash -c '
                ss -Hlnptu "sport = :53" | grep -oE "(0\.0\.0\.0|\[::\]):53 .*\"'$occupant'\"" | wc -l
                dig +short @127.0.0.1 occupant.test; dig +short +tcp @::1 occupant.test')" $'4\n192.0.2.53\n192.0.2.53'
done
is '--packages: there, their services stopped' "$(sandbox --no-start --packages knot -- bash -c \
        'ls /usr/sbin/knotd; systemctl is-active knot.service; systemctl is-enabled knot.service' || true)" \
        $'/usr/sbin/knotd\ninactive\ndisabled'

# Several at once, each with a port 53 of its own.
for i in 1 2 3; do
        sandbox --occupant unbound -- dig +short @127.0.0.1 occupant.test >"$dir/$i" 2>/dev/null &
done
wait
is 'three at once' "$(cat "$dir"/[123])" $'192.0.2.53\n192.0.2.53\n192.0.2.53'

# However it ends. A child of its own session and default signals, as from a terminal.
left_by() {
        local signal=$1 pid i
        python3 -c '
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.setsid()
os.execv(sys.argv[1], sys.argv[1:])' "$top/tools/sandbox" --build "$build" --bind "$dir" -- \
                bash -c "touch '$dir/up'; exec -a $mark sleep 300" </dev/null >/dev/null 2>&1 &
        pid=$!
        for ((i = 0; i < 600; i++)); do
                [[ ! -e $dir/up ]] || break
                sleep 0.1
        done
        [[ -e $dir/up ]] || echo 'it did not come up'
        rm -f "$dir/up"
        kill "-$signal" "$pid"
        wait "$pid" 2>/dev/null && echo 'status 0' || echo "status $?"
        for ((i = 0; i < 50; i++)); do
                pgrep -f "$mark" >/dev/null || break
                sleep 0.1
        done
        pgrep -af "$mark" || true
        [[ $signal == KILL ]] || groups "$pid"
}
is 'ended by SIGINT, nothing is left' "$(left_by INT 2>/dev/null)" 'status 130'
is 'ended by SIGTERM, nothing is left' "$(left_by TERM 2>/dev/null)" 'status 143'
is 'ended by SIGHUP, nothing is left' "$(left_by HUP 2>/dev/null)" 'status 129'
is 'ended by SIGKILL, no process is left' "$(left_by KILL 2>/dev/null)" 'status 137'
sandbox --no-start -- true
is 'and the next run takes away the empty cgroup' "$(for group in $(groups '*'); do
        [[ -e /proc/${group##*.} ]] || echo "$group"
done)" ''
is 'nothing outside has changed: resolv.conf, links, mounts' "$(host)" "$before"

start=$(date +%s%N)
sandbox --occupant unbound -- true
milliseconds=$((($(date +%s%N) - start) / 1000000))
echo "# from the cache: $milliseconds ms"
echo "1..$n_run"
((n_failed == 0))
