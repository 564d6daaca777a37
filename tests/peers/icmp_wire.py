"""A wire whose every act is known, behind a TUN device: python -m tests.peers.icmp_wire raw|datagram|user|forbidden."""

import asyncio
import json
import random
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from agent.icmp.engine import open_engine
from agent.probe import ProbeFailed, Target
from agent.probes.icmp import IcmpCheck, IcmpInstrument
from lab import packets, tunnel
from lab.packets import IpPacket, checksum
from shared.clock import SystemClock

MS = 1_000_000
ROUTER = bytes((10, 99, 0, 1))
COUNT = 100
Act = Callable[[int, int, IpPacket], list[tuple[int, bytes]]]
"""(number of the packet at this address, ns since the first one, packet) -> what comes back, and after how many ns."""


def answer(packet: IpPacket, delay_ms: float = 3) -> list[tuple[int, bytes]]:
    echo = packets.echo_reply(packet)
    return [] if echo is None else [(int(delay_ms * MS), echo)]


def error(kind: int, code: int, rest: bytes = bytes(4), quote: int = 548) -> Act:
    """A router on the way that refuses each packet and quotes some bytes of it."""

    def act(_number: int, _since_ns: int, packet: IpPacket) -> list[tuple[int, bytes]]:
        body = bytes((kind, code, 0, 0)) + rest + packet.raw[:quote]
        message = body[:2] + checksum(body).to_bytes(2, "big") + body[4:]
        return [(2 * MS, packets.reply(packet, packets.ICMP, message, source=ROUTER))]

    return act


def forged(_number: int, _since_ns: int, packet: IpPacket) -> list[tuple[int, bytes]]:
    """Replies of another program, of another host, with a broken sum, and bytes without sense; never the true one."""
    sound = packet.payload

    def reply(payload: bytes, source: bytes | None = None) -> bytes:
        bare = b"\0\0\0\0" + payload[4:]
        return packets.reply(packet, packets.ICMP, bare[:2] + checksum(bare).to_bytes(2, "big") + bare[4:], source)

    other_program = reply(sound[:4] + bytes((sound[4] ^ 1,)) + sound[5:])
    other_cookie = reply(sound[:8] + bytes(8) + sound[16:])
    other_host = reply(sound, ROUTER)
    broken = packets.reply(packet, packets.ICMP, b"\0\0\xff\xfe" + sound[4:])
    short = packets.reply(packet, packets.ICMP, b"\0\0")
    return [(MS, data) for data in (other_program, other_cookie, other_host, broken, short)]


def bursts(number: int) -> bool:
    """Whether a Gilbert-Elliott wire loses a packet; the same each time, because the seed is."""
    rng = random.Random(3)
    bad = False
    for _ in range(number + 1):
        bad = rng.random() < (0.6 if bad else 0.08)
    return bad


CASES: dict[str, tuple[Act, dict[str, Any]]] = {
    "quiet": (lambda _n, _t, p: answer(p), {}),
    "every tenth": (lambda n, _t, p: [] if n % 10 == 9 else answer(p), {}),
    "bursts": (lambda n, _t, p: [] if bursts(n) else answer(p), {}),
    "outage": (
        lambda _n, t, p: [] if 900 * MS <= t < 1900 * MS else answer(p, 20),
        {"count": 15, "interval_seconds": 0.2},
    ),
    "slow": (lambda _n, _t, p: answer(p, 350), {}),
    "doubled": (lambda n, _t, p: answer(p) + (answer(p, 4) if n % 2 == 0 else []), {}),
    "overtaken": (lambda n, _t, p: answer(p, 110 if n % 10 == 0 else 3), {}),
    "late": (lambda n, _t, p: answer(p, 900 if n % 4 == 0 else 3), {"timeout_seconds": 0.5, "linger_seconds": 0.8}),
    "too late": (lambda _n, _t, p: answer(p, 700), {"count": 3, "timeout_seconds": 0.3, "linger_seconds": 0.0}),
    "silent": (lambda _n, _t, _p: [], {"count": 5, "timeout_seconds": 0.3, "linger_seconds": 0.0}),
    "host unreachable": (error(3, 1), {"count": 3, "timeout_seconds": 0.3, "linger_seconds": 0.0}),
    "prohibited": (error(3, 13), {"count": 3, "timeout_seconds": 0.3, "linger_seconds": 0.0}),
    "eight bytes": (error(11, 0, quote=28), {"count": 3, "timeout_seconds": 0.3, "linger_seconds": 0.0}),
    "too big": (
        error(3, 4, b"\0\0\x05\x78"),
        {"count": 2, "timeout_seconds": 0.3, "linger_seconds": 0.0, "size_bytes": 1450, "dont_fragment": True},
    ),
    "forged": (forged, {"count": 5, "timeout_seconds": 0.3, "linger_seconds": 0.0}),
    "marked": (lambda _n, _t, p: answer(p), {"count": 2, "ttl": 7, "dscp": 46, "dont_fragment": True}),
}


