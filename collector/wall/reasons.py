"""The judgement's one-line reasons in the reader's language; a reason of a form that is not known stays as it is."""

import re

from collector.language import Language, marked

_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"no fresh measurement of this site"), marked("no fresh measurement of this site")),
    (re.compile(r"no fresh measurement of this link"), marked("no fresh measurement of this link")),
    (
        re.compile(r"agent (?P<agent>.+) reports from the site itself"),
        marked("agent {agent} reports from the site itself"),
    ),
    (
        re.compile(r"RTT of (?P<ms>\d+) ms to (?P<target>.+), measured by (?P<agent>.+)"),
        marked("RTT of {ms} ms to {target}, measured by {agent}"),
    ),
    (
        re.compile(r"RTT (?P<ms>\d+) ms from (?P<target>.+), measured by (?P<agent>.+)"),
        marked("RTT {ms} ms from {target}, measured by {agent}"),
    ),
    (
        re.compile(r"replies from (?P<target>.+), measured by (?P<agent>.+)"),
        marked("replies from {target}, measured by {agent}"),
    ),
)
_COUNTED: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(r"no reply from (?P<target>.+) in (?P<n>\d+) runs? of (?P<agent>.+)"),
        marked("no reply from {target} in {n} run of {agent}"),
        marked("no reply from {target} in {n} runs of {agent}"),
    ),
    (
        re.compile(r"(?P<target>.+) answers again, (?P<n>\d+) runs? of (?P<agent>.+) so far"),
        marked("{target} answers again, {n} run of {agent} so far"),
        marked("{target} answers again, {n} runs of {agent} so far"),
    ),
    (
        re.compile(r"(?P<share>\d+%) loss to (?P<target>.+) over (?P<n>\d+) runs? of (?P<agent>.+)"),
        marked("{share} loss to {target} over {n} run of {agent}"),
        marked("{share} loss to {target} over {n} runs of {agent}"),
    ),
)
_MAINTENANCE = "maintenance; "
_LINK = re.compile(r"link (?P<link>.+?) is lost: (?P<reason>.+)")
_LINKS = re.compile(r"; (?=link .+ is lost: )")
_BUT = re.compile(r"(?P<first>.+); but (?P<second>agent .+ reports from the site itself)")


def reason_in(language: Language, reason: str) -> str:
    """The reason as that language says it; names in it stay as they are."""
    if reason.startswith(_MAINTENANCE):
        rest = reason_in(language, reason.removeprefix(_MAINTENANCE))
        return language.say(marked("maintenance; {reason}"), reason=rest)
    if _LINK.match(reason):
        return "; ".join(_of_link(language, part) for part in _LINKS.split(reason))
    both = _BUT.fullmatch(reason)
    if both:
        first, second = (reason_in(language, part) for part in both.groups())
        return language.say(marked("{first}; but {second}"), first=first, second=second)
    return _plain(language, reason)


def _of_link(language: Language, reason: str) -> str:
    found = _LINK.fullmatch(reason)
    if found is None:
        return reason
    why = reason_in(language, found["reason"])
    return language.say(marked("link {link} is lost: {reason}"), link=found["link"], reason=why)


def _plain(language: Language, reason: str) -> str:
    for pattern, one, many in _COUNTED:
        found = pattern.fullmatch(reason)
        if found:
            values = found.groupdict()
            if "share" in values:  # a per cent sign in a text would be taken for a format
                values["share"] = values["share"].replace("%", " %")
            return language.count(one, many, int(values.pop("n")), **values)
    for pattern, text in _FORMS:
        found = pattern.fullmatch(reason)
        if found:
            return language.say(text, **found.groupdict())
    return reason
