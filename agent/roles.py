"""What a site's roles imply: targets by name and checks with sensible defaults; it decides and reads no file."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from agent.probe import Target


class RoleTarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What fills a role, where its address alone does not say it all."""

    address: str
    name: str = ""
    """``SITE-ROLE`` where none is given, numbered from the second on."""
    site: str = ""
    """The agent's own where none is given."""
    credentials: str | None = None


Filling = str | RoleTarget | list[str | RoleTarget]


class Roles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who fills which role, by address."""

    gateway: Filling = []
    """The router that the site's machines have for their way out."""
    access_router: Filling = []
    """The provider's device, where it is another."""
    isp_first_hop: Filling = []
    province_core: Filling = []
    resolver: Filling = []
    portals: Filling = []
    """URLs."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A check that follows from roles."""

    name: str
    kind: str
    roles: tuple[str, ...]
    every_seconds: float
    economy_seconds: float
    """Instead, where the line is metered."""
    fields: dict[str, Any] = field(default_factory=dict)


PRESETS = (
    Preset("ping", "icmp", ("gateway", "access_router"), 10.0, 10.0),
    Preset("ping-line", "icmp", ("isp_first_hop", "province_core"), 30.0, 300.0),
    Preset("snmp", "snmp", ("gateway", "access_router"), 60.0, 60.0),
    Preset("path", "path", ("isp_first_hop", "province_core"), 21_600.0, 86_400.0, {"after": "ping-line"}),
    Preset("dns", "dns", ("resolver",), 60.0, 300.0),
    Preset("http", "http", ("portals",), 300.0, 1_800.0),
)
"""``ping`` and ``snmp`` stay inside the site: they cost nothing on a metered line."""


def targets_of(roles: Roles, site: str) -> Iterator[Target]:
    """The targets that the roles name."""
    for role in roles.__struct_fields__:
        for number, filled in enumerate(_list(getattr(roles, role)), start=1):
            more = filled if isinstance(filled, RoleTarget) else RoleTarget(address=filled)
            where = more.site or site
            name = more.name or f"{where}-{role.replace('_', '-')}" + (f"-{number}" if number > 1 else "")
            yield Target(site=where, name=name, address=more.address, role=role, credentials=more.credentials)


def checks_of(
    targets: Collection[Target],
    *,
    kinds: Collection[str],
    own: Collection[str],
    without: Collection[str],
    economy: bool,
) -> Iterator[dict[str, Any]]:
    """The checks that these targets want, as they would stand in a file.

    ``kinds`` are those that can run here, ``own`` the names of checks that the file gives itself, ``without`` those
    that it does without.
    """
    for preset in PRESETS:
        wanted = [target for target in targets if target.role in preset.roles]
        if preset.kind == "snmp":
            wanted = [target for target in wanted if target.credentials]
        if not wanted or preset.kind not in kinds or preset.name in {*own, *without}:
            continue
        check = {
            "kind": preset.kind,
            "name": preset.name,
            "every_seconds": preset.economy_seconds if economy else preset.every_seconds,
            "roles": sorted({target.role for target in wanted}),
            **preset.fields,
        }
        if preset.fields.get("after") in without:
            del check["after"]
        yield check


def problems_of(roles: Roles) -> Iterator[tuple[str, str]]:
    """What types cannot say."""
    for role in ("gateway", "access_router"):
        known = [isinstance(one, RoleTarget) and bool(one.credentials) for one in _list(getattr(roles, role))]
        if any(known) and not all(known):
            yield role, "give credentials to each of them or to none"
    for role in roles.__struct_fields__:
        for one in _list(getattr(roles, role)):
            if not (one if isinstance(one, str) else one.address).strip():
                yield role, "an address must not be empty"


def _list(filling: Filling) -> list[str | RoleTarget]:
    return filling if isinstance(filling, list) else [filling]
