"""Restarts told from sysUpTime: a fall is one, a wrap is none, and a long outage hides none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.snmp.restarts import DISCONTINUITY, Discontinuities, Restarts
from shared.wire.reading import Labels, Sample

WRAP = 2**32 / 100


@pytest.mark.parametrize(
    ("polls", "restarts"),
    [
        ([(100, 0), (160, 60), (220, 120)], 0),
        ([(100, 0), (5, 60)], 1),
        ([(10, 0), (50, 60)], 1),
        ([(10, 0), (900, 1000), (1000, 1100)], 1),
        ([(WRAP - 30, 0), (30, 60)], 0),
        ([(WRAP - 300, 0), (2, 20)], 1),
        ([(WRAP - 30, 0), (30, 60), (5, 120)], 1),
        ([(100, 0), (5, 60), (3, 120), (63, 180)], 2),
        ([(86_400, 0), (86_458, 60)], 0),
    ],
    ids=str,
)
def test_a_restart_is_counted_once(polls: list[tuple[float, float]], restarts: int) -> None:
    seen = Restarts()

    assert [seen.take("gw", uptime, now) for uptime, now in polls][-1] == restarts


@given(
    st.floats(0, WRAP - 1),
    st.lists(st.floats(1, 10_000), max_size=20),
    st.floats(-0.005, 0.005),
)
def test_a_device_that_runs_on_is_never_said_to_have_restarted(
    uptime: float, pauses: list[float], drift: float
) -> None:
    """Clocks that are off by half a percent, and the wrap after 497 days."""
    seen = Restarts()
    now = 0.0
    for pause in pauses:
        assert seen.take("gw", int(uptime * 100) % 2**32 / 100, now) == 0
        now += pause
        uptime += pause * (1 + drift)


def test_devices_are_counted_apart() -> None:
    seen = Restarts()
    for name in ("a", "b"):
        seen.take(name, 100, 0)

    assert (seen.take("a", 1, 60), seen.take("b", 160, 60)) == (1, 0)


def stamps(**values: float) -> list[Sample]:
    return [Sample(DISCONTINUITY, value, label(name)) for name, value in values.items()] + [Sample("ifInErrors", 7.0)]


def label(name: str) -> Labels:
    return (("ifName", name),)


def test_a_jump_that_an_interface_tells_is_counted_once_and_for_that_interface() -> None:
    seen = Discontinuities()
    polls = [stamps(wan=0, lan=0), stamps(wan=500, lan=0), stamps(wan=500, lan=0), stamps(wan=900, lan=0)]

    told = [seen.take("gw", poll, restarted=False) for poll in polls]

    assert told == [[], [(label("wan"), 1)], [(label("wan"), 1)], [(label("wan"), 2)]]


def test_a_restart_sets_all_stamps_anew_and_is_no_jump_of_each_interface() -> None:
    seen = Discontinuities()
    seen.take("gw", stamps(wan=500, lan=300), restarted=False)

    assert seen.take("gw", stamps(wan=0, lan=0), restarted=True) == []


def test_an_interface_that_was_away_is_compared_with_what_it_told_before() -> None:
    seen = Discontinuities()
    seen.take("gw", stamps(wan=1, ppp=10), restarted=False)
    seen.take("gw", stamps(wan=1), restarted=False)

    assert seen.take("gw", stamps(wan=1, ppp=20), restarted=False) == [(label("ppp"), 1)]


def test_interfaces_that_come_and_go_for_ever_are_bounded() -> None:
    seen = Discontinuities()
    for number in range(200):
        seen.take("gw", stamps(**{f"ppp{number}-{n}": 1.0 for n in range(100)}), restarted=False)

    assert sum(len(rows) for rows in seen._seen.values()) <= 4096
