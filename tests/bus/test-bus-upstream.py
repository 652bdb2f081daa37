#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Upstreams over D-Bus: set, listed, removed, kept, asked, flushed and counted, with a scripted server in their place.
Usage: test-bus-upstream.py SHARE53D"""

import os
import socket
import struct
import subprocess
import sys
import time

import upstream as u
from world import (Failure, MANAGER, PATH, UID_ALLOWED, UID_OTHER, World, expect, run, wait_for)

SET = 'sa(iayqs)t'
V4 = (2, [192, 0, 2, 53], 53, '')
V6 = (10, [0x20, 1, 0xd, 0xb8] + [0] * 11 + [0x53], 5353, '')
TLS = (2, [192, 0, 2, 54], 853, 'dns.example')
PROPERTIES = 'org.freedesktop.DBus.Properties'


def answers(name, kind):
    """What the scripted upstream knows: any name has an address, but nx… and nodata…; silent… gets none."""
    first = name.split('.')[0]
    if first.startswith('silent'):
        return None
    if first.startswith('nx'):
        return u.NXDOMAIN, [], [u.soa('test')]
    if kind != u.TYPES['A'] or first.startswith('nodata'):
        return u.NOERROR, [], [u.soa('test')]
    return u.NOERROR, [u.a(name, '192.0.2.7')], []


def upstreams(world):
    """The list, with servers as tuples that can be compared."""
    return [(d, [(f, list(o), p, t) for f, o, p, t in servers], flags, origin, uid, trouble)
            for d, servers, flags, origin, uid, trouble in world.root.call('ListUpstreams')]


def resolve(world, name, kind='A'):
    return world.root.call('Resolve', 'sst', name, kind, 0)


def statistics(world):
    return world.root.call('GetStatistics')


def clear(world):
    for upstream in world.root.call('ListUpstreams'):
        if upstream[3] == 'bus':
            world.root.call('RemoveUpstream', 's', upstream[0])


def test_set_and_list(world):
    """SetUpstream, ListUpstreams, RemoveUpstream, the property and its signal"""
    call = world.root.call
    seen = world.root.watch('PropertiesChanged', PROPERTIES, PATH)
    assert upstreams(world) == [] and world.root.get('Upstreams') == []
    call('SetUpstream', SET, 'Corp.Test.', [(2, [192, 0, 2, 53], 0, ''), V6], 0)
    text = '192.0.2.53 [2001:db8::53]:5353'
    # That of the Reload before may come first.
    wait_for(lambda: seen and seen[-1][1][:2] == (MANAGER, {'Upstreams': [('corp.test', text)]}), 'the signal')
    call('SetUpstream', SET, '.', [V4], 0)
    call('SetUpstream', SET, 'ads.test', [], 2)
    call('SetUpstream', SET, 'a.corp.test', [V4], 0)
    assert upstreams(world) == [
        ('.', [V4], 0, 'bus', 0, ''), ('ads.test', [], 2, 'bus', 0, ''),
        ('corp.test', [V4, V6], 0, 'bus', 0, ''), ('a.corp.test', [V4], 0, 'bus', 0, '')], upstreams(world)
    assert world.root.get('Upstreams') == [('.', '192.0.2.53'), ('ads.test', ''), ('corp.test', text),
                                           ('a.corp.test', '192.0.2.53')]
    del seen[:]
    call('SetUpstream', SET, '.', [V6], 0)
    wait_for(lambda: seen and ('.', '[2001:db8::53]:5353') in seen[-1][1][1].get('Upstreams', []),
             'the signal of a changed server')
    assert upstreams(world)[0] == ('.', [V6], 0, 'bus', 0, '')
    lines = [line for line in call('Explain') if line[0] == 'upstream corp.test']
    assert lines == [('upstream corp.test', text.replace(' ', ', '), 'set by SetUpstream')], lines
    call('RemoveUpstream', 's', 'CORP.test')
    expect('NoSuchUpstream', call, 'RemoveUpstream', 's', 'corp.test', quotes='"corp.test"')
    clear(world)
    assert upstreams(world) == []


def test_tls(world):
    """servers with a TLS name, or that this machine's libunbound cannot speak it"""
    tls = [TLS[:2] + (0, 'dns.example')]
    try:
        world.root.call('SetUpstream', SET, '.', tls, 0)
    except Failure as e:
        assert e.name.endswith('NotSupported') and 'OpenSSL' in e.message, e
        assert upstreams(world) == []
        return 'SKIP ' + e.message
    assert upstreams(world) == [('.', [TLS], 0, 'bus', 0, '')], upstreams(world)
    assert world.root.get('Upstreams') == [('.', '192.0.2.54#dns.example')]
    return ''


