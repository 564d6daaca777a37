"""Incidents from the outages of sites: which are open, which ended, and what is held of each; it tells nobody."""

from collections.abc import Iterable, Sequence

from collector.incident import Confidence, Incident, Scope, Trouble
from collector.inventory.site import Inventory
from collector.judgement.asides import Asides
from collector.judgement.cases import Cases
from collector.judgement.causes import Causes
from collector.judgement.clues import ClueKind
from collector.judgement.groups import Case, Group
from collector.judgement.ledger import Draft, Ledger
from collector.judgement.notes import Notes
from collector.judgement.parts import parts_of
from collector.judgement.past import PastOutage
from collector.judgement.scene import Scene
from collector.judgement.settings import JudgementSettings
from collector.judgement.settling import Settling


class Casebook:
    """Call :meth:`turn` at each evaluation; write ``ledger.unwritten()`` to the journal after it."""

    def __init__(
        self,
        inventory: Inventory,
        notes: Notes,
        known: Sequence[Incident],
        next_number: int,
        settings: JudgementSettings,
    ) -> None:
        """``known``: from the journal, the newest versions of incidents that are open or ended lately."""
        self._order = {site.id: place for place, site in enumerate(inventory.sites)}
        self._cases = Cases(parts_of(inventory), settings)
        self.ledger = Ledger(known, next_number, settings)
        self._causes = Causes(inventory, notes, settings, self.ledger.lately)
        self._settling = Settling(self._cases, self._causes, self.ledger, settings)
        self._past: list[Case] = []
        self._asides = Asides(inventory, self.ledger, notes, known, settings)
        for incident in known:
            self._restore(incident)
        self._settling.part_again(known)

    def held_down(self) -> frozenset[str]:
        """Sites that an open incident holds down: at a start they are not taken for well before they are seen."""
        return frozenset(self._cases.lasting)

    def lost_links(self) -> frozenset[tuple[str, str]]:
        """By site and name: links that open incidents tell of."""
        clues = (clue for incident in self.ledger.open() for clue in incident.clues)
        return frozenset((clue.site, clue.subject) for clue in clues if clue.kind == ClueKind.LINK_LOST)

    def turn(self, scene: Scene) -> tuple[Incident, ...]:
        """One evaluation; gives the newest version of each open incident, oldest first."""
        turn = self._cases.update(scene, self._causes)
        for group in self._cases.groups:
            if group.due(scene.now_ns):
                self._hold_group(group, scene)
        for number, group in turn.folded:
            folded = self.ledger.get(number)
            self.ledger.drop(folded, scene.now_ns, ended_ns=scene.now_ns, folded_into=group.number)
        for group in turn.over:
            self._hold_group(group, scene)
        for case in turn.ended:
            if case.group is None and case.number is not None:
                self._hold_site(case, scene)
        for case in self._cases.lasting.values():
            if case.group is None and case.site not in turn.waiting and case.due(scene.now_ns):
                self._hold_site(case, scene)
        while self._past:
            self._settling.hold_past(self._past.pop(0), scene)
        self._settling.turn(scene)
        self._asides.turn(scene, self._cases.lasting)
        self.ledger.forget(scene.now_ns)
        return self.ledger.open()

    def backdate(self, site: str, began_ns: int, lost_ns: int) -> None:
        """A backlog shows that an outage which lasts began earlier."""
        self._cases.backdate(site, began_ns, lost_ns)

    def past(self, outage: PastOutage) -> None:
        """A backlog shows an outage that is over; nobody is called for it."""
        case = Case(outage.site, outage.began_ns, outage.began_ns)
        case.ended_ns = outage.ended_ns
        self._past.append(case)

    def _restore(self, incident: Incident) -> None:
        if incident.trouble not in {Trouble.DOWN, Trouble.FLAPPING}:
            return
        if incident.is_open:
            self._cases.restore(incident)
        elif incident.confidence is Confidence.PROVISIONAL:
            self._settling.restore(incident)

    def _hold_site(self, case: Case, scene: Scene) -> None:
        cause, clues = self._causes.of_site(case, scene)
        lasts = case.ended_ns is None
        incident = self.ledger.hold(
            Draft(
                scope=Scope.SITE,
                subject=case.site,
                trouble=Trouble.DOWN,
                cause=cause,
                began_ns=case.began_ns,
                ended_ns=case.ended_ns,
                sites=(case.site,),
                still=(case.site,) if lasts else (),
                clues=clues,
                silent_because="maintenance" if self._maintained((case.site,), scene) else "",
            ),
            scene.now_ns,
            case.number,
        )
        case.number = incident.number
        self._settling.wait(incident.number, [] if lasts else [case])

    def _hold_group(self, group: Group, scene: Scene) -> None:
        cause, clues = self._causes.of_group(group, scene)
        lasting = group.lasting()
        sites = self._ordered(group.cases)
        ends = [case.ended_ns for case in group.cases.values() if case.ended_ns is not None]
        incident = self.ledger.hold(
            Draft(
                scope=group.part.scope,
                subject=group.part.subject,
                trouble=Trouble.DOWN,
                cause=cause,
                began_ns=min(case.began_ns for case in group.cases.values()),
                ended_ns=None if lasting else max(ends),
                sites=sites,
                still=self._ordered(case.site for case in lasting),
                clues=clues,
                silent_because="maintenance" if self._maintained(sites, scene) else "",
            ),
            scene.now_ns,
            group.number,
        )
        group.number = incident.number
        self._settling.wait(incident.number, [] if lasting else list(group.cases.values()), group.parted)

    def _maintained(self, sites: Iterable[str], scene: Scene) -> bool:
        return all((look := scene.looks.get(site)) is not None and look.maintenance for site in sites)

    def _ordered(self, sites: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(sites, key=lambda site: self._order.get(site, len(self._order))))
