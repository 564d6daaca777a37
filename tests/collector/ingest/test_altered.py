"""Records that are here in full number but not as their agent numbered them are found, and nobody else is accused."""

import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.identity.card import read_card
from collector.ingest.accounts import Books
from collector.ingest.inbox import Inbox
from collector.ingest.memory import MemoryInbox
from collector.ingest.ranges import add, contains
from collector.ingest.reconciliation import Reconciliation
from collector.ingest.sqlite import open_sqlite_inbox
from collector.ingest.statement import Likeness, compare, liken, still_altered
from lab.prove.door import BATCHES, open_door
from lab.prove.member import Member, Start, join, member
from shared.logs import Limited
from shared.wire.bounds import MOST_BLOCKS
from shared.wire.codec import encode_cycle
from shared.wire.digest import BLOCK_RECORDS, add_up
from shared.wire.reading import Block, ClockQuality, Cycle, Outcome, Reading, Statement
from tests.peers.village import HandClock, Heard

LAST = 12
ALL = frozenset(range(1, LAST + 1))
NONE = frozenset[int]()
FEW = st.one_of(st.just(NONE), st.frozensets(st.integers(1, 3)))


def sums(digests: dict[int, int]) -> tuple[Block, ...]:
    return tuple(add_up(digests.items()).values())


@given(st.tuples(*[FEW] * 6))
@example((NONE, NONE, NONE, frozenset({1}), frozenset({2}), NONE))
@example((NONE, NONE, frozenset({1}), frozenset({1}), NONE, NONE))
@example((frozenset({1}), NONE, NONE, NONE, frozenset({2}), NONE))
def test_none_is_accused_whose_bytes_are_the_same_whatever_either_side_lacks_or_failed_to_count(
    sets: tuple[frozenset[int], ...],
) -> None:
    waiting, lost, unseen, uncounted, uncounted_here, altered = sets
    delivered, seen = ALL - waiting - lost, ALL - unseen
    there = {n: n for n in delivered - uncounted}
    here = {n: n + (n in altered) for n in seen - uncounted_here}
    statement = Statement("e", LAST, waiting=add((), waiting), lost=add((), lost), blocks=sums(there))

    shown = liken(statement, add((), seen), sums(here))

    differs = any(n in altered for n in delivered)
    comparable = delivered == seen == there.keys() == here.keys()
    assert shown.altered == (add((), delivered) if comparable and differs else ())
    assert shown.alike == (add((), delivered) if comparable and not differs else ())


def test_the_block_is_named_that_differs_and_no_other() -> None:
    numbers = range(1, 3 * BLOCK_RECORDS)
    statement = Statement("e", numbers[-1], blocks=sums({n: n for n in numbers}))
    altered = sums({n: n + (n == BLOCK_RECORDS + 7) for n in numbers})

    shown = liken(statement, ((1, numbers[-1]),), altered)

    assert shown.altered == ((BLOCK_RECORDS, 2 * BLOCK_RECORDS - 1),)
    assert not contains(shown.alike, BLOCK_RECORDS + 7)


def test_what_was_found_stays_until_it_is_refuted_or_no_longer_stated() -> None:
    first, second = (1, BLOCK_RECORDS - 1), (BLOCK_RECORDS, 2 * BLOCK_RECORDS - 1)
    both = Statement("e", second[1], blocks=(Block(0, 1, 1), Block(1, 1, 1)))
    one = Statement("e", second[1], blocks=(Block(1, 1, 1),))

    assert still_altered((first,), both, Likeness((), ())) == (first,)
    assert still_altered((first,), both, Likeness((second,), (first,))) == (second,)
    assert still_altered((first,), one, Likeness((), ())) == ()


def test_a_statement_of_too_many_blocks_is_nonsense() -> None:
    assert compare(Statement("e", 5, blocks=(Block(0, 1, 1),) * (MOST_BLOCKS + 1)), ((1, 5),)) is None
    odd = Statement("e", 5, blocks=(Block(-1, 0, 0), Block(2**60, 5, -1), Block(0, 5, 2**63)))
    assert liken(odd, ((1, 5),), (Block(-1, 0, 1), Block(2**60, 5, 1), Block(0, 5, 1))).altered == ((1, 5),)


