"""What one train of echo requests shows, as the record that the agent's own probe makes of it; it draws nothing."""

from agent.icmp.flight import Journey
from agent.icmp.train import TrainFacts
from agent.probes.icmp import IcmpCheck, judge
from shared.wire.reading import Outcome, Sample

_SECOND_NS = 1_000_000_000


class Trains:
    """Outcomes and samples of trains of one check; equal trains share one answer."""

    def __init__(self, check: IcmpCheck) -> None:
        self._check = check
        self._known: dict[tuple[int, float], tuple[Outcome, str, tuple[Sample, ...]]] = {}

    def seen(self, lost: int, rtt_seconds: float) -> tuple[Outcome, str, tuple[Sample, ...]]:
        """Outcome, reason and samples of a train that lost so many packets."""
        key = (lost, rtt_seconds)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._see(lost, rtt_seconds)
        return known

    def _see(self, lost: int, rtt_seconds: float) -> tuple[Outcome, str, tuple[Sample, ...]]:
        count = self._check.count
        heard = (int(rtt_seconds * _SECOND_NS),) * (count - lost)
        facts = TrainFacts(
            sent=count,
            rtts_ns=(*heard, *(None,) * lost),
            duplicates=0,
            late=0,
            reordered=0,
            loss_runs=(lost,) if lost else (),
        )
        outcome, reason = judge(Journey(facts, kernel_stamps=True, voided="", unsent=0), self._check)
        samples = [
            Sample("probe_success", 1.0 if outcome is Outcome.OK else 0.0),
            Sample("phusong_ping_train_sent_packets", float(facts.sent)),
            Sample("phusong_ping_train_loss_ratio", facts.lost / facts.sent),
        ]
        if facts.rtt_median_ns is not None:
            samples.append(Sample("phusong_ping_train_rtt_median_seconds", facts.rtt_median_ns / _SECOND_NS))
        return outcome, reason, tuple(samples)
