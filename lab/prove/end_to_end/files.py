"""The settings files of the end-to-end proof: what is shipped with times ten times as short; it starts nothing."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from lab.prove.end_to_end.devices import NAME
from lab.prove.end_to_end.land import CENTRE_ADDRESS, CORE_ADDRESS, HUBS, PROVIDERS, SITES, Site
from lab.stage import COMMUNITY

SHIPPED = Path(__file__).parents[3] / "config"
PROVINCE = "province"
WITH_SUPPLY = ("s02", "s05", "s06", "s10")
BY_NAME = "s09"
"""Its agent knows the collector by name, and asks the resolver for it."""
IMPORTANT = "s01"
FASTER = 10.0
_SPAN = re.compile(r"(\d+)(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_CORE = {"site": PROVINCE, "name": "core", "address": CORE_ADDRESS, "role": "province_core"}
_JUDGEMENT = {
    "down_seconds": 1.5,
    "inside_gap_seconds": 9.0,
    "blind_seconds": 2.0,
    "vantage_silent_seconds": 25.0,  # an agent's patience between two tries is not a tenth
    "agent_silent_seconds": 12.0,
    "reports_silent_seconds": 6.0,
    "flapping_seconds": 24.0,
    "fold_seconds": 18.0,
    "fold_wait_seconds": 2.5,
    "remainder_seconds": 15.0,
    "reopen_seconds": 20.0,
    "maintenance_grace_seconds": 3.0,
    "settle_seconds": 12.0,
}
_TRIES = {"retry_first_seconds": 0.1, "retry_cap_seconds": 4.5}
"""A tenth as long too, or chance would decide how long a collector that is back knows nothing."""
_RULES = {
    "hold_seconds": 2.0,
    "settle_seconds": 6.0,
    "calm_seconds": 20.0,
    "past_seconds": 60.0,
    "update_seconds": 30.0,
}


def collector(folder: Path, port: int, alertmanager: int) -> Path:
    """The collector's file; the inventory and the token of each agent are beside it."""
    sites = [_inventory(site) for site in SITES]
    hubs = [{"name": hub, "parent": parent} for hub, parent in HUBS.items() if parent in HUBS]
    write(folder / "sites.yaml", {"sites": sites, "hubs": hubs})
    agents = [{"name": PROVINCE, "site": PROVINCE, "token": token(PROVINCE), "reports_on": "all"}]
    agents += [
        {"name": site.id, "site": site.id, "token": token(site.id), "reports_on": "own"}
        for site in SITES
        if site.inside
    ]
    notify = {
        "rules": {**_RULES, "important": [IMPORTANT]},
        "refresh_seconds": 6,
        "quiet_from": "22:00",
        "quiet_until": "22:00",
        "channels": [{"kind": "alertmanager", "name": "alerts", "url": f"http://127.0.0.1:{alertmanager}"}],
    }
    content = {
        "listen": {"address": "0.0.0.0", "port": port},  # noqa: S104 - all of a namespace of our own
        "state": str(folder / "state"),
        "inventory": "sites.yaml",
        "maintenance": str(folder / "maintenance.yaml"),
        "agents": agents,
        "evaluate_seconds": 0.5,
        "judgement": _JUDGEMENT,
        "series": {"agent_silent_seconds": 6.0, "fresh_least_seconds": 5.0},
        "notify": notify,
    }
    return write(folder / "collector.yaml", content)


def agent(folder: Path, name: str, port: int) -> Path:
    """An agent's file: the province's looks at all sites, any other at its own surroundings."""
    site = next((site for site in SITES if site.id == name), None)
    host = NAME if name == BY_NAME else CENTRE_ADDRESS
    content = {
        "agent": name,
        "site": name,
        "uplink": {"url": f"http://{host}:{port}", "token": token(name), "timeout_seconds": 3.0, **_TRIES},
        "state": str(folder / name),
        "commit_seconds": 1.0,
        "report_seconds": 2.0,
        "credentials_file": str(write(folder / "credentials.yaml", {"lab": {"version": "2c", "community": COMMUNITY}})),
        "checks": list(_outside_checks() if site is None else _inside_checks()),
        "targets": list(_outside() if site is None else _inside(site)),
    }
    return write(folder / f"{name}.yaml", content)


