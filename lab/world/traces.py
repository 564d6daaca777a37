"""What the agent at a site finds where it traces its paths, and when, as a function of time; it sends nothing."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from agent.following import LEAST_APART_NS, RUNS, Standing, step
from agent.path.trace import Answer, Answers, hops_of
from agent.probes.path import judge
from agent.roles import PRESETS
from agent.schedule import phase_ns
from lab.world.place import CENTRE, Place
from lab.world.strain import Strain
from lab.world.timeline import Timeline
from lab.world.when import SECOND_NS
from shared.wire.reading import Outcome, Sample

_PRESETS = {preset.name: preset for preset in PRESETS}
FOLLOWED = "ping-line"
PERIOD_SECONDS = _PRESETS["path"].every_seconds
_LINE_SECONDS = _PRESETS[FOLLOWED].every_seconds
_TRAIN_SECONDS = 4.0
"""So long after its slot a train that is lost has ended."""
_REMEMBERED = RUNS + int(LEAST_APART_NS / SECOND_NS / _LINE_SECONDS) + 1
STIRRED_SECONDS = _REMEMBERED * _LINE_SECONDS + 2 * _TRAIN_SECONDS
"""What has been as it is for longer starts no trace."""
_FIRST_HOPS, _CORE_HOPS = (2, 3), (2, 5)
_PACKETS = 16
_HOP_RTT_SECONDS = 0.001

Seen = tuple[Outcome, str, tuple[Sample, ...]]


@dataclass(frozen=True, slots=True)
class Trace:
    """One run: to whom, and when."""

    role: str
    at: float


@dataclass(frozen=True, slots=True)
class _Aim:
    role: str
    phase: float
    line_phase: float


class Traces:
    """The way from a site: its router, none or one device of the access, the provider's first hop, its core."""

    def __init__(self, place: Place, timeline: Timeline) -> None:
        self._history = timeline.of(place.id)
        self._own = timeline.of(CENTRE)
        dice = random.Random(f"{place.id}/path")
        self._first_hop = dice.choice(_FIRST_HOPS)
        self._core = self._first_hop + dice.randint(*_CORE_HOPS)
        self._aims = tuple(_aim(place.id, role) for role in _PRESETS["path"].roles)

    def planned(self, first: float, last: float) -> Iterator[Trace]:
        """Those that are due by themselves after ``first`` and until ``last``."""
        for aim in self._aims:
            slot = (last - aim.phase) // PERIOD_SECONDS * PERIOD_SECONDS + aim.phase
            if slot > first:
                yield Trace(aim.role, slot)

    def stirred(self, first: float, last: float) -> Iterator[Trace]:
        """Those that a look at the line starts whose outcome has changed for good."""
        for aim in self._aims:
            run = (last - _TRAIN_SECONDS - aim.line_phase) // _LINE_SECONDS * _LINE_SECONDS + aim.line_phase
            if run + _TRAIN_SECONDS > first and self._follows(aim.role, run):
                yield Trace(aim.role, run + _TRAIN_SECONDS)

    def seen(self, role: str, at: float) -> Seen:
        """Outcome, reason and samples of a trace."""
        strain = self._history.at(at)
        if self._meets(role, at):
            return _seen(self._first_hop if _is_first(role) else self._core, reached=True)
        return _seen(self._reaches(strain), reached=False)

    def _follows(self, role: str, run: float) -> bool:
        """Whether the run at this time makes a trace due, by the agent's own rule."""
        standing: Standing | None = None
        due = False
        for back in range(_REMEMBERED, -1, -1):
            at = run - back * _LINE_SECONDS
            if at > self._history.program_start(run) and self._history.at(at).measures:
                standing, due = step(standing, self._meets(role, at), round(at * SECOND_NS))
        return due

    def _meets(self, role: str, at: float) -> bool:
        strain = self._history.at(at)
        return strain.meets_hop if _is_first(role) else strain.meets_core and not self._own.at(at).line_cut

    def _reaches(self, strain: Strain) -> int:
        """The last hop that answers where the target does not."""
        if not strain.meets_gateway:
            return 0
        if strain.line_cut or strain.main_cut:
            return 1
        if strain.hop_dead:
            return self._first_hop - 1
        # Behind the first hop nothing passes; or it does, and the province itself is not there.
        return self._first_hop if strain.core_cut else self._core - 1


def _aim(site: str, role: str) -> _Aim:
    target = f"{site}-{role.replace('_', '-')}"
    phase, line = (
        phase_ns(f"{name}/{target}", round(every * SECOND_NS)) / SECOND_NS
        for name, every in (("path", PERIOD_SECONDS), (FOLLOWED, _LINE_SECONDS))
    )
    return _Aim(role, phase, line)


def _is_first(role: str) -> bool:
    return role == "isp_first_hop"


@cache
def _seen(hops: int, *, reached: bool) -> Seen:
    """Equal traces share one answer, which the agent's own probe makes."""
    ways = range(1, hops + 1)
    answers = Answers(
        sent=dict.fromkeys(ways, _PACKETS),
        answers=[Answer(0, hop, 0, f"hop {hop}", hop * _HOP_RTT_SECONDS, reached and hop == hops) for hop in ways],
        path_mtu_bytes=1500 if reached else None,
        reached=reached,
    )
    return judge(answers, hops_of(answers), changes=0)
