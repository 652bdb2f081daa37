# SPDX-License-Identifier: LGPL-2.1-or-later
"""knotd and nsd beside us, each serving the same zone files, and the sockets that all three are asked through."""

import os
import select
import socket
import struct
import subprocess
import time

from message import query

KNOT, NSD = ('127.0.0.11', 5301), ('127.0.0.12', 5302)
DEADLINE = 30  # seconds: a broken machine's limit, never waited for when all is well

KNOT_CONF = '''server:
  rundir: {run}
  listen: {address}@{port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  tcp-io-timeout: 0
  udp-max-payload: 1232
  identity: ""
  version: ""
  nsid: ""
database:
  storage: {run}
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: {zones}
    file: "%s.zone"
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
zone:
'''
NSD_CONF = '''server:
  ip-address: {address}@{port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: {zones}
  database: ""
  pidfile: {run}/nsd.pid
  xfrdir: {run}
  xfrdfile: ""
  zonelistfile: {run}/zone.list
  ipv4-edns-size: 1232
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  hide-version: yes
  hide-identity: yes
  minimal-responses: yes
remote-control:
  control-enable: no
'''


class Peer:
    def __init__(self, name, command, address, log):
        self.name, self.address, self.log = name, address, log
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait(self, apexes):
        """Until it answers for every zone."""
        end = time.monotonic() + DEADLINE
        asker = Asker(self.address)
        while True:
            waiting = [apex for apex in apexes if not asker.answers(apex)]
            if not waiting:
                return
            if self.process.poll() is not None or time.monotonic() > end:
                self.log.seek(0)
                raise SystemExit('%s does not serve %r\n%s' % (self.name, waiting, self.log.read()[-4000:]))
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.wait(DEADLINE)


def start(directory, zones_directory, apexes):
    """Both, once they serve all zones. APEXES are text, without the last dot."""
    peers = []
    for name, address, text, command in (
            ('knotd', KNOT, KNOT_CONF + ''.join('  - domain: "%s"\n' % apex for apex in apexes), ['knotd', '-c']),
            ('nsd', NSD, NSD_CONF + ''.join('zone:\n  name: "%s"\n  zonefile: "%s.zone"\n' % (apex, apex)
                                            for apex in apexes), ['nsd', '-d', '-c'])):
        run = '%s/%s' % (directory, name)
        os.mkdir(run)
        with open(run + '/conf', 'w') as f:
            f.write(text.format(run=run, zones=zones_directory, address=address[0], port=address[1]))
        log = open(run + '/log', 'w+')
        peers.append(Peer(name, command + [run + '/conf'], address, log))
    return peers


SILENCE, CLOSED = 'silence', 'closed'


class Asker:
    """One server's client: a UDP socket and a TCP connection, both kept. A query that may be owed no answer is
    followed by one that surely is: what comes first tells, with no time to be guessed."""

    def __init__(self, address):
        self.address, self.tcp, self.number = address, None, 0
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.connect(address)

    def answers(self, apex):
        """Whether it knows a zone APEX, in wire format."""
        try:
            while select.select([self.udp], [], [], 0)[0]:
                self.udp.recv(65535)
            self.udp.send(query(1, apex, 6))
            return bool(select.select([self.udp], [], [], 1)[0]) and self.udp.recv(65535)[3] & 15 == 0
        except OSError:
            return False

    def send(self, octets, transport, doubtful):
        """DOUBTFUL: perhaps no answer is owed."""
        self.sent, self.transport, self.doubtful = octets, transport, doubtful
        if doubtful:
            number = struct.unpack('>H', octets[:2])[0] ^ 0x5555
            self.sentinel = query(number, b'\7example\4test\0', 6)
        if transport == 'udp':
            self.udp.send(octets)
            if doubtful:
                self.udp.send(self.sentinel)
            return
        frame = struct.pack('>H', len(octets)) + octets
        if doubtful:
            # A connection of its own: nobody but this query closes it.
            self._close()
            frame += struct.pack('>H', len(self.sentinel)) + self.sentinel
        self.frame = frame
        self._send_frame()

    def _send_frame(self):
        if not self.tcp:
            self.tcp = socket.create_connection(self.address, DEADLINE)
        try:
            self.tcp.sendall(self.frame)
        except (BrokenPipeError, ConnectionResetError):
            pass  # seen again when it is read from

    def _close(self):
        if self.tcp:
            self.tcp.close()
        self.tcp = None

    def receive(self):
        """The answer to what was sent; or SILENCE, or CLOSED."""
        first = self._next()
        if first == CLOSED and not self.doubtful:
            self._send_frame()  # it had been idle for too long (RFC 7766 6.2.3)
            first = self._next()
        if not self.doubtful or first == CLOSED:
            return first
        if first[:2] == self.sentinel[:2]:
            return SILENCE
        self._next()
        return first

    def _next(self):
        if self.transport == 'udp':
            if not select.select([self.udp], [], [], DEADLINE)[0]:
                raise SystemExit('%s:%d does not answer %s' % (*self.address, self.sent.hex()))
            return self.udp.recv(65535)
        try:
            size = self._exactly(2)
            return self._exactly(struct.unpack('>H', size)[0])
        except (EOFError, ConnectionResetError):
            self._close()
            return CLOSED

    def _exactly(self, n):
        found = b''
        while len(found) < n:
            some = self.tcp.recv(n - len(found))
            if not some:
                raise EOFError
            found += some
        return found
