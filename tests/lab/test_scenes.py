"""The script shows every kind of fault it can, never two at one site, and always ends what it began."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import faults
from lab.scenes import CYCLE_SECONDS
from lab.stage import set_stage


@settings(max_examples=25)
@given(sites=st.integers(1, 193), seed=st.integers(0, 1000), number=st.integers(0, 50))
def test_a_round_uses_each_site_once_and_ends_within_itself(sites: int, seed: int, number: int) -> None:
    stage = set_stage(sites, seed)
    played = stage.faults(number)

    used = [site for fault in played for site in fault.sites]
    assert len(used) == len(set(used))
    assert set(used) <= {site.id for site in stage.sites}
    assert all(stage.round_of(fault.begins_seconds) == number for fault in played)
    assert all(fault.ends_seconds < (number + 1) * CYCLE_SECONDS for fault in played)
    assert stage.faults(number) == played


def test_the_whole_province_sees_every_kind_but_none_is_left_out_of_the_script() -> None:
    played = {fault.kind for fault in set_stage(193, 1).faults(0)}

    assert played == set(faults.KINDS)


def test_the_first_thing_is_a_commune_with_its_own_agent_down_and_back_within_half_a_minute() -> None:
    """A newcomer waits less than a minute for the point of it."""
    stage = set_stage(12, 1)
    first = stage.faults(0)[0]

    assert first.kind is faults.FIBRE_CUT
    assert first.sites[0] in {host.id for host in stage.hosts}
    assert first.ends_seconds <= 20


def test_rounds_follow_each_other_in_time() -> None:
    stage = set_stage(40, 2)
    beginnings = [stage.faults(number)[0].begins_seconds for number in range(4)]

    assert all(later - earlier == CYCLE_SECONDS for earlier, later in pairwise(beginnings))


@pytest.mark.parametrize("sites", [1, 2, 12, 193])
def test_hosts_are_distinct_and_at_most_three(sites: int) -> None:
    hosts = set_stage(sites, 1).hosts

    assert 1 <= len(hosts) == len({host.id for host in hosts}) <= 3
