"""Strict loading of operators' YAML: every error names file, line and place, and the nearest right key."""

import difflib
import json
import re
import stat
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from shared.finite import endless
from shared.known_keys import keys_at
from shared.printable import printable
from shared.secret import Secret

_T = TypeVar("_T")
_MAX_BYTES = 4 * 1024 * 1024
_MAX_NODES = 400_000
_MAX_DEPTH = 100
_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<place>\$.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<key>.*)`$")
_WORDS = {
    "object": "a map",
    "array": "a list",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
}
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.*)`$")


class SettingsError(Exception):
    """The input is wrong; ``problems`` holds one line for each thing to mend."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(printable(problem) for problem in problems)
        super().__init__("\n".join(self.problems))


class Document:
    """A parsed YAML file that remembers on which line each place stands."""

    def __init__(self, path: Path, content: Any, lines: dict[str, int]) -> None:
        self.path = path
        self.content = content
        self._lines = lines

    def problem(self, place: str, what: str) -> str:
        """One line: file, line, place (``$.a[0].b``) and what is wrong there."""
        trail = place
        while trail not in self._lines and trail != "$":
            trail = trail[: max(trail.rfind("."), trail.rfind("["))] or "$"
        shown = place.removeprefix("$").removeprefix(".") or "the file"
        return f"{self.path}:{self._lines.get(trail, 1)}: {shown}: {what}"

    def convert(self, content: Any, kind: Any, place: str = "$") -> Any:
        """Convert a part of the document to ``kind`` (a msgspec type), or raise :class:`SettingsError`.

        Paths in a file are seen from the folder in which the file stands, wherever the program was started.
        """
        try:
            return msgspec.convert(content, kind, strict=True, dec_hook=partial(_special, self.path.parent))
        except msgspec.ValidationError as error:
            raise SettingsError([self._explain(str(error), content, kind, place)]) from None

    def _explain(self, message: str, content: Any, kind: Any, root: str) -> str:
        found = _PLACE.match(message)
        what, place = (found["what"], found["place"] or "$") if found else (message, "$")
        if place.startswith("$[...]") and isinstance(content, dict):
            place = f"$.{self._culprit(message, content, kind)}{place.removeprefix('$[...]')}"
        unknown = _UNKNOWN.match(what)
        if unknown is None:
            return self.problem(root + place[1:], in_words(what))
        known = sorted(keys_at(content, kind, place))
        near = difflib.get_close_matches(unknown["key"], known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known keys are {', '.join(known)}"
        return self.problem(f"{root}{place[1:]}.{unknown['key']}", f"unknown key '{unknown['key']}', {hint}")

    def _culprit(self, message: str, content: dict[Any, Any], kind: Any) -> str:
        """The key of a map whose value ``message`` is about: msgspec says ``[...]`` for it."""
        for key, value in content.items():
            try:
                msgspec.convert({key: value}, kind, strict=True, dec_hook=partial(_special, self.path.parent))
            except msgspec.ValidationError as error:
                if str(error) == message:
                    return str(key)
        return "[...]"


def load_document(path: Path, *, json_first: bool = False) -> Document:
    """Read a YAML file with the safe loader; duplicate keys, tags, huge files and alias bombs are errors.

    ``json_first``: what is called ``.json``, or begins so, is read as JSON where it can be, with its tabs and ``1e3``.
    """
    text = _read(path)
    wrong = ""
    if json_first and (path.suffix == ".json" or text.lstrip()[:1] in {"{", "["}):
        try:
            content = json.loads(text)
        except (RecursionError, ValueError) as error:
            wrong = (
                f"{path}:{getattr(error, 'lineno', 1)}: not valid JSON: {str(error).partition(': line ')[0].lower()}"
            )
        else:
            # A tab in JSON is a space: inside of strings there is none.
            return _finite(Document(path, content, _compose(path, text.replace("\t", " "), wrong)[1]))
    meant = path.suffix == ".json" or text.lstrip()[1:].lstrip()[:1] == '"'
    node, lines = _compose(path, text, wrong if meant else "")
    try:
        content = yaml.constructor.SafeConstructor().construct_document(node)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise SettingsError([_not_yaml(path, error)]) from None
    return _finite(Document(path, content, lines))


def load(
    path: Path,
    kind: type[_T],
    check: Callable[[_T], Iterable[tuple[str, str]]] | None = None,
    *,
    json_first: bool = False,
) -> _T:
    """Load a file as ``kind``; ``check`` yields (place, what) for rules that types cannot say."""
    document = load_document(path, json_first=json_first)
    settings: _T = document.convert(document.content, kind)
    if check is not None:
        problems = [document.problem(place, what) for place, what in check(settings)]
        if problems:
            raise SettingsError(problems)
    return settings


def in_words(message: str) -> str:
    """What msgspec says of a value, in the words of somebody who writes YAML."""
    missing = _MISSING.match(message)
    if missing is not None:
        return f"the key '{missing['key']}' is missing"
    words = re.sub(r"`([a-z |]+)`", lambda found: " or ".join(_WORDS.get(w, w) for w in found[1].split(" | ")), message)
    if words.startswith("Expected text") and words.endswith((" number", "true or false")):
        words += ": put it in quotes"
    return words[:1].lower() + words[1:]


def _finite(document: Document) -> Document:
    """The document, unless a number in it is none: ``.nan`` and ``.inf`` pass comparisons that no number passes."""
    problems = [document.problem(place, f"{number} is no number here") for place, number in endless(document.content)]
    if problems:
        raise SettingsError(problems)
    return document


def _read(path: Path) -> str:
    try:
        if stat.S_IFMT(path.stat().st_mode) not in (stat.S_IFREG, stat.S_IFDIR):
            # To open a named pipe would wait for its writer, perhaps for ever.
            raise SettingsError([f"{path}: is not a regular file"])
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
        if len(raw) > _MAX_BYTES:
            raise SettingsError([f"{path}: more than {_MAX_BYTES} bytes is over the limit"])
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise SettingsError([f"{path}: {(error.strerror or str(error)).lower()}"]) from None
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}: is not UTF-8 (byte {error.start})"]) from None


def _compose(path: Path, text: str, wrong: str) -> tuple[yaml.Node, dict[str, int]]:
    """The nodes of a file, and the line of each place; ``wrong``: what is said instead where it is no YAML."""
    lines: dict[str, int] = {}
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            raise SettingsError([f"{path}:1: the file is empty"])
        _survey(path, node, lines)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise SettingsError([wrong or _not_yaml(path, error)]) from None
    return node, lines


def _not_yaml(path: Path, error: Exception) -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", "")
    place = f"{path}:{mark.line + 1}" if mark is not None else f"{path}"
    return f"{place}: not valid YAML: {problem or str(error).splitlines()[0]}"


def _special(folder: Path, kind: type[Any], value: Any) -> Any:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    if issubclass(kind, Path) and isinstance(value, str):
        return folder / value
    raise TypeError(f"Expected `str`, got `{type(value).__name__}`")


def _survey(path: Path, root: yaml.Node, lines: dict[str, int]) -> None:
    todo: list[tuple[int, str, yaml.Node]] = [(0, "$", root)]
    seen = 0
    while todo:
        depth, place, node = todo.pop()
        seen += 1
        if seen > _MAX_NODES:
            raise SettingsError([f"{path}: the file unfolds to more than {_MAX_NODES} values"])
        if depth > _MAX_DEPTH:
            # Also where an alias stands inside its own anchor, which has no end.
            line = node.start_mark.line + 1
            raise SettingsError([f"{path}:{line}: the file is nested more than {_MAX_DEPTH} deep"])
        lines[place] = node.start_mark.line + 1
        if isinstance(node, yaml.SequenceNode):
            todo.extend((depth + 1, f"{place}[{index}]", item) for index, item in enumerate(node.value))
        elif isinstance(node, yaml.MappingNode):
            todo.extend((depth + 1, *member) for member in _members(path, place, node, lines))


def _members(path: Path, place: str, node: yaml.MappingNode, lines: dict[str, int]) -> list[tuple[str, yaml.Node]]:
    members: dict[str, yaml.Node] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise SettingsError([f"{path}:{line}: a key must be a word"])
        if key.value in members:
            raise SettingsError([f"{path}:{line}: key '{key.value}' stands twice"])
        members[key.value] = value
        lines[f"{place}.{key.value}"] = line
    return [(f"{place}.{name}", value) for name, value in members.items()]
