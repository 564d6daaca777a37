"""The inbox, in memory and on disk alike: each record once for ever, and on disk before anybody says so."""

import asyncio
import gc
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from collector.ingest.inbox import (
    EPOCHS_REMEMBERED,
    HOUR_NS,
    NEW_EPOCHS_AN_HOUR,
    RUNS_REMEMBERED,
    Inbox,
    InboxFailedError,
    Parcel,
    TooManyEpochsError,
    TooSparseError,
)
from collector.ingest.memory import MemoryInbox
from collector.ingest.ranges import Ranges, add, contains
from collector.ingest.sqlite import open_sqlite_inbox
from shared.wire.bounds import MOST_BLOCKS
from shared.wire.digest import BLOCK_RECORDS, add_up
from shared.wire.reading import Block, Statement

ROOT = Path(__file__).parents[3]


def parcel(*sequences: int, epoch: str = "e1", agent: str = "a", received: int = 1000) -> Parcel:
    return Parcel(
        agent=agent, epoch=epoch, sequences=sequences, received_wall_ns=received, body=repr(sequences).encode()
    )


@pytest.fixture(params=["memory", "sqlite"])
async def inbox(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Inbox]:
    if request.param == "memory":
        yield MemoryInbox()
    else:
        async with open_sqlite_inbox(tmp_path / "inbox.sqlite") as opened:
            yield opened


async def test_a_record_is_new_once(inbox: Inbox) -> None:
    assert await inbox.store(parcel(1, 2)) == {1, 2}
    assert await inbox.store(parcel(1, 2)) == frozenset()
    assert await inbox.store(parcel(2, 3)) == {3}


async def test_reading_goes_on_behind_any_row(inbox: Inbox) -> None:
    assert await inbox.extent() == (1, 0)
    for sequence in range(1, 8):
        await inbox.store(parcel(sequence, received=1000 * sequence))
    await inbox.store(parcel(7, received=9000))

    first = await inbox.from_row(0, 3)
    rest = await inbox.from_row(first[-1].number, 100)

    assert [each.fresh for each in first + rest] == [(sequence,) for sequence in range(1, 8)]
    assert [each.number for each in first + rest] == list(range(1, 8))
    assert await inbox.from_row(7, 3) == []
    assert await inbox.extent() == (1, 7)


async def test_the_newest_statement_of_each_epoch_is_kept_with_its_end(inbox: Inbox) -> None:
    for number in range(70):
        await inbox.note_statement("a", Statement(f"e{number}", number), ())
    await inbox.note_statement("a", Statement("e50", 999, waiting=((1, 999),), others=("e69",)), ("e60", "never"))
    await inbox.note_statement("b", Statement("e60", 1), ())
    kept = await inbox.statements("a")

    assert [statement.epoch for statement, _ in kept] == [f"e{n}" for n in range(6, 70) if n != 50] + ["e50"]
    assert kept[-1] == (Statement("e50", 999, waiting=((1, 999),), others=("e69",)), False)
    assert [statement.epoch for statement, gone in kept if gone] == ["e60"]
    assert await inbox.statements("b") == [(Statement("e60", 1), False)]
    assert await inbox.statements("nobody") == []


async def test_what_was_kept_of_statements_when_any_was_taken_is_forgotten(tmp_path: Path) -> None:
    """Else the collector that refuses such a statement would still read it at each start."""
    path, row = tmp_path / "inbox.sqlite", "INSERT INTO stated (agent, epoch, body) VALUES ('a', ?, ?)"
    fat = msgspec.msgpack.encode(Statement("fat", 1, others=("ab",) * 200_000))
    wide = msgspec.msgpack.encode(Statement("wide", 1, others=("ab",) * 65))
    async with open_sqlite_inbox(path) as inbox:
        await inbox.note_statement("a", Statement("e", 3), ())
        await inbox._do(lambda database: database.executemany(row, [("fat", fat), ("wide", wide), ("none", b"\xc1")]))
        assert await inbox.statements("a") == [(Statement("e", 3), False)]
    async with open_sqlite_inbox(path) as inbox:
        assert await inbox.statements("a") == [(Statement("e", 3), False)]
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM stated WHERE epoch = 'fat'").fetchone() == (0,)


