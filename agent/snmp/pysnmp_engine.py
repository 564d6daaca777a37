"""SNMP through pysnmp: version 3, and the oracle of the tests; it is never trusted with addresses or deadlines.

Importing this module loads pysnmp (about 15 MB and 50 ms), so it is imported when the first device wants it. Each peer
has a connected socket of its own, because pysnmp does not compare the sender's address; each credential has an engine
of its own (1 MB, 70 ms), because pysnmp knows a user by name only.
"""

import asyncio
import ipaddress
import warnings
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pysnmp.carrier.asyncio.dgram import udp, udp6
from pysnmp.hlapi.v3arch import asyncio as hlapi
from pysnmp.proto import errind

from agent.probe import Credential
from agent.snmp.dialogue import Dialogue
from agent.snmp.engine import (
    AccessDenied,
    Answer,
    BadAnswer,
    Kind,
    NoAnswer,
    Operation,
    Patience,
    Peer,
    Request,
    SnmpEngine,
    Value,
    Varbind,
    fits,
)
from agent.snmp.pysnmp_peer import authentication, connected, target
from agent.snmp.pysnmp_v3 import Asker

_AT_ONCE = 32
"""Devices asked at once: with all 193, answers came too late in measurements; silent ones take places too."""
_KEPT = 1024
_DENIALS: tuple[tuple[type[Any], str], ...] = (
    (errind.UnknownUserName, "the device does not know this user"),
    (errind.UnknownSecurityName, "the device does not know this user"),
    (errind.WrongDigest, "the authentication key or protocol is wrong"),
    (errind.AuthenticationFailure, "the authentication key or protocol is wrong"),
    (errind.DecryptionError, "the privacy key or protocol is wrong"),
    (errind.UnsupportedSecurityLevel, "the device does not allow this user this security level"),
    (errind.UnsupportedAuthProtocol, "pysnmp cannot use this authentication protocol"),
    (errind.UnsupportedPrivProtocol, "pysnmp cannot use this privacy protocol"),
    (errind.NotInTimeWindow, "the device's SNMPv3 clock cannot be followed"),
)


@asynccontextmanager
async def open_pysnmp_engine() -> AsyncIterator[SnmpEngine]:
    """An engine over pysnmp; its sockets are closed at the end."""
    exchange = _PysnmpExchange()
    try:
        yield Dialogue(exchange)
    finally:
        exchange.close()


class _PysnmpExchange:
    def __init__(self) -> None:
        self._lines: dict[Peer, _Line] = {}
        self._engines: dict[Credential | Peer, Any] = {}
        self._askers: dict[Credential | Peer, Asker] = {}
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def exchange(self, peer: Peer, requests: Sequence[Request], patience: Patience) -> Answer:
        """See :class:`agent.snmp.engine.Exchange`."""
        try:
            async with asyncio.timeout_at(patience.until), self._free:
                return await self._line(peer).ask(requests, patience)
        except TimeoutError:
            line = self._lines.get(peer)
            if line is not None and line.transport.trouble is not None:
                raise line.transport.trouble from None
            raise NoAnswer("no answer") from None

    def close(self) -> None:
        for engine in self._engines.values():
            with warnings.catch_warnings(action="ignore"):
                engine.close_dispatcher()
        self._engines.clear()
        self._askers.clear()
        self._lines.clear()

    def _line(self, peer: Peer) -> "_Line":
        line = self._lines.get(peer)
        if line is None:
            if len(self._lines) >= _KEPT:
                self.close()
            # v3 answers are bound to a device by its engine id; v1 and v2c to nothing but the engine that asked.
            key = peer.credential if peer.credential.version == "3" else peer
            if key not in self._engines:
                self._engines[key] = hlapi.SnmpEngine()
                if peer.credential.version == "3":
                    self._askers[key] = Asker(self._engines[key])
            line = self._lines[peer] = _Line(self._engines[key], self._askers.get(key), peer, len(self._lines))
        return line


