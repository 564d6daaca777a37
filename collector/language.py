"""The languages of the house, from gettext catalogues: English is the source, Vietnamese its translation."""

import gettext
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

LANGUAGES = ("vi", "en")
"""The first stands for any that is not known."""
_Words = TypeVar("_Words", bound=msgspec.Struct)


def marked(text: str) -> str:
    """The text itself; its being here puts it into the catalogues (``pybabel extract -k marked``)."""
    return text


def figures(tag: str, number: str) -> str:
    """A number as a language writes it, from how Python does: ``99,5`` in Vietnamese, ``99.5`` in English."""
    return number.replace(".", ",") if tag == "vi" else number


class Language:
    """One language: plain sentences, and those that count."""

    def __init__(self, tag: str, catalogue: gettext.NullTranslations) -> None:
        self.tag = tag
        self._catalogue = catalogue

    def say(self, text: str, **values: object) -> str:
        """A sentence; ``{name}`` in it stands for the value of that name."""
        said = self._catalogue.gettext(text) if text else ""
        return said.format(**values) if values else said

    def count(self, one: str, many: str, n: int, **values: object) -> str:
        """A sentence that depends on a number, which it calls ``{n}``."""
        return self._catalogue.ngettext(one, many, n).format(n=n, **values)


@cache
def language_of(room: Path, tag: str) -> Language:
    """A language of a room, by the catalogue in its folder: ``locale/vi/LC_MESSAGES/ROOM.po``, compiled."""
    known = tag if tag in LANGUAGES else LANGUAGES[0]
    return Language(known, gettext.translation(room.name, room / "locale", [known], fallback=known == "en"))


def words_of(room: Path, english: _Words) -> Callable[[str], _Words]:
    """Gives all texts of a room by a language's tag; Vietnamese where it is not known."""

    @cache
    def words_in(tag: str) -> _Words:
        return translated(english, language_of(room, tag))

    return words_in


def translated(words: _Words, language: Language) -> _Words:
    """The same words in that language: texts, and those in mappings; ``tag`` becomes the language's own."""
    said: dict[str, object] = {}
    for field in msgspec.structs.fields(words):
        value = getattr(words, field.name)
        if isinstance(value, str):
            said[field.name] = language.say(value)
        elif isinstance(value, Mapping):
            said[field.name] = {key: language.say(text) for key, text in value.items()}
    return msgspec.structs.replace(words, **{**said, "tag": language.tag})
