"""A collector that lost its disk: last night's backup is put back, and the agents refill what it did not have."""

import asyncio
import logging
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import msgspec
import pytest
import yaml

from collector.assembly import open_collector
from collector.calendar.nightly import KINDS
from collector.commands.backup import do_nightly_work
from collector.commands.staging import decide, stage
from collector.commands.stock import load_inventory
from collector.settings import load_collector_settings
from lab.ports import free_port
from shared.clock import SystemClock
from shared.ownership import owned
from tests.peers.programs import PYTHON, ROOT, Program, get, running, until
from tests.peers.settings_files import agent_file, collector_file, write

pytestmark = pytest.mark.system

AGENTS = ("first", "second")
AGAIN = "the collector has lost records, they are sent again"


@contextmanager
def collecting(file: Path, port: int) -> Iterator[Program]:
    with running("collector", [PYTHON, "-m", "collector", "run", "--config", str(file)], file.parent) as started:
        until("the collector is ready", lambda: get(f"http://127.0.0.1:{port}/readyz"), started)
        yield started


def records(port: int) -> float:
    """New records since the collector started."""
    for line in get(f"http://127.0.0.1:{port}/metrics").splitlines():
        if line.startswith('phusong_collector_ingest_records_total{seen="new"}'):
            return float(line.split()[-1])
    return 0.0


async def back_up(file: Path) -> None:
    """The nightly work, by the collector's own parts; it is not serving meanwhile."""
    settings = load_collector_settings(file)
    inventory, clock = load_inventory(settings, file), SystemClock()
    with owned(settings.state):
        async with open_collector(settings, inventory, clock, logging.getLogger("night")) as collector:
            await do_nightly_work(collector, settings, clock)


def restore(file: Path, backup: Path) -> subprocess.CompletedProcess[str]:
    return program("collector", "restore", str(backup), "--config", str(file))


