"""A fault of a script, and what it comes to at one site; records without a will of their own."""

from dataclasses import dataclass

from lab.world.strain import Strain

LINK = "link"
"""Kind of the faults that strike one link of a site, whose other link carries on."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a script: seconds since the replay began."""

    kind: str
    where: str
    """Id of a site, ``SITE/LINK`` for a fault of one link (``SITE``: of its second), or name of a hub, a provider or a
    power area; empty where the kind has no place."""
    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class Spell:
    """One site is under one strain for a while; ``site`` may be the province's own."""

    site: str
    begins: float
    ends: float
    strain: Strain
