"""Which outages began or ended while nobody could see, to the second."""

from collector.judgement.blindness import Blindness
from collector.judgement.scene import Blind

SECOND_NS = 1_000_000_000


def blind(first: int, last: int, *, alone: bool = True) -> Blindness:
    """Nobody could see from one second to another; ``alone``: nobody else could either."""
    found = Blindness()
    found.see([Blind("province", "centre", first * SECOND_NS, silent=False, alone=alone)], last * SECOND_NS)
    found.see([], (last + 5) * SECOND_NS)
    return found


def until(found: Blindness, began: int, ended: int) -> bool:
    return found.until(began * SECOND_NS, ended * SECOND_NS) == 1000 * SECOND_NS


def test_an_outage_is_hidden_from_when_nobody_could_see_if_it_was_seen_long_before_and_is_over_right_after() -> None:
    found = blind(1000, 2000)

    assert until(found, 820, 2030)
    assert until(found, 820, 1001)
    assert found.until(821 * SECOND_NS, 2030 * SECOND_NS) is None, "seen for less than three minutes"
    assert found.until(820 * SECOND_NS, 2031 * SECOND_NS) is None, "every site had been looked at"
    assert found.until(820 * SECOND_NS, 1000 * SECOND_NS) is None, "it was over before"
    assert blind(1000, 2000, alone=False).until(820 * SECOND_NS, 2030 * SECOND_NS) is None, "another could see"


def test_an_outage_that_was_found_while_nobody_could_see_or_right_after_may_have_begun_before() -> None:
    found = blind(1000, 2000)

    assert [found.before(at * SECOND_NS) for at in (1000, 2030)] == [1000 * SECOND_NS] * 2
    assert [found.before(at * SECOND_NS) for at in (999, 2031)] == [None] * 2
