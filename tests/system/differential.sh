#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# sandbox: --occupant none
#
# Thousands of questions about a rich set of zones, put to share53, Knot and NSD side by side: what we answer otherwise
# than Knot has a name in differential/kinds.py, and an RFC that allows it, or is a failure. What we answer otherwise than
# NSD is counted. SEED=N asks other questions about other zones. The reference is Debian 12's Knot 3.2: 3.4 of Debian 13
# answers NXDOMAIN where a label with a NUL octet is covered by a wildcard alias.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

export PYTHONDONTWRITEBYTECODE=1
seed=${SEED:-1}
differential() { python3 "$here/differential/differential.py" "$@" --seed "$seed"; }

# They come with the packages, and hold port 53 of some addresses.
systemctl stop knot.service nsd.service 2>/dev/null || true
mkdir -p /run/differential /etc/share53/zones.d
ok 'the zones are made' differential zones /run/differential
cp /run/differential/*.zone /etc/share53/zones.d/
printf '[Upstream]\nServers=none\n' >/etc/share53/share53.conf.d/differential.conf
systemctl restart share53d.service
all_served() {
        local zone
        for zone in /run/differential/*.zone; do
                [[ $(ask +short "@$address" "$(basename "$zone" .zone)" SOA) ]] || { echo "$zone"; return 1; }
        done
}
eventually 20 'share53 serves all of them' all_served

status=0
differential compare /run/differential "$address:53" --count 6000 >/run/differential/report || status=$?
comment </run/differential/report
is "every difference from Knot has a name (seed $seed)" "$status" 0
finish
