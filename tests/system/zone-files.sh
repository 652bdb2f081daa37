#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# sandbox:
# sandbox: --suite trixie
# sandbox: --suite sid
#
# Zone files of the administrator's, and whole zones loaded and dumped, by the service as it is confined.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

zones=/etc/share53/zones.d
answered() { [[ $(ask_short "@$address" "$1" "${3:-A}") == "$2" ]]; }
explained() { [[ $(manager Explain) == *"$1"* ]]; }

put() {
        cat >"$zones/.$1.new"
        mv "$zones/.$1.new" "$zones/$1.zone"
}

put lab.test <<'END'
$TTL 5m
@        IN SOA   ns hostmaster 7 1h 15m 1w 30
         IN NS    ns
         IN TXT   "a lab" ; of several words
ns       IN A     192.0.2.53
db       IN A     192.0.2.7
         IN AAAA  2001:db8::7
www      IN CNAME db
_sip._tcp 1h IN SRV ( 0 5
                      5060 db )
END
eventually 5 'a new file is answered from' answered db.lab.test 192.0.2.7
is 'with its CNAME' "$(ask_short @$address www.lab.test | tail -n 1)" 192.0.2.7
is 'and its SRV' "$(ask_short @$address _sip._tcp.lab.test SRV)" '0 5 5060 db.lab.test.'
like 'its SOA has a live serial' "$(ask_short @$address lab.test SOA)" \
        '^ns\.lab\.test\. hostmaster\.lab\.test\. [0-9]{9,} 3600 900 604800 30$'
fails 'the zone is read-only' share53ctl record set lab.test db A 60 192.0.2.9
put lab.test <<<$'db 60 A 192.0.2.8\n'
eventually 5 'a new version is taken' answered db.lab.test 192.0.2.8
put lab.test <<<$'db 60 A 192.0.2.9\nwww 60 A 192.0.2\n'
eventually 5 'an error is explained, with its place' explained "$zones/lab.test.zone:2: "
is 'and the former version stays' "$(ask_short @$address db.lab.test)" 192.0.2.8
like 'the log has it once' "$(journalctl --unit share53d --output cat | grep -c 'lab.test.zone:2: ')" '^1$'
fails 'the check finds it too' /usr/libexec/share53d --check-config
put lab.test <<<$'db 60 A 192.0.2.9\n'
eventually 5 'the next good version is taken' answered db.lab.test 192.0.2.9
ok 'the check is content' /usr/libexec/share53d --check-config
systemctl restart share53d.service
is 'it is there at the start' "$(ask_short @$address db.lab.test)" 192.0.2.9
rm "$zones/lab.test.zone"
gone() { ! share53ctl zone list | grep -q '^lab\.test '; }
eventually 5 'the zone goes with its file' gone

share53ctl zone add many.test
seq -f 'n%g 60 IN A 192.0.2.1' 20000 >/tmp/many.zone
ok 'a file is loaded' share53ctl zone load many.test /tmp/many.zone
is 'and answered from' "$(ask_short @$address n20000.many.test)" 192.0.2.1
share53ctl zone dump many.test | sed 's/192\.0\.2\.1$/192.0.2.2/' | share53ctl zone load many.test -
is 'a dump is read back, from a pipe' "$(ask_short @$address n1.many.test)" 192.0.2.2
is 'all of it' "$(share53ctl zone dump many.test | grep -c 192.0.2.2)" 20000
fails 'a wrong line is refused' share53ctl zone load many.test - <<<'n1 A x'
is 'and changes nothing' "$(ask_short @$address n1.many.test)" 192.0.2.2
finish
