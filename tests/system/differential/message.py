# SPDX-License-Identifier: LGPL-2.1-or-later
"""DNS messages, octet by octet: a parser that takes nothing on trust, and what is needed to put queries together.
None of it is share53's, or any library's, so that a mistake there is not made here as well."""

import struct

QR, AA, TC, RD, RA, Z, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010
FLAG_NAMES = ((AA, 'AA'), (TC, 'TC'), (RD, 'RD'), (RA, 'RA'), (Z, 'Z'), (AD, 'AD'), (CD, 'CD'))
RCODES = {0: 'NOERROR', 1: 'FORMERR', 2: 'SERVFAIL', 3: 'NXDOMAIN', 4: 'NOTIMP', 5: 'REFUSED', 6: 'YXDOMAIN',
          9: 'NOTAUTH', 16: 'BADVERS', 23: 'BADCOOKIE'}

TYPES = {name: number for number, name in {
    1: 'A', 2: 'NS', 3: 'MD', 4: 'MF', 5: 'CNAME', 6: 'SOA', 7: 'MB', 8: 'MG', 9: 'MR', 10: 'NULL', 11: 'WKS',
    12: 'PTR', 13: 'HINFO', 14: 'MINFO', 15: 'MX', 16: 'TXT', 17: 'RP', 18: 'AFSDB', 19: 'X25', 20: 'ISDN',
    21: 'RT', 24: 'SIG', 25: 'KEY', 26: 'PX', 28: 'AAAA', 29: 'LOC', 30: 'NXT', 33: 'SRV', 35: 'NAPTR', 36: 'KX',
    37: 'CERT', 39: 'DNAME', 41: 'OPT', 42: 'APL', 43: 'DS', 44: 'SSHFP', 45: 'IPSECKEY', 46: 'RRSIG', 47: 'NSEC',
    48: 'DNSKEY', 49: 'DHCID', 50: 'NSEC3', 51: 'NSEC3PARAM', 52: 'TLSA', 53: 'SMIMEA', 55: 'HIP', 59: 'CDS',
    60: 'CDNSKEY', 61: 'OPENPGPKEY', 62: 'CSYNC', 63: 'ZONEMD', 64: 'SVCB', 65: 'HTTPS', 99: 'SPF', 104: 'NID',
    105: 'L32', 106: 'L64', 107: 'LP', 108: 'EUI48', 109: 'EUI64', 249: 'TKEY', 250: 'TSIG', 251: 'IXFR',
    252: 'AXFR', 253: 'MAILB', 254: 'MAILA', 255: 'ANY', 256: 'URI', 257: 'CAA'}.items()}
TYPE_NAMES = {number: name for name, number in TYPES.items()}

# Rdata that holds names: octets before the first of them ('s' for a character-string), names, octets behind.
_NAMES_IN = {2: (0, 1), 3: (0, 1), 4: (0, 1), 5: (0, 1), 6: (0, 2), 7: (0, 1), 8: (0, 1), 9: (0, 1), 12: (0, 1),
             14: (0, 2), 15: (2, 1), 17: (0, 2), 18: (2, 1), 21: (2, 1), 26: (2, 2), 33: (6, 1), 35: ('4sss', 1),
             36: (2, 1), 39: (0, 1), 46: (18, 1), 47: (0, 1), 64: (2, 1), 65: (2, 1), 107: (2, 1)}
# Those in which a name may be compressed: RFC 1035's types (RFC 3597 4).
_COMPRESSIBLE = {2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15}


def type_text(number):
    return TYPE_NAMES.get(number, 'TYPE%d' % number)


class Malformed(Exception):
    pass


def lower(octets):
    return bytes(o + 32 if 65 <= o <= 90 else o for o in octets)


def labels(wire):
    """The labels of an uncompressed name, without the root's."""
    found, at = [], 0
    while wire[at]:
        found.append(wire[at + 1:at + 1 + wire[at]])
        at += 1 + wire[at]
    return found


def from_labels(parts):
    return b''.join(bytes([len(p)]) + p for p in parts) + b'\0'


def fits(parts):
    return all(0 < len(p) <= 63 for p in parts) and sum(len(p) + 1 for p in parts) + 1 <= 255


def name_from_text(text, origin=b'\0'):
    """RFC 1035 5.1; ORIGIN, in wire format, completes a relative one."""
    if text == '@':
        return origin
    if text == '.':
        return b'\0'
    parts, label, at = [], b'', 0
    while at < len(text):
        if text[at] == '\\':
            if text[at + 1].isdigit():
                label += bytes([int(text[at + 1:at + 4])])
                at += 4
            else:
                label += text[at + 1].encode()
                at += 2
            continue
        if text[at] == '.':
            parts.append(label)
            label = b''
        else:
            label += text[at].encode()
        at += 1
    if label:
        parts += [label] + labels(origin)
    assert fits(parts), text
    return from_labels(parts)


def name_text(wire):
    def octet(o):
        if o in b'.\\";@$()':
            return '\\' + chr(o)
        return chr(o) if 33 <= o <= 126 else '\\%03d' % o
    return '.'.join(''.join(map(octet, label)) for label in labels(wire)) + '.'


def query(number, name, rtype, flags=0, rclass=1, opcode=0, extra=b'', counts=(1, 0, 0, 0)):
    header = struct.pack('>6H', number, flags | opcode << 11, *counts)
    return header + (name + struct.pack('>2H', rtype, rclass) if counts[0] else b'') + extra


def opt(size=1232, version=0, dnssec_ok=False, options=b'', z=0):
    """An OPT record (RFC 6891 6.1.2)."""
    ttl = version << 16 | (0x8000 if dnssec_ok else 0) | z
    return b'\0' + struct.pack('>HHIH', 41, size, ttl, len(options)) + options


