# SPDX-License-Identifier: LGPL-2.1-or-later
"""The zones that all three servers serve: those of zones/ as they are, one of sizes, and some grown at random from a
seed. Every one of them is a master file of one record a line: OWNER [TTL] TYPE RDATA."""

import os
import random
import re

from message import TYPES, from_labels, labels, name_from_text

HERE = os.path.dirname(os.path.abspath(__file__))
HEAD = '''; SPDX-License-Identifier: LGPL-2.1-or-later
$ORIGIN %s.
$TTL 300
@ SOA ns hostmaster 1 7200 900 1209600 300
@ NS ns
ns A 192.0.2.53
'''


def sizes():
    """RRsets around the limits of 512, 1232 and 4096 octets, and far over."""
    lines = [HEAD % 'sizes.test']
    for n in list(range(380, 520, 7)) + list(range(1080, 1240, 9)) + [2000, 4000, 4090, 9000, 30000, 60000]:
        strings, left = [], n
        while left > 0:
            strings.append('"%s"' % ('x' * min(left - 1, 255)))
            left -= 256
        lines.append('t%d TXT %s' % (n, ' '.join(strings)))
    for n in (5, 20, 27, 28, 29, 30, 60, 70, 74, 75, 76, 80, 250, 2000):
        lines += ['a%d A 10.0.%d.%d' % (n, i >> 8, i & 255) for i in range(n)]
    for n in (5, 10, 15, 20, 40, 60):
        lines += ['mx%d MX %d mail%d' % (n, i, i) for i in range(n)]
        lines += ['srv%d SRV 0 0 %d mail%d' % (n, i, i) for i in range(n)]
        lines += ['cut%d NS ns%d.cut%d' % (n, i, n) for i in range(n)]
        lines += ['ns%d.cut%d A 10.1.0.%d' % (i, n, i) for i in range(n)]
        lines += ['ns%d.cut%d AAAA 2001:db8:1::%x' % (i, n, i) for i in range(n)]
    for i in range(60):
        lines += ['mail%d A 10.2.0.%d' % (i, i), 'mail%d AAAA 2001:db8:2::%x' % (i, i)]
    lines += ['to-a2000 CNAME a2000', 'to-a75 CNAME to-a75-2', 'to-a75-2 CNAME a75', '*.w CNAME a80']
    return '\n'.join(lines) + '\n'


def grown(seed, apex):
    """A zone at random out of few labels, so that its names lie close to each other."""
    rng = random.Random('%s %s' % (seed, apex))
    words = ['a', 'b', 'c', '*', 'x']
    owners = {tuple(rng.choice(words) for _ in range(rng.randint(1, 4))) for _ in range(120)}
    dnames, lines = set(), [HEAD % apex]
    if apex == 'grown2.test':
        lines += ['sub NS ns.sub', 'ns.sub A 192.0.2.53']

    def target():
        where = rng.random()
        if where < 0.8:
            return '.'.join(rng.choice(words[:3] + ['x']) for _ in range(rng.randint(1, 4)))
        return rng.choice(['@', 'www.example.test.', 'one.w.example.test.', 'a.grown2.test.', 'www.example.net.'])

    for owner in sorted(owners):
        above = {owner[i:] for i in range(1, len(owner))}
        if above & dnames:
            continue  # Knot takes no zone with names below a DNAME
        text, kind = '.'.join(owner), rng.random()
        if kind < 0.22:
            lines.append('%s CNAME %s' % (text, target()))
        elif kind < 0.28 and '*' not in owner and not any(o != owner and o[-len(owner):] == owner for o in owners):
            dnames.add(owner)
            lines.append('%s DNAME %s' % (text, target()))
        elif kind < 0.36 and '*' not in owner:
            lines += ['%s NS %s' % (text, rng.choice(['ns', 'ns.%s' % text, 'ns.example.net.']))]
            lines += ['ns.%s A 192.0.2.%d' % (text, len(lines) % 250)] if rng.random() < 0.5 else []
            lines += ['%s DS 1 8 2 %s' % (text, 'AB' * 32)] if rng.random() < 0.5 else []
        else:
            for rtype, rdata in (('A', '192.0.2.%d' % (len(lines) % 250)), ('TXT', '"%s"' % text), ('MX', '1 ' + target())):
                if rng.random() < 0.6:
                    lines.append('%s %s %s' % (text, rtype, rdata))
    return '\n'.join(lines) + '\n'


def texts(seed):
    """Zone name → master file."""
    found = {}
    for file in sorted(os.listdir(HERE + '/zones')):
        with open('%s/zones/%s' % (HERE, file)) as f:
            found[file[:-len('.zone')]] = f.read()
    found['sizes.test'] = sizes()
    for apex in ('grown1.test', 'grown2.test', 'sub.grown2.test'):
        found[apex] = grown(seed, apex)
    return found


class Line:
    """One record of a master file."""

    def __init__(self, apex, owner, ttl, rtype, rdata):
        self.apex, self.owner, self.ttl, self.type_text, self.rdata = apex, owner, ttl, rtype, rdata
        self.name = name_from_text(owner, apex)
        self.type = TYPES[rtype] if rtype in TYPES else int(rtype[len('TYPE'):])
        self.target = None
        if rtype in ('CNAME', 'DNAME', 'NS', 'PTR', 'MX', 'SRV'):
            self.target = name_from_text(rdata.split()[-1], apex)


def read(text):
    lines, apex, default = [], None, 0
    for line in text.split('\n'):
        if not line or line[0] == ';':
            continue
        if line.startswith('$ORIGIN'):
            apex = name_from_text(line.split()[1])
        elif line.startswith('$TTL'):
            default = int(line.split()[1])
        else:
            owner, ttl, rtype, rdata = re.fullmatch(r'(\S+) (?:(\d+) )?([A-Z]\S*) (.*)', line).groups()
            lines.append(Line(apex, owner, default if ttl is None else int(ttl), rtype, rdata))
    return lines


def parents(name):
    """All names above NAME, the root too."""
    parts = labels(name)
    return [from_labels(parts[i:]) for i in range(1, len(parts) + 1)]


def write(directory, content):
    for apex, text in content.items():
        with open('%s/%s.zone' % (directory, apex), 'w') as f:
            f.write(text)