class _Line:
    """One connected socket to one peer, in a pysnmp engine."""

    def __init__(self, engine: Any, asker: Asker | None, peer: Peer, number: int) -> None:
        ipv6 = ipaddress.ip_address(peer.address).version == 6
        plain = udp6.Udp6AsyncioTransport if ipv6 else udp.UdpAsyncioTransport
        self.transport = connected(plain, (peer.address, peer.port))
        self._engine = engine
        self._asker = asker
        self._authentication = authentication(peer.credential)
        self._target = target(ipv6, peer, self.transport, number)

    async def ask(self, requests: Sequence[Request], patience: Patience) -> Answer:
        loop = asyncio.get_running_loop()
        self.transport.trouble = None
        for number, request in enumerate(requests, start=1):
            left = patience.until - loop.time()
            try:
                async with asyncio.timeout(left if number == len(requests) else min(left, patience.try_seconds)):
                    return (await self._once(request))._replace(tries=number)
            except TimeoutError:
                if self.transport.trouble is not None:
                    raise self.transport.trouble from None
        raise NoAnswer("no answer")

    async def _once(self, request: Request) -> Answer:
        if self._asker is not None:
            complaint, answer = await self._asker.ask(self._authentication, self._target, request)
            if answer is None:
                raise _failure(complaint)
            return answer
        return await self._oracle(request)

    async def _oracle(self, request: Request) -> Answer:
        """v1 and v2c as pysnmp reads them, all by itself: what our own codec is compared with."""
        names = [(oid, None) for oid in request.oids]
        head = (self._engine, self._authentication, self._target, hlapi.ContextData())
        objects = [hlapi.ObjectType(hlapi.ObjectIdentity(oid)) for oid, _ in names]
        try:
            if request.operation is Operation.GET_BULK:
                found = await hlapi.bulk_cmd(*head, 0, request.repetitions, *objects, lookupMib=False)
            elif request.operation is Operation.GET_NEXT:
                found = await hlapi.next_cmd(*head, *objects, lookupMib=False)
            else:
                found = await hlapi.get_cmd(*head, *objects, lookupMib=False)
        except (TimeoutError, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001 - the one border behind which pysnmp and pyasn1 raise what they like
            raise BadAnswer(f"pysnmp fails: {type(error).__name__}") from None
        indication, status, index, objects = found
        if indication is not None:
            raise _failure(indication)
        varbinds = [_varbind(name, value) for name, value in objects]
        size = sum(map(_octets, varbinds))
        return Answer(int(status), int(index), varbinds, size)


def _failure(indication: Any) -> AccessDenied | NoAnswer | BadAnswer:
    if isinstance(indication, errind.RequestTimedOut):
        return NoAnswer("no answer")
    for kind, reason in _DENIALS:
        if isinstance(indication, kind):
            return AccessDenied(reason)
    return BadAnswer(f"the device's answer is refused: {indication}")


def _octets(varbind: Varbind) -> int:
    content = varbind.value.content
    return len(varbind.oid) + 8 + (len(content) if isinstance(content, bytes) else 4)


def _varbind(name: Any, value: Any) -> Varbind:
    tag = value.tagSet.superTags[-1]
    oid = tuple(name)
    try:
        kind = Kind(tag.tagClass | tag.tagFormat | tag.tagId)
    except ValueError:
        raise BadAnswer("the answer holds a value of an unknown type") from None
    if not fits(oid):
        raise BadAnswer("the answer holds an object identifier that does not fit")
    if kind.absent or kind is Kind.NULL:
        return Varbind(oid, Value(kind, None))
    if kind is Kind.OBJECT_IDENTIFIER:
        return Varbind(oid, Value(kind, tuple(value)))
    if kind in {Kind.OCTET_STRING, Kind.IP_ADDRESS, Kind.OPAQUE}:
        return Varbind(oid, Value(kind, bytes(value)))
    return Varbind(oid, Value(kind, int(value)))
