#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Signals and objects, and what outlives what: kill -9, a reboot, a bus that goes and comes.
Usage: test-bus-life.py SHARE53D"""

import os
import shutil
import signal
import socket
import struct
import subprocess
import sys

from world import NAME, MANAGER, PATH, ZONE, Failure, World, expect, run, wait_for

PUT = 'sa(ssus)t'
CALLS = 120  # at once: dbus-daemon lets a connection wait for 128 replies
PROPERTIES = 'org.freedesktop.DBus.Properties'
OBJECTS = 'org.freedesktop.DBus.ObjectManager'


def record(name, address='192.0.2.7'):
    return (name, 'A', 60, address)


def listed(world, zone):
    return [(r[0], r[6]) for r in world.root.call('ListRecords', 'ssuu', zone, '', 0, 0)[0]]


def test_records_changed(world):
    """RecordsChanged: names in canonical order, the serial of the reply, one for each call"""
    world.root.call('CreateZone', 'st', 'sig.test', 0)
    seen = world.root.watch('RecordsChanged', MANAGER, PATH)
    serial = world.root.call('SetRecords', PUT, 'sig.test', [record('b'), record('a.b'), record('@'), record('a')], 0)
    wait_for(lambda: seen, 'the signal')
    assert seen == [(PATH, ('sig.test', serial, ['sig.test.', 'a.sig.test.', 'b.sig.test.', 'a.b.sig.test.']))], seen
    serial = world.root.call('RemoveRecords', 'sa(sss)t', 'sig.test', [('b', '', '')], 0)
    wait_for(lambda: len(seen) == 2, 'the next signal')
    assert seen[1][1] == ('sig.test', serial, ['b.sig.test.'])
    serial = world.root.call('SetRecords', PUT, 'sig.test', [record('n%d' % i) for i in range(256)], 0)
    wait_for(lambda: len(seen) == 3, 'the signal of 256 names')
    assert seen[2][1][1] == serial and len(seen[2][1][2]) == 256
    serial = world.root.call('SetRecords', PUT, 'sig.test', [record('n%d' % i, '192.0.2.8') for i in range(257)], 0)
    wait_for(lambda: len(seen) == 4, 'the signal of many names')
    assert seen[3][1] == ('sig.test', serial, [])
    try:
        world.root.call('SetRecords', PUT, 'sig.test', [record('good'), record('a..b')], 0)
    except Failure:
        pass
    last = world.root.call('SetRecords', PUT, 'sig.test', [record('last')], 0)
    wait_for(lambda: seen[-1][1][1] == last, 'the last signal')
    assert seen[4:] == [(PATH, ('sig.test', last, ['last.sig.test.']))], 'a refused call is not signalled'


def test_coalescing(world):
    """changes that follow each other share signals, and none is lost"""
    seen = world.root.watch('RecordsChanged', MANAGER, PATH)
    replies = []
    for i in range(CALLS):
        world.root.send('AddRecords', PUT, 'sig.test', [record('c%d' % i)], 0, done=replies.append)
    wait_for(lambda: len(replies) == CALLS, 'all replies')
    assert replies == [None] * CALLS
    serial = [z[3] for z in world.root.call('ListZones') if z[0] == 'sig.test'][0]
    wait_for(lambda: seen and seen[-1][1][1] == serial, 'the signal of the last change')
    serials = [s[1][1] for s in seen]
    assert serials == sorted(set(serials)) and len(seen) < CALLS / 2, '%d signals' % len(seen)
    assert {n for s in seen for n in s[1][2]} == {'c%d.sig.test.' % i for i in range(CALLS)}


def test_properties_changed(world):
    """PropertiesChanged: counts of the manager, serial and count of the zone, policy on Reload"""
    manager = world.root.watch('PropertiesChanged', PROPERTIES, PATH)
    zone = world.root.watch('PropertiesChanged', PROPERTIES, PATH + '/zone/sig_2etest')
    before = world.root.get('RecordCount')
    serial = world.root.call('AddRecords', PUT, 'sig.test', [record('counted')], 0)
    wait_for(lambda: manager and zone, 'both signals')
    assert manager[-1][1][0] == MANAGER and manager[-1][1][1]['RecordCount'] == before + 1
    assert zone[-1][1][:2] == (ZONE, {'Serial': serial, 'RecordCount': world.root.get(
        'RecordCount', PATH + '/zone/sig_2etest', ZONE)}), zone
    world.write_config('[Share]\nPortPolicy=bind\n')
    world.root.call('Reload')
    wait_for(lambda: manager[-1][1][1].get('PortPolicy') == 'bind', 'the policy')
    world.write_config('')
    world.root.call('Reload')


def test_object_manager(world):
    """ObjectManager: objects, InterfacesAdded, InterfacesRemoved"""
    objects = lambda: world.root.call_raw(NAME, PATH, OBJECTS, 'GetManagedObjects', '')
    added = world.root.watch('InterfacesAdded', OBJECTS, PATH)
    removed = world.root.watch('InterfacesRemoved', OBJECTS, PATH)
    path = world.root.call('CreateZone', 'st', 'a-b_c.9.test', 1)
    wait_for(lambda: added, 'InterfacesAdded')
    assert added[0][1][0] == path and added[0][1][1][ZONE]['Name'] == 'a-b_c.9.test'
    assert objects()[path][ZONE] == added[0][1][1][ZONE] and added[0][1][1][ZONE]['Flags'] == 1
    world.root.call('RemoveZone', 's', 'a-b_c.9.test')
    wait_for(lambda: removed, 'InterfacesRemoved')
    assert removed[0][1][0] == path and ZONE in removed[0][1][1]
    assert set(removed[0][1][1]) == set(added[0][1][1]), 'what was added is removed'
    assert path not in objects()


def test_kill(world):
    """records and zones outlive kill -9; serials go on growing"""
    world.root.call('CreateZone', 'st', 'keep.test', 1)
    world.root.call('SetRecords', PUT, 'keep.test', [record('kept')], 1)
    world.root.call('AddRecords', PUT, 'keep.test', [record('brief')], 0)
    world.root.call('CreateZone', 'st', 'brief.test', 0)
    serial = world.root.call('SetRecords', PUT, 'brief.test', [record('x')], 0)
    world.kill_daemon()
    world.start_daemon()
    assert listed(world, 'keep.test') == [('brief.keep.test.', 'runtime'), ('kept.keep.test.', 'persistent')]
    assert listed(world, 'brief.test') == [('x.brief.test.', 'runtime')]
    zone = [z for z in world.root.call('ListZones') if z[0] == 'brief.test'][0]
    assert zone[3] >= serial
    assert world.root.call('AddRecords', PUT, 'brief.test', [record('y')], 0) > max(serial, zone[3] - 1)


def test_reboot(world):
    """persistent zones and records outlive the runtime directory, the others do not"""
    assert world.stop_daemon() == 0
    for name in os.listdir(world.runtime):
        os.unlink(world.runtime + '/' + name)
    world.start_daemon()
    assert [z[0] for z in world.root.call('ListZones')] == ['keep.test']
    assert listed(world, 'keep.test') == [('kept.keep.test.', 'persistent')]


def ask(world, name, transport):
    """One DNS query for A; gives rcode and the number of answers."""
    address = world.root_shares[0][0].rsplit(':', 1)
    question = struct.pack('>6H', 7, 0x100, 1, 0, 0, 0)
    question += b''.join(bytes([len(l)]) + l.encode() for l in name.split('.')) + b'\0' + struct.pack('>2H', 1, 1)
    with socket.socket(socket.AF_INET, transport) as s:
        s.settimeout(10)
        s.connect((address[0], int(address[1])))
        if transport == socket.SOCK_STREAM:
            s.sendall(struct.pack('>H', len(question)) + question)
            answer = s.recv(4096)
            answer = (answer if len(answer) > 2 else answer + s.recv(4096))[2:]
        else:
            s.send(question)
            answer = s.recv(4096)
    return struct.unpack('>6H', answer[:12])[1] & 15, struct.unpack('>6H', answer[:12])[3]


def check_dns(world):
    for transport in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        assert ask(world, 'kept.keep.test', transport) == (0, 1)
        assert ask(world, 'none.keep.test', transport) == (3, 0)


def test_bus_restarts(world):
    """the bus dies: DNS is answered on, and the daemon comes back on the next bus"""
    world.root_shares = [s for s in world.root.get('Shares') if s[1] in ('bind', 'other')]
    shared = bool(world.root_shares)
    if shared:
        check_dns(world)
    world.end('bus', signal.SIGKILL)
    os.unlink(world.dir + '/bus')
    wait_for(lambda: 'bus is lost' in world.log(), 'the loss is noticed')
    if shared:
        check_dns(world)
    world.start_bus()
    world.root = world.connect()
    wait_for(lambda: world.has_owner(NAME), 'the daemon is back')
    assert listed(world, 'keep.test') == [('kept.keep.test.', 'persistent')]
    seen = world.root.watch('RecordsChanged', MANAGER, PATH)
    world.root.call('SetRecords', PUT, 'keep.test', [record('kept', '192.0.2.9')], 1)
    wait_for(lambda: seen, 'signals on the new bus')
    return '' if shared else 'DNS itself not tried: no address could be shared'


def test_no_bus(world):
    """start without a bus: ready and answering; on the bus when it comes"""
    assert world.stop_daemon() == 0
    world.end('bus', signal.SIGKILL)
    os.unlink(world.dir + '/bus')
    world.start_daemon()
    if world.root_shares:
        check_dns(world)
    world.start_bus()
    world.root = world.connect()
    wait_for(lambda: world.has_owner(NAME), 'the daemon is on the bus')
    assert listed(world, 'keep.test') == [('kept.keep.test.', 'persistent')]


def test_name_taken(world):
    """a second daemon ends with an error, and the first is not disturbed"""
    command = world.command()
    for option in ('--state-dir', '--runtime-dir'):
        own = world.dir + '/second' + option
        os.mkdir(own)
        os.chown(own, world.uid, world.uid)
        command[command.index(option) + 1] = own
    second = subprocess.run(command, capture_output=True, timeout=60, text=True)
    assert second.returncode == 1 and 'bus name ' + NAME in second.stderr, second
    world.root.call('ListZones')


def test_notify(world):
    """the service manager is told: READY, STATUS with shares and rungs, RELOADING, STOPPING"""
    ready = world.notified.count('READY=1')
    world.children['share53d'].send_signal(signal.SIGHUP)
    wait_for(lambda: world.notified.count('READY=1') == ready + 1, 'ready again')
    assert 'RELOADING=1' in world.notified and any(l.startswith('MONOTONIC_USEC=') for l in world.notified)
    status = [l for l in world.notified if l.startswith('STATUS=')][-1]
    for address, rung, *_ in world.root.get('Shares'):
        assert '%s (%s)' % (address, rung) in status, status
    world.write_config('[Share]\nNonsense=1\n')
    world.children['share53d'].send_signal(signal.SIGHUP)
    wait_for(lambda: 'Nonsense' in world.log(), 'the refusal is logged')
    world.root.call('ListZones')
    world.write_config('')
    assert world.stop_daemon() == 0
    wait_for(lambda: 'STOPPING=1' in world.notified, 'the end is told')
    world.start_daemon()


def test_stop_answers(world):
    """SIGTERM: what was accepted is answered, durable and there after the next start"""
    replies = []
    for i in range(50):
        world.root.send('AddRecords', PUT, 'keep.test', [record('s%d' % i)], 1, done=replies.append)
    wait_for(lambda: replies, 'the first reply')
    assert world.stop_daemon() == 0
    wait_for(lambda: len(replies) == 50, 'every call has ended')
    world.start_daemon()
    kept = {n for n, _ in listed(world, 'keep.test') if n.startswith('s')}
    assert len(kept) >= replies.count(None) > 0, (len(kept), replies.count(None))


def test_disk_full(world):
    """a change that cannot be written is refused and taken back; the serial that grew by that is signalled"""
    if not world.isolated:
        return 'SKIP no mount namespace: ' + world.why_alone
    assert world.stop_daemon() == 0
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m,mode=0700,uid=%d' % world.uid, 'none', world.runtime],
                   check=True)
    world.start_daemon()
    path = world.root.call('CreateZone', 'st', 'full.test', 0)
    world.root.call('SetRecords', PUT, 'full.test', [record('kept')], 0)
    changed = world.root.watch('PropertiesChanged', PROPERTIES, path)
    signalled = world.root.watch('RecordsChanged', MANAGER, PATH)
    wait_for(lambda: changed, 'what the change before it has to tell')
    try:
        with open(world.runtime + '/fill', 'wb', 0) as f:
            while True:
                f.write(bytes(512))
    except OSError:
        pass
    del changed[:], signalled[:]
    many = [record('r%d' % i) for i in range(4000)]
    expect('StorageFailed', world.root.call, 'AddRecords', PUT, 'full.test', many, 0, quotes='full.test')
    assert listed(world, 'full.test') == [('kept.full.test.', 'runtime')]
    wait_for(lambda: changed, 'the serial')
    serial = [z[3] for z in world.root.call('ListZones') if z[0] == 'full.test'][0]
    assert changed[-1][1][1] == {'Serial': serial, 'RecordCount': 1}, changed
    assert not signalled, signalled
    os.unlink(world.runtime + '/fill')
    world.root.call('AddRecords', PUT, 'full.test', [record('more')], 0)
    assert world.stop_daemon() == 0
    subprocess.run(['umount', world.runtime], check=True)
    world.start_daemon()
    return ''


def test_command_line(world):
    """--version, --help, --check-config"""
    binary = lambda *a: subprocess.run([world.binary, *a], capture_output=True, timeout=60, text=True)
    assert binary('--version').stdout.startswith('share53d ')
    assert '--bus-address' in binary('--help').stdout
    assert binary('--check-config', '--config', world.config).returncode == 0
    bad = world.dir + '/bad.conf'
    with open(bad, 'w') as f:
        f.write('[Share]\n\nListenPort=80\n')
    refused = binary('--check-config', '--config', bad)
    assert refused.returncode == 1 and bad + ':3' in refused.stderr, refused
    dropins = world.dir + '/dropins'
    os.mkdir(dropins)
    shutil.copy(bad, dropins + '/10-bad.conf')
    refused = binary('--check-config', '--config', world.config, '--dropins', dropins)
    assert refused.returncode == 1 and dropins + '/10-bad.conf:3' in refused.stderr, refused
    assert binary('--nonsense').returncode == 1 and binary('more').returncode == 1


TESTS = [test_records_changed, test_coalescing, test_properties_changed, test_object_manager, test_kill, test_reboot,
         test_bus_restarts, test_no_bus, test_name_taken, test_notify, test_stop_answers,
         test_disk_full, test_command_line]

if __name__ == '__main__':
    run(World(sys.argv[1]), TESTS)
