"""Which outages had to be told, whether and after how long they were; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from collector.incident import Incident, Trouble
from lab.world.matching import AROUND_SECONDS
from lab.world.spans import Span, longest, shared
from lab.world.stories import Story
from lab.world.truth import LEAST_SECONDS, Happening, Outage
from lab.world.when import seconds_of

_GLANCE_SECONDS = 30.0
"""Nobody promises to know anything within less: a shorter look between two blindnesses does not count."""

_UNSEEN = frozenset({Trouble.SILENT, Trouble.UNREPORTED})

Naming = tuple[float, int, bool]
"""When a version of an incident was decided, the incident's number, and whether it calls somebody for the site."""


@dataclass(frozen=True, slots=True)
class Duty:
    """What of a fault had to be told."""

    happening: Happening
    seen: tuple[Outage, ...]
    """For more than three minutes at a stretch they could be seen: somebody had to be called."""
    kept: tuple[Outage, ...]
    """They could not, and the province's own agent told of them later: they had to be found."""
    lost: tuple[Outage, ...]
    """They could not, and nobody at the province can have noticed."""

    @property
    def counts(self) -> bool:
        """Whether anything is expected."""
        return self.happening.is_ours or bool(self.seen or self.kept)


def duty(happening: Happening, blind: Sequence[Span]) -> Duty:
    """Of a fault that must be told."""
    long = [one for one in happening.outages if longest(one.unplanned()) > LEAST_SECONDS]
    seen = [one for one in long if longest(one.due(blind)) > LEAST_SECONDS]
    hidden = [one for one in long if one not in seen]
    kept, lost = ([one for one in hidden if one.kept is kept] for kept in (True, False))
    return Duty(happening, tuple(seen), tuple(kept), tuple(lost))


def namings(versions: Iterable[Incident]) -> dict[str, list[Naming]]:
    """What was said of each site, in the order in which it was said; that it is not seen says nothing of it."""
    found: dict[str, list[Naming]] = {}
    for version in versions:
        if version.trouble in _UNSEEN:
            continue
        still = frozenset(version.still) if version.calls else frozenset()
        for site in version.sites:
            found.setdefault(site, []).append((seconds_of(version.at_ns), version.number, site in still))
    return found


def known_after(outage: Outage, said: Iterable[Naming], blind: Sequence[Span]) -> float | None:
    """Seconds in which it could be seen until an incident that calls somebody names the site; None where none did.

    0 where one did already, for another fault.
    """
    calling: dict[int, bool] = {}
    for at, number, calls in said:
        if at >= outage.begins and any(calling.values()):
            return 0.0
        if at > outage.ends + AROUND_SECONDS:
            return None
        if at >= outage.begins and calls:
            return _waited(outage.due(blind), at)
        calling[number] = calls
    return 0.0 if any(calling.values()) else None


def _waited(due: Iterable[Span], at: float) -> float:
    """A look too short to know anything counts only if it is the one in which it was known."""
    return sum(
        shared(span, (span[0], at)) for span in due if span[1] - span[0] >= _GLANCE_SECONDS or span[0] <= at <= span[1]
    )


def is_found(outage: Outage, past: Mapping[str, Sequence[Story]]) -> bool:
    """Whether an incident tells of it, be it long over; ``past``: by site, those that call or tell of the past."""
    return any(
        outage.site in telling.sites
        and telling.began <= outage.ends + AROUND_SECONDS
        and (telling.ended is None or telling.ended >= outage.begins - AROUND_SECONDS)
        for story in past.get(outage.site, ())
        for telling in story.tellings
    )


def by_site(stories: Iterable[Story]) -> dict[str, list[Story]]:
    """Stories of each site that is said to be lost."""
    found: dict[str, list[Story]] = {}
    for story in stories:
        for site in story.sites if story.trouble not in _UNSEEN else ():
            found.setdefault(site, []).append(story)
    return found
