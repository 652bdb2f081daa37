#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""share53ctl against the real share53d, on a private bus with the real polkitd where that can be had."""

import json
import os
import subprocess
import sys

import world as w

CTL = os.environ['SHARE53CTL']


def ctl(world, *arguments, uid=0, status=0, error='', text=None):
    """Runs it, with TEXT on its stdin; checks exit status and what stderr holds. Gives stdout."""
    program = os.open(CTL, os.O_PATH)  # UID may have no way to the build tree
    try:
        run = subprocess.run(['/proc/self/fd/%d' % program, *arguments], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, input=text or '', timeout=w.DEADLINE,
                             pass_fds=[program], env={**os.environ, 'DBUS_SYSTEM_BUS_ADDRESS': world.address},
                             user=uid or None, group=uid or None, extra_groups=[] if uid else None)
    finally:
        os.close(program)
    assert run.returncode == status, (arguments, run.returncode, run.stdout, run.stderr)
    assert error in run.stderr if error else run.stderr == '', run.stderr
    return run.stdout


def ctl_json(world, *arguments, **named):
    return json.loads(ctl(world, '--json', *arguments, **named))


def rows(text):
    return [line.split() for line in text.splitlines()]


def test_zones(world):
    """zones are added, listed and removed"""
    ctl(world, 'zone', 'add', 'corp.internal')
    ctl(world, 'zone', 'add', 'Kept.Test.', '--persistent')
    table = rows(ctl(world, 'zone', 'list'))
    assert [r[:2] for r in table] == [['ZONE', 'LIFE'], ['corp.internal', 'runtime'],
                                      ['kept.test', 'persistent']], table
    assert table[1][3] == 'root', table
    zones = {z['name']: z for z in ctl_json(world, 'zone', 'list')['zones']}
    assert zones['kept.test']['flags'] == 1 and zones['corp.internal']['flags'] == 0, zones
    ctl(world, 'zone', 'add', 'corp.internal', status=1, error='corp.internal')
    ctl(world, 'zone', 'add', 'a..b', status=1, error='a..b')
    ctl(world, 'zone', 'remove', 'kept.test')
    ctl(world, 'zone', 'remove', 'kept.test', status=5, error='"share53ctl zone list" shows the zones')


def test_records(world):
    """records are set, added, listed and removed"""
    serial = ctl_json(world, 'record', 'set', 'corp.internal', 'db', 'A', '5m', '192.0.2.7', '192.0.2.8')['serial']
    assert ctl_json(world, 'record', 'add', 'corp.internal', 'db', 'a', '60', '192.0.2.9')['serial'] > serial
    ctl(world, 'record', 'set', 'corp.internal', 'www', 'CNAME', '1h', 'db')
    ctl(world, 'record', 'set', 'corp.internal', '@', 'TXT', '0', '"v=spf1 -all"')
    table = rows(ctl(world, 'record', 'list', 'corp.internal'))
    assert table[0] == ['NAME', 'TTL', 'TYPE', 'RDATA', 'LIFE', 'OWNER'], table
    assert ['db.corp.internal.', '300s', 'A', '192.0.2.7', 'runtime', 'root'] in table, table
    assert ['www.corp.internal.', '3600s', 'CNAME', 'db.corp.internal.', 'runtime', 'root'] in table, table
    found = ctl_json(world, 'record', 'list', 'corp.internal', 'd*')['records']
    assert [r['rdata'] for r in found] == ['192.0.2.7', '192.0.2.8', '192.0.2.9'], found
    ctl(world, 'record', 'remove', 'corp.internal', 'db', 'A', '192.0.2.8', '192.0.2.9')
    assert len(ctl_json(world, 'record', 'list', 'corp.internal', 'db*')['records']) == 1
    ctl(world, 'record', 'remove', 'corp.internal', 'www')
    ctl(world, 'record', 'remove', 'corp.internal', 'www', status=5, error='www')
    ctl(world, 'record', 'set', 'corp.internal', 'x', 'A', '1', '1.2.3', status=1, error='1.2.3')
    ctl(world, 'record', 'set', 'corp.internal', 'x', 'A', '1', '192.0.2.1', '--persistent', status=1,
        error='persistent')
    ctl(world, 'record', 'list', 'nowhere.test', status=5, error='nowhere.test')


