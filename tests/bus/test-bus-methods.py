#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every method's success, every named error with the item it quotes, and that a refused call changes nothing.
Usage: test-bus-methods.py SHARE53D"""

import os
import sys
import time
import xml.etree.ElementTree as ET

from world import (ERROR, MANAGER, NAME, PATH, SOURCE, ZONE, Gio, GLib, World, expect, run)


def zone(world, name, flags=0):
    """A zone of a test's own."""
    return world.root.call('CreateZone', 'st', name, flags)


def records(world, name, glob='', start=0, count=0):
    return world.root.call('ListRecords', 'ssuu', name, glob, start, count)


def serial(world, name):
    return next(z[3] for z in world.root.call('ListZones') if z[0] == name)


def unchanged(world, name, error, method, signature, *args, quotes=()):
    """The call fails with ERROR and leaves zone and serial as they were."""
    before = serial(world, name), records(world, name)
    expect(error, world.root.call, method, signature, name, *args, quotes=quotes)
    assert (serial(world, name), records(world, name)) == before, 'a refused call has changed something'


def normalise(interface):
    """An interface element as a comparable dictionary; EmitsChangedSignal defaults to true."""
    result = {}
    for method in interface.findall('method'):
        result['method', method.get('name')] = [
            (a.get('name'), a.get('type'), a.get('direction', 'in')) for a in method.findall('arg')]
    for sig in interface.findall('signal'):
        result['signal', sig.get('name')] = [(a.get('name'), a.get('type')) for a in sig.findall('arg')]
    for prop in interface.findall('property'):
        emits = [a.get('value') for a in prop.findall('annotation')
                 if a.get('name') == 'org.freedesktop.DBus.Property.EmitsChangedSignal']
        result['property', prop.get('name')] = (prop.get('type'), prop.get('access'), (emits or ['true'])[0])
    return result


def check_introspection(world, path, name):
    shipped = ET.parse('%s/dbus/%s.xml' % (SOURCE, name)).getroot().find('interface')
    text = world.root.call_raw(NAME, path, 'org.freedesktop.DBus.Introspectable', 'Introspect', '')
    running = [i for i in ET.fromstring(text).findall('interface') if i.get('name') == name]
    assert len(running) == 1 and shipped.get('name') == name
    assert normalise(shipped) == normalise(running[0]), (normalise(shipped), normalise(running[0]))


def test_introspection(world):
    """the running objects are what the XML says"""
    check_introspection(world, PATH, MANAGER)
    check_introspection(world, zone(world, 'introspect.test'), ZONE)


def test_zones(world):
    """CreateZone, ListZones, RemoveZone, and the zone's object"""
    path = zone(world, 'Corp.Internal.')
    assert path == PATH + '/zone/corp_2einternal', path
    line = [z for z in world.root.call('ListZones') if z[0] == 'corp.internal']
    assert len(line) == 1 and line[0][1] == path and line[0][2] == 0 and line[0][4] == 0, line
    assert abs(line[0][3] - time.time()) < 3600, 'a serial is in seconds since 1970 at first'
    get = lambda p: world.root.get(p, path, ZONE)
    assert (get('Name'), get('Flags'), get('OwnerUid'), get('RecordCount')) == ('corp.internal', 0, 0, 0)
    assert get('Serial') == line[0][3]
    world.root.call('RemoveZone', 's', 'CORP.internal')
    assert not [z for z in world.root.call('ListZones') if z[0] == 'corp.internal']
    expect('org.freedesktop.DBus.Error.UnknownObject', world.root.get, 'Name', path, ZONE)


def test_zone_errors(world):
    """zones: named errors quote the zone"""
    call = world.root.call
    zone(world, 'there.test', 1)
    expect('ZoneExists', call, 'CreateZone', 'st', 'There.test', 0, quotes='"there.test"')
    expect('NoSuchZone', call, 'RemoveZone', 's', 'nowhere.test', quotes='"nowhere.test"')
    for bad in ('', '.', 'a..b', '*.test', 'x' * 64 + '.test', ('abcdefgh.' * 30) + 'test', 'a b', 'tab\tname'):
        e = expect('InvalidName', call, 'CreateZone', 'st', bad, 0)
        assert bad[:20].replace('\t', '\\009') in e.message, e.message
        expect('InvalidName', call, 'RemoveZone', 's', bad)
    expect('InvalidFlags', call, 'CreateZone', 'st', 'new.test', 16, quotes='0x10')
    expect('InvalidFlags', call, 'CreateZone', 'st', 'new.test', 1 << 63, quotes='0x8000000000000000')
    for later in (2, 3):
        expect('NotSupported', call, 'CreateZone', 'st', 'new.test', later, quotes='0x%x' % (later & ~1))
    assert not [z for z in call('ListZones') if z[0] == 'new.test']
    call('CreateZone', 'st', 'new.test', 1 | 4 | 8)
    assert [z[2] for z in call('ListZones') if z[0] == 'new.test'] == [13]
    call('RemoveZone', 's', 'new.test')


