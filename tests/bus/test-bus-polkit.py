#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may do what: the real polkitd with rules, and a stand-in for it where time or a fault must be at our command.
Usage: test-bus-polkit.py SHARE53D"""

import sys

from gi.repository import Gio, GLib

from world import (DENIED, MANAGER, NAME, PATH, POLKIT, UID_ALLOWED, UID_ASKED, UID_OTHER, UID_REFUSED,
                   World, expect, run, wait_for)

PUT = 'sa(ssus)t'
RECORD = [('db', 'A', 60, '192.0.2.7')]

# Each method, the action it wants, and a call that is right in every other way.
CALLS = [
    ('read-status', ('ListZones',)),
    ('read-status', ('Explain',)),
    ('read-status', ('Resolve', 'sst', 'db.auth.test', 'A', 0)),
    ('read-records', ('ListRecords', 'ssuu', 'auth.test', '', 0, 0)),
    ('manage-records', ('SetRecords', PUT, 'auth.test', RECORD, 0)),
    ('manage-records', ('AddRecords', PUT, 'auth.test', RECORD, 0)),
    ('manage-records', ('ReplaceZone', PUT, 'auth.test', RECORD, 0)),
    ('manage-records', ('RemoveRecords', 'sa(sss)t', 'auth.test', [('db', '', '')], 0)),
    ('manage-zones', ('CreateZone', 'st', 'new.test', 0)),
    ('manage-zones', ('RemoveZone', 's', 'new.test')),
    ('read-status', ('ListUpstreams',)),
    ('read-status', ('GetStatistics',)),
    ('manage-upstreams', ('SetUpstream', 'sa(iayqs)t', 'up.test', [(2, [192, 0, 2, 53], 0, '')], 0)),
    ('manage-upstreams', ('RemoveUpstream', 's', 'up.test')),
    ('flush-cache', ('FlushCache', 's', '.')),
    ('manage-link', ('SetLink', 'iasb', 1, ['corp.test'], False)),
    ('reload', ('Reload',)),
]

INTROSPECTION = '''<node><interface name="org.freedesktop.PolicyKit1.Authority">
<method name="CheckAuthorization"><arg type="(sa{sv})" direction="in"/><arg type="s" direction="in"/>
<arg type="a{ss}" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
<arg type="(bba{ss})" direction="out"/></method>
<method name="CancelCheckAuthorization"><arg type="s" direction="in"/></method></interface></node>'''


class StandIn:
    """In polkitd's place: keeps what it is asked, answers when it is told to."""

    def __init__(self, world):
        self.connection = world.connect()
        self.asked, self.cancelled = [], []
        info = Gio.DBusNodeInfo.new_for_xml(INTROSPECTION).interfaces[0]
        self.connection.bus.register_object('/org/freedesktop/PolicyKit1/Authority', info, self._on_call, None, None)
        reply = self.connection.call_raw('org.freedesktop.DBus', '/', 'org.freedesktop.DBus', 'RequestName', 'su',
                                         POLKIT, 4)
        assert reply == 1, reply

    def _on_call(self, bus, sender, path, interface, method, parameters, invocation):
        if method == 'CancelCheckAuthorization':
            self.cancelled.append(parameters.unpack()[0])
        else:
            self.asked.append((parameters.unpack(), invocation))

    def wait(self, n):
        wait_for(lambda: len(self.asked) >= n, '%d questions to polkit' % n)

    def answer(self, i, yes, challenge=False):
        self.asked[i][1].return_value(GLib.Variant('((bba{ss}))', ((yes, challenge, {}),)))

    def close(self):
        self.connection.close()


class Caller:
    """A connection whose calls do not wait."""

    def __init__(self, world, uid):
        self.connection = world.connect(uid)
        self.results = []

    def send(self, *call):
        self.connection.send(*call, done=self.results.append)

    def wait(self, n):
        wait_for(lambda: len(self.results) >= n, '%d replies' % n)
        return self.results


def real(world):
    return '' if world.polkit else 'SKIP ' + (world.why_alone or 'polkitd is not installed')


