"""The journal, in memory and on disk alike: transitions under numbers that never come again."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.incident import Cause, Confidence, Incident, Scope, Trouble
from collector.journal.journal import Journal
from collector.journal.memory import MemoryJournal
from collector.journal.sqlite import open_sqlite_journal, read_sqlite_journal
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


def test_each_links_last_state_is_known_apart_from_that_of_its_site(journal: Journal) -> None:
    journal.write([("a", 4, State.UP, State.DEGRADED, "")], links=[("a", "4g", 5, State.UP, State.DOWN, "no reply")])
    journal.write(
        [], links=[("a", "main", 6, State.UNKNOWN, State.UP, ""), ("b", "4g", 7, State.UNKNOWN, State.UP, "")]
    )
    journal.write([], links=[("b", "4g", 9, State.UP, State.DOWN, "")])

    assert {key: (verdict.state, verdict.since_ns) for key, verdict in journal.standing_links().items()} == {
        ("a", "4g"): (State.DOWN, 5),
        ("a", "main"): (State.UP, 6),
        ("b", "4g"): (State.DOWN, 9),
    }
    assert journal.standing_links()["a", "4g"].reason == "no reply"
    assert {site: one.after for site, one in journal.standing().items()} == {"a": State.DEGRADED}
    assert len(journal.latest(9)) == 1


def test_an_empty_journal_knows_nothing(journal: Journal) -> None:
    assert journal.latest(5) == []
    assert journal.standing_links() == {}
    assert journal.standing() == {}


def test_a_reopened_journal_goes_on_counting(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        with open_sqlite_journal(tmp_path / "journal.sqlite") as journal:
            (written,) = journal.write([("a", number, State.UP, State.DOWN, "")])
            assert written.number == number


def incident(number: int, version: int, began_ns: int, ended_ns: int | None, *, final: bool = False) -> Incident:
    return Incident(
        number=number,
        version=version,
        at_ns=began_ns,
        scope=Scope.SITE,
        subject="a",
        trouble=Trouble.DOWN,
        cause=Cause.UNKNOWN,
        confidence=Confidence.FINAL if final else Confidence.PROVISIONAL,
        began_ns=began_ns,
        known_ns=began_ns,
        ended_ns=ended_ns,
        sites=("a", "b"),
    )


def test_every_version_of_an_incident_is_kept_and_the_newest_is_what_counts(journal: Journal) -> None:
    assert journal.next_number() == 1
    first, second = incident(1, 1, 10, None), incident(1, 2, 10, 50)
    journal.write([], [first])
    journal.write([("a", 5, State.UP, State.DOWN, "")], [second])

    assert journal.versions(1) == [first, second]
    assert journal.versions(2) == []
    assert journal.incidents(0, 10) == [second]
    assert journal.next_number() == 2


def test_incidents_are_found_by_time_and_site(journal: Journal) -> None:
    over, lasting = incident(1, 1, 10, 50, final=True), incident(2, 1, 70, None)
    journal.write([], [over, lasting])

    assert journal.incidents(0, 10) == [lasting, over]
    assert journal.incidents(0, 0) == [lasting], "what lasts is behind no limit"
    assert journal.incidents(60, 10, site="b") == [lasting]
    assert journal.incidents(0, 10, site="c") == []
    assert journal.unsettled(60) == [lasting]
    assert journal.unsettled(50) == [over, lasting]
    assert [journal.struck("b", first, last) for first, last in ((0, 9), (0, 10), (51, 69), (51, 70))] == [
        False,
        True,
        False,
        True,
    ]


def test_what_awaits_its_final_word_is_not_forgotten(journal: Journal) -> None:
    journal.write([], [incident(1, 1, 10, 50)])

    assert [one.number for one in journal.unsettled(1000)] == [1]


def test_the_most_that_were_down_is_kept_by_its_slot(journal: Journal) -> None:
    for slot_ns, down in ((600, 0), (600, 3), (600, 2), (1200, 1)):
        journal.note_down(slot_ns, down)

    assert journal.down_since(0) == {600: 3, 1200: 1}
    assert journal.down_since(601) == {1200: 1}


def test_changes_of_a_period_come_with_the_last_one_before_it(journal: Journal) -> None:
    journal.write([("a", 5, State.UNKNOWN, State.UP, ""), ("a", 9, State.UP, State.DOWN, "")])
    journal.write([("a", 12, State.DOWN, State.UP, ""), ("b", 3, State.UNKNOWN, State.UP, "")])
    journal.write([("c", 30, State.UNKNOWN, State.UP, "")], links=[("a", "4g", 11, State.UP, State.DOWN, "")])

    assert journal.turns(10, 20) == {
        ("a", ""): [(9, State.DOWN), (12, State.UP)],
        ("a", "4g"): [(11, State.DOWN)],
        ("b", ""): [(3, State.UP)],
    }
    assert journal.turns(12, 30)["a", "4g"] == [(11, State.DOWN)]


def test_watches_are_cut_to_a_period_and_joined(journal: Journal) -> None:
    for begun_ns, until_ns in ((0, 5), (0, 40), (30, 60), (80, 80), (90, 120)):
        journal.note_watched(begun_ns, until_ns)

    assert journal.watched(10, 100) == [(10, 60), (90, 100)]
    assert journal.watched(60, 80) == []


def test_who_reads_beside_a_running_collector_sees_what_is_committed(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with open_sqlite_journal(path) as writing:
        writing.write([("a", 5, State.UP, State.DOWN, "")])
        with read_sqlite_journal(path) as reading:
            assert reading.turns(0, 9) == {("a", ""): [(5, State.DOWN)]}
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                reading.note_watched(0, 1)
        writing.note_watched(3, 4)
    with read_sqlite_journal(path) as reading:
        assert reading.watched(0, 9) == [(3, 4)]