def test_records(world):
    """SetRecords, AddRecords, RemoveRecords, ReplaceZone, as ListRecords and Resolve tell them"""
    call = world.root.call
    zone(world, 'rec.test')
    put = 'sa(ssus)t'
    first = call('SetRecords', put, 'rec.test',
                 [('db', 'A', 60, '192.0.2.7'), ('db.rec.test.', 'a', 60, '192.0.2.8'), ('@', 'TXT', 0, '"hi there"'),
                  ('six', 'AAAA', 2147483647, '2001:DB8::7'), ('www', 'CNAME', 5, 'db'), ('r', 'PTR', 5, 'x.y.')], 0)
    assert first == serial(world, 'rec.test')
    got, more = records(world, 'rec.test')
    assert more == 0 and got == [
        ('rec.test.', 'TXT', 0, '"hi there"', 0, '', 'runtime'),
        ('db.rec.test.', 'A', 60, '192.0.2.7', 0, '', 'runtime'),
        ('db.rec.test.', 'A', 60, '192.0.2.8', 0, '', 'runtime'),
        ('r.rec.test.', 'PTR', 5, 'x.y.', 0, '', 'runtime'),
        ('six.rec.test.', 'AAAA', 2147483647, '2001:db8::7', 0, '', 'runtime'),
        ('www.rec.test.', 'CNAME', 5, 'db.rec.test.', 0, '', 'runtime')], got
    assert world.root.get('RecordCount', PATH + '/zone/rec_2etest', ZONE) == 6

    second = call('AddRecords', put, 'rec.test', [('db', 'A', 30, '192.0.2.9')], 0)
    assert second > first and len(records(world, 'rec.test', 'db.*')[0]) == 3
    third = call('SetRecords', put, 'rec.test', [('db', 'A', 30, '192.0.2.1')], 0)
    assert third > second and [r[3] for r in records(world, 'rec.test', 'db*')[0]] == ['192.0.2.1']

    call('RemoveRecords', 'sa(sss)t', 'rec.test', [('www', '', ''), ('six', 'AAAA', ''), ('db', 'A', '192.0.2.1')], 0)
    assert [r[0] for r in records(world, 'rec.test')[0]] == ['rec.test.', 'r.rec.test.']
    assert call('SetRecords', put, 'rec.test', [], 0) == serial(world, 'rec.test'), 'nothing changes nothing'
    call('ReplaceZone', put, 'rec.test', [('only', 'A', 1, '192.0.2.2')], 0)
    assert [r[0] for r in records(world, 'rec.test')[0]] == ['only.rec.test.']
    call('ReplaceZone', put, 'rec.test', [], 0)
    assert records(world, 'rec.test') == ([], 0)


BAD_RECORDS = [
    ('InvalidName', ('a..b', 'A', 60, '192.0.2.1'), 'a..b'),
    ('InvalidName', ('', 'A', 60, '192.0.2.1'), '""'),
    ('InvalidName', ('x' * 64, 'A', 60, '192.0.2.1'), 'x' * 64),
    ('InvalidName', ('red\x1b[31m', 'A', 60, '192.0.2.1'), r'red\027[31m'),
    ('InvalidRecord', ('elsewhere.org.', 'A', 60, '192.0.2.1'), 'elsewhere.org.'),
    ('InvalidRecord', ('db', 'BOGUS', 60, '192.0.2.1'), 'BOGUS'),
    ('InvalidRecord', ('db', '', 60, '192.0.2.1'), 'db'),
    ('NotSupported', ('db', 'OPT', 60, '\\# 0'), 'OPT'),
    ('NotSupported', ('db', 'ANY', 60, '\\# 0'), 'ANY'),
    ('InvalidRecord', ('db', 'MX', 60, '10'), '10'),
    ('InvalidRecord', ('db', 'A', 60, '192.0.2.999'), '192.0.2.999'),
    ('InvalidRecord', ('db', 'A', 60, ''), 'db'),
    ('InvalidRecord', ('db', 'A', 60, '2001:db8::1'), '2001:db8::1'),
    ('InvalidRecord', ('db', 'AAAA', 60, '192.0.2.1'), '192.0.2.1'),
    ('InvalidRecord', ('db', 'CNAME', 60, 'a..b'), 'a..b'),
    ('InvalidRecord', ('db', 'TXT', 60, '"' + 'x' * 256 + '"'), 'x' * 50),
    ('InvalidRecord', ('db', 'A', 2147483648, '192.0.2.1'), '2147483648'),
]


