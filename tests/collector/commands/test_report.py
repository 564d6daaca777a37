"""``report`` as somebody types it: figures of the journal, sheets, and one line for each mistake."""

import csv
import json
from pathlib import Path

import pytest

from collector.__main__ import main
from collector.incident import Cause, Confidence
from collector.journal.sqlite import open_sqlite_journal
from collector.picture import State
from tests.peers.incidents import incident

SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS
AUGUST_NS = 1_785_517_200 * SECOND_NS
"""2026-08-01 00:00 in Vietnam."""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Two sites; the line of the first was cut for a day of August 2026, and all of it was watched."""
    path = tmp_path / "collector.yaml"
    path.write_text("state: state\n", encoding="utf-8")
    sheet = tmp_path / "sites.csv"
    head = "id,code,name,link1_name,link1_provider,link1_contract,link1_agreed_availability_ratio\n"
    sheet.write_text(f"{head}a,1,Đồng Văn,main,VNPT,HD-7,0.995\nb,2,Lũng Cú,main,Viettel,,\n", encoding="utf-8")
    assert main(["import-sites", str(sheet), "--config", str(path)]) == 0
    begun, ended = AUGUST_NS + 3 * DAY_NS, AUGUST_NS + 4 * DAY_NS
    cut = incident(1, began_ns=begun, known_ns=begun, ended_ns=ended, sites=("a",), still=(), subject="a")
    with open_sqlite_journal(tmp_path / "state" / "journal.sqlite") as journal:
        journal.write([(site, AUGUST_NS - DAY_NS, State.UNKNOWN, State.UP, "") for site in ("a", "b")])
        journal.write([("a", begun, State.UP, State.DOWN, "")], [cut])
        journal.write([("a", ended, State.DOWN, State.UP, "")])
        journal.note_watched(AUGUST_NS - DAY_NS, AUGUST_NS + 40 * DAY_NS)
    return path


def test_the_month_is_a_table_of_providers_and_of_the_lines_that_need_a_look(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["report", "--month", "2026-08", "--config", str(config)]) == 0
    out = capsys.readouterr().out

    assert out.startswith("2026-08: 2 lines; 100.00% of the time was watched\n")
    assert "VNPT      1      1       0     0     0          1        24.0       96.774" in out
    assert "broken   a     Đồng Văn  main  VNPT      99.5      96.774          24:00 h  0:00 h  0:00 h" in out
    assert "Lũng Cú" not in out


def test_sheets_and_json_have_every_line_and_outage(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines, outages = config.parent / "lines.csv", config.parent / "outages.csv"
    said = ["report", "--from", "2026-08-01", "--until", "2026-08-31", "--config", str(config)]
    capsys.readouterr()
    assert main([*said, "--csv", str(lines), "--outages", str(outages), "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)

    with lines.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["site"], row["promise"], row["down_by_provider_seconds"]) for row in rows] == [
        ("a", "broken", "86400"),
        ("b", "none", "0"),
    ]
    assert rows[0]["from"] == "2026-08-01T00:00:00+07:00"
    assert whole["outages"][0]["cause"] == Cause.ACCESS_LINK
    assert whole["outages"][0]["confidence"] == Confidence.PROVISIONAL
    assert "HD-7" in outages.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--month", "2026-8"], "'2026-8' is no month: write YYYY-MM"),
        (["--month", "2126-08"], "'2126-08' is no month: write YYYY-MM"),
        (["--month", "2099-08"], "2099-08 has not begun"),
        (["--from", "2026-08-01"], "give --month, or --from and --until"),
        (
            ["--month", "2026-08", "--provider", "VNTP"],
            "--provider: 'VNTP' is not in the inventory, did you mean 'VNPT'?",
        ),
        (["--month", "2026-08", "--site", "c"], "--site: 'c' is not in the inventory"),
    ],
)
def test_a_mistake_is_one_line(config: Path, capsys: pytest.CaptureFixture[str], given: list[str], said: str) -> None:
    capsys.readouterr()
    assert main(["report", *given, "--config", str(config)]) == 2
    assert capsys.readouterr().err == f"phusong-collector: {said}\n"


def test_a_collector_that_never_ran_has_no_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "collector.yaml"
    path.write_text("state: state\n", encoding="utf-8")

    assert main(["report", "--config", str(path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