def _ping(name: str, *roles: str) -> dict[str, Any]:
    train = {"count": 3, "interval_seconds": 0.1, "timeout_seconds": 0.6, "linger_seconds": 0}
    return {"kind": "icmp", "name": name, "every_seconds": 1.0, "roles": list(roles), **train}


def _outside_checks() -> Iterator[dict[str, Any]]:
    yield _ping("ping", "router")
    yield _ping("ping-line", "province_core")
    snmp = {"kind": "snmp", "credentials": "lab", "timeout_seconds": 2.0, "retries": 1, "retry_seconds": 0.8}
    yield {**snmp, "name": "router", "every_seconds": 8.0, "roles": ["router"]}
    yield {**snmp, "name": "ups", "every_seconds": 3.0, "roles": ["ups"]}


def _inside_checks() -> Iterator[dict[str, Any]]:
    yield _ping("ping", "gateway")
    yield _ping("ping-line", "isp_first_hop", "province_core")
    yield {"kind": "dns", "every_seconds": 2.0, "timeout_seconds": 1.0, "query": NAME, "roles": ["resolver"]}


def _outside() -> Iterator[dict[str, Any]]:
    yield _CORE
    for site in SITES:
        yield {"site": site.id, "name": f"{site.id}-router", "address": site.router, "role": "router"}
        if site.id in WITH_SUPPLY:
            yield {"site": site.id, "name": f"{site.id}-ups", "address": site.supply, "role": "ups"}


def _inside(site: Site) -> Iterator[dict[str, Any]]:
    hop = PROVIDERS[site.provider]
    roles = {"gateway": site.router, "isp_first_hop": hop, "province_core": CORE_ADDRESS, "resolver": CORE_ADDRESS}
    for role, address in roles.items():
        yield {"site": site.id, "name": f"{site.id}-{role}", "address": address, "role": role}


def _inventory(site: Site) -> dict[str, Any]:
    link = {"name": "main", "provider": site.provider, "kind": "fibre"}
    area = {"power_area": site.power_area} if site.power_area else {}
    return {"id": site.id, "name": f"Xã {site.number}", "hub": site.hub, "links": [link], **area}


def alertmanager(folder: Path, ear: int) -> Path:
    """The shipped routes and inhibitions; the receivers are one ear of ours, by their names."""
    content = _faster(yaml.safe_load((SHIPPED / "alertmanager" / "alertmanager.yml").read_text(encoding="utf-8")))
    for receiver in content["receivers"]:
        for each in receiver.get("webhook_configs", []):
            each["url"] = f"http://127.0.0.1:{ear}/{receiver['name']}"
    return write(folder / "alertmanager.yml", content)


def prometheus(folder: Path, ports: dict[str, int]) -> Path:
    """The shipped jobs and rules; ``ports`` by job."""
    shipped = SHIPPED / "prometheus"
    content = _faster(yaml.safe_load((shipped / "prometheus.yml").read_text(encoding="utf-8")))
    for job in content["scrape_configs"]:
        job["static_configs"] = [{"targets": [f"127.0.0.1:{ports[job['job_name']]}"]}]
    content["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [f"127.0.0.1:{ports['alertmanager']}"]}]}]
    for path in sorted((shipped / "rules").glob("*.yml")):
        write(folder / "rules" / path.name, _faster(yaml.safe_load(path.read_text(encoding="utf-8"))))
    return write(folder / "prometheus.yml", content)


def _faster(content: Any, key: str = "") -> Any:
    """The same with every wait and interval a tenth, expressions as they are."""
    waits = {"for", "interval", "keep_firing_for", "group_wait", "group_interval"}
    waits |= {"scrape_interval", "scrape_timeout", "evaluation_interval"}
    if isinstance(content, dict):
        return {name: _faster(value, name) for name, value in content.items()}
    if isinstance(content, list):
        return [_faster(value) for value in content]
    found = _SPAN.fullmatch(content) if key in waits and isinstance(content, str) else None
    if found is None:
        return content
    return f"{max(1, round(int(found[1]) * _SECONDS[found[2]] * 1000 / FASTER))}ms"


def token(agent_name: str) -> str:
    """What an agent shows; it opens nothing beyond the proof."""
    return f"proof-{agent_name}"


def write(path: Path, content: Any) -> Path:
    """As YAML, for the owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    path.chmod(0o600)
    return path