def test_record_errors(world):
    """records: named errors quote index and item; one bad among many changes nothing"""
    zone(world, 'bad.test')
    world.root.call('SetRecords', 'sa(ssus)t', 'bad.test', [('keep', 'A', 60, '192.0.2.7')], 0)
    good = [('g%d' % i, 'A', 60, '192.0.2.%d' % i) for i in range(100)]
    for error, bad, quoted in BAD_RECORDS:
        for method in ('SetRecords', 'AddRecords', 'ReplaceZone'):
            unchanged(world, 'bad.test', error, method, 'sa(ssus)t', [bad], 0, quotes=('0', quoted))
        mixed = good[:70] + [bad] + good[70:]
        unchanged(world, 'bad.test', error, 'SetRecords', 'sa(ssus)t', mixed, 0, quotes=('70', quoted))
    for records_ in ([('c', 'CNAME', 5, 'x'), ('c', 'A', 5, '192.0.2.1')],
                     [('c', 'CNAME', 5, 'x'), ('c', 'CNAME', 5, 'y')], [('keep', 'CNAME', 5, 'x')]):
        unchanged(world, 'bad.test', 'InvalidRecord', 'AddRecords', 'sa(ssus)t', records_, 0,
                  quotes=records_[0][0] + '.bad.test')
    for method, signature in (('SetRecords', 'sa(ssus)t'), ('RemoveRecords', 'sa(sss)t')):
        expect('NoSuchZone', world.root.call, method, signature, 'nowhere.test', [], 0, quotes='nowhere.test')
        expect('InvalidName', world.root.call, method, signature, 'a..b', [], 0, quotes='a..b')
        unchanged(world, 'bad.test', 'InvalidFlags', method, signature, [], 1 << 40, quotes='0x10000000000')
    unchanged(world, 'bad.test', 'NotSupported', 'SetRecords', 'sa(ssus)t', good, 2, quotes='0x2')
    unchanged(world, 'bad.test', 'InvalidFlags', 'SetRecords', 'sa(ssus)t', good, 1, quotes='bad.test')
    unchanged(world, 'bad.test', 'InvalidFlags', 'RemoveRecords', 'sa(sss)t', [], 1, quotes='0x1')


def test_removal_errors(world):
    """RemoveRecords: what is not there is quoted, and nothing is removed"""
    zone(world, 'rm.test')
    world.root.call('SetRecords', 'sa(ssus)t', 'rm.test', [('a', 'A', 60, '192.0.2.7'), ('b', 'A', 60, '192.0.2.7')], 0)
    signature = 'sa(sss)t'
    for missing, quoted in ((('c', '', ''), 'c.rm.test'), (('a', 'TXT', ''), 'a.rm.test'),
                            (('a', 'A', '192.0.2.8'), 'a.rm.test')):
        unchanged(world, 'rm.test', 'NoSuchRecord', 'RemoveRecords', signature, [('b', '', ''), missing], 0,
                  quotes=quoted)
    unchanged(world, 'rm.test', 'InvalidRecord', 'RemoveRecords', signature, [('a', '', '192.0.2.7')], 0,
              quotes='192.0.2.7')
    unchanged(world, 'rm.test', 'InvalidRecord', 'RemoveRecords', signature, [('a', 'A', 'nonsense')], 0,
              quotes=('0', 'nonsense'))
    unchanged(world, 'rm.test', 'InvalidName', 'RemoveRecords', signature, [('a..b', '', '')], 0, quotes='a..b')


