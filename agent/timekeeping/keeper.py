"""Remembers over restarts when the true time was known; it never sets the machine's clock."""

import asyncio
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from agent.timekeeping.anchors import KERNEL, Known, answered, learn, of_boots, offset_ns
from agent.timekeeping.floor import floor_ns, is_plausible
from shared.clock import Clock
from shared.logs import Limited
from shared.wire.reading import Anchor, ClockQuality

_DAY_NS = 86_400 * 1_000_000_000
_NAME = "known-times.json"


class Timekeeper:
    """The kept moments in memory, and on disk once they are kept."""

    def __init__(
        self, folder: Path, known: Known, *, clock: Clock, kernel: Callable[[], ClockQuality], complain: Limited
    ) -> None:
        """``kernel`` tells whether the kernel follows a reference."""
        self._folder = folder
        self._known = known
        self._clock = clock
        self._kernel = kernel
        self._complain = complain
        self._floor_ns = floor_ns(known.latest_wall_ns())
        self._saved = known

    def quality(self) -> ClockQuality:
        """The kernel's opinion of its clock, unless that shows a time that cannot be."""
        quality = self._kernel()
        if quality is not ClockQuality.SYNCHRONISED:
            return quality
        wall_ns = self._clock.wall_ns()
        if not is_plausible(wall_ns, self._floor_ns):
            return ClockQuality.UNSYNCHRONISED
        self._learn(Anchor(self._clock.boot_id(), self._clock.monotonic_ns(), wall_ns, 0, KERNEL))
        return quality

    def heard(self, server_time_ns: int, sent_ns: int, received_ns: int) -> None:
        """The collector told its time in an answer to what was sent then, both by the monotonic clock."""
        if not is_plausible(server_time_ns, self._floor_ns):
            self._complain.warning("the collector's clock shows a time that cannot be", str(server_time_ns))
            return
        anchor = answered(self._clock.boot_id(), server_time_ns, sent_ns, received_ns)
        if anchor is not None:
            self._learn(anchor)

    async def keep(self) -> None:
        """Write what was learnt since it was last written; a disk that refuses is told of, and tried again."""
        if self._known is not self._saved:
            await asyncio.to_thread(self._save, self._known)

    def anchors(self, boots: Iterable[str]) -> tuple[Anchor, ...]:
        """What is known of these boots."""
        return of_boots(self._known, boots)

    def offset_ns(self) -> int | None:
        """How far this machine's clock is ahead of the true time, None where that is not known."""
        clock = self._clock
        return offset_ns(self._known.boots, clock.boot_id(), clock.monotonic_ns(), clock.wall_ns())

    def true_wall_ns(self) -> int:
        """The time as far as it is known: by what was learnt, else by this clock, else the latest that was ever known.

        Whatever is kept for so many hours is kept by this: a clock of 1970 would make all of it old at once.
        """
        wall_ns, ahead_ns = self._clock.wall_ns(), self.offset_ns()
        if ahead_ns is not None:
            return wall_ns - ahead_ns
        return wall_ns if is_plausible(wall_ns, self._floor_ns) else self._floor_ns

    def doubts_clock(self) -> bool:
        """Whether this machine's clock is off by more than a day, as far as can be known."""
        self.quality()  # a kernel that follows a reference vouches for it
        return is_doubtful(self._known, self._clock)

    def _learn(self, anchor: Anchor) -> None:
        self._known = learn(self._known, anchor)

    def _save(self, known: Known) -> None:
        """Write the whole file beside the old one, then put it in its place."""
        fresh = self._folder / f"{_NAME}.new"
        try:
            with fresh.open("wb") as file:
                file.write(msgspec.json.encode(known))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._folder / _NAME)
        except OSError as error:
            self._complain.warning("known times cannot be kept", error.strerror or type(error).__name__)
            return
        self._saved = known


def is_doubtful(known: Known, clock: Clock) -> bool:
    """Whether a clock is known to be off by more than a day, or shows a time that cannot be."""
    wall_ns = clock.wall_ns()
    ahead_ns = offset_ns(known.boots, clock.boot_id(), clock.monotonic_ns(), wall_ns)
    if ahead_ns is not None:
        return abs(ahead_ns) > _DAY_NS
    return not is_plausible(wall_ns, floor_ns(known.latest_wall_ns()))


def read_known(folder: Path) -> Known:
    """What earlier runs knew; nothing where the file is missing or damaged, for it can be learnt again."""
    try:
        return msgspec.json.decode((folder / _NAME).read_bytes(), type=Known)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return Known()