def test_zone_files(world):
    """zones are loaded from files and pipes, and dumped to them"""
    path, out = world.dir + '/lab.zone', world.dir + '/out.zone'
    ctl(world, 'zone', 'add', 'lab.test', '--persistent')
    with open(path, 'w') as f:
        f.write('$TTL 1m\n@ TXT "a lab"\ndb A 192.0.2.7\n')
    loaded = ctl_json(world, 'zone', 'load', 'lab.test', path, '--persistent')
    assert loaded['zone'] == 'lab.test' and loaded['records'] == 2 and loaded['serial'] > 0, loaded
    assert ['db.lab.test.', '60s', 'A', '192.0.2.7', 'persistent', 'root'] in rows(ctl(world, 'record', 'list',
                                                                                     'lab.test'))
    dumped = ctl(world, 'zone', 'dump', 'lab.test')
    assert dumped.split('\n')[1:] == ['$ORIGIN lab.test.', '$TTL 60', '@      60 IN TXT    "a lab"',
                                      'db     60 IN A      192.0.2.7', ''], dumped
    assert ctl(world, 'zone', 'dump', 'lab.test', out) == ''
    with open(out) as f:
        assert f.read().split('\n')[1:] == dumped.split('\n')[1:]
    assert ctl_json(world, 'zone', 'dump', 'lab.test')['text'].split('\n')[1:] == dumped.split('\n')[1:]
    assert ctl(world, 'zone', 'load', 'lab.test', '-', text='') == ''
    assert ctl(world, 'zone', 'load', 'lab.test', '-', text=dumped) == ''
    assert ctl(world, 'zone', 'dump', 'lab.test').split('\n')[1:] == dumped.split('\n')[1:]

    ctl(world, 'zone', 'load', 'lab.test', '-', text='a A 192.0.2.1\nb A x\n', status=1, error='line 2: ')
    ctl(world, 'zone', 'load', 'lab.test', '/nowhere', status=1, error='Cannot read /nowhere: No such file')
    ctl(world, 'zone', 'load', 'lab.test', '/', status=1, error='Cannot read /: Is a directory')
    ctl(world, 'zone', 'load', 'nowhere.test', path, status=5, error='nowhere.test')
    ctl(world, 'zone', 'load', 'lab.test', status=2, error='zone load')
    ctl(world, 'zone', 'dump', 'nowhere.test', out, status=5, error='nowhere.test')
    with open(out) as f:
        assert f.read(), 'a dump that failed has emptied its file'
    ctl(world, 'zone', 'dump', 'lab.test', '/dev/full', status=1, error='Cannot write /dev/full: No space')
    ctl(world, 'zone', 'remove', 'lab.test')


def test_pages(world):
    """a list of many pages is whole"""
    ctl(world, 'zone', 'add', 'big.test')
    for start in range(0, 2500, 1250):
        world.root.call('AddRecords', 'sa(ssus)t', 'big.test',
                        [('h%d' % i, 'A', 60, '192.0.2.1') for i in range(start, start + 1250)], 0)
    names = [r['name'] for r in ctl_json(world, 'record', 'list', 'big.test')['records']]
    assert len(names) == len(set(names)) == 2500, len(names)
    assert len(ctl(world, 'record', 'list', 'big.test').splitlines()) == 2501
    ctl(world, 'zone', 'remove', 'big.test')


def test_queries(world):
    """queries show answer, source and status"""
    text = ctl(world, 'query', 'db.corp.internal')
    first = text.splitlines()[0]
    assert first.startswith('db.corp.internal A: NOERROR, flags: aa'), text
    assert first.endswith(', source: zone corp.internal'), text
    assert ['db.corp.internal.', '300s', 'A', '192.0.2.7'] in rows(text), text
    assert ctl_json(world, 'query', 'nx.corp.internal', status=5)['rcode'] == 'NXDOMAIN'
    assert 'without data' in ctl(world, 'query', 'db.corp.internal', 'AAAA', status=5)
    assert ctl_json(world, 'query', 'elsewhere.example', status=1)['rcode'] == 'REFUSED'
    answer = ctl_json(world, 'query', 'corp.internal', 'txt')['answer']
    assert [a['rdata'] for a in answer] == ['"v=spf1 -all"'], answer


def test_status(world):
    """the status names shares, counts and each step"""
    status = ctl_json(world, 'status')
    assert status['zone_count'] == 1 and status['record_count'] == 2, status
    assert status['port_policy'] == world.root.get('PortPolicy')
    assert [tuple(s.values()) for s in status['shares']] == world.root.get('Shares'), status
    assert [tuple(t.values()) for t in status['trace']] == world.root.call('Explain'), status
    assert '1 zone, 2 records' in ctl(world), ctl(world)


def test_links(world):
    """links that cannot be set are refused with a reason"""
    assert ctl_json(world, 'link') == {'links': []}
    ctl(world, 'link', 'set', 'nolink0', 'corp.internal', status=5, error='nolink0')
    ctl(world, 'link', 'set', '4242', 'corp.internal', status=5, error='4242')
    ctl(world, 'link', 'revert', 'lo', status=5, error='lo')


