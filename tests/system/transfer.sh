#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# sandbox: --occupant unbound
#
# Over a megabyte of answers on one TCP connection through the redirect, every octet compared.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

restart_with 'Addresses=127.53.0.1 fd99::1'
eventually 3 'two addresses by XDP' shares_are 'xdp xdp'
manager CreateZone st corp.internal 0 >/dev/null
ok 'a record set of some 50 KB' python3 "$here/transfer.py" store corp.internal
for server in 127.53.0.1 fd99::1; do
        ok "$server: 24 pipelined queries, over a megabyte back, to the octet" \
                python3 "$here/transfer.py" fetch "$server" corp.internal
done
finish
