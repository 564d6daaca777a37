"""How well the incidents of a replay told what really happened; pure, and it knows nothing of the engine."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from collector.incident import Cause, Incident, Scope
from lab.world.truth import LEAST_SECONDS, Happening, Outage
from lab.world.when import seconds_of

_BEFORE_SECONDS = 60.0
_AFTER_SECONDS = 600.0
"""An incident belongs to a fault if it began so little before it, or so little after its end."""
_MISSED, _NONE = "missed", "none"


@dataclass(frozen=True, slots=True)
class Page:
    """Somebody was called."""

    number: int
    at: float
    """Seconds since the replay began."""
    sites: frozenset[str]
    """Every site that the incident was ever said to have struck."""
    began: float
    ended: float | None
    scope: Scope
    cause: Cause
    """As it was held in the end."""


def pages(versions: Iterable[Incident]) -> list[Page]:
    """Whom an on-call engineer is called for: incidents that take sites away, or all sight of the province.

    One page an incident, with its first version that nobody silenced; what is folded into another one that was told
    before it could be, what is past and what is planned calls nobody, and so does what only serves badly.
    """
    called: dict[int, float] = {}
    last: dict[int, Incident] = {}
    for version in versions:
        last[version.number] = version
        if version.calls and version.is_open and version.number not in called:
            called[version.number] = seconds_of(version.at_ns)
    return [_page(last[number], at) for number, at in called.items()]


def _page(incident: Incident, at: float) -> Page:
    return Page(
        number=incident.number,
        at=at,
        sites=frozenset(incident.sites),
        began=seconds_of(incident.began_ns),
        ended=None if incident.ended_ns is None else seconds_of(incident.ended_ns),
        scope=incident.scope,
        cause=incident.cause,
    )


def belongs(page: Page, happening: Happening) -> bool:
    """Whether a page is about a fault."""
    ended = page.at if page.ended is None else max(page.at, page.ended)
    if page.began > happening.ends + _AFTER_SECONDS or ended < happening.begins - _BEFORE_SECONDS:
        return False
    if page.scope is Scope.PROVINCE and page.cause in {Cause.PROVINCE, Cause.AGENT}:
        return happening.cause is Cause.PROVINCE
    return bool(page.sites & set(happening.sites))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The figures of one replay."""

    faults: int
    must_tell: int
    outages: int
    """Of single sites, longer than three minutes, unplanned, while the province could see."""
    incidents: int
    pages: int
    true_pages: int
    false_pages: int
    false_pages_per_1000_site_hours: float
    precision: float | None
    recall_of_outages: float | None
    recall_of_faults: float | None
    pages_per_fault: float | None
    detect_p50_seconds: float | None
    detect_p99_seconds: float | None
    causes: Causes
    missed: tuple[str, ...]
    false: tuple[str, ...]


def score(
    truth: Sequence[Happening],
    versions: Sequence[Incident],
    blind: Sequence[tuple[float, float]],
    site_hours: float,
) -> Score:
    """Compare what was said with what was so; ``blind``: when nothing could be seen of any site."""
    told = pages(versions)
    told_by = {page.number: [one for one in truth if one.may_tell and belongs(page, one)] for page in told}
    false = [page for page in told if not told_by[page.number]]
    musts = [one for one in truth if one.must_tell]
    mine = {one.number: [page for page in told if one in told_by[page.number]] for one in musts}
    paged = [one for one in musts if mine[one.number]]
    outages = [o for one in musts for o in one.outages if o.lasts > LEAST_SECONDS and not _unseen(o, blind)]
    namings = _namings(versions)
    known = {outage: _known_after(outage, namings.get(outage.site, ())) for outage in outages}
    waits = sorted(wait for wait in known.values() if wait is not None and wait > 0)
    owners = [_owner(page, told_by[page.number]).number for page in told if told_by[page.number]]
    return Score(
        faults=len(truth),
        must_tell=len(musts),
        outages=len(known),
        incidents=len({version.number for version in versions}),
        pages=len(told),
        true_pages=len(told) - len(false),
        false_pages=len(false),
        false_pages_per_1000_site_hours=round(1000 * len(false) / site_hours, 4) if site_hours else 0.0,
        precision=_ratio(len(told) - len(false), len(told)),
        recall_of_outages=_ratio(sum(wait is not None for wait in known.values()), len(known)),
        recall_of_faults=_ratio(len(paged), len(musts)),
        pages_per_fault=_ratio(len(owners), len(set(owners))),
        detect_p50_seconds=quantile(waits, 0.5),
        detect_p99_seconds=quantile(waits, 0.99),
        causes=judged_causes([(one, _said(one, mine[one.number])) for one in musts]),
        missed=tuple(f"{o.site} from {o.begins:.0f} to {o.ends:.0f}" for o, wait in known.items() if wait is None),
        false=tuple(f"{page.scope} {page.cause} {page.number} at {page.at:.0f}" for page in false),
    )


