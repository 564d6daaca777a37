"""What people would have been sent: the same as the collector's teller sends, counted by the faults behind it."""

from dataclasses import replace
from datetime import time, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.incident import Cause, Confidence, Incident, Scope, Trouble
from collector.notify.hours import quiet_until
from collector.notify.message import Audience, Kind
from collector.notify.plan import plan
from collector.notify.policy import Rules, Told
from lab.world.messages import MessageScore, message_score, sent
from lab.world.truth import Happening, Outage
from lab.world.when import SECOND_NS, seconds_of, wall_ns

END = 7200
QUIET = (time(22), time(6))
MORNING = 6 * 3600


def first(
    number: int = 1, known: float = 1024.0, trouble: Trouble = Trouble.DOWN, scope: Scope = Scope.SITE
) -> Incident:
    return Incident(
        number=number,
        version=1,
        at_ns=wall_ns(known),
        scope=scope,
        subject="s1",
        trouble=trouble,
        cause=Cause.UNKNOWN,
        confidence=Confidence.PROVISIONAL,
        began_ns=wall_ns(known - 20),
        known_ns=wall_ns(known),
        sites=("s1",),
        still=("s1",),
    )


def later(before: Incident, at: float, **changes: object) -> Incident:
    changed = msgspec.structs.replace(before, **changes)
    return msgspec.structs.replace(changed, version=before.version + 1, at_ns=wall_ns(at))


def closed(before: Incident, at: float) -> Incident:
    return later(before, at, ended_ns=wall_ns(at - 6), still=())


def happened(begins: float = 1000.0, ends: float = 1600.0, number: int = 1, *, degrades: bool = False) -> Happening:
    return Happening(
        number=number,
        kind="brown_out" if degrades else "fibre_cut",
        where="s1",
        scope=Scope.SITE,
        begins=begins,
        ends=ends,
        sites=("s1",),
        outages=() if degrades else (Outage("s1", begins, ends),),
        cause=Cause.ACCESS_LINK,
        must_tell=not degrades,
        may_tell=True,
        evident=True,
        degrades=degrades,
    )


def kinds(versions: list[Incident], quiet: tuple[time, time] | None = None, end: float = END) -> list[tuple[str, int]]:
    return [(note.kind.value, round(seconds_of(note.created_ns))) for note in sent(versions, end, quiet=quiet)]


def test_a_site_that_is_lost_and_returns_is_two_messages() -> None:
    assert kinds([first(), closed(first(), 1606.0)]) == [("new", 1039), ("resolved", 1660)]


def test_what_is_critical_is_repeated_each_hour_until_it_ends_or_the_replay_does() -> None:
    hub = first(scope=Scope.HUB)

    assert kinds([hub], end=10_000) == [("new", 1039), ("escalated", 4639), ("escalated", 8239)]
    assert kinds([hub, closed(hub, 5000.0)]) == [("new", 1039), ("escalated", 4639), ("resolved", 5054)]


def test_in_quiet_hours_what_can_wait_is_told_in_the_morning_as_past_though_the_replay_has_ended() -> None:
    short, long = (closed(first(), at) for at in (1500.0, 1706.0))

    assert kinds([first(), short], QUIET) == []
    assert kinds([first(), long], QUIET) == [("past", MORNING)]
    assert kinds([first()], QUIET) == [], "what still lasts then is not lived through"


def test_whoever_was_told_of_a_site_is_told_of_the_hub_as_the_same_thing() -> None:
    hub = first(2, 1100.0, scope=Scope.HUB)
    folded = later(first(), 1100.0, ended_ns=wall_ns(1100), still=(), silent_because="folded", folded_into=2)

    assert kinds([first(), folded, hub, closed(hub, 1606.0)]) == [("new", 1039), ("update", 1100), ("resolved", 1660)]
    late = msgspec.structs.replace(folded, at_ns=wall_ns(1105))
    assert kinds([first(), hub, late]) == [("new", 1039), ("update", 1105), ("escalated", 4705)]


ACTIONS = st.sampled_from(["open", "close", "cause", "grow", "fold", "maintain"])


@st.composite
def histories(draw: st.DrawFn) -> list[Incident]:
    """Versions of a few incidents, as a collector might decide them."""
    newest: dict[int, Incident] = {}
    found: list[Incident] = []
    at = 0.0
    for _ in range(draw(st.integers(1, 14))):
        at += draw(st.integers(0, 400))
        number = draw(st.integers(1, 3))
        before = newest.get(number)
        scope = draw(st.sampled_from([Scope.SITE, Scope.HUB, Scope.PROVINCE]))
        trouble = draw(st.sampled_from([Trouble.DOWN, Trouble.DEGRADED, Trouble.SILENT]))
        after = first(number, at, trouble, scope) if before is None else _changed(before, draw(ACTIONS), at)
        newest[number] = after
        found.append(after)
    return found


def _changed(before: Incident, action: str, at: float) -> Incident:
    match action:
        case "close":
            return closed(before, at)
        case "open":
            return later(before, at, ended_ns=None, still=before.sites, silent_because="", folded_into=None)
        case "cause":
            return later(before, at, cause=Cause.POWER if before.cause is Cause.UNKNOWN else Cause.UNKNOWN)
        case "grow":
            return later(before, at, sites=(*before.sites, f"s{len(before.sites) + 1}"))
        case "fold":
            folded = closed(before, at)
            return msgspec.structs.replace(folded, silent_because="folded", folded_into=before.number % 3 + 1)
        case _:
            return later(before, at, silent_because="maintenance")


