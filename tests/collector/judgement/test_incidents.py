"""One incident for one fault, with its cause, told once: stories through the whole judgement on virtual time."""

from collector.incident import Cause, Confidence, Incident, Scope, Trouble
from collector.picture import State
from tests.peers.story import SECOND_NS, Story, communes


def said(story: Story) -> list[tuple[str, str, str, str]]:
    return [(i.scope.value, i.subject, i.trouble.value, i.cause.value) for i in story.incidents()]


def settled(story: Story, number: int = 1) -> Incident:
    return story.journal.versions(number)[-1]


def test_a_quiet_province_has_no_incidents_even_with_loss() -> None:
    story = Story(communes(20), inside=True)
    story.loss = 0.02
    story.live(1800)

    assert story.incidents() == []
    assert {view.verdict.state for view in story.picture.sites} == {State.UP}


def test_one_lost_site_is_one_incident_known_within_half_a_minute_and_ended() -> None:
    story = Story(communes(20))
    story.live(120)
    began = story.wall_ns
    story.down.add("s3")
    story.live(300)

    (incident,) = story.picture.incidents
    assert (incident.scope, incident.subject, incident.trouble) == (Scope.SITE, "s3", Trouble.DOWN)
    assert incident.known_ns - began <= 30 * SECOND_NS
    assert 0 <= incident.began_ns - began <= 8 * SECOND_NS

    story.down.clear()
    story.live(700)
    assert story.picture.incidents == ()
    assert settled(story).ended_ns is not None
    assert settled(story).confidence is Confidence.FINAL
    assert len(story.incidents()) == 1


def test_a_hub_is_one_incident_and_its_sites_are_never_told_alone() -> None:
    story = Story(communes(20, hubs=4))
    story.live(120)
    story.down.update(f"s{number}" for number in range(5))
    story.live(300)
    assert said(story) == [("hub", "h0", "down", "hub")]
    assert story.picture.incidents[0].still == tuple(f"s{number}" for number in range(5))

    story.down.clear()
    story.live(900)
    assert story.picture.incidents == ()
    assert len(story.incidents()) == 1


def test_a_provider_is_one_incident_and_others_lost_to_power_keep_their_own() -> None:
    story = Story(communes(40, hubs=4))
    story.battery = {"s1": False}
    story.live(240)
    story.battery["s1"] = True
    story.live(70)
    story.down.update(f"s{number}" for number in range(0, 40, 2))
    story.down.add("s1")
    story.live(200)

    assert sorted(said(story)) == [("provider", "VNPT", "down", "isp"), ("site", "s1", "down", "power")]
    assert len(next(i for i in story.incidents() if i.scope is Scope.PROVIDER).still) == 20


def test_a_fold_counts_its_own_sites_and_the_others_that_have_no_power() -> None:
    story = Story(communes(40, hubs=4))
    story.battery = {"s2": False, "s4": False}
    story.live(240)
    story.battery["s2"] = story.battery["s4"] = True
    story.live(70)
    story.down.update(f"s{number}" for number in range(0, 40, 2))
    story.live(200)

    provider = next(i for i in story.incidents() if i.scope is Scope.PROVIDER)
    counted = {clue.kind: clue.value for clue in provider.clues}
    assert (len(provider.still), counted["lost_together"], counted["others_dark"]) == (18, 18.0, 2.0)
    assert "neighbours_down" not in counted, "others are not its own"


def test_a_lost_site_knows_how_its_neighbours_at_the_hub_and_of_the_provider_are() -> None:
    story = Story(communes(40, hubs=4))
    story.live(240)
    story.down.add("s3")
    story.live(100)
    story.down.add("s39")
    story.live(100)

    first, second = story.incidents()
    assert [(clue.kind, clue.subject, clue.value) for clue in first.clues] == [
        ("neighbours_well", "h0", 9.0),
        ("neighbours_well", "Viettel", 19.0),
    ]
    assert ("neighbours_down", "Viettel", 1.0) in {(clue.kind, clue.subject, clue.value) for clue in second.clues}


def test_a_router_that_started_anew_while_its_supply_had_mains_had_not_lost_its_power() -> None:
    story = Story(communes(20))
    story.battery = {"s3": False}
    story.live(300)
    story.down.add("s3")
    hung = story.now

    def supply_is_asked_by_another_way() -> None:
        if story.now % 60 == 9:
            story.tell_supply("s3")

    story.live(400, supply_is_asked_by_another_way)
    story.router_boot["s3"] = story.now
    story.down.clear()
    story.live(700)

    assert hung < story.router_boot["s3"]
    assert settled(story).cause is Cause.SITE_LAN
    assert "on_mains" in {clue.kind for clue in settled(story).clues}


