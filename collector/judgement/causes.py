"""Causes of the outages of sites and of folds, from what was noted of each site and of its neighbours."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from collector.incident import Cause, Clue, Confidence, Incident, Scope
from collector.inventory.site import Inventory
from collector.judgement.attribution import Span, cause_amid, cause_of, clues_of
from collector.judgement.clues import ClueKind
from collector.judgement.folding import Seen
from collector.judgement.groups import SHOWN_SITES, Case, Group, back_when
from collector.judgement.neighbour_outages import NeighbourOutages
from collector.judgement.neighbours import Neighbours
from collector.judgement.notes import Notes
from collector.judgement.scene import Scene
from collector.judgement.settings import JudgementSettings

_SECOND_NS = 1_000_000_000
_POLLED_NS = 150 * _SECOND_NS
"""Devices are asked every minute: after this their restarts are known."""
_DARK_NS = 120 * _SECOND_NS
"""Supplies are asked every minute: so long after a loss they have told."""
_OF_SCOPE = {
    Scope.HUB: Cause.HUB,
    Scope.PROVIDER: Cause.ISP,
    Scope.POWER_AREA: Cause.POWER,
    Scope.PROVINCE: Cause.PROVINCE,
}
_AGAINST = {
    # A first hop that answered was no dead hub, and neither takes away a router that its own LAN missed.
    Scope.HUB: frozenset({Cause.POWER, Cause.SITE_LAN, Cause.ISP}),
    Scope.PROVIDER: frozenset({Cause.POWER, Cause.SITE_LAN}),
}
"""What most of its sites show inside, where that cannot be the part that they share."""
_LATER_NS = 120 * _SECOND_NS
"""Routers and what stands before them start within less when mains are back."""
_LINES = frozenset({Cause.ACCESS_LINK, Cause.ISP})
_POWERED = frozenset(
    {ClueKind.LAN_WELL, ClueKind.ROUTER_STAYED, ClueKind.PATH_ENDED_BEFORE, ClueKind.PATH_ENDED_BEHIND}
)
_TOLD_CLUES = 16
_EVER_NS = 1 << 63


class Causes:
    """Answers by site and by fold; it holds the notes and nothing of its own."""

    def __init__(
        self,
        inventory: Inventory,
        notes: Notes,
        settings: JudgementSettings,
        lately: Callable[[], Iterable[Incident]] = tuple,
    ) -> None:
        """``lately`` gives the incidents that are not forgotten yet."""
        self._notes = notes
        self._settings = settings
        self._outages = NeighbourOutages(inventory, lately)
        self._neighbours = Neighbours(inventory, int(settings.fold_seconds * _SECOND_NS))

    def mains_failed(self, site: str, began_ns: int) -> int | None:
        """When its mains failed, where they are known to have before the loss."""
        return self._notes.of(site).diary.mains_failed(began_ns)

    def is_dark(self, site: str, now_ns: int) -> bool:
        """Whether its supplies told just now that the mains are away."""
        told = self._notes.of(site).diary.power_clues(site, now_ns)
        return any(clue.at_ns >= now_ns - _DARK_NS for clue in told)

    def tells_of_mains(self, site: str) -> bool:
        """Whether it has a supply that tells of itself."""
        return self._notes.of(site).diary.tells_of_mains()

    def of_site(self, case: Case, scene: Scene) -> tuple[Cause, tuple[Clue, ...]]:
        """The cause of one site's outage."""
        notes = self._notes.of(case.site)
        clues = clues_of(case.span(), notes, scene.now_ns)
        found = cause_of((*clues, *self._neighbours.clues(case.site, case.began_ns, scene, past=case.is_past)))
        if case.ended_ns is not None and found[0] is Cause.ACCESS_LINK:
            shared = self._outages.together(case, scene)
            if shared is not None:
                return shared[0], (shared[1], *(one for one in found[1] if one.kind != ClueKind.NEIGHBOURS_WELL))
        if case.ended_ns is None or not scene.backlogs.get(case.site) or not self._told(case, scene):
            return found
        later = cause_amid(case.span(), notes)
        # A first hop that was lost in the middle may be that of a hub which failed later.
        hidden = later[0] is Cause.ACCESS_LINK and not self._outages.worked(case)
        return found if hidden or later[0] is Cause.UNKNOWN else later

    def apart(self, case: Case, cases: Sequence[Case], scene: Scene) -> Case | None:
        """What of an outage in an area without power was a loss of the line: all, what followed, or nothing of it.

        Asked once the site has told all; ``cases`` are those that were lost with it.
        """
        restored = case.group is not None and case.group.remembered is not None
        if case.told or restored or not (scene.backlogs.get(case.site) and self._settled(case, scene)):
            return None
        case.told = True
        if self._is_line(case, scene):
            return case
        back_ns = back_when(cases, case)
        if back_ns is None or (case.ended_ns or 0) - back_ns < _LATER_NS or back_ns <= case.began_ns:
            return None
        rest = Case(case.site, back_ns, case.known_ns, alone_ns=back_ns, ended_ns=case.ended_ns)
        return rest if self._is_line(rest, scene) else None

    def _is_line(self, case: Case, scene: Scene) -> bool:
        """Whether its line was lost, and it was not its power."""
        cause, clues = self.of_site(case, scene)
        return cause in _LINES and any(clue.kind in _POWERED for clue in clues)

    def of_group(self, group: Group, scene: Scene) -> tuple[Cause, tuple[Clue, ...]]:
        """The cause of a fold: that of its part, unless most of its sites show that it was not."""
        votes: Counter[Cause] = Counter()
        mute = 0
        shown: list[Clue] = []
        for case in group.cases.values():
            cause, every = self._vote(case.span(), scene)
            if cause is Cause.UNKNOWN and _restarted(every):
                cause = Cause.POWER
            votes[cause] += cause is not Cause.UNKNOWN
            will_tell = not self._told(case, scene) and any(clue.kind == ClueKind.HOST_SEEN for clue in every)
            mute += cause is Cause.UNKNOWN and (case.ended_ns is None or will_tell)
            shown += every[:2]
        clues = (*self._counts(group, scene), *shown)[:_TOLD_CLUES]
        if group.part.scope is Scope.PROVINCE and scene.sighted:
            return Cause.UNKNOWN, clues
        return self._of_votes(group, votes, mute, scene), clues

    def _vote(self, span: Span, scene: Scene) -> tuple[Cause, tuple[Clue, ...]]:
        """What one of many shows of itself; that its power failed for a part of the outage is not the cause of all."""
        notes = self._notes.of(span.site)
        cause, every = cause_of(clues_of(span, notes, scene.now_ns if span.ended_ns is None else _EVER_NS))
        if cause is Cause.POWER and span.ended_ns is not None:
            later, _ = cause_amid(span, notes)
            cause = cause if later is Cause.UNKNOWN else later
        return cause, every

    def _counts(self, group: Group, scene: Scene) -> Iterator[Clue]:
        """How many were lost together; and how many others of the same part had lost their power instead."""
        subject, at_ns = group.part.subject, min(case.began_ns for case in group.cases.values())
        yield Clue(kind=ClueKind.LOST_TOGETHER, at_ns=at_ns, subject=subject, value=float(len(group.cases)))
        others = ((site, scene.looks.get(site)) for site in group.part.members if site not in group.cases)
        dark = sum(
            look is not None and look.seen is not Seen.WELL and self.mains_failed(site, look.since_ns) is not None
            for site, look in others
        )
        if dark and group.part.scope is not Scope.POWER_AREA:
            yield Clue(kind=ClueKind.OTHERS_DARK, at_ns=at_ns, subject=subject, value=float(dark))

    def _of_votes(self, group: Group, votes: Counter[Cause], mute: int, scene: Scene) -> Cause:
        """``mute``: sites that are lost and tell nothing yet; of those that are, only batteries can."""
        voters = votes.total() + mute
        enough = voters >= 2 or 2 * voters >= len(group.cases)
        cause, count = votes.most_common(1)[0] if votes else (Cause.UNKNOWN, 0)
        # Dark sites tell late; what others show inside must be most of all that there is.
        most = count > (voters if cause is Cause.POWER else max(voters, len(group.cases))) / 2
        if enough and most and cause in _AGAINST.get(group.part.scope, {Cause.POWER}):
            return cause
        if group.remembered is not None and not votes.total():
            return group.remembered
        if group.part.scope in _AGAINST and self._is_doubtful(group, scene):
            return Cause.UNKNOWN  # Two faults at one place within seconds, or that and a fault of its own.
        own = not mute and not votes[Cause.POWER] and count == votes.total() and 2 * count >= len(group.cases)
        if group.part.scope is Scope.POWER_AREA and own and count:
            return cause  # Its mains had failed, and batteries carried what was lost to something else.
        if group.part.scope is not Scope.POWER_AREA or votes[Cause.POWER] or self._any_dark(group):
            return _OF_SCOPE[group.part.scope]
        # Sites of one place were lost at once, and nothing speaks of power.
        return cause if count >= 2 else Cause.UNKNOWN

    def _is_doubtful(self, group: Group, scene: Scene) -> bool:
        """Whether so many of those that were lost with it had a cause of their own that too few are left."""
        every = (*group.cases.values(), *group.parted)
        spans = [Span(one.site, one.began_ns, one.ended_ns, one.remembered) for one in every]
        against = _AGAINST[group.part.scope]
        own = [self._vote(span, scene)[0] in against for span in spans]
        return any(own) and own.count(False) < SHOWN_SITES

    def _any_dark(self, group: Group) -> bool:
        """Whether a site of the area, lost or not, is known to have lost its mains at that time."""
        began_ns = min(case.began_ns for case in group.cases.values())
        last_ns = max(case.alone_ns or case.began_ns for case in group.cases.values())
        failed = (self.mains_failed(site, last_ns + _DARK_NS) for site in group.part.members)
        return any(mains_ns is not None and mains_ns >= began_ns - _DARK_NS for mains_ns in failed)

    def confidence(self, cases: Iterable[Case], scene: Scene) -> Confidence:
        """Whether all that can come to light has."""
        settled = all(self._settled(case, scene) for case in cases)
        return Confidence.FINAL if settled else Confidence.PROVISIONAL

    def _settled(self, case: Case, scene: Scene) -> bool:
        if case.ended_ns is None:
            return False
        passed_ns = scene.now_ns - case.ended_ns
        agents = scene.backlogs.get(case.site, ())
        met_ns = self._notes.of(case.site).met_router_ns(case.ended_ns)
        if not agents:
            return passed_ns >= int(self._settings.settle_seconds * _SECOND_NS)
        polled = met_ns is not None and scene.now_ns - met_ns >= _POLLED_NS
        return (self._told(case, scene) and polled) or passed_ns >= int(self._settings.settle_most_seconds * _SECOND_NS)

    @staticmethod
    def _told(case: Case, scene: Scene) -> bool:
        """Whether the agents of its site have told all that they saw of an outage that is over."""
        ended_ns = case.ended_ns or case.began_ns
        backlogs = scene.backlogs.get(case.site, ())
        return all(backlog is not None and backlog.reaches(ended_ns) for backlog in backlogs)


def _restarted(clues: Iterable[Clue]) -> bool:
    """Whether the router started anew, and nothing shows that its site had power: nobody restarts those of many."""
    kinds = {clue.kind for clue in clues}
    return ClueKind.ROUTER_REBOOTED in kinds and kinds.isdisjoint({ClueKind.HOST_STAYED, ClueKind.ON_MAINS})
