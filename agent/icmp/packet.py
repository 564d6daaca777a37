"""ICMP and ICMPv6 echo as bytes (RFC 792, RFC 4443): decoding is total, and no socket is ever touched here."""

import struct
from enum import StrEnum
from typing import NamedTuple

COOKIE_BYTES = 8
LEAST_PAYLOAD_BYTES = 24
"""Cookie and mark: what a payload needs so that a reply can be placed however late it comes."""
MAX_PAYLOAD_BYTES = 65_507

_REQUEST = struct.Struct("!BBHHH8sIHHQ")
_MARK = struct.Struct("!IHHQ")
HEAD_BYTES = _REQUEST.size
"""Of an echo request, until the end of its mark."""
_ECHO = {4: (8, 0), 6: (128, 129)}
_ICMP, _ICMPV6 = 1, 58


class Mark(NamedTuple):
    """Which packet this is: target, round and place within the round, and when the sender made it (ns since 1970)."""

    target: int
    round: int
    place: int
    sent_ns: int


class Echo(NamedTuple):
    """An echo reply to a request of ours."""

    identifier: int
    sequence: int
    mark: Mark


class ErrorKind(StrEnum):
    """Why a packet of ours did not arrive, in the words of RFC 792, RFC 1812 and RFC 4443."""

    NET_UNREACHABLE = "net_unreachable"
    HOST_UNREACHABLE = "host_unreachable"
    PROTOCOL_UNREACHABLE = "protocol_unreachable"
    PORT_UNREACHABLE = "port_unreachable"
    ADMIN_PROHIBITED = "admin_prohibited"
    FRAGMENTATION_NEEDED = "fragmentation_needed"
    TTL_EXCEEDED = "ttl_exceeded"
    OTHER = "other"


class Refusal(NamedTuple):
    """An ICMP error about a request of ours; ``mark`` is there when the error quotes enough of the packet."""

    kind: ErrorKind
    mtu: int | None
    """Bytes, where a router says what would fit (RFC 1191, RFC 8201)."""
    destination: bytes
    """Address to which the quoted packet was sent, 4 or 16 bytes."""
    identifier: int
    sequence: int
    mark: Mark | None


class Stray(StrEnum):
    """Why a packet says nothing to us."""

    TRUNCATED = "truncated"
    CHECKSUM = "checksum"
    FOREIGN = "foreign"
    OTHER_TYPE = "other_type"


_UNREACHABLE = {
    **dict.fromkeys((0, 6, 11), ErrorKind.NET_UNREACHABLE),
    **dict.fromkeys((1, 7, 8, 12), ErrorKind.HOST_UNREACHABLE),
    **dict.fromkeys((9, 10, 13), ErrorKind.ADMIN_PROHIBITED),
    2: ErrorKind.PROTOCOL_UNREACHABLE,
    3: ErrorKind.PORT_UNREACHABLE,
    4: ErrorKind.FRAGMENTATION_NEEDED,
}
_UNREACHABLE_V6 = {
    **dict.fromkeys((0, 2), ErrorKind.NET_UNREACHABLE),
    **dict.fromkeys((1, 5, 6), ErrorKind.ADMIN_PROHIBITED),
    3: ErrorKind.HOST_UNREACHABLE,
    4: ErrorKind.PORT_UNREACHABLE,
}


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071): a sum in ones' complement is the number modulo 65535."""
    if len(data) % 2:
        data += b"\0"
    rest = int.from_bytes(data, "big") % 0xFFFF
    if rest == 0 and any(data):
        rest = 0xFFFF
    return ~rest & 0xFFFF


def encode_request(  # noqa: PLR0913, PLR0917 - a packet has so many fields, and this runs for each of them
    version: int, identifier: int, sequence: int, cookie: bytes, mark: tuple[int, int, int, int], filling: bytes
) -> bytes:
    """An echo request for IP ``version`` 4 or 6 whose payload is the cookie, the mark and what fills it up.

    The kernel fills in ICMPv6's checksum, which covers addresses.
    """
    if version == 6:
        return _REQUEST.pack(128, 0, 0, identifier, sequence, cookie, *mark) + filling
    total = checksum(_REQUEST.pack(8, 0, 0, identifier, sequence, cookie, *mark) + filling)
    return _REQUEST.pack(8, 0, total, identifier, sequence, cookie, *mark) + filling


class Form:
    """What all requests of one size have in common; writes what differs, the first 32 bytes.

    The sum is the number modulo 65535, where 65536 counts as 1: adding the fields as they are updates it (RFC 1624).
    """

    def __init__(self, version: int, identifier: int, cookie: bytes, size_bytes: int) -> None:
        self.filling = filling_of(cookie, size_bytes)
        """What every packet ends with."""
        self._common = (_ECHO[version][0], identifier, cookie)
        self._summed = version == 4
        blank = encode_request(4, identifier, 0, cookie, (0, 0, 0, 0), self.filling)
        self._rest = ~int.from_bytes(blank[2:4], "big") & 0xFFFF

    def head(self, sequence: int, target: int, turn: int, place: int, sent_ns: int) -> bytes:
        """The beginning of the request whose :class:`Mark` this is."""
        kind, identifier, cookie = self._common
        total = -(self._rest + sequence + target + turn + place + sent_ns) % 0xFFFF if self._summed else 0
        return _REQUEST.pack(kind, 0, total, identifier, sequence, cookie, target, turn, place, sent_ns)


