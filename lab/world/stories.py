"""What was said of each incident of a replay, from its first version to its last; pure, and it knows no truth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from collector.incident import Cause, Incident, Scope, Trouble
from lab.world.when import seconds_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """An incident from when it opens to when it ends; one that opens again has another. Seconds since the beginning."""

    sites: frozenset[str]
    """Every site that it was said to strike meanwhile."""
    since: float
    """When it was first decided."""
    began: float
    ended: float | None
    scope: Scope
    subject: str
    cause: Cause
    """As it was held in the end."""
    silent: bool = False
    """Whether something silenced it all the while, as planned work does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All versions of one incident."""

    number: int
    trouble: Trouble
    """In the end."""
    called_at: float | None
    """When it first called somebody; None where it never did."""
    past: bool
    """Whether it was over before anybody could have been called for it, and was found later."""
    sites: frozenset[str]
    tellings: tuple[Telling, ...]

    @property
    def began(self) -> float:
        """As it was held in the end."""
        return self.tellings[0].began

    @property
    def ended(self) -> float | None:
        """None where it lasts."""
        return self.tellings[-1].ended

    @property
    def last(self) -> Telling:
        """The newest telling."""
        return self.tellings[-1]

    @property
    def is_ours(self) -> bool:
        """Whether it says that nothing is seen of the province, or heard, rather than that its sites are lost."""
        return self.last.scope is Scope.PROVINCE and self.trouble in {Trouble.SILENT, Trouble.UNREPORTED}


def stories(versions: Iterable[Incident]) -> list[Story]:
    """One for each incident, in the order of their first versions."""
    found: dict[int, list[Incident]] = {}
    for version in versions:
        found.setdefault(version.number, []).append(version)
    return [_story(mine) for mine in found.values()]


def pages(versions: Iterable[Incident]) -> list[Story]:
    """Whom an on-call engineer is called for: incidents that take sites away, or all sight of the province.

    One page an incident, with its first version that nobody silenced; what is folded into another one that was told
    before it could be, what is past and what is planned calls nobody, and so does what only serves badly.
    """
    return sorted(
        (story for story in stories(versions) if story.called_at is not None),
        key=lambda story: (story.called_at or 0.0, story.number),
    )


def _story(versions: Sequence[Incident]) -> Story:
    last = versions[-1]
    calls = (seconds_of(version.at_ns) for version in versions if version.calls and version.is_open)
    return Story(
        number=last.number,
        trouble=last.trouble,
        called_at=next(calls, None),
        past=last.silent_because == "past",
        sites=frozenset(last.sites),
        tellings=tuple(_telling(mine, first=mine[0] is versions[0]) for mine in _parted(versions)),
    )


def _parted(versions: Sequence[Incident]) -> list[list[Incident]]:
    parts: list[list[Incident]] = []
    for version in versions:
        if not parts or (version.is_open and not parts[-1][-1].is_open):
            parts.append([])
        parts[-1].append(version)
    return parts


def _telling(versions: Sequence[Incident], *, first: bool) -> Telling:
    """What opens again keeps its first beginning: its own is when that was decided."""
    last = versions[-1]
    struck = frozenset(site for version in versions for site in version.still)
    return Telling(
        sites=struck or frozenset(last.sites),
        since=seconds_of(versions[0].at_ns),
        began=seconds_of(last.began_ns if first else versions[0].at_ns),
        ended=None if last.ended_ns is None else seconds_of(last.ended_ns),
        scope=last.scope,
        subject=last.subject,
        cause=last.cause,
        silent=all(version.silent_because for version in versions),
    )
