"""Outages that come to light when they are over, from backlogs of agents outside and inside; it tells nobody."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from collector.arrival import Arrival
from collector.judgement.diary import Runs
from collector.judgement.evidence import Run
from collector.judgement.notes import Notes, SiteNotes
from collector.judgement.outlook import Outlook
from collector.judgement.past import Past, PastOutage
from collector.judgement.quiet import Quiet
from collector.judgement.settings import JudgementSettings
from collector.judgement.spans import Span, Spans
from collector.judgement.whereabouts import CORE, FIRST_HOP, LAN

_SECOND_NS = 1_000_000_000
_WAIT_NS = 90 * _SECOND_NS
"""So long after a site's backlog began to arrive, what the province kept has arrived too."""
_LEAST_NS = 60 * _SECOND_NS
"""Looks at the line lie half a minute apart: three of them lost."""
_STARTS_NS = 60 * _SECOND_NS
_ALWAYS_NS = 1 << 63
_GLANCE_NS = 25 * _SECOND_NS
"""Who could see for no longer had no time to find a site lost."""

Struck = Callable[[str, int, int], bool]


class Hindsight:
    """Ask :meth:`take` of each run from outside; say :meth:`hear` before its agent is heard, and ask :meth:`turn`."""

    def __init__(
        self, notes: Notes, outlook: Outlook, quiet: Quiet, struck: Struck, settings: JudgementSettings
    ) -> None:
        """``struck`` says whether an incident of a site overlaps a closed interval."""
        self._notes = notes
        self._outlook = outlook
        self._quiet = quiet
        self._struck = struck
        self._past = Past(settings)
        self._gap_ns = int(settings.inside_gap_seconds * _SECOND_NS)
        self._due: dict[str, int] = {}

    def take(self, run: Run) -> PastOutage | None:
        """What a run from outside brings to light that nobody knows yet: an outage, or when one that lasts began."""
        found = self._past.take(run, self._outlook.began)
        if found is None or self._notes.of(self._quiet.where.get(run.agent, "")).lost_outside(
            found.began_ns, found.lost_ns
        ):
            return None
        if found.ended_ns is None:
            return found
        hidden = self._outlook.another_way(run, found.began_ns, found.ended_ns) or self._past.answered_amid(
            run, found.began_ns, found.ended_ns
        )
        return None if hidden or self._struck(found.site, found.began_ns, found.ended_ns) else found

    def hear(self, arrival: Arrival, site: str) -> None:
        """A batch of the agent that stands at a site: after a silence it hands over what it kept."""
        before_ns = self._quiet.heard_ns(arrival.agent)
        if before_ns and arrival.received_wall_ns - before_ns > _LEAST_NS:
            self._due[site] = arrival.received_wall_ns + _WAIT_NS

    def turn(self, now_ns: int) -> Iterator[PastOutage]:
        """Outages that only the site's own agent saw, because nobody who looks from outside could see."""
        if not self._due:
            return
        observers = [self._quiet.where.get(agent, "") for agent in self._outlook.observers()]
        for site in [site for site, at_ns in self._due.items() if at_ns <= now_ns]:
            agents = sorted(self._quiet.agents(site))
            if any(self._quiet.spool_oldest_ns(agent) is not None for agent in agents):
                self._due[site] = now_ns + _WAIT_NS
                continue
            del self._due[site]
            for bad, ended_ns in self._cuts(self._notes.of(site)) if agents else ():
                known = self._struck(site, bad.first_ns, ended_ns)
                if not known and all(self._is_unseen(self._notes.of(one), bad) for one in observers):
                    yield PastOutage(site, agents[0], bad.first_ns, ended_ns, bad.last_ns)

    def _cuts(self, notes: SiteNotes) -> Iterator[tuple[Span, int]]:
        """When nothing behind the router was reached, or not the router that was then restarted, or both were off."""
        for bad, ended_ns in self._over(notes, FIRST_HOP):
            behind = [one for level in (FIRST_HOP, CORE) for one in _within(notes, level, bad)]
            home = list(_within(notes, LAN, bad))
            if not any(one.good for one in behind) and home and all(one.good for one in home):
                yield bad, ended_ns
        for bad, ended_ns in self._over(notes, LAN):
            if _restarted(notes.diary.routers.values(), Span(good=False, first_ns=bad.first_ns, last_ns=ended_ns)):
                yield bad, ended_ns

        for before, after in _pairs(notes, LAN):
            dark = Span(good=False, first_ns=before.last_ns, last_ns=after.first_ns)
            machines = [notes.diary.routers.values(), notes.diary.hosts.values()]
            long = before.good and after.good and dark.last_ns - dark.first_ns > _LEAST_NS
            if long and all(_restarted(runs, dark) for runs in machines):
                yield dark, dark.last_ns

    def _over(self, notes: SiteNotes, level: str) -> Iterator[tuple[Span, int]]:
        """Long times in which something was missed, with when it was back, where it was looked at all the while."""
        for bad, after in _pairs(notes, level):
            back = after.good and after.first_ns - bad.last_ns <= self._gap_ns
            if not bad.good and back and bad.last_ns - bad.first_ns >= _LEAST_NS:
                yield bad, after.first_ns

    def _is_unseen(self, observer: SiteNotes, bad: Span) -> bool:
        """Whether who looks from there had lost its own surroundings meanwhile, or was not there."""
        levels = {level for level, _ in observer.inside} - {LAN}
        good = (one for level in levels for one in _within(observer, level, bad) if one.good)
        return bool(levels) and sum(one.last_ns - one.first_ns for one in good) < _GLANCE_NS


def _of(notes: SiteNotes, level: str) -> Iterable[Spans]:
    return [spans for (at, _), spans in notes.inside.items() if at == level]


def _pairs(notes: SiteNotes, level: str) -> Iterator[tuple[Span, Span]]:
    for spans in _of(notes, level):
        yield from pairwise(spans.within(0, _ALWAYS_NS))


def _restarted(machines: Iterable[Runs], span: Span) -> bool:
    """Whether one of them was started within a time, or a little later: uptimes and clocks differ."""
    return any(runs.restarted(span.first_ns, span.last_ns + _STARTS_NS) is not None for runs in machines)


def _within(notes: SiteNotes, level: str, span: Span) -> Iterator[Span]:
    for spans in _of(notes, level):
        yield from spans.within(span.first_ns, span.last_ns)