def test_our_own_side_lost_is_one_incident_and_no_sites_alarm() -> None:
    story = Story(communes(20))
    story.live(120)
    story.blind = True
    story.live(400)
    assert said(story) == [("province", "centre", "silent", "province")]
    assert {view.verdict.state for view in story.picture.sites} == {State.UNKNOWN}

    story.blind = False
    story.live(200)
    assert story.picture.incidents == ()
    assert {view.verdict.state for view in story.picture.sites} == {State.UP}
    assert len(story.incidents()) == 1


def test_without_anchors_nearly_everything_lost_at_once_is_our_own_side() -> None:
    story = Story(communes(20), anchors=False)
    story.live(120)
    story.blind = True
    story.live(300)
    story.blind = False
    story.live(200)

    assert {(i.scope, i.cause) for i in story.incidents()} == {(Scope.PROVINCE, Cause.PROVINCE)}
    assert not any(t.after is State.DOWN for t in story.journal.latest(1000))


def test_a_cut_fibre_is_final_when_the_backlog_of_the_commune_has_arrived() -> None:
    story = Story(communes(20), inside=True)
    story.live(300)
    story.down.add("s3")
    story.live(600)
    (dark,) = story.picture.incidents
    assert dark.confidence is Confidence.PROVISIONAL
    story.down.clear()
    story.live(400)

    final = settled(story)
    assert (final.cause, final.confidence) == (Cause.ACCESS_LINK, Confidence.FINAL)
    assert {"lan_well", "first_hop_lost"} <= {clue.kind for clue in final.clues}
    assert story.journal.versions(1)[0].cause is Cause.UNKNOWN, "the first word is kept"


def test_a_router_that_hangs_is_found_from_inside() -> None:
    story = Story(communes(20), inside=True)
    story.live(300)
    story.down.add("s3")
    story.levels["s3", "access_router"] = False
    story.live(400)
    story.router_boot["s3"] = story.now
    story.down.clear()
    story.levels.clear()
    story.live(400)

    assert (settled(story).cause, settled(story).confidence) == (Cause.SITE_LAN, Confidence.FINAL)


def test_a_power_cut_without_supply_is_found_by_what_started_anew() -> None:
    story = Story(communes(20), inside=True)
    story.live(300)
    host = story.hosts["s3"]
    story.down.add("s3")
    host.running = False
    story.live(900)
    story.router_boot["s3"] = story.now - 20
    host.boot_s, host.running = story.now, True
    story.down.clear()
    story.live(400)

    assert (settled(story).cause, settled(story).confidence) == (Cause.POWER, Confidence.FINAL)


def test_light_that_faded_before_the_loss_is_the_line() -> None:
    story = Story(communes(20))
    story.live(400)
    story.faded["s3"] = -24.0
    story.live(130)
    story.down.add("s3")
    story.live(100)

    assert story.picture.incidents[0].cause is Cause.ACCESS_LINK


def test_a_site_that_comes_and_goes_is_one_incident_that_flaps() -> None:
    story = Story(communes(20))
    story.live(100)
    for _ in range(5):
        story.down.add("s3")
        story.live(60)
        story.down.clear()
        story.live(60)

    assert [(i.scope, i.trouble) for i in story.incidents()] == [(Scope.SITE, Trouble.FLAPPING)]


def test_what_flapped_and_stays_away_is_down() -> None:
    story = Story(communes(20))
    story.live(100)
    for _ in range(4):
        story.down.add("s3")
        story.live(60)
        story.down.clear()
        story.live(60)
    story.down.add("s3")
    story.live(60)
    assert story.incidents()[0].trouble is Trouble.FLAPPING
    story.live(270)

    assert [(i.trouble, i.is_open) for i in story.incidents()] == [(Trouble.DOWN, True)]
    versions = len(story.journal.versions(1))
    story.live(300)
    assert len(story.journal.versions(1)) == versions, "said once, and not taken back"
    story.down.clear()
    story.live(60)
    assert [(i.trouble, i.is_open) for i in story.incidents()] == [(Trouble.DOWN, False)]


def test_an_agent_switched_off_for_the_night_is_no_outage() -> None:
    story = Story(communes(20), inside=True)
    story.live(300)
    story.hosts["s3"].running = False
    story.live(1200)

    assert said(story) == [("agent", "agent-s3", "silent", "agent")]
    assert story.verdict("s3").state is State.UP
    story.hosts["s3"].running = True
    story.live(60)
    assert story.picture.incidents == ()


