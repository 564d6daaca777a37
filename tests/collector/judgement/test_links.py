"""A link of a site is judged apart: a commune with two links of which one is dead is seen, and nobody is woken."""

from hypothesis import given
from hypothesis import strategies as st

from collector.incident import Cause, Clue, Incident, Scope, Trouble
from collector.inventory.site import Inventory, Link, Site
from collector.judgement.clues import ClueKind
from collector.judgement.condition import Condition
from collector.judgement.evidence import Evidence, Run, extend
from collector.judgement.judge import Standing
from collector.judgement.ledger import Draft, Ledger
from collector.judgement.links import LinkFacts, SiteFacts, is_held, is_lost, judge_link, lost_alone, overlaid
from collector.judgement.settings import JudgementSettings
from collector.notify.message import Kind, Urgency
from collector.notify.policy import Rules, decide, urgency_of
from collector.picture import State, Verdict
from shared.wire.reading import Outcome, Reading, Sample
from tests.peers.story import SECOND_NS, Story, communes

WAY = "s3-4g"
HOUR_NS = 3600 * SECOND_NS


def twofold(count: int = 12, number: int = 3) -> Inventory:
    """Communes of which one has a second link, that is looked at by a target of its own."""
    sites = list(communes(count).sites)
    site = sites[number]
    spare = Link(name="4g", provider="Mobi", kind="4g", targets=(f"{site.id}-4g",))
    sites[number] = Site(
        id=site.id, name=site.name, hub=site.hub, power_area=site.power_area, links=(*site.links, spare)
    )
    return Inventory(tuple(sites))


def told(*, inside: bool = False) -> Story:
    story = Story(twofold(), inside=inside)
    story.ways["s3", WAY] = True
    story.live(120)
    return story


def open_incident(story: Story) -> Incident:
    (incident,) = story.picture.incidents
    return incident


def test_a_dead_spare_link_degrades_its_site_and_is_one_incident_that_waits_for_the_morning() -> None:
    story = told()
    began = story.wall_ns
    story.ways["s3", WAY] = False
    story.live(300)

    verdict = story.verdict("s3")
    assert verdict.state is State.DEGRADED
    assert verdict.reason.startswith("link 4g is lost: no reply from s3-4g in ")
    assert 0 <= verdict.since_ns - began <= 8 * SECOND_NS
    incident = open_incident(story)
    assert (incident.scope, incident.subject, incident.trouble) == (Scope.SITE, "s3", Trouble.DEGRADED)
    assert incident.cause is Cause.ACCESS_LINK
    assert [(clue.kind, clue.subject) for clue in incident.clues] == [("link_lost", "4g")]
    assert urgency_of(incident, Rules()) is Urgency.WARNING
    night = decide(incident, None, story.wall_ns, Rules(), quiet_until_ns=story.wall_ns + 3 * HOUR_NS)
    assert (night.kind, night.wait_ns, night.why) == (None, story.wall_ns + 3 * HOUR_NS, "quiet hours")
    assert decide(incident, None, story.wall_ns, Rules()).kind is Kind.NEW
    assert {view.verdict.state for view in story.picture.sites if view.site.id != "s3"} == {State.UP}

    story.ways["s3", WAY] = True
    story.live(60)
    assert story.verdict("s3").state is State.UP
    assert story.picture.incidents == ()
    assert len(story.incidents()) == 1


def test_a_dead_main_link_is_seen_while_the_site_is_reached_over_the_other() -> None:
    story = told()
    story.down.add("s3")
    story.live(300)

    assert story.verdict("s3").state is State.DEGRADED
    assert story.verdict("s3").reason.startswith("link main is lost: no reply from s3-router in ")
    assert not any(t.after is State.DOWN for t in story.journal.latest(100))
    assert (open_incident(story).trouble, open_incident(story).cause) == (Trouble.DEGRADED, Cause.ACCESS_LINK)

    story.ways["s3", WAY] = False
    story.live(60)
    assert [(one.trouble, one.is_open) for one in story.incidents()] == [
        (Trouble.DEGRADED, False),
        (Trouble.DOWN, True),
    ]

    story.ways["s3", WAY] = True
    story.live(60)
    assert [(one.trouble, one.is_open) for one in story.incidents()] == [
        (Trouble.DEGRADED, True),
        (Trouble.DOWN, False),
    ]


