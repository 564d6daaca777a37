"""The catalogues of the pages: each text that they use is translated, and what runs is what was written."""

import re
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from collector.wall.language import DOMAIN, LANGUAGES, LOCALE, language_in
from collector.wall.reasons import reason_in

FOLDER = LOCALE.parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"marked": None, "say": None, "_": None, "count": (1, 2)}
REASONS = {
    "no fresh measurement of this site": "không có phép đo mới",
    "agent a-1 reports from the site itself": "phần mềm giám sát a-1 vẫn gửi",
    "RTT of 812 ms to r, measured by a": "độ trễ 812 ms đến r",
    "RTT 12 ms from r, measured by a": "r trả lời sau 12 ms",
    "replies from r, measured by a": "r trả lời, do a đo",
    "no reply from r in 1 run of a": "r không trả lời trong 1 lần đo của a",
    "r answers again, 2 runs of a so far": "r đã trả lời lại, mới 2 lần đo của a",
    "40% loss to r over 5 runs of a": "mất 40 % gói tin đến r",
    "maintenance; no reply from r in 3 runs of a": "bảo trì; r không trả lời",
    "no reply from r in 3 runs of a; but agent b reports from the site itself": "nhưng phần mềm giám sát b",
}


def folder(tag: str) -> Path:
    return LOCALE / tag / "LC_MESSAGES"


def written(tag: str) -> Catalog:
    with (folder(tag) / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, locale=tag)


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


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_text_of_the_pages_is_translated_and_none_is_fuzzy_or_left_over(tag: str) -> None:
    found = {
        text
        for _, _, message, _, _ in extract_from_dir(FOLDER, METHODS, keywords=KEYWORDS)
        for text in (message if isinstance(message, tuple) else (message,))
        if text
    }
    said = [message for message in written(tag) if message.id]
    known = {text for message in said for text in (message.id if isinstance(message.id, tuple) else (message.id,))}

    assert found - known == set(), "not in the catalogue"
    assert known - found == set(), "no page says this any more"
    assert [message.id for message in said if message.fuzzy] == []
    assert [
        message.id
        for message in said
        if not all([message.string] if isinstance(message.string, str) else message.string)
    ] == []


@pytest.mark.parametrize("tag", LANGUAGES)
def test_the_compiled_catalogue_says_what_the_written_one_says(tag: str) -> None:
    """``pybabel compile -d collector/wall/locale -D wall`` after each change."""
    with (folder(tag) / f"{DOMAIN}.mo").open("rb") as file:
        assert texts(read_mo(file)) == texts(written(tag))


def test_a_translation_names_the_same_values() -> None:
    for message in written("vi"):
        sources = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id:
            assert {frozenset(placeholders(text)) for text in said} == {
                frozenset(placeholders(text)) for text in sources
            }


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_of_the_judgement_is_told_in_both_languages(reason: str) -> None:
    assert REASONS[reason] in reason_in(language_in("vi"), reason)
    assert reason_in(language_in("en"), reason).replace(" %", "%") == reason


def test_the_judgement_gives_no_reason_of_another_form() -> None:
    """Each f-string of its module that becomes a reason has a form: a new one wants a new line in ``reasons``."""
    source = (FOLDER.parent / "judgement" / "judge.py").read_text()
    source = re.sub(r"\{_runs\(.*?\)\}", "7 runs", source).replace("{told}", "replies").replace("{loss:.0%}", "7%")
    filled = [re.sub(r"\{[^{}]*\}", "7", text) for text in re.findall(r'f"([^"]{12,})"', source)]
    vietnamese = language_in("vi")
    kept = [text for text in filled if reason_in(vietnamese, text) == text and text not in {"RTT 7 ms", "7 runs"}]

    assert len(filled) >= 7
    assert kept == []


def test_an_unknown_language_is_vietnamese() -> None:
    assert language_in("../../etc").say("Down") == "Mất kết nối"
