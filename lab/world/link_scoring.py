"""How well faults of single links were told, by the incidents that name the links; pure, and apart from outages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from collector.incident import Incident
from collector.judgement.clues import ClueKind
from lab.world.fault import LINK, Fault
from lab.world.place import BACKUP, CENTRE, MAIN
from lab.world.scoring import quantile
from lab.world.spans import Span
from lab.world.strain import WELL
from lab.world.timeline import Timeline
from lab.world.truth import LEAST_SECONDS
from lab.world.when import seconds_of

_MARGIN_SECONDS = 60.0
_GLIMPSE_SECONDS = 15.0
"""A link that is there for no longer is not seen to be back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkScore:
    """The figures of the links of one replay."""

    link_faults: int
    """Those that could be seen alone: for three minutes the site was reached over its other link, and we could see."""
    links_named: int
    """Of those, with an incident that named the link while it was lost."""
    named_p50_seconds: float | None
    named_p99_seconds: float | None
    links_missed: tuple[str, ...]
    links_false: tuple[str, ...]
    """Links that were named and that no fault had struck, or by an incident that began before anything had."""


@dataclass(frozen=True, slots=True)
class _Naming:
    """A version of an incident that names a link."""

    site: str
    link: str
    at: float
    since: float
    began: float
    """The incident, which may tell of more."""
    sites: tuple[str, ...]


def link_score(
    faults: Sequence[Fault], timeline: Timeline, versions: Sequence[Incident], seconds: float
) -> LinkScore | None:
    """Compare what was said of links with what was so; None where the script has no fault of a link."""
    ours = [fault for fault in faults if fault.kind == LINK and fault.begins < seconds]
    if not ours:
        return None
    namings = list(_namings(versions))
    long = [fault for fault in ours if min(fault.ends, seconds) - fault.begins > LEAST_SECONDS]
    long = [fault for fault in long if _is_alone(fault, timeline)]
    spells = {fault: (_lost_since(fault, timeline), fault.ends) for fault in ours}
    waits = {fault: _wait(fault, spells[fault], namings) for fault in long}
    known = sorted(wait for wait in waits.values() if wait is not None)
    false = {
        f"{one.site}/{one.link} at {one.at:.0f}"
        for one in namings
        if not any(_is_about(one, fault, spell) for fault, spell in spells.items()) or not _had_begun(one, timeline)
    }
    return LinkScore(
        link_faults=len(long),
        links_named=len(known),
        named_p50_seconds=quantile(known, 0.5),
        named_p99_seconds=quantile(known, 0.99),
        links_missed=tuple(f"{fault.where} at {fault.begins:.0f}" for fault, wait in waits.items() if wait is None),
        links_false=tuple(sorted(false)),
    )


def _is_alone(fault: Fault, timeline: Timeline) -> bool:
    """Whether nothing else hides it: another fault of the site or of ours, work, or one that had the link already."""
    site, link = place_of(fault)
    there, own = timeline.of(site), timeline.of(CENTRE)
    before = there.at(fault.begins - 1)
    taken = not (before.by_main if link == MAIN else before.by_backup)
    last = fault.begins + LEAST_SECONDS
    clear = all(strain.reached and not strain.maintained for strain in there.between(fault.begins, last))
    return clear and not taken and own.between(fault.begins, last) == [WELL]


def place_of(fault: Fault) -> tuple[str, str]:
    """Site and link of a fault; the second link where it names the site only."""
    site, _, link = fault.where.partition("/")
    return site, link or BACKUP


def _namings(versions: Sequence[Incident]) -> Iterator[_Naming]:
    for version in versions:
        for clue in version.clues:
            if clue.kind == ClueKind.LINK_LOST:
                at, since, began = map(seconds_of, (version.at_ns, clue.at_ns, version.began_ns))
                yield _Naming(clue.site, clue.subject, at, since, began, version.sites)


def _lost_since(fault: Fault, timeline: Timeline) -> float:
    """Since when the link is lost that the fault has: one of its whole site may have had it until then."""
    site, link = place_of(fault)
    history, since = timeline.of(site), fault.begins
    for start, strain in reversed(list(zip(history.starts, history.strains, strict=True))):
        if start < fault.begins:
            if not (strain.by_main if link == MAIN else strain.by_backup):
                since = start
            elif since - start > _GLIMPSE_SECONDS:
                break
    return since


def _is_about(one: _Naming, fault: Fault, spell: Span) -> bool:
    within = spell[0] - _MARGIN_SECONDS <= one.since <= spell[1] + _MARGIN_SECONDS
    return (one.site, one.link) == place_of(fault) and within


def _had_begun(one: _Naming, timeline: Timeline) -> bool:
    """Whether something was wrong at one of the incident's sites when it is said to have begun."""
    around = one.began - _MARGIN_SECONDS, one.began + _MARGIN_SECONDS
    return any(strain.lossy or not strain.whole for site in one.sites for strain in timeline.of(site).between(*around))


def _wait(fault: Fault, spell: Span, namings: Sequence[_Naming]) -> float | None:
    waits = [one.at - fault.begins for one in namings if _is_about(one, fault, spell) and one.at <= fault.ends]
    return min((wait for wait in waits if wait >= 0), default=None)
