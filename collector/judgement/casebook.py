"""Incidents from the outages of sites: which are open, which ended, and what is held of each; it tells nobody."""

from collections.abc import Iterable, Sequence

import msgspec

from collector.incident import Confidence, Incident, Scope, Trouble
from collector.inventory.site import Inventory
from collector.judgement.asides import Asides
from collector.judgement.cases import Cases
from collector.judgement.causes import Causes
from collector.judgement.clues import ClueKind
from collector.judgement.groups import SHOWN_SITES, Case, Group
from collector.judgement.ledger import Draft, Ledger
from collector.judgement.notes import Notes
from collector.judgement.parts import parts_of
from collector.judgement.past import PastOutage
from collector.judgement.resumption import parted_from
from collector.judgement.scene import Scene
from collector.judgement.settings import JudgementSettings

_SECOND_NS = 1_000_000_000
_ASKED_NS = 10 * _SECOND_NS
"""What waits for its last word, for a month perhaps, is asked once in each of these on the clock."""


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
        self._settings = settings
        self._order = {site.id: place for place, site in enumerate(inventory.sites)}
        self._cases = Cases(parts_of(inventory), settings)
        self.ledger = Ledger(known, next_number, settings)
        self._causes = Causes(inventory, notes, settings, self.ledger.lately)
        self._awaiting: dict[int, list[Case]] = {}
        self._parted: dict[int, list[Case]] = {}
        self._past: list[Case] = []
        self._asked_ns = 0
        self._asides = Asides(inventory, self.ledger, notes, known, settings)
        for incident in known:
            self._restore(incident)
        for number in list(self._awaiting):
            self._part_again(self.ledger.get(number), known)

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
            self._hold_past(self._past.pop(0), scene)
        self._weigh_again(scene)
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
        elif incident.confidence is Confidence.PROVISIONAL and incident.scope is not Scope.SITE:
            self._awaiting[incident.number] = list(self._cases.restored(incident).cases.values())
        elif incident.confidence is Confidence.PROVISIONAL:
            case = Case(incident.subject, incident.began_ns, incident.known_ns, None, incident.number)
            case.ended_ns, case.remembered = incident.ended_ns, incident.clues
            self._awaiting[incident.number] = [case]

    def _part_again(self, over: Incident, known: Sequence[Incident]) -> None:
        """What stayed lost when a fault of many was over does not end with it after a restart either."""
        if over.scope is Scope.SITE:
            return
        within_ns = int(self._settings.fold_seconds * _SECOND_NS)
        parted = list(parted_from(over, known, self._cases.lasting, within_ns))
        sites = {case.site for case in parted}
        left = [case for case in self._awaiting[over.number] if case.site not in sites]
        if parted and left:
            self._await(over.number, left, parted if len(left) < SHOWN_SITES else None)

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
        self._await(incident.number, [] if lasts else [case])

    def _hold_past(self, case: Case, scene: Scene) -> None:
        cause, clues = self._causes.of_site(case, scene)
        draft = Draft(
            scope=Scope.SITE,
            subject=case.site,
            trouble=Trouble.DOWN,
            cause=cause,
            began_ns=case.began_ns,
            ended_ns=case.ended_ns,
            sites=(case.site,),
            clues=clues,
            silent_because="past",
        )
        incident = self.ledger.add_past(draft, scene.now_ns)
        case.number = incident.number
        self._await(incident.number, [case])

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
        self._await(incident.number, [] if lasting else list(group.cases.values()), group.parted)

    def _await(self, number: int, cases: list[Case], parted: list[Case] | None = None) -> None:
        """``parted``: what they show of themselves, once they can, speaks for or against what they shared."""
        self._awaiting.pop(number, None)
        self._parted.pop(number, None)
        if cases:
            self._awaiting[number] = cases
        if cases and parted:
            self._parted[number] = parted

    def _weigh_again(self, scene: Scene) -> None:
        """What is over and waits for its last word."""
        if scene.now_ns // _ASKED_NS != self._asked_ns // _ASKED_NS:
            self._asked_ns = scene.now_ns
            self._set_apart(scene)
            self._settle(scene)

    def _set_apart(self, scene: Scene) -> None:
        """What was lost with an area without power, but to a line that failed meanwhile, has an incident of its own."""
        for number, cases in list(self._awaiting.items()):
            before = self.ledger.get(number)
            if before.scope is not Scope.POWER_AREA or len(cases) < 2:
                continue
            found = [(case, self._causes.apart(case, cases, scene)) for case in cases]
            left = [case for case, own in found if own is not case]
            if not left or all(own is None for _, own in found):
                continue
            for case, own in found:
                if own is not None:
                    own.group, case.ended_ns = None, own.began_ns if own is not case else case.ended_ns
                    self._hold_past(own, scene)
            self._hold_rest(before, left, scene)

    def _hold_rest(self, before: Incident, left: list[Case], scene: Scene) -> None:
        """An incident of many that is over, without those which turned out to be of another fault."""
        gone = {case.site for case in self._awaiting[before.number]} - {case.site for case in left}
        sites = tuple(site for site in before.sites if site not in gone)
        ended_ns = max(case.ended_ns or 0 for case in left)
        group = Group(self._cases.part(before), {case.site: case for case in left}, before.number)
        cause, clues = self._causes.of_group(group, scene)
        rest = msgspec.structs.replace(before, sites=sites, ended_ns=ended_ns)
        self.ledger.settle(rest, cause, clues, before.confidence, scene.now_ns)
        self._await(before.number, left)

    def _settle(self, scene: Scene) -> None:
        """What came to light after a return, until nothing more can."""
        for number, cases in list(self._awaiting.items()):
            before = self.ledger.get(number)
            parted = self._parted.get(number, []) if self._waits(cases, scene) else []
            group = Group(self._cases.part(before), {case.site: case for case in cases}, number, parted=parted)
            grouped = before.scope is not Scope.SITE
            cause, clues = self._causes.of_group(group, scene) if grouped else self._causes.of_site(cases[0], scene)
            confidence = self._causes.confidence((*cases, *parted), scene)
            if cause is before.cause and confidence is before.confidence:
                continue
            self.ledger.settle(before, cause, clues, confidence, scene.now_ns)
            if confidence is Confidence.FINAL:
                self._await(number, [])

    def _waits(self, cases: list[Case], scene: Scene) -> bool:
        """Whether those that parted from them are waited for still."""
        ended_ns = max(case.ended_ns or case.began_ns for case in cases)
        return scene.now_ns - ended_ns < int(self._settings.settle_most_seconds * _SECOND_NS)

    def _maintained(self, sites: Iterable[str], scene: Scene) -> bool:
        return all((look := scene.looks.get(site)) is not None and look.maintenance for site in sites)

    def _ordered(self, sites: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(sites, key=lambda site: self._order.get(site, len(self._order))))
