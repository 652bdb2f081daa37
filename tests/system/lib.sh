# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
# Sourced by the scripts of this folder, each of which runs as root in a sandbox of its own and speaks TAP. A line
# "# sandbox: OPTIONS" at a script's head is one run of it; tools/sandbox OPTIONS -- tests/system/NAME.sh is the same.

set -euo pipefail

[[ -n ${SANDBOX_SUITE:-} ]] || {
        echo "runs inside: tools/sandbox $(sed -n 's/^# sandbox: *//p' "$0" | head -n 1) -- $0" >&2
        exit 2
}

here=$(cd "$(dirname "$0")" && pwd -P)
n_run=0 n_failed=0 finished=no
address=127.53.0.1

comment() { sed 's/^/# /'; }

result() {
        local status=$1 name=$2
        n_run=$((n_run + 1))
        if ((status == 0)); then
                echo "ok $n_run - $name"
        else
                n_failed=$((n_failed + 1))
                echo "not ok $n_run - $name"
        fi
}

# ok NAME CMD…: holds when CMD succeeds; its output is shown when not.
ok() {
        local name=$1 output status=0
        shift
        output=$("$@" 2>&1) || status=$?
        result "$status" "$name"
        ((status == 0)) || printf '%s: status %d\n%s\n' "$*" "$status" "$output" | comment
}

fails() {
        local name=$1 output
        shift
        if output=$("$@" 2>&1); then
                result 1 "$name"
                printf '%s: succeeded\n%s\n' "$*" "$output" | comment
        else
                result 0 "$name"
        fi
}

is() {
        local name=$1 got=$2 want=$3
        if [[ $got == "$want" ]]; then
                result 0 "$name"
        else
                result 1 "$name"
                printf 'got:  %s\nwant: %s\n' "$got" "$want" | comment
        fi
}

# like NAME GOT REGEX (extended); unlike is the contrary.
like() {
        if [[ $2 =~ $3 ]]; then
                result 0 "$1"
        else
                result 1 "$1"
                printf 'got:  %s\nwant: %s\n' "$2" "$3" | comment
        fi
}
unlike() {
        if [[ $2 =~ $3 ]]; then
                result 1 "$1"
                printf 'got:  %s\nbut not: %s\n' "$2" "$3" | comment
        else
                result 0 "$1"
        fi
}

# True as soon as CMD succeeds, false when it has not within SECONDS.
within() {
        local deadline=$(($(date +%s%N) + $1 * 1000000000))
        shift
        while ! "$@" >/dev/null 2>&1; do
                (($(date +%s%N) < deadline)) || return 1
                sleep 0.05
        done
}

# eventually SECONDS NAME CMD…
eventually() {
        local seconds=$1 name=$2
        shift 2
        if within "$seconds" "$@"; then
                result 0 "$name"
        else
                result 1 "$name"
                printf 'not within %s s: %s\n%s\n' "$seconds" "$*" "$("$@" 2>&1)" | comment
        fi
}

skip() {
        n_run=$((n_run + 1))
        echo "ok $n_run - $1 # SKIP $2"
}

# The last thing that a script does.
finish() {
        is 'no sanitizer has found anything' \
                "$(journalctl --boot --output cat | grep -E -A 10 'ERROR: (Address|Leak)Sanitizer|runtime error:' | head -n 12)" ''
        echo "1..$n_run"
        finished=yes
        ((n_failed == 0))
}

at_exit() {
        local status=$?
        if [[ $finished == no ]]; then
                echo "Bail out! ended early, with status $status"
                n_failed=$((n_failed + 1))
        fi
        if ((n_failed)); then
                journalctl --boot --output short-monotonic -u 'share53*' -n 120 --no-pager | comment
        fi
}
trap at_exit EXIT
trap 'echo "# stopped at line $LINENO: $BASH_COMMAND"' ERR

manager() {
        busctl call org.share53.Resolver1 /org/share53/Resolver1 org.share53.Resolver1.Manager "$@"
}
property() {
        busctl get-property org.share53.Resolver1 /org/share53/Resolver1 org.share53.Resolver1.Manager "$1"
}
as_alice() { setpriv --reuid alice --regid alice --clear-groups --inh-caps=-all -- "$@"; }

# Name servers are asked once, for two seconds.
ask() { dig +tries=1 +time=2 +norecurse "$@"; }
ask_short() { ask +short "$@"; }
answers() { [[ $(ask_short "${@:2}") == "$1" ]]; }

main_pid() { systemctl show --property MainPID --value "$1"; }
link_index() { cat "/sys/class/net/$1/ifindex"; }
xdp_on_lo() { ip -details link show lo | grep -q 'prog/xdp'; }
no_xdp_on_lo() { ! xdp_on_lo; }
link_dns() { resolvectl dns "$1" | sed 's/^[^:]*: *//'; }
no_link_dns() { [[ -z $(link_dns dns0) ]]; }

# One word for each share: what it has under this key.
shares() {
        share53ctl status --json | python3 -c '
import json, sys
print(" ".join(share[sys.argv[1]] for share in json.load(sys.stdin)["shares"]))' "$1"
}
shares_are() { [[ $(shares rung) == "$1" ]]; }
trace() { share53ctl status --json | python3 -c '
import json, sys
for line in json.load(sys.stdin)["trace"]:
    print(" | ".join(line.values()))'; }

# Restarts the daemon with these lines in the [Share] section of a drop-in.
restart_with() {
        mkdir -p /etc/share53/share53.conf.d
        printf '[Share]\n' >/etc/share53/share53.conf.d/test.conf
        (($# == 0)) || printf '%s\n' "$@" >>/etc/share53/share53.conf.d/test.conf
        systemctl restart share53d.service
}
