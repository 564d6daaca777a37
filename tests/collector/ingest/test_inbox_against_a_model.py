"""The inbox on disk beside a plain set: whatever is sent, repeated, pruned and reopened, each record is new once."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from collector.ingest.inbox import Parcel, StoredParcel
from collector.ingest.sqlite import SqliteInbox, open_sqlite_inbox

NAMES = st.sampled_from(["a", "b"])
GROUPS = st.lists(st.tuples(NAMES, NAMES, st.lists(st.integers(1, 12), max_size=5)), min_size=1, max_size=4)


class InboxBesideASet(RuleBasedStateMachine):
    """The model: what was ever stored, and the parcels that were not pruned."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.stored: set[tuple[str, str, int]] = set()
        self.kept: list[tuple[int, str, tuple[int, ...]]] = []
        self.now = 0
        self.open()

    def open(self) -> None:
        self.stack = AsyncExitStack()
        path = Path(self.folder.name) / "inbox.sqlite"
        self.inbox: SqliteInbox = self.runner.run(self.stack.enter_async_context(open_sqlite_inbox(path)))

    @rule(groups=GROUPS)
    def parcels_come_at_once(self, groups: list[tuple[str, str, list[int]]]) -> None:
        """Group commit: several requests wait for one commit."""
        self.now += 1
        parcels = [
            Parcel(agent=agent, epoch=epoch, sequences=tuple(numbers), received_wall_ns=self.now, body=b"x")
            for agent, epoch, numbers in groups
        ]

        async def store() -> list[frozenset[int]]:
            return await asyncio.gather(*(self.inbox.store(parcel) for parcel in parcels))

        for parcel, fresh in zip(parcels, self.runner.run(store()), strict=True):
            names = {(parcel.agent, parcel.epoch, number) for number in parcel.sequences}
            assert fresh == {number for _, _, number in names - self.stored}
            self.stored |= names
            if fresh:
                order = tuple(number for number in dict.fromkeys(parcel.sequences) if number in fresh)
                self.kept.append((self.now, parcel.agent, order))

    @rule(age=st.integers(0, 5))
    def old_bodies_are_forgotten(self, age: int) -> None:
        before = self.now - age
        gone = self.runner.run(self.inbox.prune(before))
        left = [parcel for parcel in self.kept if parcel[0] >= before]
        assert gone == len(self.kept) - len(left)
        self.kept = left

    @rule()
    def the_collector_starts_again(self) -> None:
        self.runner.run(self.stack.aclose())
        self.open()

    @invariant()
    def what_is_kept_comes_back_in_order(self) -> None:
        found: list[StoredParcel] = self.runner.run(self.inbox.since(0))
        assert [(parcel.received_wall_ns, parcel.agent, parcel.fresh) for parcel in found] == self.kept

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()
        self.folder.cleanup()


TestInboxBesideASet = InboxBesideASet.TestCase
TestInboxBesideASet.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
