"""What a device says unasked, v1 and v2c, as a name and its varbinds; it never listens itself."""

from typing import Final, NamedTuple

from agent.snmp.ber import (
    RESPONSE,
    V1,
    V2C,
    Head,
    MalformedMessage,
    OidCache,
    encode_message,
    expect,
    integer,
    read_head,
    read_varbinds,
)
from agent.snmp.engine import Oid, Varbind

_SNMP_TRAP_OID: Final = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
_GENERIC: Final = (1, 3, 6, 1, 6, 3, 1, 1, 5)
_UPS: Final = (1, 3, 6, 1, 2, 1, 33, 2)
_TRAP_V1: Final = 0xA4
INFORM: Final = 0xA6
_TRAP_V2: Final = 0xA7
_IF_INDEX: Final = (1, 3, 6, 1, 2, 1, 2, 2, 1, 1)
OTHER: Final = "other"
_NAMES: Final = {
    (*_GENERIC, 1): "coldStart",
    (*_GENERIC, 2): "warmStart",
    (*_GENERIC, 3): "linkDown",
    (*_GENERIC, 4): "linkUp",
    (*_GENERIC, 5): "authenticationFailure",
    (*_UPS, 1): "upsTrapOnBattery",
    (*_UPS, 3): "upsTrapAlarmEntryAdded",
    (*_UPS, 4): "upsTrapAlarmEntryRemoved",
}
"""RFC 3418, RFC 2863, RFC 1628."""
NAMES: Final = (*_NAMES.values(), OTHER)


class Trap(NamedTuple):
    """One message: its name (one of :data:`NAMES`), and for informs the bytes that acknowledge it."""

    name: str
    oid: Oid
    community: bytes
    varbinds: tuple[Varbind, ...]
    acknowledgement: bytes | None

    @property
    def interface(self) -> int | None:
        """IfIndex of a linkDown or linkUp; None where the message names none."""
        for varbind in self.varbinds:
            content = varbind.value.content
            if varbind.oid[: len(_IF_INDEX)] == _IF_INDEX and isinstance(content, int):
                return content
        return None


def read_trap(datagram: bytes, cache: OidCache) -> Trap:
    """A trap or inform; raises :class:`MalformedMessage` for everything else."""
    start, stop = expect(datagram, 0, len(datagram), 0x30)
    version, at = integer(datagram, start, stop)
    start, at = expect(datagram, at, stop, 0x04)
    community = datagram[start:at]
    if version == V1 and datagram[at : at + 1] == bytes((_TRAP_V1,)):
        return _v1(datagram, community, expect(datagram, at, stop, _TRAP_V1), cache)
    head = read_head(datagram)
    if version != V2C or head.pdu not in {INFORM, _TRAP_V2}:
        raise MalformedMessage("the message is no trap")
    varbinds = read_varbinds(datagram, head, cache)
    if len(varbinds) < 2 or varbinds[1].oid != _SNMP_TRAP_OID or not isinstance(varbinds[1].value.content, tuple):
        raise MalformedMessage("the trap does not say what it is (RFC 3416, section 4.2.6)")
    acknowledgement = None
    if head.pdu == INFORM:
        answer = Head(V2C, community, RESPONSE, head.request_id, 0, 0)
        acknowledgement = encode_message(answer, datagram[head.start : head.stop])
    oid = varbinds[1].value.content
    return Trap(_name(oid), oid, community, tuple(varbinds[2:]), acknowledgement)


def _v1(datagram: bytes, community: bytes, span: tuple[int, int], cache: OidCache) -> Trap:
    """RFC 1157, section 4.1.6; named as RFC 3584, section 3.1 says."""
    start, at = expect(datagram, span[0], span[1], 0x06)
    enterprise = cache.decode(datagram[start:at])
    _, at = expect(datagram, at, span[1], 0x40)
    generic, at = integer(datagram, at, span[1])
    specific, at = integer(datagram, at, span[1])
    _, at = expect(datagram, at, span[1], 0x43)
    start, stop = expect(datagram, at, span[1], 0x30)
    varbinds = read_varbinds(datagram, Head(V1, community, _TRAP_V1, 0, 0, 0, start, stop), cache)
    oid = (*_GENERIC, generic + 1) if 0 <= generic < 6 else (*enterprise, 0, max(0, specific))
    return Trap(_name(oid), oid, community, tuple(varbinds), None)


def _name(oid: Oid) -> str:
    # RFC 3584 puts a 0 between a v1 trap's enterprise and its number; MIBs of v2 have none there.
    plain = (*oid[:-2], oid[-1]) if len(oid) > 2 and oid[-2] == 0 else oid
    return _NAMES.get(oid) or _NAMES.get(plain, OTHER)
