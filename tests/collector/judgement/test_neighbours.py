"""What neighbours show of an outage is what they showed at its time, not what they show now."""

from collector.judgement.folding import Seen
from collector.judgement.neighbours import Neighbours
from collector.judgement.scene import Look, Scene
from tests.peers.story import SECOND_NS, communes

BEGAN_NS, NOW_NS = 1000 * SECOND_NS, 5000 * SECOND_NS


def well(since_s: int) -> Look:
    return Look(seen=Seen.WELL, at_ns=NOW_NS, since_ns=since_s * SECOND_NS)


def told(*since_s: int, past: bool) -> list[tuple[str, str, float | None]]:
    """Of the first of four sites of one hub, each of a provider of its own, which are well since then."""
    inventory = communes(4, hubs=1, providers=("", "", "", ""))
    looks = {f"s{place}": well(one) for place, one in enumerate(since_s)}
    clues = Neighbours(inventory, 180 * SECOND_NS).clues("s0", BEGAN_NS, Scene(NOW_NS, looks), past=past)
    return [(clue.kind, clue.subject, clue.value) for clue in clues]


def test_of_an_outage_that_is_known_only_when_it_is_over_those_count_that_were_well_then() -> None:
    assert told(1300, 10, 10, 10, past=True) == [("neighbours_well", "h0", 3.0)]
    assert told(1300, 10, 10, 1200, past=True) == [("neighbours_well", "h0", 2.0)]
    assert told(1300, 10, 1200, 1200, past=True) == []


def test_of_one_that_was_seen_those_count_that_are_well() -> None:
    assert told(1300, 10, 1200, 1200, past=False) == [("neighbours_well", "h0", 3.0)]
