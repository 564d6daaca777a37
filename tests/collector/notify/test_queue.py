"""What a channel sends of what waits, and links that prove who opens them."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.notify.links import Grant, grant, token
from collector.notify.message import Audience, Kind, Urgency
from collector.notify.queue import Waiting, expired, parcels, wait_seconds
from shared.secret import Secret
from tests.peers.incidents import HOUR_NS, MINUTE_NS, NOON_NS, incident
from tests.peers.notes import KEY, note


def waiting(*kinds: Kind, number: int = 7, first: int = 1, **given: Any) -> list[Waiting]:
    return [
        Waiting(id=first + n, note=note(incident(number, version=n + 1), kind), **given) for n, kind in enumerate(kinds)
    ]


@pytest.mark.parametrize(
    ("kinds", "sent"),
    [
        ((Kind.NEW,), Kind.NEW),
        ((Kind.NEW, Kind.UPDATE, Kind.ESCALATED), Kind.NEW),
        ((Kind.NEW, Kind.UPDATE, Kind.RESOLVED), Kind.PAST),
        ((Kind.UPDATE, Kind.RESOLVED), Kind.RESOLVED),
        ((Kind.UPDATE, Kind.ESCALATED), Kind.ESCALATED),
        ((Kind.NEW, Kind.RESOLVED, Kind.NEW), Kind.NEW),
    ],
)
def test_a_channel_that_was_away_says_once_what_is_true_now(kinds: tuple[Kind, ...], sent: Kind) -> None:
    """An end whose begin was never heard is no end: it is told as past."""
    (parcel,) = parcels(waiting(*kinds), Audience.PEOPLE)

    assert parcel.note.kind is sent
    assert parcel.note.incident.version == len(kinds)
    assert parcel.ids == tuple(range(1, len(kinds) + 1))


def test_the_most_urgent_goes_first_then_the_oldest_and_incidents_do_not_wait_for_each_other() -> None:
    one, two = waiting(Kind.NEW, number=1, next_ns=NOON_NS), waiting(Kind.NEW, number=2, first=5)
    urgent = [Waiting(id=9, note=note(incident(3), urgency=Urgency.CRITICAL))]

    assert [(p.note.incident.number, p.next_ns) for p in parcels([*one, *two, *urgent], Audience.PEOPLE)] == [
        (3, 0),
        (1, NOON_NS),
        (2, 0),
    ]


def test_standing_channels_get_the_newest_state_under_what_they_know() -> None:
    story = waiting(Kind.NEW, Kind.UPDATE, Kind.RESOLVED)
    (parcel,) = parcels(story, Audience.STANDING)

    assert parcel.note.kind is Kind.RESOLVED
    assert parcel.note.before == story[0].note.before


def test_the_jitter_comes_after_the_cap() -> None:
    """Or all would beat together once they have reached it."""
    assert [wait_seconds(failures, 0.5) for failures in (1, 2, 8, 9, 10_000)] == [2, 4, 256, 300, 300]
    assert (wait_seconds(50, 0.0), wait_seconds(50, 0.999)) == (225, pytest.approx(374.85))
    assert wait_seconds(1, 0.5, asked_seconds=120) == 120
    assert wait_seconds(1, 0.5, asked_seconds=10**9) == 3600


def test_what_waited_a_day_is_given_up() -> None:
    story = waiting(Kind.NEW)

    assert expired(story, NOON_NS + 24 * HOUR_NS, 24) == []
    assert expired(story, NOON_NS + 24 * HOUR_NS + 1, 24) == story


@given(
    st.integers(-(10**12), 10**12), st.text(string.ascii_lowercase + "_-09", max_size=24), st.integers(0, 30 * HOUR_NS)
)
def test_a_link_opens_what_it_was_made_for_until_it_expires(number: int, person: str, lasts_ns: int) -> None:
    made = token(KEY, "acknowledge", number, person, NOON_NS + lasts_ns)

    assert grant(KEY, "acknowledge", made, NOON_NS) == Grant(number=number, person=person)
    assert grant(KEY, "acknowledge", made, NOON_NS + lasts_ns + MINUTE_NS) is None
    assert grant(KEY, "receipt", made, NOON_NS) is None
    assert grant(Secret("another"), "acknowledge", made, NOON_NS) is None


@given(st.integers(0, 200), st.sampled_from(string.ascii_letters + string.digits + "-_."))
def test_whoever_changes_a_link_holds_nothing(place: int, sign: str) -> None:
    made = token(KEY, "acknowledge", 42, "ha", NOON_NS + HOUR_NS)
    place %= len(made)
    changed = made[:place] + sign + made[place + 1 :]

    assert (grant(KEY, "acknowledge", changed, NOON_NS) is not None) == (changed == made)


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading_of_links(text: str) -> None:
    assert grant(KEY, "acknowledge", text, NOON_NS) is None
