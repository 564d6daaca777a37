"""Faults from a file of somebody's own; a file with a mistake is refused whole, with a line for each."""

import difflib
from collections.abc import Collection, Iterator
from pathlib import Path

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
    file = load(path, WantedFile, lambda wanted: _problems(wanted, land))
    found = [
        Fault(one.kind, one.where, float(one.begins_seconds), float(one.begins_seconds + one.lasts_seconds))
        for one in file.faults
    ]
    return tuple(sorted(found, key=lambda fault: (fault.begins, fault.kind, fault.where)))


def _problems(file: WantedFile, land: Land) -> Iterator[tuple[str, str]]:
    if len(file.faults) > _MOST_FAULTS:
        yield "$.faults", f"{len(file.faults)} faults, at most {_MOST_FAULTS}"
    sites = frozenset(place.id for place in land.places)
    links = frozenset(f"{site}/{link}" for site in sites for link in (MAIN, BACKUP))
    members = {scope: frozenset(land.members(scope)) for scope in ("hub", "provider", "power_area")}
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
        else:
            what = "link" if kind.name == LINK else kind.scope.value
            known = {"link": links | sites, "site": sites, **members}[what]
            if fault.where not in known:
                yield f"{place}.where", _unknown(what.replace("_", " "), fault.where, known)


def _unknown(what: str, word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.4)
    return f"no {what} '{word}'" + (f", did you mean '{near[0]}'?" if near else f"; there is '{min(known)}'")
