"""The promise of an SNMP engine: typed values or a typed failure, inside one deadline, whatever the device sends.

Every engine keeps these rules: answers are taken only from the address and port that were asked, only with the request
id and the community (v3: user, level, digest, window) of the request; whatever fails is dropped and the wait goes on
to the deadline; walks rise strictly inside their column and end at the given rows and bytes; an error-status is raised;
noSuchObject, noSuchInstance and endOfMibView are values of their own kind.
"""

from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple, Protocol

import msgspec

from agent.probe import Credential

Oid = tuple[int, ...]
"""An object identifier, arc by arc; at most 128 arcs of 32 bits (RFC 2578, section 3.5)."""


class Kind(IntEnum):
    """What a value is; the numbers are the BER tags of RFC 2578 and RFC 3416."""

    INTEGER = 0x02
    OCTET_STRING = 0x04
    NULL = 0x05
    OBJECT_IDENTIFIER = 0x06
    IP_ADDRESS = 0x40
    COUNTER32 = 0x41
    GAUGE32 = 0x42
    TIME_TICKS = 0x43
    OPAQUE = 0x44
    COUNTER64 = 0x46
    NO_SUCH_OBJECT = 0x80
    NO_SUCH_INSTANCE = 0x81
    END_OF_MIB_VIEW = 0x82

    @property
    def absent(self) -> bool:
        """Whether the device says that there is no such value."""
        return self >= Kind.NO_SUCH_OBJECT


class Value(msgspec.Struct, frozen=True, gc=False):
    """A value as the device sent it: int for numbers, bytes for strings and addresses, Oid, None where it has none.

    Out of the garbage collector's sight, as is :class:`Varbind`: there are very many, and none can be in a cycle.
    """

    kind: Kind
    content: int | bytes | Oid | None


class Varbind(msgspec.Struct, frozen=True, gc=False):
    """A value and the instance it belongs to."""

    oid: Oid
    value: Value


class Peer(msgspec.Struct, frozen=True):
    """Whom to ask: a literal IPv4 or IPv6 address, a UDP port, and what the device wants to hear."""

    address: str
    port: int
    credential: Credential


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how much of a device's talk is taken."""

    until: float
    """Deadline of all that is asked with this patience, in seconds of the running event loop's clock."""
    tries: int = 3
    """How often one request is sent at most before the deadline."""
    try_seconds: float = 1.5
    """Wait for one answer before the request is sent again."""
    repetitions: int = 25
    """GETBULK's max-repetitions to begin with; an engine lowers it where answers do not come."""
    rows: int = 10_000
    """Values of one column after which a walk is given up."""
    octets: int = 4 * 1024 * 1024
    """Bytes of one walk after which it is given up."""


class Operation(IntEnum):
    """What is asked for; the numbers are the PDU tags of RFC 3416."""

    GET = 0xA0
    GET_NEXT = 0xA1
    GET_BULK = 0xA5


class Request(NamedTuple):
    """One question; ``repetitions`` counts for GET_BULK only."""

    operation: Operation
    oids: tuple[Oid, ...]
    repetitions: int = 0


class Answer(NamedTuple):
    """One answer to one question, as large as ``octets`` says; ``position`` is its error-index."""

    status: int
    position: int
    varbinds: list[Varbind]
    octets: int
    tries: int = 1
    """How many requests had been sent when it came."""


class SnmpFailure(Exception):  # noqa: N818 - a failing device is no error of ours
    """The device could not be asked; the message is one line for an operator."""


class NoAnswer(SnmpFailure):
    """Nothing that could be taken came before the deadline."""


class PortClosed(SnmpFailure):
    """The device's host says that nobody listens there (ICMP port unreachable)."""


class HostUnreachable(SnmpFailure):
    """The network says that the device cannot be reached, or the address cannot be used from here."""


class AccessDenied(SnmpFailure):
    """The device refuses the credential, or the credential cannot be used."""


class BadAnswer(SnmpFailure):
    """What came is not a valid answer: not SNMP, a walk that does not rise or does not end."""


class ErrorStatus(SnmpFailure):
    """The device answered with an error-status (RFC 3416, section 3); ``index`` counts from 1, 0 names none."""

    def __init__(self, status: int, index: int) -> None:
        super().__init__(f"the device answers with {status_name(status)}")
        self.status = status
        self.index = index


_STATUS = (
    *("noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType", "wrongLength"),
    *("wrongEncoding", "wrongValue", "noCreation", "inconsistentValue", "resourceUnavailable", "commitFailed"),
    *("undoFailed", "authorizationError", "notWritable", "inconsistentName"),
)
TOO_BIG = 1
NO_SUCH_NAME = 2
NO_ACCESS = 6
AUTHORIZATION_ERROR = 16


def status_name(status: int) -> str:
    """RFC 3416's name of an error-status."""
    return _STATUS[status] if 0 <= status < len(_STATUS) else f"error-status {status}"


class Exchange(Protocol):
    """One question and its answer: the part of an engine that meets the network."""

    async def exchange(self, peer: Peer, requests: Sequence[Request], patience: Patience) -> Answer:
        """Send the first request, and each next one when no answer came in time; an answer to any of them is taken.

        Raises :class:`SnmpFailure`, but never for an error-status: that is an answer.
        """
        ...


class SnmpEngine(Protocol):
    """Asks devices; may be asked about many at once."""

    async def get(self, peer: Peer, oids: Sequence[Oid], patience: Patience) -> list[Varbind]:
        """The values of these instances, in the order asked; raises :class:`SnmpFailure`."""
        ...

    async def walk(self, peer: Peer, column: Oid, patience: Patience) -> list[Varbind]:
        """All instances below ``column``, rising; raises :class:`SnmpFailure`."""
        ...


@lru_cache(maxsize=4096)
def parse_oid(text: str) -> Oid:
    """Read ``1.3.6.1``; raises ValueError where it is none or an arc does not fit."""
    arcs = tuple(int(arc) for arc in text.removeprefix(".").split(".") if arc.isascii() and arc.isdigit())
    if len(arcs) != text.removeprefix(".").count(".") + 1:
        raise ValueError(f"{text!r} is not an object identifier")
    if not fits(arcs):
        raise ValueError(f"{text!r} has more than 128 arcs, or an arc over 32 bits")
    return arcs


def fits(oid: Oid) -> bool:
    """Whether an object identifier keeps the limits of RFC 2578."""
    return len(oid) <= 128 and all(0 <= arc <= 0xFFFFFFFF for arc in oid)


def dotted(oid: Oid) -> str:
    """``1.3.6.1`` of arcs."""
    return ".".join(map(str, oid))
