"""When an incident is told: at once, later, never, and what follows."""

from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.incident import Cause, Confidence, Incident, Scope, Trouble
from collector.notify.hours import quiet_until, time_of_day
from collector.notify.message import Audience, Kind, Note, Urgency
from collector.notify.policy import Decision, Rules, decide, urgency_of
from collector.notify.told import Told, after
from tests.peers.incidents import HOUR_NS, MINUTE_NS, NOON_NS, SECOND_NS, incident

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
RULES = Rules(important=("00901",), settle_seconds=0)
SOON_NS = NOON_NS + MINUTE_NS
MORNING_NS = NOON_NS + 18 * HOUR_NS
HUB = {"scope": Scope.HUB, "subject": "H02", "cause": Cause.HUB, "sites": ("00898", "00899"), "number": 9}


def known(told: Incident, kind: Kind = Kind.NEW, at_ns: int = SOON_NS, before: Told | None = None) -> Told:
    note = Note(kind=kind, urgency=urgency_of(told, RULES), incident=told, created_ns=at_ns, thread=told.number)
    return after(before, note, at_ns)


def later(of: Incident, **changes: Any) -> Incident:
    return msgspec.structs.replace(of, version=of.version + 1, **changes)


def test_a_fault_is_held_until_a_mass_event_would_be_one_then_told() -> None:
    held = decide(incident(), None, NOON_NS + 21 * SECOND_NS, RULES)

    assert (held.kind, held.wait_ns) == (None, NOON_NS + 35 * SECOND_NS)
    assert decide(incident(), None, held.wait_ns or 0, RULES).kind is Kind.NEW


@pytest.mark.parametrize(
    ("given", "urgency"),
    [
        ({}, Urgency.WARNING),
        ({"sites": ("00898", "00901")}, Urgency.CRITICAL),
        (HUB, Urgency.CRITICAL),
        ({"scope": Scope.PROVINCE, "subject": "province", "trouble": Trouble.SILENT}, Urgency.CRITICAL),
        ({"scope": Scope.PROVIDER, "subject": "VNPT"}, Urgency.CRITICAL),
        ({"scope": Scope.POWER_AREA, "subject": "P1", "cause": Cause.POWER}, Urgency.WARNING),
        ({"scope": Scope.POWER_AREA, "cause": Cause.POWER, "sites": ("00901",)}, Urgency.CRITICAL),
        ({"trouble": Trouble.FLAPPING}, Urgency.WARNING),
        ({"trouble": Trouble.FLAPPING, "sites": ("00901",)}, Urgency.CRITICAL),
        ({**HUB, "trouble": Trouble.FLAPPING}, Urgency.CRITICAL),
        ({"scope": Scope.AGENT, "cause": Cause.AGENT, "trouble": Trouble.SILENT}, Urgency.INFO),
        ({"trouble": Trouble.SILENT, "cause": Cause.UNKNOWN}, Urgency.INFO),
        ({"number": -20261125}, Urgency.CRITICAL),
    ],
)
def test_only_what_somebody_can_mend_at_night_wakes_them(given: dict[str, Any], urgency: Urgency) -> None:
    assert urgency_of(incident(**given), RULES) is urgency


def test_at_night_a_single_site_waits_for_the_morning_and_a_hub_does_not() -> None:
    assert decide(incident(), None, SOON_NS, RULES, quiet_until_ns=MORNING_NS).wait_ns == MORNING_NS
    assert decide(incident(**HUB), None, SOON_NS, RULES, quiet_until_ns=MORNING_NS).kind is Kind.NEW


@pytest.mark.parametrize("why", ["past", "maintenance", "folded"])
@pytest.mark.parametrize("audience", Audience)
def test_nobody_is_called_for_what_is_past_in_maintenance_or_folded(why: str, audience: Audience) -> None:
    silent = incident(silent_because=why)

    assert decide(silent, None, SOON_NS, RULES, audience=audience).kind is None
    assert decide(later(silent, ended_ns=SOON_NS), None, MORNING_NS, RULES, audience=audience).kind is None


def test_what_is_over_before_it_was_told_is_told_as_past_where_it_was_long_and_else_not_at_all() -> None:
    long = incident(ended_ns=NOON_NS + HOUR_NS)

    assert decide(long, None, NOON_NS + 2 * HOUR_NS, RULES).kind is Kind.PAST
    assert decide(long, None, NOON_NS + 2 * HOUR_NS, RULES, quiet_until_ns=MORNING_NS).wait_ns == MORNING_NS
    assert decide(incident(ended_ns=NOON_NS + 5 * MINUTE_NS), None, MORNING_NS, RULES) == Decision(why="short and over")
    assert decide(long, None, NOON_NS + 26 * HOUR_NS, RULES) == Decision(why="long over")


