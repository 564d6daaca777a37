"""The catalogues of all rooms that speak to people: each text is translated, and what runs is what was written."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import collector

HOUSE = Path(collector.__file__).parent
ROOMS = ("wall", "pages", "notify", "people")
CATALOGUES = [path.relative_to(HOUSE) for room in ROOMS for path in sorted((HOUSE / room).rglob("*.po"))]
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"marked": None, "say": None, "_": None, "count": (1, 2)}
VIETNAMESE = re.compile(r"[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
NAMES_OF_UNITS = {"wall/short.py", "notify/sms.py", "pages/search.py", "pages/site_form.py"}
"""They shorten, spell or find what the inventory says, which is Vietnamese."""


def written(path: Path) -> Catalog:
    with (HOUSE / path).open("rb") as file:
        return read_po(file, locale=path.parts[2])


def texts(catalogue: Catalog) -> dict[object, tuple[str, ...]]:
    return {
        (first(message.id)): (message.string,) if isinstance(message.string, str) else tuple(message.string)
        for message in catalogue
        if message.id
    }


def first(text: str | list[str] | tuple[str, ...]) -> str:
    return text if isinstance(text, str) else text[0]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_room_speaks_vietnamese() -> None:
    assert {path.parts[0] for path in CATALOGUES if path.parts[2] == "vi"} == set(ROOMS)


@pytest.mark.parametrize("path", CATALOGUES, ids=str)
def test_every_text_is_translated_and_none_is_fuzzy_or_left_over(path: Path) -> None:
    found = {
        text
        for _, _, message, _, _ in extract_from_dir(HOUSE / path.parts[0], METHODS, keywords=KEYWORDS)
        for text in (message if isinstance(message, tuple) else (message,))
        if text
    }
    said = [message for message in written(path) if message.id]
    known = {text for message in said for text in (message.id if isinstance(message.id, tuple) else (message.id,))}

    assert found - known == set(), "not in the catalogue"
    assert known - found == set(), "nothing says this any more"
    assert [message.id for message in said if message.fuzzy] == []
    assert [
        message.id
        for message in said
        if not all([message.string] if isinstance(message.string, str) else message.string)
    ] == []
    if path.parts[2] == "vi":
        assert [message.id for message in said if message.string == message.id] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=str)
def test_the_compiled_catalogue_says_what_the_written_one_says(path: Path) -> None:
    """``pybabel compile -d collector/ROOM/locale -D ROOM`` after each change."""
    with (HOUSE / path).with_suffix(".mo").open("rb") as file:
        assert texts(read_mo(file)) == texts(written(path))


@pytest.mark.parametrize("path", CATALOGUES, ids=str)
def test_a_translation_names_the_same_values_and_compiles_without_a_word(path: Path) -> None:
    for message in written(path):
        sources = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id:
            assert {frozenset(placeholders(text)) for text in said} == {
                frozenset(placeholders(text)) for text in sources
            }
    assert [(message.id, faults) for message, faults in written(path).check()] == []


def vietnamese_in(path: Path) -> Iterator[str]:
    """Strings of a module that are none of its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield from VIETNAMESE.findall(node.value) and [node.value]


@pytest.mark.parametrize("room", ROOMS)
def test_no_module_and_no_template_holds_a_text_beside_the_catalogue(room: str) -> None:
    modules = [path for path in sorted((HOUSE / room).glob("*.py")) if f"{room}/{path.name}" not in NAMES_OF_UNITS]
    templates = sorted((HOUSE / room).glob("templates/*.html"))
    held = {text for path in modules for text in vietnamese_in(path)}
    held |= {path.name for path in templates if VIETNAMESE.search(path.read_text(encoding="utf-8"))}

    assert held - {"Tiếng Việt"} == set()
