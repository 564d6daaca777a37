"""What the rules of inventory and calendar find wrong, in the reader's language; unknown forms stay as they are."""

import re
from collections.abc import Iterable, Iterator

from collector.inventory.columns import column_of
from collector.language import Language, marked

_LINE = re.compile(r"sites\.csv:(?P<line>\d+): (?P<what>.+)")
_FILE = re.compile(r"(?:sites\.csv|hubs): (?P<what>.+)")
_SITE = re.compile(r"site '(?P<site>.*?)': (?P<place>[\w.\[\]]+): (?P<what>.+)")
_HINTS = (
    marked(", did you mean '{near}'?"),
    marked("; did you mean '{near}'?"),
    marked(", did you mean it by '{near}'?"),
)
_FORMS = (
    marked("must not be empty: those who are woken or are not ask for it"),
    marked("must not be empty"),
    marked("is empty"),
    marked("holds the invisible character U+{code} ({name}): type the text again"),
    marked("is {n} characters long, over the limit of {limit}"),
    marked("'{said}' begins with '{sign}', so that a spreadsheet would run it: begin with a letter or digit"),
    marked("unknown role '{role}', known are {known}"),
    marked("unknown role '{role}'"),
    marked("{degrees} is outside of {least} to {most}"),
    marked("{n} of them are over the limit of {limit}"),
    marked("'{name}' stands twice"),
    marked("{rate} is no rate in megabits per second"),
    marked("{share} is no share like 0.995"),
    marked("'{target}' is no name of a target: names have no spaces"),
    marked("'{target}' speaks for link '{link}' already"),
    marked("'{cell}' is neither yes nor no"),
    marked("'{cell}' is no number"),
    marked("cell '{cell}' stands under no heading"),
    marked("code '{code}' is that of the sites {sites}: say which in a column 'id'"),
    marked("'{code}' is the id of a site with another code: say which site is meant in a column 'id'"),
    marked("column '{heading}' means '{known}', which is there already"),
    marked("no column '{name}'; the columns are {columns}"),
    marked("no column '{name}'"),
    marked("unknown column '{heading}', begin its heading with '#' to leave it out"),
    marked("unknown column '{heading}'"),
    marked("site '{site}' stands twice, first in line {line}"),
    marked("site '{site}' stands twice"),
    marked("the file has headings but no sites"),
    marked("the file is empty"),
    marked("letters of the sheet cannot be read: save it as 'CSV UTF-8' and choose it again"),
    marked("not valid CSV: unexpected end of data"),
    marked("not valid CSV: '{sign}' expected after '{quote}'"),
    marked("not valid CSV: {error}"),
    marked("'sep={sign}' is no separator: , ; | or a tab are"),
    marked("more than {n} rows are over the limit"),
    marked("{n} columns are over the limit of {limit}"),
    marked("and {n} more"),
    marked("{n} of {before} sites would go"),
    marked("site '{site}' would be new and '{other}' gone: the spreadsheet took the zeros off its code"),
    marked("site '{site}': '{was}' would be '{becomes}': the spreadsheet took its zeros off"),
    marked("there is no hub '{hub}'"),
    marked("hub '{hub}' hangs on itself, by way of '{other}'"),
    marked("hub '{hub}' stands twice"),
    marked("there is no site '{site}'"),
    marked("site '{site}' is both changed and removed"),
    marked("a site is changed twice"),
    marked("site '{site}' was changed again since"),
    marked("so were {n} more"),
    marked("the tree of hubs was changed again since"),
    marked("take the later change back first"),
    marked("the inventory is at version {newest}, not {expected}: somebody changed it meanwhile"),
    marked("there is no version {number}: the newest is {newest}"),
    marked("'{name}' is taken"),
    marked("{file} is the inventory: change that file"),
    marked("'{given}' is not in the inventory"),
    marked("selects nothing: give sites, hubs, providers or links"),
    marked("is needed where it is not weekly"),
    marked("'{said}' is no time: write YYYY-MM-DD HH:MM"),
    marked("must be after 'from'"),
    marked("there is no window '{name}': known are {known}"),
    marked("is not a regular file"),
    marked("more than {n} bytes is over the limit"),
    marked("is not UTF-8 (byte {n})"),
    marked("not valid YAML: mapping values are not allowed here"),
    marked("not valid YAML: could not find expected ':'"),
    marked("not valid YAML: found character '{sign}' that cannot start any token"),
    marked("not valid YAML: expected the node content, but found {sign}"),
    marked("not valid YAML: expected ',' or '{closing}', but got {sign}"),
    marked("not valid YAML: expected <block end>, but found {sign}"),
    marked("not valid YAML: {error}"),
    marked("the file unfolds to more than {n} values"),
    marked("the file is nested more than {n} deep"),
    marked("a key must be a word"),
    marked("key '{key}' stands twice"),
    marked("the key '{key}' is missing"),
    marked("unknown key '{key}', known keys are {known}"),
    marked("unknown key '{key}'"),
    marked("invalid enum value '{said}'"),
    marked("'{name}' has a space in it: write '{near}'"),
    marked("must be more than 0 and at most {n}"),
    marked("name at least one of {known}"),
    marked("'{said}' is no time of day: write HH:MM"),
)


def _pattern(form: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", form)
    return re.compile("".join(f"(?P<{part}>.*?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)))


_PATTERNS = tuple((_pattern(form), form) for form in _FORMS)
_HINTED = tuple((re.compile(f"(?P<rest>.+){_pattern(hint).pattern}"), hint) for hint in _HINTS)


def fault_in(language: Language, line: str) -> str:
    """The line as that language says it; names in it stay as they are."""
    if found := _LINE.fullmatch(line):
        return language.say(marked("line {line}: {what}"), line=found["line"], what=fault_in(language, found["what"]))
    if found := _FILE.fullmatch(line):
        return fault_in(language, found["what"])
    if found := _SITE.fullmatch(line):
        what = fault_in(language, found["what"])
        return language.say(
            marked("site '{site}': {place}: {what}"), site=found["site"], place=found["place"], what=what
        )
    for pattern, hint in _HINTED:
        if found := pattern.fullmatch(line):
            return fault_in(language, found["rest"]) + language.say(hint, near=found["near"])
    return _plain(language, line)


def faults_in(language: Language, lines: Iterable[str]) -> list[str]:
    """All of them."""
    return [fault_in(language, line) for line in lines]


def beside(lines: Iterable[str], fields: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """What is said of fields, without their name, and what is said of none; of several lines of a field the first."""
    known, own, rest = set(fields), dict[str, str](), list[str]()
    for line in lines:
        name, _, what = line.partition(" ")
        if name in known:
            own.setdefault(name, what)
        else:
            rest.append(line)
    return own, rest


def _plain(language: Language, line: str) -> str:
    for said in _said(language, line):
        return said
    heading, _, what = line.partition(" ")
    if what and column_of(heading) is not None:
        return f"{heading}: {fault_in(language, what)}"
    return line


def _said(language: Language, line: str) -> Iterator[str]:
    for pattern, form in _PATTERNS:
        if found := pattern.fullmatch(line):
            yield language.say(form, **found.groupdict())
