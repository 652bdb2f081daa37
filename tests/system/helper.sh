#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# sandbox: --occupant unbound --no-start
#
# The running helper, as its unit starts it: what it may, and what it refuses to a daemon turned hostile.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

printf '[Helper]\nLinks=dns0\nDomains=corp.internal\n' >/etc/share53/helper.conf
systemctl start share53-helper.socket

# A channel as user share53; `tell LINE` sends one request of channel.py and gives its result.
coproc CHANNEL { setpriv --reuid share53 --regid share53 --clear-groups --inh-caps=-all -- python3 "$here/channel.py"; }
channel_in=${CHANNEL[1]} channel_out=${CHANNEL[0]}
tell() {
        local reply
        echo "$*" >&"$channel_in"
        read -r -t 20 reply <&"$channel_out"
        echo "$reply"
}
field() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$(main_pid share53-helper.service)/status"; }
journal_says() { journalctl --boot --output cat -u share53-helper.service | grep -q -- "$1"; }
helper_is_down() { [[ $(systemctl is-active share53-helper.service) == @(failed|inactive) ]]; }
refused() {
        local name=$1 want=$2 reason=$3
        shift 3
        is "$name" "$(tell "$@")" "$want"
        eventually 1 "$name: the journal says why" journal_says "$reason"
}

two=$(printf '%016x' $((1 << 39 | 1 << 12))) none=0000000000000000
is 'connected as share53' "$(tell connect)" 0
is 'HELLO' "$(tell hello)" 0
helper_uid=$(id -u share53-helper)
is 'not root' "$(field Uid)" "$(printf '%s\t%s\t%s\t%s' "$helper_uid" "$helper_uid" "$helper_uid" "$helper_uid")"
is 'no new privileges' "$(field NoNewPrivs)" 1
is 'seccomp filters' "$(field Seccomp)" 2
is 'bounding set: exactly the two' "$(field CapBnd)" "$two"
is 'permitted before: exactly the two' "$(field CapPrm)" "$two"
is 'effective before: exactly the two' "$(field CapEff)" "$two"
is 'ATTACH' "$(tell attach)" 0
ok 'the program is on lo' xdp_on_lo
is 'bounding set afterwards: no more than before' "$(field CapBnd)" "$two"
is 'permitted afterwards: none' "$(field CapPrm)" "$none"
is 'effective afterwards: none' "$(field CapEff)" "$none"
is 'inheritable afterwards: none' "$(field CapInh)" "$none"
is 'ambient afterwards: none' "$(field CapAmb)" "$none"

is 'listeners of our own' "$(tell listen 127.53.0.2 15360)" 0
python3 -c '
import socket, time
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("127.53.0.2", 15361))
t = socket.socket(); t.bind(("127.53.0.2", 15361)); t.listen()
time.sleep(600)' &
within 5 bash -c 'ss -Hlnt "sport = :15361" | grep -q .'

refused 'localhost is not shared' EPERM '127.0.0.1:53: helper.conf does not name' share 127.0.0.1 127.53.0.2 15360
refused "nor resolved's stub" EPERM '127.0.0.53:53: helper.conf does not name' share 127.0.0.53 127.53.0.2 15360
refused 'nor another port' EPERM 'only port 53' share 127.53.0.1:80 127.53.0.2 15360
refused 'nor an address outside helper.conf' EPERM 'not allowed by helper.conf' share 127.54.0.1 127.53.0.2 15360
refused "nor to root's listener" EPERM '127.53.0.2:15361' share 127.53.0.1 127.53.0.2 15361
refused 'nor to no listener' EADDRNOTAVAIL '127.53.0.2:15362' share 127.53.0.1 127.53.0.2 15362
refused 'nor to a low port' EPERM '127.53.0.2:53' share 127.53.0.1 127.53.0.2 53
refused 'nor to an address that is not loopback' EPERM '10.99.0.1:15360' share 127.53.0.1 10.99.0.1 15360
is 'what is allowed is shared' "$(tell share 127.53.0.1 127.53.0.2 15360)" 0
is 'not twice' "$(tell share 127.53.0.1 127.53.0.2 15360)" "$(tell share 127.53.0.1 127.53.0.2 15360)"

dns0=$(link_index dns0)
refused 'a link outside helper.conf' EPERM 'dns0-peer' link "$(link_index dns0-peer)" 127.53.0.1 53 corp.internal
refused 'lo' EPERM 'LINK_SET refused: .*lo' link 1 127.53.0.1 53 corp.internal
refused 'a domain outside helper.conf' EPERM 'example\.org' link "$dns0" 127.53.0.1 53 example.org
refused 'the root' EPERM 'LINK_SET refused' link "$dns0" 127.53.0.1 53 .
refused 'a server that is not ours' EPERM '127\.0\.0\.1:53' link "$dns0" 127.0.0.1 53 corp.internal
refused 'nor one elsewhere' EPERM '192\.0\.2\.1:53' link "$dns0" 192.0.2.1 53 corp.internal
refused 'a link that was not set is not reverted' ENOENT 'LINK_REVERT refused' revert "$dns0"
ok 'resolved has seen nothing of it' no_link_dns
is 'what is allowed is set' "$(tell link "$dns0" 127.53.0.1 53 corp.internal)" 0
is 'in resolved' "$(link_dns dns0)" 127.53.0.1

is 'a malformed request closes the channel' "$(tell raw 0000000000000000)" closed
eventually 5 'and ends the helper' helper_is_down
ok 'the journal says why' journal_says 'violation of the channel'
ok 'no program on lo' no_xdp_on_lo
eventually 2 'no DNS server on dns0' no_link_dns

# A connection is kept for the next helper only once the last one's unit has wholly stopped.
malformed() {
        local name=$1
        shift
        tell close >/dev/null
        is "$name: a new helper" "$(tell connect) $(tell hello)" '0 0'
        is "$name ends it" "$(tell "$@")" closed
        within 5 helper_is_down
}
malformed 'an op unknown' raw 687335330100ff000700000000000000
malformed 'a second HELLO' hello
malformed 'SHARE_ADD before ATTACH' share 127.53.0.1 127.53.0.2 15360
malformed 'DETACH before ATTACH' detach
malformed 'a message too short' raw 68

is 'alice cannot connect' "$(as_alice python3 "$here/channel.py" <<<connect)" EACCES
like 'root is not share53' "$(printf 'connect\nhello\n' | python3 "$here/channel.py" | tail -n 1)" 'closed|EPIPE|ECONNRESET'
eventually 2 'and the journal says so' journal_says 'the peer is not user share53'
exec {channel_in}>&-
finish