async def test_what_was_stored_is_summed_once_over_all_that_is_forgotten(inbox: Inbox) -> None:
    def of(*sequences: int) -> tuple[Block, ...]:
        return tuple(add_up((n, 1000 + n) for n in sorted(sequences)).values())

    async def store(*sequences: int, epoch: str = "e1", received: int = 1000) -> None:
        digests = tuple(1000 + n for n in sequences)
        await inbox.store(replace(parcel(*sequences, epoch=epoch, received=received), digests=digests))

    await store(BLOCK_RECORDS + 3, 2, 2)
    await store(1, 2)
    await store(1, epoch="e2")
    await inbox.store(parcel(5))
    await inbox.prune(5000)
    await store(5, 2)

    assert await inbox.blocks("a", "e1") == of(1, 2, BLOCK_RECORDS + 3)
    assert await inbox.blocks("a", "e2") == of(1)
    assert await inbox.blocks("b", "e1") == ()
    for block in range(2, 2 * MOST_BLOCKS):
        await store(block * BLOCK_RECORDS)
    kept = await inbox.blocks("a", "e1")
    assert [block.number for block in kept] == list(range(MOST_BLOCKS, 2 * MOST_BLOCKS))


async def test_two_digests_for_one_record_count_as_its_first(inbox: Inbox) -> None:
    await inbox.store(replace(parcel(7, 7), digests=(1, 2)))

    assert await inbox.blocks("a", "e1") == tuple(add_up([(7, 1)]).values())


async def test_gaps_without_end_are_refused_and_what_closes_them_is_taken(inbox: Inbox) -> None:
    """Each would cost all agents time, for as long as the inbox lives."""
    half = RUNS_REMEMBERED // 2
    for epoch in ("e1", "e2"):
        for first in range(0, half, 1024):
            await inbox.store(parcel(*(2 * n for n in range(first, first + 1024)), epoch=epoch))
    with pytest.raises(TooSparseError):
        await inbox.store(parcel(10**6))
    with pytest.raises(TooSparseError):
        await inbox.store(parcel(1, epoch="e3"))

    assert await inbox.store(parcel(2 * half - 2, 2 * half - 1)) == {2 * half - 1}
    assert await inbox.store(parcel(1, 10**6)) == {1, 10**6}
    assert await inbox.store(parcel(10**6, agent="b")) == {10**6}
    assert (await inbox.seen("a", "e1"))[0] == (0, 2)
    assert len(await inbox.seen("a", "e1")) == half


async def test_epochs_without_end_are_refused_and_those_that_are_known_go_on(inbox: Inbox) -> None:
    for number in range(NEW_EPOCHS_AN_HOUR):
        await inbox.store(parcel(1, epoch=f"e{number}", received=number))
    with pytest.raises(TooManyEpochsError):
        await inbox.store(parcel(1, epoch="new", received=HOUR_NS - 1))

    assert await inbox.store(parcel(2, epoch="e0", received=HOUR_NS - 1)) == {2}
    assert await inbox.store(parcel(1, epoch="new", agent="b", received=HOUR_NS - 1)) == {1}
    assert await inbox.store(parcel(1, epoch="new", received=HOUR_NS)) == {1}
    with pytest.raises(TooManyEpochsError):
        await inbox.store(parcel(1, epoch="newer", received=HOUR_NS))


async def test_a_clock_that_was_ahead_makes_nobody_wait_for_its_hour(inbox: Inbox) -> None:
    for number in range(NEW_EPOCHS_AN_HOUR):
        await inbox.store(parcel(1, epoch=f"e{number}", received=10**18))

    assert await inbox.store(parcel(1, epoch="new", received=1)) == {1}


