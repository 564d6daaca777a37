"""Agents whose uplink is wrong, away or broken keep what they measured, say why in one line, and deliver it later."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer

import msgspec
import pytest

from lab.ports import free_port
from tests.peers.programs import PYTHON, Program, get, running, until
from tests.peers.settings_files import TOKEN, agent_file, collector_file

pytestmark = pytest.mark.system

PAGE = b"<html>Welcome to nginx!</html>"
ANSWERS = {
    "broken": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "stranger": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(PAGE), PAGE),
}
SAID = {
    "broken": "status 500",
    "stranger": "not a phusong collector",
    "away": "collector",
    "forger": "status 401",
}
"""What each agent's log must say; ``away`` has no socket to talk to at first, ``forger`` a wrong token."""


@contextmanager
def answering(path: Path, answer: bytes) -> Iterator[None]:
    """An HTTP server on a Unix socket that gives one answer to everything."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            length = 0
            while (line := self.rfile.readline()) not in {b"\r\n", b""}:
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            self.rfile.read(length)
            self.wfile.write(answer)

    with ThreadingUnixStreamServer(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            path.unlink()


@contextmanager
def collecting(file: Path, folder: Path, port: int) -> Iterator[Program]:
    with running("collector", [PYTHON, "-m", "collector", "run", "--config", str(file)], folder) as program:
        until("the collector is ready", lambda: get(f"http://127.0.0.1:{port}/readyz"), program)
        yield program


def start_agent(stack: ExitStack, folder: Path) -> Program:
    command = [PYTHON, "-m", "agent", "run", "--config", str(folder / "agent.yaml")]
    return stack.enter_context(running(folder.name, command, folder))


def heard(port: int, agent: str) -> bool:
    return f'phusong_agent_last_report_timestamp_seconds{{agent="{agent}"' in get(f"http://127.0.0.1:{port}/metrics")


def waiting(folder: Path) -> tuple[int, int]:
    """Records that were not acknowledged, and the number of the last record; of an agent that has ended."""
    (file,) = (folder / "state" / "spool").glob("*.sqlite")
    with sqlite3.connect(file) as database:
        left = database.execute("SELECT count(*) FROM record WHERE acknowledged_wall_ns IS NULL").fetchone()[0]
        last = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'record'").fetchone()[0]
    database.close()
    return left, last


def stored(folder: Path) -> dict[str, list[int]]:
    """Sequences that the collector took as new, by agent; of a collector that has ended."""
    found: dict[str, list[int]] = {}
    with sqlite3.connect(folder / "state" / "inbox.sqlite") as database:
        for agent, fresh in database.execute("SELECT agent, fresh FROM parcel"):
            found.setdefault(agent, []).extend(msgspec.msgpack.decode(fresh))
    database.close()
    return found


def test_whatever_is_wrong_with_the_uplink_everything_arrives_once(tmp_path: Path) -> None:
    port = free_port()
    house = tmp_path / "collector"
    file = collector_file(house, port, ["province"], sorted(SAID))
    folders = {name: tmp_path / name for name in SAID}
    sockets = {name: folder / "uplink" for name, folder in folders.items()}
    with ExitStack() as stack, ExitStack() as wrong:
        for name, folder in folders.items():
            check = {"kind": "tcp", "every_seconds": 0.5, "timeout_seconds": 1}
            here = {"site": "province", "name": "closed", "address": f"127.0.0.1:{free_port()}"}
            agent_file(folder, name, sockets[name], checks=[check], targets=[here])
        for name, answer in ANSWERS.items():
            wrong.enter_context(answering(sockets[name], answer))
        (folders["forger"] / "token").write_text("made up", encoding="utf-8")
        sockets["forger"].symlink_to(house / "collector.sock")
        agents = {}
        with collecting(file, house, port) as collector:
            for name, folder in folders.items():
                agents[name] = start_agent(stack, folder)
            for name, word in SAID.items():
                until(f"{name} says why", lambda name=name, word=word: word in agents[name].said(), agents[name])
            refused = 'phusong_collector_ingest_rejected_total{reason="unknown_agent"}'
            assert refused in get(f"http://127.0.0.1:{port}/metrics")

            wrong.close()
            for name in ("broken", "stranger", "away"):
                sockets[name].symlink_to(house / "collector.sock")
            agents["forger"].end()
            (folders["forger"] / "token").write_text(TOKEN.format("forger"), encoding="utf-8")
            agents["forger"] = start_agent(stack, folders["forger"])
            for name in SAID:
                until(f"{name} is heard", lambda name=name: heard(port, name), agents[name], collector, seconds=60)
            collector.kill()
        with collecting(file, house, port) as collector:
            for name in SAID:
                until(f"{name} is heard again", lambda name=name: heard(port, name), agents[name], collector)
            for program in agents.values():
                assert program.end() == 0
            assert collector.end() == 0

    arrived = stored(house)
    for name, folder in folders.items():
        left, last = waiting(folder)
        assert left == 0, f"{name} still holds {left} records"
        assert last >= 3, f"{name}: too little to prove anything"
        assert sorted(arrived[name]) == list(range(1, last + 1)), f"{name}: each record once"
        assert "Traceback" not in agents[name].said()
