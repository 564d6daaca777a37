"""Whether people log in before they look, and for how long; nothing else about them is a setting."""

from collections.abc import Iterator

import msgspec


class PeopleSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may see the pages."""

    required: bool = False
    """Whether the pages ask who looks; who changes something is always asked."""
    idle_minutes: float = 60.0
    """A session ends when nothing was asked for so long."""
    session_hours: float = 12.0
    """A session ends so long after its login, used or not."""


def people_rules(people: PeopleSettings) -> Iterator[tuple[str, str]]:
    """What types cannot say: a place in the file and what is wrong there."""
    if not 1 <= people.idle_minutes <= 1440:
        yield "$.people.idle_minutes", "must be from 1 to 1440"
    if not 0.1 <= people.session_hours <= 168:
        yield "$.people.session_hours", "must be from 0.1 to 168"
