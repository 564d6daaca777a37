"""The time of one line in one period, cut into parts that sum to the period; what is not known stays so.

Availability is an interval: at least what was seen working, at most that and all that nobody saw.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from collector.incident import Cause, Confidence, Incident, Scope, Trouble
from collector.journal.journal import Turn
from collector.picture import State

_LOST = frozenset({Trouble.DOWN, Trouble.FLAPPING})


class Owner(StrEnum):
    """Whose a loss is before the contract."""

    PROVIDER = "provider"
    OTHERS = "others"
    """Mains, the site's own router or LAN, our own side."""
    OPEN = "open"
    """Nobody can say yet."""


OWNERS: Mapping[Cause, Owner] = {
    Cause.POWER: Owner.OTHERS,
    Cause.SITE_LAN: Owner.OTHERS,
    Cause.ACCESS_LINK: Owner.PROVIDER,
    Cause.ISP: Owner.PROVIDER,
    Cause.HUB: Owner.OPEN,  # who keeps a hub, and its mains, is for people to say
    Cause.PROVINCE: Owner.OTHERS,
    Cause.AGENT: Owner.OTHERS,
    Cause.UNKNOWN: Owner.OPEN,
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """One state, from a moment to another; wall time, nanoseconds since 1970-01-01 UTC."""

    from_ns: int
    until_ns: int
    state: State

    @property
    def lasts_ns(self) -> int:
        """Its length."""
        return self.until_ns - self.from_ns


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which the line was down, and what is held of it."""

    from_ns: int
    until_ns: int
    cause: Cause = Cause.UNKNOWN
    confidence: Confidence = Confidence.PROVISIONAL
    incident: int | None = None
    """Its number; None where no incident tells of it."""

    @property
    def lasts_ns(self) -> int:
        """Its length."""
        return self.until_ns - self.from_ns


@dataclass(frozen=True, slots=True)
class Interval:
    """Shares between which the truth lies."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Account:
    """Nanoseconds of a period by what they were; they sum to it."""

    up_ns: int
    degraded_ns: int
    """It served, badly; it counts as available."""
    unknown_ns: int
    maintenance_ns: int
    """Down or unseen while somebody worked there, as announced; it counts for nobody."""
    outages: tuple[Outage, ...] = ()
    """All that was down, in order."""

    @property
    def down_ns(self) -> int:
        """All that was down."""
        return sum(one.lasts_ns for one in self.outages)

    @property
    def period_ns(self) -> int:
        """The sum of all parts."""
        return self.up_ns + self.degraded_ns + self.unknown_ns + self.maintenance_ns + self.down_ns

    def down_of(self, owner: Owner) -> int:
        """Nanoseconds of outages that are this owner's."""
        return sum(one.lasts_ns for one in self.outages if OWNERS[one.cause] is owner)

    def availability(self) -> Interval | None:
        """Share of the time in which the site was served, whoever was at fault; None where nothing counts."""
        return self._interval(self.down_ns, self.down_ns)

    def contracted(self) -> Interval | None:
        """The same before the contract: others' faults are not the provider's, open ones may be."""
        theirs = self.down_of(Owner.PROVIDER)
        return self._interval(theirs, theirs + self.down_of(Owner.OPEN))

    def _interval(self, least_lost_ns: int, most_lost_ns: int) -> Interval | None:
        counted = self.period_ns - self.maintenance_ns
        if counted <= 0:
            return None
        return Interval(1 - (most_lost_ns + self.unknown_ns) / counted, 1 - least_lost_ns / counted)


def stretches(turns: Sequence[Turn], from_ns: int, until_ns: int) -> list[Stretch]:
    """The states of a period, from changes of which the first may lie before it; unknown before the first."""
    found: list[Stretch] = []
    at_ns, state = from_ns, State.UNKNOWN
    for turn in turns:
        next_ns = min(max(turn.at_ns, at_ns), until_ns)
        if next_ns > at_ns:
            found.append(Stretch(at_ns, next_ns, state))
        at_ns, state = next_ns, turn.after
    if until_ns > at_ns:
        found.append(Stretch(at_ns, until_ns, state))
    return found


def watched_only(every: Iterable[Stretch], watched: Sequence[tuple[int, int]]) -> Iterator[Stretch]:
    """The same with everything unknown while nobody watched; ``watched`` in order, without overlaps."""
    for one in every:
        at_ns = one.from_ns
        for first_ns, last_ns in watched:
            begin, end = max(at_ns, first_ns), min(one.until_ns, last_ns)
            if begin >= end:
                continue
            if begin > at_ns:
                yield Stretch(at_ns, begin, State.UNKNOWN)
            yield Stretch(begin, end, one.state)
            at_ns = end
        if at_ns < one.until_ns:
            yield Stretch(at_ns, one.until_ns, State.UNKNOWN)


def account(every: Iterable[Stretch], incidents: Sequence[Incident], site: str) -> Account:
    """Sum up; ``incidents`` are those that struck the site, each in its newest version, all that fold included.

    What was unseen at the time and told of since, by the backlog of the site's own agent, is no longer unknown.
    """
    sums = dict.fromkeys(State, 0)
    outages: list[Outage] = []
    past = _past(incidents, site)
    for one in every:
        if one.state is State.DOWN:
            outages.append(_explained(one, incidents))
        elif one.state is State.UNKNOWN:
            found = list(_found_later(one, past))
            outages += found
            sums[State.UNKNOWN] += one.lasts_ns - sum(outage.lasts_ns for outage in found)
        else:
            sums[one.state] += one.lasts_ns
    joined = tuple(_joined(sorted(outages, key=lambda outage: outage.from_ns)))
    return Account(sums[State.UP], sums[State.DEGRADED], sums[State.UNKNOWN], sums[State.MAINTENANCE], joined)


def _past(incidents: Sequence[Incident], site: str) -> list[Incident]:
    """Outages of the site alone that are over: of what struck many, nobody says how long it struck this one."""
    return [
        one
        for one in incidents
        if one.scope is Scope.SITE and one.subject == site and one.trouble is Trouble.DOWN and one.ended_ns is not None
    ]


def _found_later(one: Stretch, past: Sequence[Incident]) -> Iterator[Outage]:
    at_ns = one.from_ns
    for incident in sorted(past, key=lambda incident: incident.began_ns):
        first, last = max(at_ns, incident.began_ns), min(one.until_ns, incident.ended_ns or 0)
        if first < last:
            yield Outage(first, last, incident.cause, incident.confidence, incident.number)
            at_ns = last


def _explained(one: Stretch, incidents: Sequence[Incident]) -> Outage:
    """With the word of the incident that covers most of it; of one that folds, of what it folds into."""
    best = max(incidents, key=lambda incident: (_overlap(one, incident), incident.trouble in _LOST), default=None)
    if best is None or _overlap(one, best) <= 0:
        return Outage(one.from_ns, one.until_ns)
    by_number = {incident.number: incident for incident in incidents}
    teller = by_number.get(best.folded_into or best.number, best)
    return Outage(one.from_ns, one.until_ns, teller.cause, teller.confidence, teller.number)


def _overlap(one: Stretch, incident: Incident) -> int:
    ended_ns = one.until_ns if incident.ended_ns is None else incident.ended_ns
    return min(one.until_ns, ended_ns) - max(one.from_ns, incident.began_ns)


def _joined(outages: Iterable[Outage]) -> Iterator[Outage]:
    """Outages that touch and are of one incident are one."""
    last: Outage | None = None
    for one in outages:
        if last is not None and last.until_ns == one.from_ns and last.incident == one.incident:
            last = Outage(last.from_ns, one.until_ns, one.cause, one.confidence, one.incident)
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last
