"""The reference is held to the code: commands, settings, metrics, rooms that exist are told; links lead somewhere."""

import argparse
import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

import agent.__main__
import collector.__main__
import lab.__main__
from agent.onsite.settings import Helpline, LocalPageSettings
from agent.probe import Credential, Target
from agent.probes import load_probes
from agent.settings import AgentFile
from collector.inventory.site import Site
from collector.settings import CollectorSettings

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PAGES = sorted(path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PROGRAMS = {"agent": agent.__main__, "collector": collector.__main__, "lab": lab.__main__}
SERIES = re.compile(r"((?:phusong|probe)_[a-z0-9_]*?[a-z0-9])(?:_bucket|_sum|_count)?")
PROMISED: set[str] = set()
"""Series that rules and dashboards ask for already, and that the collector will show: the reference says so."""
COUNTER = re.compile(r'_counter\(\s*"([a-z_]+)"')


def commands() -> Iterator[str]:
    for name, module in PROGRAMS.items():
        for action in module._parser()._actions:  # type: ignore[attr-defined]
            if isinstance(action, argparse._SubParsersAction):
                yield from (f"phusong-{name} {command}" for command in action.choices)


def settings(kind: Any, before: str = "") -> Iterator[str]:
    """Keys as they are written: ``uplink.url``."""
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from settings(field.type, f"{before}{field.name}.")
        else:
            yield before + field.name


def metrics() -> Iterator[str]:
    """Names of series as the programs spell them: string literals that are nothing but such a name."""
    for program in ("agent", "collector"):
        for path in (ROOT / program).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found = SERIES.fullmatch(node.value)
                    if found:
                        yield found[1]
            yield from (f"phusong_collector_{name}_total" for name in COUNTER.findall(text))


def rooms() -> Iterator[str]:
    for program in ("agent", "collector", "shared"):
        for path in (ROOT / program).iterdir():
            if path.suffix == ".py" or (path.is_dir() and any(path.glob("*.py"))):
                yield path.stem


@pytest.mark.parametrize("command", sorted(commands()))
def test_every_command_is_told(command: str) -> None:
    assert f"`{command}" in REFERENCE


@pytest.mark.parametrize("metric", sorted(set(metrics())))
def test_every_metric_is_told(metric: str) -> None:
    assert f"`{metric}`" in REFERENCE


@pytest.mark.parametrize(
    "key",
    sorted(
        {name for kind in (AgentFile, CollectorSettings, Target, Credential, Site) for name in settings(kind)}
        | {name for probe in load_probes().values() for name in settings(probe.check)}
        | {*settings(LocalPageSettings, "local_page."), *settings(Helpline)}
    ),
)
def test_every_setting_is_told(key: str) -> None:
    assert f"`{key}`" in REFERENCE


@pytest.mark.parametrize("kind", sorted(load_probes()))
def test_every_kind_of_probe_is_told(kind: str) -> None:
    assert f"| `{kind}` |" in REFERENCE


@pytest.mark.parametrize("room", sorted(set(rooms()) - {"__init__"}))
def test_every_room_is_told(room: str) -> None:
    assert f"`{room}`" in ARCHITECTURE


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))

    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_decisions_are_numbered_once_and_listed() -> None:
    """Numbers are given out before the texts are written, so there may be gaps; no number may mean two decisions."""
    folder = ROOT / "docs" / "decisions"
    names = sorted(path.name for path in folder.glob("[0-9]*.md"))
    listed = re.findall(r"^(\d+)\. \[.*\]\((.*)\)$", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert len({name[:4] for name in names}) == len(names)
    assert [(int(name[:4]), name) for name in names] == [(int(number), name) for number, name in listed]


def test_rules_ask_only_for_what_the_collector_shows() -> None:
    """A rule that asks for a series that nobody publishes is green for ever."""
    rules = [
        rule
        for path in (ROOT / "config" / "prometheus" / "rules").glob("*.yml")
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
    ]
    exprs = " ".join(rule["expr"] for rule in rules)
    for rule in rules:
        exprs = exprs.replace(rule.get("record", "\n"), "")
    asked = set(re.findall(r"phusong_[a-z_]+", exprs))

    assert asked
    assert asked <= set(metrics()) | PROMISED
