"""The folder of profiles, loaded strictly; nothing here knows what a profile means."""

import difflib
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path

from agent.snmp.profile import FALLBACK, Profile, profile_problems
from shared.settings import SettingsError, load_document


def load_shelf(folder: Path) -> Mapping[str, Profile]:
    """All profiles by the name of their folder; raises :class:`SettingsError` with a line for each thing to mend."""
    paths = tuple(sorted(folder.glob("*/profile.yaml")))
    if not paths:
        raise SettingsError([f"{folder}: there are no profiles (folders with a profile.yaml) here"])
    return _load(paths, tuple(_stamp(path) for path in paths))


@lru_cache(maxsize=1)  # every check of an agent asks for the same files
def _load(paths: tuple[Path, ...], _stamps: tuple[tuple[int, int], ...]) -> Mapping[str, Profile]:
    documents = {path.parent.name: load_document(path) for path in paths}
    shelf: dict[str, Profile] = {}
    for name, document in documents.items():
        shelf[name] = document.convert(document.content, Profile)
    problems = [
        document.problem(place, what)
        for name, document in documents.items()
        for place, what in [*profile_problems(shelf[name]), *_extends_problems(shelf, name)]
    ]
    if problems:
        raise SettingsError(problems)
    return shelf


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def unknown_profile(shelf: Mapping[str, Profile], name: str) -> str | None:
    """What to say about a name that no profile has; None where one has it."""
    if name in shelf:
        return None
    near = difflib.get_close_matches(name, shelf, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(shelf)}"
    return f"unknown profile '{name}', {hint}"


def _extends_problems(shelf: Mapping[str, Profile], name: str) -> Iterator[tuple[str, str]]:
    say = partial("$.extends[{}]".format)
    for number, other in enumerate(shelf[name].extends):
        unknown = unknown_profile(shelf, other)
        if unknown is not None:
            yield say(number), unknown
        elif shelf[other].extends:
            yield say(number), f"'{other}' extends others itself; profiles are taken in one level deep"
    if name == min(shelf) and FALLBACK not in shelf:
        yield "$", f"there is no profile '{FALLBACK}' for devices that no other profile knows"
