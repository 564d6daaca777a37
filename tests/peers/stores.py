"""Debian's Prometheus and VictoriaMetrics as receivers of remote write, and what they say they hold."""

import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.ports import free_port
from tests.peers.presence import require
from tests.peers.programs import Program, get, get_json, running, until


@contextmanager
def running_receiver(folder: Path, *, window: str = "30d", port: int | None = None) -> Iterator[tuple[Program, str]]:
    """A Prometheus that takes remote write, late samples within ``window`` ("" for none), and its address."""
    program = require("prometheus", "prometheus")
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    storage = f"storage: {{tsdb: {{out_of_order_time_window: {window}}}}}\n" if window else ""
    (folder / "prometheus.yml").write_text(f"global: {{}}\n{storage}", encoding="utf-8")
    url = f"http://127.0.0.1:{port}"
    command = [
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=90d",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-remote-write-receiver",
        "--log.level=warn",
    ]
    with running(f"prometheus-{port}", command, folder) as started:
        until("prometheus is ready", lambda: get(f"{url}/-/ready"), started)
        yield started, url


@contextmanager
def running_victoria(folder: Path) -> Iterator[tuple[Program, str]]:
    """A VictoriaMetrics with the flag that makes a repeated batch count once, and its address."""
    program = require("victoria-metrics", "victoria-metrics")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        program,
        f"-storageDataPath={folder / 'data'}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-dedup.minScrapeInterval=1ms",
        "-retentionPeriod=1y",
        "-search.latencyOffset=0s",
        "-memory.allowedBytes=64MB",
        "-loggerLevel=WARN",
    ]
    with running(f"victoria-{port}", command, folder) as started:
        until("victoria-metrics is ready", lambda: get(f"{url}/health"), started)
        yield started, url


def held(url: str, selector: str, begin_s: float, end_s: float) -> dict[tuple[tuple[str, str], ...], list[float]]:
    """The stamps of the raw samples of each series between two times, in seconds."""
    seconds = int(end_s - begin_s) + 1
    query = urllib.parse.urlencode({"query": f"{selector}[{seconds}s]", "time": f"{end_s:.3f}"})
    result = get_json(f"{url}/api/v1/query?{query}")["data"]["result"]
    return {tuple(sorted(each["metric"].items())): [at for at, _ in each["values"]] for each in result}


def flush(url: str) -> None:
    """Make VictoriaMetrics show what it took a moment ago."""
    get(f"{url}/internal/force_flush")