def test_one_fault_that_takes_both_links_is_the_outage_of_the_site_and_nothing_else() -> None:
    story = told()
    story.down.add("s3")
    story.ways["s3", WAY] = False
    story.live(300)
    assert story.verdict("s3").state is State.DOWN
    assert [(i.subject, i.trouble) for i in story.incidents()] == [("s3", Trouble.DOWN)]
    assert not any(t.after is State.DEGRADED for t in story.journal.latest(100))


def test_silence_of_who_looks_at_a_link_is_not_its_loss_and_not_its_return() -> None:
    story = told()
    del story.ways["s3", WAY]
    story.live(300)
    assert story.verdict("s3").state is State.UP
    assert story.incidents() == []

    story.ways["s3", WAY] = False
    story.live(60)
    assert story.verdict("s3").state is State.DEGRADED
    del story.ways["s3", WAY]
    story.live(300)
    assert story.verdict("s3").state is State.UP
    assert open_incident(story).cause is Cause.ACCESS_LINK, "nothing has shown that it is back"


def test_silence_of_who_looks_at_a_site_is_no_outage_however_long_one_of_its_links_has_been_dead() -> None:
    for pause in range(1, 9):
        story = told()
        story.ways["s3", WAY] = False
        story.live(60 + pause)
        story.province.running = False
        story.live(150)
        assert story.verdict("s3").state is State.UNKNOWN
        story.province.running = True
        story.live(60)
        assert story.verdict("s3").state is State.DEGRADED
        assert not any(t.site == "s3" and t.after is State.DOWN for t in story.journal.latest(1000))


def test_a_way_that_nobody_looks_at_any_more_does_not_hide_the_outage_of_its_site() -> None:
    story = told()
    del story.ways["s3", WAY]
    story.live(200)
    story.down.add("s3")
    story.live(60)
    assert story.verdict("s3").state is State.DOWN


def test_an_agent_that_lost_its_own_surroundings_says_nothing_of_links() -> None:
    story = told()
    seen = set()
    story.blind = True
    story.live(300, lambda: seen.add(links_of(story)["4g"].state))
    story.blind = False
    story.live(120, lambda: seen.add(links_of(story)["4g"].state))
    assert seen == {State.UP, State.UNKNOWN}
    assert not any(t.after is State.DEGRADED for t in story.journal.latest(1000))


def test_a_link_that_only_the_site_itself_sees_is_judged_by_its_agent() -> None:
    story = Story(twofold(), inside=True)
    story.ways_inside["s3", WAY] = True
    story.live(300)
    story.ways_inside["s3", WAY] = False
    story.live(300)
    assert story.verdict("s3").state is State.DEGRADED
    assert open_incident(story).cause is Cause.ACCESS_LINK


def test_a_cable_that_is_out_of_the_agents_own_machine_is_no_lost_link() -> None:
    story = Story(twofold(), inside=True)
    story.ways_inside["s3", WAY] = True
    story.live(300)
    story.ways_inside["s3", WAY] = False
    for role in ("access_router", "isp_first_hop", "province_core"):
        story.levels["s3", role] = False
    story.live(300)
    assert story.verdict("s3").state is State.UP
    assert story.incidents() == []


def test_a_dead_link_that_is_looked_at_first_after_our_own_blindness_is_no_outage_of_its_site() -> None:
    story = told()
    story.ways["s3", WAY] = False
    story.live(120)
    for seconds in (15, 20, 26, 27, 28, 29, 30, 31, 40, 300):
        story.blind = True
        story.live(seconds)
        story.blind = False
        story.live(101)
    assert not any(t.site == "s3" and t.after is State.DOWN for t in story.journal.latest(1000))
    assert [one.scope for one in story.picture.incidents] == [Scope.SITE]


