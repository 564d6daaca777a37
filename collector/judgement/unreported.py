"""Reports of nearly all sites, or of one provider's, that stop arriving at once: one incident; it asks no agent."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from collector.incident import Cause, Clue, Confidence, Incident, Scope, Trouble
from collector.inventory.site import Inventory
from collector.judgement.clues import ClueKind
from collector.judgement.folding import Seen
from collector.judgement.ledger import Draft, Ledger
from collector.judgement.parts import EVERYWHERE
from collector.judgement.scene import Scene
from collector.judgement.settings import JudgementSettings

_SECOND_NS = 1_000_000_000
_AT_ONCE_NS = 30 * _SECOND_NS
_REPORT_NS = 20 * _SECOND_NS
"""Agents report every ten seconds or twenty."""
_BACK_NS = 60 * _SECOND_NS
"""Within this time of the return of a line every agent has tried again."""

Place = tuple[Scope, str]
EVERYBODY: Place = (Scope.PROVINCE, EVERYWHERE)


@dataclass(slots=True)
class Hush:
    """Sites whose reports stopped together; wall times in nanoseconds."""

    trouble: Trouble
    began_ns: int
    sites: tuple[str, ...]
    back: dict[str, int] = field(default_factory=dict)
    """Since when they are heard again."""

    def grow(self, sites: Iterable[str]) -> None:
        """Others were lost while these fell silent, and are silent since they returned."""
        if 2 * len(self.back) < len(self.sites):
            self.sites = tuple(dict.fromkeys((*self.sites, *sites)))

    def is_over(self, now_ns: int, rest_ns: int) -> bool:
        """All are back, or most, and no other has come for a while: what is left is silent for another reason."""
        most = 2 * len(self.back) >= len(self.sites)
        return len(self.back) == len(self.sites) or (most and now_ns - max(self.back.values()) > rest_ns)


class Unreported:
    """Call :meth:`turn` at each evaluation: it gives the sites of whose silence nobody need tell one by one."""

    def __init__(
        self, inventory: Inventory, ledger: Ledger, known: Sequence[Incident], settings: JudgementSettings
    ) -> None:
        self._ledger = ledger
        self._settings = settings
        self._provider = {site.id: site.provider for site in inventory.sites}
        self._order = {site.id: place for place, site in enumerate(inventory.sites)}
        self._blind_ns = 0
        self._open = {
            (one.scope, one.subject): Hush(one.trouble, one.began_ns, one.still)
            for one in known
            if one.is_open and is_of_reports(one)
        }

    def turn(self, scene: Scene) -> frozenset[str]:
        """One evaluation."""
        if scene.blind:
            self._blind_ns = scene.now_ns
        if len(scene.reports.unheard) >= self._settings.blind_sites and scene.now_ns - self._blind_ns > _BACK_NS:
            self._look(scene)
        # Our own side comes first: it takes those of providers with it.
        for place in sorted(self._open, key=lambda place: place != EVERYBODY):
            if place in self._open:
                self._go_on(place, self._open[place], scene)
        return frozenset(site for hush in self._open.values() for site in hush.sites if site not in hush.back)

    def _look(self, scene: Scene) -> None:
        """Whether what stopped last is nearly all that was heard until then."""
        unheard = {site: at_ns for site, at_ns in scene.reports.unheard.items() if _matters(site, at_ns, scene)}
        for place, hush in self._open.items():
            late = (
                site for site in unheard if scene.looks[site].since_ns >= hush.began_ns and self._is_at(site, place)
            )
            hush.grow(self._ordered(late))
        newest_ns = max(unheard.values(), default=0)
        unheard = {site: at_ns for site, at_ns in unheard.items() if newest_ns - at_ns <= _AT_ONCE_NS}
        # Who was not heard since either is about to be unheard too: else it would have reported again by now.
        later = {site for site, at_ns in scene.reports.heard.items() if at_ns > newest_ns + _REPORT_NS}
        waiting = ((site, at_ns) for site, at_ns in scene.reports.heard.items() if site not in later)
        mute = unheard | {site: at_ns for site, at_ns in waiting if _matters(site, at_ns, scene)}
        for place, sites in self._places(mute, later):
            known = sum(site in unheard for site in sites)
            if place not in self._open and EVERYBODY not in self._open and 2 * known >= len(sites):
                self._open[place] = self._begun(sites, mute, scene)

    def _is_at(self, site: str, place: Place) -> bool:
        return place == EVERYBODY or self._provider.get(site) == place[1]

    def _places(self, mute: Collection[str], heard: Collection[str]) -> Iterator[tuple[Place, list[str]]]:
        """Our own side, or each provider, where so large a share is not heard."""
        settings = self._settings
        if len(mute) >= max(settings.blind_sites, settings.blind_share * (len(mute) + len(heard))):
            yield EVERYBODY, list(mute)
            return
        well = Counter(self._provider.get(site, "") for site in heard)
        lost: dict[str, list[str]] = {}
        for site in mute:
            lost.setdefault(self._provider.get(site, ""), []).append(site)
        for provider, sites in sorted(lost.items()):
            share = settings.blind_share * (len(sites) + well[provider])
            if provider and len(sites) >= max(settings.blind_sites, share):
                yield (Scope.PROVIDER, provider), sites

    def _begun(self, sites: Collection[str], mute: Mapping[str, int], scene: Scene) -> Hush:
        """Where nobody else looks at most of the sites, nothing is known of them, which is worse."""
        unseen = sum(scene.looks[site].at_ns <= mute[site] for site in sites)
        trouble = Trouble.SILENT if 2 * unseen > len(sites) else Trouble.UNREPORTED
        return Hush(trouble, min(mute[site] for site in sites), self._ordered(sites))

    def _ordered(self, sites: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(sites, key=lambda site: self._order.get(site, len(self._order))))

    def _go_on(self, place: Place, hush: Hush, scene: Scene) -> None:
        scope, subject = place
        for site in hush.sites:
            if site in scene.reports.heard:
                hush.back.setdefault(site, scene.now_ns)
            else:
                hush.back.pop(site, None)
        over = hush.is_over(scene.now_ns, int(self._settings.remainder_seconds * _SECOND_NS))
        count = float(len(hush.sites))
        incident = self._ledger.hold(
            Draft(
                scope=scope,
                subject=subject,
                trouble=hush.trouble,
                cause=Cause.PROVINCE if scope is Scope.PROVINCE else Cause.ISP,
                began_ns=hush.began_ns,
                ended_ns=scene.now_ns if over else None,
                confidence=Confidence.FINAL if over else Confidence.PROVISIONAL,
                sites=hush.sites,
                still=() if over else hush.sites,
                clues=(Clue(kind=ClueKind.REPORTS_MISSING, at_ns=hush.began_ns, subject=subject, value=count),),
            ),
            scene.now_ns,
        )
        if over:
            del self._open[place]
        for other in [other for other in self._open if place == EVERYBODY != other]:
            folded = self._ledger.find((*other, self._open.pop(other).trouble), scene.now_ns)
            if folded is not None:
                self._ledger.drop(folded, scene.now_ns, ended_ns=scene.now_ns, folded_into=incident.number)


def is_of_reports(incident: Incident) -> bool:
    """Whether it is one of these; where nothing is seen of the province, the subject is the site that looks."""
    silent = incident.trouble is Trouble.SILENT and incident.scope is not Scope.AGENT
    return incident.trouble is Trouble.UNREPORTED or (
        silent and (incident.scope is Scope.PROVIDER or incident.subject == EVERYWHERE)
    )


def _matters(site: str, heard_ns: int, scene: Scene) -> bool:
    """A site that is lost, or has hardly returned, is silent because of that."""
    look = scene.looks.get(site)
    if look is None or look.seen is not Seen.WELL:
        return False
    return look.at_ns <= heard_ns or scene.now_ns - look.since_ns >= _BACK_NS
