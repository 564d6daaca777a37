"""The agent beside the collector that pings every site from outside: its cycles, second by second; it sends nothing."""

from dataclasses import dataclass, replace
from math import ceil

from agent.probes.icmp import IcmpCheck
from agent.schedule import phase_ns
from lab.world.chance import Chance, strained_losses
from lab.world.place import CENTRE, Land
from lab.world.strain import PACKETS
from lab.world.timeline import LONG_AGO, History, Timeline
from lab.world.train import Trains
from lab.world.when import SECOND_NS, monotonic_ns, wall_ns
from shared.wire.reading import Reading

CHECK = IcmpCheck(name="ping", every_seconds=8.0, timeout_seconds=1.0, linger_seconds=0.0)
"""Three lost trains and their longest wait fit into 25 s."""
_PERIOD = int(CHECK.every_seconds)
_LAST_PACKET_SECONDS = (CHECK.count - 1) * CHECK.interval_seconds
_LOST_SECONDS = _LAST_PACKET_SECONDS + CHECK.timeout_seconds
_ANCHOR_RTT_SECONDS = 0.004
_ANCHORS = ("isp_first_hop", "province_core", "world")


@dataclass(frozen=True, slots=True)
class _Aim:
    site: str
    target: str
    role: str
    rtt_seconds: float
    phase: float
    history: History
    anchor: bool
    backup: bool = False


class Lookout:
    """Trains of :data:`CHECK` to all sites and to the anchors of its own, committed every second."""

    def __init__(self, land: Land, timeline: Timeline, chance: Chance) -> None:
        self._own = timeline.of(CENTRE)
        self._chance = chance
        self._trains = Trains(CHECK)
        self._flights: dict[int, list[tuple[int, Reading]]] = {}
        """By the second in which they began: trains that may not have ended."""
        self._aims: list[list[_Aim]] = [[] for _ in range(_PERIOD)]
        aims = [_aim(place.id, f"{place.id}-router", "router", place.rtt_seconds, timeline) for place in land.places]
        aims += [
            replace(_aim(place.id, place.lines[1], "router", place.backup_rtt_seconds, timeline), backup=True)
            for place in land.places
            if place.backup_rtt_seconds is not None
        ]
        aims += [_aim(CENTRE, f"{CENTRE}-{role}", role, _ANCHOR_RTT_SECONDS, timeline) for role in _ANCHORS]
        for aim in aims:
            self._aims[int(aim.phase)].append(aim)

    def cycle(self, second: int) -> list[Reading]:
        """The readings of trains that ended in the second before ``second``."""
        flights = self._flights
        self._flights = {
            begun: flights[begun] if begun in flights else self._begun(begun)
            for begun in range(second - 1, second - 1 - ceil(_LOST_SECONDS + 1), -1)
        }
        return [reading for sent in self._flights.values() for ended, reading in sent if ended == second]

    def _begun(self, second: int) -> list[tuple[int, Reading]]:
        """Trains that begin in a second, and by when they have ended."""
        found = []
        for aim in self._aims[second % _PERIOD]:
            at = second - second % _PERIOD + aim.phase
            lost, rtt_seconds = self._fate(aim, at)
            lasts = _LOST_SECONDS if lost else _LAST_PACKET_SECONDS + rtt_seconds
            found.append((ceil(at + lasts), self._reading(aim, at, lasts, lost, rtt_seconds)))
        return found

    def _fate(self, aim: _Aim, at: float) -> tuple[int, float]:
        """Packets that are lost of a train sent at a time, and the round-trip time of the others."""
        own, there = self._own.at(at), aim.history.at(at)
        if own.line_cut or not (aim.anchor or (there.by_backup if aim.backup else there.by_main)):
            return PACKETS, 0.0
        train = int(at) // _PERIOD
        lost = 0 if aim.anchor else self._chance.lost(aim.target, train)
        if not there.lossy or aim.anchor:
            return lost, aim.rtt_seconds
        lost += strained_losses(self._chance, aim.target, train, PACKETS - lost, there.loss, there.burst_loss)
        return lost, round(aim.rtt_seconds + there.delay_seconds, 3)

    def _reading(self, aim: _Aim, at: float, lasts: float, lost: int, rtt_seconds: float) -> Reading:
        outcome, reason, samples = self._trains.seen(lost, rtt_seconds)
        return Reading(
            CHECK.name,
            "icmp",
            aim.site,
            aim.target,
            aim.role,
            outcome,
            monotonic_ns(at, LONG_AGO),
            wall_ns(at),
            int(lasts * SECOND_NS),
            samples,
            reason,
        )


def _aim(site: str, target: str, role: str, rtt_seconds: float, timeline: Timeline) -> _Aim:
    phase = phase_ns(f"{CHECK.name}/{target}", _PERIOD * SECOND_NS) / SECOND_NS
    return _Aim(site, target, role, rtt_seconds, phase, timeline.of(site), anchor=site == CENTRE)
