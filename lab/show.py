"""Tells what happens in a demo: what the lab does to the sites and what the wall says; it does neither."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lab.faults import AGENT_AWAY, Fault
from lab.history import History
from lab.inside import Event
from lab.province import LabSite
from lab.scenes import count, title
from lab.stage import Stage
from lab.terminal import Terminal

_NAMED = 2
"""So many sites are named in one line, the rest is counted."""
_QUIET_SECONDS, _LONGEST_SECONDS = 1.5, 4.0
"""Changes are told together when no more come for so long, or after so long at the latest: a hub takes seven along."""


@dataclass(frozen=True, slots=True)
class _Change:
    before: str
    after: str
    reason: str
    first_seconds: float
    last_seconds: float


class Show:
    """Turns events and statuses into lines, each thing once."""

    def __init__(self, stage: Stage, terminal: Terminal, clock: Callable[[], float]) -> None:
        self._sites: Mapping[str, LabSite] = {site.id: site for site in stage.sites}
        self._hosts = {host.id for host in stage.hosts}
        self.stage = stage
        self._terminal = terminal
        self._clock = clock
        self._begun_seconds: float | None = None
        self._states: dict[str, str] = {}
        self._changes: dict[str, _Change] = {}
        self._outages: dict[str, float] = {}
        self._faults = 0
        self._downs = 0
        self.history = History()

    @property
    def begun(self) -> bool:
        """Whether the script runs."""
        return self._begun_seconds is not None

    def begin(self) -> None:
        """Announce the first round; the script runs from now on."""
        self._terminal.heading("What is about to happen")
        self._terminal.pairs(
            (
                f"after {fault.begins_seconds:2.0f} s, for {fault.lasts_seconds:2.0f} s",
                f"{fault.kind.words}: {fault.where}",
            )
            for fault in self.stage.faults(0)
        )
        self._terminal.line("  … and so on with other communes, until the demo is ended.")
        self._terminal.heading("What happens")
        self._begun_seconds = self._clock()

    def tell_event(self, event: Event) -> None:
        """A fault begins or ends, an agent died."""
        at_seconds = self._now()
        self._tell_changes()  # what was seen before is told before
        if event.event == "died":
            self._terminal.happened(at_seconds, "lab", f"the agent {event.name} ended by itself: {event.words}", "down")
        elif event.event in ("begins", "ends"):
            fault = self.stage.faults(event.round)[event.fault]
            begins = event.event == "begins"
            self._faults += begins
            what = fault.kind.words if begins else f"over: {fault.kind.words}"
            self._terminal.happened(at_seconds, "lab", f"{what}: {fault.where}")
            self._remember(fault, at_seconds, begins=begins)

    def tell_status(self, states: Mapping[str, str], reasons: Mapping[str, str]) -> None:
        """Note what changed on the wall since the last call, and tell of what has settled."""
        now = self._now()
        for site, state in states.items():
            before = self._states.get(site, state)
            if before != state:
                earlier = self._changes.get(site)
                self._downs += state == "down"
                self._changes[site] = _Change(
                    earlier.before if earlier else before,
                    state,
                    reasons.get(site, ""),
                    earlier.first_seconds if earlier else now,
                    now,
                )
        self._states = dict(states)
        if self._changes and self._settled(now):
            self._tell_changes()

    def tell_history(self, reports: Mapping[str, float], late: int) -> None:
        """Which agents came back, and with how much of what had been missing."""
        for back in self.history.note(reports, late, self._now()):
            self._tell_changes()
            words = f"{back.readings} readings of {back.silent_seconds:.0f} s without uplink have arrived: "
            self._terminal.happened(self._now(), "wall", words + self._names([back.agent]), "up")

    def tell_message(self, name: str, text: str) -> None:
        """Somebody's telephone rings; nobody has that number."""
        self._terminal.happened(self._now(), "sms", f"to {name}: {text}")

    def sum_up(self) -> None:
        """What it all came to; nothing where the script had not begun."""
        if self._begun_seconds is not None:
            self._tell_changes()
            up = sum(state == "up" for state in self._states.values())
            self._terminal.line()
            self._terminal.line(
                f"In {self._now():.0f} s: {self._faults} faults; the wall showed {count(self._downs)} down; "
                f"{up} of {len(self._sites)} are up now."
            )

    def _now(self) -> float:
        return self._clock() - self._begun_seconds if self._begun_seconds is not None else 0.0

    def _settled(self, now: float) -> bool:
        newest = max(change.last_seconds for change in self._changes.values())
        oldest = min(change.first_seconds for change in self._changes.values())
        return now - newest >= _QUIET_SECONDS or now - oldest >= _LONGEST_SECONDS

    def _tell_changes(self) -> None:
        groups: dict[str, list[str]] = {}
        for site, change in self._changes.items():
            if change.after != change.before:
                groups.setdefault(change.after, []).append(site)
        told = [(max(self._changes[site].last_seconds for site in sites), state) for state, sites in groups.items()]
        for at_seconds, state in sorted(told):
            self._terminal.happened(at_seconds, "wall", self._words(state, groups[state]), state)
        self._changes.clear()

    def _words(self, state: str, sites: Sequence[str]) -> str:
        names = self._names(sites)
        if state == "up":
            return f"up again: {names}"
        if state == "down":
            return f"down{self._lag(sites)}: {names}"
        # The measured part of the reason; who measured it stands on the wall.
        reason = self._changes[sites[0]].reason.partition(" to ")[0]
        return f"{state}: {names}" + (f", {reason}" if reason and len(sites) == 1 else "")

    def _remember(self, fault: Fault, at_seconds: float, *, begins: bool) -> None:
        for site in fault.sites:
            if site in self._hosts and fault.kind is not AGENT_AWAY:  # who is switched off has nothing to send later
                (self.history.begins if begins else self.history.ends)(site)
            if begins and fault.kind.truth.state == "down":
                self._outages[site] = at_seconds
            else:
                self._outages.pop(site, None)

    def _lag(self, sites: Sequence[str]) -> str:
        lags = [self._changes[site].last_seconds - self._outages[site] for site in sites if site in self._outages]
        return f" after {max(lags):.0f} s" if lags else ""

    def _names(self, sites: Sequence[str]) -> str:
        if len(sites) == 1:
            return title(self._sites[sites[0]])
        named = ", ".join(self._sites[site].commune.name for site in sites[:_NAMED])
        return f"{count(len(sites))}: {named}" + (", …" if len(sites) > _NAMED else "")
