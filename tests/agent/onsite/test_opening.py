"""What the page asks of its surroundings: whether deliveries prove the way out, and whether there is any link."""

import pytest

from agent.onsite.link import has_link
from agent.onsite.opening import Collector
from agent.uplink.tally import CourierTally
from tests.peers.village import SECOND_NS


@pytest.mark.parametrize(
    ("url", "by_socket", "leads_out"),
    [
        ("https://phusong.hagiang.example", False, True),
        ("https://10.1.0.9:8443", False, True),
        ("http://127.0.0.1:8080", False, False),
        ("http://[::1]:8080", False, False),
        ("http://localhost:8080", False, False),
        ("https://phusong.hagiang.example", True, False),
    ],
)
def test_a_collector_on_this_computer_proves_nothing(url: str, by_socket: bool, leads_out: bool) -> None:
    assert Collector(url, by_socket, 30.0, CourierTally()).uplink().watched is leads_out


def test_an_acknowledgement_counts_for_three_rhythms() -> None:
    tally = CourierTally()
    tally.took(5)
    uplink = Collector("https://c.example", by_socket=False, rhythm_seconds=30.0, tally=tally).uplink()

    assert (uplink.fresh_ns, uplink.acknowledged_ns, uplink.failing_since_ns) == (90 * SECOND_NS, 5, None)


def test_a_machine_says_whether_it_has_a_link_or_that_it_cannot_say() -> None:
    """With and without one: tests/agent/program/test_local_page.py."""
    assert has_link() in {True, False, None}
