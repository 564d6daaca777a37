"""Settings files of agent and collector for whole-program tests, with periods of a second instead of a minute."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

TOKEN = "token-of-{}"


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def collector_file(folder: Path, port: int, sites: Sequence[str], agents: Sequence[str]) -> Path:
    """A collector on ``port`` and on ``collector.sock``; the first site's hub is ``h1``, as is everybody's."""
    inventory = [{"id": site, "name": f"Xã {site}", "district": "Hà Giang", "hub": "h1"} for site in sites]
    write(folder / "sites.yaml", {"sites": inventory})
    return write(
        folder / "collector.yaml",
        {
            "listen": {"port": port, "socket": str(folder / "collector.sock")},
            "state": str(folder / "state"),
            "inventory": "sites.yaml",
            "agents": [{"name": name, "site": "province", "token": TOKEN.format(name)} for name in agents],
            "evaluate_seconds": 0.5,
            "judgement": {"down_runs": 2, "down_seconds": 1.0, "degraded_loss_ratio": 1.0},
        },
    )


def agent_file(folder: Path, name: str, socket: Path, **more: Any) -> Path:
    """An agent that commits twice a second and sends over a Unix socket; its token is in a file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "token").write_text(TOKEN.format(name), encoding="utf-8")
    (folder / "token").chmod(0o600)
    return write(
        folder / "agent.yaml",
        {
            "agent": name,
            "site": "province",
            "uplink": {"url": "http://collector", "socket": str(socket), "token_file": str(folder / "token")},
            "state": str(folder / "state"),
            "commit_seconds": 0.5,
            **more,
        },
    )