def judged_causes(causes: Sequence[tuple[Happening, str]]) -> Causes:
    """What was right and what was wrong, of faults with the cause that was said of each."""
    caused = [(one, said) for one, said in causes if said != _MISSED]
    evident = [(one, said) for one, said in caused if one.evident]
    wrong = [(one, said) for one, said in caused if said not in {_named(one), Cause.UNKNOWN.value}]
    return Causes(
        evident=len(evident),
        confusion=_confusion(causes),
        unknown_share=_ratio(sum(said == Cause.UNKNOWN for _, said in caused), len(caused)),
        right_where_evident=_ratio(sum(said == _named(one) for one, said in evident), len(evident)),
        wrong_where_evident=_ratio(sum(one.evident for one, _ in wrong), len(evident)),
        wrong_share=_ratio(len(wrong), len(caused)),
        wrong=tuple(f"{one.kind} {one.where} at {one.begins:.0f}: {said}" for one, said in wrong),
    )


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Of numbers in ascending order, the one below or at which so large a share of them lies; None of none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


Naming = tuple[float, int, bool]
"""When a version of an incident was decided, the incident's number, and whether it calls somebody for the site."""


def _namings(versions: Iterable[Incident]) -> dict[str, list[Naming]]:
    """What was said of each site, in the order in which it was said."""
    found: dict[str, list[Naming]] = {}
    for version in versions:
        for site in version.sites:
            calls = version.calls and site in version.still
            found.setdefault(site, []).append((seconds_of(version.at_ns), version.number, calls))
    return found


def _known_after(outage: Outage, namings: Iterable[Naming]) -> float | None:
    """Seconds until an incident that calls somebody names the site; 0 where one did already, for another fault."""
    calling: dict[int, bool] = {}
    for at, number, calls in namings:
        if at >= outage.begins and any(calling.values()):
            return 0.0
        if at > outage.ends + _BEFORE_SECONDS:
            return None
        if at >= outage.begins and calls:
            return at - outage.begins
        calling[number] = calls
    return 0.0 if any(calling.values()) else None


def _owner(page: Page, candidates: Sequence[Happening]) -> Happening:
    """The one fault of several that a page is about: it explains most of its sites, and began nearest to it."""
    return max(candidates, key=lambda one: (len(page.sites & set(one.sites)), -abs(page.began - one.begins)))


def _unseen(outage: Outage, blind: Iterable[tuple[float, float]]) -> bool:
    """Whether less than what must be known of it lay in times in which anything could be seen."""
    hidden = sum(max(0.0, min(outage.ends, end) - max(outage.begins, start)) for start, end in blind)
    return outage.lasts - hidden <= LEAST_SECONDS or any(start <= outage.begins < end for start, end in blind)


def _said(happening: Happening, told: Sequence[Page]) -> str:
    """The cause that was given in the end for most of a fault's sites."""
    if not told:
        return _MISSED
    sites = set(happening.sites)
    return max(told, key=lambda page: (len(page.sites & sites), -page.number)).cause.value


def _named(happening: Happening) -> str:
    return happening.cause.value if happening.cause is not None else _NONE


def _confusion(causes: Iterable[tuple[Happening, str]]) -> dict[str, dict[str, int]]:
    counted = Counter((_named(one), said) for one, said in causes)
    return {
        true: {said: number for (was, said), number in sorted(counted.items()) if was == true}
        for true in sorted({was for was, _ in counted})
    }


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