def test_refused(world):
    """polkitd: a user without a rule, and one with a rule against, is refused each method"""
    if real(world):
        return real(world)
    for uid in (UID_ASKED, UID_REFUSED):
        user = world.connect(uid)
        for action, call in CALLS:
            if uid == UID_ASKED and action == 'read-status':
                user.call(*call)  # the default is yes
            elif call[0] not in ('RemoveZone', 'RemoveUpstream'):  # those are not there
                expect(DENIED, user.call, *call, quotes='org.share53.Resolver1.' + action)
        user.close()
    assert [z[0] for z in world.root.call('ListZones')] == ['auth.test']
    assert world.root.call('ListRecords', 'ssuu', 'auth.test', '', 0, 0) == ([], 0)
    assert world.root.call('ListUpstreams') == []


def test_allowed(world):
    """polkitd: the same calls by a user whom a rule allows, whose records and zones bear the uid"""
    if real(world):
        return real(world)
    user = world.connect(UID_ALLOWED)
    for action, call in CALLS:
        if call[0] == 'SetLink':
            expect('HostManagerUnsupported', user.call, *call)
            continue
        user.call(*call)
        if call[0] == 'ReplaceZone':
            assert user.call('ListRecords', 'ssuu', 'auth.test', '', 0, 0)[0][0][4] == UID_ALLOWED
        if call[0] == 'SetUpstream':
            assert [u[4] for u in user.call('ListUpstreams') if u[0] == 'up.test'] == [UID_ALLOWED]
        if call[0] == 'CreateZone':
            assert [z[4] for z in user.call('ListZones') if z[0] == 'new.test'] == [UID_ALLOWED]
    user.close()


def test_zone_detail(world):
    """polkitd: a rule may decide by the zone, or by the domain of an upstream"""
    if real(world):
        return real(world)
    user = world.connect(UID_OTHER)
    user.call('CreateZone', 'st', 'mail.test', 0)
    user.call('SetRecords', PUT, 'mail.test', RECORD, 0)
    expect(DENIED, user.call, 'SetRecords', PUT, 'auth.test', RECORD, 0)
    expect(DENIED, user.call, 'CreateZone', 'st', 'mail2.test', 0)
    user.call('RemoveZone', 's', 'mail.test')
    server = [(2, [192, 0, 2, 53], 0, '')]
    user.call('SetUpstream', 'sa(iayqs)t', 'mail.test', server, 0)
    expect(DENIED, user.call, 'SetUpstream', 'sa(iayqs)t', 'mail2.test', server, 0)
    expect(DENIED, user.call, 'SetUpstream', 'sa(iayqs)t', '.', server, 0)
    user.call('RemoveUpstream', 's', 'mail.test')
    user.close()


def test_interactive(world):
    """polkitd: without an agent a call that allows interaction is refused too, in words of its own"""
    if real(world):
        return real(world)
    user = world.connect(UID_ASKED)
    e = expect(DENIED, user.call, 'SetRecords', PUT, 'auth.test', RECORD, 0)
    assert 'interactive' in e.message, e.message
    e = expect(DENIED, user.call, 'SetRecords', PUT, 'auth.test', RECORD, 0, interactive=True)
    assert 'interactive' not in e.message, e.message
    user.close()


def test_quota(world):
    """zones and records per uid: QuotaExceeded names the limit; replacing at the limit goes on; root is exempt"""
    if real(world):
        return real(world)
    world.write_config('[Limits]\nZones=2\nRecords=3\n')
    world.root.call('Reload')
    user = world.connect(UID_ALLOWED)
    some = lambda n, start=0: [('q%d' % i, 'A', 60, '192.0.2.1') for i in range(start, start + n)]
    user.call('CreateZone', 'st', 'q1.test', 0)
    user.call('CreateZone', 'st', 'q2.test', 0)
    expect('QuotaExceeded', user.call, 'CreateZone', 'st', 'q3.test', 0, quotes=('q3.test', '2 zones'))
    expect('QuotaExceeded', user.call, 'SetRecords', PUT, 'q1.test', some(4), 0, quotes=('q1.test', '3 records'))
    user.call('SetRecords', PUT, 'q1.test', some(3), 0)
    user.call('SetRecords', PUT, 'q1.test', some(3), 0)
    user.call('AddRecords', PUT, 'q1.test', some(3), 0)
    user.call('ReplaceZone', PUT, 'q1.test', some(3, 5), 0)
    expect('QuotaExceeded', user.call, 'AddRecords', PUT, 'q2.test', some(1), 0)
    world.root.call('SetRecords', PUT, 'q2.test', some(9), 0)
    world.root.call('RemoveRecords', 'sa(sss)t', 'q1.test', [('q5', '', '')], 0)
    user.call('AddRecords', PUT, 'q2.test', some(1, 90), 0)
    expect('QuotaExceeded', user.call, 'AddRecords', PUT, 'q2.test', some(1, 91), 0)
    world.kill_daemon()
    world.start_daemon()
    expect('QuotaExceeded', user.call, 'AddRecords', PUT, 'q2.test', some(1, 91), 0)
    expect('QuotaExceeded', user.call, 'CreateZone', 'st', 'q3.test', 0)
    user.call('RemoveZone', 's', 'q1.test')
    user.call('AddRecords', PUT, 'q2.test', some(1, 91), 0)
    user.call('RemoveZone', 's', 'q2.test')
    user.close()


