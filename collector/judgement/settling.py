"""Incidents that are over, until all that can come to light of them has; it opens none that lasts, and calls nobody."""

from collections.abc import Sequence

import msgspec

from collector.incident import Confidence, Incident, Scope, Trouble
from collector.judgement.cases import Cases
from collector.judgement.causes import Causes
from collector.judgement.groups import SHOWN_SITES, Case, Group
from collector.judgement.ledger import Draft, Ledger
from collector.judgement.resumption import parted_from
from collector.judgement.scene import Scene
from collector.judgement.settings import JudgementSettings

_SECOND_NS = 1_000_000_000
_ASKED_NS = 10 * _SECOND_NS
"""What waits for its last word, for a month perhaps, is asked once in each of these on the clock."""


class Settling:
    """Say :meth:`wait` of each incident that is over, and call :meth:`turn` at each evaluation."""

    def __init__(self, cases: Cases, causes: Causes, ledger: Ledger, settings: JudgementSettings) -> None:
        self._cases = cases
        self._causes = causes
        self._ledger = ledger
        self._settings = settings
        self._awaiting: dict[int, list[Case]] = {}
        self._parted: dict[int, list[Case]] = {}
        self._asked_ns = 0

    def wait(self, number: int, cases: list[Case], parted: list[Case] | None = None) -> None:
        """An incident is over; without ``cases`` it lasts again, or has its last word.

        ``parted``: what they show of themselves, once they can, speaks for or against what they shared.
        """
        self._awaiting.pop(number, None)
        self._parted.pop(number, None)
        if cases:
            self._awaiting[number] = cases
        if cases and parted:
            self._parted[number] = parted

    def restore(self, incident: Incident) -> None:
        """One that was over in an earlier run of the collector, without its last word."""
        if incident.scope is not Scope.SITE:
            self._awaiting[incident.number] = list(self._cases.restored(incident).cases.values())
            return
        case = Case(incident.subject, incident.began_ns, incident.known_ns, None, incident.number)
        case.ended_ns, case.remembered = incident.ended_ns, incident.clues
        self._awaiting[incident.number] = [case]

    def part_again(self, known: Sequence[Incident]) -> None:
        """``known``: from the journal, what an earlier run held."""
        for number in list(self._awaiting):
            self._part_again(self._ledger.get(number), known)

    def hold_past(self, case: Case, scene: Scene) -> None:
        """An outage of which is known only now that it is over; nobody is called for it."""
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
        incident = self._ledger.add_past(draft, scene.now_ns)
        case.number = incident.number
        self.wait(incident.number, [case])

    def turn(self, scene: Scene) -> None:
        """One evaluation."""
        if scene.now_ns // _ASKED_NS != self._asked_ns // _ASKED_NS:
            self._asked_ns = scene.now_ns
            self._set_apart(scene)
            self._settle(scene)

    def _set_apart(self, scene: Scene) -> None:
        """What was lost with an area without power, but to a line that failed meanwhile, has an incident of its own."""
        for number, cases in list(self._awaiting.items()):
            before = self._ledger.get(number)
            if before.scope is not Scope.POWER_AREA or len(cases) < 2:
                continue
            found = [(case, self._causes.apart(case, cases, scene)) for case in cases]
            left = [case for case, own in found if own is not case]
            if not left or all(own is None for _, own in found):
                continue
            for case, own in found:
                if own is not None:
                    own.group, case.ended_ns = None, own.began_ns if own is not case else case.ended_ns
                    self.hold_past(own, scene)
            self._hold_rest(before, left, scene)

    def _hold_rest(self, before: Incident, left: list[Case], scene: Scene) -> None:
        """An incident of many that is over, without those which turned out to be of another fault."""
        gone = {case.site for case in self._awaiting[before.number]} - {case.site for case in left}
        sites = tuple(site for site in before.sites if site not in gone)
        ended_ns = max(case.ended_ns or 0 for case in left)
        group = Group(self._cases.part(before), {case.site: case for case in left}, before.number)
        cause, clues = self._causes.of_group(group, scene)
        rest = msgspec.structs.replace(before, sites=sites, ended_ns=ended_ns)
        self._ledger.settle(rest, cause, clues, before.confidence, scene.now_ns)
        self.wait(before.number, left)

    def _settle(self, scene: Scene) -> None:
        """What came to light after a return, until nothing more can."""
        for number, cases in list(self._awaiting.items()):
            before = self._ledger.get(number)
            parted = self._parted.get(number, []) if self._waits(cases, scene) else []
            group = Group(self._cases.part(before), {case.site: case for case in cases}, number, parted=parted)
            grouped = before.scope is not Scope.SITE
            cause, clues = self._causes.of_group(group, scene) if grouped else self._causes.of_site(cases[0], scene)
            confidence = self._causes.confidence((*cases, *parted), scene)
            if cause is before.cause and confidence is before.confidence:
                continue
            self._ledger.settle(before, cause, clues, confidence, scene.now_ns)
            if confidence is Confidence.FINAL:
                self.wait(number, [])

    def _waits(self, cases: list[Case], scene: Scene) -> bool:
        """Whether those that parted from them are waited for still."""
        ended_ns = max(case.ended_ns or case.began_ns for case in cases)
        return scene.now_ns - ended_ns < int(self._settings.settle_most_seconds * _SECOND_NS)

    def _part_again(self, over: Incident, known: Sequence[Incident]) -> None:
        """What stayed lost when a fault of many was over does not end with it after a restart either."""
        if over.scope is Scope.SITE:
            return
        within_ns = int(self._settings.fold_seconds * _SECOND_NS)
        parted = list(parted_from(over, known, self._cases.lasting, within_ns))
        sites = {case.site for case in parted}
        left = [case for case in self._awaiting[over.number] if case.site not in sites]
        if parted and left:
            self.wait(over.number, left, parted if len(left) < SHOWN_SITES else None)
