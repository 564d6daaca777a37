"""What is not judged again, because nothing can have changed, would have been judged the same."""

import random

import pytest
from msgspec.structs import replace

from collector.incident import Trouble
from collector.inventory.site import Inventory, Link
from collector.picture import Picture, State
from tests.peers.story import PERIOD, SECOND_NS, Host, Story, communes

SECONDS = 900
SITES = 6


def land() -> Inventory:
    """One of the sites has two links that are judged apart."""
    first, *others = communes(SITES).sites
    spare = Link(name="4g", provider="Mobi", kind="4g", targets=("s0-4g",))
    return Inventory((replace(first, links=(*first.links, spare)), *others))


def told(picture: Picture) -> tuple[object, ...]:
    return picture.sites, picture.incidents, picture.transitions


def stir(story: Story, dice: random.Random) -> None:
    """Now and then something changes: a site is lost or returns, work begins or ends, blindness, silence, loss."""
    if dice.random() > 1 / 20:
        return
    site = f"s{dice.randrange(SITES)}"
    for kind in dice.sample((story.down, story.worked_at, story.deaf), 1):
        kind ^= {site}
    story.ways["s0", "s0-4g"] = dice.random() < 0.7
    story.blind = dice.random() < 0.1
    story.province.online = dice.random() > 0.2
    story.loss = dice.choice((0.0, 0.0, 0.2))


@pytest.mark.parametrize("seed", range(4))
def test_sites_that_are_left_alone_are_held_for_what_they_would_be_if_all_were_judged_each_second(seed: int) -> None:
    spared, whole = (Story(land(), inside=True) for _ in range(2))
    dice = [random.Random(seed) for _ in range(2)]

    for _ in range(SECONDS):
        for story, its in zip((spared, whole), dice, strict=True):
            stir(story, its)
        whole.pipeline._review._standings._still.clear()
        spared.live(1)
        whole.live(1)
        assert told(spared.picture) == told(whole.picture), f"second {spared.now}"

    assert spared.picture.transitions


def test_a_target_that_was_moved_to_another_site_says_nothing_more_of_the_one_it_left() -> None:
    story = Story(communes(SITES))
    story.inventory = Inventory(story.inventory.sites[1:])
    story.ways = {("s0", "roof"): True}
    story.live(60)
    assert story.verdict("s0").state is State.UP

    story.ways = {("s1", "roof"): True}
    story.live(PERIOD)

    assert (story.verdict("s0").state, story.verdict("s1").state) == (State.UNKNOWN, State.UP)


def test_a_link_whose_target_was_moved_to_another_site_is_not_seen_any_more() -> None:
    story = Story(land())
    story.ways = {("s0", "s0-4g"): True}
    story.live(60)
    assert link_state(story, "s0") == {"main": State.UP, "4g": State.UP}

    story.ways = {("s1", "s0-4g"): True}
    story.live(PERIOD)

    assert link_state(story, "s0") == {"main": State.UP, "4g": State.UNKNOWN}


def link_state(story: Story, site: str) -> dict[str, State]:
    (view,) = (view for view in story.picture.sites if view.site.id == site)
    return {link.link.name: link.verdict.state for link in view.links}


def is_left_alone(story: Story, site: str) -> bool:
    """Whether nothing but a look can change what is held of it, as far as is known."""
    return story.pipeline._review._standings._still.get(site, 0) > story.now * SECOND_NS


def test_a_target_that_was_renamed_and_an_agent_that_is_gone_cost_nothing_after_a_while() -> None:
    story = Story(communes(SITES))
    gone = Host("another", "elsewhere")
    story.pipeline.know(gone.name, gone.site)
    story.ways = {("s0", "roof"): True}
    for _ in range(10):
        story.live(PERIOD)
        story._send(gone, [story._look("s1", "s1-router", "router", good=True)])
    story.live(PERIOD)
    assert is_left_alone(story, "s0")

    story.ways = {}
    story.live(300)
    assert not is_left_alone(story, "s0")
    story.live(600)

    assert [is_left_alone(story, site) for site in ("s0", "s1", "s2")] == [True, True, True]
    (silent,) = story.picture.incidents
    assert (silent.trouble, silent.subject) == (Trouble.SILENT, "another"), "it is missed still"


def test_how_a_line_served_is_not_forgotten_while_nobody_looks_at_it() -> None:
    story = Story(communes(SITES))
    story.loss = 0.2
    story.live(300)
    story.province.running = False
    story.live(1200)
    assert story.verdict("s0").state is State.UNKNOWN
    story.province.running = True
    story.province.waiting.clear()
    story.live(PERIOD)

    assert story.verdict("s0").state is State.DEGRADED


def test_a_second_of_work_at_sites_that_are_well_is_seen() -> None:
    story = Story(communes(SITES))
    story.live(60)
    story.worked_at = {"s0", "s1", "s2"}
    story.live(1)
    story.worked_at = set()
    story.down = {"s0", "s1", "s2"}
    story.live(60)

    assert {one.silent_because for one in story.picture.incidents} == {"maintenance"}


def test_a_site_with_links_judged_apart_is_never_left_alone() -> None:
    """That its own agent reports, and since when, tells which of them is lost."""
    story = Story(land(), inside=True)
    story.ways["s0", "s0-4g"] = True
    story.live(120)
    site = story.inventory.sites[0]
    review = story.pipeline._review

    heard = set()
    for _ in range(60):
        story.live(1)
        facts, _, _ = review._standings.judge(site, story.wall_ns, story.now * SECOND_NS)
        assert all(link.good for link in facts.links)
        assert (facts.reporting, facts.reported_wall_ns) == ("agent-s0", review._quiet.heard_ns("agent-s0"))
        heard.add(facts.reported_wall_ns)

    assert len(heard) > 2
