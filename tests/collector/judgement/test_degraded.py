"""A site that serves badly is told with where its packets are lost, as far as its own agent or its line shows it."""

import pytest

from collector.incident import Cause, Clue, Incident, Trouble
from collector.judgement.attribution import RULES_OF_LOSS, cause_of
from collector.judgement.clues import ClueKind
from collector.judgement.evidence import LOSS, SENT
from collector.judgement.whereabouts import FIRST_HOP, Whereabouts
from shared.wire.reading import Outcome, Reading, Sample
from tests.peers.story import SECOND_NS, Story, communes

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


def test_loss_on_the_way_to_the_core_is_the_providers_only_where_its_first_hop_is_known_to_lose_nothing() -> None:
    core, clean = (Clue(kind=kind, at_ns=0, site="s3") for kind in (ClueKind.CORE_LOSSY, ClueKind.FIRST_HOP_CLEAN))

    assert cause_of([core, clean], RULES_OF_LOSS)[0] is Cause.ISP
    assert cause_of([core], RULES_OF_LOSS)[0] is Cause.UNKNOWN


def test_a_line_that_lost_its_light_before_it_lost_packets_is_told_as_such_without_an_agent() -> None:
    assert lossy(OUTSIDE, inside=False, faded=True).cause is Cause.ACCESS_LINK
    assert lossy(OUTSIDE, inside=False).cause is Cause.UNKNOWN


def test_what_only_the_sites_own_agent_loses_degrades_nothing() -> None:
    story = Story(communes(6), inside=True)
    story.live(600)
    story.lossy = {("s3", HOP): 0.4, ("s3", CORE): 0.4}
    story.live(300)

    assert story.incidents() == [], "nobody serves badly by what only its own agent sees"


def test_what_is_kept_of_an_agents_trains_is_bounded() -> None:
    kept = Whereabouts()
    for number in range(2000):
        samples = (Sample(LOSS, 0.4), Sample(SENT, 5.0))
        target = f"hop-{number % 40}"
        kept.see(Reading("ping", "icmp", "s", target, HOP, Outcome.OK, 0, 0, 0, samples), number * SECOND_NS, FIRST_HOP)

    assert len(kept.trains) == 16
    assert max(len(trains) for trains in kept.trains.values()) == 24
    (clue,) = kept.clues("s", 1900 * SECOND_NS, 2000 * SECOND_NS, 0.4)
    assert (clue.kind, clue.value) == (ClueKind.FIRST_HOP_LOSSY, 40.0)
