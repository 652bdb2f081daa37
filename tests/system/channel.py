#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of the helper channel (common/proto.h), for what share53d never says.

Usage: channel.py [SOCKET]

Reads lines, and answers each with one: "0", the name of an errno, "closed" where the helper has gone, "sent".

  connect                        hello | attach | detach | counters
  listen ADDRESS PORT            UDP and TCP sockets of our own
  share SHARED[:53] LISTENER PORT   link IFINDEX SERVER PORT DOMAIN…     revert IFINDEX
  raw HEX                        those octets
  close
"""

import errno
import ipaddress
import socket
import struct
import sys

MAGIC, VERSION = 0x33357368, 1
OPS = {"hello": 1, "attach": 2, "detach": 3, "share": 4, "counters": 6, "link": 7, "revert": 8}


def endpoint(address, port):
    packed = ipaddress.ip_address(address).packed
    family = socket.AF_INET if len(packed) == 4 else socket.AF_INET6
    return struct.pack("=BBH16s", family, 0, int(port), packed)


def wire(name):
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def entry(op, words):
    if op == "share":
        shared, _, port = words[0].partition(":")
        return endpoint(shared, port or 53) + endpoint(words[1], words[2])
    if op == "revert":
        return struct.pack("=i", int(words[0]))
    if op == "link":
        domains = b"".join(struct.pack("=BB255sB", 0, len(wire(d)), wire(d), 0) for d in words[3:])
        no = 1  # for the default route; the rest is left alone
        head = struct.pack("=i8B", int(words[0]), 1, len(words[3:]), no, 0, 0, 0, 0, 0)
        return head + endpoint(words[1], words[2]).ljust(160, b"\0") + domains.ljust(64 * 258, b"\0")
    return b""


class Client:
    def __init__(self, path):
        self.path = path
        self.socket = None
        self.listeners = []

    def connect(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(10)
        self.socket.connect(self.path)
        return "0"

    def listen(self, address, port):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            s = socket.socket(family, kind)
            s.bind((address, int(port)))
            if kind == socket.SOCK_STREAM:
                s.listen()
            self.listeners.append(s)
        return "0"

    def send(self, message):
        try:
            self.socket.send(message)
            reply = self.socket.recv(4096)
        except (ConnectionError, BrokenPipeError):
            return "closed"
        if not reply:
            return "closed"
        result = struct.unpack_from("=IHHIi", reply)[4]
        return errno.errorcode[-result] if result else "0"

    def do(self, line):
        verb, *words = line.split()
        if verb == "connect":
            return self.connect()
        if verb == "listen":
            return self.listen(*words)
        if verb == "close":
            self.socket.close()
            return "0"
        if verb == "raw":
            return self.send(bytes.fromhex(words[0]))
        body = entry(verb, words)
        return self.send(struct.pack("=IHHII", MAGIC, VERSION, OPS[verb], 7, 1 if body else 0) + body)


def main():
    client = Client(sys.argv[1] if len(sys.argv) > 1 else "/run/share53/helper.sock")
    for line in sys.stdin:
        try:
            answer = client.do(line)
        except OSError as e:
            answer = errno.errorcode.get(e.errno, str(e))
        print(answer, flush=True)


if __name__ == "__main__":
    if "--help" in sys.argv:
        print(__doc__)
        sys.exit(0)
    main()
