"""Looks at the incidents, stores what is to be told, wakes the couriers; whatever is decided is decided in ``plan``."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time, tzinfo

import msgspec

from collector.calendar.trial import LASTS_NS, trial_due, trial_incident, trial_number
from collector.incident import Incident
from collector.journal.journal import Journal
from collector.notify.hours import quiet_until
from collector.notify.message import Audience, Kind, Urgency
from collector.notify.outbox import Outbox, Remark
from collector.notify.plan import Step, plan
from collector.notify.policy import Rules
from collector.notify.roster import Roster
from collector.notify.telemetry import NotifyTelemetry
from collector.notify.told import Told
from shared.clock import Clock
from shared.logs import Limited

_SECOND_NS = 1_000_000_000
_DAY_NS = 86_400 * _SECOND_NS
_LOOK_SECONDS = 1.0
_LIMIT = 5000
_KEPT_DAYS = 30
_FOLDS = 10


@dataclass(frozen=True)
class Route:
    """What a channel is told of."""

    audience: Audience
    least: Urgency
    trials: bool


@dataclass(frozen=True)
class Desk:
    """By which rules, and whom."""

    rules: Rules
    roster: Roster | None
    quiet: tuple[time, time]
    trial_at: time | None
    zone: tzinfo
    routes: Mapping[str, Route]
    judged: Callable[[int], bool] = lambda _: True
    """Whether the judgement, asked at a wall time, still makes an incident of a site that fails."""


@dataclass
class Teller:
    """Everything between the journal and the outbox."""

    desk: Desk
    outbox: Outbox
    journal: Journal
    clock: Clock
    telemetry: NotifyTelemetry
    complain: Limited
    wake: Callable[[], None] = lambda: None
    """Called where something new may wait for the couriers."""
    held: Callable[[], bool] = lambda: False
    """Whether nobody is to be told anything new: the clock by which it would be told cannot be right."""
    _books: dict[Audience, dict[int, Told]] = field(default_factory=dict)
    _proofs: dict[str, int] = field(default_factory=dict)
    _taken: dict[int, int] = field(default_factory=dict)
    """Incidents that somebody took up: an acknowledgement may come before the message, as in quiet hours."""
    _last_trial_ns: int | None = None
    _born_ns: int = 0
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def begin(self) -> None:
        """Read what was told before this run; raises sqlite3.Error."""
        self._born_ns = await self.outbox.born_ns(self.clock.wall_ns())
        for audience in Audience:
            self._books[audience] = await self.outbox.book(audience)
        self._taken = await self.outbox.taken(self.clock.wall_ns() - _KEPT_DAYS * _DAY_NS)
        self._proofs = dict(await self.outbox.proofs())
        for channel, at_ns in self._proofs.items():
            self.telemetry.proven(channel, at_ns)
        begun = await self.outbox.trials(0)
        self._last_trial_ns = begun[-1][1] if begun else None

    async def run_for_ever(self) -> None:
        """Look again and again until cancelled."""
        while True:
            try:
                if not self.held():
                    await self.look()
            except sqlite3.Error as error:
                self.complain.warning("notify: nothing can be stored, nothing new is told", str(error))
                self.telemetry.faults.inc()
            except Exception as error:  # noqa: BLE001 - whatever ends the teller ends all telling
                self.complain.warning("notify: a fault, nothing new is told", f"{type(error).__name__}: {error}")
                self.telemetry.faults.inc()
            await self.clock.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """One look at everything that lasts or ended lately; raises sqlite3.Error, and then nothing was stored."""
        async with self._changing:
            now_ns = self.clock.wall_ns()
            current = [*self._incidents(now_ns), *await self._trials(now_ns)]
            steps: list[Step] = []
            for audience in {route.audience for route in self.desk.routes.values()}:
                steps += self._plan(current, audience, now_ns)
            if not steps:
                return
            await self.outbox.put(steps, self._channels)
            for step in steps:
                self._books[step.audience][step.note.incident.number] = step.told
        self.wake()

    async def acknowledge(self, number: int, person: str) -> bool:
        """Stop the escalation of an incident; False where somebody had done so. Raises sqlite3.Error."""
        async with self._changing:
            now_ns = self.clock.wall_ns()
            told = self._books[Audience.PEOPLE].get(number)
            if self.acknowledged_ns(number) is not None:
                return False
            knows = msgspec.structs.replace(told, acknowledged_ns=now_ns) if told is not None else None
            remark = Remark(number=number, at_ns=now_ns, person=person, kind="acknowledged")
            await self.outbox.remark(remark, knows)
            self._taken[number] = now_ns
            if knows is not None:
                self._books[Audience.PEOPLE][number] = knows
            return True

    async def comment(self, number: int, person: str, text: str) -> None:
        """Keep what somebody says of an incident; raises sqlite3.Error."""
        now_ns = self.clock.wall_ns()
        await self.outbox.remark(Remark(number=number, at_ns=now_ns, person=person, kind="comment", text=text))

    async def prove(self, channel: str, at_ns: int) -> None:
        """A trial came through; raises sqlite3.Error."""
        await self.outbox.prove(channel, at_ns)
        self._proofs[channel] = max(at_ns, self._proofs.get(channel, 0))
        self.telemetry.proven(channel, self._proofs[channel])

    def last_proven_ns(self) -> int | None:
        """When every channel that takes trials had come through: the oldest of their newest proofs; None before."""
        tried = [name for name, route in self.desk.routes.items() if route.trials]
        proofs = [self._proofs.get(name) for name in tried]
        known = [at_ns for at_ns in proofs if at_ns is not None]
        return min(known) if tried and len(known) == len(tried) else None

    def living(self, number: int) -> int:
        """The incident that tells of this one now: itself, or that into which it was folded."""
        for _ in range(_FOLDS):
            one = self.newest(number)
            if one is None or one.folded_into is None:
                break
            number = one.folded_into
        return number

    def acknowledged_ns(self, number: int) -> int | None:
        """When somebody took it up; None while nobody has."""
        told = self._books[Audience.PEOPLE].get(number)
        return told.acknowledged_ns if told is not None else self._taken.get(number)

    def newest(self, number: int) -> Incident | None:
        """The newest version of an incident, as the journal has it."""
        versions = self.journal.versions(number)
        return versions[-1] if versions else None

    async def forget(self) -> None:
        """Nightly: what was done with a month ago; raises sqlite3.Error."""
        await self.outbox.prune(self.clock.wall_ns() - _KEPT_DAYS * _DAY_NS)

    def _plan(self, current: Iterable[Incident], audience: Audience, now_ns: int) -> tuple[Step, ...]:
        desk, roster = self.desk, self.desk.roster
        return plan(
            current,
            self._books[audience],
            now_ns,
            desk.rules,
            audience=audience,
            quiet_until_ns=quiet_until(now_ns, *desk.quiet, desk.zone),
            levels=roster.levels if roster else 1,
            on_duty=(lambda level: roster.on_duty(now_ns, level)) if roster else (lambda _: ()),
            taken=self._taken,
        ).steps

    def _channels(self, step: Step) -> list[str]:
        if step.audience is Audience.PEOPLE and step.note.kind is Kind.WITHDRAWN:
            return []
        return [
            name
            for name, route in self.desk.routes.items()
            if route.audience is step.audience
            and (route.trials if step.note.is_trial else step.note.urgency >= route.least)
        ]

    def _incidents(self, now_ns: int) -> list[Incident]:
        """What lasts or ended within a day, and whatever was told and is in neither."""
        lately = self.journal.incidents(now_ns - _DAY_NS, _LIMIT)
        # What was over before telling began at all is not told when it begins: that would be a day's worth at once.
        found = {each.number: each for each in lately if each.ended_ns is None or each.ended_ns >= self._born_ns}
        for book in self._books.values():
            for number, told in book.items():
                if number > 0 and number not in found and not told.is_over:
                    # A journal that does not know it any more cannot end it: it is withdrawn.
                    gone = msgspec.structs.replace(told.incident, silent_because="gone")
                    found[number] = self.newest(number) or gone
        return list(found.values())

    async def _trials(self, now_ns: int) -> list[Incident]:
        at, zone = self.desk.trial_at, self.desk.zone
        if at is None:
            return []
        if trial_due(now_ns, self._last_trial_ns, at, zone):
            self._last_trial_ns = now_ns
            if self.desk.judged(now_ns):
                await self.outbox.put_trial(trial_number(now_ns, zone), now_ns, None)
            else:
                self.complain.warning("no trial today: the judgement makes no incident of a site that fails")
        if self._last_trial_ns is None or now_ns - self._last_trial_ns > 2 * _DAY_NS:
            return []
        shown = []
        for number, began_ns, ended_ns in await self.outbox.trials(now_ns - _DAY_NS):
            over_ns = now_ns if ended_ns is None and now_ns - began_ns >= LASTS_NS else ended_ns
            if over_ns != ended_ns:
                await self.outbox.put_trial(number, began_ns, over_ns)
            shown.append(trial_incident(number, began_ns, over_ns))
        return shown
