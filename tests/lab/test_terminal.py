"""The demo's lines are plain where nobody looks, and tell each thing once."""

import io

import pytest

from lab.inside import Event
from lab.show import Show
from lab.stage import set_stage
from lab.terminal import Terminal

STAGE = set_stage(12, 1)
HOST = STAGE.faults(0)[0].sites[0]


class Told:
    """A show with a clock of the test's own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.stream = io.StringIO()
        self.show = Show(STAGE, Terminal(self.stream, fancy=False), lambda: self.now)
        self.show.begin()
        self.announced = self.stream.getvalue()

    def lines(self) -> list[str]:
        return self.stream.getvalue().removeprefix(self.announced).splitlines()


@pytest.fixture
def told() -> Told:
    return Told()


def test_without_a_terminal_there_are_no_escapes_and_no_progress() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream, fancy=False)
    terminal.heading("Title")
    terminal.progress("half way")
    terminal.happened(61, "wall", "something", "down")

    assert stream.getvalue() == "\nTitle\n  01:01  wall   something\n"


def test_progress_is_wiped_before_the_next_line() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream, fancy=True)
    terminal.progress("half way")
    terminal.line("done")

    assert stream.getvalue() == "\r\033[K  half way\r\033[Kdone\n"


def test_the_first_round_is_announced_in_its_order(told: Told) -> None:
    assert next(line for line in told.announced.splitlines() if "fibre cut" in line).startswith(
        "  after  2 s, for 13 s  fibre cut, "
    )


def test_a_status_that_did_not_change_is_not_told_again(told: Told) -> None:
    for _ in range(3):
        told.show.tell_status({HOST: "up"}, {})

    assert told.lines() == []


def test_an_outage_is_told_with_its_reason_and_how_long_the_wall_took(told: Told) -> None:
    told.show.tell_status({HOST: "up"}, {})
    told.now = 3.0
    told.show.tell_event(Event(event="begins"))
    told.now = 9.0
    told.show.tell_status({HOST: "down"}, {HOST: "no answer"})
    told.now = 17.0
    told.show.tell_event(Event(event="ends"))
    told.show.tell_status({HOST: "up"}, {})

    begins, down, ends, up = told.lines()
    assert begins.startswith("  00:03  lab    fibre cut, ")
    assert down.endswith(", 6 s after the fault: no answer")
    assert ends.startswith("  00:17  lab    over: fibre cut, ")
    assert "down → up" in up


def test_many_sites_at_once_are_counted_not_listed(told: Told) -> None:
    sites = [site.id for site in STAGE.sites]
    told.show.tell_status(dict.fromkeys(sites, "up"), {})
    told.show.tell_status(dict.fromkeys(sites, "down"), {})

    (line,) = told.lines()
    assert line.endswith("and 10 more")
