"""The file of maintenance windows and its command."""

import logging
import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from collector.__main__ import main
from collector.calendar.maintenance import Book, load_windows
from collector.calendar.windows import local_ns
from collector.inventory.site import Inventory, Site
from shared.clock import SystemClock
from shared.logs import Limited
from shared.settings import SettingsError

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
INVENTORY = Inventory((Site(id="a", name="A", hub="H1"), Site(id="b", name="B", hub="H1"), Site(id="c", name="C")))
BY_HAND = """windows:
  - id: cable
    from: "2026-12-01 22:00"
    until: "2026-12-02 02:00"
    hubs: [H1]
    who: Hà
    why: thay cáp
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "sites.csv").write_text("code,name\n00898,Quản Bạ\n00899,Yên Minh\n", encoding="utf-8")
    path = tmp_path / "collector.yaml"
    path.write_text("state: state\ninventory: sites.csv\n", encoding="utf-8")
    return path


def book(path: Path) -> Book:
    return Book(path, INVENTORY, ZONE, Limited(logging.getLogger("test"), SystemClock()))


def command(config: Path, *arguments: str) -> int:
    return main(["maintenance", *arguments, "--config", str(config)])


def test_a_running_collector_takes_up_a_change_and_keeps_what_it_knew_where_the_file_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "maintenance.yaml"
    known = book(path)
    inside = local_ns("2026-12-01 23:00", ZONE)

    assert known.at(inside) == {}
    path.write_text(BY_HAND, encoding="utf-8")
    assert set(known.at(inside)) == {"a", "b"}
    path.write_text(BY_HAND.replace("H1", "H2"), encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert set(known.at(inside)) == {"a", "b"}
    path.unlink()
    assert known.at(inside) == {}


def test_a_mistake_in_the_file_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "maintenance.yaml"
    path.write_text(BY_HAND.replace("[H1]", "[H11]"), encoding="utf-8")

    with pytest.raises(SettingsError) as told:
        load_windows(path, INVENTORY, ZONE)

    assert told.value.problems == (f"{path}:5: windows[0].hubs: 'H11' is not in the inventory, did you mean 'H1'?",)


def test_a_window_is_added_listed_and_ended_by_commands(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = ("--site", "00898", "--until", "2999-01-01 00:00", "--who", "Hà", "--why", "thay nguồn")

    assert command(config, "add", "power", "--from", "2020-01-01 00:00", *said) == 0
    assert command(config, "add", "--from", "2998-01-01 00:00", *said) == 0
    capsys.readouterr()
    assert command(config, "list") == 0
    listed = capsys.readouterr().out
    assert "power  now     2020-01-01 00:00 to 2999-01-01 00:00  1 sites: 00898  Hà: thay nguồn" in listed
    assert command(config, "end", "power") == 0
    assert command(config, "end", "29980101-1") == 0
    assert capsys.readouterr().out == "power: ended\n29980101-1: cancelled before it began\n"
    assert command(config, "list") == 0
    assert capsys.readouterr().out == "no maintenance now or to come\n"
    assert command(config, "list", "--all") == 0
    assert "power  over" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("add", "--site", "0898", "--until", "2999-01-01 00:00", "--who", "H", "--why", "W"),
            "did you mean '00898'?",
        ),
        (("add", "--site", "00898", "--who", "H", "--why", "W"), "is needed where it is not weekly"),
        (("add", "--site", "00898", "--days", "sun", "--who", "H", "--why", "W"), "wants --days, --at and --hours"),
        (("end", "nothing"), "there is no window 'nothing': known are none"),
    ],
)
def test_what_is_wrong_changes_nothing_and_is_told(
    config: Path, arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(config, *arguments) == 2

    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert not (config.parent / "state" / "maintenance.yaml").exists()


def test_check_config_reads_the_windows_too(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = config.parent / "state"
    state.mkdir()
    (state / "maintenance.yaml").write_text(BY_HAND, encoding="utf-8")

    assert main(["check-config", "--config", str(config)]) == 2
    assert "'H1' is not in the inventory" in capsys.readouterr().err
