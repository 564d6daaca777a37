"""Links of one provider that are lost together while their sites are reached otherwise: one incident tells of them."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from collector.incident import Cause, Clue, Confidence, Incident, Scope, Trouble
from collector.inventory.site import Inventory
from collector.judgement.clues import ClueKind
from collector.judgement.ledger import Draft, Ledger
from collector.judgement.links import judged_links
from collector.judgement.scene import LostLink, Scene
from collector.judgement.settings import JudgementSettings

_SECOND_NS = 1_000_000_000
_MOST = 0.8
"""Share of its sites with whose return a fault of many is over."""
_TOLD_CLUES = 16

Losses = Mapping[str, LostLink]
"""By site: its lost link of one provider."""


@dataclass(slots=True)
class Carrier:
    """A provider of which many links are lost; wall times in nanoseconds."""

    provider: str
    lost: dict[str, int] = field(default_factory=dict)
    """Since when, by site."""
    ended: dict[str, int] = field(default_factory=dict)
    clues: dict[str, Clue] = field(default_factory=dict)


class Carriers:
    """Call :meth:`turn` at each evaluation, then ask :meth:`tells_of`."""

    def __init__(
        self, inventory: Inventory, ledger: Ledger, known: Sequence[Incident], settings: JudgementSettings
    ) -> None:
        self._ledger = ledger
        self._settings = settings
        self._order = {site.id: place for place, site in enumerate(inventory.sites)}
        self._links = Counter(link.provider for site in inventory.sites for link in judged_links(site))
        self._within_ns = int(settings.fold_seconds * _SECOND_NS)
        self._rest_ns = int(settings.remainder_seconds * _SECOND_NS)
        self._open = {one.subject: _restored(one) for one in known if one.is_open and _is_ours(one)}

    def turn(self, scene: Scene) -> None:
        """One evaluation."""
        losses = _by_provider(scene)
        for provider in sorted({*losses, *self._open}):
            carrier, found = self._open.get(provider), losses.get(provider, {})
            down = next(self._incidents(provider, scene.now_ns, {Trouble.DOWN, Trouble.FLAPPING}), None)
            if down is not None:
                # Sites are lost with it: that incident tells of the links too.
                self._fold(carrier, down, scene.now_ns)
                continue
            if carrier is None and (together := self._together(provider, found)):
                carrier = self._open[provider] = Carrier(provider, together)
            if carrier is not None:
                self._go_on(carrier, found, scene)

    def tells_of(self, link: LostLink, now_ns: int) -> int | None:
        """The incident of the link's provider to which it was lost, as long as it lasts and a little longer."""
        for one in self._incidents(link.provider, now_ns, {Trouble.DOWN, Trouble.FLAPPING, Trouble.DEGRADED}):
            if link.since_ns >= one.began_ns - self._within_ns:
                return one.number
        return None

    def _incidents(self, provider: str, now_ns: int, troubles: Collection[Trouble]) -> Iterator[Incident]:
        """Those of a provider that last or are hardly over, and were not found to be part of another."""
        for one in self._ledger.lately():
            lasts = one.ended_ns is None or now_ns - one.ended_ns <= self._rest_ns
            ours = one.scope is Scope.PROVIDER and one.subject == provider and one.trouble in troubles
            if ours and lasts and one.folded_into is None:
                yield one

    def _fold(self, carrier: Carrier | None, into: Incident, now_ns: int) -> None:
        if carrier is None:
            return
        del self._open[carrier.provider]
        key = (Scope.PROVIDER, carrier.provider, Trouble.DEGRADED)
        if (folded := self._ledger.find(key, now_ns)) is not None:
            self._ledger.drop(folded, now_ns, ended_ns=now_ns, folded_into=into.number)

    def _together(self, provider: str, found: Losses) -> dict[str, int]:
        """The links that were lost with the newest of them, where they are enough for a fault of the provider."""
        newest_ns = max((link.since_ns for link in found.values()), default=0)
        lost = {site: link.since_ns for site, link in found.items() if newest_ns - link.since_ns <= self._within_ns}
        enough = max(self._settings.provider_sites, self._settings.provider_share * self._links[provider])
        return lost if provider and len(lost) >= enough else {}

    def _go_on(self, carrier: Carrier, found: Losses, scene: Scene) -> None:
        first_ns = min(carrier.lost.values())
        for site, link in found.items():
            if site in carrier.lost or link.since_ns >= first_ns - self._within_ns:
                carrier.lost.setdefault(site, link.since_ns)
                carrier.ended.pop(site, None)
                clue = Clue(kind=ClueKind.LINK_LOST, at_ns=link.since_ns, site=site, subject=link.name)
                carrier.clues.setdefault(site, clue)
        for site in carrier.lost:
            look = scene.looks.get(site)
            seen = look is None or (look.fresh and not (look.held and site not in found))
            if site not in found and seen:
                carrier.ended.setdefault(site, scene.now_ns)
        lasting = [site for site in carrier.lost if site not in carrier.ended]
        ends = sorted(carrier.ended.values())
        most = int(_MOST * len(carrier.lost))
        over = not lasting or (len(ends) >= most > 0 and scene.now_ns - ends[most - 1] > self._rest_ns)
        self._ledger.hold(self._draft(carrier, [] if over else lasting, scene), scene.now_ns)
        if over:
            del self._open[carrier.provider]

    def _draft(self, carrier: Carrier, lasting: list[str], scene: Scene) -> Draft:
        sites = sorted(carrier.lost, key=lambda site: self._order.get(site, len(self._order)))
        first_ns = min(carrier.lost.values())
        count = Clue(
            kind=ClueKind.LOST_TOGETHER, at_ns=first_ns, subject=carrier.provider, value=float(len(carrier.lost))
        )
        looks = [scene.looks.get(site) for site in sites]
        planned = all(look is not None and look.maintenance for look in looks)
        return Draft(
            scope=Scope.PROVIDER,
            subject=carrier.provider,
            trouble=Trouble.DEGRADED,
            cause=Cause.ISP,
            began_ns=first_ns,
            ended_ns=None if lasting else max((*carrier.ended.values(), first_ns)),
            confidence=Confidence.PROVISIONAL if lasting else Confidence.FINAL,
            sites=tuple(sites),
            still=tuple(site for site in sites if site in lasting),
            clues=(count, *carrier.clues.values())[:_TOLD_CLUES],
            silent_because="maintenance" if planned else "",
        )


def _is_ours(incident: Incident) -> bool:
    return incident.scope is Scope.PROVIDER and incident.trouble is Trouble.DEGRADED


def _restored(incident: Incident) -> Carrier:
    return Carrier(incident.subject, dict.fromkeys(incident.still or incident.sites, incident.began_ns))


def _by_provider(scene: Scene) -> dict[str, dict[str, LostLink]]:
    found: dict[str, dict[str, LostLink]] = {}
    for site in scene.linked:
        for link in scene.looks[site].lost_links:
            found.setdefault(link.provider, {})[site] = link
    return found
