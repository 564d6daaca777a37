"""What is wrong with a file that somebody wrote by hand, or with a disk, in the reader's language; it reads neither."""

import re

from collector.language import Language, marked
from collector.pages.faults import fault_in

_LINE = re.compile(r"(?P<file>.+?\.ya?ml)(?::(?P<line>\d+))?: (?P<what>.+)", re.DOTALL)
_PLACE = re.compile(r"(?P<place>[\w.\[\]-]+|the file): (?P<what>.+)", re.DOTALL)
_EXPECTED = re.compile(r"expected (?P<wanted>.+?), got (?P<got>.+?)(?P<quoted>: put it in quotes)?")
_KINDS = (
    marked("a map"),
    marked("a list"),
    marked("text"),
    marked("a whole number"),
    marked("a number"),
    marked("true or false"),
    marked("nothing"),
)
_SYSTEM = (
    marked("no space left on device"),
    marked("permission denied"),
    marked("read-only file system"),
    marked("input/output error"),
    marked("no such file or directory"),
    marked("is a directory"),
    marked("not a directory"),
    marked("disk quota exceeded"),
    marked("too many open files"),
)


def file_fault_in(language: Language, line: str) -> str:
    """The line as that language says it; names in it, and what nobody foresaw, stay as they are."""
    found = _LINE.fullmatch(line)
    if found is None:
        return system_in(language, line)
    file, what = found["file"].rpartition("/")[2], _what_in(language, found["what"])
    if found["line"] is None:
        return f"{file}: {what}"
    return language.say(marked("{file}, line {line}: {what}"), file=file, line=found["line"], what=what)


def system_in(language: Language, what: str) -> str:
    """An error of the operating system."""
    return language.say(what) if what in _SYSTEM else what


def _what_in(language: Language, what: str) -> str:
    if found := _PLACE.fullmatch(what):
        inner = _what_in(language, found["what"])
        return inner if found["place"] == "the file" else f"{found['place']}: {inner}"
    if found := _EXPECTED.fullmatch(what):
        wanted, got = (_kinds_in(language, found[name]) for name in ("wanted", "got"))
        quoted = language.say(marked(": put it in quotes")) if found["quoted"] else ""
        return language.say(marked("expected {wanted}, got {got}"), wanted=wanted, got=got) + quoted
    return system_in(language, what) if what in _SYSTEM else fault_in(language, what)


def _kinds_in(language: Language, words: str) -> str:
    """``a list or nothing``: each kind by itself, the longest first."""
    for kind in sorted(_KINDS, key=len, reverse=True):
        words = re.sub(rf"(?<!\w){re.escape(kind)}(?!\w)", language.say(kind), words)
    return words.replace(" or ", language.say(marked(" or ")))
