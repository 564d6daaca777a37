"""How well causes were named, where several faults at one place may all be true; pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from collector.incident import Cause, Scope
from lab.world.matching import AROUND_SECONDS, MOST, teller
from lab.world.spans import Span, longest, shared, without
from lab.world.stories import Story, Telling
from lab.world.truth import LEAST_SECONDS, Happening

_AT_ONCE_SECONDS = 20.0
"""A cable that many share, and lines that fail by themselves, look the same from outside within so short a time."""
_LOOKS_SECONDS = 10.0
"""Looks lie so far apart: nobody knows better when something began or ended."""
_MISSED, _NONE = "missed", "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Causes:
    """How well causes were named, of the faults that were told."""

    evident: int
    """Of the faults that were told, those whose cause could be known."""
    confusion: dict[str, dict[str, int]]
    """How often which cause was said of which true one; those of which nobody was told are ``missed``."""
    unknown_share: float | None
    right_where_evident: float | None
    wrong_where_evident: float | None
    wrong_share: float | None
    """Of all; to say that one does not know is not wrong."""
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said of a fault in the end."""

    happening: Happening
    said: str
    true: str
    """Its cause; where another is as true of what was said, that one."""

    @property
    def is_right(self) -> bool:
        """Whether the cause was named."""
        return self.said == self.true

    @property
    def is_wrong(self) -> bool:
        """Whether another was; to say that one does not know is not wrong."""
        return not self.is_right and self.said not in {_MISSED, Cause.UNKNOWN.value}


class Struck:
    """What was true of each site, of all faults of a replay."""

    def __init__(self, truth: Iterable[Happening]) -> None:
        self._of: dict[str, list[tuple[Span, Happening]]] = {}
        for happening in truth:
            for outage in happening.outages:
                self._of.setdefault(outage.site, []).append(((outage.begins, outage.ends), happening))

    def causes(self, happening: Happening, telling: Telling) -> frozenset[Cause]:
        """All that are as true as a fault's own of what is told of it.

        So is that of another fault which had at least half of the sites with it, for half of its time or of what is
        told; and, of a hub that took only one site away, that of the site's line, or of lines of a hub that were cut in
        the same moment, the hub's: nothing can tell them apart.
        """
        common = telling.sites.intersection(happening.sites)
        beside = [self._beside(happening, site, telling) for site in common]
        named = [{cause for one in mine for cause in self._names(one, len(common))} for mine in beside]
        counted = Counter(cause for mine in named for cause in mine)
        found = {cause for cause, sites in counted.items() if sites >= MOST * len(common)}
        at_once = {Cause.HUB} if happening.cause is Cause.ACCESS_LINK and self._at_once(happening, telling) else set()
        return frozenset(found | self._names(happening, len(common)) | at_once)

    def _at_once(self, happening: Happening, telling: Telling) -> bool:
        """Whether it was the line of one site of a hub, and those of all others that are spoken of went with it."""
        begins = [outage.begins for outage in happening.outages]
        return (
            telling.scope is Scope.HUB
            and len(telling.sites) > 1
            and all(
                any(
                    one.cause is Cause.ACCESS_LINK and any(abs(span[0] - at) <= _AT_ONCE_SECONDS for at in begins)
                    for span, one in self._of.get(site, ())
                )
                for site in telling.sites
            )
        )

    def _names(self, happening: Happening, sites: int) -> set[Cause]:
        """Causes by which a fault may be told that is told of so many of its sites."""
        found = {happening.cause} if happening.cause is not None else set()
        if happening.scope is Scope.HUB and happening.cause and sites <= 1 and self._alone(happening) <= 1:
            found.add(Cause.ACCESS_LINK)
        return found

    def _beside(self, happening: Happening, site: str, telling: Telling) -> list[Happening]:
        """Other faults that had the site at the same time, and not for a moment only."""
        every = self._of.get(site, ())
        last = max((span[1] for span, _ in every), default=telling.began)
        told = (telling.began, telling.ended if telling.ended is not None else last)
        mine = [span for span, one in every if one is happening]
        return [
            one
            for span, one in every
            if one is not happening
            and any(_touch(span, own) for own in mine)
            and (_much(span, mine) or _much(span, [told]))
        ]

    def _alone(self, happening: Happening) -> int:
        """How many sites a hub took away for a while that nothing else had taken, nor had right before."""
        others = ((own, self._others(happening, own.site)) for own in happening.outages)
        return sum(
            longest(without((own.begins, own.ends), spans)) > LEAST_SECONDS
            and not any(abs(own.begins - span[1]) <= AROUND_SECONDS for span in spans)
            for own, spans in others
        )

    def _others(self, happening: Happening, site: str) -> list[Span]:
        same = (happening.scope, happening.where)
        return [span for span, one in self._of.get(site, ()) if (one.scope, one.where) != same]


def verdicts(told: Iterable[tuple[Happening, Sequence[Story]]], struck: Struck) -> list[Verdict]:
    """What was said of each of some faults, by the incidents that speak of it."""
    return [_verdict(happening, mine, struck) for happening, mine in told]


def _verdict(happening: Happening, mine: Sequence[Story], struck: Struck) -> Verdict:
    own = happening.cause.value if happening.cause is not None else _NONE
    telling = teller(happening, mine)
    if telling is None:
        return Verdict(happening, _MISSED, own)
    true = telling.cause in struck.causes(happening, telling)
    return Verdict(happening, telling.cause.value, telling.cause.value if true else own)


def judged(every: Sequence[Verdict]) -> Causes:
    """What was right and what was wrong."""
    told = [one for one in every if one.said != _MISSED]
    evident = [one for one in told if one.happening.evident]
    wrong = [one for one in told if one.is_wrong]
    return Causes(
        evident=len(evident),
        confusion=_confusion(every),
        unknown_share=ratio(sum(one.said == Cause.UNKNOWN for one in told), len(told)),
        right_where_evident=ratio(sum(one.is_right for one in evident), len(evident)),
        wrong_where_evident=ratio(sum(one.is_wrong for one in evident), len(evident)),
        wrong_share=ratio(len(wrong), len(told)),
        wrong=tuple(
            f"{one.happening.kind} {one.happening.where} at {one.happening.begins:.0f}: {one.said}" for one in wrong
        ),
    )


def ratio(part: int, whole: int) -> float | None:
    """A share to four places; None of nothing."""
    return round(part / whole, 4) if whole else None


def _touch(one: Span, other: Span) -> bool:
    """Whether nobody can say from outside where one ended and the other began."""
    return min(one[1], other[1]) - max(one[0], other[0]) >= -AROUND_SECONDS


def _much(one: Span, whole: Sequence[Span]) -> bool:
    """Whether a time is at least half of others, as far as that can be known."""
    least = MOST * sum(end - start for start, end in whole) - _LOOKS_SECONDS
    return sum(shared(one, span) for span in whole) >= least


def _confusion(every: Iterable[Verdict]) -> dict[str, dict[str, int]]:
    counted = Counter((one.true, one.said) for one in every)
    return {
        true: {said: number for (was, said), number in sorted(counted.items()) if was == true}
        for true in sorted({was for was, _ in counted})
    }
