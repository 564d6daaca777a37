"""How one check stands on one target over its latest runs; it decides and remembers nothing itself.

What a run that was voided, or could not be made, would say is unknown: it does not count, and what was known grows old.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.wire.reading import Outcome, Reading

PERIODS = 3
"""What is older than so many periods of its check is no longer known."""
_SECOND_NS = 1_000_000_000
_KEPT_RUNS, _LEAST_RUNS = 10, 3
_KEPT_NS = 600 * _SECOND_NS
_OUTAGE_RUNS = 2
_LOST_SHARE, _LOST_LEAST, _SLOW_LEAST = 0.1, 3, 2
WAYS = frozenset({"icmp", "tcp"})
"""Kinds of probes by which a device on the way shows that it is there."""
_TIMES = {
    "icmp": ("phusong_ping_train_rtt_median_seconds", 0.3),
    "tcp": ("phusong_tcp_connect_seconds", 0.3),
    "dns": ("phusong_dns_query_seconds", 2.0),
    "http": ("probe_duration_seconds", 5.0),
}
"""The series that tells how long an answer took, and from when on that is slow."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run that says something."""

    began_ns: int
    sent: int
    lost: int
    seconds: float | None
    """How long the answer took, where that is known."""
    slow: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """The latest runs in sum."""

    answers: bool
    since_ns: int
    """When the first run of those in a row began that ended like the newest."""
    first: bool
    """Whether nothing else was seen before: it may have been so for longer."""
    in_a_row: int
    runs: tuple[Run, ...]
    """The latest, the newest last; never empty."""

    @property
    def began_ns(self) -> int:
        """When the newest run began."""
        return self.runs[-1].began_ns

    @property
    def lost_share(self) -> float:
        """Share of the packets of these runs that were lost."""
        return sum(run.lost for run in self.runs) / max(1, sum(run.sent for run in self.runs))

    @property
    def lossy(self) -> bool:
        """Whether much is lost: one packet in ten, and more than two."""
        return sum(run.lost for run in self.runs) >= _LOST_LEAST and self.lost_share >= _LOST_SHARE

    @property
    def slow(self) -> bool:
        """Whether half of the runs were slow, and more than one."""
        number = sum(run.slow for run in self.runs)
        return number >= _SLOW_LEAST and 2 * number >= len(self.runs)


def after(before: Standing | None, reading: Reading, period_ns: int, *, service: bool) -> Standing | None:
    """The standing with one more reading; ``service``: the target must not only be there, but answer as it should."""
    answers = None if reading.voided else _answers(reading, service=service)
    if answers is None:
        return before
    run = _run(reading, answers=answers)
    if before is None or run.began_ns - before.began_ns > PERIODS * period_ns:
        return Standing(answers, run.began_ns, first=True, in_a_row=1, runs=(run,))
    if answers is before.answers:
        runs = _kept((*before.runs, run))
        return Standing(answers, before.since_ns, before.first, before.in_a_row + 1, runs)
    # What was lost while nothing answered at all is an outage that is over, not a line that loses packets.
    over = answers and before.in_a_row >= _OUTAGE_RUNS
    return Standing(answers, run.began_ns, first=False, in_a_row=1, runs=(run,) if over else _kept((*before.runs, run)))


def _answers(reading: Reading, *, service: bool) -> bool | None:
    """None where the run says nothing of the target."""
    if reading.outcome is Outcome.OK:
        return True
    if service or reading.outcome in {Outcome.TIMEOUT, Outcome.UNREACHABLE}:
        return False
    # A closed port is the answer of a device that is there; all else happened on this machine.
    return True if reading.outcome is Outcome.REFUSED else None


def _run(reading: Reading, *, answers: bool) -> Run:
    values = {sample.name: sample.value for sample in reading.samples if not sample.labels}
    name, limit = _TIMES.get(reading.kind, ("", 0.0))
    seconds = values.get(name) if answers else None
    sent, lost = _packets(values, answers=answers)
    return Run(reading.started_monotonic_ns, sent, lost, seconds, slow=seconds is not None and seconds >= limit)


def _packets(values: Mapping[str, float], *, answers: bool) -> tuple[int, int]:
    sent = int(values.get("phusong_ping_train_sent_packets", 0.0))
    if sent < 1:
        return 1, 0 if answers else 1
    return sent, round(sent * values.get("phusong_ping_train_loss_ratio", 0.0 if answers else 1.0))


def _kept(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    newest_ns = runs[-1].began_ns
    least = runs[-_LEAST_RUNS:]
    recent = tuple(run for run in runs[-_KEPT_RUNS:] if newest_ns - run.began_ns <= _KEPT_NS)
    return recent if len(recent) > len(least) else least
