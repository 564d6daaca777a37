"""The courier against a small model: whatever the wire and the disk do, each record arrives once or is set apart."""

import asyncio
import random
import tempfile
from contextlib import ExitStack
from pathlib import Path

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from agent.spool.desk import open_desk
from agent.spool.queue import SpoolError
from agent.uplink.answer import Reply
from agent.uplink.connection import AwayError
from agent.uplink.courier import Courier, Sender
from agent.uplink.proof import Stamp
from shared.logs import Limited
from shared.wire.codec import Limits, decode_batch, encode_cycle
from shared.wire.reading import Acknowledgement, Batch, ClockQuality, Cycle, Lane, Outcome, Reading
from tests.peers.spools import FlakyDisk, sheltered
from tests.peers.village import HandClock, Heard, timekeeper

ACTS = ("takes", "takes, answer lost", "away", "busy", "stranger")


class World:
    """The wire with the inbox at its end: a batch in which a record is poisoned is refused for good."""

    def __init__(self) -> None:
        self.act = "takes"
        self.poisoned: set[int] = set()
        self.inbox: dict[tuple[str, int], int] = {}
        self.refused: set[tuple[str, int]] = set()

    async def post(self, body: bytes, stamp: Stamp) -> Reply:
        """See :class:`agent.uplink.http.Post`."""
        batch = decode_batch(body, Limits())
        assert batch.epoch == stamp.epoch
        if self.act == "away":
            raise AwayError("no route to host")
        if self.act == "busy":
            return Reply(503)
        if self.act == "stranger":
            return Reply(200, b"<html>log in to the hotel's network</html>")
        return self._take(batch)

    def _take(self, batch: Batch) -> Reply:
        numbers = {(batch.epoch, each.sequence): each.cycle.readings[0].duration_ns for each in batch.records}
        if self.poisoned & set(numbers.values()):
            self.refused |= numbers.keys() if len(numbers) == 1 else set()
            return Reply(400, b'{"error": "poisoned"}')
        if batch.lane is Lane.HISTORY:
            older = {(batch.epoch, sequence) for sequence in range(1, batch.records[0].sequence)}
            assert older <= self.inbox.keys() | self.refused, "history does not go in its order"
        for name, number in numbers.items():
            assert self.inbox.setdefault(name, number) == number, "one name for two records"
        if self.act == "takes, answer lost":
            raise AwayError("connection reset")
        told = Acknowledgement(stored=len(batch.records), duplicates=0, server_time_ns=10**18)
        return Reply(200, msgspec.json.encode(told))


class CourierAgainstModel(RuleBasedStateMachine):
    """Records, deliveries, a wire that does as it likes, disks that fail and come back, restarts of the agent."""

    @initialize()
    def begin(self) -> None:
        self.stack, self.life = ExitStack(), ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.runner = self.stack.enter_context(asyncio.Runner())
        self.disk, self.world, self.made = FlakyDisk(quota_megabytes=64), World(), 0
        self._live()

    def _live(self) -> None:
        clock, log = HandClock(), Heard()
        times, complain = timekeeper(self.folder, clock), Limited(log, clock)
        self.desk = self.life.enter_context(open_desk(sheltered(self.folder / "spool", self.disk)))  # type: ignore[arg-type]
        sender = Sender("a", "0", tuple)
        self.courier = Courier(
            sender, self.desk, self.world.post, clock=clock, times=times, complain=complain, draw=lambda: 0.5
        )

    def _put(self, number: int) -> None:
        # A few fill a batch, so that there is a history.
        noise = random.Random(number)
        readings = tuple(
            Reading("ping", "icmp", "s", "r", "router", Outcome.ERROR, 0, 0, number, reason=noise.randbytes(500).hex())
            for _ in range(70)
        )
        blob = encode_cycle(Cycle("boot", ClockQuality.UNKNOWN, readings))
        self.runner.run(self.desk.do(self.desk.spool.put, blob, number))

    @rule(count=st.integers(1, 4), poison=st.sampled_from([False, False, False, True]))
    def measure(self, count: int, poison: bool) -> None:
        for _ in range(count):
            self.made += 1
            self._put(self.made)
        if poison:
            self.world.poisoned.add(self.made)

    @rule(act=st.sampled_from(ACTS), times=st.integers(1, 3))
    def deliver(self, act: str, times: int) -> None:
        self.world.act = act
        for _ in range(times):
            self._deliver()

    def _deliver(self) -> float | None:
        try:
            return self.runner.run(self.courier.deliver())
        except SpoolError:
            return 1.0

    @rule()
    def lose_the_disk(self) -> None:
        self.disk.refuses, self.disk.fault, self.disk.lasts = True, SpoolError("read-only"), True

    @rule()
    def find_the_disk(self) -> None:
        self.disk.refuses, self.disk.fault, self.disk.lasts = False, None, False

    @rule()
    def restart(self) -> None:
        """With a working disk: what only memory holds dies with the program, and is told."""
        self.find_the_disk()
        self.life.close()
        self._live()

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        with self.stack, self.life:
            self.find_the_disk()
            self.world.act = "takes"
            for _ in range(40):
                self.made += 1
                self._put(self.made)
                if self.desk.spool.durable:
                    break
            for _ in range(400):
                if self._deliver() is None:
                    break
            arrived = sorted(self.world.inbox.values())
            dead = self.runner.run(self.desk.do(self.desk.spool.dead_letters))
            assert arrived == [number for number in range(1, self.made + 1) if number not in self.world.poisoned]
            assert dead == len(self.world.poisoned)
            assert self.runner.run(self.desk.do(self.desk.spool.backlog)).records == 0


TestCourierAgainstModel = CourierAgainstModel.TestCase
TestCourierAgainstModel.settings = settings(max_examples=10, stateful_step_count=20, deadline=None)
