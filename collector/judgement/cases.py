"""The outages of sites, each with its beginning and end and the fault that it belongs to; it names no cause."""

from collections.abc import Iterable, Mapping, Sequence

from collector.incident import Incident, Scope
from collector.judgement.blindness import Blindness
from collector.judgement.folding import Fold, Glimpse, Part, Seen
from collector.judgement.groups import SHOWN_SITES, Case, Group, Turn
from collector.judgement.mains import Mains
from collector.judgement.parsimony import fold, is_vague
from collector.judgement.scene import Look, Scene
from collector.judgement.settings import JudgementSettings

_SECOND_NS = 1_000_000_000
_LATE_NS = 600 * _SECOND_NS


class Cases:
    """All outages that last, and those that ended and still await a final word."""

    def __init__(self, parts: Sequence[Part], settings: JudgementSettings) -> None:
        self._parts = parts
        self._settings = settings
        self._within_ns = int(settings.fold_seconds * _SECOND_NS)
        self.lasting: dict[str, Case] = {}
        self.groups: list[Group] = []
        self._gap_ns = int(settings.inside_gap_seconds * _SECOND_NS)
        self._earlier: dict[str, tuple[int, int]] = {}
        """By site: when a loss began that is not known yet, and when it was seen last."""
        self._blindness = Blindness()

    def restore(self, incident: Incident) -> None:
        """Go on with an open incident of an earlier run; sites that returned meanwhile end by their next look."""
        if incident.scope is Scope.SITE:
            self.lasting.setdefault(incident.subject, self._case(incident, incident.subject))
            return
        group = self.restored(incident)
        group.unseen_ns = None
        self.lasting.update({case.site: case for case in group.lasting()})
        self.groups.append(group)

    def restored(self, incident: Incident) -> Group:
        """A fold of an earlier run, with the sites that returned: when each did is not known any more."""
        group = Group(self.part(incident), number=incident.number, remembered=incident.cause)
        for site in incident.sites:
            case = group.cases[site] = self._case(incident, site)
            case.number, case.group = None, group
            if site not in incident.still:
                case.ended_ns = incident.at_ns if incident.ended_ns is None else incident.ended_ns
        return group

    def backdate(self, site: str, began_ns: int, lost_ns: int) -> None:
        """An outage that lasts, or is about to be known, began earlier; it was seen at ``lost_ns``."""
        case = self.lasting.get(site)
        if case is None:
            self._earlier[site] = self._since(site, began_ns), lost_ns
        elif began_ns < case.began_ns:
            case.began_ns, case.weighed_ns = began_ns, 0

    def part(self, incident: Incident) -> Part:
        """The part of the network that an incident is about."""
        found = (part for part in self._parts if (part.scope, part.subject) == (incident.scope, incident.subject))
        return next(found, Part(incident.scope, incident.subject, frozenset(incident.sites)))

    def update(self, scene: Scene, mains: Mains) -> Turn:
        """Open, close, part and fold."""
        self._blindness.see(scene.blind, scene.now_ns)
        turn = Turn(list(self._close(scene.looks)))
        self._open(scene)
        self._part(scene, mains, turn)
        self._join(mains, areas=False)
        self._fold(scene, mains, turn)
        self._join(mains, areas=True)
        return turn

    def _case(self, incident: Incident, site: str) -> Case:
        """One that became known long after the site was lost had been lost with others, or nobody had looked."""
        late = incident.known_ns - incident.began_ns > _LATE_NS
        return Case(
            site,
            incident.began_ns,
            incident.known_ns,
            number=incident.number,
            alone_ns=incident.known_ns if late and incident.scope is Scope.SITE else None,
            remembered=incident.clues,
        )

    def _open(self, scene: Scene) -> None:
        for site, look in scene.looks.items():
            if look.seen is Seen.DOWN and look.fresh and site not in self.lasting:
                began_ns = look.since_ns or scene.now_ns
                case = self.lasting[site] = Case(site, self._since(site, began_ns), scene.now_ns)
                case.unseen_ns = self._blindness.before(began_ns)
            if look.seen is Seen.WELL and look.fresh:
                self._earlier.pop(site, None)
            elif look.maintenance and site in self.lasting:
                self.lasting[site].planned_ns = scene.now_ns

    def _since(self, site: str, began_ns: int) -> int:
        """When a loss began of which this is seen: an earlier one, long before it, was another."""
        first_ns, last_ns = self._earlier.get(site, (began_ns, began_ns))
        return min(began_ns, first_ns) if began_ns - last_ns <= self._gap_ns else began_ns

    def _close(self, looks: Mapping[str, Look]) -> Iterable[Case]:
        for site, case in list(self.lasting.items()):
            look = looks.get(site)
            if look is None:
                case.ended_ns = case.known_ns  # The site is gone from the inventory.
            elif look.fresh and look.seen is Seen.WELL:
                case.ended_ns = max(look.since_ns, case.began_ns)
                case.hidden_ns = self._blindness.until(case.began_ns, case.ended_ns)
            else:
                continue
            del self.lasting[site]
            yield case

    def _join(self, mains: Mains, *, areas: bool) -> None:
        """Sites that were lost later to a fault that lasts; to an area only what no other fold has taken."""
        groups = [one for one in self.groups if (one.part.scope is Scope.POWER_AREA) is areas and one.lasting()]
        if not groups:
            return
        for case in self.lasting.values():
            if case.group is None and case.number is None:
                case.mains_ns = mains.mains_failed(case.site, case.began_ns)
                group = next((one for one in groups if one.joins(case, self._within_ns)), None)
                if group is not None:
                    group.take(case)

    def _fold(self, scene: Scene, mains: Mains, turn: Turn) -> None:
        young_ns = scene.now_ns - self._within_ns
        if not any(case.is_free and case.known_ns >= young_ns for case in self.lasting.values()):
            return
        glimpses = {
            site: self._glimpse(site, look, mains, young_ns) for site, look in scene.looks.items() if look.fresh
        }
        wait_ns = int(self._settings.fold_wait_seconds * _SECOND_NS)
        for found in fold(self._parts, glimpses, self._settings, sighted=scene.sighted):
            if found.undecided:
                waiting = (self.lasting[site] for site in found.sites if site in self.lasting)
                turn.waiting.update(case.site for case in waiting if scene.now_ns - case.known_ns < wait_ns)
            else:
                self._gather(found, scene, glimpses, turn)

    def _gather(self, found: Fold, scene: Scene, glimpses: Mapping[str, Glimpse], turn: Turn) -> None:
        same = (group for group in self.groups if group.part is found.part and group.lasting())
        group = next(same, None) or Group(found.part)
        group.guess = is_vague(found, glimpses, self._parts)
        numbers: list[int] = []
        for site in found.sites:
            case = self.lasting.get(site)
            if case is None:
                case = self.lasting[site] = Case(site, scene.looks[site].since_ns, scene.now_ns)
            numbers += self._leave(case, group)
            case.mains_ns = glimpses[site].mains_ns
            group.take(case)
        if numbers and group.number is None:
            # Somebody may have been called for the first of them: it goes on as what it turned out to be.
            group.number = min(numbers)
        turn.folded += [(number, group) for number in numbers if number != group.number]
        if group not in self.groups:
            self.groups.append(group)

    def _leave(self, case: Case, group: Group) -> list[int]:
        """What a site belonged to: its own incident, or a guess, which ends where anything explains a site better."""
        numbers = [] if case.number is None else [case.number]
        case.number = None
        guess = case.group
        if guess is not None and guess is not group:
            self.groups.remove(guess)
            numbers += [] if guess.number is None else [guess.number]
            for other in guess.lasting():
                other.group = None
        return numbers

    def _glimpse(self, site: str, look: Look, mains: Mains, young_ns: int) -> Glimpse:
        if look.seen is Seen.WELL:
            carriers = frozenset(link.provider for link in look.lost_links)
            return Glimpse(Seen.WELL, look.at_ns, mains_ns=mains.mains_failed(site, look.at_ns), carriers=carriers)
        case = self.lasting.get(site)
        if case is None and not look.vouched:
            return Glimpse(Seen.WELL, 0)  # As good as not looked at: who looked may have lost its own side.
        began_ns = case.began_ns if case is not None else look.since_ns
        held = case is not None and (case.group is not None or case.number is not None)
        return Glimpse(
            look.seen,
            began_ns,
            known_ns=case.known_ns if case is not None else None,
            own=held and case is not None and (case.known_ns < young_ns or not case.is_free),
            mains_ns=mains.mains_failed(site, began_ns),
            supplied=mains.tells_of_mains(site),
            between_ns=self._between(began_ns, case),
        )

    def _between(self, began_ns: int, case: Case | None) -> tuple[int, int] | None:
        if case is not None and case.alone_ns is not None:
            return case.began_ns, case.alone_ns
        first_ns = self._blindness.before(began_ns)
        return None if first_ns is None else (first_ns, began_ns)

    def _part(self, scene: Scene, mains: Mains, turn: Turn) -> None:
        """Faults that are over end; what stays lost when what it shares works again stands for itself."""
        for group in list(self.groups):
            lasting = group.lasting()
            if group.unseen_ns is None or any(not scene.looks[case.site].fresh for case in lasting):
                group.unseen_ns = scene.now_ns
            elif lasting and self._works(group, scene.now_ns, mains):
                since_ns = group.works_since_ns()
                for case in lasting:
                    del group.cases[case.site]
                    case.alone_ns = max(since_ns, case.began_ns)
                    self._part_with(case, group, scene.now_ns)
                group.parted = lasting if len(group.cases) < SHOWN_SITES else []
                lasting = []
            if not lasting:
                self.groups.remove(group)
                turn.over.append(group)

    def _works(self, group: Group, now_ns: int, mains: Mains) -> bool:
        # Batteries last: as long as supplies tell that mains are away, a site that is reached proves nothing, and when
        # they are back the others take a while to start.
        if group.part.scope is Scope.POWER_AREA and any(
            site not in self.lasting and mains.is_dark(site, now_ns) for site in group.part.members
        ):
            group.unseen_ns = now_ns
        return group.is_proven(now_ns, self._settings, lambda case: self._heir(case, group) is not None)

    def _part_with(self, case: Case, group: Group, now_ns: int) -> None:
        """Another fault that lasts may have it; else it is looked at as if it was lost now."""
        case.known_ns = now_ns
        heir = case.group = self._heir(case, group)
        if heir is not None:
            heir.take(case)

    def _heir(self, case: Case, group: Group) -> Group | None:
        others = [
            one
            for one in self.groups
            if one is not group and one.is_known and case.site in one.part.members and one.lasting()
        ]
        return min(others, key=lambda one: len(one.part.members), default=None)
