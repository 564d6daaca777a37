"""The house's inspector: rooms stay small, named by their subject, and say at the door what they are."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = ("agent", "collector", "dashboards", "lab", "shared")
MODULES = sorted(path for program in PROGRAMS for path in (ROOT / program).rglob("*.py"))
DRAWERS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc", "tools"}
MODULE_LINES = 250
FUNCTION_LINES = 40


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_room_can_be_read_in_ten_minutes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES
    ]

    assert len(text.splitlines()) <= MODULE_LINES
    assert long == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_room_says_at_the_door_what_it_is(path: Path) -> None:
    opening = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n\n")[0]

    assert opening.endswith("."), "the module opens with one sentence"
    assert opening.count(". ") == 0, "one sentence, not several"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_there_are_no_drawers(path: Path) -> None:
    assert not DRAWERS & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}


def test_the_inspector_sees_the_house() -> None:
    """An empty list would pass everything."""
    assert {"agent/probe.py", "shared/wire/codec.py", "collector/picture.py"} <= {name(path) for path in MODULES}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_module_holds_mutable_state(path: Path) -> None:
    """Globals end in two agents that share one process and each other's counters."""
    guilty = [
        ast.unparse(node)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and isinstance(node.value, ast.List | ast.Set | ast.ListComp | ast.SetComp)
    ]
    declared = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Global)]

    assert guilty == []
    assert declared == []
