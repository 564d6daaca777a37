"""What is wrong with a site, wherever it comes from (YAML, spreadsheet, a page); it mends nothing but spaces."""

import difflib
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from collector.inventory.site import Hub, Link, Site

ROLES = (
    *("gateway", "router", "access_router", "firewall", "switch", "access_point", "modem", "ups", "generator"),
    *("server", "agent", "sensor", "other"),
)
"""What a device is to its site."""
_MOST_OF_A_SITE = 20
_LONGEST = 200
_SPACES = re.compile(r"[ \u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_RUN = tuple("=+-@＝＋－＠")
"""What a spreadsheet takes for the beginning of a formula, wide forms too."""
_TELEPHONE = re.compile(r"\+[0-9][0-9 ().\-]*")


def tidy(text: str) -> str:
    """Text in one composition (NFC), with single plain spaces and none around."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip(" ")


def tidied(site: Site) -> Site:
    """The site with each of its texts tidied."""
    return msgspec.convert(_tidied(msgspec.to_builtins(site)), Site)


def tidied_hub(hub: Hub) -> Hub:
    """The hub with tidied names."""
    return Hub(name=tidy(hub.name), parent=tidy(hub.parent))


def unsafe(text: str, *, telephone: bool = False) -> str:
    """Why a text may not stand in the inventory: it could deceive a reader or run in a spreadsheet; empty where it may.

    Telephone numbers like ``+84 219 …`` are what they are.
    """
    for char in text:
        if not char.isprintable():
            name = unicodedata.name(char, "a control character").lower()
            return f"holds the invisible character U+{ord(char):04X} ({name}): type the text again"
    if len(text) > _LONGEST:
        return f"is {len(text)} characters long, over the limit of {_LONGEST}"
    if text.startswith(_RUN) and text != "-" and not (telephone and _TELEPHONE.fullmatch(text)):
        return (
            f"'{text[:40]}' begins with '{text[0]}', so that a spreadsheet would run it: begin with a letter or digit"
        )
    return ""


def faults(site: Site) -> Iterator[tuple[str, str]]:
    """What is wrong with a tidied site: (field as in ``links[0].name``, what)."""
    for field in ("id", "name"):
        if not getattr(site, field):
            yield field, "must not be empty"
    yield from _texts("", msgspec.to_builtins(site))
    yield from _place(site)
    for group in ("links", "contacts", "devices"):
        yield from _names(group, [part.name for part in getattr(site, group)])
    for number, link in enumerate(site.links):
        yield from ((f"links[{number}].{field}", what) for field, what in _contract(link))
    yield from _targets(site)
    for number, device in enumerate(site.devices):
        if device.role and device.role not in ROLES:
            yield f"devices[{number}].role", f"unknown role '{device.role}', {near(device.role, ROLES)}"


def near(word: str, known: Sequence[str]) -> str:
    """The nearest right word, or all that there are."""
    found = difflib.get_close_matches(word.casefold(), known, n=1)
    return f"did you mean '{found[0]}'?" if found else f"known are {', '.join(known)[:300]}"


def _place(site: Site) -> Iterator[tuple[str, str]]:
    for field, limit in (("latitude", 90.0), ("longitude", 180.0)):
        degrees = getattr(site, field)
        if degrees is not None and not abs(degrees) <= limit:
            yield field, f"{degrees:g} is outside of -{limit:g} to {limit:g}"


def _names(group: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    if len(names) > _MOST_OF_A_SITE:
        yield group, f"{len(names)} of them are over the limit of {_MOST_OF_A_SITE}"
    for number, name in enumerate(names):
        if not name:
            yield f"{group}[{number}].name", "must not be empty"
        elif group != "contacts" and name in names[:number]:
            yield f"{group}[{number}].name", f"'{name}' stands twice"


def _contract(link: Link) -> Iterator[tuple[str, str]]:
    for field in ("committed_down_megabits", "committed_up_megabits"):
        if (rate := getattr(link, field)) is not None and not 0 < rate < math.inf:
            yield field, f"{rate:g} is no rate in megabits per second"
    share = link.agreed_availability_ratio
    if share is not None and not 0 < share <= 1:
        yield "agreed_availability_ratio", f"{share:g} is no share like 0.995"


def _targets(site: Site) -> Iterator[tuple[str, str]]:
    """A target speaks for one link, and its name stands in one cell beside others."""
    seen: dict[str, str] = {}
    for number, link in enumerate(site.links):
        place = f"links[{number}].targets"
        if len(link.targets) > _MOST_OF_A_SITE:
            yield place, f"{len(link.targets)} of them are over the limit of {_MOST_OF_A_SITE}"
        for target in link.targets:
            if not target or " " in target:
                yield place, f"'{target}' is no name of a target: names have no spaces"
            elif target in seen:
                yield place, f"'{target}' speaks for link '{seen[target]}' already"
            seen.setdefault(target, link.name)


def _texts(place: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if why := unsafe(value, telephone=place.endswith("telephone")):
            yield place, why
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(f"{place}.{key}" if place else key, inner)
    elif isinstance(value, Iterable):
        for number, inner in enumerate(value):
            yield from _texts(f"{place}[{number}]", inner)


def _tidied(value: object) -> object:
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, dict):
        return {key: _tidied(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_tidied(inner) for inner in value]
    return value
