"""Faults from a file of somebody's own; a file with a mistake is refused whole, with a line for each."""

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from unicodedata import normalize

import msgspec

from lab.world.fault import LINK, Fault
from lab.world.kinds import KINDS
from lab.world.place import BACKUP, MAIN, Land
from shared.settings import load

_LONGEST_SECONDS = 400 * 86_400.0
_MOST_FAULTS = 10_000


class WantedFault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of the list."""

    kind: str
    begins_seconds: float
    """Since the replay began."""
    lasts_seconds: float
    where: str = ""
    """Id of a site, or name of a hub, a provider or a power area, as the kind wants it."""


class WantedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the file: YAML, of which JSON is a part."""

    faults: list[WantedFault]


def read_faults(path: Path, land: Land) -> tuple[Fault, ...]:
    """The script, in the order of time; raises :class:`shared.settings.SettingsError`."""
    places = {kind: _places(kind, land) for kind in KINDS}
    file = load(path, WantedFile, lambda wanted: _problems(wanted, places), json_first=True)
    found = [
        Fault(one.kind, places[one.kind].get(_plain(one.where), ""), begins, begins + one.lasts_seconds)
        for one in file.faults
        for begins in (float(one.begins_seconds),)
    ]
    return tuple(sorted(found, key=lambda fault: (fault.begins, fault.kind, fault.where)))


def cut_short(faults: Iterable[Fault], seconds: float) -> Iterator[str]:
    """A line for each fault that a replay of so many seconds does not see whole."""
    for fault in faults:
        name = f"{fault.kind} {fault.where}".rstrip()
        if fault.begins >= seconds:
            yield f"{name} at {fault.begins:.0f}: the replay ends before, at {seconds:.0f} s; left out"
        elif fault.ends > seconds:
            yield f"{name} at {fault.begins:.0f}: the replay ends within it, at {seconds:.0f} s; scored until then"


def _places(kind: str, land: Land) -> dict[str, str]:
    """All that a kind can strike, as the land writes it, by the same in one form of Unicode."""
    scope = KINDS[kind].scope
    if scope is None:
        return {}
    if scope == "site":
        found = [place.id for place in land.places]
        if kind == LINK:
            found += [f"{site}/{link}" for site in found for link in (MAIN, BACKUP)]
    else:
        found = list(land.members(scope.value))
    return {_plain(name): name for name in found}


def _plain(name: str) -> str:
    """Keyboards write Vietnamese letters in one piece or in two; both are the same name."""
    return normalize("NFC", name)


def _problems(file: WantedFile, places: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    if len(file.faults) > _MOST_FAULTS:
        yield "$.faults", f"{len(file.faults)} faults, at most {_MOST_FAULTS}"
    for number, fault in enumerate(file.faults):
        place = f"$.faults[{number}]"
        if not 0 <= fault.begins_seconds <= _LONGEST_SECONDS:
            yield f"{place}.begins_seconds", f"must be from 0 to {_LONGEST_SECONDS:.0f}"
        if not 0 < fault.lasts_seconds <= _LONGEST_SECONDS:
            yield f"{place}.lasts_seconds", f"must be above 0 and at most {_LONGEST_SECONDS:.0f}"
        kind = KINDS.get(fault.kind)
        if kind is None:
            yield f"{place}.kind", _unknown("kind of fault", fault.kind, KINDS)
        elif kind.scope is None:
            if fault.where:
                yield f"{place}.where", f"a {kind.name} has no place"
        elif _plain(fault.where) not in places[kind.name]:
            what = "link" if kind.name == LINK else kind.scope.value.replace("_", " ")
            yield f"{place}.where", _unknown(what, _plain(fault.where), places[kind.name])


def _unknown(what: str, word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.4)
    return f"no {what} '{word}'" + (f", did you mean '{near[0]}'?" if near else f"; there is '{min(known)}'")