BAD = [
    ('InvalidName', ('a..b', [V4], 0), '"a..b"'),
    ('InvalidName', ('', [V4], 0), '""'),
    ('InvalidUpstream', ('x.test', [(3, [192, 0, 2, 53], 53, '')], 0), 'Server 0 ("family 3")'),
    ('InvalidUpstream', ('x.test', [V4, (2, [192, 0, 2], 53, '')], 0), 'Server 1 ("3 octets")'),
    ('InvalidUpstream', ('x.test', [(10, [192, 0, 2, 53], 53, '')], 0), 'Server 0 ("4 octets"): an IPv6'),
    ('InvalidUpstream', ('x.test', [(2, [0, 0, 0, 0], 53, '')], 0), '0.0.0.0:53"): it is no single address'),
    ('InvalidUpstream', ('x.test', [(2, [224, 0, 0, 251], 53, '')], 0), 'no unicast'),
    ('InvalidUpstream', ('x.test', [(10, [0xfe, 0x80] + [0] * 13 + [1], 53, '')], 0), 'link-local'),
    ('InvalidUpstream', ('x.test', [V4, V4], 0), 'Server 1 ("192.0.2.53:53"): given twice'),
    ('InvalidUpstream', ('x.test', [(2, [192, 0, 2, 53], 53, 'a b')], 0), '"a b"'),
    ('InvalidUpstream', ('x.test', [(2, [192, 0, 2, 53], 53, 'x\nforward-addr: 1.1.1.1')], 0), r'x\010forward'),
    ('InvalidUpstream', ('x.test', [(2, [192, 0, 2, 53], 53, 'a' * 64)], 0), 'host name'),
    ('InvalidUpstream', ('x.test', [(2, [192, 0, 2, 53], 53, ('a' * 63 + '.') * 4)], 0), 'host name'),
    ('InvalidUpstream', ('x.test', [V4, TLS], 0), 'Server 1 ("192.0.2.54:853"): the servers of one domain'),
    ('InvalidUpstream', ('x.test', [TLS, V4], 0), 'Server 1 ("192.0.2.53:53"): the servers of one domain'),
    ('InvalidFlags', ('x.test', [V4], 4), '0x4'),
    ('InvalidFlags', ('x.test', [V4], 1 << 63), '0x8000000000000000'),
    ('QuotaExceeded', ('x.test', [(2, [192, 0, 2, i], 53, '') for i in range(9)], 0), '8 servers'),
]


def no_tls(world):
    """Why a server with a TLS name is refused, or ''."""
    try:
        world.root.call('SetUpstream', SET, 'x.test', [TLS], 0)
    except Failure as e:
        return e.message
    return ''


