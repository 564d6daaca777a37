"""The browser's modules: small, typed, whole, of one release; nothing is built, so what is checked is what runs."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

from collector.pages import sheet
from collector.wall.edition import STATIC, edition, module, modules, parts
from tests.peers.presence import require

ROOT = Path(__file__).parents[3]
MODULES = sorted(path for path in STATIC.rglob("*.js") if "vendor" not in path.parts)
MODULE_LINES = 150
MISTAKES = [
    ("wall/tiles.js", 'hasAll("all");', "TS2345"),
    ("wall/live.js", 'drawn.sequence = "one";', "TS2322"),
    ("wall/elements.js", "export function untyped(what) { return what; }", "TS7006"),
]
IMPORT = re.compile(r'(?:from|import|import\() ?"(\.[^"]+)"')


def name(path: Path) -> str:
    return str(path.relative_to(STATIC))


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the checker says of all modules, to a few of which a mistake was added: it takes its time, so once."""
    tsc, folder = require("tsc", "node-typescript"), tmp_path_factory.mktemp("types")
    shutil.copytree(STATIC, folder / STATIC.relative_to(ROOT))
    shutil.copy(ROOT / "tsconfig.json", folder)
    for where, mistake, _ in MISTAKES:
        with (folder / STATIC.relative_to(ROOT) / where).open("a", encoding="utf-8") as file:
            file.write(f"{mistake}\n")
    command = [tsc, "--project", str(folder / "tsconfig.json"), "--pretty", "false", "--listFiles"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_the_types_of_all_modules_hold_and_each_mistake_is_seen(checked: str) -> None:
    said = re.findall(r"static/(\S+\.js)\(\d+,\d+\): error (TS\d+):", checked)
    looked_at = [line for line in checked.splitlines() if "error" not in line]

    assert set(said) == {(where, error) for where, _, error in MISTAKES}
    assert len(said) == checked.count("error TS") == len(MISTAKES)
    assert [one for one in MODULES if not any(line.endswith(f"static/{name(one)}") for line in looked_at)] == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_is_short_says_what_it_is_and_silences_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()

    assert len(lines) <= MODULE_LINES
    assert lines[0] == "// @ts-check"
    assert re.match(r"// [A-Z]", lines[1])
    assert not re.search(r"@ts-(ignore|nocheck|expect)|\bany\b\s*[}>|)]", text), "a type that is no type"


def reached(first: str) -> set[Path]:
    """All that a module brings with it."""
    found, ways = set(), [STATIC / first]
    while ways:
        here = ways.pop()
        if here not in found:
            found.add(here)
            named = IMPORT.findall(here.read_text(encoding="utf-8")) if "vendor" not in here.parts else []
            ways += [(here.parent / way).resolve() for way in named]
    return found


@pytest.mark.parametrize("page", ["wall", "site"])
def test_a_page_asks_at_once_for_all_that_its_module_brings_and_for_nothing_else(page: str) -> None:
    rooms = {"wall": STATIC.parent, "site": Path(sheet.__file__).parent}
    loader = Environment(loader=FileSystemLoader(rooms[page] / "templates"), autoescape=True)
    loader.globals.update(module=module, parts=parts)
    source = (rooms[page] / "templates" / f"{page}.html").read_text(encoding="utf-8")
    (loop,) = re.findall(r"\{% for address in .*?modulepreload.*?\{% endfor %\}", source, re.DOTALL)
    asked = re.findall(r'href="([^"]+)"', loader.from_string(loop).render())

    assert {module(name(path)) for path in reached(f"{page}.js")} == {module(f"{page}.js"), *asked}


def test_every_module_is_reached_from_one_that_a_page_names() -> None:
    named = {"wall.js", "rotate.js", "map.js", "site.js", "inventory.js", "maintenance.js"}

    assert {path for first in named for path in reached(first) if "vendor" not in path.parts} == set(MODULES)


def test_an_edition_changes_with_any_module(monkeypatch: pytest.MonkeyPatch) -> None:
    before, known = edition(), modules()
    try:
        for changed in (known, {**known, "wall/tiles.js": known["wall/tiles.js"] + b"\n"}):
            edition.cache_clear()
            monkeypatch.setattr("collector.wall.edition.modules", lambda told=changed: told)
            assert (edition() == before) is (changed == known)
    finally:
        edition.cache_clear()
