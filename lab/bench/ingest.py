"""What a durable reading costs a real collector, from a fleet over real connections, beside Prometheus' receiver."""

import asyncio
import contextlib
import http.client
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.bench import Bench, Table
from lab.bench.load import Cost, Load, cpu_seconds, resident_megabytes
from lab.bench.remote_write import peer
from lab.children import environment, module
from lab.fleet import FleetWishes, Tally, send_all, write_settings
from lab.ports import free_port
from lab.terminal import open_terminal

_FLEETS = (193, 10_599)
_EVERY_SECONDS, _ROUNDS = 30.0, 2
_READINGS = 60
_READY_SECONDS = 60.0
_COLUMNS = (
    "receiver",
    "readings/s",
    "CPU % of a core",
    "readings per CPU s",
    "p50 ms",
    "p99 ms",
    "resident MB",
    "refused",
)
_NOTES = (
    "The fleet runs on the same machine; its own work lengthens the times of the answers.",
    "The collector answers after fsync and gets four samples a reading, Prometheus answers before and gets one.",
)


def run(progress: Callable[[str], None]) -> Table:
    """Measure each size of fleet for two rounds of half a minute."""
    program = shutil.which("prometheus")
    rows, notes = [], _NOTES if program else (*_NOTES, "Prometheus is not installed: apt-get install prometheus")
    for agents in _FLEETS:
        progress(f"collector: {agents} agents, {_READINGS} readings every {_EVERY_SECONDS:.0f} s")
        rows.append(_measure(agents))
        if program is not None:
            progress(f"prometheus: the same {agents}")
            with tempfile.TemporaryDirectory(prefix="phusong-bench-") as folder:
                load = Load(agents, _READINGS, _ROUNDS, _EVERY_SECONDS)
                rows.append(peer(program, load, Path(folder), free_port()))
    return Table(
        title="Collector: readings that are on its disk before they are acknowledged",
        columns=_COLUMNS,
        rows=tuple(rows),
        notes=notes,
    )


def _measure(agents: int) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory(prefix="phusong-bench-") as folder:
        port = free_port()
        with collecting(write_settings(Path(folder), agents, port), port) as process:
            before, begun = cpu_seconds(process.pid), time.monotonic()
            tally = Tally()
            wishes = FleetWishes(
                agents=agents,
                collector=f"http://127.0.0.1:{port}",
                duration_seconds=_EVERY_SECONDS * _ROUNDS,
                every_seconds=_EVERY_SECONDS,
                readings=_READINGS,
            )
            with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
                asyncio.run(send_all(wishes, tally, open_terminal(nowhere)))
            spent, lasted = cpu_seconds(process.pid) - before, time.monotonic() - begun
            good = tally.answers["200"]
            return Cost(
                name=f"phusong, {agents} agents",
                readings=good * _READINGS,
                cpu_seconds=spent,
                lasted_seconds=lasted,
                answers_seconds=sorted(tally.seconds),
                resident_megabytes=resident_megabytes(process.pid),
                refused=sum(tally.answers.values()) - good,
            ).row()


@contextmanager
def collecting(settings: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A collector with these settings that is ready, ended at the end."""
    command = module("collector", "run", "--config", str(settings), "--log-level", "ERROR")
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + _READY_SECONDS
        while not _answers(port) and time.monotonic() < deadline:
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError):
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    return False


BENCH = Bench("ingest", "what a durable reading costs the collector", run)
