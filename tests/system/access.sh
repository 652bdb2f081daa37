#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# sandbox: --occupant unbound
#
# Who may do what: polkit decides, for the unprivileged too, and a refused call has changed nothing.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

denied() {
        local name=$1 output
        shift
        output=$(as_alice busctl call org.share53.Resolver1 /org/share53/Resolver1 \
                org.share53.Resolver1.Manager "$@" 2>&1) && { result 1 "$name"; return; }
        like "$name" "$output" 'Access denied|authenti|authoriz'
}
error_name() {
        as_alice dbus-send --system --print-reply --dest=org.share53.Resolver1 /org/share53/Resolver1 "$@" 2>&1 \
                | sed -n 's/^Error \([^:]*\):.*/\1/p'
}
listing() { manager ListRecords ssuu corp.internal '*' 0 100; manager ListZones; }

manager CreateZone st corp.internal 0 >/dev/null
manager SetRecords 'sa(ssus)t' corp.internal 1 db A 60 192.0.2.7 0 >/dev/null
before=$(listing)

denied 'alice may not set records' SetRecords 'sa(ssus)t' corp.internal 1 db A 60 203.0.113.1 0
denied 'nor add any' AddRecords 'sa(ssus)t' corp.internal 1 new A 60 203.0.113.1 0
denied 'nor remove any' RemoveRecords 'sa(sss)t' corp.internal 1 db A '' 0
denied 'nor replace the zone' ReplaceZone 'sa(ssus)t' corp.internal 0 0
denied 'nor make a zone' CreateZone st alice.internal 0
denied 'nor remove one' RemoveZone s corp.internal
denied 'nor point a link at us' SetLink iasb "$(link_index dns0)" 1 corp.internal false
denied 'nor have the configuration read again' Reload
is 'the error is D-Bus'"'"'s own' "$(error_name org.share53.Resolver1.Manager.RemoveZone string:corp.internal)" \
        org.freedesktop.DBus.Error.AccessDenied
is 'nothing has changed' "$(listing)" "$before"
ok 'resolved neither' no_link_dns
is 'and the answer is the same' "$(ask_short @$address db.corp.internal)" 192.0.2.7
ok 'status is for everybody' as_alice share53ctl status

cat >/etc/polkit-1/rules.d/10-alice.rules <<'END'
polkit.addRule(function (action, subject) {
    if (subject.user == "alice" && action.id == "org.share53.Resolver1.manage-records")
        return polkit.Result.YES;
});
END
set_by_alice() {
        as_alice busctl call org.share53.Resolver1 /org/share53/Resolver1 org.share53.Resolver1.Manager \
                SetRecords 'sa(ssus)t' corp.internal 1 db A 60 192.0.2.9 0
}
eventually 5 'with a rule for her, alice may set records' set_by_alice
is 'they are answered' "$(ask_short @$address db.corp.internal)" 192.0.2.9
denied 'still she may not make a zone' CreateZone st alice.internal 0
fails 'the helper channel is closed to her' as_alice python3 -c '
import socket
socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect("/run/share53/helper.sock")'
finish
