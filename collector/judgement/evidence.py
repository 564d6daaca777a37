"""What the runs of one check against one target have shown, one run after the other; it remembers few of them."""

import msgspec

from collector.judgement.condition import Signal
from collector.judgement.loss import is_loss
from collector.judgement.settings import JudgementSettings
from shared.wire.reading import Outcome, Reading, Sample

_SECOND_NS = 1_000_000_000
_COUNTED = (Outcome.OK, Outcome.TIMEOUT, Outcome.UNREACHABLE)
_GAP_LEAST_NS, _GAP_ONE_NS, _GAP_PERIODS = 20 * _SECOND_NS, 36 * _SECOND_NS, 2.5
LOSS = "phusong_ping_train_loss_ratio"
RTT = "phusong_ping_train_rtt_median_seconds"
SENT = "phusong_ping_train_sent_packets"


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """Runs in a row of one kind, and loss and RTT of the latest."""

    agent: str
    target: str
    good: bool
    runs: int
    """Runs in a row that ended like the latest."""
    first_wall_ns: int
    first_monotonic_ns: int
    last_wall_ns: int
    last_monotonic_ns: int
    recent: tuple[tuple[float, float | None, float], ...] = ()
    """Loss ratio, median RTT in seconds and packets of the latest runs, newest last."""
    loss_ratio: float = 0.0
    """Share of the latest runs' packets that was lost."""
    sent_packets: float = 0.0
    """Of the latest runs."""
    rtt_seconds: float | None = None
    """Median of the latest runs' median RTTs; None where no run had a reply."""
    vouched: bool = True
    """Whether its agent is known to have seen well since the first of these runs."""

    def signal(self, settings: JudgementSettings) -> Signal:
        """What these runs say of reachability."""
        if self.good:
            return Signal.GOOD_LONG if self.runs >= settings.up_runs else Signal.GOOD
        lasted = (self.last_monotonic_ns - self.first_monotonic_ns) / _SECOND_NS
        enough = self.runs >= settings.down_runs and lasted >= settings.down_seconds and self.vouched
        return Signal.BAD_LONG if enough else Signal.BAD

    def is_lossy(self, settings: JudgementSettings) -> bool:
        """Whether the latest runs lost more than a line may, and more than chance explains."""
        if self.loss_ratio < settings.degraded_loss_ratio or not self.is_enough(settings):
            return False
        sent = round(self.sent_packets)
        return is_loss(
            [loss for loss, _, _ in self.recent],
            round(self.loss_ratio * self.sent_packets),
            sent,
            ratio=settings.degraded_loss_ratio,
            deviations=settings.degraded_sureness,
        )

    def is_enough(self, settings: JudgementSettings) -> bool:
        """Whether enough was seen to say how well the line serves."""
        return len(self.recent) >= min(settings.degraded_least_runs, settings.degraded_runs)


def counts(reading: Reading) -> bool:
    """Whether a reading is evidence at all: an error of the agent or of the settings says nothing of the link."""
    return not reading.voided and reading.outcome in _COUNTED


def all_good(links: tuple[Evidence, ...]) -> bool:
    """Whether each was answered when it was looked at last; most sites have one."""
    return links[0].good if len(links) == 1 else all(link.good for link in links)


def interrupted(before: Evidence, run: "Run") -> bool:
    """Whether failures in a row are one no longer: nobody looked for longer than their rhythm explains."""
    lasted_ns = before.last_monotonic_ns - before.first_monotonic_ns
    rhythm_ns = lasted_ns / (before.runs - 1) if before.runs > 1 else _GAP_ONE_NS
    gap_ns = run.monotonic_ns - before.last_monotonic_ns
    return not before.good and gap_ns > max(_GAP_LEAST_NS, _GAP_PERIODS * rhythm_ns)


class Run(msgspec.Struct, frozen=True, gc=False):
    """One run with the collector's times of it."""

    agent: str
    reading: Reading
    wall_ns: int
    monotonic_ns: int


def extend(before: Evidence | None, run: Run, settings: JudgementSettings) -> Evidence:
    """The evidence with one more run.

    The lost runs of an outage that is over say nothing of how well the line serves since: they are forgotten. So is
    the train in which the line came back: what it lost was lost to the outage.
    """
    good = run.reading.outcome is Outcome.OK
    here = _found(run.reading.samples, 0.0 if good else 1.0)
    again = before is not None and before.good is good
    outage = before is not None and not again and not before.good and before.runs >= settings.down_runs
    kept = before.recent if before is not None and not outage else ()
    recent = () if outage else (*kept, here)[-settings.degraded_runs :]
    first = before if before is not None and again else None
    # Where the run that is forgotten was like the new one, which is nearly always so, nothing else has changed.
    alike = kept[0] == here if len(kept) == settings.degraded_runs else False
    summed = (before.loss_ratio, before.sent_packets, before.rtt_seconds) if before and alike else _summed(recent)
    return Evidence(
        agent=run.agent,
        target=run.reading.target,
        good=good,
        runs=first.runs + 1 if first is not None else 1,
        first_wall_ns=first.first_wall_ns if first is not None else run.wall_ns,
        first_monotonic_ns=first.first_monotonic_ns if first is not None else run.monotonic_ns,
        last_wall_ns=run.wall_ns,
        last_monotonic_ns=run.monotonic_ns,
        recent=recent,
        loss_ratio=summed[0],
        sent_packets=summed[1],
        rtt_seconds=summed[2],
    )


def _found(samples: tuple[Sample, ...], loss: float) -> tuple[float, float | None, float]:
    """Loss ratio, ``loss`` where it is not told, median RTT and packets."""
    rtt, sent = None, 1.0
    for sample in samples:
        name = sample.name
        if name == LOSS:
            loss = sample.value
        elif name == SENT:
            sent = sample.value
        elif name == RTT:
            rtt = sample.value
    return loss, rtt, sent


def _summed(recent: tuple[tuple[float, float | None, float], ...]) -> tuple[float, float, float | None]:
    """Share of packets lost, packets, and median of the RTTs."""
    sent = sum([packets for _, _, packets in recent])
    known = sorted([rtt for _, rtt, _ in recent if rtt is not None])
    loss_ratio = sum([loss * packets for loss, _, packets in recent]) / sent if sent else 0.0
    return loss_ratio, sent, known[len(known) // 2] if known else None
