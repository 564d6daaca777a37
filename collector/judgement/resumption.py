"""Who had parted from a fault of many when an earlier run of the collector ended, as the journal shows it; no judge."""

from collections.abc import Iterable, Iterator, Mapping

from collector.incident import Incident, Scope, Trouble
from collector.judgement.groups import Case

_LOST = frozenset({Trouble.DOWN, Trouble.FLAPPING})


def parted_from(
    over: Incident, known: Iterable[Incident], lasting: Mapping[str, Case], within_ns: int
) -> Iterator[Case]:
    """Sites of an incident that is over which stayed lost when it ended.

    They were lost with the others, and one of ``known`` has told of them since; ``lasting``: outages that go on.
    """
    others = [one for one in known if one.number != over.number and one.trouble in _LOST and one.folded_into is None]
    for site in over.sites:
        case = lasting.get(site)
        if case is not None and case.began_ns <= over.began_ns + within_ns:
            yield case
            continue
        own = next((one for one in others if _goes_on(one, site, over, within_ns)), None)
        if own is not None:
            case = Case(site, own.began_ns, own.known_ns, remembered=own.clues)
            case.ended_ns = own.ended_ns
            yield case


def _goes_on(one: Incident, site: str, over: Incident, within_ns: int) -> bool:
    """Whether an incident that is over too tells of a site as lost beyond the end of another."""
    with_it = one.scope is Scope.SITE and one.subject == site and one.began_ns <= over.began_ns + within_ns
    return with_it and (one.ended_ns or 0) > (over.ended_ns or 0)