async def test_the_epoch_that_was_used_longest_ago_is_forgotten_for_a_new_one(inbox: Inbox) -> None:
    """Of a thousand and more: one that the agent still has is never among them."""
    born = [parcel(1, 2, epoch=f"e{number}", received=number * HOUR_NS) for number in range(EPOCHS_REMEMBERED)]
    await asyncio.gather(*(inbox.store(replace(each, digests=(1, 2))) for each in born))
    now = EPOCHS_REMEMBERED * HOUR_NS
    await inbox.store(replace(parcel(3, epoch="e0", received=now), digests=(3,)))
    await inbox.store(parcel(1, epoch="new", received=now))

    assert await inbox.seen("a", "e0") == ((1, 3),)
    assert (await inbox.seen("a", "e1"), await inbox.blocks("a", "e1")) == ((), ())
    assert await inbox.seen("a", "e2") == ((1, 2),)
    assert len(await inbox.blocks("a", "e2")) == 1


async def test_an_inbox_of_an_earlier_make_still_knows_what_it_has_seen(tmp_path: Path) -> None:
    path = tmp_path / "inbox.sqlite"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE seen (agent TEXT, epoch TEXT, ranges BLOB, PRIMARY KEY (agent, epoch))")
        rows = [("a", "e1", msgspec.msgpack.encode([[1, 3], [7, 7]])), ("b", "e1", b"\xc1")]
        database.executemany("INSERT INTO seen VALUES (?, ?, ?)", rows)
    for _ in range(2):
        async with open_sqlite_inbox(path) as inbox:
            assert await inbox.store(parcel(2, 3, 7)) == frozenset()
            assert await inbox.seen("a", "e1") == ((1, 3), (7, 7))
    async with open_sqlite_inbox(path) as inbox:
        assert await inbox.store(parcel(4, 6)) == {4, 6}
        assert await inbox.seen("a", "e1") == ((1, 4), (6, 7))


async def test_who_is_refused_in_a_group_takes_nobody_with_him(inbox: Inbox) -> None:
    for number in range(NEW_EPOCHS_AN_HOUR):
        await inbox.store(parcel(1, epoch=f"e{number}"))
    came = [parcel(1, agent="b"), parcel(1, epoch="new"), parcel(1, agent="c")]
    found = await asyncio.gather(*(inbox.store(each) for each in came), return_exceptions=True)

    assert (found[0], found[2]) == ({1}, {1})
    assert isinstance(found[1], TooManyEpochsError)


async def test_a_refusal_is_forgotten_at_once(inbox: Inbox) -> None:
    """An error that held its frames held a whole batch until the next collection, and made each of them long."""
    for number in range(NEW_EPOCHS_AN_HOUR):
        await inbox.store(parcel(1, epoch=f"e{number}"))
    gc.disable()
    try:
        with pytest.raises(TooManyEpochsError):
            await inbox.store(parcel(1, epoch="new"))
        await inbox.store(parcel(1, agent="b"))  # whoever was about to let go of it has done so
        assert not [one for one in gc.get_objects() if type(one) is TooManyEpochsError]
    finally:
        gc.enable()


async def test_rows_keep_their_numbers_when_older_ones_go(inbox: Inbox) -> None:
    for sequence in range(1, 5):
        await inbox.store(parcel(sequence, received=1000 * sequence))

    await inbox.prune(3000)
    assert await inbox.extent() == (3, 4)
    await inbox.prune(10_000)
    assert await inbox.extent() == (5, 4)
    await inbox.store(parcel(5, received=5000))

    assert [each.number for each in await inbox.from_row(0, 9)] == [5]


async def test_the_newest_may_come_before_what_is_older(inbox: Inbox) -> None:
    """The live lane goes ahead of the history that stands in front of it."""
    assert await inbox.store(parcel(900)) == {900}
    assert await inbox.store(parcel(1, 2)) == {1, 2}
    assert await inbox.store(parcel(900)) == frozenset()


