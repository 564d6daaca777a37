"""One UDP socket of one address family, and who waits for what on it; an answer counts only from whom it was asked.

The kernel's error queue tells which device's port is closed, so that a dead port needs no socket of its own.
"""

import asyncio
import errno
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from agent.snmp.ber import RESPONSE, V1, V2C, MalformedMessage, OidCache, read_head
from agent.snmp.engine import Answer, BadAnswer, HostUnreachable, Peer, PortClosed, Request, SnmpFailure
from agent.snmp.shape import Shapes

Place = tuple[Any, ...]
"""A socket address as the kernel writes it."""
_RECEIVE_BUFFER = 4 * 1024 * 1024
_COST_OF_AN_ANSWER = 2_560
"""What the kernel charges for a datagram of 1,472 bytes."""
_SO_RCVBUFFORCE = 33
"""For root: above net.core.rmem_max."""
_LARGEST = 65_535
_AT_A_TURN = 64
"""Datagrams taken before other tasks of the loop have their turn."""
_IP_RECVERR = 11
_IPV6_RECVERR = 25
_EXTENDED_ERROR = struct.Struct("=IBBBBII")
"""struct sock_extended_err of linux/errqueue.h: errno, origin, type, code, padding, info, data."""


class Pending:
    """One question on its way."""

    __slots__ = (
        "answer",
        "community",
        "held",
        "left",
        "line",
        "noise",
        "place",
        "request_id",
        "timer",
        "tries",
        "version",
    )

    def __init__(self, line: "Line", place: Place, peer: Peer, request_id: int) -> None:
        secret = peer.credential.community
        self.line = line
        self.place = place
        self.version = V1 if peer.credential.version == "1" else V2C
        self.community = secret.reveal().encode() if secret else b""
        self.request_id = request_id
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.left: list[Request] = []
        self.tries = 0
        self.timer: asyncio.TimerHandle | None = None
        self.noise: SnmpFailure | None = None
        """What to say instead of ``no answer`` where something came that could not be taken."""
        self.held = True
        """Whether it still counts in the window: a device that is silent must not keep others waiting."""


class Line:
    """One socket, and who waits for what on it."""

    def __init__(self, family: int, most: int | None) -> None:
        self.waiting: dict[Place, dict[int, Pending]] = {}
        self._cache = OidCache()
        self._shapes = Shapes()
        self._buffer = bytearray(_LARGEST)
        try:
            self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        except OSError as error:
            raise HostUnreachable(f"this machine has no such network: {error.strerror}") from None
        if family == socket.AF_INET:
            self._socket.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        else:
            self._socket.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
        except OSError:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        room = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // _COST_OF_AN_ANSWER
        self.window = asyncio.Semaphore(most or max(16, min(1024, room)))
        """Fresh questions at once: as many as there is room for answers in the receive buffer."""
        asyncio.get_running_loop().add_reader(self._socket, self._readable)

    def close(self) -> None:
        """Let go of the socket; questions on their way end by their deadline."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def fresh_id(self, place: Place, random_id: Callable[[], int]) -> int:
        """A request id that no other question to this device has."""
        taken = self.waiting.get(place, {})
        while (request_id := random_id()) in taken:
            pass
        return request_id

    def send(self, datagram: bytes, pending: Pending) -> None:
        """Send; what the kernel says against it is kept as the reason, and the retry tries again."""
        for _ in range(3):
            try:
                self._socket.sendto(datagram, pending.place)
            except BlockingIOError:
                return
            except OSError as error:
                # A report about another device may come out here: take the reports in, then try again.
                self._take_errors()
                pending.noise = pending.noise or HostUnreachable((error.strerror or str(error)).lower())
            else:
                if isinstance(pending.noise, HostUnreachable):
                    pending.noise = None
                return

    def _readable(self) -> None:
        for _ in range(_AT_A_TURN):
            try:
                size, place = self._socket.recvfrom_into(self._buffer)
            except BlockingIOError:
                break
            except OSError:
                self._take_errors()
                continue
            others = self.waiting.get(place)
            if others is not None:
                self._take(bytes(memoryview(self._buffer)[:size]), others)
        self._take_errors()

    def _take(self, datagram: bytes, others: dict[int, Pending]) -> None:
        """An answer ends its question only where id, community and version are those of the question."""
        try:
            head = read_head(datagram)
            pending = others.get(head.request_id)
            if pending is None or head.pdu != RESPONSE or pending.answer.done():
                return
            if head.community != pending.community or head.version != pending.version:
                pending.noise = BadAnswer("the device answers with another community or version than it was asked with")
                return
            varbinds = self._shapes.read(pending.place, datagram, head, self._cache)
        except MalformedMessage as malformed:
            for pending in others.values():
                pending.noise = BadAnswer(f"what came is not valid SNMP: {malformed}")
            return
        answer = Answer(head.status, head.position, varbinds, len(datagram), pending.tries)
        pending.answer.set_result(answer)

    def _take_errors(self) -> None:
        for _ in range(_AT_A_TURN):
            try:
                _, reports, _, place = self._socket.recvmsg(512, 512, socket.MSG_ERRQUEUE)
            except OSError:
                return
            for _, _, report in reports:
                with suppress(struct.error):
                    self._report(_EXTENDED_ERROR.unpack_from(report)[0], place)

    def _report(self, number: int, place: Place) -> None:
        for pending in self.waiting.get(place, {}).values():
            if pending.answer.done():
                continue
            if number == errno.ECONNREFUSED:
                pending.answer.set_exception(PortClosed("nobody listens on the port"))
            else:
                # A route may come back before the deadline: the wait goes on.
                pending.noise = HostUnreachable(errno.errorcode.get(number, str(number)))
