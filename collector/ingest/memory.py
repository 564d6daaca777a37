"""The inbox in memory, for tests and the lab's virtual time; it passes the same suite as the one on disk."""

from collector.ingest.inbox import (
    EPOCHS_REMEMBERED,
    Parcel,
    StoredParcel,
    demand_few_epochs,
    demand_few_runs,
    fresh_digests,
)
from collector.ingest.ranges import Ranges, add, contains
from shared.wire.bounds import MOST_BLOCKS, MOST_EPOCHS
from shared.wire.digest import merged
from shared.wire.reading import Block, Statement


class MemoryInbox:
    """See :class:`collector.ingest.inbox.Inbox`."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, Ranges]] = {}
        """By agent and epoch, the one that was used last at the end."""
        self._begun: dict[tuple[str, str], int] = {}
        self._parcels: list[StoredParcel] = []
        self._blocks: dict[tuple[str, str], dict[int, Block]] = {}
        self._newest = 0
        self._stated: dict[str, dict[str, tuple[Statement, bool]]] = {}

    async def store(self, parcel: Parcel) -> frozenset[int]:
        """See the promise."""
        key = (parcel.agent, parcel.epoch)
        ranges = await self.seen(*key)
        fresh = tuple(number for number in dict.fromkeys(parcel.sequences) if not contains(ranges, number))
        if fresh:
            self._enter(parcel, ranges, add(ranges, fresh))
            blocks = self._blocks.setdefault(key, {})
            for number, block in fresh_digests(parcel, fresh).items():
                blocks[number] = merged(blocks.get(number, Block(number, 0, 0)), block)
            self._newest += 1
            self._parcels.append(
                StoredParcel(
                    number=self._newest,
                    agent=parcel.agent,
                    received_wall_ns=parcel.received_wall_ns,
                    fresh=fresh,
                    body=parcel.body,
                )
            )
        return frozenset(fresh)

    def _enter(self, parcel: Parcel, before: Ranges, after: Ranges) -> None:
        epochs = self._seen.setdefault(parcel.agent, {})
        if len(after) > len(before):
            demand_few_runs(sum(map(len, epochs.values())) + len(after) - len(before))
        if parcel.epoch not in epochs:
            demand_few_epochs((self._begun[parcel.agent, epoch] for epoch in epochs), parcel.received_wall_ns)
            self._begun[parcel.agent, parcel.epoch] = parcel.received_wall_ns
        epochs.pop(parcel.epoch, None)
        epochs[parcel.epoch] = after
        for epoch in list(epochs)[: max(0, len(epochs) - EPOCHS_REMEMBERED)]:
            del epochs[epoch], self._begun[parcel.agent, epoch]
            self._blocks.pop((parcel.agent, epoch), None)

    async def since(self, wall_ns: int) -> list[StoredParcel]:
        """See the promise."""
        return [parcel for parcel in self._parcels if parcel.received_wall_ns >= wall_ns]

    async def from_row(self, after: int, limit: int) -> list[StoredParcel]:
        """See the promise."""
        return [parcel for parcel in self._parcels if parcel.number > after][:limit]

    async def extent(self) -> tuple[int, int]:
        """See the promise."""
        return min((parcel.number for parcel in self._parcels), default=self._newest + 1), self._newest

    async def seen(self, agent: str, epoch: str) -> Ranges:
        """See the promise."""
        return self._seen.get(agent, {}).get(epoch, ())

    async def blocks(self, agent: str, epoch: str) -> tuple[Block, ...]:
        """See the promise."""
        kept = sorted(self._blocks.get((agent, epoch), {}).items())
        return tuple(block for number, block in kept if number > kept[-1][0] - MOST_BLOCKS)

    async def note_statement(self, agent: str, statement: Statement, gone: tuple[str, ...]) -> None:
        """See the promise."""
        of_agent = self._stated.setdefault(agent, {})
        of_agent.pop(statement.epoch, None)
        of_agent[statement.epoch] = statement, False
        for epoch in gone:
            if epoch in of_agent:
                of_agent[epoch] = of_agent[epoch][0], True
        while len(of_agent) > MOST_EPOCHS:
            of_agent.pop(next(iter(of_agent)))

    async def statements(self, agent: str) -> list[tuple[Statement, bool]]:
        """See the promise."""
        return list(self._stated.get(agent, {}).values())

    async def prune(self, before_wall_ns: int) -> int:
        """See the promise."""
        kept = [parcel for parcel in self._parcels if parcel.received_wall_ns >= before_wall_ns]
        gone = len(self._parcels) - len(kept)
        self._parcels = kept
        return gone