async def test_epochs_and_agents_do_not_shadow_each_other(inbox: Inbox) -> None:
    """A new spool file begins at 1 again; its records are other records."""
    await inbox.store(parcel(1))

    assert await inbox.store(parcel(1, epoch="e2")) == {1}
    assert await inbox.store(parcel(1, agent="b")) == {1}


async def test_one_parcel_may_name_a_record_twice(inbox: Inbox) -> None:
    assert await inbox.store(parcel(7, 7)) == {7}


async def test_what_was_pruned_is_still_a_repeat(inbox: Inbox) -> None:
    await inbox.store(parcel(1, received=1000))
    await inbox.store(parcel(2, received=3000))

    assert await inbox.prune(2000) == 1
    assert await inbox.store(parcel(1)) == frozenset()
    assert [p.fresh for p in await inbox.since(0)] == [(2,)]


async def test_parcels_come_back_in_their_order_without_repeats(inbox: Inbox) -> None:
    await inbox.store(parcel(5))
    await inbox.store(parcel(5))
    await inbox.store(parcel(1, 5))

    assert [(p.agent, p.fresh, p.body) for p in await inbox.since(0)] == [("a", (5,), b"(5,)"), ("a", (1,), b"(1, 5)")]


async def test_a_reopened_inbox_remembers(tmp_path: Path) -> None:
    async with open_sqlite_inbox(tmp_path / "inbox.sqlite") as inbox:
        await inbox.store(replace(parcel(1, 2, 3), digests=(1, 2, 3)))
        blocks = await inbox.blocks("a", "e1")
    async with open_sqlite_inbox(tmp_path / "inbox.sqlite") as inbox:
        assert await inbox.store(parcel(3, 4)) == {4}
        assert await inbox.blocks("a", "e1") == blocks


async def test_a_disk_that_refuses_acknowledges_nothing_and_heals(tmp_path: Path) -> None:
    async with open_sqlite_inbox(tmp_path / "inbox.sqlite") as inbox:
        await inbox.store(parcel(1))
        await inbox._do(lambda database: database.execute("PRAGMA max_page_count = 1"))
        number = 1
        with suppress(InboxFailedError):
            while number < 2000:
                number += 1
                await inbox.store(parcel(number))
        with pytest.raises(InboxFailedError):
            await inbox.store(parcel(number))
        await inbox._do(lambda database: database.execute("PRAGMA max_page_count = 1000000"))

        assert await inbox.store(parcel(number)) == {number}


async def test_a_damaged_row_fails_its_own_request_and_no_later_one(tmp_path: Path) -> None:
    """The thread that writes outlives what it cannot read: else every agent would wait for ever."""
    async with open_sqlite_inbox(tmp_path / "inbox.sqlite") as inbox:
        await inbox._do(lambda database: database.execute("INSERT INTO run VALUES ('a', 'e1', 1, 'number')"))
        with pytest.raises(InboxFailedError):
            await inbox.store(parcel(1))

        assert await inbox.store(parcel(1, agent="b")) == {1}


async def test_one_that_cannot_be_stored_takes_none_of_its_group_with_it(tmp_path: Path) -> None:
    """All that wait have one commit: a row that nobody can read would keep out whoever comes at the same time."""

    def poison(database: sqlite3.Connection) -> None:
        database.execute("INSERT INTO run VALUES ('poison', 'e', 1, 1)")
        raise ValueError("a row that nobody can read")

    async with open_sqlite_inbox(tmp_path / "inbox.sqlite") as inbox:
        await inbox.store(parcel(1))
        came = [inbox.store(parcel(2)), inbox._do(poison), inbox.store(parcel(1, agent="b")), inbox._do(poison)]
        found = await asyncio.gather(*came, return_exceptions=True)

        assert (found[0], found[2]) == ({2}, {1})
        assert [str(each) for each in found[1::2]] == [
            "this one cannot be read or written: a row that nobody can read"
        ] * 2
        assert isinstance(found[1], InboxFailedError)
        assert inbox.failing == "", "the disk is well"
        assert (await inbox.seen("poison", "e"), await inbox.seen("b", "e1")) == ((), ((1, 1),))
    async with open_sqlite_inbox(tmp_path / "inbox.sqlite") as inbox:
        assert await inbox.store(parcel(1, 2)) == frozenset()


