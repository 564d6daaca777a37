"""What agents see of sites that are not their own, and which of it may be believed; it judges no site."""

from collections.abc import Callable, Collection, Iterable, Mapping

from msgspec.structs import replace

from collector.judgement.evidence import Evidence, Run, extend, interrupted
from collector.judgement.scene import Blind
from collector.judgement.settings import JudgementSettings
from collector.judgement.vantage import Vantage
from collector.series.store import NEVER_NS

_SECOND_NS = 1_000_000_000
_PASSED_NS = 600 * _SECOND_NS
"""What is overdue for so long, while its site is looked at otherwise, is over: it was renamed, or its agent is gone."""
FOREVER_NS = 1 << 63
Until = Callable[[tuple[str, str, str], int], int]
"""Until when what was measured of (agent, check, target) at a monotonic time counts."""
Fresh = Callable[[tuple[str, str, str], int], bool]
"""Whether what was measured of (agent, check, target) at a monotonic time still counts."""


class Outlook:
    """Evidence by site, and the agents that it comes from."""

    def __init__(self, settings: JudgementSettings, several: Collection[str] = ()) -> None:
        """``several``: sites that are reached over more than one way."""
        self._settings = settings
        self._several = several
        self._evidence: dict[str, dict[tuple[str, str, str], Evidence]] = {}
        self._observers: set[str] = set()
        self._vantages: dict[str, Vantage] = {}
        self._roles = frozenset(settings.vantage_roles)
        self._anchors = frozenset(settings.anchor_roles)

    def take(self, run: Run, *, outside: bool) -> bool:
        """The newest run of a check and target that counts; ``outside``: by who stands elsewhere. True for evidence."""
        reading = run.reading
        if not outside:
            if reading.role in self._anchors:
                self._vantage(run.agent).anchor(run)
            return False
        if reading.role not in self._roles:
            return False
        seen = self._evidence.get(reading.site)
        if seen is None:
            seen = self._evidence[reading.site] = {}
        key = (run.agent, reading.check, reading.target)
        after = self.weigh(seen.get(key), run)
        if after is None:
            return False
        seen[key] = after
        self._observers.add(run.agent)
        return after.good or not self._vantages[run.agent].lost_with(after)

    def weigh(self, before: Evidence | None, run: Run) -> Evidence | None:
        """The evidence with one more run of an agent that looks from elsewhere; None where the agent cannot see."""
        vantage = self._vantage(run.agent)
        vantage.look(run.monotonic_ns)
        if not vantage.counts(run):
            return None
        if before is not None and not before.good and vantage.lost_with(before):
            before = None
        # After a gap the way that is lost may be looked at before the one that is well.
        if before is not None and run.reading.site in self._several and interrupted(before, run):
            before = None
        return extend(before, run, self._settings)

    def believed(self, one: Evidence) -> Evidence | None:
        """As far as the agent that it comes from could see; None where it could not."""
        vantage = self._vantage(one.agent)
        if vantage.lost_with(one):
            return None
        return one if vantage.vouches(one) else replace(one, vouched=False)

    def another_way(self, run: Run, first_ns: int, last_ns: int) -> bool:
        """Whether something else of a run's site answered all through a time, as far as it was looked at."""
        own = (run.agent, run.reading.check, run.reading.target)
        seen = [one for key, one in self._evidence.get(run.reading.site, {}).items() if key != own]
        # Ways are not looked at in the same second: the newest look at the other may lie before the return of this one.
        newest_ns = last_ns - int(self._settings.down_seconds * _SECOND_NS)
        return any(one.good and one.first_wall_ns <= first_ns and one.last_wall_ns >= newest_ns for one in seen)

    def evidence(self, site: str, until: Until, now_ns: int) -> tuple[tuple[Evidence, ...], int]:
        """What of a site counts now; and until when, monotonic, all that is known of it does, if nobody looks again.

        That is before any time where not all is good, or where it matters who sees what.
        """
        seen = self._evidence.get(site)
        if not seen:
            return (), NEVER_NS
        believed, well_ns = self._believed(seen, until, now_ns)
        if not self._several or site not in self._several:
            return believed, well_ns
        if believed and self._is_partial(seen, believed):
            # Who cannot say anything of one way may not say by another that all are lost.
            believed = tuple(one if one.good else replace(one, vouched=False) for one in believed)
        return believed, NEVER_NS

    def has_several(self, site: str) -> bool:
        """Whether it is reached over more than one way."""
        return site in self._several

    def watch(self, now_ns: int, fresh: Fresh) -> None:
        """Look whether agents without anchors lost nearly everything at once; ``now_ns`` is the monotonic time."""
        bare: dict[str, list[Evidence]] = {
            agent: [] for agent, vantage in self._vantages.items() if not vantage.anchors
        }
        if not bare:
            return
        for seen in self._evidence.values():
            for key, one in seen.items():
                if key[0] in bare and fresh(key, one.last_monotonic_ns):
                    bare[key[0]].append(one)
        for agent, evidence in bare.items():
            self._vantages[agent].watch(evidence, now_ns, self._settings)

    def observers(self) -> frozenset[str]:
        """Agents that look at other sites, or did: one that is silent is still missed."""
        return frozenset(self._observers)

    def blind(self, observers: Collection[str], where: Mapping[str, str]) -> tuple[Blind, ...]:
        """Observers that lost their own surroundings; ``where`` gives the site at which an agent stands."""
        blind = [self._vantages[name] for name in observers if self._vantages[name].blind_since_wall_ns is not None]
        alone = len(blind) == len(observers)
        return tuple(
            Blind(one.agent, where.get(one.agent, ""), one.blind_since_wall_ns, silent=False, alone=alone)
            for one in sorted(blind, key=lambda one: one.agent)
            if one.blind_since_wall_ns is not None
        )

    def sighted(self, observers: Iterable[str]) -> bool:
        """Whether one of them is known to see well: what it does not reach is not lost on our own side."""
        return any(self._vantages[name].sees() for name in observers)

    def began(self, agent: str, check: str, target: str, site: str) -> Evidence | None:
        """The evidence of one check and target, fresh or not."""
        return self._evidence.get(site, {}).get((agent, check, target))

    def forget(self, agent: str, check: str, target: str, site: str) -> None:
        """A target was moved to another site: what was seen of it says nothing of this one."""
        self._evidence.get(site, {}).pop((agent, check, target), None)

    def _believed(
        self, seen: dict[tuple[str, str, str], Evidence], until: Until, now_ns: int
    ) -> tuple[tuple[Evidence, ...], int]:
        found, passed, well_ns = [], [], FOREVER_NS
        for key, one in seen.items():
            until_ns = until(key, one.last_monotonic_ns)
            well_ns = min(well_ns, until_ns) if one.good else NEVER_NS
            if now_ns <= until_ns:
                believed = one if one.good else self.believed(one)
                if believed is not None:
                    found.append(believed)
            elif now_ns - one.last_monotonic_ns > _PASSED_NS:
                passed.append(key)
        for key in passed if found else ():
            del seen[key]
        return tuple(found), well_ns

    def _is_partial(self, seen: Mapping[tuple[str, str, str], Evidence], believed: Collection[Evidence]) -> bool:
        """Whether a way that was looked at lately is missing: its agent is silent, or cannot see."""
        newest_ns = max(one.last_monotonic_ns for one in believed)
        since_ns = newest_ns - int(self._settings.inside_gap_seconds * _SECOND_NS)
        return len(believed) < sum(one.last_monotonic_ns >= since_ns for one in seen.values())

    def _vantage(self, agent: str) -> Vantage:
        if agent not in self._vantages:
            self._vantages[agent] = Vantage(agent)
        return self._vantages[agent]