def test_errors(world):
    """named errors quote the offending item, and change nothing"""
    for error, arguments, quoted in BAD:
        expect(error, world.root.call, 'SetUpstream', SET, *arguments, quotes=quoted)
    expect('InvalidName', world.root.call, 'RemoveUpstream', 's', 'a..b', quotes='"a..b"')
    expect('InvalidName', world.root.call, 'FlushCache', 's', 'a..b', quotes='"a..b"')
    world.write_config('[Upstream]\nServers=none\nTrustAnchor=/nonexistent/root.key\nCertificates=/nonexistent/ca\n')
    world.root.call('Reload')
    expect('NotSupported', world.root.call, 'SetUpstream', SET, 'x.test', [V4], 1,
           quotes=('/nonexistent/root.key', 'TrustAnchor='))
    expect('NotSupported', world.root.call, 'SetUpstream', SET, 'x.test', [TLS], 0,
           quotes=() if 'OpenSSL' in no_tls(world) else ('/nonexistent/ca', 'Certificates='))
    world.write_config('')
    world.root.call('Reload')
    assert upstreams(world) == []


def test_own_addresses(world):
    """an address of our own is refused as an upstream, and the reason told"""
    shares = [s for s in world.root.get('Shares') if s[1] in ('bind', 'other')]
    if not shares:
        return 'SKIP no address could be shared'
    address, port = shares[0][0].rsplit(':', 1)
    own = (2, list(socket.inet_aton(address)), int(port), '')
    expect('InvalidUpstream', world.root.call, 'SetUpstream', SET, '.', [V4, own], 0,
           quotes=('Server 1', shares[0][0], 'come back to us'))
    world.write_config('[Upstream]\nServers=%s\n' % address)
    world.root.call('Reload')
    assert upstreams(world) == [('.', [own], 0, 'config', 0, 'leads back to us')], upstreams(world)
    assert world.root.get('Upstreams') == []
    world.write_config('')
    world.root.call('Reload')
    return ''


def test_resolve(world):
    """Resolve asks the upstream of the longest domain, then the cache, and says so; flush and statistics"""
    call = world.root.call
    before = statistics(world)
    call('SetUpstream', SET, 'up.test', [world.one.server], 0)
    rd, ra = 0x100, 0x80
    rcode, flags, answer, source = resolve(world, 'A.up.test')
    assert (rcode, flags & (rd | ra)) == ('NOERROR', rd | ra), (rcode, flags)
    assert answer == [('a.up.test.', 'A', 300, '192.0.2.7')], answer
    assert source == 'upstream %s by rule up.test' % world.one.text, source
    rcode, flags, answer, source = resolve(world, 'a.up.test')
    assert (rcode, source) == ('NOERROR', 'cache, rule up.test') and answer[0][2] <= 300, (source, answer)
    assert resolve(world, 'nx.up.test')[0] == 'NXDOMAIN' and resolve(world, 'nx.up.test')[3] == 'cache, rule up.test'
    assert resolve(world, 'nodata.up.test')[::2] == ('NOERROR', [])
    assert world.one.names().count('a.up.test.') == 1 and world.one.names().count('nx.up.test.') == 1

    after = statistics(world)
    grown = {k: after[k] - before[k] for k in after if isinstance(after[k], int)}
    assert grown['ForwardQueries'] == 5 and grown['ForwardHits'] == 2 and grown['ForwardSent'] == 3, grown
    assert grown['CacheAnswers'] == 3 and grown['CacheOctets'] > 0 and after['CacheOctetsMax'] == 16 << 20, grown
    assert after['Upstreams']['up.test']['ForwardQueries'] == 5, after['Upstreams']
    assert grown['QueriesReceived'] == 0 == grown['QueriesAnswered'], 'Resolve is no client'

    assert call('FlushCache', 's', 'nothing.test') == 0
    assert call('FlushCache', 's', 'a.UP.test') == 1
    assert resolve(world, 'a.up.test')[3].startswith('upstream ')
    assert world.one.names().count('a.up.test.') == 2
    assert call('FlushCache', 's', '.') == 3 and statistics(world)['CacheAnswers'] == 0
    clear(world)


