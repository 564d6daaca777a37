"""How well lines that serve badly were told: how many, after how long, with which cause; pure, apart from outages."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from collector.incident import Cause, Incident, Scope, Trouble
from lab.world.causes import ratio
from lab.world.fault import Fault
from lab.world.kinds import KINDS
from lab.world.place import CENTRE
from lab.world.scoring import quantile
from lab.world.strain import WELL
from lab.world.timeline import Timeline
from lab.world.when import seconds_of

LEAST_SECONDS = 600.0
"""What is bad for longer must be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoorScore:
    """The figures of the bad lines of one replay."""

    bad_lines: int
    """Lines that were made bad for ten minutes, while the site was reached and we could see."""
    bad_lines_told: int
    """Of those, with an incident of the site that serves badly, while it did."""
    bad_line_p50_seconds: float | None
    """From the beginning of the fault, whose first loss may be small, to the incident."""
    bad_line_p99_seconds: float | None
    bad_line_causes: dict[str, int]
    """What was said of those that were told, in the end."""
    bad_line_wrong_share: float | None
    """Of those that were told; to say that one does not know is not wrong."""
    bad_lines_missed: tuple[str, ...]


def poor_score(
    faults: Sequence[Fault], timeline: Timeline, versions: Sequence[Incident], seconds: float
) -> PoorScore | None:
    """Compare what was said of bad lines with what was so; None where the script has none."""
    ours = [fault for fault in faults if KINDS[fault.kind].tellable and fault.begins < seconds]
    if not ours:
        return None
    alone = [fault for fault in ours if _is_alone(fault, timeline, seconds)]
    newest = {version.number: version for version in versions}
    told = {fault: first for fault in alone if (first := next(_tellings(fault, versions), None)) is not None}
    waits = sorted(max(0.0, seconds_of(first.at_ns) - fault.begins) for fault, first in told.items())
    said = {fault: newest[first.number].cause for fault, first in told.items()}
    wrong = sum(cause not in {KINDS[fault.kind].cause, Cause.UNKNOWN} for fault, cause in said.items())
    return PoorScore(
        bad_lines=len(alone),
        bad_lines_told=len(told),
        bad_line_p50_seconds=quantile(waits, 0.5),
        bad_line_p99_seconds=quantile(waits, 0.99),
        bad_line_causes={cause.value: count for cause, count in sorted(Counter(said.values()).items())},
        bad_line_wrong_share=ratio(wrong, len(told)),
        bad_lines_missed=tuple(f"{fault.where} at {fault.begins:.0f}" for fault in alone if fault not in told),
    )


def _is_alone(fault: Fault, timeline: Timeline, seconds: float) -> bool:
    """Whether nothing else hides it: the site is reached all the while, nobody works there, and we can see."""
    last = fault.begins + LEAST_SECONDS
    there = timeline.of(fault.where).between(fault.begins, last)
    clear = all(strain.whole and not strain.maintained for strain in there)
    return last < min(fault.ends, seconds) and clear and timeline.of(CENTRE).between(fault.begins, last) == [WELL]


def _tellings(fault: Fault, versions: Sequence[Incident]) -> Iterator[Incident]:
    """Versions that tell of it while it lasts; what was told before and still is counts from its next version on."""
    for version in versions:
        about = (version.scope, version.subject, version.trouble) == (Scope.SITE, fault.where, Trouble.DEGRADED)
        if about and version.is_open and fault.begins <= seconds_of(version.at_ns) <= fault.ends:
            yield version
