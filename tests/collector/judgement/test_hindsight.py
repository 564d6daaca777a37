"""What only a site's own agent saw, because nobody outside could see, is written down when its backlog tells of it."""

from collections.abc import Callable

from collector.incident import Cause, Scope, Trouble
from tests.peers.story import SECOND_NS, Story, communes

ROUTER, HOP, CORE = "access_router", "isp_first_hop", "province_core"


def found(
    *roles: str, blind: bool = True, core_answers: bool = False, then: Callable[[Story], None] = lambda _: None
) -> list[tuple[str, str, Cause]]:
    """Of a site that misses these for five minutes, and cannot report meanwhile."""
    story = Story(communes(6), inside=True)
    story.live(300)
    story.blind = blind
    story.live(60)
    story.levels = {("s3", role): False for role in roles} | {("s3", CORE): core_answers}
    story.deaf.add("s3")
    story.live(300)
    then(story)
    story.levels.clear()
    story.deaf.clear()
    story.live(30)
    story.blind = False
    story.live(900)
    return [(i.subject, i.silent_because, i.cause) for i in story.incidents() if i.scope is Scope.SITE]


def restart(story: Story) -> None:
    story.router_boot["s3"] = story.now


def test_a_line_that_was_cut_while_the_province_was_blind_is_found() -> None:
    assert found(HOP, CORE) == [("s3", "past", Cause.ACCESS_LINK)]


def test_where_the_province_could_see_it_would_have_seen() -> None:
    assert found(HOP, CORE, blind=False) == []


def test_a_first_hop_that_does_not_answer_while_what_lies_behind_it_does_is_no_outage() -> None:
    assert found(HOP, core_answers=True) == []


def test_a_router_that_nobody_reached_was_away_only_if_it_was_started_anew() -> None:
    assert found(ROUTER, HOP, CORE) == [], "the agent's own cable may have been out"
    assert found(ROUTER, HOP, CORE, then=restart) == [("s3", "past", Cause.SITE_LAN)]


def off(*, router: bool) -> list[tuple[str, str]]:
    """Of a site whose agent's computer is off for five minutes while the province is blind, and its router perhaps."""
    story = Story(communes(6), inside=True)
    story.live(300)
    story.blind = True
    story.live(60)
    story.hosts["s3"].running = False
    story.live(300)
    if router:
        restart(story)
    story.hosts["s3"].boot_s = story.now
    story.hosts["s3"].running = True
    story.live(30)
    story.blind = False
    story.live(900)
    return [(i.subject, i.silent_because) for i in story.incidents() if i.scope is Scope.SITE]


def test_a_site_whose_router_and_computer_were_both_off_had_no_power() -> None:
    assert off(router=True) == [("s3", "past")]
    assert off(router=False) == [], "somebody switched the computer off"


def lost_before_the_province_went_blind() -> Story:
    """s3 is known to be down, and nobody has seen it for five minutes."""
    story = Story(communes(6), inside=True)
    story.live(300)
    story.down.add("s3")
    story.live(28)
    story.blind = True
    story.live(300)
    return story


def test_what_is_known_already_is_not_written_down_again() -> None:
    story = lost_before_the_province_went_blind()
    story.down.clear()
    story.live(200)
    story.blind = False
    story.live(900)

    (incident,) = (i for i in story.incidents() if i.scope is Scope.SITE)
    assert incident.silent_because == ""


def test_a_report_of_before_the_loss_does_not_bring_a_site_back_when_the_province_goes_blind() -> None:
    story = lost_before_the_province_went_blind()
    (incident,) = (i for i in story.incidents() if i.scope is Scope.SITE)
    assert incident.is_open
    story.down.clear()
    story.live(60)
    story.blind = False
    story.live(300)

    (incident,) = (i for i in story.incidents() if i.scope is Scope.SITE)
    assert incident.ended_ns is not None
    assert incident.ended_ns - incident.began_ns > 300 * SECOND_NS


def lost_while_nothing_arrived(
    *sites: str, providers: tuple[str, ...] = ("VNPT", "Viettel")
) -> list[tuple[str, Cause, set[tuple[str, str]]]]:
    """Of four hubs with two sites each: what is told of sites that were lost and back before anything was heard."""
    story = Story(communes(8, hubs=4, providers=providers), inside=True)
    story.live(300)
    story.deaf, story.province.online = set(story.hosts), False
    story.live(60)
    story.down = set(sites)
    story.live(200)
    story.down.clear()
    story.live(100)
    story.deaf.clear()
    story.province.online = True
    story.live(900)
    past = [one for one in story.incidents() if one.silent_because == "past"]
    assert all(one.trouble is Trouble.DOWN and one.scope is Scope.SITE for one in past)
    told = [{(clue.kind, clue.subject) for clue in one.clues if "neighbours" in clue.kind} for one in past]
    return sorted(zip([one.subject for one in past], [one.cause for one in past], told, strict=True))


def test_both_sites_of_a_hub_that_were_lost_and_back_together_show_that_it_was_the_hub() -> None:
    assert lost_while_nothing_arrived("s0", "s1") == [
        ("s0", Cause.HUB, {("neighbours_down", "h0")}),
        ("s1", Cause.HUB, {("neighbours_down", "h0")}),
    ]


def test_a_site_alone_lost_its_line_and_what_neighbours_show_now_says_nothing_of_then() -> None:
    assert lost_while_nothing_arrived("s0") == [("s0", Cause.ACCESS_LINK, set())]


def test_all_sites_of_a_provider_that_were_lost_and_back_together_show_that_it_was_the_provider() -> None:
    lost = [f"s{number}" for number in range(4)]
    found = lost_while_nothing_arrived(*lost, providers=(*["VNPT"] * 4, *["Viettel"] * 4))

    assert found == [(site, Cause.ISP, {("neighbours_down", "VNPT")}) for site in lost]


def test_a_hub_that_went_with_one_more_site_of_its_provider_is_not_said_to_have_failed() -> None:
    found = lost_while_nothing_arrived("s0", "s1", "s2", providers=("VNPT",))

    assert {cause for _, cause, _ in found} == {Cause.ACCESS_LINK}
    assert len(found) == 3


def mended_unseen(lost: Callable[[Story], None], mend: Callable[[Story], None]) -> list[Cause]:
    """Of a fault that is seen for ten minutes and ends as our own side fails, which its agent does not reach either."""
    story = Story(communes(6), inside=True)
    story.live(300)
    story.down.add("s3")
    story.deaf.add("s3")
    lost(story)
    story.live(600)
    story.blind = True
    story.levels.clear()
    story.levels["s3", CORE] = False
    mend(story)
    story.live(1800)
    for each in (story.levels, story.down, story.deaf):
        each.clear()
    story.blind = False
    story.live(900)
    return [i.cause for i in story.incidents() if i.scope is Scope.SITE]


def test_a_fault_that_ended_while_nobody_could_see_has_the_cause_that_it_had_while_it_was_seen() -> None:
    """For the site itself all that was wrong later, for longer, was behind its provider's first hop: our own side."""

    def cut(story: Story) -> None:
        story.levels |= {("s3", HOP): False, ("s3", CORE): False}

    def dark(story: Story) -> None:
        story.hosts["s3"].running = False

    def light(story: Story) -> None:
        story.hosts["s3"].running = True
        story.hosts["s3"].boot_s = story.now
        restart(story)

    assert mended_unseen(cut, lambda _: None) == [Cause.ACCESS_LINK]
    assert mended_unseen(dark, light) == [Cause.POWER]
