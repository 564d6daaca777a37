"""Bytes of SNMP v1 and v2c messages, both ways: limits first, no recursion, one kind of failure; it never waits.

Lenient where devices are sloppy and nothing is lost (padded numbers, long lengths), strict about where things end.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from agent.snmp.engine import Kind, Oid, Request, Value, Varbind

V1: Final = 0
V2C: Final = 1
RESPONSE: Final = 0xA2
_SEQUENCE: Final = 0x30
_KINDS: Final = {int(kind): kind for kind in Kind}
_UNSIGNED32: Final = frozenset({Kind.COUNTER32, Kind.GAUGE32, Kind.TIME_TICKS})
_EMPTY: Final = frozenset({Kind.NULL, Kind.NO_SUCH_OBJECT, Kind.NO_SUCH_INSTANCE, Kind.END_OF_MIB_VIEW})
_OCTETS: Final = frozenset({Kind.OCTET_STRING, Kind.OPAQUE, Kind.IP_ADDRESS})
PLAIN: Final = {0x41: 4, 0x42: 4, 0x43: 4, 0x46: 8}
"""Unsigned numbers by tag, with the length up to which they fit whatever they are."""


class MalformedMessage(Exception):  # noqa: N818 - what devices send is no error of ours
    """The bytes are no SNMP message that can be taken; the message is one line."""


class Head(NamedTuple):
    """A message without its varbinds, at ``data[start:stop]``; a GETBULK's ``position`` is its max-repetitions."""

    version: int
    community: bytes
    pdu: int
    request_id: int
    status: int
    position: int
    start: int = 0
    stop: int = 0


class OidCache:
    """Decoded object identifiers by their bytes: devices of one kind say the same ones over and over."""

    def __init__(self, most: int = 65_536) -> None:
        self.known: dict[bytes, Oid] = {}
        self._most = most

    def decode(self, content: bytes) -> Oid:
        """Arcs of an object identifier's content; raises :class:`MalformedMessage`."""
        found = self.known.get(content)
        if found is None:
            if len(self.known) >= self._most:
                self.known.clear()
            found = self.known[content] = decode_oid(content)
        return found


def encode_request(version: int, community: bytes, request_id: int, request: Request) -> bytes:
    """A message that asks."""
    body = tlv(request.operation, tlv(0x02, encode_integer(request_id)) + _behind_the_id(request))
    return tlv(_SEQUENCE, b"\x02\x01" + bytes((version,)) + tlv(0x04, community) + body)


@lru_cache(maxsize=4096)
def _behind_the_id(request: Request) -> bytes:
    """The part of a question that is the same for every device that is asked it."""
    varbinds = b"".join(tlv(_SEQUENCE, tlv(0x06, encode_oid(oid)) + b"\x05\x00") for oid in request.oids)
    return b"\x02\x01\x00" + tlv(0x02, encode_integer(request.repetitions)) + tlv(_SEQUENCE, varbinds)


def encode_message(head: Head, varbinds: bytes) -> bytes:
    """Any message of v1 and v2c but v1's trap, around varbinds that are bytes already."""
    numbers = b"".join(tlv(0x02, encode_integer(number)) for number in (head.request_id, head.status, head.position))
    body = tlv(head.pdu, numbers + tlv(_SEQUENCE, varbinds))
    return tlv(_SEQUENCE, tlv(0x02, encode_integer(head.version)) + tlv(0x04, head.community) + body)


def encode_varbind(varbind: Varbind) -> bytes:
    """One varbind as it stands in an answer."""
    kind, content = varbind.value.kind, varbind.value.content
    if isinstance(content, int):
        octets = encode_integer(content)
    elif isinstance(content, tuple):
        octets = encode_oid(content)
    else:
        octets = content or b""
    return tlv(_SEQUENCE, tlv(0x06, encode_oid(varbind.oid)) + tlv(kind, octets))


def read_head(data: bytes) -> Head:
    """Everything before the varbinds: what decides whether a message is ours; raises :class:`MalformedMessage`."""
    start, stop = expect(data, 0, len(data), _SEQUENCE)
    version, at = integer(data, start, stop)
    start, at = expect(data, at, stop, 0x04)
    community = data[start:at]
    if at >= stop:
        raise MalformedMessage("the message ends before its PDU")
    pdu = data[at]
    if pdu & 0xF0 != 0xA0:
        raise MalformedMessage(f"the message holds 0x{pdu:02x} where its PDU should be")
    at, stop = expect(data, at, stop, pdu)
    request_id, at = integer(data, at, stop)
    status, at = integer(data, at, stop)
    position, at = integer(data, at, stop)
    start, stop = expect(data, at, stop, _SEQUENCE)
    return Head(version, community, pdu, request_id, status, position, start, stop)


