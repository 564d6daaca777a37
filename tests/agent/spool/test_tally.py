"""What the spool states of the bytes that it delivered: the sum of what was acknowledged, or less, and it says so."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.spool.opening import open_sqlite_spool
from agent.spool.queue import Spool
from agent.spool.quota import SpoolSettings
from shared.wire.bounds import MOST_BLOCKS
from shared.wire.codec import digest_of_blob, encode_cycle
from shared.wire.digest import add_up
from shared.wire.reading import Block, ClockQuality, Cycle, Outcome, Reading
from tests.peers.spools import KINDS, open_spool


@pytest.fixture(params=KINDS)
def spool(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Spool]:
    with open_spool(request.param, tmp_path) as opened:
        yield opened


def blob(number: int) -> bytes:
    reading = Reading("ping", "icmp", "s", "r", "router", Outcome.OK, number, number, 3)
    return encode_cycle(Cycle("b", ClockQuality.UNKNOWN, (reading,)))


def summed(*sequences: int) -> tuple[Block, ...]:
    return tuple(add_up((n, digest_of_blob(blob(n)) or 0) for n in sequences).values())


def altered(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path / "spool.sqlite", isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)


def test_what_was_acknowledged_is_in_the_sum_once_and_nothing_else(spool: Spool) -> None:
    for n in range(1, 8):
        spool.put(blob(n), n)
    assert spool.statement().blocks == ()
    spool.acknowledge([6, 1], 10)
    spool.acknowledge([1, 2, 2, 99], 11)
    spool.reject([3], "why", 10)

    assert spool.statement().blocks == summed(1, 2, 6)


def test_what_waits_again_is_out_of_the_sum_until_it_is_acknowledged_again(spool: Spool) -> None:
    for n in range(1, 7):
        spool.put(blob(n), n)
    spool.acknowledge([1, 2, 3, 4], 10)
    if spool.reopen(3):
        assert spool.statement().blocks == summed(1, 2)
        spool.acknowledge([4, 3], 12)

    assert spool.statement().blocks == summed(1, 2, 3, 4)


def test_a_sum_outlives_its_records_and_the_program(tmp_path: Path) -> None:
    hours_48_ns = 48 * 3_600_000_000_000
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        for n in range(1, 7):
            spool.put(blob(n), n)
        spool.acknowledge([1, 2, 3], 10)
        spool.acknowledge([4], 10 + 2 * hours_48_ns)
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        assert spool.statement().held == ((4, 4),), "the others were pruned"
        spool.acknowledge([5], 11 + 2 * hours_48_ns)

        assert spool.statement().blocks == summed(1, 2, 3, 4, 5)


def test_the_sum_is_of_what_was_put_whatever_becomes_of_the_row(tmp_path: Path) -> None:
    """So a row that was altered on the disk, its checksum with it, is told by the collector's sum of what came."""
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        spool.put(blob(1), 1)
        spool.put(blob(2), 2)
    other = "FROM record WHERE sequence = 2"
    altered(tmp_path, f"UPDATE record SET (blob, crc32, packing) = (SELECT blob, crc32, packing {other})")  # noqa: S608
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        assert [stored.blob for stored in spool.oldest(9, 10**6)] == [blob(2), blob(2)]
        spool.acknowledge([1, 2], 10)

        assert spool.statement().blocks == summed(1, 2)


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE record SET acknowledged_wall_ns = 5 WHERE sequence < 4",
        "UPDATE record SET acknowledged_wall_ns = NULL",
        "UPDATE record SET digest = NULL",
    ],
)
def test_a_release_that_knows_of_no_sums_makes_them_count_less_but_never_wrongly(
    tmp_path: Path, meanwhile: str
) -> None:
    """It acknowledged, reopened or put rows meanwhile: a sum counts a record once, or says that it lacks some."""
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        for n in range(1, 9):
            spool.put(blob(n), n)
        spool.acknowledge([1, 5], 10)
    altered(tmp_path, meanwhile)
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        spool.acknowledge([1, 5, 6], 12)
        (block,) = spool.statement().blocks

    counted = [n for n in (1, 5, 6) if n != 6 or "digest" not in meanwhile]
    assert (block,) == summed(*counted)


def test_after_an_update_that_sends_other_bytes_old_sums_say_nothing(tmp_path: Path) -> None:
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        for n in range(1, 5):
            spool.put(blob(n), n)
        spool.acknowledge([1], 10)
    altered(tmp_path, "UPDATE fact SET value = 'of yesterday' WHERE name = 'digest_form'")
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        spool.acknowledge([2], 11)
        spool.reopen(1)
        assert spool.statement().blocks == ()
        spool.put(blob(5), 5)
        spool.acknowledge([1, 2, 3, 4, 5], 12)

        assert spool.statement().blocks == summed(5)


def test_only_the_newest_blocks_are_kept(tmp_path: Path) -> None:
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        spool.put(blob(1), 1)
    altered(tmp_path, *(f"INSERT INTO tally VALUES ({n}, 1, 1)" for n in range(1, 2 * MOST_BLOCKS)))  # noqa: S608
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        spool.acknowledge([1], 1)

        assert [block.number for block in spool.statement().blocks] == list(range(MOST_BLOCKS, 2 * MOST_BLOCKS))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("acknowledge"), st.lists(st.integers(1, 12), max_size=5)),
        st.tuples(st.just("reject"), st.lists(st.integers(1, 12), max_size=2)),
        st.tuples(st.just("reopen"), st.lists(st.integers(1, 12), min_size=1, max_size=1)),
        st.tuples(st.just("restart"), st.just([])),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_the_sum_is_that_of_the_acknowledged_records_whatever_happens(steps: list[tuple[str, list[int]]]) -> None:
    waiting, done = set(range(1, 13)), set[int]()
    with tempfile.TemporaryDirectory() as folder:
        with open_sqlite_spool(Path(folder), SpoolSettings()) as spool:
            for n in range(1, 13):
                spool.put(blob(n), n)
        for what, numbers in [*steps, ("restart", [])]:
            with open_sqlite_spool(Path(folder), SpoolSettings()) as spool:
                if what == "acknowledge":
                    spool.acknowledge(numbers, 10)
                    done |= waiting & set(numbers)
                    waiting -= set(numbers)
                elif what == "reject":
                    spool.reject([n for n in numbers if n in waiting], "why", 10)
                    waiting -= set(numbers)
                elif what == "reopen":
                    spool.reopen(numbers[0])
                    waiting |= {n for n in done if n >= numbers[0]}
                    done -= waiting
                blocks = [block for block in spool.statement().blocks if block.records]

                assert tuple(blocks) == summed(*done)