def test_polkitd_dies(world):
    """polkitd gone: everyone but root is refused"""
    if world.polkit:
        world.end('polkitd')
        wait_for(lambda: not world.has_owner(POLKIT), 'polkitd has gone')
    user = world.connect(UID_ALLOWED)
    for action, call in CALLS:
        if call[0] not in ('RemoveZone', 'RemoveUpstream'):
            expect(DENIED, user.call, *call, quotes=action)
    world.root.call('SetRecords', PUT, 'auth.test', RECORD, 0)
    world.root.call('RemoveRecords', 'sa(sss)t', 'auth.test', [('db', '', '')], 0)
    user.close()


def test_question(world):
    """what polkit is asked: subject, action, zone, and interaction only if the caller allows it"""
    polkit, user = StandIn(world), Caller(world, UID_OTHER)
    user.send('SetRecords', PUT, 'AUTH.test', RECORD, 0)
    polkit.wait(1)
    (subject, action, details, flags, cancellation), _ = polkit.asked[0]
    assert subject == ('system-bus-name', {'name': user.connection.name}), subject
    assert action == NAME + '.manage-records' and details == {'zone': 'auth.test'} and flags == 0
    assert cancellation
    assert user.results == [] and world.root.call('ListRecords', 'ssuu', 'auth.test', '', 0, 0) == ([], 0)
    polkit.answer(0, True)
    assert user.wait(1) == [None]
    assert len(world.root.call('ListRecords', 'ssuu', 'auth.test', '', 0, 0)[0]) == 1

    user.connection.bus.call(NAME, PATH, MANAGER, 'Reload', None, None,
                             Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION, -1, None, None)
    polkit.wait(2)
    assert polkit.asked[1][0][3] == 1 and polkit.asked[1][0][1] == NAME + '.reload'
    polkit.answer(1, False)
    polkit.close()
    user.connection.close()


def test_revalidated(world):
    """what became wrong while polkit was asked is refused afterwards"""
    polkit, user = StandIn(world), Caller(world, UID_OTHER)
    world.root.call('CreateZone', 'st', 'going.test', 0)
    user.send('SetRecords', PUT, 'going.test', RECORD, 0)
    user.send('CreateZone', 'st', 'coming.test', 0)
    polkit.wait(2)
    world.root.call('RemoveZone', 's', 'going.test')
    world.root.call('CreateZone', 'st', 'coming.test', 0)
    polkit.answer(0, True)
    polkit.answer(1, True)
    names = [(n or '').split('.')[-1] for n in user.wait(2)]
    assert sorted(names) == ['NoSuchZone', 'ZoneExists'], names
    world.root.call('RemoveZone', 's', 'coming.test')
    polkit.close()
    user.connection.close()


def test_late_records(world):
    """records behind the first 64 are validated after the answer, and refused as the others are"""
    polkit, user = StandIn(world), Caller(world, UID_OTHER)
    good = [('g%d' % i, 'A', 60, '192.0.2.1') for i in range(100)]
    user.send('SetRecords', PUT, 'auth.test', good + [('bad', 'A', 60, 'nonsense')], 0)
    user.send('SetRecords', PUT, 'auth.test', [('bad', 'A', 60, 'nonsense')] + good, 0)
    assert user.wait(1) == [NAME + '.Error.InvalidRecord'], 'nobody is asked for a call that is wrong at once'
    polkit.wait(1)
    polkit.answer(0, True)
    assert user.wait(2)[1] == NAME + '.Error.InvalidRecord'
    assert not world.root.call('ListRecords', 'ssuu', 'auth.test', 'g*', 0, 0)[0]
    polkit.close()
    user.connection.close()


