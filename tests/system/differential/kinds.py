# SPDX-License-Identifier: LGPL-2.1-or-later
"""The differences that are meant, each with the RFC that lets us differ. None of them is taken on trust: what we said
has to be what the peer itself says when it is asked in a way that leaves it no choice."""

from compare import differences
from message import AA, TC, TYPES, Message, labels, lower, query
import zones

KINDS = {
    'malformed': 'FORMERR for what is malformed: sections that end too early, two questions (RFC 9619), records where a '
                 'query has none (RFC 1035 4.1.1), an OPT that is not one (RFC 6891 6.1.1, 6.1.2). Knot drops some of '
                 'it and overlooks the rest',
    'error-form': 'an error without records: RFC 1035 leaves open whether it repeats the question where that is of no '
                  'use; the OPT is there when it could be read (RFC 6891 7)',
    'opcode': 'NOTIMP for every opcode but QUERY (RFC 1035 4.1.1): there are no transfers to be notified of (RFC 1996) and '
              'no updates (RFC 2136) here, so nothing that could be refused to one and not to another',
    'meta-type': 'an error for types that no zone can hold (RFC 6895 3.1), which Knot looks up like any other',
    'class-any': 'no AA where the class is ANY: such an answer "can never be authoritative" (RFC 1035 6.2)',
    'across-zones': 'a chain goes on in another zone that is served here (RFC 1034 4.3.2, step 3a: "go back to step 1"); '
                    'Knot ends where the zone does',
    'any': 'one RRset for ANY, whichever (RFC 8482 4.1): the choice is not the same',
    'truncated': 'what a truncated answer still holds, whole RRsets all of it: clients ask again by TCP (RFC 2181 9)',
    'special-use': 'names that may not leave the host have answers of their own (RFC 6761, 6303); Knot, an authoritative '
                   'server alone, refuses them',
}

META = {TYPES[t] for t in ('OPT', 'TSIG', 'TKEY', 'MAILA', 'MAILB', 'IXFR', 'AXFR')} | {0} | set(range(128, 249))
FORMERR, NXDOMAIN, NOTIMP, REFUSED = 1, 3, 4, 5
CHAIN_MAX = 20


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

    def __init__(self, asker, apexes):
        self.asker, self.apexes = asker, apexes

    def kinds(self, q, ours, theirs):
        """Names of kinds that explain all differences, or None."""
        for kind, rule in (('malformed', self.malformed), ('opcode', self.opcode), ('meta-type', self.meta_type),
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
        if q.type == TYPES['ANY'] and a.sections[0]:
            self.replace(expected, self.ask(q.name, self.first_type(q, a)))
            named.append('any')
        if self.go_on(q, expected):
            named.append('across-zones')
        if q.rclass == 255 and not a.flags & AA:
            expected.flags &= ~AA
            named.append('class-any')
        if not named and a.flags & TC:
            self.replace(expected, self.ask(q.name, q.type))
        if a.flags & TC and a.flags == expected.flags | TC and self.whole(a, expected):
            return named + ['truncated']
        return named if named and not differences(ours, expected) else None

    def first_type(self, q, message):
        """Of the RRset that was chosen for ANY: the chain's, if there is one."""
        for record in message.sections[0]:
            if record.owner == q.name:
                return record.type
        return message.sections[0][0].type

    @staticmethod
    def replace(expected, message):
        """All but what depends on the transport and on the client."""
        expected.rcode, expected.sections = message.rcode, [list(records) for records in message.sections]
        expected.flags = expected.flags & ~(AA | 15) | message.flags & (AA | 15)

    def ask(self, name, rtype):
        """The whole answer: by TCP."""
        self.asker.send(query(1, name, rtype), 'tcp', False)
        return Message(self.asker.receive())

    def apex_of(self, name):
        for above in [name] + zones.parents(name):
            if above in self.apexes:
                return above
        return None

    def go_on(self, q, expected):
        """Follows the chain in EXPECTED into other zones of ours; whether there was such a step."""
        steps, seen = 0, set()
        while steps < CHAIN_MAX and q.type != TYPES['CNAME']:
            aliases = {r.owner: lower(r.rdata) for r in expected.sections[0] if r.type == TYPES['CNAME']}
            name, apex = q.name, self.apex_of(q.name)
            path = set()
            while name in aliases and name not in path:
                path.add(name)
                apex, name = self.apex_of(name), aliases[name]
            if not path or name in path or name in seen or self.apex_of(name) in (None, apex):
                break
            seen.add(name)
            further = self.ask(name, q.type)
            expected.sections = [expected.sections[0] + further.sections[0], further.sections[1], further.sections[2]]
            expected.rcode = further.rcode
            expected.flags = expected.flags & ~15 | further.flags & 15
            steps += 1
        return steps > 0

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
        return q.opcode != 0 and self.bare(ours, NOTIMP) and not any(theirs.message.sections if theirs.message else [])

    def meta_type(self, q, ours, theirs):
        return q.type in META and self.bare(ours, FORMERR, NOTIMP, REFUSED) and theirs.message

    def special_use(self, q, ours, theirs):
        return (self.apex_of(q.name) is None and self.bare(theirs, REFUSED) and ours.message
                and ours.message.rcode in (0, NXDOMAIN) and q.opcode == 0 and q.rclass == 1)
