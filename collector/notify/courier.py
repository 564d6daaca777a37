"""Brings what waits for one channel to it, again and again until it is taken; no channel waits for another."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable

import msgspec

from collector.notify.letters import Letters
from collector.notify.message import Audience, Channel, Kind, RefusedError, UntoldError
from collector.notify.outbox import Outbox, Result
from collector.notify.queue import Parcel, Waiting, expired, parcels, wait_seconds
from collector.notify.telemetry import NotifyTelemetry
from shared.clock import Clock
from shared.logs import Limited

_SECOND_NS = 1_000_000_000
_IDLE_SECONDS = 5.0


class Courier:
    """One channel."""

    def __init__(  # noqa: PLR0913 - the opener fills these in, once
        self,
        channel: Channel,
        outbox: Outbox,
        letters: Letters,
        *,
        clock: Clock,
        draw: Callable[[], float],
        telemetry: NotifyTelemetry,
        complain: Limited,
        proven: Callable[[str, int], Awaitable[None]],
        deadline_seconds: float = 60.0,
        give_up_hours: float = 24.0,
        refresh_seconds: float = 60.0,
    ) -> None:
        """``draw`` gives numbers in [0, 1); ``proven`` is told when a trial was taken."""
        self._channel = channel
        self._outbox = outbox
        self._letters = letters
        self._clock = clock
        self._draw = draw
        self._telemetry = telemetry
        self._complain = complain
        self._proven = proven
        self._deadline_seconds = deadline_seconds
        self._give_up_hours = give_up_hours
        self._refresh_ns = int(refresh_seconds * _SECOND_NS)
        self._refresh_due_ns = 0
        self._refresh_failures = 0
        self._had: dict[str, set[str]] = {}
        """Whom tries of messages that wait have reached, by key; a crash tells them twice rather than not at all."""
        self._unwritten: list[tuple[tuple[int, ...], Result, int, str]] = []
        """What is done with and the outbox could not be told: it is not told again for that."""
        self.news = asyncio.Event()
        """Set where something new may wait."""
        telemetry.begin(channel.name)

    async def run_for_ever(self) -> None:
        """Tell until cancelled; a fault of ours or of the disk is told and tried again."""
        while True:
            self.news.clear()
            try:
                seconds = await self.turn()
            except sqlite3.Error as error:
                self._lament(error)
                seconds = _IDLE_SECONDS
            except Exception as error:  # noqa: BLE001 - whatever ends a courier ends all telling by its channel
                self._complain.warning(f"notify '{self._channel.name}': a fault", f"{type(error).__name__}: {error}")
                self._telemetry.faults.inc()
                seconds = _IDLE_SECONDS
            await self._rest(seconds)

    async def turn(self) -> float:
        """Tell everything that is due; seconds until something will be."""
        name, now_ns = self._channel.name, self._clock.wall_ns()
        await self._write_down()
        waiting = await self._waiting()
        old = expired(waiting, now_ns, self._give_up_hours)
        if old:
            await self._done(tuple(one.id for one in old), "expired", now_ns)
            self._telemetry.became(name, "expired", len(old))
            self._complain.warning(f"notify '{name}': given up", f"{len(old)} messages waited too long")
        for parcel in parcels([one for one in waiting if one not in old], self._channel.audience):
            if parcel.next_ns <= self._clock.wall_ns() or _stepped_back(parcel, self._clock.wall_ns()):
                await self._send(parcel)
        if self._channel.audience is Audience.STANDING:
            await self._refresh()
        left = await self._waiting()
        if not left:
            self._had.clear()
        self._telemetry.waits(name, left)
        now_ns = self._clock.wall_ns()
        due = [parcel.next_ns for parcel in parcels(left, self._channel.audience)]
        if self._channel.audience is Audience.STANDING:
            due.append(self._refresh_due_ns)
        return min([_IDLE_SECONDS, *(max(0.0, (each - now_ns) / _SECOND_NS) for each in due)])

    async def _send(self, parcel: Parcel) -> None:
        name = self._channel.name
        message = self._letters.write(parcel, name)
        message = msgspec.structs.replace(message, had=self._had.setdefault(message.key, set()))
        try:
            async with asyncio.timeout(self._deadline_seconds):
                await self._channel.tell(message, self._clock.wall_ns())
        except RefusedError as error:
            await self._done(parcel.ids, "refused", self._clock.wall_ns(), str(error))
            self._telemetry.became(name, "refused", len(parcel.ids))
            self._complain.warning(f"notify '{name}': refused for good", str(error))
        except Exception as error:  # noqa: BLE001 - a fault of ours costs this message a wait, and no other one
            asked = error.wait_seconds if isinstance(error, UntoldError) else 0.0
            why = self._reason(error)
            seconds = wait_seconds(parcel.attempts + 1, self._draw(), asked)
            try:
                await self._outbox.again(parcel.ids, self._clock.wall_ns() + int(seconds * _SECOND_NS), why)
            except sqlite3.Error as fault:  # it is tried sooner than it should be, and the others in their turn
                self._lament(fault)
            self._telemetry.became(name, "failed")
            self._complain.warning(f"notify '{name}': not told, tried again", why)
        else:
            now_ns = self._clock.wall_ns()
            await self._done(parcel.ids, "told", now_ns)
            self._telemetry.became(name, "told")
            self._telemetry.became(name, "merged", len(parcel.ids) - 1)
            if parcel.note.is_trial and parcel.note.kind is not Kind.WITHDRAWN:
                await self._proven(name, now_ns)

    async def _waiting(self) -> list[Waiting]:
        done = {id_ for ids, *_ in self._unwritten for id_ in ids}
        return [one for one in await self._outbox.waiting(self._channel.name) if one.id not in done]

    async def _done(self, ids: tuple[int, ...], result: Result, now_ns: int, why: str = "") -> None:
        if self._channel.audience is Audience.STANDING:
            # Told again it is the same state, and it lapses where it is neither repeated nor written down as told.
            await self._outbox.done(ids, result, now_ns, why)
            return
        self._unwritten.append((ids, result, now_ns, why))
        await self._write_down()

    async def _write_down(self) -> None:
        """As far as the disk allows; the rest with the next turn, or lost with the power: then it is told once more."""
        try:
            while self._unwritten:
                await self._outbox.done(*self._unwritten[0])
                del self._unwritten[0]
        except sqlite3.Error as error:
            self._lament(error)

    def _lament(self, error: sqlite3.Error) -> None:
        self._complain.warning(f"notify '{self._channel.name}': the outbox cannot be used", str(error))
        self._telemetry.faults.inc()

    def _reason(self, error: Exception) -> str:
        if isinstance(error, UntoldError):
            return str(error)
        if isinstance(error, TimeoutError):
            return f"no answer within {self._deadline_seconds:g} s"
        self._telemetry.faults.inc()
        return f"a fault: {type(error).__name__}"

    async def _refresh(self) -> None:
        """Whoever holds the present state forgets what is not repeated."""
        now_ns = self._clock.wall_ns()
        if now_ns < self._refresh_due_ns <= now_ns + self._refresh_ns:
            return
        stands = await self._outbox.stands(self._channel.name)
        messages = tuple(
            self._letters.write(Parcel(ids=(id_,), note=note, attempts=0, next_ns=0), self._channel.name)
            for id_, note in stands
        )
        try:
            async with asyncio.timeout(self._deadline_seconds):
                await self._channel.refresh(messages, self._clock.wall_ns())
        except (RefusedError, UntoldError, TimeoutError) as error:
            self._refresh_failures += 1
            # What is forgotten is told as resolved: it is tried sooner than it would be repeated.
            seconds = min(wait_seconds(self._refresh_failures, self._draw()), self._refresh_ns / _SECOND_NS)
            self._refresh_due_ns = self._clock.wall_ns() + int(seconds * _SECOND_NS)
            self._complain.warning(f"notify '{self._channel.name}': what stands cannot be repeated", str(error))
        else:
            self._refresh_failures = 0
            self._refresh_due_ns = self._clock.wall_ns() + self._refresh_ns

    async def _rest(self, seconds: float) -> None:
        """Until then, or until there is news."""
        sleeping = asyncio.ensure_future(self._clock.sleep(max(0.05, seconds)))
        hearing = asyncio.ensure_future(self.news.wait())
        try:
            await asyncio.wait({sleeping, hearing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            hearing.cancel()


def _stepped_back(parcel: Parcel, now_ns: int) -> bool:
    """Whether the clock went back since the parcel was put off: no wait is longer than an hour and a half."""
    return parcel.next_ns - now_ns > 5400 * _SECOND_NS