def test_a_new_cause_is_an_update_and_not_a_new_message_and_small_changes_are_none() -> None:
    told = known(incident())
    surer = later(incident(), confidence=Confidence.FINAL)
    other = later(incident(), cause=Cause.POWER)

    assert decide(surer, told, SOON_NS + HOUR_NS, RULES).kind is None
    assert decide(other, told, SOON_NS + MINUTE_NS, RULES).wait_ns == SOON_NS + 5 * MINUTE_NS
    assert decide(other, told, SOON_NS + 5 * MINUTE_NS, RULES).kind is Kind.UPDATE
    assert decide(later(incident(), sites=("00898", "00899")), told, SOON_NS + HOUR_NS, RULES).kind is Kind.UPDATE


def test_an_end_is_told_only_if_the_begin_was_and_only_once() -> None:
    over = later(incident(), ended_ns=NOON_NS + 5 * MINUTE_NS)
    resolved = decide(over, known(incident()), NOON_NS + 6 * MINUTE_NS, RULES)
    told = known(over, Kind.RESOLVED, before=known(incident()))

    assert resolved.kind is Kind.RESOLVED
    assert decide(later(over, confidence=Confidence.FINAL), told, NOON_NS + HOUR_NS, RULES).kind is None
    assert decide(over, None, NOON_NS + 6 * MINUTE_NS, RULES).kind is None


def test_what_comes_back_before_its_end_has_settled_is_told_as_nothing() -> None:
    """A line that flaps is one message, not one for each of its returns."""
    rules = Rules(settle_seconds=60)
    told = known(incident())
    over = later(incident(), ended_ns=SOON_NS)

    assert decide(over, told, SOON_NS + 59 * SECOND_NS, rules).wait_ns == SOON_NS + 60 * SECOND_NS
    assert decide(later(over, ended_ns=None), told, SOON_NS + 59 * SECOND_NS, rules) == Decision()
    assert decide(over, told, SOON_NS + 60 * SECOND_NS, rules).kind is Kind.RESOLVED


def test_what_breaks_again_under_its_old_number_is_new_again() -> None:
    over = later(incident(), ended_ns=NOON_NS + 5 * MINUTE_NS)
    again = later(over, ended_ns=None)

    assert decide(again, known(over, Kind.RESOLVED), NOON_NS + HOUR_NS, RULES).kind is Kind.NEW


def test_another_fault_under_a_number_that_was_used_before_a_restore_is_told() -> None:
    """The journal of last night does not know which numbers the day gave."""
    over = later(incident(), ended_ns=NOON_NS + 5 * MINUTE_NS)
    told = known(over, Kind.RESOLVED, NOON_NS + 6 * MINUTE_NS, known(incident()))
    other = incident(known_ns=NOON_NS + HOUR_NS, began_ns=NOON_NS + HOUR_NS)

    assert decide(other, told, NOON_NS + 2 * HOUR_NS, RULES).kind is Kind.NEW


def test_a_told_site_that_is_folded_falls_silent_and_the_fold_is_told_as_its_update() -> None:
    """One message a fold: who knows of the site is told that it is larger, and who does not that it is."""
    folded = later(incident(), silent_because="folded", folded_into=9)

    assert decide(folded, known(incident()), SOON_NS, RULES).kind is Kind.WITHDRAWN
    assert decide(incident(**HUB), None, NOON_NS + 21 * SECOND_NS, RULES, heir=True).kind is Kind.UPDATE
    brief = incident(**{**HUB, "ended_ns": NOON_NS + MINUTE_NS})
    assert decide(brief, None, SOON_NS, RULES, heir=True).kind is Kind.RESOLVED


def test_who_was_told_before_work_on_it_was_announced_hears_the_end_and_nothing_else() -> None:
    """Otherwise the message that woke them stands for ever."""
    hub = incident(**HUB)
    worked = later(hub, silent_because="maintenance", cause=Cause.POWER)

    assert decide(worked, known(hub), SOON_NS + 9 * HOUR_NS, RULES, levels=2) == Decision(why="maintenance")
    assert decide(later(worked, ended_ns=NOON_NS + HOUR_NS), known(hub), NOON_NS + HOUR_NS, RULES).kind is Kind.RESOLVED
    standing = decide(worked, known(hub), SOON_NS, RULES, audience=Audience.STANDING)
    assert standing.kind is Kind.WITHDRAWN


def test_what_nobody_acknowledges_goes_to_the_next_level_then_to_everybody_hourly() -> None:
    hub, told, now_ns = incident(**HUB), known(incident(**HUB)), SOON_NS

    assert decide(hub, told, now_ns, RULES, levels=2).wait_ns == SOON_NS + 15 * MINUTE_NS
    for level, minutes in ((1, 15), (2, 60), (3, 60)):
        now_ns += minutes * MINUTE_NS
        assert decide(hub, told, now_ns - 1, RULES, levels=2).kind is None
        assert decide(hub, told, now_ns, RULES, levels=2).kind is Kind.ESCALATED
        note = Note(
            kind=Kind.ESCALATED, urgency=Urgency.CRITICAL, incident=hub, created_ns=now_ns, thread=9, level=level
        )
        told = after(told, note, now_ns)
    quiet = msgspec.structs.replace(told, acknowledged_ns=now_ns)
    assert decide(hub, quiet, now_ns + 10 * HOUR_NS, RULES, levels=2) == Decision()


