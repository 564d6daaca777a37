"""The journal, in memory and on disk alike: transitions under numbers that never come again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.journal.journal import Journal
from collector.journal.memory import MemoryJournal
from collector.journal.sqlite import open_sqlite_journal
from collector.picture import State


@pytest.fixture(params=["memory", "sqlite"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    if request.param == "memory":
        yield MemoryJournal()
    else:
        with open_sqlite_journal(tmp_path / "journal.sqlite") as opened:
            yield opened


def test_what_is_written_comes_back_newest_first(journal: Journal) -> None:
    journal.write([("a", 5, State.UP, State.DOWN, "no reply"), ("b", 6, State.UP, State.DEGRADED, "")])
    journal.write([("a", 9, State.DOWN, State.UP, "")])

    assert [(t.number, t.site, t.after) for t in journal.latest(2)] == [(3, "a", State.UP), (2, "b", State.DEGRADED)]
    assert journal.latest(9)[-1].reason == "no reply"


def test_each_sites_last_state_is_known(journal: Journal) -> None:
    journal.write(
        [("a", 5, State.UP, State.DOWN, ""), ("b", 6, State.UP, State.DOWN, ""), ("a", 7, State.DOWN, State.UP, "")]
    )

    assert {site: (t.after, t.at_ns) for site, t in journal.standing().items()} == {
        "a": (State.UP, 7),
        "b": (State.DOWN, 6),
    }


def test_an_empty_journal_knows_nothing(journal: Journal) -> None:
    assert journal.latest(5) == []
    assert journal.standing() == {}


def test_a_reopened_journal_goes_on_counting(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        with open_sqlite_journal(tmp_path / "journal.sqlite") as journal:
            (written,) = journal.write([("a", number, State.UP, State.DOWN, "")])
            assert written.number == number
