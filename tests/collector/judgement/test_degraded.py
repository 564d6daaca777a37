"""A site that serves badly is told with where its packets are lost, as far as its own agent or its line shows it."""

import pytest

from collector.incident import Cause, Incident, Trouble
from collector.judgement.clues import ClueKind
from tests.peers.story import Story, communes

GATEWAY, HOP, CORE, OUTSIDE = "access_router", "isp_first_hop", "province_core", "router"


def lossy(*roles: str, seconds: int = 600, inside: bool = True, faded: bool = False) -> Incident:
    """What is said of a site that loses two of five packets on the way to these."""
    story = Story(communes(6), inside=inside)
    story.live(600)
    if faded:
        story.faded["s3"] = -26.0
        story.live(120)
    story.lossy = {("s3", role): 0.4 for role in roles}
    story.live(seconds)
    (incident,) = story.incidents()
    assert (incident.subject, incident.trouble) == ("s3", Trouble.DEGRADED)
    return incident


@pytest.mark.parametrize(
    ("roles", "cause", "clue"),
    [
        ((OUTSIDE, HOP, CORE), Cause.ACCESS_LINK, ClueKind.FIRST_HOP_LOSSY),
        ((OUTSIDE, CORE), Cause.ISP, ClueKind.CORE_LOSSY),
        ((OUTSIDE, GATEWAY, HOP, CORE), Cause.SITE_LAN, ClueKind.LAN_LOSSY),
        ((OUTSIDE,), Cause.UNKNOWN, None),
    ],
)
def test_loss_is_where_the_sites_own_agent_meets_it_first(roles: tuple[str, ...], cause: Cause, clue: ClueKind) -> None:
    incident = lossy(*roles)

    assert incident.cause is cause
    assert clue is None or clue in {one.kind for one in incident.clues}


def test_a_line_that_lost_its_light_before_it_lost_packets_is_told_as_such_without_an_agent() -> None:
    assert lossy(OUTSIDE, inside=False, faded=True).cause is Cause.ACCESS_LINK
    assert lossy(OUTSIDE, inside=False).cause is Cause.UNKNOWN


def test_what_only_the_sites_own_agent_loses_degrades_nothing() -> None:
    story = Story(communes(6), inside=True)
    story.live(600)
    story.lossy = {("s3", HOP): 0.4, ("s3", CORE): 0.4}
    story.live(300)

    assert story.incidents() == [], "nobody serves badly by what only its own agent sees"
