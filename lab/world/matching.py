"""Which fault an incident tells of, and by which of its tellings a fault was told best; pure."""

from collections.abc import Iterable, Sequence

from collector.incident import Trouble
from lab.world.spans import likeness
from lab.world.stories import Story, Telling
from lab.world.truth import Happening

AROUND_SECONDS = 60.0
"""An incident tells of a fault if it began so little before it, or so little after its end."""
MOST = 0.5
"""Share of the sites that are spoken of."""


def belongs(story: Story, happening: Happening) -> bool:
    """Whether an incident speaks of a fault: of one of its sites, at its time."""
    return any(_speaks(story, telling, happening) for telling in story.tellings)


def explained(story: Story, mays: Sequence[Happening], others: Sequence[Happening] = ()) -> bool:
    """Whether it is right to tell of an incident, each time that it opens and is not silenced.

    Half of its sites at least have a fault of which somebody may be told; and such a one, or one of ``others`` (work
    that was outlasted), accounts for its beginning.
    """
    told = [telling for telling in story.tellings if not telling.silent] or story.tellings
    return all(_explained(story, telling, mays, others) for telling in told)


def owner(story: Story, truth: Iterable[Happening], told: Telling | None = None) -> Happening | None:
    """The one fault of several that an incident, or one telling of it, is about; None where it speaks of none."""
    tellings = story.tellings if told is None else (told,)
    pairs = [(telling, one) for one in truth for telling in tellings if _speaks(story, telling, one)]
    return max(pairs, key=lambda pair: _fit(*pair))[1] if pairs else None


def teller(happening: Happening, told: Iterable[Story]) -> Telling | None:
    """What tells of a fault best: of most of its sites, by its name, at its time."""
    tellings = [telling for story in told for telling in story.tellings if _speaks(story, telling, happening)]
    # What it touched and did not take, as where batteries outlast it, nobody can tell of.
    sites = {outage.site for outage in happening.outages} or set(happening.sites)
    most = max((len(telling.sites & sites) for telling in tellings), default=0)
    # A small part of a fault that is told by its right name does not outweigh the rest of it.
    great = [telling for telling in tellings if len(telling.sites & sites) >= MOST * most]
    return max(great, key=lambda telling: _fit(telling, happening), default=None)


def _speaks(story: Story, telling: Telling, happening: Happening) -> bool:
    if telling.began > happening.ends + AROUND_SECONDS:
        return False
    if telling.ended is not None and telling.ended < happening.begins - AROUND_SECONDS:
        return False
    if story.is_ours:
        return happening.hushes if story.trouble is Trouble.UNREPORTED else happening.is_ours
    return not telling.sites.isdisjoint(happening.sites)


def _explained(story: Story, telling: Telling, mays: Sequence[Happening], others: Sequence[Happening]) -> bool:
    struck = {site for one in mays if _speaks(story, telling, one) for site in one.sites}
    if len(telling.sites & struck) < MOST * len(telling.sites) and not story.is_ours:
        return False
    spoken = [one for one in (*mays, *others) if _speaks(story, telling, one)]
    if spoken and story.is_ours:
        # Reports that are missing may have been since our own side was cut, which is told by itself.
        spoken += [one for one in mays if one.is_ours and one.ends >= telling.began - AROUND_SECONDS]
    return any(telling.began >= one.begins - AROUND_SECONDS for one in spoken)


def _fit(telling: Telling, happening: Happening) -> tuple[bool, int, float]:
    named = (telling.scope, telling.subject) == (happening.scope, happening.subject)
    ended = telling.ended if telling.ended is not None else max(telling.began, happening.ends)
    # What a battery carried for an hour was lost an hour after its fault began.
    begins = min((outage.begins for outage in happening.outages), default=happening.begins)
    times = likeness((telling.began, ended), (begins, happening.ends))
    return named, len(telling.sites.intersection(happening.sites)), times
