"""Links of one provider that are lost together: one incident tells of them, and it is the provider's."""

from collector.incident import Cause, Scope, Trouble
from collector.inventory.site import Inventory, Link, Site
from collector.notify.message import Urgency
from collector.notify.policy import Rules, urgency_of
from collector.notify.text import Places, extent
from collector.notify.vocabulary import words_in
from collector.picture import State
from tests.peers.notes import ZONE
from tests.peers.story import Story, communes

DOUBLE = range(0, 12, 2)


def doubled(count: int = 16) -> Story:
    """Six communes, of VNPT all, have a second link of Mobi."""
    sites = [
        Site(
            id=site.id,
            name=site.name,
            hub=site.hub,
            power_area=site.power_area,
            links=(*site.links, Link(name="4g", provider="Mobi", kind="4g", targets=(f"{site.id}-4g",))),
        )
        if number in DOUBLE
        else site
        for number, site in enumerate(communes(count, hubs=4).sites)
    ]
    story = Story(Inventory(tuple(sites)))
    set_backups(story, well=True)
    story.live(120)
    return story


def set_backups(story: Story, *, well: bool, numbers: range = DOUBLE) -> None:
    story.ways.update({(f"s{number}", f"s{number}-4g"): well for number in numbers})


def said(story: Story) -> list[tuple[str, str, str, str]]:
    """All that was ever told by itself, and what it came to."""
    told = [one for one in story.incidents() if one.folded_into is None]
    return [(one.scope.value, one.subject, one.trouble.value, one.cause.value) for one in told]


def test_many_backups_of_one_provider_are_one_incident_of_the_provider_that_waits() -> None:
    story = doubled()
    set_backups(story, well=False)
    story.live(200)

    (incident,) = story.picture.incidents
    assert (incident.scope, incident.subject, incident.trouble) == (Scope.PROVIDER, "Mobi", Trouble.DEGRADED)
    assert incident.cause is Cause.ISP
    assert incident.still == tuple(f"s{number}" for number in DOUBLE)
    assert urgency_of(incident, Rules()) is Urgency.WARNING
    assert {story.verdict(site).state for site in incident.still} == {State.DEGRADED}
    assert extent(incident, Places(story.inventory, ZONE), words_in("en")) == "6 of 6 sites"

    set_backups(story, well=True)
    story.live(600)
    assert story.picture.incidents == ()
    assert said(story) == [("provider", "Mobi", "degraded", "isp")]


def test_what_stays_lost_long_after_the_others_returned_stands_for_itself() -> None:
    story = doubled()
    set_backups(story, well=False)
    story.live(200)
    set_backups(story, well=True, numbers=range(2, 12, 2))
    story.live(600)

    (rest,) = story.picture.incidents
    assert (rest.scope, rest.subject, rest.cause) == (Scope.SITE, "s0", Cause.ACCESS_LINK)


def test_a_provider_that_takes_sites_away_tells_of_the_links_of_the_others_too() -> None:
    story = doubled()
    story.down.update(f"s{number}" for number in range(0, 16, 2))
    story.live(300)

    assert [(one.scope, one.subject, one.trouble) for one in story.picture.incidents] == [
        (Scope.PROVIDER, "VNPT", Trouble.DOWN)
    ]
    assert story.verdict("s0").state is State.DEGRADED
    assert story.verdict("s14").state is State.DOWN

    story.down.clear()
    story.live(600)
    assert story.picture.incidents == ()
    assert said(story) == [("provider", "VNPT", "down", "isp")]


def test_three_links_are_no_fault_of_their_provider() -> None:
    story = doubled()
    set_backups(story, well=False, numbers=range(0, 6, 2))
    story.live(200)
    assert {(one.scope, one.cause) for one in story.picture.incidents} == {(Scope.SITE, Cause.ACCESS_LINK)}
    assert len(story.picture.incidents) == 3


def test_links_lost_one_after_the_other_over_a_while_are_faults_of_their_own() -> None:
    story = doubled()
    for number in DOUBLE:
        story.ways[f"s{number}", f"s{number}-4g"] = False
        story.live(200)
    assert {one.scope for one in story.picture.incidents} == {Scope.SITE}
    assert len(story.picture.incidents) == 6


def test_a_restart_goes_on_with_the_incident_of_the_provider() -> None:
    story = doubled()
    set_backups(story, well=False)
    story.live(200)
    number = story.picture.incidents[0].number
    for _ in range(2):
        story.start_collector()
        story.live(60)
        assert [one.number for one in story.picture.incidents] == [number]
        assert len(story.picture.incidents[0].still) == 6


def test_a_link_that_was_lost_long_before_its_provider_keeps_an_incident_of_its_own() -> None:
    story = doubled()
    story.ways["s0", "s0-4g"] = False
    story.live(400)
    set_backups(story, well=False)
    story.live(200)

    assert {(one.scope, one.subject) for one in story.picture.incidents} == {
        (Scope.SITE, "s0"),
        (Scope.PROVIDER, "Mobi"),
    }


def test_a_link_that_returns_a_little_after_its_provider_is_no_fault_of_its_own() -> None:
    story = doubled()
    story.down.update(f"s{number}" for number in range(0, 16, 2))
    story.live(300)
    story.down.intersection_update({"s0"})
    story.live(120)
    story.down.clear()
    story.live(60)

    assert said(story) == [("provider", "VNPT", "down", "isp")]
