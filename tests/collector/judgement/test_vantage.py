"""Anchors: what an agent that looks at sites must reach itself, as long as it looks at it."""

from collector.incident import Scope
from collector.judgement.evidence import Run
from collector.judgement.vantage import Vantage
from collector.picture import State
from shared.wire.reading import Outcome, Reading
from tests.peers.story import SECOND_NS, Story, communes


def run(at: int, target: str, *, good: bool) -> Run:
    outcome = Outcome.OK if good else Outcome.TIMEOUT
    reading = Reading("ping", "icmp", "centre", target, "world", outcome, at * SECOND_NS, at * SECOND_NS, 1, ())
    return Run("province", reading, at * SECOND_NS, at * SECOND_NS)


def test_an_anchor_that_was_removed_does_not_hide_that_the_other_is_lost() -> None:
    vantage = Vantage("province")
    vantage.anchor(run(1, "old", good=True))
    for at in range(10, 1000, 8):
        vantage.anchor(run(at, "new", good=at < 900))

    assert vantage.blind_since_ns == 906 * SECOND_NS


def test_an_anchor_that_is_looked_at_seldom_counts() -> None:
    vantage = Vantage("province")
    for at in range(10, 1000, 8):
        vantage.anchor(run(at, "near", good=at < 500))
        if at % 240 < 8:
            vantage.anchor(run(at, "far", good=True))

    assert vantage.blind_since_ns is None


def test_a_pause_of_the_agent_takes_no_anchor_away() -> None:
    vantage = Vantage("province")
    vantage.anchor(run(10, "far", good=True))
    vantage.anchor(run(10, "near", good=True))
    vantage.anchor(run(7200, "near", good=False))

    assert vantage.blind_since_ns is None


def test_sites_are_told_after_an_anchor_was_renamed_and_after_the_last_was_removed() -> None:
    story = Story(communes(8))
    story.live(100)
    story.anchor = "gateway"
    story.live(400)
    story.blind = True
    story.live(60)
    assert [one.scope for one in story.picture.incidents] == [Scope.PROVINCE]
    story.blind = False
    story.live(60)
    assert story.picture.incidents == ()

    story.anchors = False
    story.live(400)
    story.down.add("s3")
    story.live(60)
    assert story.verdict("s3").state is State.DOWN
