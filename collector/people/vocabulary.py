"""The words of this room in each language, from a gettext catalogue whose source is English."""

from functools import partial
from pathlib import Path

from collector.language import language_of, words_of
from collector.people.words import ENGLISH

_ROOM = Path(__file__).parent
language_in = partial(language_of, _ROOM)
words_in = words_of(_ROOM, ENGLISH)
