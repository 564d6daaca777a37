"""A namespace whose TUN device answers every echo after a delay and captures both; it runs probers and prints JSON."""

import asyncio
import json
import os
import re
import resource
import shutil
import socket
import struct
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from lab import tunnel
from lab.bench.icmp_blackbox import PROGRAM, blackbox
from lab.bench.icmp_own import addresses_from, cpu_between

_DELAY_NS = 3_000_000
_ETH_P_ALL, _SO_TIMESTAMPNS, _SO_RCVBUFFORCE = 3, 35, 33
_OUTGOING = 4
_BUFFER_BYTES = 64 * 1024 * 1024
_TARGETS, _COUNT, _INTERVAL = 20, 50, 0.1
_BEHIND_SECONDS = 0.6
"""A train ends up to two ticks after its last reply; what takes longer did not keep its schedule."""
PEERS = ("fping", "ping", PROGRAM)
_TURNS = 5
_DUPLICATE = ": duplicate for "
"""What fping says of a reply to a packet that has one."""
_ROUNDS = 6
"""Of 10,000 targets: fping ends with an error at its 65,536th request within ten seconds."""


def answer(packet: bytes, at_ns: int) -> list[tuple[int, bytes]]:
    """An echo reply by exchanging the addresses, which leaves the header's sum as it is."""
    if len(packet) < 28 or packet[9] != 1 or packet[20] != 8:
        return []
    total = int.from_bytes(packet[22:24], "big") + 0x0800
    checksum = (total & 0xFFFF) + (total >> 16)
    head = packet[:12] + packet[16:20] + packet[12:16]
    return [(at_ns + _DELAY_NS, head + b"\0\0" + checksum.to_bytes(2, "big") + packet[24:])]


class Capture:
    """Every echo as the kernel hands it to a capture: (address, identifier, sequence) -> sent and received."""

    def __init__(self, source: socket.socket) -> None:
        self._socket = source
        self._sent: dict[str, dict[bytes, int]] = defaultdict(dict)
        self._received: dict[bytes, int] = {}

    def read(self) -> None:
        """Take what waits."""
        for _ in range(1000):
            try:
                data, controls, _, where = self._socket.recvmsg(64, 64)
            except BlockingIOError:
                return
            if len(data) < 28 or data[9] != 1 or not controls:
                continue
            seconds, nanoseconds = struct.unpack("@ll", controls[0][2][:16])
            far = data[16:20] if where[2] == _OUTGOING else data[12:16]
            key, at_ns = far + data[24:28], seconds * 1_000_000_000 + nanoseconds
            if where[2] == _OUTGOING:
                self._sent[socket.inet_ntoa(far)][key] = at_ns
            else:
                self._received.setdefault(key, at_ns)

    def rtts_us(self, address: str) -> list[float | None]:
        """Round-trip times at an address in sending order."""
        sent = self._sent.get(address, {})
        return [(self._received[key] - at) / 1000 if key in self._received else None for key, at in sent.items()]


@contextmanager
def open_capture() -> Iterator[Capture]:
    """Capture on the TUN device until the end of the block."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, socket.htons(_ETH_P_ALL)) as source:
        source.bind(("sites", _ETH_P_ALL))
        source.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
        source.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        capture = Capture(source)
        loop = asyncio.get_running_loop()
        loop.add_reader(source.fileno(), capture.read)
        try:
            yield capture
        finally:
            loop.remove_reader(source.fileno())


async def run(*command: str) -> tuple[str, dict[str, float]]:
    """Standard output and error of a command, and the CPU it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
    output, _ = await child.communicate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return output.decode(), cpu_between(before, after)


async def own(count: int, interval: float, first: str, number: int) -> dict[str, Any]:
    """The agent's engine in a process of its own."""
    output, _ = await run(sys.executable, "-m", "lab.bench.icmp_own", str(count), str(interval), first, str(number))
    told: dict[str, Any] = json.loads(output)
    return told


async def fping(count: int, interval: float, first: str, number: int, gap_ms: float) -> dict[str, Any]:
    """Fping -C: the round-trip times of each target, in milliseconds, and the CPU it took."""
    addresses = addresses_from(first, number)
    options = ("-C", str(count), "-q", "-r", "0", "-B", "1", "-t", "1000", "-p", str(int(interval * 1000)))
    output, cpu = await run("fping", *options, "-i", str(gap_ms), *addresses)
    rtts = {
        line.split(":")[0].strip(): [None if word == "-" else float(word) * 1000 for word in line.split(":")[1].split()]
        for line in output.splitlines()
        if " : " in line and _DUPLICATE not in line
    }
    lists = [rtts.get(address, []) for address in addresses]
    received = sum(len(times) - times.count(None) for times in lists)
    doubled = Counter(line.split(":")[0].strip() for line in output.splitlines() if _DUPLICATE in line)
    own_words = {"rtts_us": lists, "doubled": [doubled[address] for address in addresses]}
    return {**own_words, "sent": count * number, "received": received, **cpu}