def filling_of(cookie: bytes, size_bytes: int) -> bytes:
    """What a payload of ``size_bytes`` has behind its mark: the cookie again and again, which does not compress."""
    rest = max(0, size_bytes - COOKIE_BYTES - _MARK.size)
    return (cookie * (rest // COOKIE_BYTES + 1))[:rest]


def encode_reply(version: int, request: bytes) -> bytes:
    """The reply that an honest target gives to a request."""
    bare = bytes((_ECHO[version][1], 0, 0, 0)) + request[4:]
    return bare if version == 6 else bare[:2] + checksum(bare).to_bytes(2, "big") + bare[4:]


def strip_ipv4(data: bytes) -> bytes | None:
    """What an IPv4 packet carries, or None where it is none; a raw socket shows the header too."""
    if len(data) < 20 or data[0] >> 4 != 4:
        return None
    length = (data[0] & 15) * 4
    return data[length:] if 20 <= length <= len(data) else None


def decode(version: int, data: bytes, cookie: bytes, *, whole: bool) -> Echo | Refusal | Stray:
    """What an ICMP message says about packets that carry ``cookie``; any bytes have an answer.

    ``whole`` is false where the end is cut off, or where the kernel has checked the sum already.
    """
    if len(data) < 8:
        return Stray.TRUNCATED
    kind = data[0]
    if kind == _ECHO[version][1]:
        if whole and version == 4 and checksum(data) not in (0, 0xFFFF):
            return Stray.CHECKSUM
        mark = _mark_of(data, cookie)
        if isinstance(mark, Stray):
            return mark
        return Echo(data[4] << 8 | data[5], data[6] << 8 | data[7], mark)
    told = _kind_of(version, kind, data[1])
    if told is None:
        return Stray.OTHER_TYPE
    return _refusal(version, told, data, cookie)


def kind_of(version: int, kind: int, code: int) -> ErrorKind:
    """The word for an ICMP error's type and code."""
    return _kind_of(version, kind, code) or ErrorKind.OTHER


def decode_request(version: int, data: bytes, cookie: bytes) -> Echo | Stray:
    """Our own request, as an error quotes it."""
    if len(data) < 8:
        return Stray.TRUNCATED
    mark = _mark_of(data, cookie)
    if data[0] != _ECHO[version][0]:
        return Stray.OTHER_TYPE
    return mark if isinstance(mark, Stray) else Echo(data[4] << 8 | data[5], data[6] << 8 | data[7], mark)


def _mark_of(message: bytes, cookie: bytes) -> Mark | Stray:
    if len(message) < 8 + COOKIE_BYTES + _MARK.size:
        return Stray.TRUNCATED
    if message[8 : 8 + COOKIE_BYTES] != cookie:
        return Stray.FOREIGN
    return Mark._make(_MARK.unpack_from(message, 8 + COOKIE_BYTES))


def _kind_of(version: int, kind: int, code: int) -> ErrorKind | None:
    if version == 4:
        table = {3: _UNREACHABLE.get(code, ErrorKind.OTHER), 12: ErrorKind.OTHER}
        table[11] = ErrorKind.TTL_EXCEEDED if code == 0 else ErrorKind.OTHER
    else:
        table = {1: _UNREACHABLE_V6.get(code, ErrorKind.OTHER), 2: ErrorKind.FRAGMENTATION_NEEDED, 4: ErrorKind.OTHER}
        table[3] = ErrorKind.TTL_EXCEEDED if code == 0 else ErrorKind.OTHER
    return table.get(kind)


def _refusal(version: int, kind: ErrorKind, data: bytes, cookie: bytes) -> Refusal | Stray:
    quoted = data[8:]
    if version == 4:
        inner, protocol, destination = strip_ipv4(quoted), quoted[9:10], quoted[16:20]
    else:
        inner, protocol, destination = (quoted[40:] if len(quoted) >= 40 else None), quoted[6:7], quoted[24:40]
    if inner is None or len(inner) < 8:
        return Stray.TRUNCATED
    if protocol[0] != (_ICMP if version == 4 else _ICMPV6) or inner[0] != _ECHO[version][0]:
        return Stray.FOREIGN
    mark = _mark_of(inner, cookie)
    if mark is Stray.FOREIGN:
        return Stray.FOREIGN
    mtu = int.from_bytes(data[6:8] if version == 4 else data[4:8], "big")
    return Refusal(
        kind=kind,
        mtu=(mtu or None) if kind is ErrorKind.FRAGMENTATION_NEEDED else None,
        destination=destination,
        identifier=inner[4] << 8 | inner[5],
        sequence=inner[6] << 8 | inner[7],
        mark=None if isinstance(mark, Stray) else mark,
    )
