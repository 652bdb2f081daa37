#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# sandbox:
# sandbox: --suite sid
#
# The default upstream where systemd-resolved is in use: whom it has learned of, through changes of its files and of
# links that are pointed at us; and rules that a restart brings back.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

default_upstream() { share53ctl upstream | awk '$1 == "." { print $2, $NF }'; }
default_is() { [[ $(default_upstream) == "$1" ]]; }

is 'programs ask the stub of systemd-resolved' "$(awk '$1 == "nameserver" { print $2 }' /etc/resolv.conf)" 127.0.0.53
is 'which has learned of nobody: no default upstream' "$(default_upstream)" ''
like 'so other names are refused' "$(ask +recurse @$address www.example.org)" 'status: REFUSED'
resolvectl dns dns0 10.99.0.53
eventually 5 'it learns of a server: that is the default upstream' default_is 'host 10.99.0.53'
like 'status tells from where' "$(share53ctl status)" 'from /run/systemd/resolve/resolv\.conf'

ok 'the link is pointed at us' manager SetLink iasb "$(link_index dns0)" 1 '~corp.internal' false
is 'resolved has our address in its place' "$(link_dns dns0)" "$address"
sleep 0.5 # its file is written, and read, some time after
is 'the server is kept' "$(default_upstream)" 'host 10.99.0.53'
ok 'the link is given back' manager RevertLink i "$(link_index dns0)"
resolvectl dns dns0 10.99.0.54
eventually 5 'what comes then counts' default_is 'host 10.99.0.54'
resolvectl revert dns0
eventually 5 'and that there is nobody' default_is ''

ok 'an upstream until the next boot' share53ctl upstream set run.example 192.0.2.1
ok 'a persistent one' share53ctl upstream set kept.example 192.0.2.2 --persistent
kill -KILL "$(main_pid share53d.service)"
list_upstreams() { share53ctl upstream | awk 'NR > 1 { print $1, $2 }' | sort; }
lists_both() { [[ $(list_upstreams) == $'kept.example persistent\nrun.example runtime' ]]; }
eventually 5 'both outlive kill -9' lists_both
systemctl stop share53d.service
rm /run/share53/daemon/runtime.db*
systemctl start share53d.service
is 'the persistent one a boot, too' "$(list_upstreams)" 'kept.example persistent'
ok 'and is removed' share53ctl upstream remove kept.example
finish
