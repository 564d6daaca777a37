"""The settings files of a demo's programs, as a person would write them but with short periods; it starts nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from lab.entrance import Way
from lab.ground import on_loopback
from lab.province import LabSite
from lab.stage import COMMUNITY, Stage

PROVINCE = "province"
_PING_SECONDS, _ROUTER_SECONDS, _POWER_SECONDS, _COMMIT_SECONDS = 3.0, 20.0, 4.0, 1.0
_SNMP_CREDENTIALS = "lab"


def write_configuration(stage: Stage, folder: Path, way: Way) -> None:
    """Write the collector's and all agents' files into ``folder``; agents are named after their files."""
    _write(folder / "credentials.yaml", {_SNMP_CREDENTIALS: {"version": "2c", "community": COMMUNITY}})
    everywhere = [target for site in stage.sites for target in _targets(site, way)]
    _write(folder / f"{PROVINCE}.yaml", _agent(PROVINCE, PROVINCE, folder, everywhere, way))
    for host in stage.hosts:
        inside = [_target(host, "router", host.lan_address, way)]
        _write(folder / f"{host.id}.yaml", _agent(host.id, host.id, folder, inside, way))


def token(agent: str) -> str:
    """What an agent shows the collector; it opens nothing beyond this demo."""
    return f"demo-{agent}"


def _agent(name: str, site: str, folder: Path, targets: list[dict[str, Any]], way: Way) -> dict[str, Any]:
    own = folder / (f"{name}.sock" if name != PROVINCE else "collector.sock")
    return {
        "agent": name,
        "site": site,
        "uplink": {"url": "http://collector", "socket": str(own), "token": token(name)},
        "state": str(folder / "state" / name),
        "commit_seconds": _COMMIT_SECONDS,
        "credentials_file": str(folder / "credentials.yaml"),
        "checks": list(_checks({target["role"] for target in targets}, way)),
        "targets": targets,
    }


def _checks(roles: set[str], way: Way) -> Iterator[dict[str, Any]]:
    """On loopback the kernel answers every echo, so that a ping would say that all is well."""
    snmp = {"kind": "snmp", "credentials": _SNMP_CREDENTIALS, "timeout_seconds": 2.5, "retries": 1}
    if way.real:
        yield {
            "kind": "icmp",
            "name": "ping",
            "every_seconds": _PING_SECONDS,
            "timeout_seconds": 1.0,
            "linger_seconds": 0.5,
            "roles": ["router"],
        }
        yield {**snmp, "name": "router", "every_seconds": _ROUTER_SECONDS, "roles": ["router"]}
    else:
        yield {**snmp, "name": "router", "every_seconds": _POWER_SECONDS, "roles": ["router"]}
    if "ups" in roles:
        yield {**snmp, "name": "ups", "every_seconds": _POWER_SECONDS, "roles": ["ups"]}


def _targets(site: LabSite, way: Way) -> Iterator[dict[str, Any]]:
    yield _target(site, "router", site.address, way)
    if site.has_ups:
        yield _target(site, "ups", site.ups_address, way)


def _target(site: LabSite, role: str, address: str, way: Way) -> dict[str, Any]:
    where = address if way.loopback_port is None else f"{on_loopback(address)}:{way.loopback_port}"
    return {"site": site.id, "name": f"{site.id}-{role}", "address": where, "role": role}


def _write(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    # Tokens and communities, even those of a demo, are nobody else's to read.
    path.chmod(0o600)
