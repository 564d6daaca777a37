"""What is seen of the links that the inventory tells apart; of sites without such it knows nothing."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from collector.inventory.site import Inventory, Site
from collector.journal.journal import LinkChange
from collector.judgement.evidence import Evidence, Run, extend, interrupted
from collector.judgement.judge import Standing, restored
from collector.judgement.links import LinkFacts, judge_link, judged_links
from collector.judgement.outlook import Fresh, Outlook
from collector.judgement.settings import JudgementSettings
from collector.judgement.spans import Spans
from collector.picture import LinkView, State, Verdict
from shared.wire.reading import Outcome

_SECOND_NS = 1_000_000_000
_WITNESSES = 16
"""Targets of a site's own agents by which is known that they could see."""
_WELL = frozenset({State.UP, State.DEGRADED})

Known = Mapping[tuple[str, str], Verdict]
"""By site and link."""
Lost = Collection[tuple[str, str]]
WorkedOn = Callable[[Site, str, int], int | None]
"""Until when, in wall nanoseconds, somebody works on a link of a site at a time; None where nobody does."""


def nobody(_site: Site, _link: str, _now_ns: int) -> int | None:
    """Nobody works on any."""
    return None


@dataclass(slots=True)
class Line:
    """The links of one site."""

    site: Site
    link_of: Mapping[str, str]
    """By target."""
    rest: str
    """The main link, which has all that is seen of the site and that no link names; empty where it names its own."""
    seen: dict[str, dict[tuple[str, str, str], Evidence]] = field(default_factory=dict)
    """By link, then by agent, check and target."""
    inside: dict[tuple[str, str], Spans] = field(default_factory=dict)
    """By agent of the site and target: when it was reached."""
    worked: dict[str, int] = field(default_factory=dict)
    """By link: when somebody worked on it last."""
    standing: dict[str, Standing] = field(default_factory=dict)
    """As it was written last, by link."""
    judged: tuple[str, ...] = ()
    """Names of the links of which there can be evidence."""


class Lines:
    """Evidence and standings of links: :meth:`judge` each of ``sites``, then say :meth:`written`."""

    def __init__(
        self, inventory: Inventory, outlook: Outlook, settings: JudgementSettings, worked_on: WorkedOn
    ) -> None:
        self._worked_on = worked_on
        self._outlook = outlook
        self._settings = settings
        self._roles = frozenset(settings.vantage_roles)
        found = (line for site in inventory.sites if (line := _line(site)) is not None)
        self._lines = {line.site.id: line for line in found}
        self.sites = tuple(line.site for line in self._lines.values())
        self.names = tuple(self._lines)
        self._next: dict[str, dict[str, Standing]] = {}

    def restore(self, known: Known, lost: Lost) -> None:
        """What an earlier run held, from the journal; ``lost``: links that an open incident tells of."""
        for (site, link), verdict in known.items():
            if site in self._lines and link in self._lines[site].judged:
                held = (site, link) in lost and verdict.state not in _WELL
                self._lines[site].standing[link] = restored(verdict, lost=held)

    def take(self, run: Run, *, outside: bool, late: bool) -> None:
        """A run of a check and target, which counts; ``late`` where there is a newer one."""
        reading, line = run.reading, self._lines.get(run.reading.site)
        if line is None:
            return
        if not outside:
            self._witness(line, run)
        link = line.link_of.get(reading.target)
        if link is None and outside and reading.role in self._roles:
            link = line.rest
        if not link or late:
            return
        seen = line.seen.setdefault(link, {})
        key = (run.agent, reading.check, reading.target)
        before = seen.get(key)
        if outside:
            after = self._outlook.weigh(before, run)
        else:
            after = extend(None if before is not None and interrupted(before, run) else before, run, self._settings)
        if after is not None:
            seen[key] = after

    def forget(self, agent: str, check: str, target: str, site: str) -> None:
        """A target was moved to another site: what was seen of it says nothing of this one's links."""
        line = self._lines.get(site)
        for seen in line.seen.values() if line is not None else ():
            seen.pop((agent, check, target), None)

    def judge(self, site: str, fresh: Fresh, until_ns: int | None, now_wall_ns: int) -> Mapping[str, Standing]:
        """The links of a site anew, by name; ``until_ns``: until when somebody works at the site."""
        line, settings = self._lines[site], self._settings
        facts = {
            name: LinkFacts(tuple(self._believed(line, name, fresh)), self._until(line, name, until_ns, now_wall_ns))
            for name in line.judged
        }
        self._next[site] = {
            name: judge_link(line.standing.get(name), facts[name], now_wall_ns, settings) for name in line.judged
        }
        return self._next[site]

    def views(self) -> Mapping[str, tuple[LinkView, ...]]:
        """What was judged last, by site; written or not."""
        return {
            site: tuple(
                LinkView(link=link, verdict=standing[link.name].verdict)
                for link in self._lines[site].site.links
                if link.name in standing
            )
            for site, standing in self._next.items()
        }

    def changes(self) -> Iterator[LinkChange]:
        """What is not in the journal yet."""
        for site, standing in self._next.items():
            for link, one in standing.items():
                before = self._lines[site].standing.get(link)
                state = before.verdict.state if before is not None else State.UNKNOWN
                if one.verdict.state is not state:
                    yield site, link, one.verdict.since_ns, state, one.verdict.state, one.verdict.reason

    def written(self) -> None:
        """What was judged last is in the journal."""
        for site, standing in self._next.items():
            self._lines[site].standing = standing

    def _until(self, line: Line, link: str, of_site_ns: int | None, now_wall_ns: int) -> int | None:
        """What was worked on starts again, and is looked at: it is not lost a moment after the work."""
        until_ns = of_site_ns if of_site_ns is not None else self._worked_on(line.site, link, now_wall_ns)
        if until_ns is not None:
            line.worked[link] = now_wall_ns
            return until_ns
        grace_ns = line.worked.get(link, 0) + int(self._settings.maintenance_grace_seconds * _SECOND_NS)
        return grace_ns if now_wall_ns < grace_ns else None

    def _witness(self, line: Line, run: Run) -> None:
        key = (run.agent, run.reading.target)
        spans = line.inside.get(key)
        if spans is None:
            if len(line.inside) >= _WITNESSES:
                return
            spans = line.inside[key] = Spans(int(self._settings.inside_gap_seconds * _SECOND_NS))
        spans.see(run.wall_ns, run.reading.outcome is Outcome.OK)

    def _believed(self, line: Line, link: str, fresh: Fresh) -> Iterator[Evidence]:
        at_home = {agent for agent, _ in line.inside}
        for key, one in line.seen.get(link, {}).items():
            if not fresh(key, one.last_monotonic_ns):
                continue
            if one.agent in at_home:
                yield one if one.good or _could_see(line, link, one) else replace(one, vouched=False)
            elif (believed := self._outlook.believed(one)) is not None:
                yield believed


def _could_see(line: Line, link: str, evidence: Evidence) -> bool:
    """Whether the site's own agent reached something else meanwhile: where it did not, its own cable may be out."""
    return any(
        span.good
        for (agent, target), spans in line.inside.items()
        if agent == evidence.agent and line.link_of.get(target) != link
        for span in spans.within(evidence.first_wall_ns, evidence.last_wall_ns)
    )


def _line(site: Site) -> Line | None:
    if not judged_links(site):
        return None
    link_of = {target: link.name for link in site.links for target in link.targets}
    main = site.links[0]
    judged = tuple(link.name for link in judged_links(site))
    return Line(site, link_of, "" if main.targets else main.name, judged=judged)
