"""A whole desk that tells: a journal in memory, an outbox on disk, a clock by hand, channels that record."""

import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path

from prometheus_client import CollectorRegistry

from collector.journal.memory import MemoryJournal
from collector.notify.courier import Courier
from collector.notify.message import Audience, Urgency
from collector.notify.outbox import Outbox, open_outbox
from collector.notify.policy import Rules
from collector.notify.roster import Roster
from collector.notify.telemetry import NotifyTelemetry
from collector.notify.teller import Desk, Route, Teller
from shared.logs import Limited
from tests.peers.gateway import Gateway
from tests.peers.incidents import NOON_NS
from tests.peers.notes import ZONE, letters
from tests.peers.recorder import Recorder


@dataclass
class SetClock:
    """Stands where it is put."""

    now_ns: int = NOON_NS

    def monotonic_ns(self) -> int:
        return self.now_ns

    def wall_ns(self) -> int:
        return self.now_ns

    def boot_id(self) -> str:
        return "0"

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nobody sleeps {seconds} s here")


@dataclass
class Telling:
    """What survives a crash is the journal, the file and what was heard; the rest is opened anew."""

    path: Path
    channels: Mapping[str, Recorder]
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    clock: SetClock = field(default_factory=SetClock)
    roster: Roster | None = None
    trial_at: time | None = None
    rules: Rules = field(default_factory=lambda: Rules(settle_seconds=0))

    async def open(self) -> None:
        self._stack = AsyncExitStack()
        self.outbox: Outbox = await self._stack.enter_async_context(open_outbox(self.path))
        self.registry = CollectorRegistry()
        telemetry = NotifyTelemetry(self.registry)
        complain = Limited(logging.getLogger("telling"), self.clock)
        trials = self.trial_at is not None
        routes = {name: Route(each.audience, Urgency.INFO, trials) for name, each in self.channels.items()}
        desk = Desk(self.rules, self.roster, (time(22), time(6)), self.trial_at, ZONE, routes)
        self.teller = Teller(desk, self.outbox, self.journal, self.clock, telemetry, complain)
        await self.teller.begin()
        self.couriers = {
            name: Courier(
                channel,
                self.outbox,
                letters(),
                clock=self.clock,
                draw=lambda: 0.5,
                telemetry=telemetry,
                complain=complain,
                proven=self.teller.prove,
                give_up_hours=10_000,
            )
            for name, channel in self.channels.items()
        }

    async def close(self) -> None:
        await self._stack.aclose()

    async def turn(self) -> None:
        """Look, then each courier once."""
        await self.teller.look()
        for courier in self.couriers.values():
            await courier.turn()


def recorder(name: str, audience: Audience = Audience.PEOPLE) -> Recorder:

    return Recorder(Gateway(), name, audience)
