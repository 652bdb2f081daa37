#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""LoadZone and DumpZone with descriptors of every kind, and zones that come from zone files.
Usage: test-bus-zone-file.py SHARE53D"""

import array
import fcntl
import os
import pty
import socket
import sys
import time

from world import (DENIED, ERROR, MANAGER, NAME, PATH, UID_ALLOWED, UID_REFUSED, ZONE, Failure, Gio, GLib, World,
                   expect, run, wait_for)
import re

DEADLINE = 60000


def call_fd(connection, method, signature, args, fds, done=None):
    """A call with descriptors: waits for (values, descriptors), or gives them to DONE."""
    fd_list = Gio.UnixFDList.new_from_array([os.dup(f) for f in fds])
    arguments = (NAME, PATH, MANAGER, method, GLib.Variant('(%s)' % signature, args), None, Gio.DBusCallFlags.NONE,
                 DEADLINE, fd_list, None)

    def failure(e):
        return Failure(Gio.DBusError.get_remote_error(e) or 'local', re.sub(r'^GDBus.Error:[^ ]*: ', '', e.message))

    def finished(bus, result):
        try:
            value, out = bus.call_with_unix_fd_list_finish(result)
            done(value.unpack())
        except GLib.Error as e:
            done(failure(e))

    if done:
        connection.bus.call_with_unix_fd_list(*arguments, finished)
        connection.bus.flush_sync(None)
        return None
    try:
        value, out = connection.bus.call_with_unix_fd_list_sync(*arguments)
    except GLib.Error as e:
        raise failure(e) from None
    return value.unpack(), out.steal_fds() if out else []


def load(connection, zone, fd, flags=0, done=None):
    result = call_fd(connection, 'LoadZone', 'sht', (zone, 0, flags), [fd], done)
    return result[0] if result else None


def memory(text):
    fd = os.memfd_create('test')
    os.write(fd, text.encode())
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def load_text(world, zone, text, flags=0, connection=None):
    fd = memory(text)
    try:
        return load(connection or world.root, zone, fd, flags)
    finally:
        os.close(fd)


def dump(connection, zone):
    _, fds = call_fd(connection, 'DumpZone', 's', (zone,), [])
    with os.fdopen(fds[0]) as f:
        return f.read()


def listed(world, zone):
    return [r[:4] for r in world.root.call('ListRecords', 'ssuu', zone, '', 0, 0)[0]]


def make_zone(world, name, flags=0):
    world.root.call('CreateZone', 'st', name, flags)


def serial(world, name):
    return next(z[3] for z in world.root.call('ListZones') if z[0] == name)


def answers_at_once(world):
    start = time.monotonic()
    world.root.call('ListZones')
    assert time.monotonic() - start < 20, 'the loop was held up'


def test_load(world):
    """LoadZone replaces all of the zone, in one step"""
    make_zone(world, 'load.test', 1)
    world.root.call('SetRecords', 'sa(ssus)t', 'load.test', [('old', 'A', 60, '192.0.2.1')], 0)
    seen = world.root.watch('RecordsChanged', MANAGER)
    got = load_text(world, 'Load.Test.', '$TTL 1h\n@ TXT "a b" ; comment\ndb 60 IN A (\n 192.0.2.7 )\n   AAAA ::1\n')
    assert got == (serial(world, 'load.test'), 3), got
    assert listed(world, 'load.test') == [
        ('load.test.', 'TXT', 3600, '"a b"'), ('db.load.test.', 'A', 60, '192.0.2.7'),
        ('db.load.test.', 'AAAA', 3600, '::1')], listed(world, 'load.test')
    # That of the change before may come later than its reply.
    wait_for(lambda: [s for s in seen if s[1][:2] == ('load.test', got[0])], 'RecordsChanged')
    assert [s[1] for s in seen if s[1][:2] == ('load.test', got[0])] == [
        ('load.test', got[0], ['load.test.', 'db.load.test.', 'old.load.test.'])], seen
    assert load_text(world, 'load.test', '', 1)[1] == 0
    assert load_text(world, 'load.test', 'p A 192.0.2.1', 1)[1] == 1
    life = world.root.call('ListRecords', 'ssuu', 'load.test', '', 0, 0)[0][0][6]
    assert life == 'persistent', life


def test_errors(world):
    """refused loads name line and word, and change nothing"""
    make_zone(world, 'errors.test')
    load_text(world, 'errors.test', 'a A 192.0.2.1\n')
    before = serial(world, 'errors.test'), listed(world, 'errors.test')
    call = lambda text, flags=0: load_text(world, 'errors.test', text, flags)
    expect('InvalidRecord', call, 'a A 192.0.2.9\n\n$INCLUDE x\n', quotes='line 3: "$INCLUDE"')
    expect('InvalidRecord', call, 'a A 192.0.2.9\nb A x\n', quotes='line 2: ')
    expect('InvalidRecord', call, 'a A (', quotes='line 1: parenthesis')
    expect('InvalidRecord', call, 'a TXT \x1b[2J\n', quotes='line 1: control character')
    expect('InvalidRecord', call, 'other.example. A 192.0.2.1\n', quotes='"other.example."')
    expect('InvalidRecord', call, 'c CNAME d\nc A 192.0.2.1\n', quotes='CNAME')
    expect('InvalidFlags', call, '', 4, quotes='0x4')
    expect('NotSupported', call, '', 2, quotes='0x2')
    expect('InvalidFlags', call, '', 1, quotes='errors.test')
    expect('NoSuchZone', load_text, world, 'nowhere.test', '', quotes='nowhere.test')
    expect('InvalidName', load_text, world, 'a..b', '', quotes='a..b')
    expect('NoSuchZone', dump, world.root, 'nowhere.test', quotes='nowhere.test')
    assert (serial(world, 'errors.test'), listed(world, 'errors.test')) == before


def test_kinds(world):
    """pipes, sockets and files are read, everything else is refused, and nobody's flags are touched"""
    make_zone(world, 'kinds.test')
    text = b'a A 192.0.2.1\nb A 192.0.2.2\n'

    r, w = os.pipe()
    os.write(w, text)
    os.close(w)
    assert load(world.root, 'kinds.test', r)[1] == 2
    assert not fcntl.fcntl(r, fcntl.F_GETFL) & os.O_NONBLOCK
    os.close(r)

    a, b = socket.socketpair()
    b.sendall(text)
    b.shutdown(socket.SHUT_WR)
    assert load(world.root, 'kinds.test', a.fileno())[1] == 2
    a.close()

    fifo = world.dir + '/fifo'
    os.mkfifo(fifo)
    r = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    w = os.open(fifo, os.O_WRONLY)
    os.write(w, text)
    os.close(w)
    assert load(world.root, 'kinds.test', r)[1] == 2
    os.close(r)

    fd = memory('x A 192.0.2.1\ny A 192.0.2.2\n')
    os.lseek(fd, len('x A 192.0.2.1\n'), os.SEEK_SET)
    assert load(world.root, 'kinds.test', fd)[1] == 1
    assert os.lseek(fd, 0, os.SEEK_CUR) == len('x A 192.0.2.1\n')
    assert listed(world, 'kinds.test')[0][0] == 'y.kinds.test.'
    os.close(fd)

    for path, what in (('/dev/zero', 'a terminal or another device'), ('/', 'a directory')):
        fd = os.open(path, os.O_RDONLY)
        expect('InvalidFile', load, world.root, 'kinds.test', fd, quotes=what)
        os.close(fd)
    master, terminal = pty.openpty()
    expect('InvalidFile', load, world.root, 'kinds.test', terminal, quotes='terminal')
    for f in (master, terminal):
        os.close(f)
    for flags in (os.O_WRONLY, os.O_PATH):
        fd = os.open(world.config, flags)
        expect('InvalidFile', load, world.root, 'kinds.test', fd, quotes='not open for reading')
        os.close(fd)
    with socket.socket() as s:
        expect('InvalidFile', load, world.root, 'kinds.test', s.fileno(), quotes='cannot be read')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        expect('InvalidFile', load, world.root, 'kinds.test', s.fileno(), quotes='stream')


