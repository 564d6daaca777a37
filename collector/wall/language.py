"""The languages of the pages, from gettext catalogues: English is the source, Vietnamese its translation."""

import gettext
from pathlib import Path

DOMAIN = "wall"
LOCALE = Path(__file__).parent / "locale"
LANGUAGES = ("vi", "en")


def marked(text: str) -> str:
    """The text itself; its being here puts it into the catalogues (``pybabel extract -k marked``)."""
    return text


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


def language_in(tag: str) -> Language:
    """A language by its tag, Vietnamese where there is none; gettext reads each catalogue once."""
    known = tag if tag in LANGUAGES else LANGUAGES[0]
    return Language(known, gettext.translation(DOMAIN, LOCALE, [known]))