def test_longest_domain(world):
    """rules by longest domain, the default, a block, special-use names, zones"""
    call = world.root.call
    call('SetUpstream', SET, '.', [world.one.server], 0)
    call('SetUpstream', SET, 'two.example', [world.two.server], 0)
    call('SetUpstream', SET, 'ads.two.example', [], 0)
    call('CreateZone', 'st', 'zone.two.example', 0)
    call('SetRecords', 'sa(ssus)t', 'zone.two.example', [('x', 'A', 9, '192.0.2.9')], 0)
    assert resolve(world, 'x.example')[3] == 'default upstream ' + world.one.text
    assert resolve(world, 'x.example')[3] == 'cache, default upstream'
    assert resolve(world, 'x.two.example')[3] == 'upstream %s by rule two.example' % world.two.text
    assert resolve(world, 'two.example')[3].startswith('upstream ' + world.two.text)
    assert resolve(world, 'xtwo.example')[3] == 'default upstream ' + world.one.text
    assert resolve(world, 'x.ads.two.example')[::3] == ('NXDOMAIN', 'blocked by rule ads.two.example')
    assert resolve(world, 'x.zone.two.example')[2:] == ([('x.zone.two.example.', 'A', 9, '192.0.2.9')], 'zone zone.two.example')
    for name in ('localhost', 'x.onion', 'printer.local', '1.1.168.192.in-addr.arpa', 'x.home.arpa'):
        assert resolve(world, name)[3].startswith('special-use: '), (name, resolve(world, name))
        assert name + '.' not in world.one.names(), name
    for domain in ('local', 'home.arpa', 'onion', 'test', 'localhost', '168.192.in-addr.arpa', '8.b.d.0.1.0.0.2.ip6.arpa'):
        call('SetUpstream', SET, domain, [world.two.server], 0)
        name = 'x%d.%s' % (len(world.two.asked), domain)
        assert resolve(world, name)[2:] == ([(name + '.', 'A', 300, '192.0.2.7')], 'upstream %s by rule %s' % (
            world.two.text, domain)), (name, resolve(world, name))
    call('RemoveUpstream', 's', '.')
    assert resolve(world, 'y.example')[0] == 'REFUSED'
    call('RemoveZone', 's', 'zone.two.example')
    clear(world)


def ask(world, name, transport, kind=1):
    """One DNS query; gives rcode and the number of answers."""
    address, port = [s for s in world.root.get('Shares') if s[1] in ('bind', 'other')][0][0].rsplit(':', 1)
    question = struct.pack('>6H', 7, 0x100, 1, 0, 0, 0) + u.wire_name(name) + struct.pack('>2H', kind, 1)
    with socket.socket(socket.AF_INET, transport) as s:
        s.settimeout(10)
        s.connect((address, int(port)))
        if transport == socket.SOCK_STREAM:
            s.sendall(struct.pack('>H', len(question)) + question)
            answer = s.recv(2)
            answer = s.recv(4096)
        else:
            s.send(question)
            answer = s.recv(4096)
    return struct.unpack('>6H', answer[:12])[1] & 15, struct.unpack('>6H', answer[:12])[3]


def test_clients(world):
    """DNS clients get upstreams' answers, too, and are counted"""
    if not [s for s in world.root.get('Shares') if s[1] in ('bind', 'other')]:
        return 'SKIP no address could be shared'
    world.root.call('SetUpstream', SET, '.', [world.one.server], 0)
    before = statistics(world)
    for i, transport in enumerate((socket.SOCK_DGRAM, socket.SOCK_STREAM)):
        assert ask(world, 'c%d.example' % i, transport) == (0, 1)
        assert ask(world, 'c%d.example' % i, transport) == (0, 1)
        assert ask(world, 'nx%d.example' % i, transport) == (3, 0)
    after = statistics(world)
    grown = {k: after[k] - before[k] for k in after if isinstance(after[k], int)}
    assert grown['QueriesReceived'] == 6 and grown['QueriesAnswered'] == 4 and grown['QueriesNxdomain'] == 2, grown
    assert grown['ForwardHits'] == 2, grown
    clear(world)
    return ''


