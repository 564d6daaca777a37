"""A real collector in a process of its own, for the proofs that need its sockets; it is ended by its process id."""

import contextlib
import http.client
import os
import resource
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from collector.identity.certificates import new_authority, new_server
from collector.ingest.ranges import Ranges
from lab.children import environment, module
from lab.fleet import write_settings
from lab.prove.inbox_file import ever_stored

_READY_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class House:
    """Where the collector is."""

    port: int
    pid: int
    inbox: Path
    socket: Path
    """Where it answers us whatever happens at the port."""
    authority: str = ""
    """PEM of whom to trust where it ends TLS itself."""
    trust: ssl.SSLContext | None = None

    def highest_megabytes(self) -> float:
        """The most memory that was resident at once, so far."""
        return _status_kilobytes(self.pid, "VmHWM") * 1024 / 1e6

    def open_files(self) -> int:
        """Now."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))  # noqa: PTH208 - a count, of names that go meanwhile

    def seen(self) -> dict[str, Ranges]:
        """What the inbox has ever stored of each agent, by its own book."""
        with closing(sqlite3.connect(f"file:{self.inbox}?mode=ro", uri=True)) as database:
            return ever_stored(database)

    def most_epochs(self) -> int:
        """How many epochs the inbox remembers of the agent with the most."""
        with closing(sqlite3.connect(f"file:{self.inbox}?mode=ro", uri=True)) as database:
            query = "SELECT max(epochs) FROM (SELECT count(*) AS epochs FROM epoch GROUP BY agent)"
            return int(database.execute(query).fetchone()[0] or 0)

    def metrics(self, family: str) -> dict[str, float]:
        """Samples of one family by their labels as they stand on the page."""
        text = _get(self.socket, "/metrics").decode()
        lines = (
            line.removeprefix(family) for line in text.splitlines() if line.startswith((family + "{", family + " "))
        )
        return {labels: float(value) for labels, _, value in (line.rpartition(" ") for line in lines)}


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a house is to be."""

    spoil: str = ""
    """Code that breaks it on purpose, before anything else runs."""
    tls: bool = False
    files: int = 0
    """How many it may have open; as many as we may where none is said."""
    core: int | None = None
    """The core that it runs on, alone if others keep away."""


@contextmanager
def open_house(
    agents: int,
    changes: Mapping[str, Mapping[str, Any]],
    wishes: Wishes = Wishes(),
) -> Iterator[House]:
    """A collector that knows such a fleet; ``changes`` are settings by section."""
    folder = Path(tempfile.mkdtemp(prefix="phusong-prove-"))
    port, listening = _free_port(), folder / "collector.sock"
    command = collector_command(_settings(folder, agents, port, listening, changes, secured=wishes.tls), wishes.spoil)
    process = subprocess.Popen(
        command,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=_confined(wishes),  # noqa: PLW1509 - no thread is here yet
    )
    try:
        deadline = time.monotonic() + _READY_SECONDS
        while not _ready(listening):
            if time.monotonic() > deadline or process.poll() is not None:
                raise TimeoutError("the collector is not ready")
            time.sleep(0.1)
        inbox = folder / "state" / "inbox.sqlite"
        authority = (folder / "ca.pem").read_text(encoding="ascii") if wishes.tls else ""
        trust = ssl.create_default_context(cadata=authority) if wishes.tls else None
        yield House(port, process.pid, inbox, listening, authority, trust)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _settings(  # noqa: PLR0913 - what a house is made of
    folder: Path, agents: int, port: int, listening: Path, changes: Mapping[str, Mapping[str, Any]], *, secured: bool
) -> Path:
    path = write_settings(folder, agents, port)
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    tls = {"tls": _certified(folder)} if secured else {}
    listen = {**changes.get("listen", {}), **tls, "socket": str(listening)}
    for section, values in {**changes, "listen": listen}.items():
        said[section] = {**said.get(section, {}), **values}
    path.write_text(yaml.safe_dump(said), encoding="utf-8")
    return path


def collector_command(settings: Path, spoil: str = "") -> list[str]:
    """A collector with these settings; ``spoil``: code that breaks it on purpose, before anything else runs."""
    command = module("collector", "run", "--config", str(settings), "--log-level", "ERROR")
    if not spoil:
        return command
    return [sys.executable, "-c", f"{spoil}\nfrom collector.__main__ import main\nmain()", *command[4:]]


def _certified(folder: Path) -> dict[str, str]:
    """The settings' words for a certificate by an authority of its own, ``ca.pem``."""
    now = datetime.now(UTC)
    authority = new_authority("phusong-prove", now)
    server = new_server(authority, ["127.0.0.1"], now, 2)
    for file, content in (
        ("ca.pem", authority.certificate),
        ("chain.pem", server.certificate),
        ("key.pem", server.key),
    ):
        (folder / file).write_bytes(content)
    return {"certificate": str(folder / "chain.pem"), "key": str(folder / "key.pem")}


def _confined(wishes: Wishes) -> Callable[[], None]:
    def confine() -> None:
        if wishes.files:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wishes.files, wishes.files))
        if wishes.core is not None:
            os.sched_setaffinity(0, {wishes.core})

    return confine


class _Inside(http.client.HTTPConnection):
    """Over the Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("collector", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _get(path: Path, page: str) -> bytes:
    connection = _Inside(path)
    with contextlib.closing(connection):
        connection.request("GET", page)
        return connection.getresponse().read()


def _ready(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return _get(path, "/readyz") == b"ok\n"
    return False


def _status_kilobytes(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