def test_limits(world):
    """calls over the limits: QuotaExceeded names the limit, nothing changes"""
    zone(world, 'big.test')
    many = [('n%d' % i, 'A', 60, '192.0.2.7') for i in range(65537)]
    unchanged(world, 'big.test', 'QuotaExceeded', 'SetRecords', 'sa(ssus)t', many, 0, quotes='65536')
    text = ' '.join(['"%s"' % ('x' * 250)] * 200)
    heavy = [('t%d' % i, 'TXT', 60, text) for i in range(16 * 1024 * 1024 // len(text) + 1)]
    unchanged(world, 'big.test', 'QuotaExceeded', 'AddRecords', 'sa(ssus)t', heavy, 0, quotes='16777216')
    world.root.call('SetRecords', 'sa(ssus)t', 'big.test', many[:-1], 0)
    assert world.root.get('RecordCount', PATH + '/zone/big_2etest', ZONE) == 65536
    names = [('x', 'A', 60, '10.0.%d.%d' % (i // 256, i % 256)) for i in range(4097)]
    unchanged(world, 'big.test', 'QuotaExceeded', 'SetRecords', 'sa(ssus)t', names, 0, quotes='x.big.test')


def test_listing(world):
    """ListRecords: globs, pages, order"""
    listed = lambda *a: [r[0] for r in records(world, 'big.test', *a)[0]]
    assert len(listed()) == 10000 and len(listed('', 0, 20000)) == 10000
    assert records(world, 'big.test')[1] == 10000
    seen, start = [], 0
    while True:
        page, start = records(world, 'big.test', 'N1*', start, 3000)
        seen += page
        if start == 0:
            break
    wanted = {'n%d.big.test.' % i for i in range(65536) if str(i).startswith('1')}
    assert len(seen) == len(wanted) and {r[0] for r in seen} == wanted
    assert [r[0] for r in seen] == sorted(r[0] for r in seen), 'canonical order'
    assert listed('n65535.big.test') == listed('N65535.BIG.test.') == ['n65535.big.test.']
    assert sorted(listed('n?.big.test')) == ['n%d.big.test.' % i for i in range(10)]
    assert listed('n*3*2*1.*') and not listed('nothing*')
    assert records(world, 'big.test', '', 4000000000, 10) == ([], 0)
    assert records(world, 'big.test', '*', 65535, 10)[1] == 0
    expect('InvalidName', records, world, 'big.test', '*' * 2000, quotes='***')
    expect('NoSuchZone', records, world, 'nowhere.test', quotes='nowhere.test')
    world.root.call('RemoveZone', 's', 'big.test')


def test_resolve(world):
    """Resolve tells what DNS tells, and who"""
    call = world.root.call
    zone(world, 'res.test')
    call('SetRecords', 'sa(ssus)t', 'res.test', [('db', 'A', 60, '192.0.2.7'), ('www', 'CNAME', 5, 'db'),
                                                 ('*.wild', 'TXT', 7, '"a;b"'), ('a.b', 'A', 1, '192.0.2.1')], 0)
    aa, rd = 0x400, 0x100
    assert call('Resolve', 'sst', 'DB.res.test', 'a', 0) == (
        'NOERROR', aa | rd, [('db.res.test.', 'A', 60, '192.0.2.7')], 'zone res.test')
    rcode, flags, answer, source = call('Resolve', 'sst', 'www.res.test.', 'A', 0)
    assert answer == [('www.res.test.', 'CNAME', 5, 'db.res.test.'), ('db.res.test.', 'A', 60, '192.0.2.7')], answer
    assert call('Resolve', 'sst', 'x.wild.res.test', 'TXT', 0)[2] == [('x.wild.res.test.', 'TXT', 7, '"a;b"')]
    assert call('Resolve', 'sst', 'none.res.test', 'A', 0) == ('NXDOMAIN', aa | rd, [], 'zone res.test')
    assert call('Resolve', 'sst', 'b.res.test', 'A', 0) == ('NOERROR', aa | rd, [], 'zone res.test')
    soa = call('Resolve', 'sst', 'res.test', 'SOA', 0)[2]
    assert len(soa) == 1 and soa[0][3].split()[2] == str(serial(world, 'res.test') & 0xffffffff), soa
    rcode, flags, answer, source = call('Resolve', 'sst', 'example.org', 'TYPE65280', 0)
    assert (rcode, answer) == ('REFUSED', []) and source.startswith('none: '), source
    expect('InvalidName', call, 'Resolve', 'sst', 'a..b', 'A', 0, quotes='a..b')
    expect('NotSupported', call, 'Resolve', 'sst', 'a.b', 'NOTYPE', 0, quotes='NOTYPE')
    expect('InvalidFlags', call, 'Resolve', 'sst', 'a.b', 'A', 4, quotes='0x4')


def test_links(world):
    """SetLink and RevertLink: named errors where there is no host manager, link or helper"""
    call = world.root.call
    expect('NoSuchLink', call, 'SetLink', 'iasb', 0, [], False, quotes='0')
    expect('NoSuchLink', call, 'SetLink', 'iasb', -1, [], False, quotes='-1')
    expect('NoSuchLink', call, 'SetLink', 'iasb', 999999, [], False, quotes='999999')
    expect('InvalidName', call, 'SetLink', 'iasb', 1, ['a..b'], False, quotes='a..b')
    expect('InvalidName', call, 'SetLink', 'iasb', 1, ['.'], False, quotes='"."')
    expect('InvalidName', call, 'SetLink', 'iasb', 1, ['~'], False, quotes='"~"')
    expect('QuotaExceeded', call, 'SetLink', 'iasb', 1, ['d%d.test' % i for i in range(65)], False, quotes='64')
    expect('HostManagerUnsupported', call, 'SetLink', 'iasb', 1, ['~.', 'corp.test'], True, quotes='systemd-resolved')
    expect('NoSuchLink', call, 'RevertLink', 'i', 1, quotes='1')
    assert world.root.get('Links') == []


def test_explain_reload(world):
    """Explain and Reload; a bad configuration is refused with file and line, and changes nothing"""
    findings = world.root.call('Explain')
    assert any(f[0].startswith('share ') for f in findings) and any(f[0] == 'helper' for f in findings), findings
    world.write_config('[Share]\nPortPolicy=bind\n')
    world.root.call('Reload')
    assert world.root.get('PortPolicy') == 'bind'
    world.write_config('[Share]\nNonsense=1\n')
    expect('InvalidConfig', world.root.call, 'Reload', quotes=(world.config + ':2', 'Nonsense'))
    assert world.root.get('PortPolicy') == 'bind'
    world.write_config('')
    world.root.call('Reload')
    assert world.root.get('PortPolicy') == 'auto'


def test_properties(world):
    """properties have their shape, and cannot be written"""
    get = world.root.get
    features = get('Features')
    assert get('Version') and {'persistent', 'wildcards', 'forwarding', 'all-types'} <= set(features)
    for address, rung, listener, why in get('Shares'):
        assert address.startswith('127.53.0.') and rung in ('bind', 'other', 'none', 'port'), rung
        assert world.isolated is False or rung == 'bind', (rung, why)
    assert get('HostManager') in ('unknown', 'none', 'other') and get('HelperState') == 'idle', get('HelperState')
    assert get('ZoneCount') == len(world.root.call('ListZones'))
    try:
        world.root.call_raw(NAME, PATH, 'org.freedesktop.DBus.Properties', 'Set', 'ssv', MANAGER, 'PortPolicy',
                            __import__('gi').repository.GLib.Variant('s', 'xdp'))
        raise AssertionError('written')
    except Exception as e:
        assert 'read' in str(e).lower() or 'denied' in str(e).lower(), e


def test_shapes(world):
    """calls of another shape, unknown methods and paths are refused"""
    expect('org.freedesktop.DBus.Error.InvalidArgs', world.root.call, 'CreateZone', 's', 'x.test')
    expect('org.freedesktop.DBus.Error.InvalidArgs', world.root.call, 'SetRecords', 'sa(sss)t', 'x.test', [], 0)
    expect('org.freedesktop.DBus.Error.UnknownMethod', world.root.call, 'Explode')
    try:  # descriptors are LoadZone's alone; others close them with the call (test-bus-zone-file.py)
        world.root.bus.call_with_unix_fd_list_sync(NAME, PATH, MANAGER, 'Explain', GLib.Variant('(h)', (0,)), None,
                                                   Gio.DBusCallFlags.NONE, -1, Gio.UnixFDList.new_from_array([
                                                       os.open('/dev/null', os.O_RDONLY)]), None)
        raise AssertionError('a descriptor was taken')
    except GLib.Error as e:
        assert 'InvalidArgs' in str(Gio.DBusError.get_remote_error(e)), e
    for path in ('/zone/nowhere', '/zone/INTROSPECT_2etest', '/zone'):
        try:
            world.root.get('Name', PATH + path, ZONE)
            raise AssertionError(path)
        except Exception as e:
            assert 'Unknown' in str(e), e


TESTS = [test_introspection, test_zones, test_zone_errors, test_records, test_record_errors, test_removal_errors,
         test_limits, test_listing, test_resolve, test_links, test_explain_reload, test_properties, test_shapes]

if __name__ == '__main__':
    run(World(sys.argv[1]), TESTS)
