# SPDX-License-Identifier: LGPL-2.1-or-later
"""Queries about all that is in the zones, near it, and beside it; in every dress that a client may give them."""

import random

from message import AD, CD, RD, TYPES, Z, fits, from_labels, labels, lower, name_text, opt, option, query, type_text
import zones

TCP, UDP = 'tcp', 'udp'
COMMON = [TYPES[t] for t in ('A', 'AAAA', 'TXT', 'CNAME', 'NS', 'SOA', 'DS', 'MX', 'SRV', 'DNAME', 'PTR', 'ANY',
                             'HTTPS', 'DNSKEY')]
RARE = [TYPES[t] for t in ('NSEC', 'RRSIG', 'NSEC3PARAM', 'CDS', 'CAA', 'NULL', 'MAILB', 'MAILA', 'TSIG', 'OPT',
                           'SPF', 'MD')] + [0, 999, 65280, 65535]
STRANGERS = ['.', 'test.', 'arpa.', 'com.', 'example.net.', 'www.example.net.', 'example.test.example.net.',
             'localhost.', 'invalid.', 'onion.', '1.0.0.127.in-addr.arpa.', 'nobody.test.', '192.in-addr.arpa.',
             'resolver.arpa.', 'home.arpa.', 'a.local.', 'ip6.arpa.']


# Dresses of Maker.oddities that no server has to bear with.
MALFORMED = {'no-question', 'no-question-opt', 'two-questions', 'question-missing', 'two-opts', 'opt-with-owner',
             'option-overrun', 'option-cut', 'opt-in-answer', 'opt-in-authority', 'trailing', 'trailing-opt',
             'answer-record', 'authority-record', 'record-missing', 'cut', 'cut-opt', 'cookie-odd'}


class Query:
    """OCTETS to be sent by TRANSPORT, and what they say."""

    def __init__(self, octets, transport, name, rtype, dress, plain=True, limit=512):
        self.octets, self.transport, self.name, self.type = octets, transport, lower(name), rtype
        self.dress = dress  # what is unusual about it
        self.plain = plain  # one question, class IN, opcode 0, well-formed
        self.limit = limit if transport == UDP else 65535  # octets of an answer
        self.malformed = dress.split('=')[0] in MALFORMED
        self.opcode = octets[2] >> 3 & 15
        at = 12 + len(name) + 2
        self.rclass = int.from_bytes(octets[at:at + 2], 'big') if octets[4:6] == b'\0\1' else 1

    def __str__(self):
        return '%s %s %s%s%s' % (name_text(self.name), type_text(self.type), self.transport,
                                 ' ' if self.dress else '', self.dress)


