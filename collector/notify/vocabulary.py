"""The words of this room in each language, from a gettext catalogue whose source is English."""

from functools import cache
from pathlib import Path

from collector.language import Language, language_of, translated
from collector.notify.words import ENGLISH, Words

_ROOM = Path(__file__).parent


def language_in(tag: str) -> Language:
    """A language by its tag, Vietnamese where there is none."""
    return language_of(_ROOM, tag)


@cache
def words_in(tag: str) -> Words:
    """All texts of a language; Vietnamese where it is not known."""
    return translated(ENGLISH, language_in(tag))
