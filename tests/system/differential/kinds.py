# SPDX-License-Identifier: LGPL-2.1-or-later
"""The differences that are meant, each with the RFC that lets us differ. None of them is taken on trust: what we said
has to be what the peer itself says when it is asked in a way that leaves it no choice."""

from compare import differences
import message
import zones
from message import AA, TC, TYPES, Message, lower, query

KINDS = {
    'malformed': 'FORMERR for what is malformed: sections that end too early, two questions (RFC 9619), records where a '
                 'query has none (RFC 1035 4.1.1), an OPT that is not one (RFC 6891 6.1.1, 6.1.2), a cookie of a '
                 'wrong size (RFC 7873 5.2.2). Knot drops some of it and overlooks the rest',
    'error-form': 'an error without records: RFC 1035 leaves open whether it repeats the question where that is of no '
                  'use; the OPT is there when it could be read (RFC 6891 7)',
    'unimplemented': 'opcodes other than QUERY (RFC 1035 4.1.1: NOTIMP) and types that no zone can hold (RFC 6895 3.1): '
                     'which of them are errors, and of what kind, is not said',
    'class-any': 'no AA where the class is ANY: such an answer "can never be authoritative" (RFC 1035 6.2)',
    'further': 'aliases are followed, and addresses added, out of all zones served here (RFC 1034 4.3.2, steps 3a: "go '
               'back to step 1", and 6: "using local data only"; RFC 9460 4.1), and DS asked of the parent (RFC 4035 '
               '3.1.4.1); Knot ends where the zone does, or after five aliases',
    'wildcard': 'the addresses of a host that a wildcard covers have the host\'s name (RFC 1034 4.3.3), and a wildcard does '
                'not reach below a cut (RFC 4592 2.2.1); Knot adds them by the wildcard\'s name, and there too',
    'any': 'one RRset for ANY, whichever (RFC 8482 4.1): the choice is not the same',
    'truncated': 'what an answer still holds that is truncated, or has no room for all addresses beside it, or has those of '
                 '32 hosts: whole RRsets, as many as may be (RFC 2181 9, RFC 1034 4.3.2 step 6)',
    'special-use': 'names that may not leave the host have answers of their own (RFC 6761, 6303); Knot, an authoritative '
                   'server alone, refuses them',
}

META = {TYPES[t] for t in ('OPT', 'TSIG', 'TKEY', 'MAILA', 'MAILB', 'IXFR', 'AXFR')} | {0} | set(range(128, 249))
FORMERR, NXDOMAIN, NOTIMP, REFUSED = 1, 3, 4, 5
CHAIN_MAX = 20
KNOT_CHAIN, OUR_CHAIN = 5, 17  # aliases that are followed
OUR_HOSTS = 32  # whose addresses one answer has


# Of those that a query of ours may meet (RFC 6761 6, RFC 6762 22.1, RFC 7686, RFC 9476, RFC 8375, RFC 9462, RFC 6303 4).
SPECIAL = [message.name_from_text(name) for name in (
    'test', 'localhost', 'invalid', 'local', 'onion', 'alt', 'home.arpa', 'resolver.arpa', '127.in-addr.arpa',
    '2.0.192.in-addr.arpa', '8.b.d.0.1.0.0.2.ip6.arpa')]


class Expected:
    """What an answer should be: has what compare.differences looks at."""

    def __init__(self, message):
        self.form = None
        self.message = self
        self.flags, self.rcode, self.opt = message.flags, message.rcode, message.opt
        self.question_octets = message.question_octets
        self.sections = [list(records) for records in message.sections]

    def keys(self, section):
        return sorted({r.key() for r in self.sections[section]})


