"""What happens to keys stands in the log of who did what; a log that cannot be written holds no machine up."""

import io
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stdout
from pathlib import Path

import pytest
import yaml

from collector.__main__ import main
from lab.ports import free_port
from tests.collector.identity.test_door import rotated
from tests.peers.enrolled import command, invited, machine
from tests.peers.programs import PYTHON, Program, get, running, until


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "sites.yaml").write_text(yaml.safe_dump({"sites": [{"id": "s", "name": "Xã"}]}), encoding="utf-8")
    content = {
        "listen": {"port": free_port()},
        "state": "state",
        "inventory": "sites.yaml",
        "enrolment": {"address": "http://127.0.0.1"},
    }
    path = tmp_path / "collector.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@contextmanager
def collector(config: Path) -> Iterator[tuple[int, Program]]:
    port = int(yaml.safe_load(config.read_text(encoding="utf-8"))["listen"]["port"])
    with running("collector", [PYTHON, "-m", "collector", "run", "--config", str(config)], config.parent) as program:
        until("the collector is ready", lambda: get(f"http://127.0.0.1:{port}/readyz"), program)
        yield port, program


def log(config: Path) -> list[str]:
    """Rows without number and time."""
    said = io.StringIO()
    with redirect_stdout(said):
        assert main(["audit", "--config", str(config)]) == 0
    return [" ".join(line.split()[3:]) for line in said.getvalue().splitlines()]


def test_an_enrolment_a_rotation_and_a_suspicion_are_in_the_log_beside_what_was_typed(config: Path) -> None:
    with collector(config) as (port, program):
        one = machine(port, invited("s", config))
        next_one = rotated(one)
        assert next_one.send()[0] == 200
        one.chain = one.send()[1]["challenge"]
        assert one.send()[0] == 403
        assert command("accept", "s", "--config", str(config)).returncode == 0
        until("the log has all", lambda: len(log(config)) == 5, program)
    old, new = (each.enrolled.key_id[:16] for each in (one, next_one))
    accepted = "agent-accept s -"

    assert [row for row in log(config) if row.startswith("agent:s")] == [
        f"agent:s agent-enrolled s key {old}",
        f"agent:s agent-rotated s key {new} follows key {old}",
    ]
    assert f"collector agent-suspected s agent s: a second machine seems to hold key {old}" in log(config)
    assert [row.partition(" ")[2] for row in log(config) if "console:" in row] == ["agent-invite s -", accepted]
    done = command("audit", "--verify", "--config", str(config))
    assert done.stdout.startswith("5 rows, none was touched")


def test_a_log_that_cannot_be_written_holds_nobody_up_and_has_all_of_it_later(config: Path) -> None:
    code = invited("s", config)
    people = config.parent / "state" / "people.sqlite"
    with collector(config) as (port, program), closing(sqlite3.connect(people)) as db:
        db.execute("BEGIN EXCLUSIVE")
        begun = time.monotonic()
        one = machine(port, code)
        assert (one.send()[0], rotated(one).send()[0]) == (200, 200)
        assert time.monotonic() - begun < 4
        until("it says so", lambda: "the log of who did what does not have all" in program.said(), program)
        program.kill()
        db.rollback()
    assert [row.split()[1] for row in log(config)] == ["agent-invite"]
    with collector(config) as (_, program):
        until("the log has all", lambda: len(log(config)) >= 3, program)

    assert [row.split()[1] for row in log(config)] == ["agent-invite", "agent-enrolled", "agent-rotated"]
