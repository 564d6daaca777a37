"""Names as they are written where room is scarce: the state's own abbreviations of what a place is; it cuts nothing."""

from collections.abc import Mapping

SHORT: Mapping[str, str] = {
    "Ủy ban nhân dân": "UBND",
    "Uỷ ban nhân dân": "UBND",
    "Nông trường": "NT.",
    "Thành phố": "TP.",
    "Thị trấn": "TT.",
    "Đặc khu": "ĐK.",
    "Thị xã": "TX.",
    "Phường": "P.",
    "Huyện": "H.",
    "Quận": "Q.",
    "Xã": "X.",
}
"""Everybody in Vietnam reads them; the page gives them to its script."""
LONG, LONGER = 15, 21
"""Letters: more are abbreviated above tiles; in the lists of problems and changes."""


def short(name: str, letters: int) -> str:
    """The name itself where it has no more than so many letters, else with what it abounds in abbreviated."""
    if len(name) > letters:
        for whole, abbreviated in SHORT.items():
            name = name.replace(f"{whole} ", f"{abbreviated} ")
    return name


def length_class(name: str) -> str:
    """How narrow a name must be written to stay on its line: ``""``, ``long`` or ``longer``."""
    return "longer" if len(name) > LONGER else "long" if len(name) > LONG else ""
