"""What the page's settings say, and the rules that types cannot; it opens nothing."""

import difflib
import ipaddress
import re
from collections.abc import Iterator
from datetime import tzinfo

import msgspec

_LEAST_PORT, _MOST_PORT = 1024, 65_535
_MOST_LINES, _LETTERS, _DIGITS = 8, 80, range(3, 16)
WHOSE = ("provider", "province")
_TELEPHONE = re.compile(r"\+?[0-9 ().-]+")
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})*")


class Helpline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom people at the site may call."""

    whose: str
    """``provider`` or ``province``."""
    who: str
    """Name as people know it."""
    telephone: str
    contract: str = ""
    """What they want to be told, where it is the provider's."""


class LocalPageSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The page at the site."""

    listen: str
    """``192.168.1.10:8088``, IPv6 in brackets."""
    title: str = ""
    """The site as people there call it."""
    helpline: tuple[Helpline, ...] = ()
    hosts: tuple[str, ...] = ()
    """Names by which browsers may ask, besides addresses."""
    time_zone: str = "Asia/Ho_Chi_Minh"

    def place(self) -> tuple[str, int]:
        """Address and port; raises ValueError with one line."""
        return parse_place(self.listen)

    def zone(self) -> tzinfo:
        """Where the page's clock is; raises ValueError with one line."""
        # Agents without a page need no time zones.
        from zoneinfo import ZoneInfo  # noqa: PLC0415

        try:
            return ZoneInfo(self.time_zone[:_LETTERS])
        except (KeyError, ValueError, OSError):
            what = f"unknown time zone '{self.time_zone[:_LETTERS]}'"
            raise ValueError(f"{what}: write it like Asia/Ho_Chi_Minh; Debian has them in tzdata") from None


def parse_place(text: str) -> tuple[str, int]:
    """``ADDRESS:PORT`` in two; raises ValueError with one line."""
    host, _, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        address = ipaddress.ip_address(bare)
        number = int(port) if port.isascii() and port.isdigit() else -1
    except ValueError:
        number, address = -1, None
    if address is None or number < 0 or (address.version == 6) is (bare == host):
        raise ValueError("write an address of this machine and a port: 192.168.1.10:8088 or [fd00::10]:8088")
    if not _LEAST_PORT <= number <= _MOST_PORT:
        raise ValueError(f"the port must be from {_LEAST_PORT} to {_MOST_PORT}: the agent is an ordinary user")
    return bare, number


def problems_of(settings: LocalPageSettings) -> Iterator[tuple[str, str]]:
    """What types cannot say, as (place, what)."""
    try:
        settings.place()
    except ValueError as error:
        yield "listen", str(error)
    if problem := _words_problem(settings.title, least=0):
        yield "title", problem
    try:
        settings.zone()
    except ValueError as error:
        yield "time_zone", str(error)
    for number, host in enumerate(settings.hosts):
        if not _HOST.fullmatch(host):
            yield f"hosts[{number}]", f"'{host}' is no name of a machine: lower case, no port"
    if len(settings.helpline) > _MOST_LINES:
        yield "helpline", f"at most {_MOST_LINES}: whoever reads it is in a hurry"
    for number, line in enumerate(settings.helpline):
        for place, what in _line_problems(line):
            yield f"helpline[{number}].{place}", what


def _line_problems(line: Helpline) -> Iterator[tuple[str, str]]:
    if line.whose not in WHOSE:
        near = difflib.get_close_matches(line.whose, WHOSE, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(WHOSE)}"
        yield "whose", f"nobody is '{line.whose}', {hint}"
    if problem := _words_problem(line.who, least=1):
        yield "who", problem
    digits = sum(letter.isdigit() for letter in line.telephone)
    if not _TELEPHONE.fullmatch(line.telephone) or digits not in _DIGITS:
        yield "telephone", f"'{line.telephone}' is no telephone number: digits, spaces, + ( ) . -"
    if problem := _words_problem(line.contract, least=0):
        yield "contract", problem
    if line.contract and line.whose == "province":
        yield "contract", "only a provider has one"


def _words_problem(text: str, *, least: int) -> str:
    if len(text.strip()) < least:
        return "must not be empty"
    if len(text) > _LETTERS:
        return f"at most {_LETTERS} letters"
    return "" if text.isprintable() else "must be one line of plain text"
