"""The month's account of the line, kept over restarts; it asks the budget what may go and never sends itself."""

import asyncio
import os
from pathlib import Path

import msgspec

from agent.timekeeping.keeper import Timekeeper
from agent.uplink.budget import FREE, Moment, Plan, Spent, charge, moment_of, plan
from agent.uplink.meter import Meter
from shared.clock import Clock
from shared.logs import Limited

_NAME = "uplink-spent.json"
_UNSAVED_BYTES = 64 * 1024
"""A power cut forgets at most this much: a file written for each batch would wear the disk out."""
_SECOND_NS = 1_000_000_000


class Purse:
    """What was spent this month, and when live last went."""

    def __init__(  # noqa: PLR0913 - the composition root fills these in, once
        self, folder: Path, limit_bytes: int | None, meter: Meter, *, clock: Clock, times: Timekeeper, complain: Limited
    ) -> None:
        self._folder = folder
        self._meter = meter
        self._clock = clock
        self._times = times
        self._complain = complain
        self._spent = self._saved = _read(folder)
        self._charged = meter.bytes
        self._last_live_ns: int | None = None
        self._live_cost = 0
        self.limit_bytes = limit_bytes

    def spent_bytes(self) -> int:
        """Bytes of this month."""
        self._charge()
        return self._spent.bytes

    def plan(self) -> Plan:
        """What may be sent."""
        return plan(self.limit_bytes, self.spent_bytes(), self._moment(), self._live_cost)

    def is_live_due(self, now: Plan) -> bool:
        """Whether a live batch may go."""
        if now is FREE or self._last_live_ns is None:
            return True
        return self._clock.monotonic_ns() - self._last_live_ns >= now.live_every_seconds * _SECOND_NS

    def live_went(self) -> None:
        """A live batch was tried: what it cost is what the next will."""
        self._last_live_ns = self._clock.monotonic_ns()
        self._live_cost = self._charge()

    async def keep(self, *, whole: bool = False) -> None:
        """Write the account where enough came together, or where the month is new, or where ``whole`` is asked for."""
        self._charge()
        now, saved = self._spent, self._saved
        if now.month != saved.month or now.bytes - saved.bytes >= (1 if whole else _UNSAVED_BYTES):
            await asyncio.to_thread(self._save, now)

    def _charge(self) -> int:
        """Take over what the meter counted; gives how much that was."""
        count, self._charged = self._meter.bytes - self._charged, self._meter.bytes
        self._spent = charge(self._spent, self._moment(), count)
        return count

    def _moment(self) -> Moment | None:
        offset_ns = self._times.offset_ns()
        return None if offset_ns is None else moment_of(self._clock.wall_ns() - offset_ns)

    def _save(self, spent: Spent) -> None:
        fresh = self._folder / f"{_NAME}.new"
        try:
            with fresh.open("wb") as file:
                file.write(msgspec.json.encode(spent))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._folder / _NAME)
        except OSError as error:
            what = "what was spent on the line cannot be kept"
            self._complain.warning(what, error.strerror or type(error).__name__)
            return
        self._saved = spent


def _read(folder: Path) -> Spent:
    """What earlier runs spent; nothing where the file is missing or damaged."""
    try:
        return msgspec.json.decode((folder / _NAME).read_bytes(), type=Spent)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return Spent()