def test_neither_a_warning_nor_a_trial_is_escalated() -> None:
    trial = incident(-20261125)

    assert decide(incident(), known(incident()), SOON_NS + 9 * HOUR_NS, RULES, levels=2) == Decision()
    assert decide(trial, known(trial), SOON_NS + 9 * HOUR_NS, RULES, levels=2) == Decision()


def test_a_standing_audience_hears_every_version_at_once_and_the_end() -> None:
    agent = incident(scope=Scope.AGENT, cause=Cause.AGENT, trouble=Trouble.SILENT)
    standing = {"audience": Audience.STANDING, "quiet_until_ns": MORNING_NS}

    assert decide(agent, None, NOON_NS + 21 * SECOND_NS, RULES, **standing).kind is Kind.NEW  # type: ignore[arg-type]
    told = known(agent)
    assert decide(agent, told, SOON_NS, RULES, **standing).kind is None  # type: ignore[arg-type]
    assert decide(later(agent), told, SOON_NS, RULES, **standing).kind is Kind.UPDATE  # type: ignore[arg-type]
    ended = later(agent, ended_ns=SOON_NS)
    assert decide(ended, told, SOON_NS, RULES, **standing).kind is Kind.RESOLVED  # type: ignore[arg-type]


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "cause": st.sampled_from(Cause),
        "sites": st.lists(st.sampled_from(["a", "b", "c", "00901"]), min_size=1, unique=True).map(tuple),
        "ended_ns": st.none() | st.just(0),
        "silent_because": st.sampled_from(["", "", "maintenance", "folded"]),
        "trouble": st.sampled_from(Trouble),
    },
)


@given(
    st.lists(st.tuples(CHANGES, st.integers(1, 90), st.booleans()), min_size=1, max_size=30), st.sampled_from(Audience)
)
def test_whatever_becomes_of_an_incident_its_story_has_one_begin_and_one_end(
    story: list[tuple[dict[str, Any], int, bool]], audience: Audience
) -> None:
    """Asked each minute: an end comes after a begin, never two of either, and at night only what is critical."""
    now, told, current, heard = SOON_NS, None, incident(), []
    for changes, minutes, quiet in story:
        end = {"ended_ns": None if changes["ended_ns"] is None else now} if "ended_ns" in changes else {}
        current = later(current, **{**changes, **end})
        for _ in range(minutes):
            now += MINUTE_NS
            until = MORNING_NS * 2 if quiet else None
            decision = decide(current, told, now, RULES, audience=audience, quiet_until_ns=until, levels=2)
            if decision.kind is None:
                assert decision.wait_ns is None or decision.wait_ns > now
                continue
            urgency = max(urgency_of(current, RULES), told.urgency if told and not told.is_over else Urgency.INFO)
            level = (told.level if told else 0) + (decision.kind is Kind.ESCALATED)
            note = Note(kind=decision.kind, urgency=urgency, incident=current, created_ns=now, thread=7, level=level)
            silent = audience is Audience.STANDING or decision.kind is Kind.WITHDRAWN
            assert silent or not quiet or urgency is Urgency.CRITICAL
            told = after(told, note, now)
            heard.append(decision.kind)
    lasting = False
    for kind in heard:
        begins = kind in {Kind.NEW, Kind.PAST}
        assert begins != lasting
        lasting = kind in {Kind.NEW, Kind.UPDATE, Kind.ESCALATED}


@pytest.mark.parametrize(
    ("hour", "until"), [(21, None), (22, 30), (23, 30), (24, 30), (29, 30), (30, None), (36, None)]
)
def test_quiet_hours_go_over_midnight(hour: int, until: int | None) -> None:
    midnight = NOON_NS - 12 * HOUR_NS
    expected = None if until is None else midnight + until * HOUR_NS

    assert quiet_until(midnight + hour * HOUR_NS, time(22), time(6), ZONE) == expected


@pytest.mark.parametrize("wrong", ["", "22", "24:00", "7:5", "x:10", "12:60"])
def test_a_time_of_day_is_written_in_one_way(wrong: str) -> None:
    with pytest.raises(ValueError, match="write HH:MM"):
        time_of_day(wrong)


def test_a_clock_that_was_set_back_holds_up_neither_updates_nor_escalation_nor_the_end() -> None:
    hub = incident(**HUB)
    told = known(hub, at_ns=NOON_NS + 5 * HOUR_NS)
    now_ns = NOON_NS + MINUTE_NS
    grown = later(hub, sites=("00898", "00899", "00901", "a"))
    over = later(hub, ended_ns=NOON_NS + 4 * HOUR_NS)

    assert decide(grown, told, now_ns, RULES).kind is Kind.UPDATE
    assert decide(over, told, now_ns, Rules(settle_seconds=60)).kind is Kind.RESOLVED
    assert decide(hub, told, now_ns, RULES, levels=2).kind is Kind.ESCALATED