def test_a_link_that_returns_a_little_after_its_site_is_no_loss_of_its_own() -> None:
    story = told()
    story.down.add("s3")
    story.ways["s3", WAY] = False
    story.live(200)
    story.down.clear()
    story.live(6)
    story.ways["s3", WAY] = True
    story.live(120)
    assert [(one.subject, one.trouble) for one in story.incidents()] == [("s3", Trouble.DOWN)]

    story.down.add("s3")
    story.ways["s3", WAY] = False
    story.live(200)
    story.down.clear()
    story.live(60)
    assert open_incident(story).trouble is Trouble.DEGRADED, "one that does not return is told"


def test_work_at_a_site_is_no_loss_of_its_links() -> None:
    story = told()
    story.worked_at.add("s3")
    story.ways["s3", WAY] = False
    story.live(300)
    assert story.verdict("s3").state is State.UP
    assert story.incidents() == []


def test_announced_work_on_a_link_is_no_loss_of_it_until_a_while_after() -> None:
    story = told()
    story.worked_on.add(("s3", "4g"))
    story.ways["s3", WAY] = False
    story.live(300)
    assert links_of(story)["4g"].state is State.MAINTENANCE
    assert story.verdict("s3").state is State.UP

    story.worked_on.clear()
    story.live(150)
    assert story.incidents() == [], "it is looked at before anybody is told"
    story.live(60)
    assert links_of(story)["4g"].state is State.DOWN
    assert open_incident(story).cause is Cause.ACCESS_LINK


def links_of(story: Story) -> dict[str, Verdict]:
    (view,) = (view for view in story.picture.sites if view.site.id == "s3")
    return {one.link.name: one.verdict for one in view.links}


def reopened(story: Story, *, back_seconds: int) -> None:
    """The collector starts anew and reads back what arrived lately before it judges."""
    story.start_collector()
    for _ in range(back_seconds):
        story.now += 1
        story._province()


def test_a_restart_and_another_inventory_keep_since_when_a_link_is_lost() -> None:
    story = told()
    story.ways["s3", WAY] = False
    story.live(120)
    since_ns = links_of(story)["4g"].since_ns
    main_ns = links_of(story)["main"].since_ns

    story.inventory = Inventory(story.inventory.sites[1:])
    for _ in range(2):
        reopened(story, back_seconds=32)
        story.live(60)
        assert links_of(story)["4g"].state is State.DOWN
        assert links_of(story)["4g"].since_ns == since_ns
        assert links_of(story)["main"].since_ns == main_ns
        assert story.verdict("s3").since_ns == since_ns
    assert len(story.incidents()) == 1


def test_a_restart_while_nobody_looks_at_a_lost_link_does_not_end_its_incident() -> None:
    story = told()
    story.ways["s3", WAY] = False
    story.live(120)
    del story.ways["s3", WAY]
    story.live(120)
    for _ in range(2):
        reopened(story, back_seconds=32)
        story.live(60)
        assert links_of(story)["4g"].state is State.UNKNOWN
        assert open_incident(story).cause is Cause.ACCESS_LINK

    story.ways["s3", WAY] = True
    story.live(60)
    assert story.picture.incidents == ()


STATES = st.sampled_from(State)
VERDICTS = st.builds(Verdict, state=STATES, since_ns=st.integers(0, 10**12), reason=st.just("own"))
STANDINGS = st.builds(
    Standing,
    condition=st.sampled_from(Condition),
    verdict=st.builds(Verdict, state=STATES, since_ns=st.integers(0, 10**12), reason=st.just("dark")),
    lost_ns=st.none() | st.integers(0, 10**12),
)