def test_silence(world):
    """an upstream that says nothing: SERVFAIL in time, with the reason"""
    world.root.call('SetUpstream', SET, '.', [world.one.server], 0)
    began = time.monotonic()
    rcode, flags, answer, source = resolve(world, 'silent.example')
    assert (rcode, answer) == ('SERVFAIL', []) and source.startswith('none: '), (rcode, source)
    assert source != 'none: SERVFAIL', 'an extended error says why'
    assert statistics(world)['ForwardTimeouts'] >= 1
    assert time.monotonic() - began < 30
    clear(world)
    return ''


def test_waiting_calls(world):
    """calls that wait for an upstream are limited, and a caller that leaves is forgotten"""
    if not world.polkit:
        return 'SKIP ' + (world.why_alone or 'polkitd is not installed')
    world.root.call('SetUpstream', SET, '.', [world.one.server], 0)
    world.write_config('[Limits]\nPendingCalls=2\n')
    world.root.call('Reload')
    user, replies = world.connect(UID_ALLOWED), []
    for i in range(3):
        user.send('Resolve', 'sst', 'silent%d.example' % i, 'A', 0, done=replies.append)
    wait_for(lambda: replies, 'one refusal')
    assert replies[0] and replies[0].endswith('QuotaExceeded'), replies
    user.close()
    second = world.connect(UID_ALLOWED)
    second.call('ListZones')
    assert second.call('Resolve', 'sst', 'a.example', 'A', 0)[0] == 'NOERROR'
    second.close()
    world.write_config('')
    world.root.call('Reload')
    clear(world)


def test_quota(world):
    """rules per uid are limited, but for root; a replaced rule takes no more room"""
    if not world.polkit:
        return 'SKIP ' + (world.why_alone or 'polkitd is not installed')
    world.write_config('[Limits]\nUpstreams=2\n')
    world.root.call('Reload')
    user = world.connect(UID_ALLOWED)
    for i in range(2):
        user.call('SetUpstream', SET, 'q%d.test' % i, [V4], 0)
    expect('QuotaExceeded', user.call, 'SetUpstream', SET, 'q2.test', [V4], 0, quotes=('2', 'Upstreams='))
    user.call('SetUpstream', SET, 'q1.test', [V6], 0)
    world.root.call('SetUpstream', SET, 'q0.test', [V4], 0)  # now root's
    user.call('SetUpstream', SET, 'q2.test', [V4], 0)
    for i in range(3, 150):
        world.root.call('SetUpstream', SET, 'q%d.test' % i, [], 0)
    expect('QuotaExceeded', world.root.call, 'SetUpstream', SET, 'more.test', [], 0, quotes='150')
    assert [x[4] for x in upstreams(world) if x[0] in ('q1.test', 'q2.test')] == [UID_ALLOWED] * 2
    user.close()
    clear(world)
    world.write_config('')
    world.root.call('Reload')
    return ''


def test_restarts(world):
    """rules outlive kill -9; the persistent ones a reboot, too"""
    call = world.root.call
    call('SetUpstream', SET, 'run.test', [V4, V6], 0)
    call('SetUpstream', SET, 'keep.test', [world.one.server], 2)
    call('SetUpstream', SET, 'moved.test', [V4], 2)
    call('SetUpstream', SET, 'moved.test', [V6], 0)
    call('SetUpstream', SET, 'gone.test', [V4], 2)
    call('RemoveUpstream', 's', 'gone.test')
    before = upstreams(world)
    assert len(before) == 3
    world.kill_daemon()
    world.start_daemon()
    assert upstreams(world) == before, upstreams(world)
    assert resolve(world, 'a.keep.test')[3] == 'upstream %s by rule keep.test' % world.one.text
    assert world.stop_daemon() == 0
    for name in os.listdir(world.runtime):
        os.unlink(world.runtime + '/' + name)
    world.start_daemon()
    assert upstreams(world) == [('keep.test', [world.one.server], 2, 'bus', 0, '')], upstreams(world)
    clear(world)


