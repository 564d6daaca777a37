"""Which readings say something of a cause, and into which diary or view from inside they go; it keeps no other."""

from dataclasses import dataclass, field

from collector.arrival import Arrival
from collector.judgement.diary import Diary
from collector.judgement.paths import HOPS, Paths
from collector.judgement.settings import JudgementSettings
from collector.judgement.spans import Spans
from collector.judgement.whereabouts import CORE, FIRST_HOP, LAN, Whereabouts
from shared.wire.reading import Outcome, Reading

_SECOND_NS = 1_000_000_000
_ON_BATTERY = 5.0
"""UPS-MIB (RFC 1628) upsOutputSource."""
_SIGNALS = frozenset({"phusong_optical_rx_dbm", "phusong_lte_rsrp_dbm"})
_UPTIME = "phusong_snmp_uptime_seconds"
_SOURCE = "upsOutputSource"
_TRAPS = "phusong_snmp_traps_total"
_NOTED = frozenset({*_SIGNALS, _UPTIME, _SOURCE, _TRAPS})
_POWER_TRAP = (("trap", "upsTrapOnBattery"),)
_TRACE = "path"
_LEVEL_TARGETS = 16
_LOOKED = (Outcome.OK, Outcome.TIMEOUT, Outcome.UNREACHABLE)
WORLD = "world"


@dataclass(slots=True)
class SiteNotes:
    """What is noted of one site."""

    diary: Diary = field(default_factory=Diary)
    inside: dict[tuple[str, str], Spans] = field(default_factory=dict)
    """By level and target: what the site's own agent reached."""
    paths: Paths = field(default_factory=Paths)
    whereabouts: Whereabouts = field(default_factory=Whereabouts)

    def lost_outside(self, first_ns: int, last_ns: int) -> bool:
        """Whether the site's own agent looked beyond its LAN in that time and reached nothing there."""
        seen = [
            span
            for (level, _), spans in self.inside.items()
            if level != LAN
            for span in spans.within(first_ns, last_ns)
        ]
        return bool(seen) and not any(span.good for span in seen)

    def met_router_ns(self, after_ns: int) -> int | None:
        """Since when, after a time, the site's own agent can ask the router; None while it looks in vain."""
        looks = [spans.latest() for (level, _), spans in self.inside.items() if level == LAN]
        since = [look for look in looks if look is not None and look.last_ns >= after_ns]
        good = [max(after_ns, look.first_ns) for look in since if look.good]
        return min(good, default=None if since else after_ns)


class Notes:
    """Diaries and views from inside of all sites."""

    def __init__(self, settings: JudgementSettings) -> None:
        self._settings = settings
        self._levels = {
            **dict.fromkeys(settings.anchor_roles, WORLD),
            **dict.fromkeys((*settings.vantage_roles, *settings.lan_roles), LAN),
            **dict.fromkeys(settings.first_hop_roles, FIRST_HOP),
            **dict.fromkeys(settings.core_roles, CORE),
        }
        self._sites: dict[str, SiteNotes] = {}

    def of(self, site: str) -> SiteNotes:
        """The notes of a site, empty at first."""
        found = self._sites.get(site)
        if found is None:
            found = self._sites[site] = SiteNotes()
        return found

    def hear(self, arrival: Arrival, site: str) -> None:
        """A batch of the agent that stands at a site: how long its computer runs."""
        began_ns = arrival.received_wall_ns - arrival.batch.sent_monotonic_ns
        self.of(site).diary.host(arrival.agent, began_ns, arrival.received_wall_ns)

    def take(self, reading: Reading, at_ns: int, *, inside: bool) -> None:
        """A reading of a site that was measured at ``at_ns``; ``inside``: by the site's own agent."""
        level = self._levels.get(reading.role) if inside and reading.kind == self._settings.vantage_kind else None
        if level is not None:
            self._look(reading, at_ns, level)
        elif reading.samples and reading.kind == _TRACE:
            self._trace(reading, at_ns, inside=inside)
        elif reading.samples:
            self._note(reading, at_ns)

    def _look(self, reading: Reading, at_ns: int, level: str) -> None:
        if reading.outcome not in _LOOKED:
            return
        notes = self.of(reading.site)
        inside = notes.inside
        spans = inside.get((level, reading.target))
        if spans is None:
            if len(inside) >= _LEVEL_TARGETS:
                return
            gap_ns = int(self._settings.inside_gap_seconds * _SECOND_NS)
            spans = inside[level, reading.target] = Spans(gap_ns)
        spans.see(at_ns, reading.outcome is Outcome.OK)
        notes.whereabouts.see(reading, at_ns, level)

    def _trace(self, reading: Reading, at_ns: int, *, inside: bool) -> None:
        hops = next((int(sample.value) for sample in reading.samples if sample.name == HOPS), None)
        if inside and hops is not None:
            first = reading.role in self._settings.first_hop_roles
            self.of(reading.site).paths.see(reading, at_ns, hops, first=first)

    def _note(self, reading: Reading, at_ns: int) -> None:
        for sample in reading.samples:
            if sample.name not in _NOTED:
                continue
            if sample.name == _UPTIME:
                if reading.role in self._settings.vantage_roles:
                    began_ns = at_ns - int(sample.value * _SECOND_NS)
                    self.of(reading.site).diary.router(reading.target, began_ns, at_ns)
            elif sample.name == _SOURCE:
                self.of(reading.site).diary.supply(reading.target, at_ns, on_battery=sample.value == _ON_BATTERY)
            elif sample.name in _SIGNALS:
                words = (reading.target, *(value for _, value in sample.labels))
                self.of(reading.site).diary.signal(" ".join(words), at_ns, sample.value)
            elif sample.name == _TRAPS and sample.labels == _POWER_TRAP:
                self.of(reading.site).diary.trap_total(reading.target, at_ns, sample.value)
