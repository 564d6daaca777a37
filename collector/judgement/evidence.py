"""What the runs of one check against one target have shown, one run after the other; it remembers few of them."""

from dataclasses import dataclass, replace

from collector.judgement.condition import Signal
from collector.judgement.settings import JudgementSettings
from shared.wire.reading import Outcome, Reading

_SECOND_NS = 1_000_000_000
_FAILED = frozenset({Outcome.TIMEOUT, Outcome.UNREACHABLE})
LOSS = "phusong_ping_train_loss_ratio"
RTT = "phusong_ping_train_rtt_median_seconds"


@dataclass(frozen=True, slots=True)
class Evidence:
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
    recent: tuple[tuple[float, float | None], ...] = ()
    """Loss ratio and median RTT of the latest runs, newest last."""

    def signal(self, settings: JudgementSettings) -> Signal:
        """What these runs say of reachability."""
        if self.good:
            return Signal.GOOD_LONG if self.runs >= settings.up_runs else Signal.GOOD
        lasted = (self.last_monotonic_ns - self.first_monotonic_ns) / _SECOND_NS
        enough = self.runs >= settings.down_runs and lasted >= settings.down_seconds
        return Signal.BAD_LONG if enough else Signal.BAD

    def loss_ratio(self) -> float:
        """Mean loss of the latest runs."""
        return sum(loss for loss, _ in self.recent) / len(self.recent) if self.recent else 0.0

    def rtt_seconds(self) -> float | None:
        """Median of the latest runs' median RTTs; None where no run had a reply."""
        known = sorted(rtt for _, rtt in self.recent if rtt is not None)
        return known[len(known) // 2] if known else None


def counts(reading: Reading) -> bool:
    """Whether a reading is evidence at all: an error of the agent or of the settings says nothing of the link."""
    return not reading.voided and (reading.outcome is Outcome.OK or reading.outcome in _FAILED)


@dataclass(frozen=True, slots=True)
class Run:
    """One run with the collector's times of it."""

    agent: str
    reading: Reading
    wall_ns: int
    monotonic_ns: int


def extend(before: Evidence | None, run: Run, keep: int) -> Evidence:
    """The evidence with one more run; ``keep`` runs are remembered for loss and RTT."""
    good = run.reading.outcome is Outcome.OK
    values = {sample.name: sample.value for sample in run.reading.samples if sample.name in {LOSS, RTT}}
    recent = (*(before.recent if before else ()), (values.get(LOSS, 0.0 if good else 1.0), values.get(RTT)))[-keep:]
    if before is None or before.good is not good:
        return Evidence(
            agent=run.agent,
            target=run.reading.target,
            good=good,
            runs=1,
            first_wall_ns=run.wall_ns,
            first_monotonic_ns=run.monotonic_ns,
            last_wall_ns=run.wall_ns,
            last_monotonic_ns=run.monotonic_ns,
            recent=recent,
        )
    return replace(
        before, runs=before.runs + 1, last_wall_ns=run.wall_ns, last_monotonic_ns=run.monotonic_ns, recent=recent
    )
