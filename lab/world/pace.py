"""Which seconds of a replay are lived and which are skipped, by what changes when; it measures nothing.

For a minute after a site was lost or returned every second is lived and judged. Then, until each limit of time that
the judgement knows has passed, every second is measured and each fifth is judged, as seldom as ``evaluate_seconds``
allows. What is left until shortly before the next change may be skipped: its looks are those before it once more. The
losses of the lines are drawn for all of it, and it ends before the first train, or window of trains, of which the judge
itself says that it matters.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from collector.judgement.evidence import Evidence, Run, extend
from collector.judgement.judge import Facts, judge
from collector.judgement.settings import JudgementSettings
from collector.picture import State
from lab.world.place import CENTRE
from lab.world.strain import PACKETS
from lab.world.timeline import Timeline
from shared.wire.reading import Outcome, Reading, Sample

CLOSE_SECONDS = 60.0
SELDOM_SECONDS = 5
_MARGIN_SECONDS = 30.0
_FADING_SECONDS = 1500.0
"""Less light is less than the median of what was seen before."""
_RECENT_SECONDS = 900.0
"""What the collector reads back when it starts."""


class Pace:
    """Asked second by second."""

    def __init__(self, timeline: Timeline, sites: Sequence[str], settings: JudgementSettings) -> None:
        self._changes = timeline.changes
        fades = (start - _FADING_SECONDS for site in sites for start in timeline.of(site).fades)
        self._early = sorted({*fades, *(restart - _RECENT_SECONDS for restart in timeline.restarts)})
        self._sharp = sorted({0.0, *timeline.of(CENTRE).starts[1:], *_sites_lost(timeline, sites)})
        self._quiet = frozenset(_agents_lost(timeline, sites))
        self._settled = _MARGIN_SECONDS + max(
            settings.fold_seconds,
            settings.remainder_seconds,
            settings.settle_seconds,
            settings.vantage_silent_seconds,
            settings.reports_silent_seconds,
            settings.flapping_seconds,
        )
        self._silent = _MARGIN_SECONDS + max(self._settled, settings.agent_silent_seconds)
        self._stirred = 0.0

    def stir(self, second: float) -> None:
        """Something happens at a second that is no change: a loss that could matter."""
        self._stirred = max(self._stirred, second)

    def close(self, second: int) -> bool:
        """Whether every second is judged."""
        place = bisect_right(self._sharp, second)
        return second - self._sharp[place - 1] <= CLOSE_SECONDS

    def rests(self, second: int) -> bool:
        """Whether all limits of time have passed since the latest change."""
        place = bisect_right(self._changes, second)
        if self._in_advance(second):
            return False
        for change in reversed(self._changes[:place]):
            if second - change > self._silent:
                break
            if second - change <= (self._silent if change in self._quiet else self._settled):
                return False
        return second - self._stirred > self._settled

    def next_change(self, second: float) -> float:
        """The next change after a second; infinite where there is none.

        A restart begins with what is read back, and fading with how much light there was before.
        """
        place = bisect_right(self._changes, second)
        following = self._changes[place] if place < len(self._changes) else float("inf")
        early = bisect_right(self._early, second)
        return min(following, self._early[early]) if early < len(self._early) else following

    def _in_advance(self, second: float) -> bool:
        """Whether what is seen now is wanted for a change that has not come yet."""
        early = bisect_right(self._early, second)
        longest = max(_FADING_SECONDS, _RECENT_SECONDS)
        return bool(early) and second - self._early[early - 1] <= longest


def enough_losses(settings: JudgementSettings) -> int:
    """The fewest lost packets of the latest trains with which the judge does not hold a site up."""
    trains = settings.degraded_runs
    for lost in range(1, trains * PACKETS):
        whole, rest = divmod(lost, trains)
        evidence: Evidence | None = None
        for train in range(trains):
            evidence = extend(evidence, _run(whole + (train < rest)), settings)
        links = () if evidence is None else (evidence,)
        if judge(None, Facts(links), 0, settings).verdict.state is not State.UP:
            return lost
    return trains * PACKETS


def _run(lost: int) -> Run:
    samples = (
        Sample("phusong_ping_train_sent_packets", float(PACKETS)),
        Sample("phusong_ping_train_loss_ratio", lost / PACKETS),
    )
    reading = Reading("ping", "icmp", "site", "site-router", "router", Outcome.OK, 0, 0, 0, samples)
    return Run("province", reading, 0, 0)


def _sites_lost(timeline: Timeline, sites: Iterable[str]) -> Iterable[float]:
    """Changes with which a site is lost or returns."""
    for site in sites:
        history = timeline.of(site)
        for before, after, start in zip(history.strains, history.strains[1:], history.starts[1:], strict=False):
            if (before.reached, before.whole) != (after.reached, after.whole):
                yield start


def _agents_lost(timeline: Timeline, sites: Iterable[str]) -> Iterable[float]:
    """Changes after which the agent of a site that is well is silent, and those from which silence is counted anew."""
    yield from timeline.of(CENTRE).starts
    for site in sites:
        history = timeline.of(site)
        for after, start in zip(history.strains, history.starts, strict=True):
            if after.reached and not (after.measures and after.meets_core):
                yield start
