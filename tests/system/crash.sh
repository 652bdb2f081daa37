#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# sandbox: --occupant unbound
#
# kill -9: without a restart nothing stays behind; with the shipped units all is whole again, records included.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

manager CreateZone st corp.internal 0 >/dev/null
manager SetRecords 'sa(ssus)t' corp.internal 2 db A 60 192.0.2.7 www AAAA 60 2001:db8::7 0 >/dev/null
manager SetLink iasb "$(link_index dns0)" 1 corp.internal false

whole() {
        answers 192.0.2.7 @$address db.corp.internal && answers 192.0.2.7 +tcp @$address db.corp.internal \
                && answers 2001:db8::7 @$address www.corp.internal AAAA && xdp_on_lo \
                && [[ $(link_dns dns0) == "$address" ]] && resolvectl query --cache=no db.corp.internal
}
kill_9() { kill -KILL "$(main_pid "$1")"; }

eventually 3 'whole at the start' whole
kill_9 share53d.service
eventually 3 'daemon killed: whole again' whole
kill_9 share53-helper.service
eventually 3 'helper killed: whole again' whole
daemon=$(main_pid share53d.service) helper=$(main_pid share53-helper.service)
kill -KILL "$daemon" "$helper"
eventually 3 'both killed: whole again' whole
for ((i = 0; i < 5; i++)); do
        kill_9 share53-helper.service 2>/dev/null || true
        within 3 whole
done
ok 'helper killed five times in a row: whole again' whole
is 'the daemon has lived on' "$(systemctl show --property NRestarts --value share53d.service)" 2
systemctl restart systemd-resolved.service
eventually 5 'resolved restarted: whole again' whole

systemctl stop share53-helper.service
eventually 3 'helper stopped: the daemon has it started again' whole

mkdir -p /etc/systemd/system/share53d.service.d
printf '[Service]\nRestart=no\n' >/etc/systemd/system/share53d.service.d/no-restart.conf
systemctl daemon-reload
kill_9 share53d.service
eventually 2 'daemon killed for good: no program on lo' no_xdp_on_lo
eventually 2 'daemon killed for good: no DNS server on dns0' no_link_dns
eventually 2 'daemon killed for good: the helper has gone' bash -c '! pgrep share53-helper'
is 'Unbound answers as before' "$(ask_short @127.0.0.1 occupant.test)" 192.0.2.53

systemctl reset-failed share53d.service
systemctl start share53d.service
eventually 3 'started again: whole' whole
# Both gone at once, and nobody to start the daemon again: the unit's ExecStopPost= takes back the link.
kill -KILL "$(main_pid share53d.service)" "$(main_pid share53-helper.service)"
eventually 2 'both killed for good: no program on lo' no_xdp_on_lo
eventually 2 'both killed for good: no DNS server on dns0' no_link_dns
finish