class Wire:
    """Answers by address: 10.9.0.N is the Nth case."""

    def __init__(self) -> None:
        self._acts = {bytes((10, 9, 0, number)): name for number, name in enumerate(CASES, 1)}
        self._first: dict[str, int] = {}
        self.seen: dict[str, list[IpPacket]] = {name: [] for name in CASES}

    def answer(self, raw: bytes, at_ns: int) -> Iterable[tuple[int, bytes]]:
        packet = packets.parse(raw)
        name = self._acts.get(packet.destination) if packet is not None else None
        if packet is None or name is None or packet.protocol != packets.ICMP:
            return []
        number = len(self.seen[name])
        self.seen[name].append(packet)
        first = self._first.setdefault(name, at_ns)
        return [(at_ns + delay, data) for delay, data in CASES[name][0](number, at_ns - first, packet)]


async def measure(ping: IcmpInstrument, name: str, address: str) -> dict[str, Any]:
    quick = {"count": COUNT, "interval_seconds": 0.02, "timeout_seconds": 0.8, "linger_seconds": 0.2}
    settings = quick | CASES.get(name, (None, {}))[1]
    try:
        finding = await ping.measure(IcmpCheck(**settings), Target(site="x", name=name, address=address))
    except ProbeFailed as failure:
        return {"outcome": failure.outcome.value, "reason": failure.reason}
    return {
        "outcome": finding.outcome.value,
        "reason": finding.reason,
        "voided": finding.voided,
        "series": {sample.name: sample.value for sample in finding.samples if not sample.labels},
        **finding.facts,
    }


async def soon_after(ping: IcmpInstrument, name: str, address: str) -> float:
    """The late total once the replies to a train that is over have come; asked again until they have."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        again = await measure(ping, name, address)
        late: float = again["series"]["phusong_ping_late_replies_total"]
        if late >= 3:
            break
    return late


async def stalled(ping: IcmpInstrument) -> dict[str, Any]:
    """A train during which the agent's loop stands still."""
    asyncio.get_running_loop().call_later(0.3, time.sleep, 0.8)
    return await measure(ping, "stalled", "127.0.0.7")


def allow_datagram_sockets() -> None:
    Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0", encoding="ascii")


async def main(mode: str) -> dict[str, Any]:
    tunnel.raise_loopback()
    if mode in {"datagram", "user"}:
        allow_datagram_sockets()
    wire = Wire()
    told: dict[str, Any] = {"strays": 0}
    with (
        tunnel.open_tun("10.255.255.254", "255.0.0.0") as device,
        tunnel.open_tunnel(device, wire.answer),
        open_engine(SystemClock(), raw=mode != "datagram", stamps=mode != "user") as engine,
    ):
        ping = IcmpInstrument(SystemClock(), engine)
        names = {name: f"10.9.0.{number}" for number, name in enumerate(CASES, 1)}
        if mode == "forbidden":
            return {"line": (await measure(ping, "quiet", "10.9.0.1"))["reason"]}
        found = await asyncio.gather(*(measure(ping, name, address) for name, address in names.items()))
        told |= dict(zip(names, found, strict=True))
        told["strays"] = engine.strays
        told["no way"] = await measure(ping, "silent", "192.0.2.1")
        told["loopback six"] = await measure(ping, "silent", "::1")
        told["late total"] = await soon_after(ping, "too late", names["too late"])
        told["stalled"] = await stalled(ping)
    told["marks"] = [(p.time_to_live, p.raw[1], p.raw[6] >> 6 & 1) for p in wire.seen["marked"]]
    return told


if __name__ == "__main__":
    json.dump(asyncio.run(main(sys.argv[1])), sys.stdout)
