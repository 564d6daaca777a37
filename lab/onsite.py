"""The page at a site as an agent there draws it when something fails: real rules and words over made-up readings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from agent.onsite import opening
from agent.onsite.board import Board, watch_of
from agent.onsite.ladder import Facts
from agent.onsite.page import Page
from agent.onsite.reception import Reception
from agent.onsite.request import Asked
from agent.onsite.settings import Helpline, LocalPageSettings
from agent.onsite.steps import Moment, Uplink
from agent.probe import Check, Target
from agent.roles import PRESETS
from shared.wire.reading import Outcome, Reading

SITE = "quan-ba"
_SECOND_NS = 1_000_000_000
_WELL_S, _FAILING_S = 3600, 790
"""An hour in which all answers, and then a quarter of one."""
_ADDRESSES = {
    "gateway": "192.168.1.1",
    "isp_first_hop": "10.99.0.1",
    "province_core": "10.10.0.1",
    "resolver": "10.10.0.53",
    "portals": "https://dichvucong.gov.vn",
}
FAULTS: Mapping[str, frozenset[str]] = {
    "provider": frozenset({"isp_first_hop", "province_core", "resolver", "portals"}),
    "inside": frozenset(_ADDRESSES),
}
"""By the verdict that the page should come to: which roles fall silent."""
_SETTINGS = LocalPageSettings(
    listen="192.168.1.10:8088",
    title="UBND xã Quản Bạ",
    helpline=(
        Helpline(whose="provider", who="VNPT Hà Giang", telephone="0900 000 091", contract="MAU-2026-0001"),
        Helpline(whose="province", who="Tổ CNTT của tỉnh", telephone="0900 000 094"),
    ),
)
"""Nobody has these numbers."""


@dataclass(frozen=True, slots=True)
class _Look:
    """One check of one target, as the roles of an agent imply it."""

    kind: str
    check: Check
    target: Target


def page_at_site(fault: str, language: str, zone: tzinfo, wall_ns: int) -> str:
    """The document, of an agent that runs for an hour and a quarter until ``wall_ns``."""
    looks = list(_looks())
    watches = [watch_of(look.kind, look.check, look.target, SITE) for look in looks]
    board, ends_s = Board(watch for watch in watches if watch is not None), _WELL_S + _FAILING_S
    for at_s in range(1, ends_s):
        for look in looks:
            if (at_s - 1) % look.check.every_seconds == 0:
                silent = at_s > _WELL_S and look.target.role in FAULTS[fault]
                board.take(_reading(look, at_s, Outcome.TIMEOUT if silent else Outcome.OK))
    uplink = Uplink(
        acknowledged_ns=_WELL_S * _SECOND_NS,
        acknowledged_since_ns=0,
        failed_ns=(ends_s - 5) * _SECOND_NS,
        failing_since_ns=(_WELL_S + 10) * _SECOND_NS,
    )
    facts = Facts(Moment(ends_s * _SECOND_NS, 0), board.seen(), uplink, own_link=True)
    reception = Reception(_SETTINGS, Page(opening.STYLE.read_text("utf-8")), zone, lambda: facts, lambda: wall_ns)
    return reception.answer(Asked("/", f"lang={language}")).body


def _looks() -> Iterator[_Look]:
    for role, address in _ADDRESSES.items():
        target = Target(site=SITE, name=f"{SITE}-{role}", address=address, role=role)
        for preset in PRESETS:
            if role in preset.roles and preset.kind in {"icmp", "dns", "http"}:
                yield _Look(preset.kind, Check(name=preset.name, every_seconds=preset.every_seconds), target)


def _reading(look: _Look, at_s: int, outcome: Outcome) -> Reading:
    return Reading(
        check=look.check.name,
        kind=look.kind,
        site=SITE,
        target=look.target.name,
        role=look.target.role,
        outcome=outcome,
        started_monotonic_ns=at_s * _SECOND_NS,
        started_wall_ns=0,
        duration_ns=0,
        samples=(),
    )
