"""The same load for any receiver: prepared bodies on a fixed schedule, a connection for each; it judges nothing."""

import asyncio
import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PATIENCE_SECONDS = 30.0
_READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """So many agents, each with one body a round, spread evenly over the round."""

    agents: int
    readings: int
    rounds: int
    every_seconds: float


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who gets the load: its process, its port on 127.0.0.1, and the head of a request without the length."""

    name: str
    pid: int
    port: int
    head: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What a load cost its receiver."""

    name: str
    readings: int
    cpu_seconds: float
    lasted_seconds: float
    answers_seconds: Sequence[float]
    """Ascending."""
    resident_megabytes: float
    refused: int

    def row(self) -> tuple[str, ...]:
        """Who, readings a second, CPU share, readings per CPU second, p50 and p99 in ms, resident MB, refused."""
        return (
            self.name,
            f"{self.readings / self.lasted_seconds:,.0f}",
            f"{100 * self.cpu_seconds / self.lasted_seconds:.1f}",
            f"{self.readings / max(self.cpu_seconds, 0.01):,.0f}",
            f"{self._quantile(0.5) * 1000:.1f}",
            f"{self._quantile(0.99) * 1000:.1f}",
            f"{self.resident_megabytes:.0f}",
            str(self.refused),
        )

    def _quantile(self, share: float) -> float:
        count = len(self.answers_seconds)
        return self.answers_seconds[min(count - 1, int(count * share))] if count else 0.0


@dataclass
class _Seen:
    bad: int = 0
    seconds: list[float] = field(default_factory=list)


async def measure(receiver: Receiver, load: Load, bodies: Sequence[Sequence[bytes]]) -> Cost:
    """Send each agent's bodies, one a round."""
    await _until_open(receiver.port)
    seen = _Seen()
    before, begun = cpu_seconds(receiver.pid), time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for number, own in enumerate(bodies):
            due = begun + load.every_seconds * number / load.agents
            tasks.create_task(_agent(receiver, load, own, due, seen))
    return Cost(
        name=receiver.name,
        readings=len(seen.seconds) * load.readings,
        cpu_seconds=cpu_seconds(receiver.pid) - before,
        lasted_seconds=time.monotonic() - begun,
        answers_seconds=sorted(seen.seconds),
        resident_megabytes=resident_megabytes(receiver.pid),
        refused=seen.bad,
    )


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def _agent(receiver: Receiver, load: Load, bodies: Sequence[bytes], due: float, seen: _Seen) -> None:
    for body in bodies:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        begun = time.monotonic()
        if await _post(receiver, body):
            seen.seconds.append(time.monotonic() - begun)
        else:
            seen.bad += 1
        due += load.every_seconds


async def _post(receiver: Receiver, body: bytes) -> bool:
    head = f"{receiver.head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with contextlib.suppress(OSError, TimeoutError, IndexError):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
            try:
                writer.write(head.encode() + body)
                return (await reader.read()).split(b" ", 2)[1].startswith(b"2")
            finally:
                writer.close()
    return False


async def _until_open(port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.1)