def test_configuration(world):
    """rules of the configuration: replaced by Reload, overridden by the bus's, which stay"""
    call = world.root.call
    world.write_config('[Upstream]\nServers=%s\n[Upstream a.test]\nServers=%s\n[Upstream b.test]\nServers=block\n' %
                       (world.one.text, world.two.text))
    call('SetUpstream', SET, 'a.test', [V4], 0)
    call('SetUpstream', SET, 'c.test', [V4], 0)
    call('Reload')
    assert upstreams(world) == [
        ('.', [world.one.server], 0, 'config', 0, ''), ('a.test', [V4], 0, 'bus', 0, ''),
        ('a.test', [world.two.server], 0, 'config', 0, 'overridden'), ('b.test', [], 0, 'config', 0, ''),
        ('c.test', [V4], 0, 'bus', 0, '')], upstreams(world)
    assert resolve(world, 'x.b.test')[3] == 'blocked by rule b.test'
    assert resolve(world, 'x.example')[3] == 'default upstream ' + world.one.text
    call('RemoveUpstream', 's', 'a.test')
    assert resolve(world, 'x.a.test')[3] == 'upstream %s by rule a.test' % world.two.text
    expect('NoSuchUpstream', call, 'RemoveUpstream', 's', 'a.test', quotes='"a.test"')

    call('Reload')
    assert resolve(world, 'x.example')[3] == 'cache, default upstream', 'an unchanged rule keeps its cache'
    world.write_config('[Upstream]\nServers=192.0.2.1\n Nonsense\n')
    expect('InvalidConfig', call, 'Reload', quotes=(world.config + ':3', 'Nonsense'))
    world.write_config('[Upstream]\nServers=%s\n[Upstream d.test]\nServers=192.0.2.4\n' % world.two.text)
    call('Reload')
    assert [x[0] for x in upstreams(world)] == ['.', 'c.test', 'd.test'], upstreams(world)
    assert resolve(world, 'x.example')[3] == 'default upstream ' + world.two.text
    world.write_config('')
    call('Reload')
    assert [x[0] for x in upstreams(world)] == ['c.test']
    clear(world)


def write_over(path, text):
    with open(path + '.new', 'w') as f:
        f.write(text)
    os.rename(path + '.new', path)


def test_host(world):
    """Servers=auto: whom the host would ask, noticed when it changes; never ourselves"""
    if not world.own_etc:
        return 'SKIP no /etc of its own: ' + world.why_alone
    call = world.root.call
    write_over('/etc/nsswitch.conf', 'hosts: files dns\n')
    write_over('/etc/resolv.conf', 'nameserver 127.53.0.1\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n')
    world.write_config('[Upstream]\nServers=auto\n')
    call('Reload')
    server = lambda *octets: (2, list(octets), 53, '')
    assert upstreams(world) == [('.', [server(192, 0, 2, 1), server(192, 0, 2, 2)], 0, 'host', 0, '')], upstreams(world)
    explained = [line for line in call('Explain') if line[0] == 'upstream of the host']
    assert explained and '127.53.0.1 (left out: ours)' in explained[0][1] and '/etc/resolv.conf' in explained[0][2]
    write_over('/etc/resolv.conf', 'nameserver 192.0.2.3\n')
    wait_for(lambda: world.root.get('Upstreams') == [('.', '192.0.2.3')], 'the change')
    write_over('/etc/resolv.conf', 'nameserver 127.0.0.53\n')
    wait_for(lambda: world.root.get('Upstreams') == [], 'the stub is left out')
    call('SetUpstream', SET, '.', [V4], 0)
    write_over('/etc/resolv.conf', 'nameserver 192.0.2.4\n')
    wait_for(lambda: len(upstreams(world)) == 2, 'both')
    assert [(x[3], x[5]) for x in upstreams(world)] == [('bus', ''), ('host', 'overridden')], upstreams(world)
    clear(world)
    world.write_config('')
    call('Reload')
    assert upstreams(world) == []
    return ''


