#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# sandbox: --occupant unbound
# sandbox: --suite trixie --occupant unbound
# sandbox: --suite sid --occupant unbound
#
# The main job: names pushed over D-Bus are answered on a standard port 53 that Unbound holds, resolved routes the
# zone to us, and everything is put back at the end.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

ok 'Unbound holds port 53 of every address' bash -c 'ss -Hlnu "sport = :53" | grep -F 0.0.0.0:53'
is 'and answers' "$(ask_short @127.0.0.1 occupant.test)" 192.0.2.53

like 'CreateZone gives its object' "$(manager CreateZone st corp.internal 0)" '^o "/org/share53/Resolver1/zone/'
like 'SetRecords gives a serial' "$(manager SetRecords 'sa(ssus)t' corp.internal 1 db A 60 192.0.2.7 0)" '^t [0-9]+$'

answer=$(ask @$address db.corp.internal)
like 'UDP: the answer' "$answer" 'db\.corp\.internal\.[[:space:]]+60[[:space:]]+IN[[:space:]]+A[[:space:]]+192\.0\.2\.7'
like 'UDP: with AA' "$answer" 'flags: qr aa[ ;]'
like 'UDP: from the address that was asked' "$answer" "SERVER: $address#53"
answer=$(ask +tcp @$address db.corp.internal)
like 'TCP: the answer' "$answer" 'IN[[:space:]]+A[[:space:]]+192\.0\.2\.7'
like 'TCP: with AA' "$answer" 'flags: qr aa[ ;]'
is 'names are one in any case' "$(ask_short @$address DB.Corp.InterNal)" 192.0.2.7
like 'what is not there is NXDOMAIN, with the SOA' "$(ask @$address no.corp.internal)" 'NXDOMAIN.*SOA'
like 'names for tests (RFC 6761) go nowhere' "$(ask @$address occupant.test)" 'status: NXDOMAIN'
like 'other names are refused to whom wants no recursion' "$(ask @$address occupant.example)" 'status: REFUSED'
is 'the default upstream is whom the host asked before' \
        "$(share53ctl upstream | awk '$1 == "." { print $2, $NF }')" 'host 127.0.0.1'
ok 'an upstream is set for a domain' share53ctl upstream set occupant.test 127.0.0.1
like 'its names are asked there' "$(ask +recurse @$address occupant.test)" 'status: NOERROR.*192\.0\.2\.53'
like 'by TCP too, without AA' "$(ask +recurse +tcp @$address occupant.test)" 'flags: qr rd ra[ ;].*192\.0\.2\.53'
like 'and the source is told' "$(share53ctl query occupant.test)" 'source: (cache, |upstream 127\.0\.0\.1 by )rule occupant\.test'
is 'through XDP' "$(shares rung)" xdp
ok 'the program is on lo' xdp_on_lo
is 'Unbound goes on answering' "$(ask_short @127.0.0.1 occupant.test)" 192.0.2.53
is 'by TCP too' "$(ask_short +tcp @127.0.0.1 occupant.test)" 192.0.2.53
is 'and by IPv6' "$(ask_short @::1 occupant.test)" 192.0.2.53

ok 'a new address is answered as soon as it is acknowledged' \
        manager SetRecords 'sa(ssus)t' corp.internal 1 db A 60 192.0.2.8 0
is 'at once' "$(ask_short @$address db.corp.internal)" 192.0.2.8

ok 'SetLink' manager SetLink iasb "$(link_index dns0)" 1 corp.internal false
is 'resolved has our address for dns0' "$(link_dns dns0)" "$address"
like 'resolvectl query' "$(resolvectl query --cache=no db.corp.internal)" 'db\.corp\.internal: 192\.0\.2\.8'
like 'getent, by nss-resolve' "$(getent hosts db.corp.internal)" '^192\.0\.2\.8 +db\.corp\.internal'
like 'other names go where they went' "$(resolvectl query --legend=no occupant.test)" '192\.0\.2\.53'

# More addresses: one of IPv6, one of a link.
restart_with 'Addresses=127.53.0.1 fd99::1 10.99.0.1'
eventually 3 'three addresses, all by XDP' shares_are 'xdp xdp xdp'
for server in 127.53.0.1 fd99::1 10.99.0.1; do
        is "$server by UDP" "$(ask_short @$server db.corp.internal)" 192.0.2.8
        is "$server by TCP" "$(ask_short +tcp @$server db.corp.internal)" 192.0.2.8
done
is 'the records came through the restart' "$(share53ctl record list corp.internal | grep -c 192.0.2.8)" 1
like 'the upstream, too' "$(ask_short +recurse @$address occupant.test)" '^192\.0\.2\.53$'
ok 'and it can be removed' share53ctl upstream remove occupant.test
link_is_ours() { [[ $(link_dns dns0) == *$address* ]]; }
eventually 3 'and so did the link' link_is_ours

systemctl stop share53d.service
eventually 2 'stopped: no program on lo' no_xdp_on_lo
eventually 2 'stopped: no DNS server on dns0' no_link_dns
is 'stopped: no domain on dns0' "$(resolvectl domain dns0 | sed 's/^[^:]*: *//')" ''
is 'stopped: Unbound answers as before' "$(ask_short @127.0.0.1 occupant.test)" 192.0.2.53
is 'stopped: nothing of ours runs' "$(pgrep -l share53 || true)" ''
ok 'stopped: the helper ended well' bash -c '! systemctl is-failed share53-helper.service'
finish