def asked_each_second(
    versions: list[Incident], quiet: tuple[time, time] | None, end: int
) -> list[tuple[str, int, int]]:
    """As the collector's teller does it."""
    zone, ahead = timezone(timedelta(hours=7)), list(versions)
    current: dict[int, Incident] = {}
    book: dict[int, Told] = {}
    found = []
    for second in range(end + 1):
        now_ns = wall_ns(second)
        while ahead and ahead[0].at_ns <= now_ns:
            version = ahead.pop(0)
            current[version.number] = version
        until = quiet_until(now_ns, *quiet, zone) if quiet else None
        steps = plan(current.values(), book, now_ns, Rules(), audience=Audience.PEOPLE, quiet_until_ns=until).steps
        for step in steps:
            book[step.note.incident.number] = step.told
            if step.note.kind is not Kind.WITHDRAWN:
                found.append((step.note.kind.value, step.note.incident.number, second))
    return found


@settings(max_examples=25, deadline=None)
@given(histories(), st.sampled_from([None, QUIET, (time(0, 20), time(0, 40))]))
def test_to_ask_only_where_something_can_change_is_to_ask_every_second(
    versions: list[Incident], quiet: tuple[time, time] | None
) -> None:
    end = round(seconds_of(versions[-1].at_ns)) + 4000
    notes = [
        (note.kind.value, note.incident.number, note.created_ns)
        for note in sent(versions, end, quiet=quiet)
        if note.created_ns <= wall_ns(end)
    ]

    # A limit of time passes within a second, and is seen at the end of it.
    seen = [(kind, number, -(-(at_ns - wall_ns(0)) // SECOND_NS)) for kind, number, at_ns in notes]
    assert sorted(seen) == sorted(asked_each_second(versions, quiet, end))


def test_messages_of_an_incident_that_opens_again_are_those_of_each_fault() -> None:
    one, other = first(), happened(1900.0, 2500.0, 2)
    end = closed(one, 1606.0)
    again = later(end, 1924.0, ended_ns=None, still=("s1",))
    found = message_score([happened(), other], [one, end, again, closed(again, 2506.0)], END, 0.02)

    assert (found.messages, found.messages_per_fault, found.false_messages) == (4, 2.0, 0)
    assert found.messages_by_kind == {"new": 2, "update": 0, "escalated": 0, "resolved": 2, "past": 0}
    assert (found.quiet_messages, found.quiet_messages_per_fault) == (1, 1.0)


def test_a_bad_line_that_nothing_made_bad_is_told_falsely() -> None:
    poor = first(trouble=Trouble.DEGRADED)
    versions = [poor, closed(poor, 1606.0)]

    def degraded(*truth: Happening, loss: float = 0.02) -> tuple[int, int, int]:
        found = message_score(truth, versions, END, loss)
        return found.told_degraded, found.false_degraded, found.false_messages

    assert degraded(happened(degrades=True)) == (1, 0, 0)
    assert degraded() == (1, 1, 2)
    assert degraded(loss=0.1) == (1, 0, 0), "every line loses that much"
    assert degraded(happened(500.0, 1000.0)) == (1, 1, 2), "it was lost before, and is back"
    assert degraded(happened(500.0, 1010.0)) == (1, 0, 0), "it is going to be lost"


def test_what_outlasts_announced_work_is_told_with_reason() -> None:
    work = replace(happened(980.0, 1900.0), kind="maintenance", cause=None, must_tell=False, may_tell=False)
    versions = [first(known=2000.0), closed(first(known=2000.0), 4006.0)]
    began = [msgspec.structs.replace(version, began_ns=wall_ns(990)) for version in versions]

    assert message_score([work, happened(1500.0, 4000.0, 2)], began, END, 0.02).false_messages == 0
    assert message_score([work], began, END, 0.02).false_messages == 2


def test_reports_that_do_not_arrive_are_told_with_reason_and_tell_of_nothing_else() -> None:
    hush = first(trouble=Trouble.UNREPORTED, scope=Scope.PROVINCE)
    versions = [hush, closed(hush, 2000.0)]
    backlog = replace(happened(990.0, 1990.0), kind="backlog", sites=(), outages=(), cause=None, may_tell=False)

    found = message_score([replace(backlog, hushes=True)], versions, END, 0.02)
    assert (found.messages, found.false_messages, found.messages_per_fault) == (2, 0, 2.0)
    assert message_score([happened()], versions, END, 0.02).false_messages == 2


def test_what_is_told_without_a_fault_is_counted_apart() -> None:
    found = message_score([happened(9000.0, 9900.0)], [first(), closed(first(), 1606.0)], END, 0.02)

    assert (found.messages, found.false_messages, found.messages_per_fault) == (2, 2, None)
    assert (found.told_degraded, found.false_degraded) == (0, 0)


@pytest.mark.parametrize("figure", MessageScore.__dataclass_fields__)
def test_the_reference_names_the_figures_of_messages(figure: str) -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference.md").read_text(encoding="utf-8")

    assert f"`{figure}`" in page