def test_disk_full(world):
    """a rule that cannot be written is refused, and the former one is back"""
    if not world.isolated:
        return 'SKIP no mount namespace: ' + world.why_alone
    assert world.stop_daemon() == 0
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m,mode=0700,uid=%d' % world.uid, 'none', world.runtime],
                   check=True)
    world.start_daemon()
    try:
        with open(world.runtime + '/fill', 'wb', 0) as f:
            while True:
                f.write(bytes(512))
    except OSError:
        pass
    kept, failed = None, 0
    for i in range(600):  # the file grows by each, until there is no room
        server = (2, [192, 0, 2 + i // 250, 1 + i % 250], 53, '')
        try:
            world.root.call('SetUpstream', SET, 'full.test', [server], 0)
            kept = server
        except Exception as e:
            assert 'StorageFailed' in str(e) and '"full.test"' in str(e), e
            failed += 1
            break
    assert failed == 1
    assert [x[1] for x in upstreams(world)] == ([[kept]] if kept else []), (kept, upstreams(world))
    os.unlink(world.runtime + '/fill')
    world.root.call('SetUpstream', SET, 'full.test', [V6], 0)
    assert world.stop_daemon() == 0
    world.start_daemon()
    assert [x[1] for x in upstreams(world)] == [[V6]], upstreams(world)
    assert world.stop_daemon() == 0
    subprocess.run(['umount', world.runtime], check=True)
    world.start_daemon()
    return ''


class UpstreamWorld(World):
    """With two scripted upstreams, and an /etc whose files may be replaced."""

    def _isolate(self):
        self.own_etc = False
        why = super()._isolate()
        if not why:
            layers = self.dir + '/etc-layers'
            os.mkdir(layers)
            done = subprocess.run(['mount', '-t', 'tmpfs', 'none', layers]).returncode == 0
            if done:
                os.mkdir(layers + '/upper')
                os.mkdir(layers + '/work')
                done = subprocess.run(['mount', '-t', 'overlay', '-o', 'lowerdir=/etc,upperdir=%s/upper,workdir=%s/work' %
                                       (layers, layers), 'none', '/etc']).returncode == 0
            if done:  # what was bound over files of /etc is below it now
                for name in ('passwd', 'group'):
                    subprocess.run(['cp', '%s/%s' % (self.dir, name), '/etc/' + name], check=True)
                os.makedirs('/etc/polkit-1/rules.d', exist_ok=True)
                if os.path.isdir(self.dir + '/rules'):
                    subprocess.run(['mount', '--bind', self.dir + '/rules', '/etc/polkit-1/rules.d'], check=True)
            self.own_etc = done
        return why

    def close(self):
        if self.own_etc:
            subprocess.run(['umount', '--lazy', '/etc', self.dir + '/etc-layers'], check=True)
        super().close()

    def start(self, polkit):
        self.one, self.two = u.Upstream(answers), u.Upstream(answers)
        super().start(polkit)


TESTS = [test_set_and_list, test_tls, test_errors, test_own_addresses, test_resolve, test_longest_domain, test_clients,
         test_silence, test_waiting_calls, test_quota, test_restarts, test_configuration, test_host, test_disk_full]


def alone(test):
    """TEST, with nothing left of the one before."""
    def begin(world):
        world.write_config('')
        world.root.call('Reload')
        clear(world)
        return test(world)
    begin.__doc__ = test.__doc__
    return begin


if __name__ == '__main__':
    run(UpstreamWorld(sys.argv[1]), [alone(test) for test in TESTS], polkit=True)
