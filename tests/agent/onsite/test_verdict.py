"""The table of verdicts is complete, and no row of it says what the states do not prove."""

import itertools
from collections import Counter
from collections.abc import Iterator

import pytest

from agent.onsite.board import Rung
from agent.onsite.verdict import ROWS, Far, State, Verdict, far_of, judge, row_of

OK = (State.GOOD, State.SLOW_OR_LOSSY)
States = dict[Rung, State]
HERE, FIRST, CORE, NAMES, PORTALS, UPLINK = Rung


def everything() -> Iterator[States]:
    for states in itertools.product(State, repeat=len(Rung)):
        yield dict(zip(Rung, states, strict=True))


ALL = list(everything())
JUDGED = {tuple(states.values()): judge(states) for states in ALL}


def judged(states: States) -> Verdict:
    return JUDGED[tuple(states[rung] for rung in Rung)]


def of(**given: str) -> States:
    """States by their first letters: g, b, s, u, n; good where nothing is said."""
    letters = {state.value[0]: state for state in State}
    return {rung: letters[given.get(rung.value, "g")] for rung in Rung}


def test_every_combination_of_states_has_exactly_one_verdict() -> None:
    found = Counter(JUDGED.values())

    assert sum(found.values()) == len(State) ** len(Rung) == 15_625
    assert set(found) == set(Verdict)


def test_no_row_is_dead() -> None:
    """A row that never counts is a mistake of whoever wrote it, or of the one before it."""
    assert {row_of(states) for states in ALL} == set(range(len(ROWS)))


def test_well_is_said_only_where_the_far_end_answers_and_nothing_watched_is_bad_weak_or_unknown_unproven() -> None:
    for states in ALL:
        if judged(states) is not Verdict.ALL_WELL:
            continue
        assert State.GOOD in (states[CORE], states[PORTALS], states[UPLINK])
        assert State.SLOW_OR_LOSSY not in states.values()
        assert not {State.BAD, State.UNKNOWN} & {states[CORE], states[NAMES], states[PORTALS]}
        assert states[UPLINK] is not State.BAD


def test_nothing_known_is_not_known() -> None:
    for states in ALL:
        if not {State.GOOD, State.SLOW_OR_LOSSY, State.BAD} & {states[rung] for rung in Rung}:
            assert judged(states) is Verdict.NOT_KNOWN


def test_inside_is_said_only_where_the_router_is_silent_and_nothing_behind_it_answers() -> None:
    for states in ALL:
        silent = states[HERE] is State.BAD
        answers = any(states[rung] in OK for rung in (FIRST, CORE, PORTALS)) or states[UPLINK] is State.GOOD
        assert (judged(states) is Verdict.INSIDE) == (silent and not answers)


def test_the_provider_is_named_only_where_our_router_answers_and_nothing_far_does() -> None:
    for states in ALL:
        if judged(states) is not Verdict.PROVIDER:
            continue
        assert far_of(states) is not Far.CARRIES
        assert states[HERE] in OK or states[FIRST] is State.SLOW_OR_LOSSY
        assert State.BAD in (states[FIRST], states[CORE], states[PORTALS])


def test_beyond_is_said_only_where_what_lies_before_it_is_proven() -> None:
    for states in ALL:
        if judged(states) is not Verdict.BEYOND:
            continue
        assert states[FIRST] in OK or far_of(states) is Far.CARRIES
        assert State.BAD in (states[CORE], states[PORTALS], states[UPLINK])


def test_names_are_blamed_only_where_the_way_is_proven_and_they_are_bad() -> None:
    for states in ALL:
        if judged(states) is Verdict.NAMES:
            assert states[NAMES] is State.BAD
            assert states[FIRST] in OK or far_of(states) is Far.CARRIES


@pytest.mark.parametrize("rung", list(Rung))
def test_to_lose_sight_of_a_step_never_makes_it_well(rung: Rung) -> None:
    """Silence of the measurement is no good news."""
    for states in ALL:
        if judged(states) is not Verdict.ALL_WELL and states[rung] is not State.UNKNOWN:
            blind = {**states, rung: State.UNKNOWN}
            # A collector that is not tried concerns nobody at the site, and a weak step may be proven otherwise.
            if rung is not UPLINK and not (rung in (HERE, FIRST) and states[rung] is State.SLOW_OR_LOSSY):
                assert judged(blind) is not Verdict.ALL_WELL, states


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        (of(), Verdict.ALL_WELL),
        (of(router="b", first_hop="b", core="b", names="b", portals="b", uplink="b"), Verdict.INSIDE),
        (of(router="b", first_hop="u", core="u", names="u", portals="u", uplink="u"), Verdict.INSIDE),
        (of(first_hop="b", core="b", names="b", portals="b", uplink="b"), Verdict.PROVIDER),
        (of(first_hop="b", core="u", names="u", portals="u", uplink="u"), Verdict.PROVIDER),
        (of(first_hop="n", core="b", names="b", portals="b", uplink="b"), Verdict.PROVIDER),
        (of(first_hop="s", core="b", names="b", portals="b", uplink="b"), Verdict.PROVIDER),
        (of(core="b", names="b", portals="b", uplink="b"), Verdict.BEYOND),
        (of(core="b"), Verdict.BEYOND),
        (of(portals="b"), Verdict.BEYOND),
        (of(uplink="b"), Verdict.BEYOND),
        (of(names="b", portals="b"), Verdict.NAMES),
        (of(names="b"), Verdict.NAMES),
        (of(first_hop="s"), Verdict.WEAK),
        (of(router="s", uplink="b"), Verdict.WEAK),
        (of(router="b"), Verdict.ALL_WELL),
        (of(first_hop="b"), Verdict.ALL_WELL),
        (of(portals="u"), Verdict.NOT_KNOWN),
        (of(uplink="u"), Verdict.ALL_WELL),
        (of(first_hop="n", core="n", names="n", portals="n", uplink="b"), Verdict.NOT_KNOWN),
        (of(first_hop="n", core="n", names="n", portals="n"), Verdict.ALL_WELL),
        (of(router="n", first_hop="b", core="b", uplink="b"), Verdict.BEYOND),
    ],
)
def test_the_story_of_each_verdict(states: States, verdict: Verdict) -> None:
    assert judge(states) is verdict
