"""An IPv6 wire behind a TUN device that answers or refuses: python -m tests.peers.icmp_wire6 raw|datagram."""

import asyncio
import json
import struct
import subprocess
import sys
from typing import Any

from agent.icmp.engine import open_engine
from agent.probe import Target
from agent.probes.icmp import IcmpCheck, IcmpInstrument
from lab import tunnel
from lab.packets import checksum
from shared.clock import SystemClock
from tests.peers.icmp_wire import MS, allow_datagram_sockets
from tests.peers.presence import require

ROUTER = bytes.fromhex("fd00" + "00" * 13 + "99")
REFUSALS = {2: (b"\x03\0\0\0\0\0\0\0", 1200), 3: (b"\x02\0\0\0\0\0\x05\0", 1200), 4: (b"\x01\x03\0\0\0\0\0\0", 48)}
"""By the last byte of the address: time exceeded, packet too big (1280), address unreachable that quotes little."""


def packet(source: bytes, destination: bytes, message: bytes) -> bytes:
    """An IPv6 packet around an ICMPv6 message, with its sum (RFC 4443 2.3)."""
    pseudo = source + destination + struct.pack("!II", len(message), 58)
    bare = message[:2] + b"\0\0" + message[4:]
    head = struct.pack("!IHBB", 0x60000000, len(message), 58, 64) + source + destination
    return head + bare[:2] + checksum(pseudo + bare).to_bytes(2, "big") + bare[4:]


def answer(raw: bytes, at_ns: int) -> list[tuple[int, bytes]]:
    if raw[0] >> 4 != 6 or raw[6] != 58 or raw[40] != 128:
        return []
    source, destination = raw[8:24], raw[24:40]
    if destination[-1] == 1:
        return [(at_ns + 3 * MS, packet(destination, source, b"\x81\0\0\0" + raw[44:]))]
    head, quote = REFUSALS[destination[-1]]
    return [(at_ns + 3 * MS, packet(ROUTER, source, head + raw[:quote]))]


async def main(mode: str) -> dict[str, Any]:
    tunnel.raise_loopback()
    if mode == "datagram":
        allow_datagram_sockets()
    told = {}
    with (
        tunnel.open_tun("10.255.255.254", "255.0.0.0") as device,
        tunnel.open_tunnel(device, answer),
        open_engine(SystemClock(), raw=mode == "raw") as engine,
    ):
        command = (require("ip", "iproute2"), "-6", "addr", "add", "fd00::abcd/64", "dev", "sites", "nodad")
        subprocess.run(command, check=True)  # noqa: ASYNC221 - before anything is measured
        ping = IcmpInstrument(SystemClock(), engine)
        check = IcmpCheck(count=2, timeout_seconds=0.3, linger_seconds=0, size_bytes=1400, dont_fragment=True)
        for last in (1, *REFUSALS):
            finding = await ping.measure(check, Target(site="x", name=str(last), address=f"fd00::{last}"))
            told[str(last)] = {"outcome": finding.outcome.value, "reason": finding.reason, **finding.facts}
    return told


if __name__ == "__main__":
    json.dump(asyncio.run(main(sys.argv[1])), sys.stdout)
