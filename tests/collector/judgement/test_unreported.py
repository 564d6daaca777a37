"""Reports that stop arriving at once are one incident that wakes nobody where the sites are seen otherwise."""

from collector.incident import Cause, Incident, Scope, Trouble
from collector.notify.message import Urgency
from collector.notify.policy import Rules, urgency_of
from collector.picture import State
from tests.peers.story import SECOND_NS, Story, communes


def open_ones(story: Story) -> list[tuple[Scope, str, Trouble]]:
    return [(one.scope, one.subject, one.trouble) for one in story.picture.incidents]


def newest(story: Story) -> Incident:
    return story.incidents()[-1]


EVERYBODY = (Scope.PROVINCE, "province", Trouble.UNREPORTED)


def test_reports_of_all_sites_that_stop_are_one_incident_within_a_minute_and_wake_nobody() -> None:
    story = Story(communes(20), inside=True)
    story.live(300)
    began = story.wall_ns
    story.deaf = set(story.hosts)
    story.live(60)
    assert open_ones(story) == [EVERYBODY]
    (lasting,) = story.picture.incidents
    assert lasting.known_ns - began <= 60 * SECOND_NS
    assert (lasting.cause, len(lasting.sites), lasting.calls) == (Cause.PROVINCE, 20, False)
    assert urgency_of(lasting, Rules()) is Urgency.WARNING, "it is told in the day"

    story.live(1200)
    assert open_ones(story) == [EVERYBODY], "nor is any of them told alone"
    assert {view.verdict.state for view in story.picture.sites} == {State.UP}
    story.deaf.clear()
    story.live(60)
    assert story.picture.incidents == ()
    assert len(story.incidents()) == 1


def test_agents_that_stay_silent_when_the_reports_of_others_arrive_again_are_told_alone() -> None:
    story = Story(communes(20), inside=True)
    story.live(300)
    story.deaf = set(story.hosts)
    story.live(400)
    story.deaf = {"s3"}
    story.live(500)

    assert open_ones(story) == [(Scope.AGENT, "agent-s3", Trouble.SILENT)]
    assert len(story.incidents()) == 2


def test_reports_of_one_provider_that_stop_are_told_as_its_fault() -> None:
    story = Story(communes(20), inside=True)
    story.live(300)
    story.deaf = {f"s{number}" for number in range(0, 20, 2)}
    story.live(60)

    assert open_ones(story) == [(Scope.PROVIDER, "VNPT", Trouble.UNREPORTED)]
    assert newest(story).cause is Cause.ISP


def test_reports_of_one_provider_go_on_as_those_of_all_when_the_others_stop_too() -> None:
    story = Story(communes(20), inside=True)
    story.live(300)
    story.deaf = {f"s{number}" for number in range(0, 20, 2)}
    story.live(100)
    story.deaf = set(story.hosts)
    story.live(60)

    assert open_ones(story) == [EVERYBODY]
    assert story.incidents()[0].folded_into == story.incidents()[1].number


def test_sites_that_return_while_no_report_arrives_are_told_with_the_others() -> None:
    story = Story(communes(20, hubs=4), inside=True)
    story.live(300)
    story.down.update(f"s{number}" for number in range(5))
    story.live(200)
    story.deaf = set(story.hosts)
    story.live(100)
    story.down.clear()
    story.live(900)

    assert open_ones(story) == [EVERYBODY]
    assert len(story.picture.incidents[0].sites) == 20
    assert len(story.incidents()) == 2


def test_computers_that_are_switched_off_one_after_the_other_are_no_such_fault() -> None:
    story = Story(communes(20), inside=True)
    story.live(300)
    for host in story.hosts.values():
        host.running = False
        story.live(20)
    story.live(120)

    assert story.incidents() == []


def test_a_restart_of_the_collector_goes_on_with_it_and_opens_nothing_else() -> None:
    story = Story(communes(20), inside=True)
    story.live(300)
    story.deaf = set(story.hosts)
    story.live(100)
    story.start_collector()
    story.live(900)
    assert open_ones(story) == [EVERYBODY]
    story.deaf.clear()
    story.live(60)

    assert story.picture.incidents == ()
    assert len(story.incidents()) == 1


def test_what_our_own_side_lost_is_not_told_a_second_time_for_its_reports() -> None:
    story = Story(communes(20), inside=True)
    story.live(300)
    story.blind, story.deaf = True, set(story.hosts)
    story.live(300)
    story.blind = False
    story.live(20)
    story.deaf.clear()
    story.live(120)

    assert [(one.scope, one.trouble) for one in story.incidents()] == [(Scope.PROVINCE, Trouble.SILENT)]


def test_where_nobody_else_looks_at_the_sites_somebody_is_called() -> None:
    story = Story(communes(20), inside=True)
    story.province.running = False
    story.live(300)
    story.deaf = set(story.hosts)
    story.live(120)

    assert open_ones(story) == [(Scope.PROVINCE, "province", Trouble.SILENT)]
    (lasting,) = story.picture.incidents
    assert lasting.calls
    assert urgency_of(lasting, Rules()) is Urgency.CRITICAL
    story.start_collector()
    story.live(60)
    story.deaf.clear()
    story.live(120)
    assert story.picture.incidents == ()
