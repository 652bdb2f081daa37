#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# sandbox: --occupant none
# sandbox: --suite trixie
#
# A signed DNS of our own (hierarchy/build.sh) behind share53: validators validate through it, it validates by itself where
# it is told to, by plain DNS and by DNS over TLS, and every query is answered whatever becomes of the upstream.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

dir=/etc/share53/hierarchy
ok 'root, TLD and leaves are signed' "$here/hierarchy/build.sh" "$dir"

serve() { systemd-run --quiet --collect --unit "$1" --property KillMode=mixed -- "${@:2}"; }
systemctl stop knot.service nsd.service unbound.service 2>/dev/null || true
serve hierarchy-knot knotd -c "$dir/knot/conf"
serve hierarchy-nsd nsd -d -c "$dir/nsd/conf"
serve hierarchy-unbound unbound -d -c "$dir/unbound.conf"
eventually 20 'the resolver in front of them answers' answers 192.0.2.1 +recurse @127.0.0.20 www.secure.tld

# Restarts the daemon, with an empty cache, with these lines in [Upstream].
upstream() {
        mkdir -p /etc/share53/share53.conf.d
        printf '%s\n' '[Upstream]' "TrustAnchor=$dir/anchor.key" "Certificates=${authority:-$dir/ca.pem}" "$@" \
                >/etc/share53/share53.conf.d/test.conf
        systemctl restart share53d.service
}
# Waits a second more than share53 may take.
query() { dig +tries=1 +time=6 "@$address" "$@"; }
status() { query "$@" | sed -n 's/.*status: \([A-Z]*\),.*/\1/p'; }
flags() { query "$@" | sed -n 's/^;; flags: \([^;]*\);.*/\1/p'; }
error() { query "$@" | sed -n 's/^; EDE: //p'; }
has() { query "$@" | grep -cw RRSIG || true; }
# check_delv NAME TYPE REGEX OPTION…
check_delv() {
        like "delv: $1 $2 is $3" "$(delv -a "$dir/anchor.bind" +root=. "${@:4}" "@$address" "$1" "$2" 2>&1)" "$3"
}
check() { is "$1: status of ${*:3}" "$(status "${@:3}")" "$2"; }
check_ad() { like "$1: AD is set for ${*:2}" "$(flags "${@:2}")" '(^| )ad( |$)'; }
check_no_ad() { unlike "$1: AD is not set for ${*:2}" "$(flags "${@:2}")" '(^| )ad( |$)'; }

# check_failure NAME REGEX QUESTION: SERVFAIL with an extended error, in one query: it may take five seconds.
check_failure() {
        local answer
        answer=$(query "$3")
        like "$1: SERVFAIL for $3" "$answer" 'status: SERVFAIL'
        like "$1: the extended error" "$(sed -n 's/^; EDE: //p' <<<"$answer")" "$2"
}

validators() {
        check_delv www.secure.tld A 'fully validated'
        check_delv alias.secure.tld AAAA 'fully validated'
        check_delv nobody.secure.tld A 'ncache nxdomain.*negative response, fully validated'
        check_delv www.secure.tld MX 'ncache nxrrset.*negative response, fully validated'
        check_delv ent.secure.tld A 'ncache nxrrset.*negative response, fully validated'
        check_delv any.wild.secure.tld A 'fully validated'
        check_delv any.wild.secure.tld MX 'negative response, fully validated'
        check_delv big.secure.tld A 'fully validated'
        check_delv www.nsec3.tld A 'fully validated'
        check_delv nobody.nsec3.tld A 'ncache nxdomain.*negative response, fully validated'
        check_delv ent.nsec3.tld A 'ncache nxrrset.*negative response, fully validated'
        check_delv any.wild.nsec3.tld A 'fully validated'
        check_delv to-plain.secure.tld A 'unsigned answer'
        check_delv www.plain.tld A 'unsigned answer'
        check_delv nobody.plain.tld A 'negative response, unsigned answer'
        check_delv www.bogus.tld A 'resolution failed: RRSIG failed to verify' +cdflag
        check_delv other.bogus.tld A 'fully validated'
        check_delv tld DNSKEY 'fully validated'
        check_delv secure.tld DS 'fully validated'
        like 'drill -S: the chain of trust of www.secure.tld' \
                "$(drill -S -k "$dir/anchor.key" "@$address" www.secure.tld 2>&1)" 'Chase successful'
        like 'drill -S: that of www.nsec3.tld' \
                "$(drill -S -k "$dir/anchor.key" "@$address" www.nsec3.tld 2>&1)" 'Chase successful'
}

# Not validating: everything goes through as it is, to those who validate themselves.
upstream Servers=127.0.0.20 Validate=no
validators
check 'not validating' NOERROR www.bogus.tld
check_no_ad 'not validating' www.secure.tld +adflag
is 'with DO: signatures' "$(has www.secure.tld +dnssec)" 1
is 'without DO: none' "$(has www.secure.tld)" 0
is 'nor to the next without DO' "$(has www.secure.tld +noedns)" 0
is 'unless it asks for them' "$(($(has www.secure.tld RRSIG) > 0))" 1
is 'without DO: no NSEC in what does not exist' "$(query nobody.secure.tld | grep -cw NSEC || true)" 0
like 'kdig +dnssec: signed, truncated, asked again by TCP' "$(kdig +dnssec +bufsize=512 "@$address" big.secure.tld)" 'RRSIG'

