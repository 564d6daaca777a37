"""Statements against what was seen: every missing record is found, and rightly called soft or hard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.ingest.accounts import Account, Accounts, Books
from collector.ingest.inbox import Parcel
from collector.ingest.memory import MemoryInbox
from collector.ingest.ranges import Ranges, add, common, count, normal, within, without
from collector.ingest.reconciliation import Reconciliation, Wish
from collector.ingest.statement import Balance, compare
from shared.logs import Limited
from shared.wire.bounds import MOST_EPOCHS, MOST_RUNS
from shared.wire.reading import Batch, Lane, Statement
from tests.peers.village import HandClock, Heard

LAST = 40
FATES = st.lists(st.sampled_from(["waiting", "held", "lost", "refused", "forgotten"]), max_size=LAST)
NUMBERS = st.frozensets(st.integers(1, LAST))


def numbers(ranges: Ranges) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


@given(NUMBERS, NUMBERS)
def test_ranges_calculate_like_sets(left: frozenset[int], right: frozenset[int]) -> None:
    a, b = add((), left), add((), right)

    assert numbers(without(a, b)) == left - right
    assert numbers(common(a, b)) == left & right
    assert count(a) == len(left)
    assert normal(without(a, b)) == without(a, b)
    assert normal([*a, *b]) == add((), left | right)
    for first, last in b:
        assert within(a, first, last) == add((), left & set(range(first, last + 1)))


@given(FATES, NUMBERS)
def test_each_missing_record_is_soft_where_the_agent_has_it_and_hard_otherwise(
    fates: list[str], seen: frozenset[int]
) -> None:
    by = {fate: {n for n, each in enumerate(fates, 1) if each == fate} for fate in (*fates, "waiting", "held")}
    runs = {fate: add((), by.get(fate, ())) for fate in ("waiting", "held", "lost", "refused")}

    balance = compare(Statement("e", len(fates), **runs), add((), seen))

    missing = set(range(1, len(fates) + 1)) - seen
    assert balance is not None
    assert balance.soft == len(missing & (by["waiting"] | by["held"]))
    assert balance.soft + balance.hard == len(missing)
    assert balance.resend_from == min(missing & by["held"], default=None)
    assert 0 <= balance.completeness <= 1


def test_a_statement_that_cannot_be_one_is_passed_over() -> None:
    for nonsense in (
        Statement("e", -1),
        Statement("e", 2**70),
        Statement("e", 5, waiting=((4, 6),)),
        Statement("e", 5, held=((3, 2),)),
        Statement("e", 5, lost=((0, 1),)),
        Statement("e", 10**6, waiting=((1, 1),) * (MOST_RUNS + 1)),
    ):
        assert compare(nonsense, ((1, 5),)) is None
    assert compare(Statement("e", 2**62, held=((1, 2**62),)), ()) is not None


async def test_a_collector_that_lost_records_asks_for_them_and_is_content_once_they_wait() -> None:
    inbox, clock, log = MemoryInbox(), HandClock(), Heard()
    told: list[tuple[str, float, int, int]] = []
    room = Reconciliation(inbox, books(told).note, clock, Limited(log, clock))
    await inbox.store(Parcel(agent="a", epoch="e", sequences=(1, 2, 9), received_wall_ns=0, body=b""))

    asked = await room.meet("a", batch(None))
    lacking = await room.meet("a", batch(Statement("e", 10, held=((1, 8),), waiting=((10, 10),))))
    content = await room.meet("a", batch(Statement("e", 10, held=((1, 2),), waiting=((3, 8), (10, 10)))))
    quiet = await room.meet("a", batch(None))
    await clock.move(60)
    later = await room.meet("a", batch(None))
    reborn = await room.meet("a", batch(None, "f"))

    assert asked == Wish(statement=True, resend_from=None)
    assert lacking == Wish(statement=False, resend_from=3)
    assert content == quiet == Wish(statement=False, resend_from=None)
    assert later == Wish(statement=True, resend_from=None)
    assert reborn.statement
    assert told == [("a", 0.3, 7, 0)] * 3
    assert log.lines == ["records that were acknowledged are not in the inbox: agent a sends again from record 3"]


async def test_what_arrives_after_a_statement_closes_its_soft_gap_without_another() -> None:
    inbox, clock = MemoryInbox(), HandClock()
    told: list[tuple[str, float, int, int]] = []
    room = Reconciliation(inbox, books(told).note, clock, Limited(Heard(), clock))
    await room.meet("a", batch(Statement("standin", 4, waiting=((1, 4),)), "standin"))
    await inbox.store(Parcel(agent="a", epoch="standin", sequences=(1, 2, 3, 4), received_wall_ns=0, body=b""))
    await clock.move(60)
    await room.meet("a", batch(None, "disk"))

    assert told == [("a", 0.0, 4, 0), ("a", 1.0, 0, 0)]


@pytest.mark.parametrize(("others", "gap"), [(("old",), (3, 0)), ((), (0, 3)), (None, (3, 0))])
async def test_what_waited_in_an_epoch_is_lost_once_the_agent_no_longer_names_it(
    others: tuple[str, ...] | None, gap: tuple[int, int]
) -> None:
    """A spool that was set aside; but not one on a disk that is away, and not one whose rest had arrived."""
    inbox, clock = MemoryInbox(), HandClock()
    told: list[tuple[str, float, int, int]] = []
    room = Reconciliation(inbox, books(told).note, clock, Limited(Heard(), clock))
    await room.meet("a", batch(Statement("old", 10, waiting=((1, 10),)), "old"))
    await inbox.store(Parcel(agent="a", epoch="old", sequences=tuple(range(1, 8)), received_wall_ns=0, body=b""))
    await clock.move(60)
    await room.meet("a", batch(Statement("new", 2, held=((1, 2),), others=others), "new"))
    await inbox.store(Parcel(agent="a", epoch="new", sequences=(1, 2), received_wall_ns=0, body=b""))
    await clock.move(60)
    await room.meet("a", batch(Statement("new", 2, held=((1, 2),), others=others), "new"))

    assert told[-1] == ("a", 9 / 12, *gap)


async def test_losses_of_an_epoch_that_is_gone_are_told_after_a_restart_of_the_collector_as_well() -> None:
    inbox, clock = MemoryInbox(), HandClock()
    told: list[tuple[str, float, int, int]] = []
    await Reconciliation(inbox, books([]).note, clock, Limited(Heard(), clock)).meet(
        "a", batch(Statement("old", 10, waiting=((8, 10),), others=()), "old")
    )
    await inbox.store(Parcel(agent="a", epoch="old", sequences=tuple(range(1, 8)), received_wall_ns=0, body=b""))
    new = batch(Statement("new", 0, others=()), "new")
    await Reconciliation(inbox, books([]).note, clock, Limited(Heard(), clock)).meet("a", new)
    room = Reconciliation(inbox, books(told).note, clock, Limited(Heard(), clock))
    wish = await room.meet("a", batch(None, "new"))
    await room.meet("a", new)

    assert wish.statement, "a collector that was restored from a backup learns only from statements what it lacks"
    assert told == [("a", 0.7, 0, 3)]


async def test_an_agent_that_states_without_end_is_heard_as_often_as_anybody_need() -> None:
    """Each statement costs a look through all that was ever stored; one is due each minute at most."""
    inbox, clock = MemoryInbox(), HandClock()
    room = Reconciliation(inbox, books([]).note, clock, Limited(Heard(), clock))
    state = batch(Statement("e", 1))

    heard = [await room.look("a", state) is not None for _ in range(30)]
    others = await room.look("b", state)
    await clock.move(60)
    later = [await room.look("a", state) is not None for _ in range(30)]

    assert (sum(heard), sum(later)) == (16, 12)
    assert heard[:16] == [True] * 16
    assert others is not None
    assert await room.look("a", batch(None)) is not None, "what states nothing is no statement too many"


def test_what_is_kept_of_one_agents_statements_is_bounded_and_the_newest_counts() -> None:
    """It stays in memory for as long as the collector runs."""
    runs = tuple((n, n) for n in range(1, 2 * MOST_RUNS, 2))
    soft, last = Balance(1, 1, 0, None), 2 * MOST_RUNS
    long = [Account(Statement(f"e{n}", last, waiting=runs), soft, 0) for n in range(MOST_EPOCHS)]
    accounts = Accounts(long)
    known = len(accounts.open(1))
    accounts.note(Statement("new", 9, waiting=runs), Balance(9, 0, 0, None), (), 1)
    short = Accounts()
    for n in range(2 * MOST_EPOCHS):
        short.note(Statement(f"e{n}", 1, waiting=((1, 1),) * 512), soft, (), 0)

    assert known == len(accounts.open(1)) + 1 == 8
    assert accounts.total().produced == 7 + 9
    assert accounts.heard("new")
    assert len(short.open(1)) == MOST_EPOCHS, "an honest spool tells of 512 runs"


def test_a_site_is_as_complete_as_its_agents_together_wherever_they_move() -> None:
    told: list[tuple[str, float, int, int]] = []
    homes = {"a": "s1", "b": "s1", "c": ""}
    room = books([], homes, told)
    room.note("a", Balance(60, 10, 5, None))
    room.note("b", Balance(40, 0, 5, None))
    room.note("c", Balance(7, 7, 0, None))
    homes["b"] = "s2"
    room.note("b", Balance(40, 0, 5, None))

    assert told[:2] == [("s1", 45 / 60, 10, 5), ("s1", 80 / 100, 10, 10)]
    assert sorted(told[2:]) == [("s1", 45 / 60, 10, 5), ("s2", 35 / 40, 0, 5)]


def books(
    agents: list[tuple[str, float, int, int]],
    homes: dict[str, str] | None = None,
    sites: list[tuple[str, float, int, int]] | None = None,
) -> Books:
    where = homes or {}
    told = [] if sites is None else sites
    return Books(
        lambda agent: where.get(agent, ""), lambda *seen: agents.append(seen[:4]), lambda *seen: told.append(seen[:4])
    )


def batch(statement: Statement | None, epoch: str = "e") -> Batch:
    return Batch("a", epoch, "b", 0, 0, Lane.LIVE, (), statement=statement)
