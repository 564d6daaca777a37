"""The kinds of faults and what each does to a site while it lasts; it says nothing of how a judge should call them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from collector.incident import Cause, Scope
from lab.world.place import Place
from lab.world.strain import Strain


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a script: seconds since the replay began."""

    kind: str
    where: str
    """Id of a site, or name of a hub, a provider or a power area; empty where the kind has no place."""
    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class Spell:
    """One site is under one strain for a while; ``site`` may be the province's own."""

    site: str
    begins: float
    ends: float
    strain: Strain


Effect = Callable[[Fault, Place], Iterator[Spell]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of fault."""

    name: str
    scope: Scope | None
    """What ``where`` names; None where the kind has no place."""
    effect: Effect
    cause: Cause | None
    """What a good judge says; None where no site is lost by it."""
    outage: bool = True
    """Whether it takes sites away, so that somebody must be told if it lasts."""
    tellable: bool = False
    """Where it takes none away: whether telling somebody is right all the same."""
    shows: bool = False
    """Whether the province itself sees the cause, as it does of what strikes many sites at once."""


def _whole(strain: Strain) -> Effect:
    def effect(fault: Fault, place: Place) -> Iterator[Spell]:
        yield Spell(place.id, fault.begins, fault.ends, strain)

    return effect


FIBRE_CUT = Kind(name="fibre_cut", scope=Scope.SITE, effect=_whole(Strain(line_cut=True)), cause=Cause.ACCESS_LINK)

KINDS: dict[str, Kind] = {kind.name: kind for kind in (FIBRE_CUT,)}
"""Every kind there is, by name."""
