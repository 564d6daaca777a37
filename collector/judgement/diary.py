"""What was noted of one site that speaks for a cause: power, restarts, signals; it draws no conclusion."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from statistics import median

import msgspec

from collector.incident import Clue
from collector.judgement.clues import ClueKind
from collector.judgement.spans import Spans

_SECOND_NS = 1_000_000_000
_MINUTE_NS = 60 * _SECOND_NS
_SAME_BOOT_NS = 45 * _SECOND_NS
"""An uptime in hundredths and a clock that drifts: two estimates of one start differ by less."""
_KEPT_BOOTS, _KEPT_SIGNALS, _KEPT_TURNS, _KEPT_SUBJECTS = 16, 64, 64, 32
_BATTERY_TOLD_NS = 12 * 60 * _MINUTE_NS
"""A supply that went to its battery longer before a loss than any battery lasts has nothing to do with it."""
_SIGNAL_AGE_NS = 30 * _MINUTE_NS
_SUPPLY_GAP_NS = 150 * _SECOND_NS
"""Supplies are asked every minute: of a longer time without an answer nothing is claimed."""
_FADE_DB = 3.0
"""Half of the light: more than connectors and weather take (ITU-T G.984.2 leaves that much margin)."""
_SLACK_NS = _MINUTE_NS
ALIVE_NS = 3 * _MINUTE_NS
_TOGETHER_NS = 3 * _MINUTE_NS
"""What loses its power together has it back together: no router takes so much longer to start than a computer."""


class Boot(msgspec.Struct, frozen=True, gc=False):
    """One run of a machine, and when it was seen running."""

    began_ns: int
    first_seen_ns: int
    last_seen_ns: int


@dataclass(slots=True)
class Runs:
    """The runs of one machine between its restarts."""

    boots: list[Boot] = field(default_factory=list)

    def see(self, began_ns: int, seen_ns: int) -> None:
        """It was seen running since ``began_ns``."""
        for place, boot in enumerate(self.boots):
            if abs(boot.began_ns - began_ns) <= _SAME_BOOT_NS:
                self.boots[place] = Boot(
                    boot.began_ns, min(boot.first_seen_ns, seen_ns), max(boot.last_seen_ns, seen_ns)
                )
                return
        self.boots.append(Boot(began_ns, seen_ns, seen_ns))
        self.boots.sort(key=lambda boot: boot.began_ns)
        del self.boots[:-_KEPT_BOOTS]

    def restarted(self, first_ns: int, last_ns: int) -> int | None:
        """When it started anew within an interval, or None."""
        return next((boot.began_ns for boot in self.boots if first_ns < boot.began_ns <= last_ns), None)

    def ran(self, first_ns: int, last_ns: int) -> bool:
        """Whether it was seen running within an interval."""
        return any(boot.began_ns <= last_ns and boot.last_seen_ns >= first_ns for boot in self.boots)

    def stayed(self, first_ns: int, last_ns: int) -> bool:
        """Whether it ran from before the interval until after it."""
        return any(boot.began_ns <= first_ns and boot.last_seen_ns >= last_ns for boot in self.boots)


@dataclass(slots=True)
class Diary:
    """Facts about one site, by the collector's wall time in nanoseconds; each table is bounded."""

    supplies: dict[str, list[tuple[int, bool]]] = field(default_factory=dict)
    """By supply: (when, on battery), where it changed, and the latest."""
    mains: dict[str, Spans] = field(default_factory=dict)
    """By supply: when it had mains."""
    traps: dict[str, list[int]] = field(default_factory=dict)
    trap_totals: dict[str, float] = field(default_factory=dict)
    routers: dict[str, Runs] = field(default_factory=dict)
    hosts: dict[str, Runs] = field(default_factory=dict)
    signals: dict[str, list[tuple[int, float]]] = field(default_factory=dict)

    def supply(self, subject: str, at_ns: int, *, on_battery: bool) -> None:
        """A supply told what feeds its load."""
        if subject not in self.mains and _room(self.mains, subject):
            self.mains[subject] = Spans(_SUPPLY_GAP_NS)
        if subject in self.mains:
            self.mains[subject].see(at_ns, not on_battery)
        turns = self.supplies.setdefault(subject, []) if _room(self.supplies, subject) else []
        turns.append((at_ns, on_battery))
        turns.sort()
        if len(turns) > 2 and turns[-1][1] == turns[-2][1] == turns[-3][1]:
            del turns[-2]
        del turns[:-_KEPT_TURNS]

    def trap_total(self, subject: str, at_ns: int, total: float) -> None:
        """How many traps of failing mains an agent counted; the count begins again with the agent."""
        before = self.trap_totals.get(subject)
        if not _room(self.trap_totals, subject):
            return
        self.trap_totals[subject] = total
        if before is not None and total > (before if total >= before else 0.0):
            told = self.traps.setdefault(subject, [])
            told.append(at_ns)
            del told[:-_KEPT_TURNS]

    def router(self, subject: str, began_ns: int, seen_ns: int) -> None:
        """A router said how long it runs."""
        _see(self.routers, subject, began_ns, seen_ns)

    def host(self, subject: str, began_ns: int, seen_ns: int) -> None:
        """An agent's computer said how long it runs."""
        _see(self.hosts, subject, began_ns, seen_ns)

    def signal(self, subject: str, at_ns: int, dbm: float) -> None:
        """Power received over the line, dBm."""
        if _room(self.signals, subject):
            known = self.signals.setdefault(subject, [])
            known.append((at_ns, dbm))
            known.sort()
            del known[:-_KEPT_SIGNALS]

    def power_clues(self, site: str, began_ns: int) -> Iterator[Clue]:
        """Mains that had failed, or had not, when the site was lost."""
        for subject, turns in self.supplies.items():
            before = [turn for turn in turns if turn[0] <= began_ns + _SLACK_NS]
            if before and before[-1][1] and began_ns - before[-1][0] <= _BATTERY_TOLD_NS:
                yield Clue(kind=ClueKind.ON_BATTERY, at_ns=before[-1][0], site=site, subject=subject)
        for subject, told in self.traps.items():
            lately = [at_ns for at_ns in told if began_ns - _BATTERY_TOLD_NS <= at_ns <= began_ns + _SLACK_NS]
            if lately and not self._mains_since(lately[-1], began_ns):
                yield Clue(kind=ClueKind.POWER_TRAP, at_ns=lately[-1], site=site, subject=subject)

    def mains_clues(self, site: str, began_ns: int, ended_ns: int) -> Iterator[Clue]:
        """Supplies that were looked at all through an outage, and had mains each time."""
        for subject, spans in self.mains.items():
            seen = spans.within(began_ns - _SLACK_NS, ended_ns + _SLACK_NS)
            if len(seen) == 1 and seen[0].good and seen[0].first_ns <= began_ns and seen[0].last_ns >= ended_ns:
                yield Clue(kind=ClueKind.ON_MAINS, at_ns=ended_ns, site=site, subject=subject)

    def mains_failed(self, began_ns: int) -> int | None:
        """When the mains failed that had failed when the site was lost; None where nothing is known of it."""
        found = []
        for clue in self.power_clues("", began_ns):
            subject = clue.subject
            told = [at_ns for at_ns in self.traps.get(subject, ()) if at_ns <= began_ns + _SLACK_NS]
            turns = [turn for turn in self.supplies.get(subject, ()) if turn[0] <= began_ns + _SLACK_NS]
            mains_ns = max((at_ns for at_ns, on_battery in turns if not on_battery), default=0)
            since = [at_ns for at_ns in (*told, *(at_ns for at_ns, _ in turns)) if at_ns > mains_ns]
            found.append(min((at_ns for at_ns in since if began_ns - at_ns <= _BATTERY_TOLD_NS), default=clue.at_ns))
        return min(found, default=None)

    def tells_of_mains(self) -> bool:
        """Whether the site has a supply that would have told."""
        return bool(self.supplies or self.trap_totals)

    def host_clues(self, site: str, first_ns: int, began_ns: int) -> Iterator[Clue]:
        """Machines that were heard right before a loss, or who looks was blind: only they can have been taken by it."""
        for subject, runs in self.hosts.items():
            if runs.ran(first_ns - ALIVE_NS, began_ns):
                yield Clue(kind=ClueKind.HOST_SEEN, at_ns=began_ns, site=site, subject=subject)

    def restart_clues(self, site: str, began_ns: int, ended_ns: int, seen: Collection[str]) -> Iterator[Clue]:
        """What started anew during an outage and what did not; ``seen`` are hosts that were heard right before it."""
        kinds = (
            (self.routers, ClueKind.ROUTER_REBOOTED, ClueKind.ROUTER_STAYED, _SLACK_NS),
            (self.hosts, ClueKind.HOST_REBOOTED, ClueKind.HOST_STAYED, 10 * _MINUTE_NS),
        )
        starts = (runs.restarted(began_ns - _SAME_BOOT_NS, ended_ns + _SLACK_NS) for runs in self.routers.values())
        first_ns = min((at_ns for at_ns in starts if at_ns is not None), default=0)
        for machines, rebooted, stayed, late_ns in kinds:
            for subject, runs in machines.items():
                at_ns = runs.restarted(began_ns - _SAME_BOOT_NS, ended_ns + late_ns)
                if at_ns is not None:
                    # Somebody had switched it off before, or had it on again long before the router had power.
                    of_host = rebooted is ClueKind.HOST_REBOOTED
                    if of_host and (subject not in seen or at_ns < first_ns - _TOGETHER_NS):
                        continue
                    yield Clue(kind=rebooted, at_ns=at_ns, site=site, subject=subject)
                elif runs.stayed(began_ns, ended_ns):
                    yield Clue(kind=stayed, at_ns=ended_ns, site=site, subject=subject)

    def signal_clues(self, site: str, began_ns: int) -> Iterator[Clue]:
        """Light or radio that had fallen before the loss."""
        for subject, known in self.signals.items():
            before = [value for at_ns, value in known if at_ns <= began_ns]
            latest = [(at_ns, value) for at_ns, value in known if began_ns - _SIGNAL_AGE_NS <= at_ns <= began_ns]
            if len(before) >= 3 and latest and latest[-1][1] <= median(before[:-1]) - _FADE_DB:
                yield Clue(
                    kind=ClueKind.SIGNAL_FADED, at_ns=latest[-1][0], site=site, subject=subject, value=latest[-1][1]
                )

    def _mains_since(self, trap_ns: int, began_ns: int) -> bool:
        return any(
            trap_ns < at_ns <= began_ns and not on_battery
            for turns in self.supplies.values()
            for at_ns, on_battery in turns
        )


def _see(machines: dict[str, Runs], subject: str, began_ns: int, seen_ns: int) -> None:
    runs = machines.get(subject)
    if runs is None:
        if not _room(machines, subject):
            return
        runs = machines[subject] = Runs()
    runs.see(began_ns, seen_ns)


def _room(table: dict, subject: str) -> bool:  # type: ignore[type-arg]
    return subject in table or len(table) < _KEPT_SUBJECTS
