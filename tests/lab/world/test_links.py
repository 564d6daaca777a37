"""Faults of single links: what they do, how they are told, and that worlds without them are what they were."""

from pathlib import Path

import pytest

from collector.incident import Cause, Clue, Confidence, Incident, Scope, Trouble
from collector.judgement.clues import ClueKind
from lab.world.backups import with_backups
from lab.world.chance import Chance
from lab.world.fault import LINK, Fault
from lab.world.land import make_land
from lab.world.link_scoring import LinkScore, link_score
from lab.world.lookout import Lookout
from lab.world.timeline import Timeline
from lab.world.when import wall_ns
from tests.peers.universe import Universe

LAND = make_land(8, 3)
SITE, OTHER = LAND.places[2].id, LAND.places[5].id
SECONDS = 7200


def universe(*faults: Fault, loss: float = 0.0) -> Universe:
    return Universe(with_backups(LAND, faults, 3), faults, SECONDS, 3, loss)


@pytest.mark.parametrize("where", [SITE, f"{SITE}/backup", f"{SITE}/main"])
def test_one_link_of_two_is_named_within_half_a_minute_and_calls_nobody(where: str) -> None:
    made = universe(Fault(LINK, where, 1800.0, 3600.0))
    lived = made.live()
    links = link_score(made.faults, made.timeline, lived.versions, SECONDS)

    assert links is not None
    assert (links.link_faults, links.links_named, links.links_missed, links.links_false) == (1, 1, (), ())
    assert links.named_p99_seconds is not None
    assert links.named_p99_seconds <= 30
    score = made.score(lived.versions)
    assert (score.outages, score.pages, score.must_tell) == (0, 0, 0)
    last = lived.versions[-1]
    assert (last.cause, last.is_open) == (Cause.ACCESS_LINK, False)


def test_both_links_lost_at_once_is_an_outage_that_must_be_told() -> None:
    made = universe(Fault(LINK, f"{SITE}/main", 1800.0, 4800.0), Fault(LINK, f"{SITE}/backup", 2400.0, 3600.0))
    score = made.score(made.live().versions)

    assert {(outage.begins, outage.ends) for one in made.truth for outage in one.outages} == {(2400.0, 3600.0)}
    assert (score.pages, score.false_pages, score.recall_of_outages) == (1, 0, 1.0)


@pytest.mark.parametrize(
    "other",
    [Fault("router_hang", SITE, 1800.0, 3000.0), Fault("fibre_cut", SITE, 1800.0, 3600.0)],
    ids=lambda f: f.kind,
)
def test_a_link_that_was_lost_with_its_site_and_stays_lost_is_named_by_its_true_beginning(other: Fault) -> None:
    made = universe(other, Fault(LINK, f"{SITE}/backup", other.ends - 60 * (other.kind == "router_hang"), 6000.0))
    links = link_score(made.faults, made.timeline, made.live().versions, SECONDS)

    assert links is not None
    assert links.links_false == (), "the link was lost since the site was"
    assert links.links_missed == ()


def test_a_link_that_was_there_for_a_moment_between_two_faults_was_lost_since_the_first() -> None:
    made = universe(Fault("fibre_cut", SITE, 1800.0, 3600.0), Fault(LINK, f"{SITE}/backup", 3609.0, 6000.0))
    links = link_score(made.faults, made.timeline, made.live().versions, SECONDS)

    assert links is not None
    assert (links.links_named, links.links_missed, links.links_false) == (1, (), ())


def test_a_replay_that_skips_names_links_as_one_that_does_not() -> None:
    faults = (Fault(LINK, f"{SITE}/main", 1800.0, 5000.0), Fault(LINK, f"{OTHER}/backup", 3000.0, 3400.0))
    made = universe(*faults, loss=0.02)
    lives = [made.live(skip=skip) for skip in (True, False)]
    names = [
        [
            (one.number, one.subject, one.trouble, one.began_ns, one.ended_ns, one.cause)
            for one in lived.versions
            if any(clue.kind == ClueKind.LINK_LOST for clue in one.clues)
        ]
        for lived in lives
    ]

    assert lives[0].skipped_seconds > 4000, "a link that is lost is no reason to live through all of it"
    assert names[0]
    assert names[0] == names[1]


