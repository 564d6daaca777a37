"""What the fleet's metrics cost to make and to scrape, beside prometheus-client's own page of as many gauges."""

import asyncio
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import yaml

from lab.bench import Bench, Table
from lab.bench.ingest import collecting
from lab.bench.load import cpu_seconds
from lab.children import environment
from lab.fleet import FleetWishes, Tally, send_all, write_settings
from lab.ports import free_port
from lab.terminal import open_terminal

_SITES, _READINGS = (193, 10_599), 10
_ROUND_SECONDS = {193: 4.0, 10_599: 40.0}
_ASKED, _SCRAPES = 7, 5
_SCRAPE_SECONDS = {193: 2, 10_599: 10}
_READY_SECONDS = 60.0
_COLUMNS = ("page of", "samples", "MB", "whole answer ms", "CPU ms a page", "scrape s (Prometheus)")
_NOTES = (
    "Ten pings from each site's agent, once. Whole answers: median of seven, one client. CPU of the process, a page.",
    "The collector judges all sites meanwhile; it makes a page once and gives it again until the next evaluation.",
    "Scrape: the median of scrape_duration_seconds of Debian's Prometheus, five scrapes, gzip as it asks for.",
)
_PLAIN = """
import sys, threading
from prometheus_client import CollectorRegistry, Gauge, start_http_server
registry, port, number = CollectorRegistry(), int(sys.argv[1]), int(sys.argv[2])
gauges = [Gauge(f"family_{family}", "A gauge.", ["site", "target", "agent"], registry=registry) for family in range(8)]
for one in range(number):
    labels = (f"fleet-{one // 80:05d}", f"fleet-{one // 80:05d}-{one // 8 % 10}", f"fleet-{one // 80:05d}")
    gauges[one % 8].labels(*labels).set(one / 7)
start_http_server(port, "127.0.0.1", registry)
threading.Event().wait()
"""


def run(progress: Callable[[str], None]) -> Table:
    """Measure each size, then a page of as many samples by prometheus-client."""
    rows = []
    for sites in _SITES:
        progress(f"{sites} sites")
        with tempfile.TemporaryDirectory(prefix="phusong-bench-") as folder:
            port = free_port()
            with collecting(write_settings(Path(folder), sites, port), port) as process:
                _fill(sites, port)
                samples, row = _measure(f"phusong, {sites:,} sites", process.pid, port, sites, Path(folder))
                rows.append(row)
            progress(f"prometheus-client with {samples:,} gauges")
            with _plain(samples) as (pid, port):
                rows.append(_measure("prometheus-client", pid, port, sites, Path(folder) / "plain")[1])
    return Table(title="Metrics: the page that Prometheus reads", columns=_COLUMNS, rows=tuple(rows), notes=_NOTES)


def _fill(sites: int, port: int) -> None:
    wishes = FleetWishes(
        agents=sites,
        collector=f"http://127.0.0.1:{port}",
        duration_seconds=_ROUND_SECONDS[sites],
        every_seconds=_ROUND_SECONDS[sites],
        readings=_READINGS,
    )
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        asyncio.run(send_all(wishes, Tally(), open_terminal(nowhere)))


def _measure(name: str, pid: int, port: int, sites: int, folder: Path) -> tuple[int, tuple[str, ...]]:
    """Samples on the page, and the row."""
    page = _get(port, "/metrics")
    samples = sum(not line.startswith(b"#") for line in page.splitlines())
    before, seconds = cpu_seconds(pid), []
    for _ in range(_ASKED):
        begun = time.monotonic()
        _get(port, "/metrics")
        seconds.append(time.monotonic() - begun)
    spent = (cpu_seconds(pid) - before) / _ASKED
    scraped = _scraped(port, _SCRAPE_SECONDS[sites], folder)
    row = (
        name,
        f"{samples:,}",
        f"{len(page) / 1e6:.2f}",
        f"{statistics.median(seconds) * 1000:.0f}",
        f"{spent * 1000:.0f}",
        f"{scraped:.3f}" if scraped is not None else "–",
    )
    return samples, row


@contextmanager
def _plain(samples: int) -> Iterator[tuple[int, int]]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", _PLAIN, str(port), str(samples)], env=environment())
    try:
        _until(lambda: bool(_get(port, "/metrics")))
        yield process.pid, port
    finally:
        process.terminate()
        process.wait()


def _scraped(port: int, every_seconds: int, folder: Path) -> float | None:
    """The median of what Prometheus says its scrapes took; None where there is no Prometheus."""
    program = shutil.which("prometheus")
    if program is None:
        return None
    folder.mkdir(exist_ok=True)
    own, settings = free_port(), folder / "prometheus.yml"
    job = {"job_name": "page", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
    every = {"scrape_interval": f"{every_seconds}s", "scrape_timeout": f"{every_seconds}s"}
    settings.write_text(yaml.safe_dump({"global": every, "scrape_configs": [job]}), encoding="utf-8")
    listen = f"--web.listen-address=127.0.0.1:{own}"
    command = [program, f"--config.file={settings}", f"--storage.tsdb.path={folder / 'tsdb'}", listen]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, **quiet)  # type: ignore[call-overload]
    try:
        _until(lambda: len(_durations(own)) >= _SCRAPES)
        return statistics.median(_durations(own))
    finally:
        process.terminate()
        process.wait()


def _durations(port: int) -> list[float]:
    told = json.loads(_get(port, "/api/v1/query?query=scrape_duration_seconds%5B10m%5D"))
    return [float(value) for series in told["data"]["result"] for _, value in series["values"]]


def _until(held: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _READY_SECONDS + _SCRAPES * max(_SCRAPE_SECONDS.values())
    while True:
        try:
            if held():
                return
        except (OSError, KeyError, ValueError, http.client.HTTPException):
            pass
        if time.monotonic() > deadline:
            raise TimeoutError("a program under measurement is not ready")
        time.sleep(0.1)


def _get(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with closing(connection):
        connection.request("GET", path)
        return connection.getresponse().read()


BENCH = Bench("metrics-page", "what the page for Prometheus costs, beside prometheus-client", run)
