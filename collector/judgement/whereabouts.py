"""Where a site's own agent loses packets: in its LAN, before the provider or behind it; it draws no conclusion."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from collector.incident import Clue
from collector.judgement.clues import ClueKind
from collector.judgement.evidence import LOSS, SENT
from collector.judgement.loss import is_loss, least_lost
from shared.wire.reading import Outcome, Reading

_SECOND_NS = 1_000_000_000
_KEPT_TRAINS, _KEPT_TARGETS = 24, 16
_BITS, _MOST_PACKETS = 10, 1023
_BEFORE_NS = 120 * _SECOND_NS
"""A line served badly for a while before that was sure."""
_DEVIATIONS = 2.0
"""One question about one line, not one about all lines all the time."""
_LOSSY = 0.05
"""More than lines lose that serve well."""
_LOOKED = (Outcome.OK, Outcome.TIMEOUT)
LAN, FIRST_HOP, CORE = "lan", "first_hop", "core"
_KINDS = {
    LAN: (ClueKind.LAN_LOSSY, ClueKind.LAN_CLEAN),
    FIRST_HOP: (ClueKind.FIRST_HOP_LOSSY, ClueKind.FIRST_HOP_CLEAN),
    CORE: (ClueKind.CORE_LOSSY, ClueKind.CORE_CLEAN),
}

_Train = tuple[int, int, int]
"""When in seconds, packets lost, packets sent; kept as one number: ten thousand sites have a million of them."""


@dataclass(slots=True)
class Whereabouts:
    """The latest trains of one site's agent, by level and target; bounded."""

    trains: dict[tuple[str, str], deque[int]] = field(default_factory=dict)

    def see(self, reading: Reading, at_ns: int, level: str) -> None:
        """A train, in any order of time."""
        key = (level, reading.target)
        kept = self.trains.get(key)
        if reading.outcome not in _LOOKED or level not in _KINDS:
            return
        if kept is None:
            if len(self.trains) >= _KEPT_TARGETS:
                return
            kept = self.trains[key] = deque(maxlen=_KEPT_TRAINS)
        loss = sent = 0.0
        for sample in reading.samples:
            if sample.name == LOSS:
                loss = sample.value
            elif sample.name == SENT:
                sent = sample.value
        if 0 < sent <= _MOST_PACKETS:
            kept.append(_packed(at_ns // _SECOND_NS, round(loss * sent), round(sent)))

    def clues(self, site: str, since_ns: int, now_ns: int, loss_ratio: float) -> Iterator[Clue]:
        """What each level says of a site that loses ``loss_ratio`` of the packets that reach for it from outside."""
        for level, (lossy, clean) in _KINDS.items() if loss_ratio > 0 else ():
            trains = sorted(
                train
                for (at, _), kept in self.trains.items()
                if at == level
                for train in map(_unpacked, kept)
                if since_ns - _BEFORE_NS <= train[0] * _SECOND_NS <= now_ns
            )
            kind = _verdict(trains, loss_ratio, lossy, clean)
            if kind is not None:
                lost, sent = _sums(trains)
                yield Clue(kind=kind, at_ns=since_ns, site=site, value=round(100.0 * lost / sent, 1))


def _verdict(trains: list[_Train], loss_ratio: float, lossy: ClueKind, clean: ClueKind) -> ClueKind | None:
    """Whether chance explains neither that it loses so much nor, were it as bad as the whole way, so little."""
    lost, sent = _sums(trains)
    each = [each / of for _, each, of in trains]
    if is_loss(each, lost, sent, ratio=min(_LOSSY, loss_ratio / 2), deviations=_DEVIATIONS):
        return lossy
    return clean if sent and sent - lost >= least_lost(sent, 1 - loss_ratio, _DEVIATIONS) else None


def _packed(at_seconds: int, lost: int, sent: int) -> int:
    return (at_seconds << 2 * _BITS) | (lost << _BITS) | sent


def _unpacked(train: int) -> _Train:
    return train >> 2 * _BITS, (train >> _BITS) & _MOST_PACKETS, train & _MOST_PACKETS


def _sums(trains: Iterable[_Train]) -> tuple[int, int]:
    lost = sent = 0
    for _, each, of in trains:
        lost += each
        sent += of
    return lost, sent
