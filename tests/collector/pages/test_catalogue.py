"""The words of the pages: no template asks for one that is not there, and every fault of a rule has its own."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

import collector
from collector.pages import day_words, report_words, stock_words, words
from collector.pages.faults import fault_in
from collector.pages.vocabulary import TEXTS, language_in, words_in

COLLECTOR = Path(collector.__file__).parent
PAGES = COLLECTOR / "pages"
RULES = ("inventory/rules.py", "inventory/sheet_rows.py", "inventory/columns.py", "inventory/csv_file.py")
RULES += ("inventory/change.py", "inventory/edit.py", "inventory/versions.py", "inventory/topology.py")
RULES += ("calendar/windows.py", "calendar/changes.py", "pages/stock.py", "pages/deeds.py", "pages/site_form.py")
OTHERS = re.compile(
    # What no page shows: rules of commands' files, weekly windows, SQL and patterns, what the log is told.
    r"wanted the columns|is not a regular file|is not UTF-8|save the sheet as|bytes is over"
    r"|SELECT|INSERT|CREATE|PRAGMA|FROM |ORDER BY|at_wall_ns"
    r"|\\w|\\d|, other hubs|is no time of day|must be more than 0 and|name at least one of|has a space in it"
    r"|before it began|over already|nothing to do|a control character"
)


def written() -> Catalog:
    with (PAGES / "locale/vi/LC_MESSAGES/pages.po").open("rb") as file:
        return read_po(file, locale="vi")


def test_no_word_takes_the_place_of_another() -> None:
    """They are one dictionary for the templates."""
    every = Counter(key for room in (words, stock_words, day_words, report_words) for key in room.TEXTS)
    assert [key for key, times in every.items() if times > 1] == []
    assert words_in("en").keys() == words_in("vi").keys() == TEXTS.keys()


def test_no_template_asks_for_a_word_that_is_not_there() -> None:
    for path in sorted((PAGES / "templates").glob("*.html")):
        text = path.read_text(encoding="utf-8")
        used = {*re.findall(r"\bwords\.([a-z_]+)(?![a-z_(])", text), *re.findall(r'\bwords\["([^"]+)"\]', text)}
        assert used - TEXTS.keys() - {"get"} == set(), path.name


def spoken(path: Path) -> set[str]:
    """What a module says beside its docstrings, in pieces between the values."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = {
        node.value.strip(" ',:;.?-")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    }
    return {
        text.removeprefix("id ")
        for text in found
        if len(text.split()) > 2 and text.isascii() and not OTHERS.search(text)
    }


@pytest.mark.parametrize("module", RULES)
def test_the_rules_say_nothing_that_has_no_words_in_vietnamese(module: str) -> None:
    """A new sentence of theirs wants a new line in ``faults.py``."""
    known = "\n".join(str(message.id) for message in written())
    found = spoken(COLLECTOR / module)

    assert {text for text in found if text not in known} == set()


@pytest.mark.parametrize(
    ("line", "vietnamese"),
    [
        (
            "sites.csv:7: latitude '1a' is no number",
            "dòng 7: latitude: '1a' không phải là số",
        ),
        ("site 'a': name: must not be empty", "điểm 'a': name: không được để trống"),
        ("site 'a': '0219' would be '219': the spreadsheet took its zeros off", "điểm 'a': '0219' sẽ thành '219'"),
        ("unknown column 'huub', did you mean 'hub'?", "không hiểu cột 'huub', có phải là 'hub'?"),
        ("disk I/O error", "disk I/O error"),
    ],
)
def test_a_fault_is_told_in_both_languages_and_names_stay(line: str, vietnamese: str) -> None:
    assert fault_in(language_in("vi"), line).startswith(vietnamese)
    assert (
        fault_in(language_in("en"), line).replace("line 7: ", "sites.csv:7: ").replace("latitude:", "latitude") == line
    )
