"""``inventory`` as somebody types it, and a start with fewer sites than were accepted last."""

import contextlib
import logging
import shutil
import sqlite3
from pathlib import Path

import pytest

from collector.__main__ import main
from collector.commands.admission import admit
from collector.commands.stock import load_inventory
from collector.inventory.versions import open_versions
from collector.settings import CollectorSettings, load_collector_settings
from shared.clock import SystemClock

LOG = logging.getLogger("admission")


def sheet(folder: Path, count: int, name: str = "sites.csv", called: str = "x") -> Path:
    path = folder / name
    path.write_text("code,name\n" + "".join(f"{n},{called}\n" for n in range(1, count + 1)), encoding="utf-8")
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "collector.yaml"
    path.write_text("state: state\n", encoding="utf-8")
    return path


def typed(config: Path, *words: str) -> int:
    return main([*words, "--config", str(config)])


def test_imports_are_versions_and_one_is_taken_back(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = config.parent
    assert typed(config, "import-sites", str(sheet(folder, 4))) == 0
    assert typed(config, "import-sites", str(sheet(folder, 5))) == 0
    assert typed(config, "inventory", "undo", "2") == 0
    capsys.readouterr()

    assert typed(config, "inventory", "history") == 0
    rows = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in rows] == ["1", "2", "3"]
    assert rows[0].endswith("import  4 sites  +1,2,3,4  sites.csv")
    assert rows[2].endswith("undo  4 sites  -5  version 2")
    assert typed(config, "inventory", "history", "--site", "5") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert typed(config, "audit") == 0
    assert "inventory-undo 2 0 new, 1 gone, 0 altered" in capsys.readouterr().out


def test_a_fifth_of_the_sites_goes_only_when_that_is_meant(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = config.parent
    assert typed(config, "import-sites", str(sheet(folder, 4))) == 0
    assert typed(config, "import-sites", str(sheet(folder, 3))) == 2
    assert "1 of 4 sites would go: say --yes if that is meant; nothing was changed" in capsys.readouterr().err
    assert typed(config, "import-sites", str(sheet(folder, 3)), "--yes") == 0


def test_a_spreadsheet_that_took_the_zeros_away_is_caught(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = config.parent / "sites.csv"
    path.write_text("code,name\n00691,a\n", encoding="utf-8")
    assert typed(config, "import-sites", str(path)) == 0
    path.write_text("code,name\n691,a\n", encoding="utf-8")

    assert typed(config, "import-sites", str(path), "--yes") == 2

    assert "site '691' would be new and '00691' gone: the spreadsheet took the zeros" in capsys.readouterr().err


def test_what_was_imported_before_there_were_versions_is_the_first(config: Path) -> None:
    state = config.parent / "state"
    state.mkdir()
    (state / "inventory.json").write_text('{"sites": [{"id": "1", "name": "old"}]}', encoding="utf-8")
    settings = load_collector_settings(config)

    assert load_inventory(settings, config).by_id()["1"].name == "old"
    assert typed(config, "import-sites", str(sheet(config.parent, 2))) == 0

    with open_versions(settings.versions_file) as versions:
        assert versions.inventory(1).by_id()["1"].name == "old"
        assert versions.newest == 2


def test_a_file_of_somebodys_is_not_changed_behind_it(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet(config.parent, 2)
    config.write_text("state: state\ninventory: sites.csv\n", encoding="utf-8")

    assert typed(config, "inventory", "undo", "1") == 2
    assert "is the inventory: change that file" in capsys.readouterr().err


def test_a_start_with_far_fewer_sites_says_so_and_expects_them_until_somebody_vouches(
    config: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("state: state\ninventory: sites.csv\n", encoding="utf-8")
    settings, clock = load_collector_settings(config), SystemClock()

    def start(count: int) -> int:
        sheet(config.parent, count)
        used = admit(settings, load_inventory(settings, config), clock, LOG)
        assert len(used.sites) == count
        return count + used.missing

    assert [start(10), start(9), start(12)] == [10, 9, 12]
    assert start(8) == 12
    assert "4 of the 12 sites accepted last are missing (10, 11, 12, 9…)" in caplog.text
    assert start(8) == 12, "a second start is no confirmation"

    assert typed(config, "check-config") == 0
    assert "note: the inventory has shrunk: 4 of the 12" in capsys.readouterr().out
    assert typed(config, "inventory", "accept") == 0
    assert start(8) == 8


def test_a_history_that_is_spoiled_keeps_no_collector_from_starting(
    config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config.write_text("state: state\ninventory: sites.csv\n", encoding="utf-8")
    sheet(config.parent, 3)
    settings = load_collector_settings(config)
    settings.state.mkdir()
    settings.versions_file.write_bytes(b"no database at all" * 100)

    assert admit(settings, load_inventory(settings, config), SystemClock(), LOG).missing == 0
    assert "the history of the inventory was not written" in caplog.text


def test_after_a_power_cut_in_the_middle_of_a_change_the_version_before_is_read(config: Path) -> None:
    """The half of a change is on disk beside the journal that takes it back."""
    assert typed(config, "import-sites", str(sheet(config.parent, 4))) == 0
    settings = load_collector_settings(config)
    cut = config.parent / "cut"
    cut.mkdir()
    with contextlib.closing(sqlite3.connect(settings.versions_file, isolation_level=None)) as database:
        database.execute("PRAGMA cache_size = 1")
        database.execute("BEGIN IMMEDIATE")
        for number in range(2, 200):
            database.execute("INSERT INTO version VALUES (?, 0, 'x', 'x', 'x', 0, ?)", (number, b"half" * 2000))
        for file in settings.state.glob("inventory.sqlite*"):
            shutil.copy(file, cut / file.name)
        database.execute("ROLLBACK")
    assert {file.name for file in cut.iterdir()} == {"inventory.sqlite", "inventory.sqlite-journal"}

    after = CollectorSettings(state=cut)

    assert len(load_inventory(after, config).sites) == 4
    with open_versions(after.versions_file) as versions:
        assert versions.newest == 1
