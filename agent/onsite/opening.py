"""Puts the page together: who is asked what when somebody looks; it holds no rule of its own."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from agent.onsite.board import Board
from agent.onsite.ladder import Facts
from agent.onsite.link import has_link
from agent.onsite.page import Page
from agent.onsite.reception import Reception
from agent.onsite.server import Server
from agent.onsite.settings import LocalPageSettings
from agent.onsite.standing import PERIODS
from agent.onsite.steps import Moment, Uplink
from agent.timekeeping.keeper import Timekeeper
from agent.uplink.tally import CourierTally
from shared.clock import Clock
from shared.logs import Limited

STYLE = Path(__file__).with_name("page.css")
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Collector:
    """How the collector is reached, and what became of it."""

    url: str
    by_socket: bool
    rhythm_seconds: float
    """It has something new to take in such a time, where the line costs nothing."""
    tally: CourierTally

    def uplink(self) -> Uplink:
        """As it stands."""
        told = self.tally
        return Uplink(
            watched=self.leads_out(),
            fresh_ns=int(PERIODS * self.rhythm_seconds * _SECOND_NS),
            acknowledged_ns=told.acknowledged_ns,
            acknowledged_since_ns=told.acknowledged_since_ns,
            failed_ns=told.failed_ns,
            failing_since_ns=told.failing_since_ns,
        )

    def leads_out(self) -> bool:
        """Whether it is reached over the way out: not where it runs on this computer."""
        host = urlsplit(self.url).hostname or ""
        try:
            return not (self.by_socket or host == "localhost" or ipaddress.ip_address(host).is_loopback)
        except ValueError:
            return True


def open_page(  # noqa: PLR0913, PLR0917 - the composition root hands everything on
    settings: LocalPageSettings,
    board: Board,
    collector: Collector,
    times: Timekeeper,
    clock: Clock,
    complain: Limited,
) -> Server:
    """A server that was not started yet."""
    started_ns = clock.monotonic_ns()

    def facts() -> Facts:
        return Facts(Moment(clock.monotonic_ns(), started_ns), board.seen(), collector.uplink(), has_link())

    def true_wall_ns() -> int | None:
        return None if times.doubts_clock() else clock.wall_ns() - (times.offset_ns() or 0)

    page = Page(STYLE.read_text(encoding="utf-8"))
    reception = Reception(settings, page, settings.zone(), facts, true_wall_ns)
    return Server(settings.place(), settings.hosts, reception.answer, clock, complain)