def test_a_world_without_such_faults_has_no_second_links_and_the_same_losses() -> None:
    script = (Fault("fibre_cut", SITE, 60.0, 600.0),)
    linked = with_backups(LAND, (*script, Fault(LINK, OTHER, 60.0, 600.0)), 3)
    lookouts = [Lookout(land, Timeline(land, script), Chance(3, 0.05)) for land in (LAND, linked)]

    assert with_backups(LAND, script, 3) == LAND
    assert [place for place in linked.places if place.id != OTHER] == [p for p in LAND.places if p.id != OTHER]
    backup = f"{OTHER}-backup"
    for second in range(1, 200):
        plain, more = (lookout.cycle(second) for lookout in lookouts)
        assert plain == [reading for reading in more if reading.target != backup]


def test_a_script_without_links_prints_no_figures_of_links() -> None:
    script = (Fault("fibre_cut", SITE, 60.0, 600.0),)
    assert link_score(script, Timeline(LAND, script), (), SECONDS) is None


def test_a_fault_of_a_link_that_nobody_could_see_alone_is_not_counted() -> None:
    first = Fault(LINK, f"{SITE}/backup", 1000.0, 3000.0)
    for other in (
        Fault(LINK, f"{SITE}/main", 900.0, 2000.0),
        Fault(LINK, f"{SITE}/backup", 900.0, 2000.0),
        Fault("router_hang", SITE, 1.0, 5000.0),
        Fault("province_uplink", "", 900.0, 1900.0),
        Fault("maintenance", LAND.places[2].site.hub, 900.0, 2400.0),
    ):
        score = link_score((first, other), Timeline(LAND, (first, other)), (), 3000.0)
        assert score is not None
        assert f"{SITE}/backup at 1000" not in score.links_missed
    alone = link_score((first,), Timeline(LAND, (first,)), (), 3000.0)
    assert alone is not None
    assert alone.links_missed == (f"{SITE}/backup at 1000",)


def named(*, began: float, since: float, site: str = SITE) -> Incident:
    """A site that serves badly because its second link is lost."""
    clue = Clue(kind=ClueKind.LINK_LOST, at_ns=wall_ns(since), site=site, subject="backup")
    return Incident(
        number=1,
        version=1,
        at_ns=wall_ns(max(began, since) + 20),
        scope=Scope.SITE,
        subject=site,
        trouble=Trouble.DEGRADED,
        cause=Cause.ACCESS_LINK,
        confidence=Confidence.PROVISIONAL,
        began_ns=wall_ns(began),
        known_ns=wall_ns(max(began, since) + 20),
        sites=(site,),
        still=(site,),
        clues=(clue,),
    )


def test_a_link_is_named_falsely_where_the_incident_began_before_anything_was_wrong() -> None:
    cut, bad = Fault(LINK, f"{SITE}/backup", 2000.0, 3000.0), Fault("brown_out", SITE, 1000.0, 2500.0)

    def false(one: Incident, *faults: Fault) -> int:
        found = link_score(faults, Timeline(LAND, faults), (one,), 4000.0)
        return len(found.links_false) if found is not None else -1

    assert false(named(began=2000.0, since=2000.0), cut) == 0
    assert false(named(began=1000.0, since=2000.0), cut) == 1
    assert false(named(began=1000.0, since=2000.0), cut, bad) == 0, "it served badly before its link was lost"
    assert false(named(began=2000.0, since=1000.0), cut) == 1
    assert false(named(began=2000.0, since=2000.0, site=OTHER), cut) == 1


def test_the_reference_names_the_figures_of_links() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference.md").read_text(encoding="utf-8")

    assert [name for name in LinkScore.__dataclass_fields__ if f"`{name}`" not in page] == []
