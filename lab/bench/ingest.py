"""What a durable reading costs a real collector, from a fleet over real connections; no peer stands beside it."""

import asyncio
import contextlib
import http.client
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.bench import Bench, Table
from lab.children import environment, module
from lab.fleet import FleetWishes, Tally, send_all, write_settings
from lab.terminal import open_terminal

_FLEETS = (193, 1000)
_EVERY_SECONDS, _DURATION_SECONDS = 10.0, 20.0
_READINGS = 60
_READY_SECONDS = 60.0


def run(progress: Callable[[str], None]) -> Table:
    """Measure each size of fleet for twenty seconds."""
    rows = []
    for agents in _FLEETS:
        progress(f"{agents} agents, {_READINGS} readings every {_EVERY_SECONDS:.0f} s")
        rows.append(_measure(agents))
    columns = ("agents", "readings/s", "CPU % of a core", "readings per CPU s", "p50 ms", "p99 ms", "resident MB")
    return Table(
        title="Collector: readings that are on its disk before they are acknowledged",
        columns=columns,
        rows=tuple(rows),
        notes=("The fleet runs on the same machine; its own work lengthens the times of the answers.",),
    )


def _measure(agents: int) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory(prefix="phusong-bench-") as folder:
        port = _free_port()
        with _collector(write_settings(Path(folder), agents, port), port) as process:
            before, begun = _cpu_seconds(process), time.monotonic()
            tally = Tally()
            wishes = FleetWishes(
                agents=agents,
                collector=f"http://127.0.0.1:{port}",
                duration_seconds=_DURATION_SECONDS,
                every_seconds=_EVERY_SECONDS,
                readings=_READINGS,
            )
            with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
                asyncio.run(send_all(wishes, tally, open_terminal(nowhere)))
            spent, lasted = _cpu_seconds(process) - before, time.monotonic() - begun
            stored = tally.answers["200"] * _READINGS
            return (
                str(agents),
                f"{stored / lasted:,.0f}",
                f"{100 * spent / lasted:.1f}",
                f"{stored / spent:,.0f}",
                f"{tally.quantile(0.5) * 1000:.1f}",
                f"{tally.quantile(0.99) * 1000:.1f}",
                f"{_resident_megabytes(process):.0f}",
            )


@contextmanager
def _collector(settings: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
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


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError):
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    return False


def _cpu_seconds(process: "subprocess.Popen[bytes]") -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_megabytes(process: "subprocess.Popen[bytes]") -> float:
    pages = int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


BENCH = Bench("ingest", "what a durable reading costs the collector", run)