class Judge:
    """Names the differences from one peer, which it asks again where it needs to."""

    def __init__(self, asker, content):
        self.asker = asker
        self.apexes = {message.name_from_text(apex) for apex in content}
        self.names = {lower(line.name) for text in content.values() for line in zones.read(text)}

    def kinds(self, q, ours, theirs):
        """Names of kinds that explain all differences, or None: then `expected` is what would have been right."""
        self.expected = theirs.message
        for kind, rule in (('malformed', self.malformed), ('unimplemented', self.opcode), ('unimplemented', self.meta_type),
                           ('special-use', self.special_use)):
            if rule(q, ours, theirs):
                return [kind]
        if ours.form or theirs.form:
            return None
        return self.explained(q, ours, theirs)

    def explained(self, q, ours, theirs):
        a, named = ours.message, []
        expected = Expected(theirs.message)
        if a.rcode == theirs.message.rcode and a.rcode in (FORMERR, NOTIMP, REFUSED, 16) and not any(a.sections):
            expected.question_octets, expected.opt = a.question_octets, a.opt
            if not differences(ours, expected):
                return ['error-form']
        if a.flags & TC:
            self.replace(expected, self.ask(q.name, q.type))
        if q.type == TYPES['ANY'] and a.sections[0] and self.first_type(q, a) != self.first_type(q, expected):
            self.replace(expected, self.ask(q.name, self.first_type(q, a)))
            named.append('any')
        if self.wildcards(a, expected):
            named.append('wildcard')
        if any([self.go_on(q, expected), self.add_addresses(a, expected)]):
            named.append('further')
        if q.rclass == 255 and not a.flags & AA:
            expected.flags &= ~AA
            named.append('class-any')
        if a.flags & TC and a.flags == expected.flags | TC and self.whole(a, expected):
            return named + ['truncated']
        if self.leave_out(q, ours, expected):
            named.append('truncated')
        self.expected = expected
        return named if named and not differences(ours, expected) else None

    def first_type(self, q, message):
        """Of the RRset that was chosen for ANY: the chain's, if there is one."""
        records = message.sections[0]
        return next((r.type for r in records if r.owner == q.name), records[0].type if records else None)

    @staticmethod
    def replace(expected, message):
        """All but what depends on the transport and on the client."""
        expected.rcode, expected.sections = message.rcode, [list(records) for records in message.sections]
        expected.flags = expected.flags & ~(AA | 15) | message.flags & (AA | 15)

    def ask(self, name, rtype):
        """The whole answer: by TCP."""
        self.asker.send(query(1, name, rtype), 'tcp', False)
        return Message(self.asker.receive())

    def apex_of(self, name, rtype=0):
        """The zone that answers; a DS is the parent's."""
        for above in ([] if rtype == TYPES['DS'] else [name]) + zones.parents(name):
            if above in self.apexes:
                return above
        return self.apex_of(name) if rtype else None

    def go_on(self, q, expected):
        """Follows the chain in EXPECTED where the peer did not; whether there was such a step."""
        steps, seen = 0, set()
        while steps < CHAIN_MAX and q.type != TYPES['CNAME']:
            aliases = {r.owner: lower(r.rdata) for r in expected.sections[0] if r.type == TYPES['CNAME']}
            name, zone, path = q.name, None, set()
            while name in aliases and name not in path:
                path.add(name)
                zone, name = self.apex_of(name), aliases[name]
            there = self.apex_of(name, q.type)
            if not path or name in path or name in seen or there is None or there == zone and len(path) < KNOT_CHAIN:
                break
            seen.add(name)
            further = self.ask(name, q.type)
            expected.sections = [expected.sections[0] + further.sections[0], further.sections[1], further.sections[2]]
            expected.rcode = further.rcode
            expected.flags = expected.flags & ~15 | further.flags & 15
            steps += 1
        self.cut_chain(q, expected)
        return steps > 0

    def cut_chain(self, q, expected):
        """Ends it where ours ends."""
        aliases = {r.owner: lower(r.rdata) for r in expected.sections[0] if r.type == TYPES['CNAME']}
        name, kept = q.name, set()
        while name in aliases and name not in kept and len(kept) < OUR_CHAIN:
            kept.add(name)
            name = aliases[name]
        if name in aliases and name not in kept:
            expected.sections = [[r for r in expected.sections[0] if r.type == TYPES['DNAME'] or r.owner in kept], [], []]
            expected.rcode = 0

    def wildcards(self, ours, expected):
        """Gives addresses of a wildcard the names that OURS has for them, and takes out those of names below a cut, where
        no wildcard reaches; whether there were any."""
        before = len(expected.sections[2]), expected.keys(2)
        for record in list(expected.sections[2]):
            covered = [r for r in ours.sections[2] if r.owner.endswith(record.owner[2:])
                       and (r.type, r.ttl, r.rdata) == (record.type, record.ttl, record.rdata)]
            if record.owner.startswith(b'\1*') and covered:
                expected.sections[2].remove(record)
                expected.sections[2] += covered
            elif record.owner not in self.names and not self.ask(record.owner, record.type).flags & AA:
                expected.sections[2].remove(record)
        return (len(expected.sections[2]), expected.keys(2)) != before

    def add_addresses(self, message, expected):
        """Those that MESSAGE has beside EXPECTED's, and that the peer has too; whether there are any."""
        known = {r.key() for r in expected.sections[2]}
        sets = {(r.owner, r.type) for r in message.sections[2] if r.key() not in known}
        for owner, rtype in sorted(sets):
            if rtype in (TYPES['A'], TYPES['AAAA']):
                expected.sections[2] += self.ask(owner, rtype).sections[0]
        return bool(sets)

    def leave_out(self, q, ours, expected):
        """Takes out addresses that would be too many: no room is left, or hosts enough are there."""
        a = ours.message
        have = {(r.owner, r.type) for r in a.sections[2]}
        hosts = {r.owner for r in a.sections[2]}
        missing = {}
        for r in expected.sections[2]:
            if (r.owner, r.type) not in have:
                missing.setdefault((r.owner, r.type), []).append(r)
        if not missing or self.lacks_glue(missing, a):
            return False
        least = min(len(owner) - 2 + sum(12 + len(r.rdata) for r in records) for (owner, _), records in missing.items())
        if len(ours.octets) + least <= q.limit and len(hosts) < OUR_HOSTS:
            return False
        expected.sections[2] = [r for r in expected.sections[2] if (r.owner, r.type) in have]
        return True

    @staticmethod
    def lacks_glue(missing, message):
        """Whether it is of servers within the delegation: it has to be there, or TC (RFC 9471 3.1)."""
        if message.flags & (AA | TC) or not message.sections[1]:
            return False
        return any(owner.endswith(message.sections[1][0].owner) for owner, _ in missing)

    @staticmethod
    def whole(message, expected):
        """Each RRset of MESSAGE is one of EXPECTED, complete."""
        for section in range(3):
            full = {}
            for r in expected.sections[section]:
                full.setdefault((r.owner, r.type), set()).add(r.key())
            got = {}
            for r in message.sections[section]:
                got.setdefault((r.owner, r.type), set()).add(r.key())
            if any(full.get(key) != keys for key, keys in got.items()):
                return False
        return message.rcode == expected.rcode

    @staticmethod
    def bare(answer, *rcodes):
        """An error and nothing else."""
        return answer.message and answer.message.rcode in rcodes and not any(answer.message.sections)

    def malformed(self, q, ours, theirs):
        return q.malformed and self.bare(ours, FORMERR) and (
            theirs.form in ('silence', 'closed') or not theirs.form and theirs.message.rcode != FORMERR)

    def opcode(self, q, ours, theirs):
        return q.opcode != 0 and self.bare(ours, NOTIMP, REFUSED) and not (theirs.message and any(theirs.message.sections))

    def meta_type(self, q, ours, theirs):
        errors = (FORMERR, NOTIMP, REFUSED)
        return q.type in META and ours.message and theirs.message and (self.bare(ours, *errors) or self.bare(theirs, *errors))

    def special_use(self, q, ours, theirs):
        special = self.apex_of(q.name) is None and any(q.name.endswith(name) for name in SPECIAL)
        return (special and self.bare(theirs, REFUSED) and ours.message and ours.message.rcode in (0, NXDOMAIN)
                and q.opcode == 0 and q.rclass == 1)