def test_a_restart_of_the_collector_opens_nothing_twice() -> None:
    story = Story(communes(20, hubs=4))
    story.live(120)
    story.down.update(["s19", *(f"s{number}" for number in range(5))])
    story.live(120)
    before = {i.number for i in story.picture.incidents}
    story.start_collector()
    story.live(120)
    assert {i.number for i in story.picture.incidents} == before
    story.down.clear()
    story.live(900)

    assert story.picture.incidents == ()
    assert len(story.incidents()) == 2


def test_what_is_over_when_it_comes_to_light_calls_nobody() -> None:
    story = Story(communes(20))
    story.live(120)
    story.province.online = False
    story.live(30)
    story.down.add("s3")
    story.live(300)
    story.down.clear()
    story.live(60)
    story.province.online = True
    story.live(400)

    past = [i for i in story.incidents() if i.scope is Scope.SITE]
    assert [(i.subject, i.silent_because, i.is_open) for i in past] == [("s3", "past", False)]


def test_what_is_over_is_found_whichever_second_the_agent_is_back_in() -> None:
    """The newest record comes first: of the sites that it looks at nothing is known of the time between."""
    for second in range(60, 68):
        story = Story(communes(8))
        story.live(120)
        story.province.online = False
        story.live(30)
        story.down.update({"s1", "s4"})
        story.live(300)
        story.down.clear()
        story.live(second)
        story.province.online = True
        story.live(60)

        past = {(i.subject, i.silent_because) for i in story.incidents() if i.scope is Scope.SITE}
        assert past == {("s1", "past"), ("s4", "past")}


def test_a_backlog_of_the_time_in_which_the_province_could_not_see_tells_of_no_outage() -> None:
    """Its anchors are back a moment before the sites are looked at again."""
    story = Story(communes(20))
    story.live(120)
    story.province.online = False
    story.live(30)
    story.blind = True
    story.live(300)
    story.blind = False
    story.live(63)
    story.province.online = True
    story.live(400)

    assert [i for i in story.incidents() if i.scope is Scope.SITE] == []


def test_what_began_while_nobody_listened_and_lasts_is_told_once_with_its_true_start() -> None:
    story = Story(communes(20))
    story.live(120)
    story.province.online = False
    story.live(60)
    began = story.wall_ns
    story.down.add("s3")
    story.live(300)
    story.province.online = True
    story.live(100)

    (lasting,) = [i for i in story.picture.incidents if i.scope is Scope.SITE]
    assert lasting.silent_because == ""
    assert abs(lasting.began_ns - began) <= 10 * SECOND_NS


def test_what_a_start_reads_back_of_an_earlier_loss_is_not_the_start_of_the_next_one() -> None:
    """What is read back begins in the midst of a loss that ended; nothing is judged while it is read."""
    story = Story(communes(20))
    story.live(120)
    story.down.add("s3")
    story.live(60)
    story.kept = []
    story.live(60)
    story.down.clear()
    story.live(700)
    story.province.online = False
    story.live(30)
    began = story.wall_ns
    story.down.add("s3")
    story.live(60)
    story.start_collector()
    story.province.online = True
    story.live(100)

    (lasting,) = [i for i in story.picture.incidents if i.scope is Scope.SITE]
    assert abs(lasting.began_ns - began) <= 10 * SECOND_NS


def test_one_site_that_stays_lost_when_its_hub_returned_stands_for_itself() -> None:
    story = Story(communes(20, hubs=4))
    story.live(120)
    story.down.update(f"s{number}" for number in range(5))
    story.live(300)
    story.down = {"s2"}
    story.live(500)

    assert [(i.scope, i.subject) for i in story.picture.incidents] == [(Scope.SITE, "s2")]
    assert len(story.incidents()) == 2


def test_a_site_that_is_worked_at_calls_nobody_until_the_work_is_over_for_a_while() -> None:
    story = Story(communes(20))
    story.live(120)
    story.worked_at.add("s3")
    story.down.add("s3")
    story.live(300)
    assert story.verdict("s3").state is State.MAINTENANCE
    assert [i.silent_because for i in story.picture.incidents] == ["maintenance"]

    story.worked_at.clear()
    story.live(60)
    assert [i.silent_because for i in story.picture.incidents] == ["maintenance"], "it is still coming up"
    story.live(180)
    assert [i.silent_because for i in story.picture.incidents] == [""]
    assert story.verdict("s3").state is State.DOWN
