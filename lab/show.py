"""Tells what happens in a demo: what the lab does to the sites and what the wall says; it does neither."""

from collections.abc import Callable, Mapping, Sequence

from lab.faults import AGENT_AWAY, Fault
from lab.history import History
from lab.inside import Event
from lab.province import LabSite
from lab.scenes import title
from lab.stage import Stage
from lab.terminal import Terminal

_NAMED = 2
"""So many sites are named in one line, the rest is counted."""


class Show:
    """Turns events and statuses into lines, each thing once."""

    def __init__(self, stage: Stage, terminal: Terminal, clock: Callable[[], float]) -> None:
        self._sites: Mapping[str, LabSite] = {site.id: site for site in stage.sites}
        self._hosts = {host.id for host in stage.hosts}
        self._stage = stage
        self._terminal = terminal
        self._clock = clock
        self._begun_seconds: float | None = None
        self._states: dict[str, str] = {}
        self._outages: dict[str, float] = {}
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
                f"{fault.kind.words}, {fault.where}",
            )
            for fault in self._stage.faults(0)
        )
        self._terminal.line("  … and so on with other communes, until the demo is ended.")
        self._terminal.heading("What happens")
        self._begun_seconds = self._clock()

    def tell_event(self, event: Event) -> None:
        """A fault begins or ends, an agent died."""
        at_seconds = self._now()
        if event.event == "died":
            self._terminal.happened(at_seconds, "lab", f"the agent {event.name} ended by itself: {event.words}", "down")
        elif event.event in ("begins", "ends"):
            fault = self._stage.faults(event.round)[event.fault]
            begins = event.event == "begins"
            what = fault.kind.words if begins else f"over: {fault.kind.words}"
            self._terminal.happened(at_seconds, "lab", f"{what}, {fault.where}")
            self._remember(fault, at_seconds, begins=begins)

    def tell_status(self, states: Mapping[str, str], reasons: Mapping[str, str]) -> None:
        """What changed on the wall since the last call."""
        changed: dict[tuple[str, str], list[str]] = {}
        for site, state in states.items():
            before = self._states.get(site, state)
            if before != state:
                changed.setdefault((before, state), []).append(site)
        for (before, after), sites in changed.items():
            lag = self._lag(sites) if after == "down" else ""
            reason = reasons.get(sites[0], "") if len(sites) == 1 and after != "up" else ""
            words = f"{before} → {after}: {self._names(sites)}{lag}" + (f": {reason}" if reason else "")
            self._terminal.happened(self._now(), "wall", words, after)
        self._states = dict(states)

    def tell_history(self, reports: Mapping[str, float], late: int) -> None:
        """Which agents came back, and with how much of what had been missing."""
        for back in self.history.note(reports, late, self._now()):
            words = (
                f"the agent of {self._names([back.agent])} was silent for {back.silent_seconds:.0f} s; "
                f"its {back.readings} readings of that time have arrived"
            )
            self._terminal.happened(self._now(), "wall", words, "up")

    def _now(self) -> float:
        return self._clock() - self._begun_seconds if self._begun_seconds is not None else 0.0

    def _remember(self, fault: Fault, at_seconds: float, *, begins: bool) -> None:
        for site in fault.sites:
            if site in self._hosts and fault.kind is not AGENT_AWAY:  # who is switched off has nothing to send later
                (self.history.begins if begins else self.history.ends)(site)
            if begins and fault.kind.truth.state == "down":
                self._outages[site] = at_seconds
            else:
                self._outages.pop(site, None)

    def _lag(self, sites: Sequence[str]) -> str:
        began = [self._outages[site] for site in sites if site in self._outages]
        return f", {self._now() - min(began):.0f} s after the fault" if began else ""

    def _names(self, sites: Sequence[str]) -> str:
        named = [title(self._sites[site]) for site in sites[:_NAMED] if site in self._sites]
        rest = len(sites) - len(named)
        return "; ".join(named) + (f" and {rest} more" if rest else "")
