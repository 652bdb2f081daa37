#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# sandbox: --occupant unbound
# sandbox: --occupant dnsmasq
# sandbox: --occupant none
# sandbox: --occupant unbound --without-resolved
# sandbox: --occupant none --without-resolved
#
# Which rung holds, for each occupant and policy, with real sockets; and why the others do not.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

resolved=no
[[ ! -e /usr/lib/systemd/systemd-resolved ]] || resolved=yes
manager CreateZone st corp.internal 0 >/dev/null
manager SetRecords 'sa(ssus)t' corp.internal 1 db A 60 192.0.2.7 0 >/dev/null

# stands RUNG NAME: the one share is on that rung, and answers where it says that it does.
stands() {
        local want=$1 name=$2 where port
        eventually 3 "$name: $want" shares_are "$want"
        shares_are "$want" || trace | comment
        [[ $want != none ]] || return 0
        where=$(shares address)
        port=${where##*:} where=${where%:*}
        where=${where//[][]/}
        is "$name: UDP $where port $port" "$(ask_short -p "$port" "@$where" db.corp.internal)" 192.0.2.7
        is "$name: TCP $where port $port" "$(ask_short +tcp -p "$port" "@$where" db.corp.internal)" 192.0.2.7
}

if [[ $SANDBOX_OCCUPANT != none ]]; then
        is 'the occupant answers' "$(ask_short @127.0.0.1 occupant.test)" 192.0.2.53
fi

declare -A want=([auto]=bind [bind]=bind [xdp]=xdp [port]=none)
[[ $SANDBOX_OCCUPANT == none ]] || want[auto]=xdp want[bind]=none
[[ $resolved == no ]] || want[port]=port
for policy in auto bind xdp port; do
        restart_with "PortPolicy=$policy"
        stands "${want[$policy]}" "PortPolicy=$policy"
        case ${want[$policy]} in
        xdp) ok "PortPolicy=$policy: a program is on lo" xdp_on_lo ;;
        *) eventually 2 "PortPolicy=$policy: no program is on lo" no_xdp_on_lo ;;
        esac
done
restart_with PortPolicy=bind
if [[ $SANDBOX_OCCUPANT != none ]]; then
        like 'the trace says why, and who holds the port' "$(trace)" \
                'bind 127\.53\.0\.1:53: Address already in use \| (UDP|TCP) 0\.0\.0\.0:53 is held by user'
        is 'the occupant still answers' "$(ask_short @127.0.0.1 occupant.test)" 192.0.2.53
fi

if [[ $SANDBOX_OCCUPANT == none ]]; then
        # Somebody has our address alone.
        systemctl stop share53d.service
        systemd-run --quiet --unit squatter python3 -c '
import socket, time
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("127.53.0.1", 53))
t = socket.socket(); t.bind(("127.53.0.1", 53)); t.listen()
time.sleep(600)'
        within 5 bash -c 'ss -Hlnt "sport = :53" | grep -q 127.53.0.1:53'
        restart_with PortPolicy=auto Addresses=auto
        stands other 'our address is taken, auto'
        unlike 'it is another address' "$(shares address)" '^127\.53\.0\.1:'
        restart_with PortPolicy=auto Addresses=127.53.0.1
        [[ $resolved == yes ]] && rest=port || rest=none
        stands "$rest" 'our address is taken, and no other may be'
        like 'the helper would not take it from its holder' "$(trace)" \
                'xdp 127\.53\.0\.1:53: Address already in use'
        systemctl stop squatter.service

        # A socket unit that binds for us.
        cat >/etc/systemd/system/share53d.socket <<'END'
[Socket]
ListenDatagram=127.53.0.1:53
ListenStream=127.53.0.1:53
END
        systemctl stop share53d.service
        systemctl daemon-reload
        systemctl start share53d.socket
        restart_with Addresses=127.53.0.1
        stands passed 'sockets passed'
        systemctl stop share53d.service share53d.socket
        rm /etc/systemd/system/share53d.socket
        systemctl daemon-reload
else
        # A stranger's program is on lo.
        for way in link netlink; do
                systemctl stop share53d.service
                within 2 no_xdp_on_lo
                systemd-run --quiet --unit "stranger-$way" "$here/foreign-xdp.py" "$way"
                within 5 xdp_on_lo
                theirs=$(ip -details link show lo | grep -o 'prog/xdp id [0-9]*')
                restart_with PortPolicy=auto
                [[ $resolved == yes ]] && rest=port || rest=none
                stands "$rest" "a stranger's program by $way"
                like "a stranger's program by $way: the trace says so" "$(trace)" \
                        'xdp 127\.53\.0\.1:53: Device or resource busy \| another XDP program is on lo'
                is "a stranger's program by $way: it stays" "$(ip -details link show lo | grep -o 'prog/xdp id [0-9]*')" "$theirs"
                systemctl stop "stranger-$way.service" 2>/dev/null || true
                ip link set lo xdpgeneric off 2>/dev/null || true
                eventually 2 "a stranger's program by $way: gone" no_xdp_on_lo
        done
        ok 'Reload climbs anew' manager Reload
        stands xdp 'after Reload'

        # Who once shared does not take the port in the occupant's absence, but when told to.
        systemctl stop "$SANDBOX_OCCUPANT.service"
        stands xdp 'the occupant is away'
        ok 'the occupant can come back' systemctl start "$SANDBOX_OCCUPANT.service"
        is 'and answers' "$(ask_short @127.0.0.1 occupant.test)" 192.0.2.53
        systemctl stop "$SANDBOX_OCCUPANT.service"
        ok 'Reload, the occupant away' manager Reload
        stands bind 'Reload, the occupant away'
fi

# Without the right to low ports and by the shipped drop-in.
install -D -m 0644 -t /etc/systemd/system/share53d.service.d \
        /usr/share/doc/share53/examples/share53d.service.d/no-capabilities.conf
systemctl daemon-reload
restart_with PortPolicy=xdp
stands xdp 'no capabilities at all'
is 'no capabilities at all: none' "$(sed -n 's/^CapPrm:\t//p' "/proc/$(main_pid share53d.service)/status")" 0000000000000000
finish
