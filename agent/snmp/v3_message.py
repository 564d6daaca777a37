"""Bytes of SNMPv3 messages, both ways (RFC 3412, section 6; RFC 3414, section 2.4); it checks nobody's identity."""

from typing import Final, NamedTuple

from agent.snmp.ber import MalformedMessage, encode_integer, expect, integer, tlv

V3: Final = 3
REPORTABLE: Final = 4
_USM: Final = 3
_MOST_BYTES: Final = 65_507


class V3Message(NamedTuple):
    """One message; ``data`` is a scoped PDU, element and all, or what it became when it was encrypted."""

    message_id: int
    flags: int
    engine_id: bytes
    boots: int
    seconds: int
    user: bytes
    digest: bytes
    salt: bytes
    data: bytes
    digest_at: int = 0
    """Where the digest stands in the bytes."""

    @property
    def level(self) -> int:
        """Authenticated 1, encrypted too 3."""
        return self.flags & 3


class Scoped(NamedTuple):
    """A scoped PDU: its context, and the PDU, element and all."""

    context_engine_id: bytes
    context: bytes
    pdu: bytes


def read_version(datagram: bytes) -> int:
    """Version of any SNMP message; raises :class:`MalformedMessage`."""
    start, stop = expect(datagram, 0, len(datagram), 0x30)
    return integer(datagram, start, stop)[0]


def read_v3(datagram: bytes) -> V3Message:
    """Raises :class:`MalformedMessage` for what is no message of the user-based security model."""
    at, end = expect(datagram, 0, len(datagram), 0x30)
    version, at = integer(datagram, at, end)
    head, at = expect(datagram, at, end, 0x30)
    message_id, head = integer(datagram, head, at)
    _, head = integer(datagram, head, at)
    start, head = expect(datagram, head, at, 0x04)
    model, _ = integer(datagram, head, at)
    flags = datagram[start] if head - start == 1 else 2
    if version != V3 or model != _USM or flags & 3 == 2:
        raise MalformedMessage("the message is not of SNMPv3's user-based security model")
    start, at = expect(datagram, at, end, 0x04)
    place, inner = expect(datagram, start, at, 0x30)
    start, place = expect(datagram, place, inner, 0x04)
    engine_id = datagram[start:place]
    boots, place = integer(datagram, place, inner)
    seconds, place = integer(datagram, place, inner)
    start, place = expect(datagram, place, inner, 0x04)
    user = datagram[start:place]
    digest_at, place = expect(datagram, place, inner, 0x04)
    digest = datagram[digest_at:place]
    start, place = expect(datagram, place, inner, 0x04)
    salt = datagram[start:place]
    if boots < 0 or seconds < 0:
        raise MalformedMessage("an engine's time is less than zero")
    if flags & 2:
        start, stop = expect(datagram, at, end, 0x04)
        data = datagram[start:stop]
    else:
        data = datagram[at : expect(datagram, at, end, 0x30)[1]]
    return V3Message(message_id, flags, engine_id, boots, seconds, user, digest, salt, data, digest_at)


def write_v3(message: V3Message) -> tuple[bytes, int]:
    """The bytes, and where the digest stands in them."""
    number = encode_integer
    head = tlv(
        0x30,
        tlv(2, number(message.message_id))
        + tlv(2, number(_MOST_BYTES))
        + tlv(4, bytes((message.flags,)))
        + tlv(2, number(_USM)),
    )
    before = tlv(4, message.engine_id) + tlv(2, number(message.boots)) + tlv(2, number(message.seconds))
    before += tlv(4, message.user)
    behind = tlv(4, message.salt)
    parameters = tlv(4, tlv(0x30, before + tlv(4, message.digest) + behind))
    data = tlv(4, message.data) if message.flags & 2 else message.data
    whole = tlv(0x30, tlv(2, number(V3)) + head + parameters + data)
    return whole, len(whole) - len(data) - len(behind) - len(message.digest)


def read_scoped(data: bytes) -> Scoped:
    """Raises :class:`MalformedMessage`."""
    at, end = expect(data, 0, len(data), 0x30)
    start, at = expect(data, at, end, 0x04)
    engine_id = data[start:at]
    start, at = expect(data, at, end, 0x04)
    if at >= end:
        raise MalformedMessage("the message ends before its PDU")
    return Scoped(engine_id, data[start:at], data[at : expect(data, at, end, data[at])[1]])


def write_scoped(scoped: Scoped) -> bytes:
    """A scoped PDU as bytes."""
    return tlv(0x30, tlv(4, scoped.context_engine_id) + tlv(4, scoped.context) + scoped.pdu)