def test_file(world):
    """a file on disk is read, where its file system lets it be without waiting"""
    make_zone(world, 'file.test')
    path = world.dir + '/file.zone'
    with open(path, 'w') as f:
        f.write(''.join('n%d A 192.0.2.1\n' % i for i in range(20000)))
        os.fsync(f.fileno())
    fd = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        assert load(world.root, 'file.test', fd)[1] == 20000
    except Failure as e:
        assert e.name == ERROR + 'InvalidFile' and 'memfd' in e.message, e
        return 'SKIP ' + e.message
    finally:
        os.close(fd)


def test_slow(world):
    """a writer that takes its time holds up nobody, and its load is one step at the end"""
    make_zone(world, 'slow.test')
    connection = world.connect()
    r, w = os.pipe()
    result = []
    load(connection, 'slow.test', r, done=result.append)
    os.write(w, b'a A 192.0')
    answers_at_once(world)
    expect('QuotaExceeded', load, connection, 'slow.test', r, quotes='this connection')
    os.write(w, b'.2.1\n')
    assert not result and not listed(world, 'slow.test')
    os.close(w)
    wait_for(lambda: result, 'the end of a load')
    assert result[0][1] == 1, result
    os.close(r)
    connection.close()


def test_caller_leaves(world):
    """a load ends with its caller"""
    make_zone(world, 'leave.test')
    connection = world.connect()
    r, w = os.pipe()
    load(connection, 'leave.test', r, done=lambda result: None)
    os.write(w, b'a A 192.0.2.1\n')
    answers_at_once(world)
    os.close(r)
    connection.close()

    def closed():  # by the daemon too, and so by everybody
        try:
            os.write(w, b'b A 192.0.2.1\n')
            return False
        except BrokenPipeError:
            return True
    wait_for(closed, 'the descriptor is closed')
    os.close(w)
    assert not listed(world, 'leave.test')


