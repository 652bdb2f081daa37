#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A large record set, and its answers byte by byte. Usage: transfer.py store ZONE | transfer.py fetch SERVER ZONE"""

import random
import socket
import struct
import subprocess
import sys

import dns.message
import dns.rdatatype

QUERIES = 24
generator = random.Random(53)
STRINGS = {"".join(generator.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=250)) for _ in range(190)}


def store(zone):
    records = [word for s in sorted(STRINGS) for word in ("big", "TXT", "60", f'"{s}"')]
    subprocess.run(
        ["busctl", "call", "org.share53.Resolver1", "/org/share53/Resolver1", "org.share53.Resolver1.Manager",
         "SetRecords", "sa(ssus)t", zone, str(len(STRINGS)), *records, "0"], check=True)


def read(s, size):
    data = b""
    while len(data) < size:
        part = s.recv(size - len(data))
        if not part:
            raise EOFError(f"closed after {len(data)} of {size} octets")
        data += part
    return data


def fetch(server, zone):
    query = dns.message.make_query(f"big.{zone}", "TXT")
    with socket.create_connection((server, 53), timeout=20) as s:
        for number in range(QUERIES):
            query.id = 1000 + number
            wire = query.to_wire()
            s.sendall(struct.pack("!H", len(wire)) + wire)
        total, ids = 0, set()
        for _ in range(QUERIES):
            size = struct.unpack("!H", read(s, 2))[0]
            answer = dns.message.from_wire(read(s, size))
            total += size + 2
            ids.add(answer.id)
            got = {b"".join(rdata.strings).decode() for rdata in answer.answer[0]}
            if got != STRINGS:
                raise ValueError(f"answer {answer.id} differs in {len(got ^ STRINGS)} strings")
    if len(ids) != QUERIES or total < 1_000_000:
        raise ValueError(f"{len(ids)} answers, {total} octets")
    print(f"{total} octets")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        print(__doc__)
        sys.exit(0 if "--help" in sys.argv else 2)
    {"store": store, "fetch": fetch}[sys.argv[1]](*sys.argv[2:])
