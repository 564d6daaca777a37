"""Machines that joined with a code and wake up in 1970 and in 2098, over TLS: let in, nothing lost, stamped rightly."""

import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from socket import create_connection
from socketserver import BaseRequestHandler, ThreadingTCPServer

import msgspec
import pytest

from collector.__main__ import main
from collector.journal.sqlite import open_sqlite_journal
from collector.picture import State
from collector.series.placing import Trust, place
from lab.ports import free_port
from shared.wire.codec import Limits, decode_batch
from shared.wire.joincode import encode
from tests.peers.bad_clock import Machine, require_bad_clocks
from tests.peers.enrolled import invited
from tests.peers.programs import PYTHON, ROOT, Program, running, until
from tests.peers.settings_files import write

pytestmark = pytest.mark.system

SECOND_NS = 1_000_000_000
WOKEN = {"00898": 12 * SECOND_NS, "00907": 4_039_372_800 * SECOND_NS}
"""What each site's machine shows when it wakes up: 1970 and 2098."""
RIGHT_NS = 2 * SECOND_NS


@contextmanager
def listening() -> Iterator[int]:
    """A port that takes every connection and says nothing."""
    with ThreadingTCPServer(("127.0.0.1", 0), BaseRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def collecting(file: Path, port: int) -> Iterator[Program]:
    with running("collector", [PYTHON, "-m", "collector", "run", "--config", str(file)], file.parent) as program:
        until("the collector listens", lambda: create_connection(("127.0.0.1", port), 5).close() is None, program)
        yield program


def spooled(machine: Machine) -> tuple[int, int, int]:
    """How many records wait, how many were numbered, and what the clock showed at the newest; 0 before the first."""
    file = machine.folder / "state" / "spool" / "spool.sqlite"
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        waiting = database.execute("SELECT count(*) FROM record WHERE acknowledged_wall_ns IS NULL").fetchone()[0]
        newest = database.execute("SELECT sequence, stored_wall_ns FROM record ORDER BY sequence DESC").fetchone()
        return (int(waiting), *newest) if newest else (0, 0, 0)
    return 0, 0, 0


def delivered(machine: Machine, more_than: int) -> bool:
    """Whether nothing much waits any more, and so many were numbered."""
    waiting, last, _ = spooled(machine)
    return waiting <= 1 and last > more_than


def is_right(shown_ns: int, true_ns: int | None = None) -> bool:
    """Whether a clock showed about this time, or about what is true now."""
    return abs(shown_ns - (time.time_ns() if true_ns is None else true_ns)) < 600 * SECOND_NS


def settings(folder: Path, port: int, *, pinned: bool) -> Path:
    """A collector with an authority that may pass for a public one; what agents reach by TCP says how sites are."""
    assert main(["make-authority", "127.0.0.1", "--folder", str(folder / "tls")]) == 0
    write(folder / "sites.yaml", {"sites": [{"id": site, "name": f"Xã {site}"} for site in WOKEN]})
    content = {
        "listen": {
            "port": port,
            "tls": {"certificate": str(folder / "tls" / "chain.pem"), "key": str(folder / "tls" / "server.key")},
        },
        "state": str(folder / "state"),
        "inventory": "sites.yaml",
        "enrolment": {
            "address": f"https://127.0.0.1:{port}",
            **({"ca_file": str(folder / "tls" / "ca.pem")} if pinned else {}),
        },
        "evaluate_seconds": 0.2,
        "judgement": {"vantage_kind": "tcp", "down_runs": 2, "down_seconds": 1.0, "degraded_rtt_seconds": 30.0},
    }
    return write(folder / "collector.yaml", content)


def joined(machine: Machine, site: str, config: Path, target: int) -> list[str]:
    """Join with the clock as it is, and give the command that runs the agent."""
    code = encode(invited(site, config)).split()
    done = machine.run(PYTHON, "-m", "agent", "join", *code, "--state", str(machine.folder / "state"), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    check = {"kind": "tcp", "name": "look", "roles": ["router"], "every_seconds": 0.2, "timeout_seconds": 5}
    content = {
        "state": str(machine.folder / "state"),
        "commit_seconds": 0.2,
        "report_seconds": 0.5,
        "checks": [check],
        "targets": [{"site": site, "name": "router", "address": f"127.0.0.1:{target}"}],
    }
    return [PYTHON, "-m", "agent", "run", "--config", str(write(machine.folder / "agent.yaml", content))]


def test_machines_that_wake_up_in_1970_and_2098_are_let_in_and_their_readings_stamped_rightly(tmp_path: Path) -> None:
    """A life with the collector, then without, a power cut, another life without, the collector, and the true time."""
    require_bad_clocks()
    port, house = free_port(), tmp_path / "collector"
    config = settings(house, port, pinned=True)
    machines = {site: Machine(tmp_path / site) for site in WOKEN}
    for site, machine in machines.items():
        machine.folder.mkdir()
        machine.set_clock(WOKEN[site])
    with ExitStack() as stack:
        target = stack.enter_context(listening())
        first = ExitStack()
        stack.enter_context(first)
        with collecting(config, port) as collector:
            commands = {s: joined(m, s, config, target) for s, m in machines.items()}
            lives = {s: first.enter_context(m.booted(f"boot-{s}-1", 100, commands[s])) for s, m in machines.items()}
            for site, machine in machines.items():
                programs = (lives[site].program, collector)
                until(f"{site} delivers", lambda machine=machine: delivered(machine, 2), *programs, seconds=90)
                known = machine.folder / "state" / "known-times.json"
                until(
                    f"{site} keeps the true time",
                    lambda known=known: "collector" in known.read_text(),
                    *programs,
                    seconds=90,
                )
            assert collector.end() == 0
        for site, machine in machines.items():
            until(f"{site} measures on", lambda m=machine: spooled(m)[0] > 3, lives[site].program, seconds=90)
            lives[site].end(signal.SIGKILL)
            machine.set_clock(WOKEN[site])
        lives = {s: stack.enter_context(m.booted(f"boot-{s}-2", 30, commands[s])) for s, m in machines.items()}
        for site, machine in machines.items():
            before = spooled(machine)[0]
            until("another life", lambda m=machine, n=before: spooled(m)[0] > n + 1, lives[site].program, seconds=90)
        with collecting(config, port) as collector:
            for site, machine in machines.items():
                programs = (lives[site].program, collector)
                until(f"{site} delivers all", lambda machine=machine: delivered(machine, 9), *programs, seconds=120)
                machine.set_clock(time.time_ns())
            for site, machine in machines.items():
                until("the clock is right", lambda m=machine: is_right(spooled(m)[2]), lives[site].program, seconds=90)
                assert lives[site].end() == 0
            assert collector.end() == 0

    for site, machine in machines.items():
        waiting, last, _ = spooled(machine)
        numbers, trusts, wrong, shown = judged(house, machine, site)
        assert sorted(numbers) == list(range(1, last - waiting + 1)), "each record once, but for what the end cut off"
        assert waiting <= 2
        assert wrong == []
        assert any(is_right(ns) for ns in shown)
        assert any(is_right(ns, WOKEN[site]) for ns in shown), "a clock that was never wrong proves nothing"
        assert trusts[Trust.REPAIRED] >= 3
        assert trusts[Trust.UNSYNCHRONISED] == 0
        for log in machine.folder.glob("*.log"):
            assert "Traceback" not in log.read_text(encoding="utf-8")
    with open_sqlite_journal(house / "state" / "journal.sqlite") as journal:
        states = {(change.site, change.after) for change in journal.latest(1000)}
    assert states >= {(site, State.UP) for site in WOKEN}
    assert {state for _, state in states} <= {State.UP, State.UNKNOWN}, "no agent that is late makes a site fail"


def test_a_public_authority_locks_no_machine_out_whose_clock_cannot_be_right(tmp_path: Path) -> None:
    """Nobody is pinned, and the server's certificate is not valid yet in 1970, and expired in 2098."""
    require_bad_clocks()
    port, house = free_port(), tmp_path / "collector"
    config = settings(house, port, pinned=False)
    trusting = {"SSL_CERT_FILE": str(house / "tls" / "ca.pem")}
    machines = {site: Machine(tmp_path / site, trusting) for site in WOKEN}
    with ExitStack() as stack:
        target = stack.enter_context(listening())
        collector = stack.enter_context(collecting(config, port))
        lives = {}
        for site, machine in machines.items():
            machine.folder.mkdir()
            machine.set_clock(WOKEN[site])
            life = machine.booted("boot-1", 100, joined(machine, site, config, target))
            lives[site] = stack.enter_context(life).program
        for site, machine in machines.items():
            until(f"{site} delivers", lambda m=machine: delivered(m, 2), lives[site], collector, seconds=90)
        collector.end()


def judged(house: Path, machine: Machine, site: str) -> tuple[list[int], Counter[Trust], list[str], set[int]]:
    """Of what came from a machine the numbers, on what its times rest, which are wrong, and what the machine showed."""
    numbers: list[int] = []
    trusts: Counter[Trust] = Counter()
    wrong: list[str] = []
    shown: set[int] = set()
    with closing(sqlite3.connect(house / "state" / "inbox.sqlite")) as database:
        rows = database.execute("SELECT fresh, body, received_wall_ns FROM parcel WHERE agent = ?", (site,)).fetchall()
    for fresh, body, received_ns in rows:
        batch, taken = decode_batch(body, Limits()), msgspec.msgpack.decode(fresh)
        numbers += taken
        for record in batch.records:
            for reading in record.cycle.readings if record.sequence in taken else ():
                shown.add(reading.started_wall_ns)
                placed = place(reading, record.cycle, batch, received_ns)
                true_ns = machine.true_ns(record.cycle.boot_id, reading.started_monotonic_ns)
                under_way_ns = received_ns - machine.true_ns(batch.boot_id, batch.sent_monotonic_ns)
                if placed is None or abs(received_ns - placed.age_ns - true_ns) > RIGHT_NS + under_way_ns:
                    off = "nowhere" if placed is None else (received_ns - placed.age_ns - true_ns) / SECOND_NS
                    wrong.append(f"{record.sequence} {reading.check} of {record.cycle.boot_id}: {off}")
                else:
                    trusts[placed.trust] += 1
    return numbers, trusts, wrong, shown
