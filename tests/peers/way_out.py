"""The way out of a site told second by second, for tests of its page: readings as probes make them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from agent.onsite.board import Board, Rung, Watch, watch_of
from agent.onsite.ladder import Facts, Ladder, climb
from agent.onsite.steps import Moment, Uplink
from agent.probe import Check, Target
from shared.wire.reading import Outcome, Reading, Sample
from tests.peers.village import SECOND_NS

SITE = "quan-ba"
ROLES = {
    Rung.ROUTER: ("gateway", "icmp", 10),
    Rung.FIRST_HOP: ("isp_first_hop", "icmp", 30),
    Rung.CORE: ("province_core", "icmp", 30),
    Rung.NAMES: ("resolver", "dns", 60),
    Rung.PORTALS: ("portals", "http", 300),
}
"""Role, kind of probe and period as :mod:`agent.roles` has them."""


def reading(
    target: str,
    at_s: float,
    outcome: Outcome = Outcome.OK,
    *,
    kind: str = "icmp",
    lost: int = 0,
    seconds: float = 0.003,
    voided: str = "",
) -> Reading:
    """What a probe of that kind says; of a train of five packets ``lost`` are."""
    samples: tuple[Sample, ...] = ()
    if kind == "icmp":
        lost = 5 if outcome is not Outcome.OK else lost
        samples = (
            Sample("phusong_ping_train_sent_packets", 5.0),
            Sample("phusong_ping_train_loss_ratio", lost / 5),
            *([Sample("phusong_ping_train_rtt_median_seconds", seconds)] if lost < 5 else []),
        )
    elif outcome is Outcome.OK:
        name = {"dns": "phusong_dns_query_seconds", "tcp": "phusong_tcp_connect_seconds"}.get(kind)
        samples = (Sample(name or "probe_duration_seconds", seconds),)
    return Reading(
        check=kind,
        kind=kind,
        site=SITE,
        target=target,
        role="",
        outcome=outcome,
        started_monotonic_ns=int(at_s * SECOND_NS),
        started_wall_ns=0,
        duration_ns=0,
        samples=samples,
        voided=voided,
    )


def watch(rung: Rung, target: str = "", every_seconds: float | None = None) -> Watch:
    """One target of a step, watched as its role implies."""
    role, kind, seconds = ROLES[rung]
    name = target or rung.value
    made = watch_of(
        kind,
        Check(every_seconds=every_seconds or seconds),
        Target(site=SITE, name=name, address=f"{name}.address", role=role),
        SITE,
    )
    assert made is not None
    return made


@dataclass
class WayOut:
    """Lives on a clock of its own: each check runs on its period, and what is ``away`` does not answer."""

    watches: tuple[Watch, ...] = tuple(watch(rung) for rung in ROLES)
    now_s: float = 0.0
    away: set[str] = field(default_factory=set)
    """Names of targets that do not answer."""
    lossy: dict[str, int] = field(default_factory=dict)
    """Packets of five that get lost, by target."""
    asleep: set[str] = field(default_factory=set)
    """Targets that are not looked at."""
    collector: str = "takes"
    """``takes``, ``away`` or ``idle`` (nobody asks it)."""
    own_link: bool | None = True
    fresh_s: float = 90.0
    watched: bool = True
    phases: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.board = Board(self.watches)
        self.uplink = Uplink(watched=self.watched, fresh_ns=int(self.fresh_s * SECOND_NS))

    def live(self, seconds: int) -> Ladder:
        """Let time pass, second by second; what the page says then."""
        for _ in range(seconds):
            self.now_s += 1
            for one in self.watches:
                self._look(one)
            if self.now_s % 10 == 0:
                self._deliver()
        return self.ladder()

    def ladder(self) -> Ladder:
        return climb(self.facts())

    def facts(self) -> Facts:
        now_ns = int(self.now_s * SECOND_NS)
        return Facts(Moment(now_ns, 0), self.board.seen(), self.uplink, self.own_link)

    def _look(self, one: Watch) -> None:
        phase = self.phases.get(one.target, 1.0)
        if one.target in self.asleep or (self.now_s - phase) % (one.period_ns / SECOND_NS):
            return
        outcome = Outcome.TIMEOUT if one.target in self.away else Outcome.OK
        kind = ROLES[one.rung][1]
        lost = self.lossy.get(one.target, 0)
        self.board.take(reading(one.target, self.now_s, outcome, kind=kind, lost=lost))

    def _deliver(self) -> None:
        """As the courier's tally does."""
        now_ns, told = int(self.now_s * SECOND_NS), self.uplink
        if self.collector == "takes":
            fresh = told.acknowledged_since_ns is None or told.failing_since_ns is not None
            since_ns = now_ns if fresh else told.acknowledged_since_ns
            self.uplink = Uplink(told.watched, told.fresh_ns, now_ns, since_ns, told.failed_ns, None)
        elif self.collector == "away":
            since_ns = told.failing_since_ns or now_ns
            before = (told.acknowledged_ns, told.acknowledged_since_ns)
            self.uplink = Uplink(told.watched, told.fresh_ns, *before, now_ns, since_ns)


BEHIND_THE_PROVIDER = frozenset({Rung.CORE, Rung.NAMES, Rung.PORTALS})


def names(rungs: Iterable[Rung]) -> set[str]:
    """Targets of these steps."""
    return {rung.value for rung in rungs}
