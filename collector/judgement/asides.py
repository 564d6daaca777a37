"""Incidents beside outages: sites that serve badly, agents that cannot see or are not heard; it tells nobody."""

from collections.abc import Collection, Sequence

from collector.incident import Cause, Clue, Confidence, Incident, Scope, Trouble
from collector.inventory.site import Inventory
from collector.judgement.attribution import RULES_OF_LOSS, cause_of, clues_of_loss
from collector.judgement.carriers import Carriers
from collector.judgement.clues import ClueKind
from collector.judgement.ledger import Draft, Ledger
from collector.judgement.notes import Notes
from collector.judgement.scene import Blind, Look, Scene
from collector.judgement.settings import JudgementSettings
from collector.judgement.unreported import Place, Unreported, is_of_reports

_SECOND_NS = 1_000_000_000


class Asides:
    """What lasts of each kind, by its subject."""

    def __init__(
        self,
        inventory: Inventory,
        ledger: Ledger,
        notes: Notes,
        known: Sequence[Incident],
        settings: JudgementSettings,
    ) -> None:
        self._ledger = ledger
        self._notes = notes
        self._carriers = Carriers(inventory, ledger, known, settings)
        self._settings = settings
        lasting = [incident for incident in known if incident.is_open]
        self._degraded = {one.subject: one.began_ns for one in lasting if _is_sites(one)}
        self._unreported = Unreported(inventory, ledger, known, settings)
        silent = (one for one in lasting if one.trouble is Trouble.SILENT and not is_of_reports(one))
        self._unseen = {(one.scope, one.subject): one for one in silent}

    def turn(self, scene: Scene, lost: Collection[str]) -> None:
        """One evaluation; ``lost`` are the sites that are down."""
        if scene.linked:
            self._carriers.turn(scene)
        for site, look in scene.looks.items():
            if look.degraded_since_ns is not None or site in self._degraded:
                self._degrade(site, look, site in lost, scene.now_ns)
        told_of = self._unreported.turn(scene)
        told = {self._see(draft, scene.now_ns) for draft in self._blinded(scene)}
        told |= {
            self._miss(agent, *seen, scene.now_ns) for agent, seen in scene.silent.items() if seen[0] not in told_of
        }
        for known in [known for known in self._unseen if known not in told]:
            self._heard(self._unseen.pop(known), scene.now_ns)

    def _degrade(self, site: str, look: Look, lost: bool, now_ns: int) -> None:
        if look.lost_links and self._told_by_carrier(site, look, now_ns):
            return
        began_ns = self._degraded.get(site)
        if began_ns is None:
            if lost or look.degraded_since_ns is None:
                return
            began_ns = self._degraded[site] = look.degraded_since_ns
        over = lost or (look.fresh and look.degraded_since_ns is None and not look.held)
        if over:
            del self._degraded[site]
        cause, clues = self._cause(site, look, began_ns, now_ns)
        self._ledger.hold(
            Draft(
                scope=Scope.SITE,
                subject=site,
                trouble=Trouble.DEGRADED,
                cause=cause,
                began_ns=began_ns,
                clues=clues,
                ended_ns=max(now_ns, began_ns) if over else None,
                confidence=Confidence.FINAL if over else Confidence.PROVISIONAL,
                sites=(site,),
                still=() if over else (site,),
                silent_because="maintenance" if look.maintenance else "",
            ),
            now_ns,
        )

    def _cause(self, site: str, look: Look, began_ns: int, now_ns: int) -> tuple[Cause, tuple[Clue, ...]]:
        """A link that is lost is its line's fault, unless its provider is known to be down; loss is where it begins."""
        if not look.lost_links:
            notes = self._notes.of(site)
            return cause_of(clues_of_loss(site, began_ns, look.loss_ratio, notes, now_ns), RULES_OF_LOSS)
        told = all(self._carriers.tells_of(link, now_ns) for link in look.lost_links)
        return Cause.ISP if told else Cause.ACCESS_LINK, tuple(
            Clue(kind=ClueKind.LINK_LOST, at_ns=link.since_ns, site=site, subject=link.name) for link in look.lost_links
        )

    def _told_by_carrier(self, site: str, look: Look, now_ns: int) -> bool:
        """Whether an incident of a provider tells of all that is wrong: then the site's own ends in it."""
        numbers = [self._carriers.tells_of(link, now_ns) for link in look.lost_links]
        if look.lossy or None in numbers:
            return False
        if self._degraded.pop(site, None) is not None:
            own = self._ledger.find((Scope.SITE, site, Trouble.DEGRADED), now_ns)
            if own is not None:
                self._ledger.drop(own, now_ns, ended_ns=now_ns, folded_into=numbers[0])
        return True

    def _blinded(self, scene: Scene) -> list[Draft]:
        """Agents that cannot see, for long enough, or that look at other sites and are not heard."""
        blind_ns = int(self._settings.blind_seconds * _SECOND_NS)
        return [_blind(one, scene) for one in scene.blind if one.silent or scene.now_ns - one.since_ns >= blind_ns]

    def _miss(self, agent: str, site: str, since_ns: int, now_ns: int) -> Place:
        """An agent that is not heard, for days perhaps, while its site is well: the same each second."""
        known = self._unseen.get((Scope.AGENT, agent))
        if known is not None and known.began_ns <= since_ns and known.cause is Cause.AGENT:
            return known.scope, known.subject
        clue = Clue(kind=ClueKind.AGENT_SILENT, at_ns=since_ns, site=site, subject=agent)
        draft = Draft(
            scope=Scope.AGENT,
            subject=agent,
            trouble=Trouble.SILENT,
            cause=Cause.AGENT,
            began_ns=since_ns,
            clues=(clue,),
        )
        return self._see(draft, now_ns)

    def _see(self, draft: Draft, now_ns: int) -> Place:
        self._unseen[draft.scope, draft.subject] = self._ledger.hold(draft, now_ns)
        return draft.scope, draft.subject

    def _heard(self, incident: Incident, now_ns: int) -> None:
        draft = Draft(
            scope=incident.scope,
            subject=incident.subject,
            trouble=incident.trouble,
            cause=incident.cause,
            began_ns=incident.began_ns,
            ended_ns=now_ns,
            confidence=Confidence.FINAL,
            sites=incident.sites,
            clues=incident.clues,
        )
        self._ledger.hold(draft, now_ns, incident.number)


def _is_sites(incident: Incident) -> bool:
    return incident.scope is Scope.SITE and incident.trouble is Trouble.DEGRADED


def _blind(one: Blind, scene: Scene) -> Draft:
    """Where nobody else looks, it is the whole province that is not seen."""
    kind = ClueKind.AGENT_SILENT if one.silent else ClueKind.ANCHORS_LOST
    unseen = tuple(site for site, look in scene.looks.items() if not look.fresh) if one.alone else ()
    return Draft(
        scope=Scope.PROVINCE if one.alone else Scope.AGENT,
        subject=one.site if one.alone else one.agent,
        trouble=Trouble.SILENT,
        cause=Cause.AGENT if one.silent else Cause.PROVINCE,
        began_ns=one.since_ns,
        sites=unseen,
        still=unseen,
        clues=(Clue(kind=kind, at_ns=one.since_ns, site=one.site, subject=one.agent),),
    )