def test_caller_leaves(world):
    """a caller who leaves during the check: polkit is told, the late yes changes nothing"""
    polkit, user = StandIn(world), Caller(world, UID_OTHER)
    user.send('SetRecords', PUT, 'auth.test', [('ghost', 'A', 60, '192.0.2.1')], 0)
    polkit.wait(1)
    user.connection.close()
    wait_for(lambda: polkit.cancelled == [polkit.asked[0][0][4]], 'the check is cancelled')
    polkit.answer(0, True)
    world.root.call('ListZones')
    assert not world.root.call('ListRecords', 'ssuu', 'auth.test', 'ghost*', 0, 0)[0]
    polkit.close()


def test_polkit_dies_during_check(world):
    """polkit dies during the check, answers nonsense or an error: refused"""
    user = Caller(world, UID_OTHER)
    polkit = StandIn(world)
    user.send('Reload')
    polkit.wait(1)
    polkit.close()
    assert user.wait(1) == [DENIED]

    polkit = StandIn(world)
    user.send('Reload')
    polkit.wait(1)
    polkit.asked[0][1].return_dbus_error('org.freedesktop.PolicyKit1.Error.Failed', 'red \x1b[31m')
    assert user.wait(2)[1] == DENIED
    user.send('Reload')
    polkit.wait(2)
    polkit.answer(1, False, True)
    assert user.wait(3)[2] == DENIED
    polkit.close()
    user.connection.close()
    assert '\x1b' not in world.log()


def test_pending_limits(world):
    """checks that wait are limited per uid and in total; others go on meanwhile"""
    world.write_config('[Limits]\nPendingCalls=3\n')
    world.root.call('Reload')
    polkit = StandIn(world)
    users = [Caller(world, uid) for uid in (UID_OTHER, UID_OTHER, UID_ALLOWED, UID_ASKED, UID_REFUSED, 9)]
    users[0].send('ListZones')
    users[1].send('ListZones')
    polkit.wait(2)
    users[0].send('ListZones')
    polkit.wait(3)
    users[1].send('ListZones')
    assert users[1].wait(1) == [NAME + '.Error.QuotaExceeded'], 'per uid, not per connection'
    for i, user in enumerate(users[2:5]):
        for _ in range(3):
            user.send('ListZones')
        polkit.wait(3 + 3 * (i + 1))
    users[5].send('ListZones')
    assert users[5].wait(1) == [NAME + '.Error.QuotaExceeded'], 'in total'
    world.root.call('ListZones')
    for i in range(12):
        polkit.answer(i, True)
    for user, n in zip(users, (2, 2, 3, 3, 3)):
        user.wait(n)
        assert user.results.count(None) == n - (user is users[1]), user.results
    users[5].send('ListZones')
    polkit.wait(13)
    polkit.answer(12, True)
    assert users[5].wait(2)[1] is None
    polkit.close()
    for user in users:
        user.connection.close()


def test_waiting_octets(world):
    """big calls that wait are limited by the octets they hold"""
    world.write_config('')
    world.root.call('Reload')
    polkit, user = StandIn(world), Caller(world, UID_OTHER)
    text = ' '.join(['"%s"' % ('x' * 250)] * 200)
    heavy = [('t%d' % i, 'TXT', 60, text) for i in range(3 * 1024 * 1024 // len(text))]
    for _ in range(10):
        user.send('SetRecords', PUT, 'auth.test', heavy, 0)
    polkit.wait(10)
    user.send('SetRecords', PUT, 'auth.test', heavy, 0)
    user.send('SetRecords', PUT, 'auth.test', heavy, 0)
    assert user.wait(1) == [NAME + '.Error.QuotaExceeded'], user.results
    polkit.answer(0, False)
    user.wait(2)
    for i in range(1, len(polkit.asked)):
        polkit.answer(i, False)
    user.wait(12)
    polkit.close()
    user.connection.close()


TESTS = [test_refused, test_allowed, test_zone_detail, test_interactive, test_quota, test_polkitd_dies, test_question,
         test_revalidated, test_late_records, test_caller_leaves, test_polkit_dies_during_check, test_pending_limits,
         test_waiting_octets]


class AuthWorld(World):
    def start(self, polkit):
        super().start(polkit)
        self.root.call('CreateZone', 'st', 'auth.test', 0)


if __name__ == '__main__':
    run(AuthWorld(sys.argv[1]), TESTS, polkit=True)