def read_varbinds(data: bytes, head: Head, cache: OidCache) -> list[Varbind]:
    """The varbinds of a message; raises :class:`MalformedMessage`."""
    # Written flat for short lengths, known names and plain numbers: what a whole province costs is decided here.
    found: list[Varbind] = []
    add, known, from_bytes = found.append, cache.known, int.from_bytes
    at, end = head.start, head.stop
    known_frame, span, name_span = b"", 0, 0
    while at < end:
        frame = data[at : at + 4]
        if frame != known_frame and end - at > 6 and frame[0] == _SEQUENCE and frame[1] < 0x80 and frame[2] == 0x06:
            # Neighbours in a column are framed alike; a name's length in long form reaches beyond stop.
            known_frame, span, name_span = frame, 2 + frame[1], 4 + frame[3]
        if frame == known_frame:
            start, name_stop, stop = at + 4, at + name_span, at + span
        else:
            name_stop = stop = end + 1
        if stop > end or name_stop + 2 > stop:
            start, stop = expect(data, at, end, _SEQUENCE)
            start, name_stop = expect(data, start, stop, 0x06)
            if name_stop + 2 > stop:
                raise MalformedMessage("a varbind holds no value")
        name = data[start:name_stop]
        oid = known.get(name) or cache.decode(name)
        tag, size, at = data[name_stop], data[name_stop + 1], name_stop + 2
        if at + size == stop and size <= PLAIN.get(tag, -1):
            value = Value(_KINDS[tag], from_bytes(data[at:stop], "big"))
        else:
            at, value_stop = expect(data, name_stop, stop, tag)
            if value_stop != stop:
                raise MalformedMessage("a varbind holds more than a name and a value")
            value = decode_value(tag, data[at:stop], cache)
        add(Varbind(oid, value))
        at = stop
    return found


def decode_value(tag: int, content: bytes, cache: OidCache) -> Value:
    """A value from tag and content; raises :class:`MalformedMessage` where it is of no known kind or does not fit."""
    kind = _KINDS.get(tag)
    if kind is None:
        raise MalformedMessage(f"a value has the unknown type 0x{tag:02x}")
    if kind in _UNSIGNED32:
        number = int.from_bytes(content, "big")
        return Value(kind, number if number <= 0xFFFFFFFF and len(content) <= 9 else _squeezed(content))
    if kind in _OCTETS:
        if kind is Kind.IP_ADDRESS and len(content) != 4:
            raise MalformedMessage(f"an IpAddress has {len(content)} bytes")
        return Value(kind, content)
    if kind in _EMPTY:
        return Value(kind, None)
    if kind is Kind.OBJECT_IDENTIFIER:
        return Value(kind, cache.decode(content))
    signed, longest = (True, 8) if kind is Kind.INTEGER else (False, 9)  # a Counter64 may need a leading zero
    number = int.from_bytes(content, "big", signed=signed)
    if len(content) > longest or number > 0xFFFFFFFFFFFFFFFF:
        raise MalformedMessage(f"a value of type {kind.name} does not fit 64 bits")
    return Value(kind, number)


def decode_oid(content: bytes) -> Oid:
    """Arcs of an object identifier's content (X.690, section 8.19); raises :class:`MalformedMessage`."""
    if not content or content[-1] & 0x80:
        raise MalformedMessage("an object identifier is empty or cut off")
    arcs: list[int] = []
    arc, begun = 0, False
    for octet in content:
        if octet == 0x80 and not begun:
            raise MalformedMessage("an arc of an object identifier is padded")
        arc = arc << 7 | octet & 0x7F
        begun = octet >= 0x80
        if arc > 0xFFFFFFFF + 80:
            raise MalformedMessage("an arc of an object identifier is over 32 bits")
        if not begun:
            arcs.append(arc)
            arc = 0
            if len(arcs) >= 128:
                raise MalformedMessage("an object identifier has more than 128 arcs")
    first = min(arcs[0] // 40, 2)
    if max(arcs[1:], default=0) > 0xFFFFFFFF or arcs[0] - 40 * first > 0xFFFFFFFF:
        raise MalformedMessage("an arc of an object identifier is over 32 bits")
    return (first, arcs[0] - 40 * first, *arcs[1:])


def encode_oid(oid: Oid) -> bytes:
    """Content of an object identifier with at least two arcs (one arc is taken as ``x.0``)."""
    head = oid[0] * 40 + (oid[1] if len(oid) > 1 else 0)
    out = bytearray()
    for arc in (head, *oid[2:]):
        if arc < 0x80:
            out.append(arc)
        else:
            digits = (arc.bit_length() + 6) // 7
            out += bytes(arc >> 7 * place & 0x7F | 0x80 for place in range(digits - 1, 0, -1))
            out.append(arc & 0x7F)
    return bytes(out)


def encode_integer(number: int) -> bytes:
    """Content of an integer, as short as it can be."""
    return number.to_bytes(((number if number >= 0 else ~number).bit_length() // 8) + 1, "big", signed=True)


def tlv(tag: int, content: bytes) -> bytes:
    """Tag, length, content."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def expect(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Where the content of the element at ``at`` starts and stops; it must have this tag and end before ``end``."""
    if at + 2 > end:
        raise MalformedMessage("an element is cut off")
    if data[at] != tag:
        raise MalformedMessage(f"an element is 0x{data[at]:02x}, not 0x{tag:02x}")
    size = data[at + 1]
    at += 2
    if size >= 0x80:
        octets = size & 0x7F
        if not 1 <= octets <= 4 or at + octets > end:
            raise MalformedMessage("a length has no end, or more than four octets")
        size = int.from_bytes(data[at : at + octets], "big")
        at += octets
    if at + size > end:
        raise MalformedMessage("an element is longer than what holds it")
    return at, at + size


def integer(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The number at ``at``, and where it stops; raises :class:`MalformedMessage`."""
    start, stop = expect(data, at, end, 0x02)
    if not 1 <= stop - start <= 5:
        raise MalformedMessage("a number of the message's head does not fit 32 bits")
    return int.from_bytes(data[start:stop], "big", signed=True), stop


def _squeezed(content: bytes) -> int:
    """Some devices extend the sign of a counter's top bit: that is undone, anything else does not fit."""
    if len(content) > 9 or content[:-4].strip(b"\xff") or not content[-4] & 0x80:
        raise MalformedMessage("a number does not fit 32 bits")
    return int.from_bytes(content[-4:], "big")
