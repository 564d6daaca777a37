"""What every spool promises, on the one in memory and on the one on SQLite; and both against a small model."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.spool.queue import Spool, Stored
from tests.peers.spools import KINDS, open_spool

PLENTY = 10**9


@pytest.fixture(params=KINDS)
def spool(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Spool]:
    with open_spool(request.param, tmp_path) as opened:
        yield opened


def sequences(spool: Spool) -> list[int]:
    return [stored.sequence for stored in spool.oldest(PLENTY, PLENTY)]


def test_what_was_put_waits_in_its_order_until_acknowledged(spool: Spool) -> None:
    put = [spool.put(f"blob {n}".encode(), n) for n in range(5)]

    assert sequences(spool) == put == [1, 2, 3, 4, 5]
    assert spool.newest() == Stored(5, 4, b"blob 4")
    spool.acknowledge([1, 3], 10)
    assert sequences(spool) == [2, 4, 5]


def test_a_sequence_is_never_given_twice_even_once_the_spool_is_empty(spool: Spool) -> None:
    spool.acknowledge([spool.put(b"a", 1)], 10**18)
    spool.reject([spool.put(b"b", 1)], "refused", 10**18)

    assert spool.put(b"c", 1) == 3


def test_a_rejected_record_is_out_of_the_way_and_counted(spool: Spool) -> None:
    for n in range(3):
        spool.put(b"x", n)
    spool.reject([1], "status 400", 5)
    spool.reject([1], "status 400", 5)

    assert sequences(spool) == [2, 3]
    assert spool.dead_letters() == 1
    assert spool.gaps() == []


def test_acknowledging_what_is_unknown_changes_nothing(spool: Spool) -> None:
    spool.put(b"x", 1)
    spool.acknowledge([7, 99], 5)

    assert sequences(spool) == [1]


def test_a_batch_holds_at_least_one_record_and_then_what_fits(spool: Spool) -> None:
    for n in range(4):
        spool.put(b"x" * 100, n)

    assert [s.sequence for s in spool.oldest(10, 1)] == [1]
    assert [s.sequence for s in spool.oldest(10, 250)] == [1, 2]
    assert [s.sequence for s in spool.oldest(3, PLENTY)] == [1, 2, 3]


def test_when_space_runs_out_the_oldest_goes_and_the_loss_is_known_exactly(spool: Spool) -> None:
    put = {spool.put(bytes([n % 251]) * 20_000, n) for n in range(200)}
    waiting = set(sequences(spool))
    lost = {n for gap in spool.gaps() for n in range(gap.first_sequence, gap.last_sequence + 1)}

    assert lost, "a spool that never fills proves nothing"
    assert waiting | lost == put
    assert not waiting & lost
    assert max(lost) < min(waiting)
    assert max(waiting) == 200
    assert sum(gap.records for gap in spool.gaps()) == len(lost)


def test_the_backlog_is_what_waits(spool: Spool) -> None:
    for n in range(3):
        spool.put(b"x" * 10, 100 + n)
    spool.acknowledge([1], 500)

    backlog = spool.backlog()
    assert (backlog.records, backlog.bytes, backlog.oldest_wall_ns) == (2, 20, 101)


def test_a_statement_tells_the_fate_of_every_record_that_was_ever_numbered(spool: Spool) -> None:
    for n in range(8):
        spool.put(b"x", n)
    spool.acknowledge([1, 2, 5], 10)
    spool.reject([7], "why", 10)

    statement = spool.statement()

    assert (statement.epoch, statement.last) == (spool.epoch, 8)
    assert statement.waiting == ((3, 4), (6, 6), (8, 8))
    assert statement.refused == ((7, 7),)
    assert statement.lost == ()
    assert statement.held in {(), ((1, 2), (5, 5))}


def test_a_statement_names_what_was_lost_for_want_of_space(spool: Spool) -> None:
    for n in range(200):
        spool.put(bytes([n % 251]) * 20_000, n)

    statement = spool.statement()

    assert statement.lost == tuple((gap.first_sequence, gap.last_sequence) for gap in spool.gaps())
    assert statement.waiting == ((statement.lost[-1][1] + 1, 200),)


def test_a_statement_of_many_pieces_ends_early_and_stays_true(spool: Spool) -> None:
    for n in range(2000):
        spool.put(b"x", n)
    spool.acknowledge(list(range(2, 2001, 2)), 10)

    statement = spool.statement()

    assert 250 < statement.last < 2000
    assert {a for a, _ in statement.waiting} == set(range(1, statement.last + 1, 2))


def test_what_is_held_waits_again_when_it_is_asked_for(spool: Spool) -> None:
    for n in range(6):
        spool.put(b"x", n)
    spool.acknowledge([1, 2, 3, 4, 5, 6], 10)
    held = [n for first, last in spool.statement().held for n in range(first, last + 1)]

    assert spool.reopen(3) == len([n for n in held if n >= 3])
    assert sequences(spool) == [n for n in held if n >= 3]


class SpoolAgainstModel(RuleBasedStateMachine):
    """Any order of calls, restarts between them: the spool on disk, the one in memory and a plain dict agree."""

    @initialize()
    def begin(self) -> None:
        self.stack = ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.opened = ExitStack()
        self.disk = self.opened.enter_context(open_spool("sqlite", self.folder))
        self.memory = self.stack.enter_context(open_spool("memory", self.folder))
        self.model: dict[int, bytes] = {}
        self.dead: set[int] = set()
        self.last = 0
        self.epoch = self.disk.epoch

    @rule(blob=st.binary(max_size=64))
    def put(self, blob: bytes) -> None:
        self.last += 1
        assert self.disk.put(blob, self.last) == self.memory.put(blob, self.last) == self.last
        self.model[self.last] = blob

    @rule(chosen=st.lists(st.integers(1, 12), max_size=4))
    def acknowledge(self, chosen: list[int]) -> None:
        for spool in (self.disk, self.memory):
            spool.acknowledge(chosen, self.last)
        for sequence in chosen:
            self.model.pop(sequence, None)

    @rule(chosen=st.lists(st.integers(1, 12), max_size=2))
    def reject(self, chosen: list[int]) -> None:
        waiting = [sequence for sequence in dict.fromkeys(chosen) if sequence in self.model]
        for spool in (self.disk, self.memory):
            spool.reject(waiting, "why", self.last)
        for sequence in waiting:
            del self.model[sequence]
            self.dead.add(sequence)

    @rule()
    def restart(self) -> None:
        self.opened.close()
        self.disk = self.opened.enter_context(open_spool("sqlite", self.folder))

    @invariant()
    def agree(self) -> None:
        if not hasattr(self, "model"):
            return
        expected = sorted(self.model.items())
        for spool in (self.disk, self.memory):
            found = [(stored.sequence, stored.blob) for stored in spool.oldest(PLENTY, PLENTY)]
            newest = spool.newest()
            assert found == expected
            assert (newest.sequence if newest else None) == max(self.model, default=None)
            assert spool.dead_letters() == len(self.dead)
            assert spool.backlog().records == len(expected)
            assert spool.gaps() == []
        assert self.disk.epoch == self.epoch

    def teardown(self) -> None:
        if hasattr(self, "opened"):
            self.opened.close()
            self.stack.close()


TestSpoolAgainstModel = SpoolAgainstModel.TestCase
TestSpoolAgainstModel.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
