"""N simulated agents against a running collector: real batches over real connections; it measures no network."""

import asyncio
import contextlib
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from lab.terminal import Terminal, open_terminal
from shared.wire.codec import CONTENT_TYPE, encode_batch
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample

_EVERY_SECONDS = 30.0
_READINGS = 60
_TIMEOUT_SECONDS = 30.0
_SECOND_NS = 1_000_000_000
_AWAY = "no answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetWishes:
    """The command line."""

    agents: int
    collector: str
    duration_seconds: float | None
    every_seconds: float = _EVERY_SECONDS
    readings: int = _READINGS


@dataclass(slots=True)
class Tally:
    """What came of the batches."""

    answers: Counter[str] = field(default_factory=Counter)
    """By status, or ``no answer``."""
    seconds: list[float] = field(default_factory=list)
    """From the first byte to the whole answer, of those that were acknowledged."""

    def quantile(self, share: float) -> float:
        """Of the acknowledgements; 0 where there was none."""
        ordered = sorted(self.seconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def name(number: int) -> str:
    """Of an agent of the fleet, and of the site where it stands."""
    return f"fleet-{number:05d}"


def token(number: int) -> str:
    """By which the collector knows it: a secret of nobody's."""
    return f"token-of-{name(number)}"


def write_settings(folder: Path, agents: int, port: int) -> Path:
    """Settings of a collector that knows the fleet, and its inventory; gives the path of the settings."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = range(agents)
    sites = [{"id": name(number), "name": f"Fleet {number}", "code": f"{number:05d}"} for number in numbers]
    known = [{"name": name(number), "site": name(number), "token": token(number)} for number in numbers]
    settings = {
        "listen": {"port": port},
        "state": str(folder / "state"),
        "inventory": str(folder / "sites.yaml"),
        "agents": known,
    }
    (folder / "sites.yaml").write_text(yaml.safe_dump({"sites": sites}), encoding="utf-8")
    path = folder / "collector.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


def make_batch(number: int, epoch: str, sequence: int, readings: int, now_ns: tuple[int, int]) -> bytes:
    """The body of one POST: one cycle of ``readings`` pings; ``now_ns`` is the monotonic and the wall time."""
    monotonic_ns, wall_ns = now_ns
    made = tuple(_reading(number, place, sequence, monotonic_ns, wall_ns) for place in range(readings))
    batch = Batch(
        agent=name(number),
        epoch=epoch,
        boot_id=epoch,
        sent_monotonic_ns=monotonic_ns,
        sent_wall_ns=wall_ns,
        lane=Lane.LIVE,
        records=(Record(sequence, Cycle(epoch, ClockQuality.SYNCHRONISED, made)),),
        version="fleet",
    )
    return encode_batch(batch)


def run_fleet(wishes: FleetWishes) -> int:
    """Send until the time is over or somebody ends it; 0 where every batch was acknowledged, else 1."""
    terminal = open_terminal(sys.stdout)
    tally = Tally()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(send_all(wishes, tally, terminal))
    sent, good = sum(tally.answers.values()), tally.answers["200"]
    terminal.line(f"{sent} batches of {wishes.readings} readings, {good} acknowledged")
    terminal.line(
        f"acknowledged in {tally.quantile(0.5) * 1000:.1f} ms (p50), {tally.quantile(0.99) * 1000:.1f} ms (p99)"
    )
    for answer, times in sorted(tally.answers.items()):
        if answer != "200":
            print(f"phusong-lab: {answer}: {times} of {sent} batches", file=sys.stderr)
    return 0 if sent and sent == good else 1


async def send_all(wishes: FleetWishes, tally: Tally, terminal: Terminal) -> None:
    """Send in the running loop until the time is over."""
    epoch = f"fleet{time.time_ns():x}"
    ends = time.monotonic() + wishes.duration_seconds if wishes.duration_seconds is not None else None
    async with asyncio.TaskGroup() as tasks:
        for number in range(wishes.agents):
            tasks.create_task(_live(number, epoch, wishes, tally, ends))
        tasks.create_task(_progress(tally, terminal, ends))


async def _live(number: int, epoch: str, wishes: FleetWishes, tally: Tally, ends: float | None) -> None:
    """One agent; their phases are spread evenly over the period."""
    due = time.monotonic() + wishes.every_seconds * number / wishes.agents
    for sequence in count(1):
        if ends is not None and due >= ends:
            return
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        now_ns = (time.clock_gettime_ns(time.CLOCK_BOOTTIME), time.time_ns())
        body = make_batch(number, epoch, sequence, wishes.readings, now_ns)
        begun = time.monotonic()
        answer = await _post(wishes.collector, token(number), body)
        tally.answers[answer] += 1
        if answer == "200":
            tally.seconds.append(time.monotonic() - begun)
        due += wishes.every_seconds


async def _post(collector: str, secret: str, body: bytes) -> str:
    """The status of the answer; a new connection for each batch, as agents make it."""
    parts = urlsplit(collector)
    head = (
        f"POST /api/v1/batches HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
            try:
                writer.write(head.encode() + body)
                answer = await reader.read()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return _AWAY
    words = answer.split(b" ", 2)
    return words[1].decode("ascii", "replace") if len(words) > 1 else _AWAY


async def _progress(tally: Tally, terminal: Terminal, ends: float | None) -> None:
    while ends is None or time.monotonic() < ends:
        terminal.progress(f"{sum(tally.answers.values())} batches sent, {tally.answers['200']} acknowledged")
        await asyncio.sleep(0.5)


def _reading(number: int, place: int, sequence: int, monotonic_ns: int, wall_ns: int) -> Reading:
    age_ns = place * _SECOND_NS // 4
    rtt_seconds = 0.010 + 0.001 * ((number + place + sequence) % 7)
    return Reading(
        check="ping",
        kind="icmp",
        site=name(number),
        target=f"{name(number)}-{place}",
        role="router",
        outcome=Outcome.OK,
        started_monotonic_ns=monotonic_ns - age_ns,
        started_wall_ns=wall_ns - age_ns,
        duration_ns=int(rtt_seconds * _SECOND_NS),
        samples=(
            Sample("probe_success", 1.0),
            Sample("phusong_ping_train_loss_ratio", 0.0),
            Sample("phusong_ping_train_rtt_median_seconds", rtt_seconds),
            Sample("phusong_ping_packets_sent_total", 5.0 * sequence),
        ),
    )
