"""Brings what the inbox holds to one destination, in order, again and again until it is taken or refused for good."""

import asyncio
import sqlite3
from collections.abc import Callable

from collector.forward.answers import DOUBTFUL, MISDIRECTED, OLDEST_GO_TOO, REFUSED, Meaning, Verdict
from collector.forward.asking import Asker
from collector.forward.bodies import chunks, halves
from collector.forward.canary import canary
from collector.forward.ledger import Cursor, Ledger
from collector.forward.post import Post
from collector.forward.settings import DestinationSettings
from collector.forward.telemetry import ForwardTelemetry
from collector.forward.translate import DeadLetter, Point, Translation, Translator
from collector.ingest.inbox import Inbox, InboxFailedError, StoredParcel
from shared.clock import Clock
from shared.logs import Limited

_SECOND_NS = 1_000_000_000
_MILLISECOND_NS = 1_000_000
_IDLE_SECONDS = 1.0
_PARCELS = 32
_POINTS = 20_000


class Courier:
    """One destination."""

    def __init__(  # noqa: PLR0913 - the opener fills these in, once
        self,
        settings: DestinationSettings,
        inbox: Inbox,
        ledger: Ledger,
        *,
        translator: Translator,
        post: Post,
        clock: Clock,
        draw: Callable[[], float],
        telemetry: ForwardTelemetry,
        complain: Limited,
        held: Callable[[], bool] = lambda: False,
    ) -> None:
        """``draw`` gives numbers in [0, 1); ``held`` says that nothing may go now."""
        self._settings = settings
        self._name = settings.name
        self._inbox = inbox
        self._ledger = ledger
        self._translator = translator
        self._asker = Asker(settings, post, clock=clock, draw=draw, telemetry=telemetry, complain=complain)
        self._clock = clock
        self._telemetry = telemetry
        self._complain = complain
        self._held = held
        self._cursor = Cursor()
        self._taken = 0
        """Number of the newest parcel that is in memory, or known to be lost."""

    async def begin(self) -> None:
        """Find the place to go on; before anything new is stored, or a restored inbox would not be noticed."""
        self._telemetry.begin(self._name)
        self._cursor = await self._ledger.cursor(self._name)
        _, newest = await self._inbox.extent()
        if self._cursor.number > newest:
            detail = f"goes on behind batch {newest} instead of {self._cursor.number}"
            self._complain.warning(f"forward '{self._name}': the inbox is older than the cursor", detail)
            self._cursor = Cursor(newest, self._cursor.received_wall_ns)
            await self._ledger.advance(self._name, self._cursor, (), self._clock.wall_ns())
        self._taken = self._cursor.number
        await self.watch()

    async def run_for_ever(self) -> None:
        """Forward until cancelled; a fault of ours or of the disk is told and tried again."""
        failures, tested = 0, False
        while True:
            try:
                if self._held():
                    await self.watch()
                    await self._clock.sleep(_IDLE_SECONDS)
                    continue
                if not tested:
                    await self.try_late_sample()
                    tested = True
                if not await self.forward_some():
                    await self._clock.sleep(_IDLE_SECONDS)
                failures = 0
            except Exception as error:  # noqa: BLE001 - one destination's fault must not end the others
                kind = "" if isinstance(error, sqlite3.Error | InboxFailedError) else f"{type(error).__name__}: "
                self._complain.warning(f"forward '{self._name}' cannot go on", f"{kind}{error}")
                failures += 1
                await self._asker.wait(failures, 0.0)

    async def watch(self) -> None:
        """Tell how much waits, and what the inbox forgot before it went."""
        oldest, newest = await self._inbox.extent()
        self._telemetry.pending.labels(self._name).set(max(0, newest - self._cursor.number))
        self._telemetry.cursor.labels(self._name).set(self._cursor.received_wall_ns / _SECOND_NS)
        self._note_lost(oldest - 1)

    async def try_late_sample(self) -> bool:
        """Whether the destination takes a sample that is a day old; what it answers first also shows its protocol."""
        now, late = canary(self._name, self._settings.labels, self._clock.wall_ns() // _MILLISECOND_NS)
        await self._asker.settle([now])
        verdict = await self._asker.settle([late])
        refused = verdict.meaning is Meaning.SPLIT
        self._telemetry.late_refused.labels(self._name).set(refused)
        if refused:
            self._complain.warning(
                f"forward '{self._name}' refuses late samples: what an outage held back will be missing there",
                f"set storage.tsdb.out_of_order_time_window in Prometheus ({verdict.detail})",
            )
        return not refused

    async def forward_some(self) -> bool:
        """Forward the next parcels; False where there is none."""
        parcels = await self._inbox.from_row(self._cursor.number, _PARCELS)
        if not parcels:
            return False
        for parcel in parcels:
            self._note_lost(parcel.number - 1)
            self._taken = max(self._taken, parcel.number)
        await self.watch()
        found, last = await self._translate(parcels)
        self._taken = last.number  # what came behind it is read again, if it is still there
        dead = list(found.dead)
        for part in chunks(found.points, self._settings.samples_per_request):
            await self._deliver(part, dead)
        cursor = Cursor(last.number, last.received_wall_ns)
        await self._ledger.advance(self._name, cursor, dead, self._clock.wall_ns())
        self._cursor = cursor
        await self.watch()
        self._telemetry.died(self._name, dead)
        if dead:
            told = f"{len(dead)} samples, the last: {dead[-1].reason} {dead[-1].series} {dead[-1].detail}"
            self._complain.warning(f"forward '{self._name}' put samples to the dead letters", told)
        return True

    async def _translate(self, parcels: list[StoredParcel]) -> tuple[Translation, StoredParcel]:
        """As many parcels as memory is meant for, at least one, and the last of them."""
        found, last = Translation(), parcels[0]
        for parcel in parcels:
            more = await asyncio.to_thread(self._translator.translate, parcel, self._clock.wall_ns())
            found.points += more.points
            found.dead += more.dead
            last = parcel
            if len(found.points) >= _POINTS:
                break
        return found, last

    async def _deliver(self, points: list[Point], dead: list[DeadLetter]) -> None:
        """Halve what is refused until what is refused stands alone."""
        stack = [(points, False)]
        while stack:
            part, suspected = stack.pop()
            verdict = await self._asker.settle(part, suspected=suspected)
            if verdict.meaning is Meaning.SENT:
                self._telemetry.sent.labels(self._name).inc(len(part))
            elif len(part) == 1 or await self._all_too_old(part, verdict):
                dead += [_letter(point, verdict) for point in part]
            else:
                older, newer = halves(part)
                suspected = verdict.reason in DOUBTFUL
                stack += [(newer, suspected), (older, suspected)]

    async def _all_too_old(self, part: list[Point], verdict: Verdict) -> bool:
        """One question instead of two for each sample, where a whole outage lies before the window."""
        if verdict.reason not in OLDEST_GO_TOO:
            return False
        newest = await self._asker.settle(part[-1:])
        return newest.meaning is Meaning.SPLIT and newest.reason in OLDEST_GO_TOO

    def _note_lost(self, number: int) -> None:
        """The inbox has nothing between what was taken last and this number, itself among it."""
        lost = number - max(self._taken, self._cursor.number)
        if lost > 0:
            self._taken = number
            self._telemetry.pruned.labels(self._name).inc(lost)
            detail = f"{lost} batches: it was away longer than retention.inbox_hours, or the collector's disk is full"
            self._complain.warning(f"forward '{self._name}': the inbox forgot what had not gone yet", detail)


def _letter(point: Point, verdict: Verdict) -> DeadLetter:
    series = ",".join(f"{name}={text}" for name, text in point.labels)
    reason = REFUSED if verdict.reason == MISDIRECTED else verdict.reason
    return DeadLetter(reason=reason, series=series[:1000], at_ms=point.at_ms, value=point.value, detail=verdict.detail)
