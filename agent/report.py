"""The reading in which the agent tells about itself: it asks everybody for their figures and changes nothing."""

from dataclasses import dataclass

from agent.settings import AgentSettings
from agent.spool.aside import count_aside
from agent.spool.desk import Desk
from agent.spool.queue import SpoolError
from agent.telemetry import KIND, RunTally, SpoolFigures, UplinkFigures, budget_samples, clock_samples, samples
from agent.timekeeping.keeper import Timekeeper
from agent.uplink.courier import Courier
from agent.uplink.purse import Purse
from shared.clock import Clock
from shared.release import release
from shared.wire.reading import ClockQuality, Metric, MetricKind, Outcome, Reading, Sample

_SECOND_NS = 1_000_000_000
INFO = Metric("phusong_agent_info", MetricKind.GAUGE, "The agent's release, always 1.")


@dataclass
class Report:
    """Makes the reading in which the agent tells about itself."""

    settings: AgentSettings
    clock: Clock
    tally: RunTally
    desk: Desk
    courier: Courier
    times: Timekeeper
    purse: Purse
    started_ns: int
    told_ns: int | None = None

    def is_due(self) -> bool:
        """Whether it is time to tell; then the time runs anew."""
        now_ns, period_ns = self.clock.monotonic_ns(), int(self.settings.file.report_seconds * _SECOND_NS)
        if self.told_ns is not None and now_ns - self.told_ns < period_ns:
            return False
        self.told_ns = now_ns
        return True

    async def reading(self) -> Reading:
        """All figures as they are now; without the spool's where it does not answer."""
        quality = self.times.quality()
        synchronised = None if quality is ClockQuality.UNKNOWN else quality is ClockQuality.SYNCHRONISED
        try:
            figures = await self.desk.do(self._spool_figures)
        except SpoolError:
            figures = None
        uplink = UplinkFigures(self.courier.tally.requests, self.courier.tally.bytes_sent)
        file = self.settings.file
        return Reading(
            check=KIND,
            kind=KIND,
            site=file.site,
            target=file.agent,
            role=KIND,
            outcome=Outcome.OK,
            started_monotonic_ns=self.clock.monotonic_ns(),
            started_wall_ns=self.clock.wall_ns(),
            duration_ns=0,
            samples=(
                Sample(INFO.name, 1.0, (("version", release()),)),
                *samples(self.started_ns, self.tally, figures, uplink, synchronised),
                *clock_samples(self.times.offset_ns()),
                *budget_samples(self.purse.spent_bytes(), self.purse.limit_bytes),
            ),
        )

    def _spool_figures(self) -> SpoolFigures:
        spool = self.desk.spool
        corrupt = count_aside(self.settings.file.state / "spool" / "spool.sqlite")
        return SpoolFigures(spool.backlog(), tuple(spool.gaps()), spool.dead_letters(), corrupt, spool.durable)
