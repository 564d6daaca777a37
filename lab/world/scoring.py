"""How well the incidents of a replay told what really happened; pure, and it knows nothing of the engine."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from collector.incident import Incident
from lab.world.causes import Causes, Struck, judged, ratio, verdicts
from lab.world.matching import belongs, explained, owner
from lab.world.recall import Duty, by_site, duty, is_found, known_after, namings
from lab.world.spans import Span
from lab.world.stories import Story, pages, stories
from lab.world.truth import Happening, Outage


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The figures of one replay."""

    faults: int
    must_tell: int
    outages: int
    """Of single sites, longer than three minutes and unplanned, that could be seen or were found in the record."""
    hidden_outages: int
    """As long, while our own side saw nothing: nobody could be called for them."""
    hidden_found: int
    """Of those, what an incident told of in the end."""
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


def score(truth: Sequence[Happening], versions: Sequence[Incident], blind: Sequence[Span], site_hours: float) -> Score:
    """Compare what was said with what was so; ``blind``: when nothing could be seen of any site."""
    told, past = pages(versions), [story for story in stories(versions) if story.past]
    mays = [one for one in truth if one.may_tell]
    false = [page for page in told if not explained(page, mays, [one for one in truth if one.outages])]
    owners = [one.number for page in told if page not in false and (one := owner(page, mays)) is not None]
    duties = [duty(one, blind) for one in truth if one.must_tell]
    musts = {one: _told(one, told, past) for one in duties if one.counts}
    waits, hidden = _outages(duties, versions, [*told, *past], blind)
    known = sorted(wait for wait in waits.values() if wait is not None and wait > 0)
    missed = [outage for outage, wait in waits.items() if wait is None]
    return Score(
        faults=len(truth),
        must_tell=len(musts),
        outages=len(waits),
        hidden_outages=len(hidden),
        hidden_found=sum(hidden.values()),
        incidents=len({version.number for version in versions}),
        pages=len(told),
        true_pages=len(told) - len(false),
        false_pages=len(false),
        false_pages_per_1000_site_hours=round(1000 * len(false) / site_hours, 4) if site_hours else 0.0,
        precision=ratio(len(told) - len(false), len(told)),
        recall_of_outages=ratio(len(waits) - len(missed), len(waits)),
        recall_of_faults=ratio(sum(bool(mine) for mine in musts.values()), len(musts)),
        pages_per_fault=ratio(len(owners), len(set(owners))),
        detect_p50_seconds=quantile(known, 0.5),
        detect_p99_seconds=quantile(known, 0.99),
        causes=judged(verdicts([(one.happening, mine) for one, mine in musts.items()], Struck(truth))),
        missed=tuple(f"{one.site} from {one.begins:.0f} to {one.ends:.0f}" for one in missed),
        false=tuple(f"{one.last.scope} {one.last.cause} {one.number} at {one.called_at:.0f}" for one in false),
    )


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Of numbers in ascending order, the one below or at which so large a share of them lies; None of none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def _told(mine: Duty, told: Iterable[Story], past: Iterable[Story]) -> list[Story]:
    """The incidents by which a fault was told; what nobody could be called for may be told when it is past.

    Beside those that called somebody, they say what came to light when it was over: a cause that is final is in them.
    """
    called = [page for page in told if belongs(page, mine.happening)]
    later = [story for story in past if belongs(story, mine.happening)]
    return [*called, *later] if called or not mine.seen else []


def _outages(
    duties: Iterable[Duty], versions: Sequence[Incident], told: Iterable[Story], blind: Sequence[Span]
) -> tuple[dict[Outage, float | None], dict[Outage, bool]]:
    """After how long each outage that had to be told was known, None: never; and whether each hidden one was found."""
    said, stories_of = namings(versions), by_site(told)
    waits: dict[Outage, float | None] = {}
    hidden: dict[Outage, bool] = {}
    for one in duties:
        waits |= {outage: known_after(outage, said.get(outage.site, ()), blind) for outage in one.seen}
        found = {outage: is_found(outage, stories_of) for outage in (*one.kept, *one.lost)}
        hidden |= found
        waits |= {outage: 0.0 if found[outage] else None for outage in one.kept}
    return waits, hidden