class Maker:
    def __init__(self, seed, content):
        self.rng = random.Random(seed)
        self.lines = [line for text in content.values() for line in zones.read(text)]
        self.owners = sorted({line.name for line in self.lines})
        self.stored = {}
        for line in self.lines:
            self.stored.setdefault(line.name, set()).add(line.type)
        self.targets = sorted({line.target for line in self.lines if line.target} - set(self.owners))
        self.seen = set()

    def all(self, count):
        """COUNT queries at least: each name with its types first, then at random, then what is malformed."""
        for name in self.owners:
            for rtype in sorted(self.stored[name] | set(COMMON)):
                yield self.plain(name, rtype)
        for name in self.targets + [zones.name_from_text(s) for s in STRANGERS]:
            for rtype in COMMON:
                yield self.plain(name, rtype)
        for _ in range(count):
            name = self.some_name()
            yield self.dressed(name, self.some_type(name))
        for name in self.owners:
            for _ in range(4):
                yield self.odd(name, self.some_type(name))

    def some_type(self, name):
        pick = self.rng.random()
        if pick < 0.3 and name in self.stored:
            return self.rng.choice(sorted(self.stored[name]))
        return self.rng.choice(COMMON if pick < 0.9 else RARE)

    def some_name(self):
        name = self.rng.choice(self.owners if self.rng.random() < 0.9 else self.targets)
        change = self.rng.randrange(8)
        parts = labels(name)
        if change == 0 or not parts:
            return name
        if change == 1:
            return self.rng.choice(zones.parents(name))
        if change == 2:
            parts = [self.word()] + parts
        elif change == 3:
            parts = [self.word(), self.word()] + parts
        elif change == 4:
            parts[0] = self.word()
        elif change == 5:
            parts[self.rng.randrange(len(parts))] = self.word()
        elif change == 6:
            parts = [self.word()] + parts[1:]
            parts = [self.word()] + parts
        else:
            at = self.rng.randrange(len(parts))
            parts[at] = (parts[at] + bytes([self.rng.choice(b'\0-0a~\xff')]))[:63]
        return from_labels(parts) if fits(parts) else name

    def word(self):
        return self.rng.choice([b'*', b'a', b'b', b'c', b'x', b'y', b'www', b'nobody', b'ns', b'w', b'wc', b'sub',
                                b'child', b'_tcp', b'\0', b'\xff', b'a.b', b'hidden', b'inner', b'one', b'alias'])

    def mixed_case(self, name):
        """0x20 (draft-vixie-dnsext-dns0x20): each letter as chance has it."""
        out, at = b'', 0
        while name[at]:
            n = name[at]
            label = bytes(o ^ 32 if chr(o).isalpha() and o < 128 and self.rng.random() < 0.5 else o
                          for o in name[at + 1:at + 1 + n])
            out += bytes([n]) + label
            at += 1 + n
        return out + b'\0'

    def number(self):
        return self.rng.randrange(65536)

    def plain(self, name, rtype):
        return Query(query(self.number(), name, rtype), UDP, name, rtype, '')

    def some_opt(self):
        """An OPT that is fine, how it is unusual, and its size."""
        size = self.rng.choice([0, 100, 511, 512, 513, 600, 800, 1000, 1220, 1231, 1232, 1233, 1400, 4096, 65535])
        dnssec_ok, dress, options = self.rng.random() < 0.3, ['edns=%d' % size], b''
        if dnssec_ok:
            dress.append('do')
        pick = self.rng.random()
        if pick < 0.1:
            options, word = option(3, b''), 'nsid'
        elif pick < 0.2:
            options, word = option(65001, b'whatever') + option(65001, b''), 'unknown-option'
        elif pick < 0.25:
            options, word = option(12, bytes(self.rng.randrange(64))), 'padding'
        elif pick < 0.3:
            options, word = option(8, b'\0\x01\x18\0\xc0\0\x02'), 'client-subnet'
        elif pick < 0.35:
            options, word = option(11, b''), 'keepalive'
        elif pick < 0.4:
            options, word = option(10, b'8 octets'), 'cookie'
        else:
            word = None
        if word:
            dress.append(word)
        return opt(size, 0, dnssec_ok, options, self.rng.choice([0, 0, 0, 0x4000, 0x7fff])), dress, size

    def dressed(self, name, rtype):
        """Well-formed, though perhaps as nobody asks."""
        flags, dress, extra, counts, size = 0, [], b'', [1, 0, 0, 0], 512
        for flag, chance, word in ((RD, 0.3, 'rd'), (CD, 0.1, 'cd'), (AD, 0.1, 'ad'), (Z, 0.05, 'z')):
            if self.rng.random() < chance:
                flags |= flag
                dress.append(word)
        if self.rng.random() < 0.5:
            extra, words, size = self.some_opt()
            dress += words
            counts[3] = 1
        asked = name
        if self.rng.random() < 0.3:
            asked = self.mixed_case(name)
            dress.append('case')
        transport = TCP if self.rng.random() < 0.25 else UDP
        return Query(query(self.number(), asked, rtype, flags, extra=extra, counts=counts), transport, name, rtype,
                     ' '.join(dress), limit=min(1232, max(512, size)))

    def odd(self, name, rtype):
        """What a server has to refuse, or at least to wonder about."""
        transport = TCP if self.rng.random() < 0.25 else UDP
        dress, args, extra, cut = self.rng.choice(self.oddities())(name, rtype)
        octets = query(self.number(), name, rtype, extra=extra, **args)
        if cut:
            octets = octets[:max(12, len(octets) - cut)]
        return Query(octets, transport, name, rtype, dress, plain=False, limit=1232 if opt()[:5] in octets else 512)

    def oddities(self):
        rng = self.rng
        record = b'\0' + b'\0\x01\0\x01' + b'\0\0\0\0' + b'\0\x04' + b'\x7f\0\0\1'
        again = lambda name, rtype: name + rtype.to_bytes(2, 'big') + b'\0\1'
        return [
            lambda n, t: ('no-question', {'counts': (0, 0, 0, 0)}, b'', 0),
            lambda n, t: ('no-question-opt', {'counts': (0, 0, 0, 1)}, opt(), 0),
            lambda n, t: ('two-questions', {'counts': (2, 0, 0, 0)}, again(n, t), 0),
            lambda n, t: ('question-missing', {'counts': (2, 0, 0, 0)}, b'', 0),
            lambda n, t: ('opcode=%d' % (o := rng.choice([1, 2, 3, 4, 5, 6, 7, 15])), {'opcode': o}, b'', 0),
            lambda n, t: ('opcode-opt=%d' % (o := rng.choice([1, 2, 4, 5, 6, 15])),
                          {'opcode': o, 'counts': (1, 0, 0, 1)}, opt(), 0),
            lambda n, t: ('class=%d' % (c := rng.choice([0, 2, 3, 4, 254, 255, 256, 65535])), {'rclass': c}, b'', 0),
            lambda n, t: ('class-opt=%d' % (c := rng.choice([2, 3, 4, 254, 255])),
                          {'rclass': c, 'counts': (1, 0, 0, 1)}, opt(), 0),
            lambda n, t: ('version=%d' % (v := rng.choice([1, 2, 255])), {'counts': (1, 0, 0, 1)}, opt(version=v), 0),
            lambda n, t: ('two-opts', {'counts': (1, 0, 0, 2)}, opt() + opt(), 0),
            lambda n, t: ('opt-with-owner', {'counts': (1, 0, 0, 1)}, b'\1a' + opt(), 0),
            lambda n, t: ('option-overrun', {'counts': (1, 0, 0, 1)}, opt(options=b'\0\3\0\4ab'), 0),
            lambda n, t: ('option-cut', {'counts': (1, 0, 0, 1)}, opt(options=b'\0\3\0'), 0),
            lambda n, t: ('opt-in-answer', {'counts': (1, 1, 0, 0)}, opt(), 0),
            lambda n, t: ('opt-in-authority', {'counts': (1, 0, 1, 0)}, opt(), 0),
            lambda n, t: ('trailing', {}, b'junk', 0),
            lambda n, t: ('trailing-opt', {'counts': (1, 0, 0, 1)}, opt() + b'junk', 0),
            lambda n, t: ('answer-record', {'counts': (1, 1, 0, 0)}, record, 0),
            lambda n, t: ('authority-record', {'counts': (1, 0, 1, 0)}, record, 0),
            lambda n, t: ('additional-record', {'counts': (1, 0, 0, 1)}, record, 0),
            lambda n, t: ('additional-record-opt', {'counts': (1, 0, 0, 2)}, record + opt(), 0),
            lambda n, t: ('record-missing', {'counts': (1, 0, 0, 1)}, b'', 0),
            lambda n, t: ('cut', {}, b'', rng.randint(1, len(n) + 4)),
            lambda n, t: ('cut-opt', {'counts': (1, 0, 0, 1)}, opt(), rng.randint(1, 10)),
            lambda n, t: ('rcode-set', {'flags': rng.randint(1, 15)}, b'', 0),
            lambda n, t: ('aa-tc-ra-set', {'flags': 0x0680}, b'', 0),
            lambda n, t: ('is-answer', {'flags': 0x8000}, b'', 0),
            lambda n, t: ('cookie-odd', {'counts': (1, 0, 0, 1)},
                          opt(options=option(10, bytes(rng.choice([0, 1, 7, 9, 15, 41])))), 0),
            lambda n, t: ('cookie-server', {'counts': (1, 0, 0, 1)}, opt(options=option(10, bytes(24))), 0),
        ]
