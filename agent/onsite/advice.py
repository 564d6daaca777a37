"""Which situation a ladder is for people who want to know what to do, and whom to call; it holds no sentence."""

from enum import StrEnum

from agent.onsite.board import Rung
from agent.onsite.ladder import Ladder
from agent.onsite.steps import OK, Doubt, Step
from agent.onsite.verdict import State, Verdict

_MINUTE_NS = 60 * 1_000_000_000


class Case(StrEnum):
    """A situation with sentences of its own."""

    ALL_WELL = "all_well"
    INSIDE = "inside"
    PROVIDER = "provider"
    BEYOND = "beyond"
    COLLECTOR = "collector"
    """Everything answers but the collector."""
    NAMES = "names"
    WEAK_INSIDE = "weak_inside"
    WEAK_LINE = "weak_line"
    WEAK_SERVICE = "weak_service"
    OWN_LINK = "own_link"
    UNWATCHED = "unwatched"
    MEASURING = "measuring"
    OLD = "old"
    UNCLEAR = "unclear"


_DOUBTS = {
    Doubt.OWN_LINK: Case.OWN_LINK,
    Doubt.UNWATCHED: Case.UNWATCHED,
    Doubt.MEASURING: Case.MEASURING,
    Doubt.OLD: Case.OLD,
}
_PLAIN = {
    Verdict.ALL_WELL: Case.ALL_WELL,
    Verdict.INSIDE: Case.INSIDE,
    Verdict.PROVIDER: Case.PROVIDER,
    Verdict.NAMES: Case.NAMES,
}
_WEAK = {Rung.ROUTER: Case.WEAK_INSIDE, Rung.FIRST_HOP: Case.WEAK_LINE, Rung.CORE: Case.WEAK_LINE}
_FAILED = frozenset({Case.INSIDE, Case.PROVIDER, Case.BEYOND, Case.NAMES})
_CALLS = {
    Case.INSIDE: ("province",),
    Case.PROVIDER: ("provider", "province"),
    Case.BEYOND: ("province",),
    Case.COLLECTOR: ("province",),
    Case.NAMES: ("province", "provider"),
    Case.WEAK_INSIDE: ("province",),
    Case.WEAK_LINE: ("provider", "province"),
    Case.WEAK_SERVICE: ("province",),
    Case.OWN_LINK: ("province",),
    Case.OLD: ("province",),
    Case.UNCLEAR: ("province", "provider"),
}


def case_of(ladder: Ladder) -> Case:
    """The situation."""
    if ladder.verdict is Verdict.NOT_KNOWN:
        return _DOUBTS.get(ladder.doubt or Doubt.UNCLEAR, Case.UNCLEAR)
    if ladder.verdict is Verdict.WEAK:
        nearest = next((step.rung for step in ladder.steps if step.state is State.SLOW_OR_LOSSY), Rung.UPLINK)
        return _WEAK.get(nearest, Case.WEAK_SERVICE)
    if ladder.verdict is Verdict.BEYOND:
        ends = {ladder.step(rung).state for rung in (Rung.CORE, Rung.PORTALS)}
        return Case.COLLECTOR if ends & OK and State.BAD not in ends else Case.BEYOND
    return _PLAIN[ladder.verdict]


def whom_to_call(case: Case) -> tuple[str, ...]:
    """Whose lines help, the first to be called first."""
    return _CALLS.get(case, ())


def is_just_now(case: Case, ladder: Ladder, now_ns: int) -> bool:
    """Whether a fault is so new that to wait for another look is wiser than to call."""
    return case in _FAILED and ladder.since_ns is not None and now_ns - ladder.since_ns < _MINUTE_NS


def places(case: Case, ladder: Ladder) -> tuple[Step, ...]:
    """The steps that the situation is about."""
    state = State.SLOW_OR_LOSSY if case is Case.WEAK_SERVICE else State.BAD
    return tuple(step for step in ladder.steps if step.state is state and not step.passed)
