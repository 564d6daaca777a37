"""What others wrote and we ship: listed, licensed, byte for byte what its page says, and on its way into the wheel."""

import re
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest

from collector.wall.edition import STATIC

ROOT = Path(__file__).parents[3]
VENDOR = STATIC / "vendor"
LIBRARIES = sorted(path for folder in (VENDOR, ROOT / "tests" / "vendor") for path in folder.iterdir() if path.is_dir())
ROW = re.compile(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", re.MULTILINE)
PAGE = "README.md"


def listed(library: Path) -> dict[str, str]:
    return dict(ROW.findall((library / PAGE).read_text(encoding="utf-8")))


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda path: path.name)
def test_every_vendored_file_is_listed_with_the_hash_that_it_has(library: Path) -> None:
    found = {
        str(path.relative_to(library)): sha256(path.read_bytes()).hexdigest()
        for path in library.rglob("*")
        if path.is_file() and path.name != PAGE
    }

    assert found == listed(library)


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda path: path.name)
def test_a_vendored_library_says_its_version_licence_and_source(library: Path) -> None:
    page = (library / PAGE).read_text(encoding="utf-8")

    assert re.search(r"^# \S+ \d+\.\d+\.\d+$", page, re.MULTILINE)
    assert "licence" in page
    assert "LICENSE" in listed(library)
    assert re.search(r"From the npm package `\S+` \d+\.\d+\.\d+", page)


def test_nothing_lies_in_the_folder_outside_of_a_library() -> None:
    """An empty list of libraries would pass everything."""
    assert "uplot" in {path.name for path in LIBRARIES}
    assert [path.name for path in VENDOR.iterdir() if not path.is_dir()] == []


def test_the_wheel_takes_all_that_browsers_get_and_the_licences_with_it() -> None:
    """Hatch leaves out what ``.gitignore`` names, wherever it lies: ``dist/``, for example."""
    ignored = {line.strip("/*") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()}
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = [path.relative_to(ROOT) for path in STATIC.rglob("*") if path.is_file()]

    assert "collector" in wheel["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert [path for path in shipped if ignored & {*path.parts, f".{path.suffix}"}] == []
    assert "collector/wall/static/vendor/*/LICENSE" in wheel["project"]["license-files"]
