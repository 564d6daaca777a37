"""Reports of nearly all sites, or of one provider's, that stop arriving at once: one incident; it asks no agent."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
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


@dataclass(slots=True)
class Hush:
    """Sites whose reports stopped together; wall times in nanoseconds."""

    trouble: Trouble
    began_ns: int
    sites: tuple[str, ...]
    back: dict[str, int] = field(default_factory=dict)
    """Since when they are heard again."""

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
        for place, hush in list(self._open.items()):
            self._go_on(place, hush, scene)
        return frozenset(site for hush in self._open.values() for site in hush.sites if site not in hush.back)

    def _look(self, scene: Scene) -> None:
        """Whether what stopped last is nearly all that was heard until then."""
        unheard = {site: at_ns for site, at_ns in scene.reports.unheard.items() if _matters(site, at_ns, scene)}
        newest_ns = max(unheard.values(), default=0)
        unheard = {site: at_ns for site, at_ns in unheard.items() if newest_ns - at_ns <= _AT_ONCE_NS}
        # Who was not heard since either is about to be unheard too: else it would have reported again by now.
        later = {site for site, at_ns in scene.reports.heard.items() if at_ns > newest_ns + _REPORT_NS}
        waiting = ((site, at_ns) for site, at_ns in scene.reports.heard.items() if site not in later)
        mute = unheard | {site: at_ns for site, at_ns in waiting if _matters(site, at_ns, scene)}
        told = {site for hush in self._open.values() for site in hush.sites}
        for place, sites in self._places(mute, later):
            known = sum(site in unheard for site in sites)
            if place not in self._open and not told.issuperset(sites) and 2 * known >= len(sites):
                self._open[place] = self._begun(sites, mute, scene)

    def _places(self, mute: Collection[str], heard: Collection[str]) -> Iterator[tuple[Place, list[str]]]:
        """Our own side, or each provider, where so large a share is not heard."""
        settings = self._settings
        if len(mute) >= max(settings.blind_sites, settings.blind_share * (len(mute) + len(heard))):
            yield (Scope.PROVINCE, EVERYWHERE), list(mute)
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
        ordered = sorted(sites, key=lambda site: self._order.get(site, len(self._order)))
        return Hush(trouble, min(mute[site] for site in sites), tuple(ordered))

    def _go_on(self, place: Place, hush: Hush, scene: Scene) -> None:
        scope, subject = place
        for site in hush.sites:
            if site in scene.reports.heard:
                hush.back.setdefault(site, scene.now_ns)
            else:
                hush.back.pop(site, None)
        over = hush.is_over(scene.now_ns, int(self._settings.remainder_seconds * _SECOND_NS))
        count = float(len(hush.sites))
        self._ledger.hold(
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