# Validating.
upstream Servers=127.0.0.20 Validate=yes
validators
for name in www.secure.tld alias.secure.tld any.wild.secure.tld www.nsec3.tld any.wild.nsec3.tld; do
        check 'validating' NOERROR "$name" +dnssec
        check_ad 'validating' "$name" +dnssec
done
check_ad 'without DO, for who knows AD (RFC 6840 5.7)' www.secure.tld +adflag
check_no_ad 'for who does not' www.secure.tld +noadflag
for name in nobody.secure.tld nobody.nsec3.tld; do
        check 'validating' NXDOMAIN "$name" +dnssec
        check_ad 'validating' "$name" +dnssec
done
for name in ent.secure.tld ent.nsec3.tld; do
        check 'validating' NOERROR "$name" MX +dnssec
        check_ad 'validating' "$name" MX +dnssec
done
for name in www.plain.tld to-plain.secure.tld; do
        check 'not signed' NOERROR "$name" +dnssec
        check_no_ad 'not signed' "$name" +dnssec
done
check 'not signed, not there' NXDOMAIN nobody.plain.tld +dnssec
check_delv www.bogus.tld A 'resolution failed: failure'
check 'bogus' SERVFAIL www.bogus.tld
check 'bogus' SERVFAIL www.bogus.tld +dnssec
like 'bogus: the extended error' "$(error www.bogus.tld)" '^6 '
check 'bogus, with CD' NOERROR www.bogus.tld +cdflag
check_no_ad 'bogus, with CD' www.bogus.tld +cdflag +dnssec
is 'bogus, with CD: the answer' "$(query +short +cdflag www.bogus.tld)" 192.0.2.66
check 'bogus, after CD has had it' SERVFAIL www.bogus.tld
check 'beside what is bogus' NOERROR other.bogus.tld
is 'without DO: no signatures' "$(has www.secure.tld)" 0

# DNS over TLS. Debian 12's libunbound has none (it is built with nettle): then it is refused, never done without.
upstream 'Servers=127.0.0.20#dns.tld' Validate=yes
if ldd "$(ldconfig -p | sed -n 's/.*libunbound\.so\.8.* => //p' | head -n 1)" | grep -q libssl; then
        check 'DNS over TLS' NOERROR www.secure.tld +dnssec
        check_ad 'DNS over TLS' www.secure.tld +dnssec
        is 'DNS over TLS: no extended error' "$(error www.secure.tld)" ''
        ok 'it did come over TLS' bash -c 'ss -Htan "dport = :853" | grep -q .'
        upstream 'Servers=127.0.0.20#other.tld' Validate=no
        check_failure 'DNS over TLS, the certificate of another' '^2[23] ' www.secure.tld
        authority=/etc/ssl/certs/ca-certificates.crt
        upstream 'Servers=127.0.0.20#dns.tld' Validate=no
        authority=
        check 'DNS over TLS, an authority that nobody knows' SERVFAIL www.secure.tld
else
        check 'no DNS over TLS here' SERVFAIL www.secure.tld
        like 'the extended error says so' "$(error www.secure.tld)" 'TLS'
fi

# The upstream goes.
upstream Servers=127.0.0.20 Validate=yes
is 'before: an answer' "$(query +short brief.secure.tld)" 192.0.2.4
systemctl stop hierarchy-unbound.service
sleep 2 # its TTL is one second
stale=$(query brief.secure.tld)
like 'afterwards: the one that has expired, for 30 s (RFC 8767 5)' "$stale" \
        'brief\.secure\.tld\.[[:space:]]+30[[:space:]]+IN[[:space:]]+A[[:space:]]+192\.0\.2\.4'
like 'the extended error says so' "$(sed -n 's/^; EDE: //p' <<<"$stale")" '^3 '
check_failure 'what was never asked for' '^(22|23) ' never.secure.tld
upstream Servers=127.0.0.20 ServeExpired=0
check_failure 'nothing serves that is not there' '^(22|23) ' brief.secure.tld

# One that never says a word.
serve hierarchy-mute python3 -c '
import socket, time
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("127.0.0.22", 53))
time.sleep(600)'
within 10 bash -c 'ss -Hlnu "src 127.0.0.22" | grep -q .'
upstream Servers=127.0.0.22
check_failure 'an upstream that is mute' '^2[23] ' www.secure.tld

# A way round, back to us.
serve hierarchy-loop unbound -d -c "$dir/loop.conf"
within 10 bash -c 'ss -Hlnu "src 127.0.0.21" | grep -q .'
upstream Servers=127.0.0.21
check_failure 'a loop' 'leads back' www.secure.tld
upstream "Servers=$address"
check_failure 'our own address' 'leads back' www.secure.tld
serve hierarchy-unbound unbound -d -c "$dir/unbound.conf"
within 20 answers 192.0.2.1 +recurse @127.0.0.20 www.secure.tld
upstream Servers=127.0.0.20 Validate=yes
check_ad 'all is well again' www.secure.tld +dnssec
finish
