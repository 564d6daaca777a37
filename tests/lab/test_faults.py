"""A fault holds exactly while it is active, and says its own truth in the words that the collector publishes."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab import faults
from lab.faults import Conditions, Fault, Kind, conditions_at
from lab.wan import Quality

CALM = Conditions(link=Quality(delay_seconds=0.005))
STATES = {"up", "degraded", "down", "unknown", "maintenance"}
CAUSES = {"power", "site_lan", "access_link", "isp", "hub", "province", "agent", "unknown"}


def fault(kind: Kind, begins: float = 10.0, lasts: float = 20.0) -> Fault:
    return Fault(kind=kind, sites=("a", "b"), where="A", begins_seconds=begins, lasts_seconds=lasts)


@pytest.mark.parametrize("kind", faults.KINDS, ids=lambda kind: kind.name)
def test_every_fault_has_an_effect_and_its_truth_in_published_words(kind: Kind) -> None:
    during = conditions_at(CALM, [fault(kind)], "a", 25.0)

    assert during != CALM
    assert (kind.truth.state in STATES, kind.truth.cause in CAUSES) == (True, True)


@pytest.mark.parametrize("kind", faults.KINDS, ids=lambda kind: kind.name)
@given(at=st.floats(0, 60))
def test_a_fault_holds_from_its_beginning_to_its_end_and_at_its_sites_only(kind: Kind, at: float) -> None:
    one = fault(kind)

    assert (conditions_at(CALM, [one], "a", at) != CALM) == (10.0 <= at < 30.0)
    assert conditions_at(CALM, [one], "elsewhere", at) == CALM


def test_a_power_cut_is_on_battery_first_and_dark_then() -> None:
    begun, dark = (conditions_at(CALM, [fault(faults.POWER_CUT)], "a", at) for at in (12.0, 25.0))

    assert (begun.powered, dark.powered) == (True, False)
    assert faults.ON_BATTERY in begun.changes.values()


def test_faults_add_up() -> None:
    both = conditions_at(CALM, [fault(faults.CONGESTION), fault(faults.FIBRE_CUT)], "a", 15.0)

    assert both.link.cut
    assert both.link.delay_seconds > CALM.link.delay_seconds


def test_every_kind_that_is_written_down_is_in_the_list() -> None:
    text = Path(faults.__file__).read_text(encoding="utf-8")

    assert set(re.findall(r'= Kind\(\s*"(\w+)"', text)) == {kind.name for kind in faults.KINDS}
