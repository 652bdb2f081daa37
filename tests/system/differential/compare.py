# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two servers' answers to one query: in what they differ."""

from message import Malformed, Message, lower


class Answer:
    """What came, and what is wrong with it whatever anybody else says."""

    def __init__(self, query, octets):
        self.octets, self.message, self.faults = octets, None, []
        if isinstance(octets, str):
            return
        try:
            self.message = Message(octets)
        except Malformed as e:
            self.faults.append('malformed: %s' % e)
            return
        self._check(query)

    def _check(self, query):
        m = self.message
        if m.id != int.from_bytes(query.octets[:2], 'big'):
            self.faults.append('another id')
        if not m.flags & 0x8000:
            self.faults.append('not an answer')
        if m.questions and m.question_octets != query.octets[12:12 + len(m.question_octets)]:
            self.faults.append('another question')
        for section in range(3):
            if len(m.keys(section)) != len(m.sections[section]):
                self.faults.append('a record twice in section %d' % section)
            sets = {}
            for r in m.sections[section]:
                if r.type != 46 and sets.setdefault((r.owner, r.type), r.ttl) != r.ttl:
                    self.faults.append('one RRset with several TTLs')

    @property
    def form(self):
        """A word where there is no message."""
        return self.octets if isinstance(self.octets, str) else 'malformed' if not self.message else None

    def lines(self):
        if self.message:
            yield from self.message.lines()
        else:
            yield self.octets if isinstance(self.octets, str) else self.octets.hex()


def differences(ours, theirs):
    """The names of what is not the same."""
    if ours.form or theirs.form:
        return [] if ours.form == theirs.form else ['form']
    a, b = ours.message, theirs.message
    found = []
    if a.rcode != b.rcode:
        found.append('rcode')
    if a.flags & ~15 != b.flags & ~15:
        found.append('flags')
    if a.question_octets != b.question_octets:
        found.append('question')
    for title, section in (('answer', 0), ('authority', 1), ('additional', 2)):
        if a.keys(section) != b.keys(section):
            found.append(title)
    # Version and DO; the size and the options are each server's own.
    if (a.opt is None) != (b.opt is None) or (a.opt and a.opt.ttl & 0xffffff != b.opt.ttl & 0xffffff):
        found.append('opt')
    return found


def shown(ours, expected):
    """Lines on what is missing and what is too much, records of all sections."""
    if ours.form or not hasattr(expected, 'sections'):
        return
    for title, section in (('answer', 0), ('authority', 1), ('additional', 2)):
        have, want = ({r.key(): r for r in m.sections[section]} for m in (ours.message, expected))
        for word, one, other in (('lacks', want, have), ('has', have, want)):
            lines = [str(one[key]) for key in one if key not in other]
            yield from ('%s %s: %s' % (word, title, line) for line in lines[:3])
            if len(lines) > 3:
                yield '%s %s: … %d of them' % (word, title, len(lines))
