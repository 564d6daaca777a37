"""The words of these pages in each language, from a gettext catalogue whose source is English."""

import gettext
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from collector.pages import day_words, report_words, stock_words, words
from collector.wall.language import LANGUAGES, Language

DOMAIN = "pages"
LOCALE = Path(__file__).parent / "locale"
TEXTS: Mapping[str, str] = {**words.TEXTS, **stock_words.TEXTS, **day_words.TEXTS, **report_words.TEXTS}


@cache
def language_in(tag: str) -> Language:
    """A language by its tag, Vietnamese where there is none."""
    known = tag if tag in LANGUAGES else LANGUAGES[0]
    return Language(known, gettext.translation(DOMAIN, LOCALE, [known], fallback=known == "en"))


@cache
def words_in(tag: str) -> Mapping[str, str]:
    """By the names under which templates ask for them."""
    language = language_in(tag)
    return {name: language.say(text) for name, text in TEXTS.items()}