def test_zone_removed_meanwhile(world):
    """a zone that goes while it is loaded into is not there any more"""
    make_zone(world, 'gone.test')
    r, w = os.pipe()
    result = []
    connection = world.connect()
    load(connection, 'gone.test', r, done=result.append)
    answers_at_once(world)
    world.root.call('RemoveZone', 's', 'gone.test')
    os.close(w)
    wait_for(lambda: result, 'the end of a load')
    assert result[0].name == ERROR + 'NoSuchZone', result
    os.close(r)
    connection.close()


def test_limits(world):
    """limits per uid: loads at once, and records"""
    if not world.polkit:
        return 'SKIP polkitd wants namespaces of its own'
    make_zone(world, 'limits.test')
    pipes, results, connections = [], [], []
    for i in range(2):
        connections.append(world.connect(UID_ALLOWED))
        pipes.append(os.pipe())
        load(connections[-1], 'limits.test', pipes[-1][0], done=results.append)
    last = world.connect(UID_ALLOWED)
    expect('QuotaExceeded', load, last, 'limits.test', pipes[0][0], quotes='uid %d' % UID_ALLOWED)
    for r, w in pipes:
        os.close(w)
        os.close(r)
    wait_for(lambda: len(results) == 2, 'the end of both loads')
    many = ''.join('n%d A 192.0.2.1\n' % i for i in range(101))
    expect('QuotaExceeded', load_text, world, 'limits.test', many, 0, last, quotes='100 records')
    assert load_text(world, 'limits.test', many[:many.rindex('n100 ')], 0, last)[1] == 100
    refused = world.connect(UID_REFUSED)
    expect(DENIED, load_text, world, 'limits.test', '', 0, refused)
    expect(DENIED, dump, refused, 'limits.test')
    for c in connections + [last, refused]:
        c.close()