def option(code, data):
    return struct.pack('>HH', code, len(data)) + data


class Record:
    __slots__ = ('owner', 'type', 'rclass', 'ttl', 'rdata')

    def key(self):
        return (self.owner, self.type, self.rclass, self.ttl, self.rdata)

    def __str__(self):
        return '%s %d %s %s' % (name_text(self.owner), self.ttl, type_text(self.type), self.rdata_text())

    def rdata_text(self):
        layout = _NAMES_IN.get(self.type)
        if layout and layout[0] == 0 and layout[1] == 1:
            return name_text(self.rdata)
        if self.type == 6 and len(self.rdata) > 20:
            return '… ' + ' '.join(str(n) for n in struct.unpack('>5I', self.rdata[-20:]))
        if self.type == 1:
            return '.'.join(str(o) for o in self.rdata)
        shown = self.rdata.hex()
        return shown if len(shown) <= 80 else '%s… (%d octets)' % (shown[:60], len(self.rdata))


class Message:
    """An answer, whole: every octet of it is accounted for, or it is Malformed."""

    def __init__(self, octets):
        self.octets = octets
        if len(octets) < 12:
            raise Malformed('no header')
        self.id, self.flags, questions, *counts = struct.unpack('>6H', octets[:12])
        self.at = 12
        self.questions = [self._question() for _ in range(questions)]
        self.question_octets = octets[12:self.at]
        self.opt = None
        self.sections = [[self._record() for _ in range(n)] for n in counts]
        if self.at != len(octets):
            raise Malformed('%d octets behind the last record' % (len(octets) - self.at))
        self._take_opt()

    def _take(self, n):
        if self.at + n > len(self.octets):
            raise Malformed('ends too early')
        self.at += n
        return self.octets[self.at - n:self.at]

    def _name_at(self, at, end):
        """(name, where it ends); through pointers that point backwards."""
        parts, stop, lowest = [], None, at
        while True:
            if at >= end:
                raise Malformed('a name runs out of its place')
            n = self.octets[at]
            if n >= 0xc0:
                if at + 2 > end:
                    raise Malformed('half a pointer')
                target = (n & 0x3f) << 8 | self.octets[at + 1]
                stop = at + 2 if stop is None else stop
                if target >= lowest or target < 12:
                    raise Malformed('a pointer that does not point back')
                at = lowest = target
                end = len(self.octets)
            elif n >= 64:
                raise Malformed('a label of another kind')
            elif n == 0:
                stop = at + 1 if stop is None else stop
                break
            else:
                parts.append(self.octets[at + 1:at + 1 + n])
                at += 1 + n
        if not fits(parts):
            raise Malformed('a name that is too long')
        return from_labels(parts), stop

    def _name(self):
        name, self.at = self._name_at(self.at, len(self.octets))
        return name

    def _question(self):
        name = self._name()
        return (name,) + struct.unpack('>2H', self._take(4))

    def _record(self):
        record = Record()
        record.owner = lower(self._name())
        record.type, record.rclass, record.ttl, size = struct.unpack('>HHIH', self._take(10))
        start = self.at
        self._take(size)
        record.rdata = self._rdata(record.type, start, self.at)
        return record

    def _rdata(self, rtype, at, end):
        """Names in lower case and uncompressed, so that it compares by octets."""
        layout = _NAMES_IN.get(rtype)
        if not layout or at == end:
            return self.octets[at:end]
        prefix, n = layout
        out, start = b'', at
        if isinstance(prefix, str):
            at += 4
            for _ in range(3):
                if at >= end:
                    raise Malformed('rdata runs out')
                at += 1 + self.octets[at]
        else:
            at += prefix
        out += self.octets[start:at]
        for _ in range(n):
            name, stop = self._name_at(at, end)
            if rtype not in _COMPRESSIBLE and stop - at != len(name):
                raise Malformed('a compressed name in %s' % type_text(rtype))
            out += lower(name)
            at = stop
        if rtype == 6 and end - at == 20:
            at += 4  # without the serial: each server's own count of its zone's changes
            out += bytes(4)
        return out + self.octets[at:end]

    def _take_opt(self):
        found = [r for r in self.sections[2] if r.type == 41]
        if len(found) > 1 or any(r.type == 41 for r in self.sections[0] + self.sections[1]):
            raise Malformed('an OPT too many')
        if found:
            self.opt = found[0]
            self.sections[2].remove(self.opt)

    @property
    def rcode(self):
        return (self.flags & 15) | (self.opt.ttl >> 24 << 4 if self.opt else 0)

    @property
    def options(self):
        """Pairs of code and data."""
        found, data = [], self.opt.rdata if self.opt else b''
        while data:
            code, size = struct.unpack('>HH', data[:4])
            found.append((code, data[4:4 + size]))
            data = data[4 + size:]
        return found

    def flag_text(self):
        return ' '.join(text for flag, text in FLAG_NAMES if self.flags & flag)

    def keys(self, section):
        return sorted({r.key() for r in self.sections[section]})

    def lines(self):
        yield '%s [%s] %d octets%s' % (RCODES.get(self.rcode, self.rcode), self.flag_text(), len(self.octets),
                                       self.opt_text())
        for title, section in zip(('answer', 'authority', 'additional'), self.sections):
            for record in section:
                yield '  %s: %s' % (title, record)

    def opt_text(self):
        if not self.opt:
            return ', no OPT'
        return ', OPT size %d ttl %08x options %s' % (
            self.opt.rclass, self.opt.ttl, ' '.join('%d:%s' % (c, d.hex()) for c, d in self.options) or 'none')
