"""Carries records to the collector, at least once, in order within a lane; it never drops one itself."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from agent.spool.desk import Desk
from agent.spool.queue import SpoolError
from agent.timekeeping.keeper import Timekeeper
from agent.uplink.answer import Meaning, Verdict, interpret, time_in
from agent.uplink.backoff import USUAL, BackoffSettings, wait_seconds
from agent.uplink.burden import Burden
from agent.uplink.connection import AwayError
from agent.uplink.http import Post
from agent.uplink.lanes import Load, choose
from agent.uplink.proof import Stamp
from agent.uplink.purse import Purse
from agent.uplink.tally import CourierTally
from shared.clock import Clock
from shared.logs import Limited
from shared.wire.codec import BatchError, BatchTooLargeError, Limits, decode_cycle, encode_within
from shared.wire.reading import Acknowledgement, Batch, Lane, Metric, Record, Statement

_BATCH_RECORDS = 256
_BATCH_BYTES = 256 * 1024
_STATE_EVERY_NS = 3600 * 1_000_000_000


@dataclass(frozen=True)
class Sender:
    """Who a batch is from, and what its series mean."""

    agent: str
    version: str
    metrics: Callable[[], tuple[Metric, ...]]


class Courier:
    """One try at a time; what is not acknowledged is tried again, for ever."""

    def __init__(  # noqa: PLR0913 - the composition root fills these in, once
        self,
        sender: Sender,
        desk: Desk,
        post: Post,
        *,
        clock: Clock,
        times: Timekeeper,
        complain: Limited,
        draw: Callable[[], float],
        purse: Purse | None = None,
        backoff: BackoffSettings = USUAL,
    ) -> None:
        """Without a ``purse`` nobody asks what it costs."""
        self._sender = sender
        self._desk = desk
        self._post = post
        self._clock = clock
        self._times = times
        self._purse = purse
        self._backoff = backoff
        self._complain = complain
        self._draw = draw
        self._failures = 0
        self._last_live: dict[str, int] = {}
        """The highest sequence that went by the live lane, by epoch."""
        self._limit = _BATCH_RECORDS
        self._metrics_wanted = False
        self._earlier = False
        """Whether the collector took none before it has what lies before it."""
        self._stated_ns: dict[str, int] = {}
        """When a statement was last taken, by epoch; absent where one is due."""
        self._burden = Burden()
        self.tally = CourierTally()

    async def run(self, news: asyncio.Event) -> None:
        """Deliver until cancelled; ``news`` is set when a record was stored."""
        while True:
            news.clear()
            pause = await self._deliver_whatever_the_disk_does()
            if pause is None:
                await news.wait()
            elif pause > 0:
                await self._clock.sleep(pause)

    async def deliver(self) -> float | None:
        """Send one batch. Seconds to wait before the next, 0 for at once, None to wait for news."""
        load = await self._load()
        if load is None:
            return None
        records = await self._decode(load)
        if not records:
            return 0.0
        sequences = [record.sequence for record in records]
        laden = self._burden.may_go(self._clock.monotonic_ns())
        statement = await self._statement() if laden else None
        metrics = self._sender.metrics() if laden and self._metrics_wanted else ()
        laden = statement is not None or bool(metrics)
        try:
            body = encode_within(self._batch(load.lane, records, statement, metrics), Limits())
        except BatchTooLargeError as error:
            return await self._refused(sequences, str(error), laden=laden)
        meaning, label = await self._try(body, sequences)
        if load.lane is Lane.LIVE and self._purse is not None:
            self._purse.live_went()
        self.tally.requests[label] = self.tally.requests.get(label, 0) + 1
        self.tally.bytes_sent += len(body)
        if statement is not None and meaning.verdict is Verdict.ACKNOWLEDGED:
            self._stated_ns[statement.epoch] = self._clock.monotonic_ns()
        if meaning.verdict is Verdict.REJECTED:
            return await self._refused(sequences, meaning.reason, laden=laden)
        return await self._settle(load, meaning, sequences)

    async def flush(self, seconds: float) -> None:
        """Before the end: deliver what can be delivered in the time given."""
        with contextlib.suppress(TimeoutError, SpoolError):
            async with asyncio.timeout(seconds):
                while await self.deliver() == 0.0:
                    pass

    async def _deliver_whatever_the_disk_does(self) -> float | None:
        try:
            return await self.deliver()
        except SpoolError as error:
            self._failures += 1
            self._complain.warning("the spool cannot be read or written, delivery waits", str(error))
            return wait_seconds(self._failures, self._draw(), self._backoff)

    async def _load(self) -> Load | None:
        spool = self._desk.spool
        newest = await self._desk.do(spool.newest)
        oldest = await self._desk.do(spool.oldest, self._limit, _BATCH_BYTES)
        if self._earlier and oldest:
            return Load(Lane.HISTORY, tuple(oldest))
        return self._affordable(choose(newest, oldest, self._last_live.get(spool.epoch, 0)))

    def _affordable(self, load: Load | None) -> Load | None:
        """The load as far as this month's budget allows it; what waits is looked at again with the next record."""
        if load is None or self._purse is None:
            return load
        plan = self._purse.plan()
        if load.lane is Lane.HISTORY:
            return load if plan.history else None
        if not self._purse.is_live_due(plan):
            return None
        return Load(Lane.LIVE, load.records[-1:]) if plan.newest_only else load

    async def _decode(self, load: Load) -> list[Record]:
        records = []
        for stored in load.records:
            try:
                records.append(Record(stored.sequence, decode_cycle(stored.blob, Limits())))
            except BatchError as error:
                await self._reject([stored.sequence], str(error))
        return records

    async def _statement(self) -> Statement | None:
        stated_ns, now_ns = self._stated_ns.get(self._desk.spool.epoch), self._clock.monotonic_ns()
        # It looks at every record: not again and again while nobody answers.
        if self._failures or (stated_ns is not None and now_ns - stated_ns < _STATE_EVERY_NS):
            return None
        return await self._desk.do(self._desk.spool.statement)

    def _batch(
        self, lane: Lane, records: list[Record], statement: Statement | None, metrics: tuple[Metric, ...]
    ) -> Batch:
        return Batch(
            agent=self._sender.agent,
            epoch=self._desk.spool.epoch,
            boot_id=self._clock.boot_id(),
            sent_monotonic_ns=self._clock.monotonic_ns(),
            sent_wall_ns=self._clock.wall_ns(),
            lane=lane,
            records=tuple(records),
            metrics=metrics,
            version=self._sender.version,
            statement=statement,
            anchors=self._times.anchors(r.cycle.boot_id for r in records if r.cycle.boot_id != self._clock.boot_id()),
        )

    async def _try(self, body: bytes, sequences: list[int]) -> tuple[Meaning, str]:
        begun_ns = self._clock.monotonic_ns()
        try:
            reply = await self._post(body, Stamp(self._desk.spool.epoch, min(sequences), max(sequences)))
        except AwayError as error:
            return Meaning(Verdict.RETRY, str(error)), "away"
        meaning = interpret(reply, len(sequences))
        if told_ns := time_in(reply):
            self._times.heard(told_ns, begun_ns, self._clock.monotonic_ns())
        return meaning, meaning.verdict.value

    async def _settle(self, load: Load, meaning: Meaning, sequences: list[int]) -> float:
        if meaning.verdict is Verdict.ACKNOWLEDGED:
            self._acknowledged(load, meaning, len(sequences))
            await self._desk.do(self._desk.spool.acknowledge, sequences, self._times.true_wall_ns())
            await self._do_as_asked(meaning.acknowledgement)
            return 0.0
        if meaning.verdict is Verdict.EARLIER and not self._earlier:
            self._earlier = True
            return 0.0
        self._failures += 1
        self.tally.kept(self._clock.monotonic_ns())
        self._complain.warning("batches stay here, the collector does not take them", meaning.reason)
        return wait_seconds(self._failures, self._draw(), self._backoff, meaning.retry_after_seconds)

    async def _refused(self, sequences: list[int], reason: str, *, laden: bool) -> float:
        """Find what is not taken: first without what goes beside the records, then half of them, then one alone."""
        if laden:
            self._burden.refused(reason, self._clock.monotonic_ns())
            return 0.0
        self._burden.innocent()
        if len(sequences) == 1:
            await self._reject(sequences, reason)
        self._limit = max(1, len(sequences) // 2)
        return 0.0

    async def _do_as_asked(self, acknowledgement: Acknowledgement | None) -> None:
        """A collector that lost what it had acknowledged, a restored one, gets it again as far as it is kept."""
        if acknowledgement is None:
            return
        if acknowledgement.statement_wanted:
            self._stated_ns.pop(self._desk.spool.epoch, None)
        if acknowledgement.resend_from is not None:
            records = await self._desk.do(self._desk.spool.reopen, acknowledgement.resend_from)
            what = f"{records} records from {acknowledgement.resend_from} on"
            self._complain.warning("the collector has lost records, they are sent again", what)

    def _acknowledged(self, load: Load, meaning: Meaning, sent: int) -> None:
        self._failures, self._earlier = 0, False
        if why := self._burden.guilty():
            self._complain.warning("records go alone for an hour: what is beside them was refused", why)
        self.tally.took(self._clock.monotonic_ns())
        self._limit = min(_BATCH_RECORDS, self._limit * 2)
        self._metrics_wanted = meaning.acknowledgement is not None and meaning.acknowledgement.metrics_wanted
        self.tally.records_sent += sent
        if load.lane is Lane.LIVE:
            epoch = self._desk.spool.epoch
            self._last_live[epoch] = max(self._last_live.get(epoch, 0), load.records[-1].sequence)

    async def _reject(self, sequences: list[int], reason: str) -> None:
        self._complain.warning("a record was refused for good and is kept as a dead letter", reason)
        await self._desk.do(self._desk.spool.reject, sequences, reason, self._clock.wall_ns())
