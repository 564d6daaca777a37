"""The demo's lines are plain where nobody looks, and tell each thing once."""

import io

from lab.inside import Event
from lab.show import Show
from lab.stage import set_stage
from lab.terminal import Terminal

STAGE = set_stage(12, 1)
HOST = STAGE.faults(0)[0].sites[0]


def shown(*, fancy: bool = False) -> tuple[Show, io.StringIO]:
    stream = io.StringIO()
    return Show(STAGE, Terminal(stream, fancy=fancy)), stream


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


def test_a_status_that_did_not_change_is_not_told_again() -> None:
    show, stream = shown()
    for at in (1.0, 2.0, 3.0):
        show.tell_status({HOST: "up"}, {}, at)

    assert stream.getvalue() == ""


def test_an_outage_is_told_with_its_reason_and_how_long_the_wall_took() -> None:
    show, stream = shown()
    show.tell_status({HOST: "up"}, {}, 1.0)
    show.tell_event(Event(event="begins"), 3.0)
    show.tell_status({HOST: "down"}, {HOST: "no answer"}, 9.0)
    show.tell_event(Event(event="ends"), 17.0)
    show.tell_status({HOST: "up"}, {}, 21.0)

    lines = stream.getvalue().splitlines()
    assert lines[0].startswith("  00:03  lab    fibre cut: ")
    assert lines[1].endswith("(no answer), 6 s after the fault")
    assert lines[2].startswith("  00:17  lab    over: fibre cut: ")
    assert "down → up" in lines[3]
    assert (show.seen_down, show.seen_again) == ({HOST}, {HOST})


def test_many_sites_at_once_are_counted_not_listed() -> None:
    show, stream = shown()
    sites = [site.id for site in STAGE.sites]
    show.tell_status(dict.fromkeys(sites, "up"), {}, 1.0)
    show.tell_status(dict.fromkeys(sites, "down"), {}, 2.0)

    (line,) = stream.getvalue().splitlines()
    assert line.endswith("and 10 more")
