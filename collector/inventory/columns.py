"""The columns of the spreadsheet: which heading means which field, in English and Vietnamese; it reads no cell."""

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

PLAIN: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "site", "mã điểm"),
    "code": ("code", "mã", "mã xã", "mã đvhc"),
    "name": ("name", "tên", "tên xã", "xã"),
    "kind": ("kind", "type", "loại", "cấp"),
    "district_code": ("district_code", "mã huyện"),
    "district": ("district", "huyện", "tên huyện"),
    "hub": ("hub", "trạm", "điểm tập trung"),
    "power_area": ("power_area", "khu vực điện", "lộ điện"),
    "agent_expected": ("agent_expected", "máy giám sát"),
    "latitude": ("latitude", "lat", "vĩ độ"),
    "longitude": ("longitude", "lon", "lng", "long", "kinh độ"),
}
"""Fields of a site and the headings under which a spreadsheet may hold them."""
GROUPS: Mapping[str, tuple[str, ...]] = {
    "links": ("link", "đường truyền", "kênh"),
    "contacts": ("contact", "liên hệ"),
    "devices": ("device", "thiết bị"),
}
"""What a site has several of; their headings carry a number: ``link1_provider``, ``đường truyền 1 nhà mạng``."""
PARTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "links": {
        "name": ("name", "tên"),
        "provider": ("provider", "nhà mạng"),
        "kind": ("kind", "loại"),
        "contract": ("contract", "hợp đồng"),
        "committed_down_megabits": ("committed_down_megabits", "cam kết tải xuống"),
        "committed_up_megabits": ("committed_up_megabits", "cam kết tải lên"),
        "agreed_availability_ratio": ("agreed_availability_ratio", "độ khả dụng", "độ sẵn sàng"),
        "targets": ("targets", "target", "mục tiêu đo"),
    },
    "contacts": {
        "name": ("name", "tên"),
        "telephone": ("telephone", "phone", "điện thoại"),
        "role": ("role", "chức vụ"),
    },
    "devices": {
        "name": ("name", "tên"),
        "address": ("address", "địa chỉ"),
        "role": ("role", "vai trò"),
        "profile": ("profile", "hồ sơ"),
        "maker": ("maker", "hãng"),
        "model": ("model", "mẫu"),
    },
}
NUMBERS = frozenset(
    {"latitude", "longitude", "committed_down_megabits", "committed_up_megabits", "agreed_availability_ratio"}
)
"""Fields that hold a number."""
LISTS = frozenset({"targets"})
"""Fields that hold names with spaces between them."""
ANSWERS: Mapping[str, bool] = {
    **dict.fromkeys(("yes", "true", "1", "x", "có"), True),
    **dict.fromkeys(("", "no", "false", "0", "không"), False),
}
"""What stands in a cell that says whether an agent is expected."""
_NUMBERED = re.compile(r"(?P<group>\D+?) ?(?P<number>[1-9]\d?) (?P<field>\D+)")
_LONGEST = 60
REQUIRED = ("code", "name")


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a site, or of the part of a group with a number (from 1)."""

    field: str
    group: str = ""
    number: int = 0

    @property
    def heading(self) -> str:
        """As it is written by the export."""
        return f"{GROUPS[self.group][0]}{self.number}_{self.field}" if self.group else self.field


def column_of(heading: str) -> Column | None:
    """The column that a heading means; None where nobody knows."""
    word = _plain(heading[:_LONGEST])
    for field, words in PLAIN.items():
        if word in map(_plain, words):
            return Column(field)
    found = _NUMBERED.fullmatch(word)
    if found is None:
        return None
    group = next((one for one, words in GROUPS.items() if found["group"] in map(_plain, words)), "")
    parts = PARTS.get(group, {})
    field = next((one for one, words in parts.items() if found["field"] in map(_plain, words)), "")
    return Column(field, group, int(found["number"])) if field else None


def columns_of(headings: Sequence[str], *, required: Sequence[str] = REQUIRED) -> tuple[list[Column | None], list[str]]:
    """The columns in their order, and a line for each heading that is wrong.

    None stands for a column without heading, and for one whose heading begins with ``#``: a note of its author.
    """
    columns: list[Column | None] = []
    unknown: list[str] = []
    wrong: list[str] = []
    for heading in headings:
        column = column_of(heading)
        if column is not None and column in columns:
            wrong.append(f"column '{heading.strip()}' means '{column.heading}', which is there already")
        if column is None and heading.strip() and not heading.strip().startswith("#"):
            unknown.append(heading.strip()[:_LONGEST])
        columns.append(column)
    for name in (name for name in required if Column(name) not in columns):
        close = difflib.get_close_matches(name, [word.casefold() for word in unknown], n=1)
        unknown = [word for word in unknown if word.casefold() not in close]
        hint = f", did you mean it by '{close[0]}'?" if close else f"; the columns are {', '.join(headings)[:200]}"
        wrong.append(f"no column '{name}'{hint}")
    return columns, [*wrong, *(_unknown(word) for word in unknown)]


def _unknown(heading: str) -> str:
    close = difflib.get_close_matches(heading.casefold(), list(_headings()), n=1)
    hint = f"did you mean '{close[0]}'?" if close else "begin its heading with '#' to leave it out"
    return f"unknown column '{heading}', {hint}"


def _headings() -> Iterator[str]:
    for words in PLAIN.values():
        yield from words
    for group, parts in PARTS.items():
        yield from (Column(field, group, number).heading for number in (1, 2, 3) for field in parts)


def _plain(heading: str) -> str:
    return " ".join(unicodedata.normalize("NFC", heading).casefold().replace("_", " ").split())