async def test_a_disk_that_fails_in_the_midst_of_a_group_fails_all_of_it(tmp_path: Path) -> None:
    """Half a group would be acknowledged that the next commit may not have."""
    async with open_sqlite_inbox(tmp_path / "inbox.sqlite") as inbox:
        await inbox._do(lambda database: database.execute("PRAGMA max_page_count = 40"))
        large = replace(parcel(2, agent="b"), body=bytes(500_000))
        found = await asyncio.gather(*(inbox.store(each) for each in (parcel(1), large)), return_exceptions=True)

        assert [type(each) for each in found] == [InboxFailedError] * 2
        assert inbox.failing.startswith("the inbox cannot be written")
        await inbox._do(lambda database: database.execute("PRAGMA max_page_count = 100000"))

        def fail(_database: sqlite3.Connection) -> None:
            raise sqlite3.OperationalError("disk I/O error")

        found = await asyncio.gather(inbox.store(parcel(1)), inbox._do(fail), return_exceptions=True)
        assert [type(each) for each in found] == [InboxFailedError] * 2
        assert inbox.failing == "the inbox cannot be written: disk I/O error"
        assert await inbox.store(parcel(1)) == {1}


async def test_a_backup_is_whole(tmp_path: Path) -> None:
    async with open_sqlite_inbox(tmp_path / "inbox.sqlite") as inbox:
        await inbox.store(parcel(1))
        await inbox.backup(tmp_path / "copy.sqlite")
        await inbox.store(parcel(2))
    async with open_sqlite_inbox(tmp_path / "copy.sqlite") as copy:
        assert [p.fresh for p in await copy.since(0)] == [(1,)]


WRITER = """
import asyncio, sys
from pathlib import Path
from collector.ingest.inbox import Parcel
from collector.ingest.sqlite import open_sqlite_inbox
async def main():
    async with open_sqlite_inbox(Path(sys.argv[1])) as inbox:
        async def one(agent):
            for number in range(1, 100000):
                p = Parcel(agent=agent, epoch="e", sequences=(number,), received_wall_ns=number, body=b"x" * 500)
                await inbox.store(p)
                print(agent, number, flush=True)
        await asyncio.gather(*(one(f"a{n}") for n in range(8)))
asyncio.run(main())
"""


@pytest.mark.parametrize("lines", [1, 40, 41, 97, 200, 333])
def test_what_was_acknowledged_survives_a_kill(tmp_path: Path, lines: int) -> None:
    """SIGKILL in the middle of the work: every acknowledged record is on the disk."""
    path = tmp_path / "inbox.sqlite"
    acknowledged: dict[str, int] = {}
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        for _ in range(lines):
            agent, number = writer.stdout.readline().split()
            acknowledged[agent] = int(number)
        writer.send_signal(signal.SIGKILL)
        for line in writer.stdout:
            if line.endswith("\n"):
                agent, number = line.split()
                acknowledged[agent] = int(number)
    with sqlite3.connect(path) as database:
        stored = {
            (agent, received) for agent, received in database.execute("SELECT agent, received_wall_ns FROM parcel")
        }
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    database.close()

    assert acknowledged
    assert {(a, n) for a, last in acknowledged.items() for n in range(1, last + 1)} <= stored


@given(st.lists(st.lists(st.integers(1, 60), max_size=8), max_size=20))
def test_ranges_are_a_set(groups: list[list[int]]) -> None:
    ranges: Ranges = ()
    numbers: set[int] = set()
    for group in groups:
        ranges = add(ranges, group)
        numbers |= set(group)

        assert {n for n in range(62) if contains(ranges, n)} == numbers
        assert all(first[1] + 1 < second[0] for first, second in pairwise(ranges))
