"""The words of these pages in each language, from a gettext catalogue whose source is English."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from collector.language import Language, language_of
from collector.pages import day_words, report_words, stock_words, words

_ROOM = Path(__file__).parent
TEXTS: Mapping[str, str] = {**words.TEXTS, **stock_words.TEXTS, **day_words.TEXTS, **report_words.TEXTS}


def language_in(tag: str) -> Language:
    """A language by its tag, Vietnamese where there is none."""
    return language_of(_ROOM, tag)


@cache
def words_in(tag: str) -> Mapping[str, str]:
    """By the names under which templates ask for them."""
    language = language_in(tag)
    return {name: language.say(text) for name, text in TEXTS.items()}
