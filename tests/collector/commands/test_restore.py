"""A restore is whole or has not been: killed anywhere, what the next start finds is the old state or the new one."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from collector.__main__ import main
from collector.commands.staging import decide, stage
from collector.people.book import open_people
from tests.peers.settings_files import collector_file

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def seen() -> list[dict[str, Any]]:
    """What was found after each kill; the last one was not killed."""
    command = [sys.executable, "-m", "tests.peers.killed_restore"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_restore_that_is_killed_anywhere_is_done_by_the_next_start_or_has_not_begun(
    seen: list[dict[str, Any]],
) -> None:
    """Between two renamings a start made a new book of keys, and every machine would have had to join again."""
    ages = [each["age"] for each in seen]

    assert len(seen) > 30
    assert not seen[-1]["killed"]
    assert set(ages) == {"newer", "old"}
    assert ages == sorted(ages), "first nothing has happened, from one step on all of it has"
    for each in seen:
        assert each["told"] == each["half"], each
        assert each["rests"] == [], each
        assert each["kept"] == (["newer"] if each["age"] == "old" else []), each
    assert sum(each["half"] for each in seen) > 15


def test_the_log_that_came_back_says_where_the_one_before_ended(seen: list[dict[str, Any]]) -> None:
    """Whoever restored an older log left no trace in it."""
    rows = seen[-1]["rows"]

    assert [row[0] for row in rows] == ["login", "state-restored"]
    assert rows[1][1].startswith("the log before ended at 1:")


@pytest.fixture
def half_done(tmp_path: Path) -> Path:
    """The settings of a collector whose restore was cut off after it was decided."""
    state = tmp_path / "state"
    state.mkdir()
    with open_people(tmp_path / "copy.sqlite"):
        pass
    stage({"people": tmp_path / "copy.sqlite"}, state, "before-restore-x")
    decide(state)
    return collector_file(tmp_path, 8080, ["province"], [])


@pytest.mark.parametrize(
    "command",
    [
        ["accept", "all"],
        ["invite", "province"],
        ["revoke", "province"],
        ["audit"],
        ["user", "list"],
        ["wall-token", "list"],
        ["check-config"],
        ["export-sites"],
        ["inventory", "history"],
        ["maintenance", "list"],
    ],
    ids=" ".join,
)
def test_no_command_works_on_half_a_state(
    half_done: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """They made new files where the old ones had gone aside and the others had not come yet."""
    before = sorted(path.name for path in (half_done.parent / "state").iterdir())

    assert main([*command, "--config", str(half_done)]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert "a restore was interrupted: start the collector, or run 'phusong-collector restore' again" in said.err
    assert sorted(path.name for path in (half_done.parent / "state").iterdir()) == before