def program(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [PYTHON, "-m", name, *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL
    )


def stored(state: Path) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    with closing(sqlite3.connect(f"{(state / 'inbox.sqlite').as_uri()}?mode=ro", uri=True)) as database:
        for agent, fresh in database.execute("SELECT agent, fresh FROM parcel"):
            found.setdefault(agent, []).extend(msgspec.msgpack.decode(fresh))
    return found


def produced(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "state" / "spool" / "spool.sqlite")) as database:
        waiting = database.execute("SELECT count(*) FROM record WHERE acknowledged_wall_ns IS NULL").fetchone()[0]
        assert waiting == 0
        return int(database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'record'").fetchone()[0])


def acknowledged(folder: Path) -> int:
    """The newest record of a running agent that it knows to be stored."""
    address = f"file:{folder}/state/spool/spool.sqlite?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as database:
        query = "SELECT coalesce(max(sequence), 0) FROM record WHERE acknowledged_wall_ns IS NOT NULL"
        return int(database.execute(query).fetchone()[0])


def test_after_a_restore_the_agents_refill_what_the_backup_did_not_have(tmp_path: Path) -> None:
    port, house = free_port(), tmp_path / "collector"
    file = collector_file(house, port, ["province"], AGENTS)
    state, kept = house / "state", tmp_path / "kept"
    check = {"kind": "tcp", "every_seconds": 0.5, "timeout_seconds": 1}
    here = {"site": "province", "name": "closed", "address": f"127.0.0.1:{free_port()}"}
    with ExitStack() as stack:
        agents = {}
        for name in AGENTS:
            agent = agent_file(tmp_path / name, name, house / "collector.sock", checks=[check], targets=[here])
            command = [PYTHON, "-m", "agent", "run", "--config", str(agent)]
            agents[name] = stack.enter_context(running(name, command, tmp_path / name))
        with collecting(file, port) as collector:
            until("something came before the backup", lambda: stored(state).keys() == set(AGENTS), collector)
            collector.end()
        asyncio.run(back_up(file))
        shutil.copytree(state / "backups", kept)
        (backup,) = kept.glob("inbox-*.sqlite")
        known = {name: acknowledged(tmp_path / name) for name in AGENTS}
        with collecting(file, port) as collector:
            for name in AGENTS:
                until(
                    f"{name} had more stored", lambda name=name: acknowledged(tmp_path / name) > known[name], collector
                )
            refused = restore(file, backup)
            collector.kill()
        shutil.rmtree(state)
        done = restore(file, backup)
        with collecting(file, port) as collector:
            for name in AGENTS:
                until(
                    f"{name} sends again",
                    lambda name=name: AGAIN in agents[name].said(),
                    agents[name],
                    collector,
                    seconds=120,
                )
            for each in agents.values():
                assert each.end() == 0
            page = get(f"http://127.0.0.1:{port}/metrics")
            assert collector.end() == 0

    assert (refused.returncode, "another one works on this folder" in refused.stderr) == (1, True)
    assert done.returncode == 0, done.stderr
    assert 'phusong_agent_completeness_ratio{agent="first"}' in page
    assert 'phusong_site_completeness_ratio{site="province"}' in page
    assert 'phusong_site_gap_records{kind="hard",site="province"} 0.0' in page
    arrived = stored(state)
    for name in AGENTS:
        assert sorted(arrived[name]) == list(range(1, produced(tmp_path / name) + 1)), f"{name}: each record once"


def test_an_enrolled_machine_is_let_in_again_and_refills_as_well(tmp_path: Path) -> None:
    """Its chain went on after the backup: an operator vouches for it, as the command says."""
    port, house, home = free_port(), tmp_path / "collector", tmp_path / "machine"
    plain = collector_file(house, port, ["province"], [])
    content = yaml.safe_load(plain.read_text(encoding="utf-8"))
    file = write(plain, {**content, "enrolment": {"address": f"http://127.0.0.1:{port}"}})
    config = ("--config", str(file))
    state, kept = house / "state", tmp_path / "kept"
    rhythm = {"state": str(home / "state"), "commit_seconds": 0.2, "report_seconds": 0.5}
    write(home / "agent.yaml", rhythm)
    with ExitStack() as stack:
        with collecting(file, port) as collector:
            code = program("collector", "invite", "province", *config).stdout.splitlines()[0]
            joined = program("agent", "join", *code.split(), "--state", str(home / "state"))
            assert joined.returncode == 0, joined.stderr
            run = [PYTHON, "-m", "agent", "run", "--config", str(home / "agent.yaml")]
            machine = stack.enter_context(running("machine", run, home))
            until("something came before the backup", lambda: records(port) >= 3, machine, collector)
            collector.end()
        asyncio.run(back_up(file))
        shutil.copytree(state / "backups", kept)
        (backup,) = kept.glob("inbox-*.sqlite")
        known = acknowledged(home)
        with collecting(file, port) as collector:
            until("it had more stored", lambda: acknowledged(home) > known, machine, collector)
            collector.kill()
        shutil.rmtree(state)
        done = restore(file, backup)
        assert program("collector", "accept", "all", *config).returncode == 0
        with collecting(file, port) as collector:
            until("the machine sends again", lambda: AGAIN in machine.said(), machine, collector, seconds=120)
            assert machine.end() == 0
            assert collector.end() == 0

    assert "accept all" in done.stdout
    assert sorted(stored(state)["province"]) == list(range(1, produced(home) + 1))


def test_a_start_ends_a_restore_that_was_interrupted_before_it_opens_anything(tmp_path: Path) -> None:
    port = free_port()
    file = collector_file(tmp_path, port, ["province"], AGENTS)
    state = tmp_path / "state"
    asyncio.run(back_up(file))
    copies = {kind: path for kind in KINDS for path in (state / "backups").glob(f"{kind}-*")}
    before = (state / "identity.sqlite").stat().st_ino
    stage(copies, state, "before-restore-x")
    decide(state)
    with collecting(file, port) as collector:
        assert "a restore that was interrupted is done now" in collector.said()
        assert collector.end() == 0

    assert (state / "before-restore-x" / "identity.sqlite").stat().st_ino == before
    assert not (state / "restoring").exists()


def test_a_restore_takes_only_a_good_backup_and_deletes_nothing(tmp_path: Path) -> None:
    file = collector_file(tmp_path, free_port(), ["province"], AGENTS)
    state = tmp_path / "state"
    asyncio.run(back_up(file))
    (backup,) = (state / "backups").glob("inbox-*.sqlite")
    before = (state / "inbox.sqlite").read_bytes()
    bad = tmp_path / backup.name
    whole = backup.read_bytes()
    bad.write_bytes(whole[:4096] + b"\xff" * 4096 + whole[8192:])

    damaged, absent = restore(file, bad), restore(file, tmp_path / "inbox-never.sqlite")
    wrong = restore(file, backup.with_name(backup.name.replace("inbox", "journal")))
    assert (damaged.returncode, absent.returncode, wrong.returncode) == (2, 2, 2)
    assert "nothing was changed" in damaged.stderr
    assert "there is no such backup" in absent.stderr
    assert "name the copy of an inbox" in wrong.stderr
    assert all("Traceback" not in each.stderr for each in (damaged, absent, wrong))
    assert (state / "inbox.sqlite").read_bytes() == before

    done = restore(file, backup)
    (aside,) = state.glob("before-restore-*")
    assert done.returncode == 0, done.stderr
    assert (aside / "inbox.sqlite").read_bytes() == before
    assert sorted(path.name for path in aside.glob("*.sqlite")) == [
        "identity.sqlite",
        "inbox.sqlite",
        "journal.sqlite",
        "people.sqlite",
    ]
    assert (state / "identity.sqlite").stat().st_mode & 0o777 == 0o600
    assert not list(state.glob("restoring*"))
    assert "so is the log of who did what: before, it ended at 0:" in done.stdout
