"""The words of this room in each language, from a gettext catalogue whose source is English."""

from pathlib import Path

from collector.language import words_of
from collector.notify.words import ENGLISH

_ROOM = Path(__file__).parent
words_in = words_of(_ROOM, ENGLISH)
