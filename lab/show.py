"""Tells what happens in a demo: what the lab does to the sites and what the wall says; it does neither."""

from collections.abc import Mapping, Sequence

from lab.faults import Fault
from lab.inside import Event
from lab.province import LabSite
from lab.scenes import title
from lab.stage import Stage
from lab.terminal import Terminal

_NAMED = 2
"""So many sites are named in one line, the rest is counted."""


class Show:
    """Turns events and statuses into lines, each thing once."""

    def __init__(self, stage: Stage, terminal: Terminal) -> None:
        self._sites: Mapping[str, LabSite] = {site.id: site for site in stage.sites}
        self._stage = stage
        self._terminal = terminal
        self._states: dict[str, str] = {}
        self._outages: dict[str, float] = {}
        self.seen_down: set[str] = set()
        self.seen_again: set[str] = set()

    def announce(self) -> None:
        """What the first round will bring."""
        self._terminal.heading("What is about to happen")
        self._terminal.pairs(
            (f"after {fault.begins_seconds:3.0f} s", f"{fault.kind.words}: {fault.where}, {fault.lasts_seconds:.0f} s")
            for fault in self._stage.faults(0)
        )
        self._terminal.line("  … and so on with other communes, until it is ended.")

    def tell_event(self, event: Event, at_seconds: float) -> None:
        """A fault begins or ends, an agent died."""
        if event.event == "died":
            self._terminal.happened(at_seconds, "lab", f"the agent {event.name} ended by itself: {event.words}", "down")
        elif event.event in ("begins", "ends"):
            fault = self._stage.faults(event.round)[event.fault]
            mended = "" if event.event == "begins" else "over: "
            self._terminal.happened(at_seconds, "lab", f"{mended}{fault.kind.words}: {fault.where}")
            self._remember(fault, at_seconds, begins=event.event == "begins")

    def tell_status(self, states: Mapping[str, str], reasons: Mapping[str, str], at_seconds: float) -> None:
        """What changed on the wall since the last call."""
        changed: dict[tuple[str, str], list[str]] = {}
        for site, state in states.items():
            before = self._states.get(site, state)
            if before != state:
                changed.setdefault((before, state), []).append(site)
        for (before, after), sites in changed.items():
            self._note(before, after, sites)
            words = f"{before} → {after}: {self._names(sites)}"
            reason = reasons.get(sites[0], "") if len(sites) == 1 and after != "up" else ""
            lag = self._lag(sites, at_seconds) if after == "down" else ""
            self._terminal.happened(at_seconds, "wall", words + (f" ({reason})" if reason else "") + lag, after)
        self._states = dict(states)

    def _note(self, before: str, after: str, sites: Sequence[str]) -> None:
        if after == "down":
            self.seen_down |= set(sites)
        if before == "down" and after == "up":
            self.seen_again |= set(sites)

    def _remember(self, fault: Fault, at_seconds: float, *, begins: bool) -> None:
        for site in fault.sites:
            if begins and fault.kind.truth.state == "down":
                self._outages[site] = at_seconds
            else:
                self._outages.pop(site, None)

    def _lag(self, sites: Sequence[str], at_seconds: float) -> str:
        began = [self._outages[site] for site in sites if site in self._outages]
        return f", {at_seconds - min(began):.0f} s after the fault" if began else ""

    def _names(self, sites: Sequence[str]) -> str:
        named = [title(self._sites[site]) for site in sites[:_NAMED] if site in self._sites]
        rest = len(sites) - len(named)
        return "; ".join(named) + (f" and {rest} more" if rest else "")
