"""A wire that keeps a ledger of what it does to each echo, and the probers that are asked what it did; prints JSON."""

import asyncio
import json
import random
import shutil
import sys
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

from lab import tunnel
from lab.bench.icmp_own import addresses_from
from lab.bench.icmp_scene import answer, fping, own

COUNT, INTERVAL_SECONDS = 300, 0.01
_MS = 1_000_000
Act = Callable[[int, int], list[float]]
"""(number of the packet, ms since the first one) -> after how many further ms each of its replies comes."""
Ledger = dict[str, int]


def bursts(seed: int) -> list[bool]:
    """Which packets a Gilbert-Elliott wire loses: about a tenth, in runs."""
    rng, bad = random.Random(seed), False
    lost = []
    for _ in range(COUNT):
        bad = rng.random() < (0.7 if bad else 0.04)
        lost.append(bad)
    return lost


_BURSTS = tuple(bursts(3))
CASES: dict[str, Act] = {
    "every tenth lost": lambda n, _t: [] if n % 10 == 9 else [0],
    "bursts (Gilbert-Elliott)": lambda n, _t: [] if n < COUNT and _BURSTS[n] else [0],
    "nothing for 1 s": lambda _n, t: [] if 1000 <= t < 2000 else [0],
    "RTT above the interval": lambda _n, _t: [45],
    "half of them doubled": lambda n, _t: [0, 1] if n % 2 == 0 else [0],
    "each tenth overtaken": lambda n, _t: [35 if n % 10 == 0 else 0],
    "each fourth after 1.2 s": lambda n, _t: [1200 if n % 4 == 0 else 0],
}


class Wire:
    """Does to 10.x.0.N what the Nth case says, whoever asks."""

    def __init__(self) -> None:
        self._acts = dict(enumerate(CASES.values(), 1))
        self._seen: dict[bytes, tuple[int, int]] = {}
        self._lost: dict[bytes, list[bool]] = {}
        self._ledgers: dict[bytes, Ledger] = {}

    def answer(self, packet: bytes, at_ns: int) -> list[tuple[int, bytes]]:
        """The replies, and a note in the ledger."""
        echoes, target = answer(packet, at_ns), packet[16:20]
        act = self._acts.get(target[3])
        if not echoes or act is None:
            return []
        number, first_ns = self._seen.get(target, (0, at_ns))
        self._seen[target] = (number + 1, first_ns)
        delays = act(number, (at_ns - first_ns) // _MS)
        self._note(target, delays)
        return [(due_ns + int(delay * _MS), echo) for due_ns, echo in echoes for delay in delays]

    def _note(self, target: bytes, delays: list[float]) -> None:
        ledger = self._ledgers.setdefault(target, {"lost": 0, "late": 0, "doubled": 0, "overtaken": 0})
        ledger["lost"] += not delays
        ledger["late"] += bool(delays) and delays[0] > 1000
        ledger["doubled"] += len(delays) - 1 if delays else 0
        ledger["overtaken"] += delays == [35]
        self._lost.setdefault(target, []).append(not delays)

    def did(self, address: str) -> Ledger:
        """What was done to an address, and the longest run of lost packets."""
        target = bytes(int(part) for part in address.split("."))
        return {**self._ledgers[target], "longest run": longest(self._lost[target])}


async def asked_fping(first: str) -> list[dict[str, int]]:
    """What fping's lists of round-trip times and its words of duplicates say."""
    told = await fping(COUNT, INTERVAL_SECONDS, first, len(CASES), 1)
    return [
        {"lost": times.count(None), "doubled": doubled, "longest run": longest(time is None for time in times)}
        for times, doubled in zip(told["rtts_us"], told["doubled"], strict=True)
    ]


def longest(lost: Iterable[bool]) -> int:
    """Packets in the longest run of lost ones."""
    return max((sum(run) for gone, run in groupby(lost) if gone), default=0)


async def main() -> list[dict[str, Any]]:
    """All cases at once, by one prober after the other."""
    tunnel.raise_loopback()
    wire = Wire()
    found: list[dict[str, Any]] = [{"case": name} for name in CASES]
    with tunnel.open_tun("10.255.255.254", "255.0.0.0") as device, tunnel.open_tunnel(device, wire.answer):
        told = await own(COUNT, INTERVAL_SECONDS, "10.10.0.1", len(CASES))
        said = {"own engine": ("10.10.0.1", told["facts"])}
        if shutil.which("fping"):
            said["fping"] = ("10.20.0.1", await asked_fping("10.20.0.1"))
    for name, (first, words) in said.items():
        for entry, address, word in zip(found, addresses_from(first, len(CASES)), words, strict=True):
            entry[name] = {"did": wire.did(address), "said": word}
    return found


if __name__ == "__main__":
    json.dump(asyncio.run(main()), sys.stdout)
