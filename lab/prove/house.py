"""A real collector in a process of its own, for the proofs that need its sockets; it is ended by its process id."""

import contextlib
import http.client
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from collector.ingest.ranges import Ranges
from lab.children import environment, module
from lab.fleet import write_settings

_READY_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class House:
    """Where the collector is."""

    port: int
    pid: int
    inbox: Path

    def highest_megabytes(self) -> float:
        """The most memory that was resident at once, so far."""
        return _status_kilobytes(self.pid, "VmHWM") * 1024 / 1e6

    def seen(self) -> dict[str, Ranges]:
        """What the inbox has ever stored of each agent, by its own book."""
        runs: dict[str, list[tuple[int, int]]] = {}
        with closing(sqlite3.connect(f"file:{self.inbox}?mode=ro", uri=True)) as database:
            for agent, first, last in database.execute("SELECT agent, first, last FROM run ORDER BY agent, first"):
                runs.setdefault(agent, []).append((first, last))
        return {agent: tuple(found) for agent, found in runs.items()}

    def most_epochs(self) -> int:
        """How many epochs the inbox remembers of the agent with the most."""
        with closing(sqlite3.connect(f"file:{self.inbox}?mode=ro", uri=True)) as database:
            query = "SELECT max(epochs) FROM (SELECT count(*) AS epochs FROM epoch GROUP BY agent)"
            return int(database.execute(query).fetchone()[0] or 0)

    def metrics(self, family: str) -> dict[str, float]:
        """Samples of one family by their labels as they stand on the page."""
        text = _get(self.port, "/metrics").decode()
        lines = (
            line.removeprefix(family) for line in text.splitlines() if line.startswith((family + "{", family + " "))
        )
        return {labels: float(value) for labels, _, value in (line.rpartition(" ") for line in lines)}


@contextmanager
def open_house(agents: int, changes: Mapping[str, Mapping[str, Any]], spoil: str = "") -> Iterator[House]:
    """A collector that knows such a fleet; ``changes`` are settings by section, ``spoil`` breaks it on purpose."""
    folder = Path(tempfile.mkdtemp(prefix="phusong-prove-"))
    port = _free_port()
    path = write_settings(folder, agents, port)
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    for section, values in changes.items():
        said[section] = {**said.get(section, {}), **values}
    path.write_text(yaml.safe_dump(said), encoding="utf-8")
    command = module("collector", "run", "--config", str(path), "--log-level", "ERROR")
    if spoil:
        command = [sys.executable, "-c", f"{spoil}\nfrom collector.__main__ import main\nmain()", *command[4:]]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + _READY_SECONDS
        while not _ready(port):
            if time.monotonic() > deadline or process.poll() is not None:
                raise TimeoutError("the collector is not ready")
            time.sleep(0.1)
        yield House(port, process.pid, folder / "state" / "inbox.sqlite")
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _get(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().read()


def _ready(port: int) -> bool:
    with contextlib.suppress(OSError):
        return _get(port, "/readyz") == b"ok\n"
    return False


def _status_kilobytes(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
