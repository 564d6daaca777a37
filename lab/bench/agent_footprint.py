"""Resident memory and CPU of a whole agent at its issue's load, on loopback; the devices and the collector are ours."""

import http.server
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import yaml

from lab.bench import Bench, Table
from lab.bench.snmp_devices import COMMUNITY, address
from shared.wire.codec import Limits, decode_batch
from shared.wire.reading import Acknowledgement

_WARM_SECONDS = 15.0
_MEASURED_SECONDS = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_SCENES = (
    ("10 targets x 1 packet a second", {"count": 1, "timeout_seconds": 0.9}),
    ("10 targets x a train of 5 a second", {"count": 5, "interval_seconds": 0.1, "timeout_seconds": 0.9}),
)


class _Sink(http.server.BaseHTTPRequestHandler):
    """A collector that acknowledges everything and keeps nothing but a count."""

    counts: Counter[str]

    def do_POST(self) -> None:
        """Acknowledge."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        records = decode_batch(body, Limits()).records
        outcomes = Counter(f"{r.kind} {r.outcome.value}" for record in records for r in record.cycle.readings)
        self.counts.update(outcomes)
        said = Acknowledgement(stored=len(records), duplicates=0, server_time_ns=time.time_ns())
        answer = msgspec.json.encode(said)
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""


def run(say: Callable[[str], None]) -> Table:
    """Each scene for a minute, after a warm-up."""
    rows = []
    for name, train in _SCENES:
        say(f"{name}, {_WARM_SECONDS + _MEASURED_SECONDS:g} s")
        with device() as port, sink() as (uplink, _), tempfile.TemporaryDirectory() as folder:
            config = _config(Path(folder), port, uplink, train)
            resident, cpu, written = _measured(config)
        rows.append((f"{name}, 48 interfaces a minute", f"{resident:.1f}", f"{cpu:.2f}", f"{written:.2f}"))
    return Table(
        title="Footprint of a whole agent",
        columns=("load", "resident MB", "% of a core", "MB written a minute"),
        rows=tuple(rows),
        notes=("Aim: at most 60 MB and 3 % of a core. Commit every 10 s; collector and device are local stand-ins.",),
    )


@contextmanager
def device() -> Iterator[int]:
    """Port of one router at :func:`lab.bench.snmp_devices.address` of 0."""
    command = [sys.executable, "-m", "lab.bench.snmp_devices", "--devices", "1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as device:
        assert device.stdout is not None  # noqa: S101 - a pipe was asked for
        assert device.stdin is not None  # noqa: S101
        try:
            yield int(device.stdout.readline())
        finally:
            device.stdin.close()


@contextmanager
def sink() -> Iterator[tuple[int, Counter[str]]]:
    """A collector's port, and how many readings of each kind and outcome it was given."""
    counts: Counter[str] = Counter()
    handler = type("Counting", (_Sink,), {"counts": counts})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1], counts
        finally:
            server.shutdown()
            thread.join()


def _config(folder: Path, snmp_port: int, uplink: int, train: dict[str, float]) -> Path:
    (folder / "credentials.yaml").write_text(
        yaml.safe_dump({"device": {"version": "2c", "community": COMMUNITY}}), encoding="utf-8"
    )
    targets = [{"site": f"s{n}", "name": f"s{n}", "address": f"127.2.0.{n}", "role": "link"} for n in range(1, 11)]
    router = {"site": "s0", "name": "r0", "address": f"{address(0)}:{snmp_port}", "credentials": "device"}
    content = {
        "agent": "bench",
        "site": "s0",
        "uplink": {"url": f"http://127.0.0.1:{uplink}", "token": "bench"},
        "state": str(folder / "state"),
        "credentials_file": "credentials.yaml",
        "checks": [
            {"kind": "icmp", "every_seconds": 1, "roles": ["link"], **train},
            {"kind": "snmp", "every_seconds": 60, "roles": ["router"], "profiles": ["if_mib"]},
        ],
        "targets": [*targets, router],
    }
    path = folder / "agent.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def _measured(config: Path) -> tuple[float, float, float]:
    """Resident MB at the end, percent of a core, MB handed to the disk a minute."""
    with subprocess.Popen([sys.executable, "-m", "agent", "run", "--config", str(config)]) as agent:
        try:
            time.sleep(_WARM_SECONDS)
            begun, cpu, written = time.monotonic(), _cpu_seconds(agent.pid), _written_bytes(agent.pid)
            time.sleep(_MEASURED_SECONDS)
            passed = time.monotonic() - begun
            cpu, written = _cpu_seconds(agent.pid) - cpu, _written_bytes(agent.pid) - written
            resident = int(Path(f"/proc/{agent.pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE_BYTES
        finally:
            agent.terminate()
    return resident / 1e6, 100 * cpu / passed, written / 1e6 * 60 / passed


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _written_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("write_bytes")).split()[1])


BENCH = Bench(name="agent-footprint", summary="memory and CPU of a whole agent", run=run)