async def ping(count: int, interval: float, first: str, number: int) -> dict[str, Any]:
    """A ping of iputils for each target, all at once."""
    runs = [run("ping", "-c", str(count), "-i", str(interval), address) for address in addresses_from(first, number)]
    outputs = await asyncio.gather(*runs)
    return {"rtts_us": [[float(time) * 1000 for time in re.findall(r"time=([\d.]+) ms", out)] for out, _ in outputs]}


@asynccontextmanager
async def both_cores_busy() -> Any:
    """A process that spins on each core."""
    spinning = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", "while True: pass")
        for _ in range(os.cpu_count() or 1)
    ]
    try:
        yield
    finally:
        for child in spinning:
            child.kill()
            await child.wait()


async def errors(capture: Capture, octet: int) -> dict[str, list[float]]:
    """Reported minus captured, microseconds, of each prober in turn."""
    found: dict[str, list[float]] = {}
    probers: dict[str, Callable[[str], Any]] = {
        "own engine": lambda first: own(_COUNT, _INTERVAL, first, _TARGETS),
        "fping": lambda first: fping(_COUNT, _INTERVAL, first, _TARGETS, 1),
        "ping": lambda first: ping(_COUNT, _INTERVAL, first, _TARGETS),
        PROGRAM: lambda first: blackbox(_COUNT, _INTERVAL, first, _TARGETS),
    }
    for number, (name, prober) in enumerate(probers.items()):
        if name in PEERS and shutil.which(name) is None:
            continue
        first = f"10.{octet + number}.0.1"
        told = await prober(first)
        capture.read()
        found[name] = [
            said - true
            for address, times in zip(addresses_from(first, _TARGETS), told["rtts_us"], strict=True)
            for said, true in zip(times, capture.rtts_us(address), strict=False)
            if said is not None and true is not None
        ]
    return found


async def scene_of_errors() -> dict[str, Any]:
    """Idle, then with both cores busy."""
    with open_capture() as capture:
        idle = await errors(capture, 10)
        async with both_cores_busy():
            busy = await errors(capture, 20)
    return {"idle": idle, "busy": busy}


async def scene_of_cost() -> dict[str, Any]:
    """CPU at 193 and at 10,000 targets behind the TUN device, in turns; the highest rate on the loopback."""
    turns: dict[str, dict[str, list[Any]]] = {"193": defaultdict(list), "10000": defaultdict(list)}
    for _ in range(_TURNS):
        for targets, count, gap_ms in ((193, 20, 1), (10_000, _ROUNDS, 0.05)):
            found = turns[str(targets)]
            found["own engine"].append(await own(count, 1, "10.40.0.1", targets))
            if shutil.which("fping"):
                found["fping"].append(await fping(count, 1, "10.60.0.1", targets, gap_ms))
    if shutil.which(PROGRAM):
        turns["193"][PROGRAM].append(await blackbox(20, 1, "10.80.0.1", 193))
    rates: dict[str, Any] = {}
    for rate in (20_000, 40_000, 45_000, 50_000, 60_000):
        rates[str(rate)] = told = await own(3 * rate // 10_000 or 1, 10_000 / rate, "127.80.0.1", 10_000)
        behind = told["elapsed_seconds"] - told["planned_seconds"] > _BEHIND_SECONDS
        if told["received"] < told["sent"] or told["voided"] or behind:
            break
    every = (told for found in turns.values() for probers in found.values() for told in probers)
    for told in (*every, *rates.values()):
        del told["rtts_us"]
        told.pop("facts", None)
    return {"turns": turns, "rates": rates}


async def main(scene: str) -> dict[str, Any]:
    """Build the namespace's network, then play."""
    tunnel.raise_loopback()
    with tunnel.open_tun("10.255.255.254", "255.0.0.0") as device, tunnel.open_tunnel(device, answer):
        return await (scene_of_errors() if scene == "error" else scene_of_cost())


if __name__ == "__main__":
    json.dump(asyncio.run(main(sys.argv[1])), sys.stdout)
