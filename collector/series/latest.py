"""Readings as the store gives them, and how long one counts; it takes nothing in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from collector.series.placing import SECOND_NS
from collector.series.settings import SeriesSettings
from shared.wire.reading import Metric, Reading

Key = tuple[str, str, str]
"""Agent, check, target."""


class Latest(msgspec.Struct, frozen=True, gc=False):
    """The newest reading of one check and target. Times are the collector's; monotonic decides, wall is for people.

    There are hundreds of thousands, none in a cycle: the garbage collection that would look at all of them is spared.
    """

    agent: str
    reading: Reading
    measured_monotonic_ns: int
    measured_wall_ns: int
    period_ns: int | None
    """Time since the reading before it; None for the first."""
    left: str = ""
    """The site that the reading before it told of, where that is another: the target was moved."""


class Late(msgspec.Struct, frozen=True, gc=False):
    """A reading that is not the newest of its key: history, placed by the collector's wall clock."""

    agent: str
    reading: Reading
    measured_wall_ns: int


def horizon_ns(latest: Latest, settings: SeriesSettings) -> int:
    """How old a reading may become before it is overdue by its own rhythm."""
    if latest.period_ns is None:
        return int(settings.fresh_first_seconds * SECOND_NS)
    return max(int(settings.fresh_least_seconds * SECOND_NS), int(settings.fresh_periods * latest.period_ns))


@dataclass(frozen=True, slots=True)
class Cut:
    """The store at one moment, for somebody who reads while the store goes on. Times are monotonic."""

    latest: tuple[Latest, ...]
    heard_ns: Mapping[str, int]
    """When each agent was heard last."""
    metrics: Mapping[str, Metric]
    """Descriptions by family name."""
    settings: SeriesSettings
    now_ns: int

    def fresh(self) -> Iterator[Latest]:
        """The readings that count at that moment."""
        silent_ns = int(self.settings.agent_silent_seconds * SECOND_NS)
        for latest in self.latest:
            heard_ns = self.heard_ns.get(latest.agent)
            if heard_ns is None or self.now_ns - heard_ns > silent_ns:
                continue
            if self.now_ns - latest.measured_monotonic_ns <= horizon_ns(latest, self.settings):
                yield latest