def test_upstreams(world):
    """upstreams are set, listed and removed; flush and stats answer"""
    ctl(world, 'upstream', 'set', 'Corp.Test.', '192.0.2.53', '[2001:db8::53]:5353')
    ctl(world, 'upstream', 'set', 'ads.test', '--block', '--persistent')
    table = rows(ctl(world, 'upstream'))
    assert table == [['DOMAIN', 'LIFE', 'STATE', 'OWNER', 'SERVERS'],
                     ['ads.test', 'persistent', 'in', 'use', 'root', 'blocked'],
                     ['corp.test', 'runtime', 'in', 'use', 'root', '192.0.2.53', '[2001:db8::53]:5353']], table
    assert ctl_json(world, 'upstream', 'list')['upstreams'][1]['servers'] == ['192.0.2.53', '[2001:db8::53]:5353']
    assert 'blocked' in ctl(world, 'status') and ctl_json(world, 'status')['upstreams'][0]['domain'] == 'ads.test'
    share = world.root.get('Shares')[0]
    if share[1] == 'bind':
        ctl(world, 'upstream', 'set', '.', share[0], status=1, error='an address of our own')
    ctl(world, 'upstream', 'set', 'a..b', '192.0.2.1', status=1, error='a..b')
    assert ctl_json(world, 'flush') == {'name': '.', 'flushed': 0}
    assert 'received' in ctl(world, 'stats') and ctl_json(world, 'stats')['Zones'] == 1
    ctl(world, 'upstream', 'remove', 'corp.test')
    ctl(world, 'upstream', 'remove', 'corp.test', status=5, error='"share53ctl upstream list" shows')
    ctl(world, 'upstream', 'remove', 'ads.test')


def test_reload(world):
    """a wrong configuration is refused with file and line"""
    ctl(world, 'reload')
    world.write_config('[Share]\nNonsense=1\n')
    ctl(world, 'reload', status=1, error='share53.conf:2: ')
    world.write_config('')
    assert ctl_json(world, 'reload') == {'reloaded': True}


def test_watch(world):
    """changes are shown as they happen"""
    watch = subprocess.Popen([CTL, 'watch', '--json'], stdout=subprocess.PIPE, text=True,
                             env={**os.environ, 'DBUS_SYSTEM_BUS_ADDRESS': world.address})

    def next_of(kind):
        while True:
            event = json.loads(watch.stdout.readline())
            if event['event'] == kind:
                return event
    try:
        assert next_of('service')['state'] == 'running'
        ctl(world, 'zone', 'add', 'seen.test')
        assert next_of('zone-added')['zone'] == 'seen.test'
        serial = ctl_json(world, 'record', 'set', 'seen.test', 'a', 'A', '1', '192.0.2.1')['serial']
        event = next_of('records')
        assert (event['zone'], event['serial'], event['names']) == ('seen.test', serial, ['a.seen.test.']), event
        ctl(world, 'zone', 'remove', 'seen.test')
        assert next_of('zone-removed')['zone'] == 'seen.test'
    finally:
        watch.terminate()
    assert watch.wait(w.DEADLINE) == 0


def test_authorisation(world):
    """who may not is told what to do"""
    if not world.polkit:
        return 'SKIP no polkitd: ' + (world.why_alone or 'not installed')
    ctl(world, 'zone', 'add', 'x.test', uid=w.UID_REFUSED, status=4, error='polkit')
    ctl(world, 'record', 'set', 'corp.internal', 'y', 'A', '1', '192.0.2.1', uid=w.UID_REFUSED, status=4,
        error='org.share53.Resolver1.manage-records')
    ctl(world, 'upstream', 'set', 'x.test', '192.0.2.1', uid=w.UID_REFUSED, status=4, error='manage-upstreams')
    ctl(world, 'flush', uid=w.UID_REFUSED, status=4, error='flush-cache')
    ctl(world, 'record', 'set', 'corp.internal', 'y', 'A', '1', '192.0.2.1', uid=w.UID_ALLOWED)
    assert 'games' in ctl(world, 'record', 'list', 'corp.internal', 'y*')
    assert 'corp.internal' in ctl(world, 'zone', 'list', uid=w.UID_ASKED)
    return ''


def test_gone(world):
    """a service that is not there is status 3"""
    world.kill_daemon()
    ctl(world, 'status', status=3, error='systemctl start share53d')
    world.start_daemon()
    assert 'corp.internal' in ctl(world, 'zone', 'list')


w.run(w.World(sys.argv[1]), [test_zones, test_records, test_zone_files, test_pages, test_queries, test_status,
                             test_links, test_upstreams, test_reload, test_watch, test_authorisation, test_gone],
      polkit=True)
