"""The settings files of a demo's programs, as a person would write them but with short periods; it starts nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from collector.inventory.sheet_text import sheet_text
from lab.entrance import Way
from lab.ground import on_loopback
from lab.papers import inventory_of
from lab.preparation import SITES
from lab.province import LabSite
from lab.stage import COMMUNITY, Stage

PROVINCE = "province"
ZONE = "Asia/Ho_Chi_Minh"
_PING_SECONDS, _ROUTER_SECONDS, _POWER_SECONDS, _COMMIT_SECONDS = 2.5, 20.0, 4.0, 1.0
_SNMP_CREDENTIALS = "lab"


@dataclass(frozen=True, slots=True)
class Doors:
    """Where the demo is reached, and by which minute of the province's clock it tries the way of alerts."""

    port: int
    gateway: int
    """Of the made-up SMS gateway."""
    trial_at: str
    """HH:MM, not to come: a trial that is late begins at once."""


def write_configuration(stage: Stage, folder: Path, doors: Doors, way: Way) -> None:
    """Write the collector's and all agents' files into ``folder``; agents are named after their files."""
    _write(folder / "credentials.yaml", {_SNMP_CREDENTIALS: {"version": "2c", "community": COMMUNITY}})
    (folder / SITES).write_text(sheet_text(inventory_of(stage.sites)), encoding="utf-8")
    _write(folder / "roster.yaml", _roster())
    _write(folder / "collector.yaml", _collector(stage, folder, doors, way))
    everywhere = [target for site in stage.sites for target in _targets(site, way)]
    _write(folder / f"{PROVINCE}.yaml", _agent(PROVINCE, PROVINCE, folder, everywhere, way))
    for host in stage.hosts:
        inside = [_target(host, "router", host.lan_address, way)]
        _write(folder / f"{host.id}.yaml", _agent(host.id, host.id, folder, inside, way))


def token(agent: str) -> str:
    """What an agent shows the collector; it opens nothing beyond this demo."""
    return f"demo-{agent}"


def _collector(stage: Stage, folder: Path, doors: Doors, way: Way) -> dict[str, Any]:
    """Impatient: what takes minutes in a province takes seconds here."""
    agents = [(PROVINCE, PROVINCE), *((host.id, host.id) for host in stage.hosts)]
    return {
        "listen": {"address": "127.0.0.1", "port": doors.port, "socket": str(folder / "collector.sock")},
        "state": str(folder / "state" / "collector"),
        "agents": [{"name": name, "site": site, "token": token(name)} for name, site in agents],
        "evaluate_seconds": 0.5,
        "judgement": {
            "down_runs": 2,
            "down_seconds": 2.0,
            "up_runs": 2,
            "degraded_runs": 2,
            "degraded_loss_ratio": 0.15,
            "degraded_sureness": 0.5,
            "agent_silent_seconds": 20.0,
            "vantage_silent_seconds": 15.0,
            "blind_seconds": 3.0,
            "fold_seconds": 8.0,
            "fold_wait_seconds": 3.0,
            "remainder_seconds": 10.0,
            "reopen_seconds": 5.0,
            "settle_seconds": 20.0,
            "vantage_kind": "icmp" if way.real else "snmp",
        },
        "series": {"agent_silent_seconds": 10.0, "fresh_least_seconds": 10.0},
        "retention": {"time_zone": ZONE},
        "wall": {"title": "Hà Giang"},
        "notify": _notify(folder, doors),
    }


def _notify(folder: Path, doors: Doors) -> dict[str, Any]:
    """Messages that the demo shows, and a trial with the demo's start."""
    gateway = f"http://127.0.0.1:{doors.gateway}/sms"
    return {
        "address": f"http://127.0.0.1:{doors.port}",
        "roster": str(folder / "roster.yaml"),
        "trial_at": doors.trial_at,
        "rules": {"hold_seconds": 3.0, "settle_seconds": 5.0, "calm_seconds": 20.0, "update_seconds": 30.0},
        "channels": [
            {"kind": "webhook", "name": "sms", "url": gateway, "secret": "demo", "urgency": "critical", "trial": True}
        ],
    }


def _roster() -> dict[str, Any]:
    return {
        "people": {
            "mau": {"name": "Nguyễn Văn Mẫu", "phone": "+84900000094"},
            "vidu": {"name": "Trần Thị Ví Dụ", "phone": "+84900000095"},
        },
        "duties": [{"people": ["mau"]}, {"people": ["vidu"], "level": 1}],
    }


def _agent(name: str, site: str, folder: Path, targets: list[dict[str, Any]], way: Way) -> dict[str, Any]:
    own = folder / (f"{name}.sock" if name != PROVINCE else "collector.sock")
    return {
        "agent": name,
        "site": site,
        "uplink": {"url": "http://collector", "socket": str(own), "token": token(name)},
        "state": str(folder / "state" / name),
        "commit_seconds": _COMMIT_SECONDS,
        "report_seconds": _COMMIT_SECONDS,
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