@dataclass
class Line:
    """An enrolled agent with its spool on disk, a collector's door, and what the collector said."""

    member: Member
    clock: HandClock
    log: Heard = field(default_factory=Heard)
    agents: list[tuple[str, float, int, int, int]] = field(default_factory=list)
    sites: list[tuple[str, float, int, int, int]] = field(default_factory=list)

    async def put(self, number: int, reason: str = "") -> None:
        reading = Reading("ping", "icmp", "s1", "r", "router", Outcome.OK, number, number, 3, reason=reason)
        blob = encode_cycle(Cycle(self.clock.boot_id(), ClockQuality.UNKNOWN, (reading,)))
        await self.member.desk.do(self.member.desk.spool.put, blob, self.clock.wall_ns())

    async def deliver(self) -> None:
        while await self.member.courier.deliver() == 0.0:
            pass


@asynccontextmanager
async def line(state: Path, inbox: Inbox, line_before: Line | None = None) -> AsyncIterator[Line]:
    """A life of the agent, and a collector that knows nothing but what its inbox holds."""
    clock = line_before.clock if line_before else HandClock()
    log = Heard()
    agents: list[tuple[str, float, int, int, int]] = []
    sites: list[tuple[str, float, int, int, int]] = []
    books = Books(lambda agent: f"site of {agent}", lambda *seen: agents.append(seen), lambda *seen: sites.append(seen))
    room = Reconciliation(inbox, books.note, clock, Limited(log, clock))
    async with open_door(inbox=inbox, clock=clock, reconciliation=room) as door:
        dice = random.Random(7)
        await join(door, state, dice)
        card = read_card(state)
        assert card is not None
        start = Start(state, card, clock, lambda: ClockQuality.UNKNOWN, dice.random)
        async with member(start, lambda body, headers: door.ask(BATCHES, body, headers)) as joined:
            yield Line(joined, clock, log, agents, sites)


@pytest.fixture(params=["memory", "sqlite"])
async def inbox(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Inbox]:
    if request.param == "memory":
        yield MemoryInbox()
    else:
        async with open_sqlite_inbox(tmp_path / "inbox.sqlite") as opened:
            yield opened


async def test_a_row_altered_in_the_spool_with_its_checksum_is_told_at_the_next_statement_and_after_restarts(
    tmp_path: Path, inbox: Inbox
) -> None:
    async with line(tmp_path, inbox) as first:
        for number in range(1, 6):
            await first.put(number)
    with closing(sqlite3.connect(tmp_path / "spool" / "spool.sqlite", isolation_level=None)) as database:
        other = "FROM record WHERE sequence = 4"
        row = f"(blob, crc32, packing) = (SELECT blob, crc32, packing {other})"
        assert database.execute(f"UPDATE record SET {row} WHERE sequence = 2").rowcount == 1  # noqa: S608
    async with line(tmp_path, inbox, first) as second:
        await second.deliver()
        await second.clock.move(3600)
        await second.put(6)
        await second.deliver()
    async with line(tmp_path, inbox, second) as third:
        await third.put(7)
        await third.deliver()

    said = "records here are not what their agent numbered, one in each of these runs: agent s1, epoch "
    assert second.agents[-1][2:] == (0, 0, 5)
    assert second.sites[-1] == ("site of s1", *second.agents[-1][1:])
    assert [each.startswith(said) and each.endswith("records 1 to 5") for each in second.log.lines] == [True]
    assert third.agents[-1][2:] == (0, 0, 6)


async def test_an_agent_whose_records_came_as_they_were_is_never_accused(tmp_path: Path, inbox: Inbox) -> None:
    before = None
    for life in range(3):
        async with line(tmp_path, inbox, before) as now:
            for hour in range(4):
                for number in range(5):
                    await now.put(100 * life + 10 * hour + number, reason="x" * number)
                await now.deliver()
                await now.clock.move(3600)
        before = now
        assert now.log.lines == []
        assert {each[4] for each in now.agents} == {0}


async def test_a_copy_of_a_machine_that_numbers_other_records_alike_is_told(tmp_path: Path, inbox: Inbox) -> None:
    """A machine put back to an older image: its new records bear numbers that the collector has, and are lost."""
    async with line(tmp_path, inbox) as first:
        await first.put(1)
        await first.deliver()
    image = (tmp_path / "spool" / "spool.sqlite").read_bytes()
    async with line(tmp_path, inbox, first) as second:
        await second.put(2)
        await second.deliver()
    (tmp_path / "spool" / "spool.sqlite").write_bytes(image)
    async with line(tmp_path, inbox, second) as again:
        await again.put(3)
        await again.deliver()
        await again.clock.move(3600)
        await again.put(4)
        await again.deliver()

    assert again.agents[-1] == ("s1", 1.0, 0, 0, 2)
