"""The judgement: down only on evidence, unknown on silence, up again only after what went down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.judgement.condition import TRANSITIONS, Condition, Signal
from collector.judgement.evidence import LOSS, RTT, SENT, Evidence, Run, counts, extend
from collector.judgement.judge import Facts, Standing, judge
from collector.judgement.settings import JudgementSettings
from collector.picture import State
from shared.wire.reading import Outcome, Reading, Sample

SECOND_NS = 1_000_000_000
SETTINGS = JudgementSettings(down_runs=3, down_seconds=15, up_runs=2, degraded_runs=4)


def run(at: float, outcome: Outcome, loss: float | None = None, rtt: float | None = None, sent: float = 50) -> Run:
    samples = [Sample(LOSS, loss), Sample(SENT, sent)] if loss is not None else []
    samples += [Sample(RTT, rtt)] if rtt is not None else []
    reading = Reading("ping", "icmp", "s1", "r1", "router", outcome, 0, 0, 0, tuple(samples))
    return Run("province", reading, int(at * SECOND_NS), int(at * SECOND_NS))


def live(*runs: Run) -> list[Standing]:
    """Evaluate after each run."""
    evidence: Evidence | None = None
    standing: Standing | None = None
    told = []
    for each in runs:
        evidence = extend(evidence, each, SETTINGS)
        standing = judge(standing, Facts((evidence,)), each.wall_ns + SECOND_NS, SETTINGS)
        told.append(standing)
    return told


def states(*runs: Run) -> list[str]:
    return [standing.verdict.state.word for standing in live(*runs)]


def test_every_condition_knows_what_follows_every_signal() -> None:
    assert set(TRANSITIONS) == set(Condition)
    assert all(set(row) == set(Signal) for row in TRANSITIONS.values())


def test_only_lasting_silence_of_a_router_is_down_and_begins_with_the_first_failure() -> None:
    lost = [run(at, Outcome.TIMEOUT) for at in (10, 20, 30, 40)]
    standings = live(run(0, Outcome.OK, 0.0), *lost)

    assert [s.verdict.state.word for s in standings] == ["up", "up", "up", "down", "down"]
    assert standings[-1].verdict.since_ns == 10 * SECOND_NS
    assert standings[-1].verdict.reason == "no reply from r1 in 4 runs of province"


def test_three_failures_within_a_moment_are_not_an_outage() -> None:
    assert "down" not in states(*(run(at, Outcome.TIMEOUT) for at in (1, 2, 3, 4)))


def test_a_site_that_was_down_is_up_after_enough_replies() -> None:
    runs = [run(at, Outcome.TIMEOUT) for at in (0, 10, 20)] + [
        run(at, Outcome.OK, 0.0, 0.02) for at in (30, 40, 50, 60, 70)
    ]

    assert states(*runs)[2:5] == ["down", "down", "up"], "the loss of an outage that is over says nothing of the line"
    assert states(*runs)[-1] == "up"


def test_the_train_in_which_a_line_comes_back_does_not_degrade_it() -> None:
    """Seen end to end: three of fourteen sites were told as degraded after the province's own line had returned."""
    lost = [run(at, Outcome.TIMEOUT) for at in (0, 10, 20)]
    back = [run(at, Outcome.OK, loss, 0.02, sent=5) for at, loss in ((30, 0.6), (40, 0.0), (50, 0.0))]

    assert states(*lost, *back)[2:] == ["down", "down", "up", "up"]


def test_loss_and_slowness_degrade_with_hysteresis() -> None:
    lossy = [run(at, Outcome.OK, 0.2, 0.02) for at in (0, 10, 20, 30)]
    better = [run(at, Outcome.OK, 0.0, 0.02) for at in (40, 50, 60, 70)]
    assert states(*lossy, *better) == ["up"] * 3 + ["degraded"] * 4 + ["up"]

    slow = [run(at, Outcome.OK, 0.0, 0.31) for at in (0, 10, 20, 30)]
    assert states(*slow, *better) == ["up"] * 3 + ["degraded"] * 3 + ["up"] * 2


def test_what_has_just_come_back_is_not_judged_by_its_first_packets() -> None:
    """Two of the first five packets are lost by chance after one return in 260 on a line that loses 2 %."""
    lost = [run(at, Outcome.TIMEOUT) for at in (0, 10, 20)]
    back = [run(30 + 10 * place, Outcome.OK, loss, 0.9, sent=5) for place, loss in enumerate((0.0, 0.4, 0.2))]

    assert states(*lost, *back)[3:] == ["down", "up", "up"]


def test_an_interruption_too_short_to_be_an_outage_does_not_degrade() -> None:
    settings = JudgementSettings()
    evidence: Evidence | None = None
    losses = (0.2, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0)
    for place, loss in enumerate(losses):
        outcome = Outcome.TIMEOUT if loss == 1 else Outcome.OK
        evidence = extend(evidence, run(10 * place, outcome, loss, sent=5), settings)
    assert evidence is not None
    assert evidence.loss_ratio > 6 * settings.degraded_loss_ratio
    assert not evidence.is_lossy(settings)


def test_silence_alone_is_never_down() -> None:
    standing: Standing | None = None
    for second in range(1000):
        standing = judge(standing, Facts(()), second * SECOND_NS, SETTINGS)

    assert standing is not None
    assert standing.verdict.state is State.UNKNOWN
    assert standing.verdict.since_ns == 0


def test_a_site_whose_own_agent_reports_can_be_reached() -> None:
    standing = judge(None, Facts((), "commune", 5 * SECOND_NS), 6 * SECOND_NS, SETTINGS)

    assert standing.verdict.state is State.UP
    assert standing.verdict.reason == "agent commune reports from the site itself"


def test_one_way_in_that_works_is_enough() -> None:
    dead = good = None
    for at in (0, 10, 20, 30):
        dead = extend(dead, run(at, Outcome.TIMEOUT), SETTINGS)
        good = extend(good, run(at, Outcome.OK, 0.0), SETTINGS)
    assert dead is not None
    assert good is not None

    assert judge(None, Facts((dead, good)), 31 * SECOND_NS, SETTINGS).verdict.state is State.UP


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.DENIED, Outcome.MALFORMED, Outcome.REFUSED])
def test_what_is_wrong_with_the_asking_is_no_evidence_of_the_link(outcome: Outcome) -> None:
    assert not counts(run(0, outcome).reading)


@given(st.lists(st.tuples(st.floats(0.5, 30), st.booleans(), st.booleans()), max_size=60))
def test_whatever_happens_down_has_evidence_and_time_goes_on(steps: list[tuple[float, bool, bool]]) -> None:
    evidence: Evidence | None = None
    standing: Standing | None = None
    now = 0.0
    for pause, good, fresh in steps:
        now += pause
        evidence = extend(evidence, run(now, Outcome.OK if good else Outcome.TIMEOUT), SETTINGS)
        before = standing
        standing = judge(standing, Facts((evidence,) if fresh else ()), int(now * SECOND_NS), SETTINGS)

        if not fresh:
            assert standing.verdict.state is State.UNKNOWN
        if standing.verdict.state is State.DOWN and (before is None or before.verdict.state is not State.DOWN):
            assert fresh
            assert not evidence.good or (before is not None and before.condition is not Condition.CLEAR)
        if before is not None:
            assert standing.verdict.since_ns >= before.verdict.since_ns
        assert standing.verdict.since_ns <= int(now * SECOND_NS)