def test_dump(world):
    """DumpZone gives a sealed file that LoadZone reads back"""
    make_zone(world, 'dump.test')
    make_zone(world, 'again.test')
    world.root.call('SetRecords', 'sa(ssus)t', 'dump.test', [
        ('@', 'TXT', 5, '"x;y" "\\"" \\000'), ('*.a', 'A', 60, '192.0.2.1'),
        ('a\\.b\\032c', 'PTR', 7, 'x.example.')], 0)
    _, fds = call_fd(world.root, 'DumpZone', 's', ('dump.test',), [])
    fd = fds[0]
    assert os.lseek(fd, 0, os.SEEK_CUR) == 0
    assert fcntl.fcntl(fd, fcntl.F_GET_SEALS) == (
        fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)
    text = os.pread(fd, 1 << 20, 0).decode()
    lines = text.split('\n')
    assert lines[0].startswith('; Zone dump.test, serial %d, ' % serial(world, 'dump.test')), lines
    assert lines[1:3] == ['$ORIGIN dump.test.', '$TTL 5'], lines
    before = listed(world, 'dump.test')
    assert load(world.root, 'dump.test', fd)[1] == 3
    assert listed(world, 'dump.test') == before
    os.close(fd)
    expect('InvalidRecord', load_text, world, 'again.test', text, quotes='outside of the zone')


def test_unasked(world):
    """descriptors that nobody asked for do no harm"""
    make_zone(world, 'unasked.test')
    fds = [os.open('/dev/null', os.O_RDONLY) for _ in range(8)]
    for _ in range(300):  # 2,400 of them, did they stay open
        call_fd(world.root, 'ListZones', '', (), fds)
        call_fd(world.root, 'SetRecords', 'sa(ssus)t', ('unasked.test', [('a', 'A', 60, '192.0.2.1')], 0), fds)
    for f in fds:
        os.close(f)
    pid = world.children['share53d'].pid
    assert len(os.listdir('/proc/%d/fd' % pid)) < 100