@given(
    st.none() | VERDICTS,
    st.builds(SiteFacts, own=VERDICTS, seen_ns=st.integers(0, 10**13), reached_since_ns=st.integers(0, 10**13)),
    st.dictionaries(st.sampled_from("abc"), STANDINGS),
    st.sets(st.sampled_from("abc")),
)
def test_a_lost_link_degrades_a_reached_site_and_changes_no_other(
    before: Verdict | None, facts: SiteFacts, links: dict[str, Standing], told: set[str]
) -> None:
    now_ns, own = 10**13, facts.own
    lost = lost_alone(facts, links, told)
    shown = overlaid(before, own, links, lost, now_ns)

    assert shown.since_ns <= now_ns
    assert before is None or shown.since_ns >= before.since_ns
    assert before is None or shown.state is not before.state or shown.since_ns == before.since_ns
    assert all(links[name].verdict.state is State.DOWN for name in lost)
    if own.state in {State.UP, State.DEGRADED}:
        down = {name for name, one in links.items() if one.verdict.state is State.DOWN}
        assert down & told <= lost, "what was told is told until the link is back or the site is lost"
        assert shown.state is (State.DEGRADED if lost else own.state)
        assert all(f"link {name} is lost" in shown.reason for name in lost)
    else:
        assert not lost
        assert shown.state is own.state


STEPS = st.lists(st.tuples(st.sampled_from(["good", "bad", "silent"]), st.integers(1, 40), st.booleans()), max_size=60)


@given(STEPS)
def test_a_link_is_down_by_evidence_only_and_up_again_by_evidence_only(steps: list[tuple[str, int, bool]]) -> None:
    settings = JudgementSettings()
    at_ns = 10**18
    standing: Standing | None = None
    evidence: Evidence | None = None
    bad_since_ns, bad_runs, was_down = None, 0, False
    for seen, after_seconds, worked in steps:
        at_ns += after_seconds * SECOND_NS
        if seen == "silent":
            found: tuple[Evidence, ...] = ()
        else:
            good = seen == "good"
            evidence = extend(evidence, run(at_ns, good=good), settings)
            found = (evidence,)
            bad_since_ns, bad_runs = (None, 0) if good else (bad_since_ns or at_ns, bad_runs + 1)
        standing = judge_link(standing, LinkFacts(found, at_ns + 1 if worked else None), at_ns, settings)
        state = standing.verdict.state

        assert standing.verdict.since_ns <= at_ns
        assert (state is State.UNKNOWN) is (seen == "silent"), "what is not looked at is unknown, and nothing else is"
        if state is State.MAINTENANCE:
            assert worked
        if state is State.DOWN:
            assert not worked
            enough = bad_runs >= settings.down_runs and bad_since_ns is not None
            assert was_down or (enough and at_ns - bad_since_ns >= settings.down_seconds * SECOND_NS)
        was_down = is_held(standing)
        assert not (seen == "good" and is_lost(standing)) or (evidence is not None and evidence.runs < settings.up_runs)


def run(at_ns: int, *, good: bool) -> Run:
    samples = (Sample("phusong_ping_train_loss_ratio", 0.0 if good else 1.0),)
    outcome = Outcome.OK if good else Outcome.TIMEOUT
    return Run(
        "province", Reading("ping", "icmp", "s3", WAY, "router", outcome, at_ns, at_ns, 1, samples), at_ns, at_ns
    )


def test_another_link_that_is_lost_is_another_version_and_the_same_one_is_none() -> None:
    ledger = Ledger([], 1, JudgementSettings())

    def held(*links: str) -> Incident:
        clues = tuple(Clue(kind=ClueKind.LINK_LOST, at_ns=1, site="s3", subject=link) for link in links)
        draft = Draft(Scope.SITE, "s3", Trouble.DEGRADED, Cause.ACCESS_LINK, 1, sites=("s3",), clues=clues)
        return ledger.hold(draft, 2)

    assert [held(), held("4g"), held("4g"), held("4g", "leased")][-1].version == 3
    assert [clue.subject for clue in ledger.get(1).clues] == ["4g", "leased"]


def test_a_way_that_answered_now_and_then_keeps_a_lost_one_from_being_an_outage_of_the_site() -> None:
    story = told()
    story.ways["s3", WAY] = False
    for _ in range(6):
        story.live(60)
        story.down.add("s3")
        story.live(6)
        story.down.discard("s3")
    story.live(4)
    story.ways["s3", WAY] = True
    story.live(60)

    assert {one.trouble for one in story.incidents()} == {Trouble.DEGRADED}
