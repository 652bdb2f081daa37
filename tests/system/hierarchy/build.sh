#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Usage: build.sh DIRECTORY
#
# A DNS of our own, signed by ldns: a root, the TLD "tld" below it, and leaf zones, with an authoritative server for the
# upper two (knotd, 127.0.0.11) and one for the leaves (nsd, 127.0.0.12), and a resolver that asks them without validating
# (unbound, 127.0.0.20, port 53 and, over TLS, 853). Writes zones, configurations, trust anchors and certificates.
#
#   secure.tld  NSEC              nsec3.tld   NSEC3
#   bogus.tld   one A changed after signing
#   plain.tld   not signed, no DS
set -euo pipefail

dir=$1
mkdir -p "$dir"/{keys,knot,nsd}
cd "$dir"

keys() {
        local zone=$1 name
        (
                cd keys
                # -r: no more entropy than the kernel has, now.
                name=$(ldns-keygen -r /dev/urandom -a ECDSAP256SHA256 -k "$zone")
                mv "$name.key" "$2.ksk.key" && mv "$name.private" "$2.ksk.private" && mv "$name.ds" "$2.ksk.ds"
                name=$(ldns-keygen -r /dev/urandom -a ECDSAP256SHA256 "$zone")
                mv "$name.key" "$2.zsk.key" && mv "$name.private" "$2.zsk.private"
        )
}
# sign NAME ZONE OPTION…: NAME.zone with its children's DS, signed since yesterday for a month.
sign() {
        local name=$1 zone=$2
        shift 2
        ldns-signzone -b -i "$(date -d yesterday +%Y%m%d)" -e "$(date -d '30 days' +%Y%m%d)" "$@" \
                -o "$zone" -f "$name.signed" "$name.zone" "keys/$name.ksk" "keys/$name.zsk"
}
# soa ZONE SERVER: the head of a zone's file.
soa() { printf '$TTL 60\n%s. SOA %s hostmaster.tld. 1 7200 900 1209600 60\n%s. NS %s\n' "$1" "$2" "$1" "$2"; }

for name in root tld secure nsec3 bogus; do
        case $name in
        root) keys . root ;;
        tld) keys tld. tld ;;
        *) keys "$name.tld." "$name" ;;
        esac
done

for name in secure nsec3 bogus plain; do
        {
                soa "$name.tld" ns.leaf.tld.
                cat <<ZONE
www.$name.tld. A 192.0.2.1
www.$name.tld. AAAA 2001:db8::1
other.$name.tld. A 192.0.2.2
alias.$name.tld. CNAME www.$name.tld.
to-secure.$name.tld. CNAME www.secure.tld.
to-plain.$name.tld. CNAME www.plain.tld.
a.ent.$name.tld. TXT "below an empty name"
*.wild.$name.tld. A 192.0.2.3
brief.$name.tld. 1 A 192.0.2.4
ZONE
                for ((i = 0; i < 60; i++)); do echo "big.$name.tld. A 192.0.2.$i"; done
        } >"$name.zone"
done
sign secure secure.tld
sign nsec3 nsec3.tld -n -a 1 -t 0
sign bogus bogus.tld
# The address is another than the one that was signed.
sed -i '/^www\.bogus\.tld\..*\bA\b.*192\.0\.2\.1$/s/192\.0\.2\.1$/192.0.2.66/' bogus.signed
grep -q '192\.0\.2\.66' bogus.signed
mv plain.zone plain.signed

{
        soa tld ns.tld.
        echo 'ns.tld. A 127.0.0.11'
        echo 'ns.leaf.tld. A 127.0.0.12'
        for name in secure nsec3 bogus plain; do echo "$name.tld. NS ns.leaf.tld."; done
        cat keys/{secure,nsec3,bogus}.ksk.ds
} >tld.zone
sign tld tld
{
        soa '' a.root.
        echo 'a.root. A 127.0.0.11'
        echo 'tld. NS ns.tld.'
        echo 'ns.tld. A 127.0.0.11'
        cat keys/tld.ksk.ds
} >root.zone
sign root .

grep DNSKEY keys/root.ksk.key >anchor.key
awk '{ for (i = 1; i <= NF; i++) if ($i == "DNSKEY") {
        printf "trust-anchors {\n. static-key %s %s %s \"", $(i + 1), $(i + 2), $(i + 3)
        for (i += 4; i <= NF && $i !~ /^;/; i++) printf "%s", $i
        print "\";\n};" } }' anchor.key >anchor.bind

cat >knot/conf <<END
server:
  rundir: $dir/knot
  listen: 127.0.0.11@53
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: $dir/knot
log:
  - target: stderr
    any: warning
template:
  - id: default
    zonefile-sync: -1
    journal-content: none
zone:
  - domain: .
    file: $dir/root.signed
  - domain: tld
    file: $dir/tld.signed
END
{
        cat <<END
server:
  ip-address: 127.0.0.12@53
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: $dir
  database: ""
  pidfile: $dir/nsd/pid
  xfrdir: $dir/nsd
  xfrdfile: ""
  zonelistfile: $dir/nsd/zone.list
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
END
        for name in secure nsec3 bogus plain; do printf 'zone:\n  name: %s.tld\n  zonefile: %s.signed\n' "$name" "$name"; done
} >nsd/conf

printf '. 3600000 NS a.root.\na.root. 3600000 A 127.0.0.11\n' >root.hints
resolver() {
        cat <<END
server:
  username: ""
  chroot: ""
  directory: "$dir"
  pidfile: ""
  use-syslog: no
  logfile: ""
  module-config: "iterator"
  do-not-query-localhost: no
  do-ip6: no
  access-control: 127.0.0.0/8 allow
  qname-minimisation: no
remote-control:
  control-enable: no
END
}
{
        resolver
        cat <<END
server:
  interface: 127.0.0.20@53
  interface: 127.0.0.20@853
  tls-service-key: "$dir/server.key"
  tls-service-pem: "$dir/server.pem"
  root-hints: "$dir/root.hints"
END
} >unbound.conf
# Another, that asks us for everything.
{
        resolver
        cat <<END
server:
  interface: 127.0.0.21@53
forward-zone:
  name: "."
  forward-addr: 127.53.0.1
END
} >loop.conf

openssl ecparam -name prime256v1 -genkey -noout -out ca.key
openssl req -x509 -new -key ca.key -days 30 -subj '/CN=test authority' -out ca.pem
openssl ecparam -name prime256v1 -genkey -noout -out server.key
openssl req -new -key server.key -subj '/CN=dns.tld' -out server.csr
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out server.pem \
        -extfile <(echo 'subjectAltName=DNS:dns.tld')
chmod 0755 "$dir"
chmod 0644 anchor.key anchor.bind ca.pem
