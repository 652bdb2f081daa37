#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Asks share53d, knotd and nsd, which serve the same zones, the same questions, and compares their answers.

  differential.py zones DIR            writes the zone files
  differential.py compare DIR ADDRESS  share53d is at ADDRESS:PORT and serves DIR's zones; starts the others
"""

import argparse
import collections
import sys
import tempfile

import kinds
import message
import peers
import queries
import zones
from compare import Answer, differences, shown


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('job', choices=('zones', 'compare'))
    parser.add_argument('directory')
    parser.add_argument('address', nargs='?', default='127.53.0.1:53')
    parser.add_argument('--seed', default='1')
    parser.add_argument('--count', type=int, default=10000, help='queries at random, beside those of each name')
    parser.add_argument('--show', type=int, default=3, help='examples of each unnamed difference')
    parser.add_argument('--example', metavar='KIND', help='show every answer that differs so')
    parser.add_argument('--against', default='knotd', choices=('knotd', 'nsd'))
    options = parser.parse_args()
    if options.job == 'zones':
        zones.write(options.directory, zones.texts(options.seed))
        return 0
    with tempfile.TemporaryDirectory() as directory:
        return compare(options, directory)


def load(directory):
    content = {}
    for apex in zones.texts('').keys():
        with open('%s/%s.zone' % (directory, apex)) as f:
            content[apex] = f.read()
    return content


def compare(options, directory):
    content = load(options.directory)
    started = peers.start(directory, options.directory, list(content))
    try:
        for peer in started:
            peer.wait([message.name_from_text(apex) for apex in content])
        return Run(options, content).run()
    finally:
        for peer in started:
            peer.stop()


class Run:
    def __init__(self, options, content):
        self.options = options
        host, port = options.address.rsplit(':', 1)
        self.askers = {'share53d': peers.Asker((host, int(port))), 'knotd': peers.Asker(peers.KNOT),
                       'nsd': peers.Asker(peers.NSD)}
        self.judges = {name: kinds.Judge(self.askers[name], content) for name in ('knotd', 'nsd')}
        self.maker = queries.Maker(options.seed, content)
        self.counts = {name: collections.Counter() for name in ('knotd', 'nsd')}
        self.unnamed = {name: collections.defaultdict(list) for name in ('knotd', 'nsd')}
        self.faults = []

    def run(self):
        for query in self.maker.all(self.options.count):
            self.one(query)
        return self.report()

    def one(self, query):
        for asker in self.askers.values():
            asker.send(query.octets, query.transport, not query.plain)
        answers = {name: Answer(query, asker.receive()) for name, asker in self.askers.items()}
        ours = answers.pop('share53d')
        if ours.faults:
            self.faults.append((query, ours))
        for name, theirs in answers.items():
            found = differences(ours, theirs)
            named = ['equal'] if not found else self.judges[name].kinds(query, ours, theirs)
            self.counts[name]['queries'] += 1
            self.counts[name].update(named or ['unnamed'])
            if self.options.example in (named or []):
                print('%s %s\n    %s\n    %s' % (name, query, '\n    '.join(ours.lines()), '\n    '.join(theirs.lines())))
            if not named:
                self.unnamed[name][self.group(query, found, ours, theirs)].append(
                    (query, ours, theirs, list(shown(ours, self.judges[name].expected))))

    @staticmethod
    def group(query, found, ours, theirs):
        rcodes = '' if ours.form or theirs.form else ' %s/%s' % tuple(
            message.RCODES.get(a.message.rcode, '?') for a in (ours, theirs))
        dress = ' ' + query.dress.split('=')[0] if not query.plain else ''
        return '+'.join(found) + rcodes + dress

    def report(self):
        for name, counts in self.counts.items():
            print('%s: %d queries' % (name, counts.pop('queries')))
            for kind, n in counts.most_common():
                print('  %6d %s' % (n, kind))
        for kind in kinds.KINDS:
            if self.counts['knotd'][kind]:
                print('%s: %s' % (kind, kinds.KINDS[kind]))
        for query, ours in self.faults[:self.options.show]:
            print('FAULT %s: %s' % (query, '; '.join(ours.faults)))
            print('\n'.join('    ' + line for line in ours.lines()))
        unnamed = self.unnamed[self.options.against]
        for group, cases in sorted(unnamed.items(), key=lambda item: -len(item[1])):
            print('UNNAMED %s: %d' % (group, len(cases)))
            for query, ours, theirs, lines in cases[:self.options.show]:
                print('  %s   %s' % (query, query.octets.hex() if not query.plain else ''))
                for title, answer in (('share53d', ours), (self.options.against, theirs)):
                    whole = list(answer.lines())
                    print('    %s: %s' % (title, '\n      '.join(whole if len(whole) < 12 else whole[:1])))
                print('\n'.join('    share53d ' + line for line in lines))
        return 1 if unnamed or self.faults else 0


if __name__ == '__main__':
    sys.exit(main())