def test_large(world):
    """100,000 records: nobody waits long while they are read"""
    make_zone(world, 'large.test')
    fd = memory(''.join('n%d.sub%d 60 IN A 192.0.2.%d\n' % (i, i % 100, i % 250) for i in range(100000)))
    result = []
    connection = world.connect()
    start = time.monotonic()
    load(connection, 'large.test', fd, done=result.append)
    waits = []
    while not result:
        begin = time.monotonic()
        world.root.call('ListZones')
        waits.append(time.monotonic() - begin)
        GLib.MainContext.default().iteration(False)
    os.close(fd)
    connection.close()
    assert result[0][1] == 100000, result
    loaded = time.monotonic() - start
    start = time.monotonic()
    text = dump(world.root, 'large.test')
    assert text.count('\n') == 100003, text.count('\n')
    waits.sort()
    print('# loaded in %.2f s, dumped in %.2f s; waits meanwhile, ms: median %.1f, three longest %s' % (
        loaded, time.monotonic() - start, waits[len(waits) // 2] * 1000,
        ' '.join('%.1f' % (w * 1000) for w in waits[-3:])), flush=True)
    assert len(waits) > 5, 'the load was one step'
    world.root.call('RemoveZone', 's', 'large.test')


def put(world, name, text):
    with open(world.dir + '/zones/.new', 'w') as f:
        f.write(text)
    os.rename(world.dir + '/zones/.new', world.dir + '/zones/' + name)


def flags_of(world, name):
    return [z[2] for z in world.root.call('ListZones') if z[0] == name]


def explained(world):
    return [f for f in world.root.call('Explain') if f[0].startswith('zone file')]


def test_zone_files(world):
    """zones of zone files are there at the start, are read-only, and follow their files"""
    added = world.root.watch('InterfacesAdded', 'org.freedesktop.DBus.ObjectManager')
    changed = world.root.watch('RecordsChanged', MANAGER)
    removed = world.root.watch('InterfacesRemoved', 'org.freedesktop.DBus.ObjectManager')
    assert flags_of(world, 'start.test') == [16]
    assert listed(world, 'start.test') == [('a.start.test.', 'A', 60, '192.0.2.1')]
    record = world.root.call('ListRecords', 'ssuu', 'start.test', '', 0, 0)[0][0]
    assert record[4] == 0 and record[6] == 'file', record
    path = world.dir + '/zones/start.test.zone'
    call = world.root.call
    for method, signature, *args in (
            ('CreateZone', 'st', 'start.test', 0), ('RemoveZone', 's', 'start.test'),
            ('SetRecords', 'sa(ssus)t', 'start.test', [('a', 'A', 60, '192.0.2.9')], 0),
            ('AddRecords', 'sa(ssus)t', 'start.test', [('a', 'A', 60, '192.0.2.9')], 0),
            ('RemoveRecords', 'sa(sss)t', 'start.test', [('a', '', '')], 0),
            ('ReplaceZone', 'sa(ssus)t', 'start.test', [], 0)):
        expect('ReadOnlyZone', call, method, signature, *args, quotes=('"start.test"', path))
    expect('ReadOnlyZone', load_text, world, 'start.test', '', quotes=path)
    assert 'a     60 IN A      192.0.2.1\n' in dump(world.root, 'start.test')

    put(world, 'new.test.zone', 'a A 192.0.2.1\n')
    wait_for(lambda: [a for a in added if a[1][0] == PATH + '/zone/new_2etest'], 'InterfacesAdded')
    wait_for(lambda: [c for c in changed if c[1] == ('new.test', serial(world, 'new.test'), ['a.new.test.'])],
             'RecordsChanged of a new zone')
    put(world, 'new.test.zone', 'b A 192.0.2.1\n')
    wait_for(lambda: [c for c in changed if c[1] == ('new.test', serial(world, 'new.test'),
                                                     ['a.new.test.', 'b.new.test.'])], 'RecordsChanged')
    put(world, 'new.test.zone', 'b A 192.0.2\n')
    wait_for(lambda: [e for e in explained(world) if e[0] == 'zone file' and 'new.test.zone:1: ' in e[2]], 'Explain')
    assert listed(world, 'new.test') == [('b.new.test.', 'A', 3600, '192.0.2.1')]
    os.unlink(world.dir + '/zones/new.test.zone')
    wait_for(lambda: [r for r in removed if r[1][0] == PATH + '/zone/new_2etest'], 'InterfacesRemoved')
    wait_for(lambda: [e[0] for e in explained(world)] == ['zone files'], 'Explain')


def test_zone_of_both(world):
    """a zone of the bus wins over a file, until it is removed; files' zones are not in the journal"""
    make_zone(world, 'both.test', 1)
    put(world, 'both.test.zone', 'a A 192.0.2.1\n')
    wait_for(lambda: [e for e in explained(world) if 'made over D-Bus' in e[2]], 'Explain')
    assert flags_of(world, 'both.test') == [1]
    world.root.call('RemoveZone', 's', 'both.test')
    wait_for(lambda: flags_of(world, 'both.test') == [16], 'the file is taken')
    os.unlink(world.dir + '/zones/start.test.zone')
    wait_for(lambda: not flags_of(world, 'start.test'), 'the zone goes')
    world.stop_daemon()
    os.unlink(world.dir + '/zones/both.test.zone')
    put(world, 'start.test.zone', 'z A 192.0.2.1\n')
    world.start_daemon('--zones', world.dir + '/zones')
    assert not flags_of(world, 'both.test') and flags_of(world, 'start.test') == [16]
    assert listed(world, 'start.test')[0][0] == 'z.start.test.'


def test_reload(world):
    """Reload reads what inotify does not see: files behind symbolic links"""
    target = world.dir + '/target'
    with open(target, 'w') as f:
        f.write('a A 192.0.2.1\n')
    os.symlink(target, world.dir + '/zones/link.test.zone')
    wait_for(lambda: flags_of(world, 'link.test') == [16], 'the zone of a link')
    with open(target, 'w') as f:
        f.write('b A 192.0.2.1\n')
    world.root.call('Reload')
    wait_for(lambda: listed(world, 'link.test')[0][0] == 'b.link.test.', 'the new content')


class FileWorld(World):
    """One with zone files."""

    def start_daemon(self, *more):
        if not os.path.exists(self.dir + '/zones'):
            os.mkdir(self.dir + '/zones')
            put(self, 'start.test.zone', 'a 60 A 192.0.2.1\n')
        super().start_daemon('--zones', self.dir + '/zones', *more)


if __name__ == '__main__':
    run(FileWorld(sys.argv[1], config='[Limits]\nRecords=100\n'),
        [test_load, test_errors, test_kinds, test_file, test_slow, test_caller_leaves, test_zone_removed_meanwhile,
         test_limits, test_dump, test_unasked, test_large, test_zone_files, test_zone_of_both, test_reload],
        polkit=True)
