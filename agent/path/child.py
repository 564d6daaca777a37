"""The only program that imports scapy: traces one path, tells it as JSON, and ends; its limits end it otherwise.

scapy is GPL-2.0-only and has a history of parsers that never end: it stays in this process (``phusong[path]``).
"""

import importlib
import resource
import select
import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Self

import msgspec

from agent.path.trace import Answer, Answers, MtuSearch, Request
from shared.clock import SystemClock

CPU_SECONDS, MEMORY_BYTES = 20, 768 * 1024 * 1024
_REQUEST_LIMIT_BYTES = 4096
_GROUP_HOPS = 5
_PACE_SECONDS = 0.001
_UDP_PORT = 33_434
_MTU_TRIES = 2
_IP_MTU_DISCOVER, _IP_PMTUDISC_PROBE = 10, 3
_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("@ll")
_SECOND_NS = 1_000_000_000
_Key = tuple[int, int, int]
"""Flow, TTL, probe."""


def main() -> int:
    """Entry of ``python -m agent.path.child``."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        request = msgspec.json.decode(sys.stdin.buffer.read(_REQUEST_LIMIT_BYTES), type=Request)
        told = _answers(request)
    except ImportError:
        told = Answers(error="scapy is not installed: pip install 'phusong[path]'")
    except PermissionError:
        told = Answers(error="no right to raw sockets: run with CAP_NET_RAW", denied=True)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        told = Answers(error=getattr(error, "strerror", None) or str(error))
    sys.stdout.buffer.write(msgspec.json.encode(told))
    return 0


def _answers(request: Request) -> Answers:
    with _Wire(request) as wire:
        sent: dict[int, int] = {}
        answers: list[Answer] = []
        for first in range(1, request.max_hops + 1, _GROUP_HOPS):
            group = range(first, min(first + _GROUP_HOPS, request.max_hops + 1))
            for ttl in group:
                sent[ttl] = request.flows * request.probes
            answers += wire.ask(group)
            if any(one.last for one in answers):
                break
        reached = any(one.last and one.address == request.address for one in answers)
        mtu_bytes, told_by = wire.mtu() if reached and request.mtu_ceiling_bytes else (None, "")
        return Answers(sent=sent, answers=answers, path_mtu_bytes=mtu_bytes, mtu_told_by=told_by, reached=reached)


class _Wire:
    """Two raw sockets: whole packets go out by one, ICMP comes in by the other."""

    def __init__(self, request: Request) -> None:
        self._request = request
        # Here and not above: whoever only reads this module needs neither scapy's memory nor its licence.
        self._inet: Any = importlib.import_module("scapy.layers.inet")
        self._raw: Any = importlib.import_module("scapy.packet").Raw
        self._clock = SystemClock()
        self._last_id = request.seed & 0xFFFF
        self._sent: dict[int, tuple[_Key, int]] = {}
        self._out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._in = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self._in.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._out.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_PROBE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()
        self._in.close()

    def ask(self, ttls: Iterable[int]) -> list[Answer]:
        """All flows and probes of these hops, and what comes back within the wait."""
        self._sent.clear()
        for ttl in ttls:
            for probe in range(self._request.probes):
                for flow in range(self._request.flows):
                    self._send((flow, ttl, probe), self._payload(flow, ttl, probe))
                    select.select([], [], [], _PACE_SECONDS)
        return [answer for _, answer in self._heard(len(self._sent))]

    def mtu(self) -> tuple[int | None, str]:
        """The path MTU and who told it."""
        search = MtuSearch(self._request.mtu_ceiling_bytes)
        while (size := search.size_bytes()) is not None:
            self._try_size(search, size)
        return search.found_bytes(), search.told_by

    def _try_size(self, search: MtuSearch, size: int) -> None:
        for number in range(_MTU_TRIES):
            self._sent.clear()
            try:
                self._send((0, 64, number), self._echo(0, b"\0" * (size - 28)), df=True)
            except OSError:
                break
            for packet, answer in self._heard(1):
                if answer.last and packet.type == 0:
                    search.went_through(size)
                    return
                if packet.type == 3 and packet.code == 4:
                    search.was_too_big(size, int(packet.nexthopmtu or 0), answer.address)
                    return
        search.was_too_big(size)

    def _payload(self, flow: int, ttl: int, probe: int) -> Any:
        """Flow 0 is an echo whose checksum is constant; the others are UDP with ports of their own."""
        if flow:
            source = 1024 + (self._request.seed + flow) % 60_000
            return self._inet.UDP(sport=source, dport=_UDP_PORT + flow) / self._raw(b"phusong!")
        number = ttl << 8 | probe
        return self._echo(number, (0xFFFF - number).to_bytes(2, "big"))

    def _echo(self, number: int, load: bytes) -> Any:
        return self._inet.ICMP(type=8, id=self._request.seed & 0xFFFF, seq=number) / self._raw(load)

    def _send(self, key: _Key, payload: Any, *, df: bool = False) -> None:
        self._last_id = self._last_id % 0xFFFF + 1
        head = self._inet.IP(dst=self._request.address, ttl=key[1], id=self._last_id, flags="DF" if df else 0)
        packet = bytes(head / payload)
        self._sent[self._last_id] = (key, self._clock.wall_ns())
        self._out.sendto(packet, (self._request.address, 0))

    def _heard(self, wanted: int) -> Iterator[tuple[Any, Answer]]:
        """Answers to what is out, until all came or the wait is over."""
        until_ns = self._clock.monotonic_ns() + int(self._request.wait_seconds * _SECOND_NS)
        while wanted > 0 and (left_ns := until_ns - self._clock.monotonic_ns()) > 0:
            ready, _, _ = select.select([self._in], [], [], left_ns / _SECOND_NS)
            if not ready:
                return
            data, extras, _, _ = self._in.recvmsg(65_535, 64)
            found = self._placed(data, _stamp_ns(extras) or self._clock.wall_ns())
            if found is not None:
                wanted -= 1
                yield found

    def _placed(self, data: bytes, now_ns: int) -> tuple[Any, Answer] | None:
        """The ICMP message and the packet of ours that it answers; hostile bytes are nobody's answer."""
        try:
            packet = self._inet.IP(data)
            message = packet[self._inet.ICMP]
            number = self._number_of(packet, message)
        except Exception:  # noqa: BLE001 - whatever a parser makes of a stranger's bytes
            return None
        if number not in self._sent:
            return None
        (flow, ttl, probe), sent_ns = self._sent[number]
        rtt = max(0.0, (now_ns - sent_ns) / _SECOND_NS)
        last = message.type in {0, 3} and not (message.type == 3 and message.code == 4)
        return message, Answer(flow, ttl, probe, str(packet.src), rtt, last)

    def _number_of(self, packet: Any, message: Any) -> int:
        if message.type == 0:
            wanted = (message.id, message.seq, packet.src)
            for number, ((flow, ttl, probe), _) in self._sent.items():
                sequence = ttl << 8 | probe if message.seq else 0
                if flow == 0 and wanted == (self._request.seed & 0xFFFF, sequence, self._request.address):
                    return number
            return -1
        quoted = message[self._inet.IPerror]
        return int(quoted.id) if quoted.dst == self._request.address and message.type in {3, 11} else -1


def _stamp_ns(extras: Iterable[tuple[int, int, bytes]]) -> int:
    """When the kernel received it, for it is read only after all was sent; 0 where it does not say."""
    for level, kind, data in extras:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) == _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            return int(seconds) * _SECOND_NS + int(nanoseconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
