# SPDX-License-Identifier: LGPL-2.1-or-later
"""An upstream by script: answers over UDP and TCP on loopback, and keeps what it was asked."""

import socket
import struct
import threading

TYPES = {'A': 1, 'NS': 2, 'CNAME': 5, 'SOA': 6, 'TXT': 16, 'AAAA': 28}
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5


def wire_name(text):
    labels = [l for l in text.rstrip('.').split('.') if l]
    return b''.join(bytes([len(l)]) + l.encode() for l in labels) + b'\0'


def read_name(data, at):
    labels = []
    while data[at]:
        labels.append(data[at + 1:at + 1 + data[at]].decode().lower())
        at += 1 + data[at]
    return '.'.join(labels) + '.', at + 1


def record(name, kind, ttl, rdata):
    return wire_name(name) + struct.pack('>HHIH', TYPES[kind], 1, ttl, len(rdata)) + rdata


def a(name, address, ttl=300):
    return record(name, 'A', ttl, socket.inet_aton(address))


def soa(name, ttl=300):
    return record(name, 'SOA', ttl, wire_name('ns.' + name) + wire_name('root.' + name) + struct.pack('>5I', 1, 2, 3, 4, ttl))


class Upstream:
    """ANSWER(name, type) gives (rcode, answers, authority), or None for silence."""

    def __init__(self, answer, address='127.0.0.1'):
        self.answer, self.address, self.asked = answer, address, []
        for _ in range(100):  # a port free for both
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.udp.bind((address, 0))
            self.port = self.udp.getsockname()[1]
            self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                self.tcp.bind((address, self.port))
                break
            except OSError:
                self.udp.close()
                self.tcp.close()
        self.tcp.listen()
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    @property
    def server(self):
        """As SetUpstream takes it."""
        return (2, list(socket.inet_aton(self.address)), self.port, '')

    @property
    def text(self):
        return '%s:%d' % (self.address, self.port)

    def names(self):
        return [name for name, kind in self.asked]

    def _respond(self, query):
        name, end = read_name(query, 12)
        kind = struct.unpack('>H', query[end:end + 2])[0]
        self.asked.append((name, kind))
        said = self.answer(name, kind)
        if said is None:
            return None
        rcode, answers, authority = said
        flags = 0x8180 | rcode | (struct.unpack('>H', query[2:4])[0] & 0x110)
        return (query[:2] + struct.pack('>5H', flags, 1, len(answers), len(authority), 0) + query[12:end + 4] +
                b''.join(answers) + b''.join(authority))

    def _serve_udp(self):
        while True:
            query, client = self.udp.recvfrom(4096)
            answer = self._respond(query)
            if answer:
                self.udp.sendto(answer, client)

    def _serve_tcp(self):
        while True:
            client, _ = self.tcp.accept()
            with client:
                client.settimeout(5)
                try:
                    size = client.recv(2)
                    query = client.recv(struct.unpack('>H', size)[0]) if len(size) == 2 else b''
                    answer = self._respond(query) if query else None
                    if answer:
                        client.sendall(struct.pack('>H', len(answer)) + answer)
                except OSError:
                    pass
