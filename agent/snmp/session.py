"""SNMP v1 and v2c to many devices at once: a window of questions, each asked again until its deadline, never beyond."""

import asyncio
import ipaddress
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from agent.snmp.ber import encode_request
from agent.snmp.dialogue import Dialogue
from agent.snmp.engine import Answer, HostUnreachable, NoAnswer, Patience, Peer, Request, SnmpEngine
from agent.snmp.line import Line, Pending, Place

_PLACES = 65_536


@asynccontextmanager
async def open_session(
    random_id: Callable[[], int] = lambda: secrets.randbits(31), most: int | None = None
) -> AsyncIterator[SnmpEngine]:
    """An engine for v1 and v2c; its sockets are opened when first needed and closed at the end.

    ``most`` is the number of fresh questions at once; what the receive buffer holds where it is None.
    """
    exchange = _UdpExchange(random_id, most)
    try:
        yield Dialogue(exchange)
    finally:
        exchange.close()


class _UdpExchange:
    def __init__(self, random_id: Callable[[], int], most: int | None) -> None:
        self._lines: dict[int, Line] = {}
        self._places: dict[tuple[str, int], tuple[Line, Place]] = {}
        self._random_id = random_id
        self._most = most

    async def exchange(self, peer: Peer, requests: Sequence[Request], patience: Patience) -> Answer:
        """See :class:`agent.snmp.engine.Exchange`."""
        line, place = self._places.get((peer.address, peer.port)) or self._place(peer)
        if not line.window.locked():
            await line.window.acquire()
        else:
            try:
                async with asyncio.timeout_at(patience.until):
                    await line.window.acquire()
            except TimeoutError:
                raise NoAnswer("not asked: the agent itself was too busy before the deadline") from None
        pending = Pending(line, place, peer, line.fresh_id(place, self._random_id))
        pending.left = list(requests)
        line.waiting.setdefault(place, {})[pending.request_id] = pending
        try:
            self._send_next(pending, patience)
            return await pending.answer
        finally:
            self._forget(pending)

    def close(self) -> None:
        for line in self._lines.values():
            line.close()
        self._lines.clear()
        self._places.clear()

    def _send_next(self, pending: Pending, patience: Patience) -> None:
        """Send the next request, and come back when it was not answered in time."""
        loop = asyncio.get_running_loop()
        if pending.answer.done():
            return
        if not pending.left or loop.time() >= patience.until:
            pending.answer.set_exception(pending.noise or NoAnswer("no answer"))
            return
        request = pending.left.pop(0)
        pending.tries += 1
        if pending.timer is not None:
            self._release(pending)
        datagram = encode_request(pending.version, pending.community, pending.request_id, request)
        pending.line.send(datagram, pending)
        when = min(patience.until, loop.time() + patience.try_seconds) if pending.left else patience.until
        pending.timer = loop.call_at(when, self._send_next, pending, patience)

    def _forget(self, pending: Pending) -> None:
        if pending.timer is not None:
            pending.timer.cancel()
        self._release(pending)
        others = pending.line.waiting[pending.place]
        del others[pending.request_id]
        if not others:
            del pending.line.waiting[pending.place]

    def _release(self, pending: Pending) -> None:
        if pending.held:
            pending.held = False
            pending.line.window.release()

    def _place(self, peer: Peer) -> tuple[Line, Place]:
        if ":" not in peer.address:
            family = socket.AF_INET
            place: Place = (str(ipaddress.IPv4Address(peer.address)), peer.port)
        else:
            numeric = socket.AI_NUMERICHOST
            try:
                found = socket.getaddrinfo(peer.address, peer.port, type=socket.SOCK_DGRAM, flags=numeric)
            except OSError as error:
                raise HostUnreachable(f"the address cannot be used here: {error.strerror}") from None
            family, place = socket.AF_INET6, found[0][4]
        line = self._lines.get(family)
        if line is None:
            line = self._lines[family] = Line(family, self._most)
        if len(self._places) >= _PLACES:
            self._places.clear()
        self._places[peer.address, peer.port] = line, place
        return line, place
