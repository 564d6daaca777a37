"""What a reading says of the last day of a site: the train that was sent to it from outside; it keeps none (core)."""

from collector.judgement.evidence import LOSS, RTT, SENT, counts
from collector.judgement.settings import JudgementSettings
from collector.series.quality import Train
from shared.wire.reading import Outcome, Reading

_SHORTEST = "phusong_ping_train_rtt_min_seconds"
_LONGEST = "phusong_ping_train_rtt_max_seconds"


def train_of(reading: Reading, settings: JudgementSettings) -> Train | None:
    """The train, where the reading is one to a router of its site and says something of the line."""
    if reading.kind != settings.vantage_kind or reading.role not in settings.vantage_roles or not counts(reading):
        return None
    values = {sample.name: sample.value for sample in reading.samples}
    lost = values.get(LOSS, 0.0 if reading.outcome is Outcome.OK else 1.0)
    return Train(values.get(SENT, 1.0), lost, values.get(RTT), values.get(_SHORTEST), values.get(_LONGEST))
