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

    def at(self, now: float) -> Show:
        """The show at a later time."""
        self.now = now
        return self.show

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

    assert stream.getvalue() == "\nTitle\n  01:01  wall  something\n"


def test_progress_is_wiped_before_the_next_line() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream, fancy=True)
    terminal.progress("half way")
    terminal.line("done")

    assert stream.getvalue() == "\r\033[K  half way\r\033[Kdone\n"


def test_the_first_round_is_announced_in_its_order(told: Told) -> None:
    assert next(line for line in told.announced.splitlines() if "fibre cut" in line).startswith(
        "  after  2 s, for 13 s  fibre cut: "
    )


def test_a_status_that_did_not_change_is_not_told_again(told: Told) -> None:
    for told.now in (1.0, 4.0, 8.0):
        told.show.tell_status({HOST: "up"}, {})

    assert told.lines() == []


def test_an_outage_is_told_with_how_long_the_wall_took_and_its_end(told: Told) -> None:
    told.show.tell_status({HOST: "up"}, {})
    told.at(2.0).tell_event(Event(event="begins"))
    told.at(8.0).tell_status({HOST: "down"}, {HOST: "no answer"})
    told.at(10.0).tell_status({HOST: "down"}, {HOST: "no answer"})
    told.at(17.0).tell_event(Event(event="ends"))
    told.at(19.0).tell_status({HOST: "up"}, {})
    told.at(21.0).tell_status({HOST: "up"}, {})

    begins, down, ends, up = told.lines()
    assert begins.startswith("  00:02  lab   fibre cut: ")
    assert down.startswith("  00:08  wall  down after 6 s: ")
    assert ends.startswith("  00:17  lab   over: fibre cut: ")
    assert up.startswith("  00:19  wall  up again: ")


def test_changes_that_come_in_a_wave_are_one_line_that_counts(told: Told) -> None:
    """A provider takes twenty-six communes along, some of them by way of degraded: nobody reads forty lines."""
    sites = [site.id for site in STAGE.sites]
    told.show.tell_status(dict.fromkeys(sites, "up"), {})
    told.at(1.0).tell_status({**dict.fromkeys(sites, "up"), sites[0]: "degraded"}, {})
    told.at(2.0).tell_status(dict.fromkeys(sites, "down"), {})
    told.at(4.0).tell_status(dict.fromkeys(sites, "down"), {})

    (line,) = told.lines()
    assert line.startswith("  00:02  wall  down: 12 communes: ")
    assert line.endswith(", …")


def test_what_has_not_settled_is_told_at_the_end_with_the_sum(told: Told) -> None:
    told.show.tell_status({HOST: "up"}, {})
    told.at(1.0).tell_status({HOST: "down"}, {})
    told.show.sum_up()

    assert told.lines()[-1] == "In 1 s: 0 faults; the wall showed 1 commune down; 0 of 12 are up now."


def test_a_long_line_is_cut_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    plain, fancy = io.StringIO(), io.StringIO()
    Terminal(plain, fancy=False).happened(0, "lab", "x" * 100)
    Terminal(fancy, fancy=True).happened(0, "lab", "x" * 100)

    assert "x" * 100 in plain.getvalue()
    assert fancy.getvalue().count("x") == 24
