"""The beat of the collector: what arrives is taken, all is judged anew each second, and the picture is handed on."""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TypeVar

from collector.arrival import Arrival
from collector.identity.room import IdentityFailedError, IdentityRoom
from collector.ingest.sqlite import SqliteInbox
from collector.picture import Picture
from collector.pipeline import Pipeline
from collector.press import Press
from collector.series.store import SeriesStore
from collector.telemetry import Telemetry
from collector.timekeeping.watch import Watch
from collector.wall.feed import Feed
from shared.clock import Clock
from shared.logs import Limited

_SECOND_NS = 1_000_000_000
_T = TypeVar("_T")
_BREATHS, _LONGEST_BREATH_SECONDS = 2.0, 10.0
"""Pause after an evaluation, at least, in times of what it took: ten thousand sites must not shut the agents out.

A machine that was suspended in the midst of one took hours for it.
"""


@dataclass
class Evaluation:
    """The moving parts between the endpoint, the evaluation and the pages."""

    pipeline: Pipeline
    series: SeriesStore
    telemetry: Telemetry
    clock: Clock
    feed: Feed
    every_seconds: float
    log: logging.Logger
    inbox: SqliteInbox
    keys: IdentityRoom
    watch: Watch
    picture: Picture | None = None
    evaluated_monotonic_ns: int = 0
    unwritten: str = ""
    """Why the last picture could not be written; empty where it was."""
    press: Press = field(init=False)

    def __post_init__(self) -> None:
        """The page is drawn from what is held here."""
        self.press = Press(self.series, self.clock)

    def accept(self, arrival: Arrival) -> Generator[None, None, bool]:
        """Take what is on disk, a little at a time; in the end True where its agent should describe its series."""
        self.telemetry.arrived(arrival)
        self.watch.hear(arrival)
        return self.pipeline.accepting(arrival)

    async def fleet_page(self) -> tuple[bytes, ...]:
        """The fleet's metrics as Prometheus reads them."""
        return await self.press.page(self.picture)

    def missing(self) -> str:
        """Why this collector is not ready; empty where it is."""
        age = (self.clock.monotonic_ns() - self.evaluated_monotonic_ns) / _SECOND_NS
        if self.picture is None:
            return self.unwritten or "nothing was evaluated yet"
        if age > 5 * self.every_seconds + 5:
            return f"the last evaluation is {age:.0f} s old{self.unwritten and ': '}{self.unwritten}"
        return self.inbox.failing or self.watch.why

    def begin(self) -> "asyncio.Future[None]":
        """Start to evaluate, until cancelled."""
        return asyncio.ensure_future(self.evaluate_for_ever())

    async def evaluate_for_ever(self) -> None:
        """Evaluate every so many seconds."""
        complain = Limited(self.log, self.clock)
        while True:
            begun_ns = self.clock.monotonic_ns()
            try:
                # Agents have a turn after each stretch of sites; a thread would take every turn of the interpreter.
                self.picture = await _in_turns(self.pipeline.evaluating(self.clock.wall_ns(), begun_ns))
                self.evaluated_monotonic_ns, self.unwritten = begun_ns, ""
                self.feed.show(await _in_turns(self.feed.drawing(self.picture)))
            except sqlite3.Error as error:
                # Nothing is shown that is not written: screens cover themselves until the disk takes it.
                self.telemetry.evaluation_faults.inc()
                self.unwritten = f"the journal cannot be written: {error}"
                complain.warning("the journal cannot be written, nothing is shown", str(error))
            await self._count_suspects()
            spent = (self.clock.monotonic_ns() - begun_ns) / _SECOND_NS
            self.telemetry.evaluated(spent, self.series.tally)
            breath = min(_BREATHS * spent, _LONGEST_BREATH_SECONDS)
            await self.clock.sleep(max(0.05, self.every_seconds - spent, breath))

    async def _count_suspects(self) -> None:
        with contextlib.suppress(IdentityFailedError):
            self.telemetry.suspected(await self.keys.read(lambda book: book.suspects()))


async def _in_turns(steps: Generator[None, None, _T]) -> _T:
    """What comes out of the steps; the loop does whatever else is to do after each."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: _T = end.value
            return result
        await asyncio.sleep(0)
