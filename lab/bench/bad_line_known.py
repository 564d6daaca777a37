"""After how long a line that turned bad is known to be, by the judgement's own evidence; nothing is sent."""

import random
from collections.abc import Callable, Iterator

from collector.judgement.evidence import LOSS, SENT, Evidence, Run, extend
from collector.judgement.loss import least_lost
from collector.judgement.settings import JudgementSettings
from lab.bench import Bench, Table
from shared.wire.reading import Outcome, Reading, Sample

_LINES, _PACKETS, _PERIOD_SECONDS = 400, 5, 8
_USUAL = 0.02
_MOST_TRAINS = 450
_KINDS: tuple[tuple[str, float, float], ...] = (
    ("10 %", 1.0, 0.1),
    ("15 %", 1.0, 0.15),
    ("20 %", 1.0, 0.2),
    ("30 %", 1.0, 0.3),
    ("40 %", 1.0, 0.4),
    ("80 % of one train in four", 0.25, 0.8),
)
"""In words, in which share of trains, which share of packets."""


def run(say: Callable[[str], None]) -> Table:
    """400 lines of each kind, seeded: the same every time."""
    settings = JudgementSettings()
    rows = []
    for name, share, loss in _KINDS:
        say(f"{name}: {_LINES} lines")
        known = sorted(_known(random.Random(f"{name}/{line}"), share, loss, settings) for line in range(_LINES))
        rows.append((name, *(f"{known[int(part * (_LINES - 1))] * _PERIOD_SECONDS}" for part in (0.5, 0.9, 0.99))))
    whole = settings.degraded_runs * _PACKETS
    least = least_lost(whole, settings.degraded_loss_ratio, settings.degraded_sureness)
    return Table(
        title="A line that turned bad: from the change to the train with which that is sure",
        columns=("packets lost", "p50, s", "p90, s", "p99, s"),
        rows=tuple(rows),
        notes=(
            f"Trains of {_PACKETS} packets every {_PERIOD_SECONDS} s; until then the line loses {_USUAL:.0%}.",
            f"Of {whole} packets {least} are wanted.",
        ),
    )


def _known(dice: random.Random, share: float, loss: float, settings: JudgementSettings) -> int:
    """With how many trains."""
    evidence: Evidence | None = None
    for number, lost in enumerate(_trains(dice, share, loss, settings.degraded_runs), 1 - settings.degraded_runs):
        samples = (Sample(LOSS, lost / _PACKETS), Sample(SENT, float(_PACKETS)))
        outcome = Outcome.OK if lost < _PACKETS else Outcome.TIMEOUT
        at_ns = number * _PERIOD_SECONDS * 1_000_000_000
        reading = Reading("ping", "icmp", "site", "router", "router", outcome, 0, 0, 0, samples)
        evidence = extend(evidence, Run("province", reading, at_ns, at_ns), settings)
        if number > 0 and evidence.good and evidence.is_lossy(settings):
            return number
    return _MOST_TRAINS


def _trains(dice: random.Random, share: float, loss: float, before: int) -> Iterator[int]:
    """Packets that each train loses."""
    for number in range(before + _MOST_TRAINS):
        bad = number >= before and dice.random() < share
        ratio = 1 - (1 - _USUAL) * (1 - loss) if bad else _USUAL
        yield sum(dice.random() < ratio for _ in range(_PACKETS))


BENCH = Bench(name="bad-line-known", summary="a line that turned bad: after how long that is known", run=run)
