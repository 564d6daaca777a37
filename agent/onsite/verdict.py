"""Where the fault lies, from the states of the steps of the way out: one table; it knows no reading and no clock.

Nearer steps that are silent do not matter where something beyond them answers: many routers answer no echo, and what
came through them proves that they are there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from agent.onsite.board import Rung


class State(StrEnum):
    """How one step stands."""

    GOOD = "good"
    BAD = "bad"
    SLOW_OR_LOSSY = "slow_or_lossy"
    UNKNOWN = "unknown"
    NOT_WATCHED = "not_watched"


class Verdict(StrEnum):
    """What the page says above all else."""

    ALL_WELL = "all_well"
    INSIDE = "inside"
    PROVIDER = "provider"
    BEYOND = "beyond"
    NAMES = "names"
    WEAK = "weak"
    NOT_KNOWN = "not_known"


class Far(StrEnum):
    """What is known of all that lies behind the provider."""

    CARRIES = "carries"
    SILENT = "silent"
    DARK = "dark"


_ANY = frozenset(State)
_OK = frozenset({State.GOOD, State.SLOW_OR_LOSSY})
_BAD = frozenset({State.BAD})
_NOT_OK = _ANY - _OK
_NO_WAY = frozenset({Far.SILENT, Far.DARK})


@dataclass(frozen=True, slots=True)
class Row:
    """The states for which a verdict holds; the first row that fits counts."""

    verdict: Verdict
    far: frozenset[Far] = frozenset(Far)
    router: frozenset[State] = _ANY
    first_hop: frozenset[State] = _ANY
    core: frozenset[State] = _ANY
    names: frozenset[State] = _ANY
    portals: frozenset[State] = _ANY
    uplink: frozenset[State] = _ANY
    weak: frozenset[bool] = frozenset({True, False})
    """Whether a step answers badly."""
    whole: frozenset[bool] = frozenset({True, False})
    """Whether of all that lies behind the provider nothing is watched and unknown."""

    def fits(self, states: Mapping[Rung, State], far: Far, *, weak: bool, whole: bool) -> bool:
        """Whether these are such states."""
        return (
            far in self.far
            and weak in self.weak
            and whole in self.whole
            and states[Rung.ROUTER] in self.router
            and states[Rung.FIRST_HOP] in self.first_hop
            and states[Rung.CORE] in self.core
            and states[Rung.NAMES] in self.names
            and states[Rung.PORTALS] in self.portals
            and states[Rung.UPLINK] in self.uplink
        )


_CARRIES, _SILENT, _DARK = (frozenset({far}) for far in (Far.CARRIES, Far.SILENT, Far.DARK))
ROWS = (
    Row(Verdict.INSIDE, _NO_WAY, router=_BAD, first_hop=_NOT_OK),
    Row(Verdict.PROVIDER, _NO_WAY, router=_OK, first_hop=_BAD),
    # Where its first device is not watched, whatever is silent behind our router is for the provider to explain.
    Row(Verdict.PROVIDER, _SILENT, router=_OK, first_hop=frozenset({State.NOT_WATCHED})),
    Row(Verdict.PROVIDER, _SILENT, first_hop=frozenset({State.SLOW_OR_LOSSY})),
    Row(Verdict.BEYOND, _SILENT, first_hop=_OK),
    Row(Verdict.BEYOND, _DARK, first_hop=_OK, uplink=_BAD),
    Row(Verdict.NAMES, _DARK, first_hop=_OK, names=_BAD),
    Row(Verdict.BEYOND, _CARRIES, core=_BAD),
    # A portal is found by its name: where names fail too, its silence says nothing more.
    Row(Verdict.NAMES, _CARRIES, names=_BAD),
    Row(Verdict.BEYOND, _CARRIES, portals=_BAD),
    Row(Verdict.WEAK, _CARRIES, weak=frozenset({True})),
    Row(Verdict.BEYOND, _CARRIES, uplink=_BAD, whole=frozenset({True})),
    Row(Verdict.ALL_WELL, _CARRIES, whole=frozenset({True})),
    Row(Verdict.NOT_KNOWN),
)


def far_of(states: Mapping[Rung, State]) -> Far:
    """The collector's answer proves the way, its silence alone proves nothing: it may be the collector."""
    ends = (states[Rung.CORE], states[Rung.PORTALS])
    if states[Rung.UPLINK] is State.GOOD or any(state in _OK for state in ends):
        return Far.CARRIES
    return Far.SILENT if State.BAD in ends else Far.DARK


def row_of(states: Mapping[Rung, State]) -> int:
    """Number of the first row that fits; the last fits everything."""
    far = far_of(states)
    weak = State.SLOW_OR_LOSSY in states.values()
    whole = State.UNKNOWN not in (states[Rung.CORE], states[Rung.NAMES], states[Rung.PORTALS])
    return next(number for number, row in enumerate(ROWS) if row.fits(states, far, weak=weak, whole=whole))


def judge(states: Mapping[Rung, State]) -> Verdict:
    """The verdict of that row."""
    return ROWS[row_of(states)].verdict
