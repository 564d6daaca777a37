"""What the agent at a site finds in one of its cycles, as a function of time; asking twice gives the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import lcm

from agent.probes.icmp import IcmpCheck
from agent.roles import PRESETS
from agent.schedule import phase_ns
from lab.faults import ON_BATTERY, ON_MAINS
from lab.world.chance import Chance, strained_losses
from lab.world.place import CENTRE, Place
from lab.world.strain import PACKETS, Strain
from lab.world.timeline import Timeline
from lab.world.traces import STIRRED_SECONDS, Traces
from lab.world.train import Trains
from lab.world.when import SECOND_NS, monotonic_ns, wall_ns
from shared.wire.reading import Outcome, Reading, Sample

_CYCLE_SECONDS = 10
_LONGEST_SECONDS = 4.0
"""A run is in the cycle that ends so long after its beginning, or later: a lost train takes 3.8 s."""
_TRACE, _TRACE_SECONDS = "path", 8.0
"""A trace that is not answered waits for six groups of hops."""
_UPS_SECONDS, _TRAPS_SECONDS, _REPORT_SECONDS = 60.0, 60.0, 20.0
_PERIODS = {preset.name: preset.every_seconds for preset in PRESETS}
_LAN_RTT_SECONDS = 0.0005
_LASTS_NS = 800_000_000
_SLACK_SECONDS = 0.001
_LOSING = {True: (Outcome.OK, ""), False: (Outcome.TIMEOUT, "no reply")}


_KINDS = {"ping": "icmp", "ping-line": "icmp", "agent": "agent", "traps": "snmp_trap", "dns": "dns"}
"""Of each check; the others speak SNMP."""


@dataclass(frozen=True, slots=True)
class _Run:
    check: str
    kind: str
    role: str
    target: str
    line: str
    """By which its losses are drawn."""
    period: float
    phase: float


class Inside:
    """Checks of one agent on their slots."""

    def __init__(self, agent: str, place: Place, timeline: Timeline, chance: Chance) -> None:
        self._agent = agent
        self._place = place
        self._history = timeline.of(place.id)
        self._own = timeline.of(CENTRE)
        self._chance = chance
        self._trains = {name: Trains(IcmpCheck(name=name)) for name in ("ping", "ping-line")}
        self._traces = Traces(place, timeline)
        self._runs = tuple(self._plan())
        self._turn = lcm(*(round(run.period) for run in self._runs))
        self._due: dict[float, tuple[_Run, ...]] = {}

    def readings(self, committed: float, waits_ns: int | None, since: float | None = None) -> tuple[Reading, ...]:
        """The runs of the cycle that ends at ``committed``; ``waits_ns``: stamp of the oldest record not sent yet.

        ``since``: when the cycle before it ended, where nothing of what lies between was lived; its traces are here.
        """
        boot = self._history.host_boot(committed)
        first = max(committed - _CYCLE_SECONDS - _LONGEST_SECONDS, boot)
        lasting, now = self._history.lasting(committed)
        steady = lasting <= first
        found = []
        for run in self._ended(committed):
            slot = (committed - _LONGEST_SECONDS - run.phase) // run.period * run.period + run.phase
            if slot > first:
                strain = now if steady else self._history.at(slot)
                if strain.measures:
                    found.append(self._reading(run, slot, boot, strain, waits_ns))
        if self._place.battery_seconds:
            found += self._trap(first, committed, boot)
        found += self._traced(committed, since, boot)
        return tuple(found)

    def _ended(self, committed: float) -> tuple[_Run, ...]:
        """The runs that can be in a cycle: those of any that ended as long after all periods began together."""
        rest = committed % self._turn
        if rest not in self._due:
            ages = ((run, (rest - _LONGEST_SECONDS - run.phase) % run.period) for run in self._runs)
            longest = _CYCLE_SECONDS + _SLACK_SECONDS
            self._due[rest] = tuple(run for run, age in ages if not longest < age < run.period - _SLACK_SECONDS)
        return self._due[rest]

    def _plan(self) -> Iterator[_Run]:
        wanted = [
            ("ping", "gateway", _PERIODS["ping"]),
            ("ping-line", "isp_first_hop", _PERIODS["ping-line"]),
            ("ping-line", "province_core", _PERIODS["ping-line"]),
            ("snmp", "gateway", _PERIODS["snmp"]),
            ("dns", "resolver", _PERIODS["dns"]),
            ("agent", "agent", _REPORT_SECONDS),
        ]
        if self._place.battery_seconds:
            wanted += [("ups", "ups", _UPS_SECONDS), ("traps", "ups", _TRAPS_SECONDS)]
        for check, role, period in wanted:
            yield self._run(check, role, period)

    def _run(self, check: str, role: str, period: float) -> _Run:
        line = f"{self._place.id}-{role}"
        phase = phase_ns(f"{check}/{line}", round(period * SECOND_NS)) / SECOND_NS
        target = self._agent if check == "agent" else f"{self._place.id}-{role.replace('_', '-')}"
        return _Run(check, _KINDS.get(check, "snmp"), role, target, line, period, phase)

    def _reading(self, run: _Run, slot: float, boot: float, strain: Strain, waits_ns: int | None) -> Reading:
        if run.check in self._trains:
            outcome, reason, samples = self._train(run, slot, strain)
        elif run.check == "agent":
            oldest = "phusong_agent_spool_oldest_timestamp_seconds"
            samples = () if waits_ns is None else (Sample(oldest, waits_ns / SECOND_NS),)
            outcome, reason = Outcome.OK, ""
        elif run.check == _TRACE:
            outcome, reason, samples = self._traces.seen(run.role, slot)
        elif run.check == "traps":
            outcome, reason, samples = Outcome.OK, "", (self._traps(slot),)
        elif run.check == "dns":
            outcome, reason = _LOSING[strain.meets_core and not strain.no_names]
            samples = ()
        else:
            outcome, reason = _LOSING[strain.meets_gateway]
            samples = tuple(self._told(run, slot, strain)) if strain.meets_gateway else ()
        ahead_ns = round(strain.clock_seconds * SECOND_NS) if strain.clock_seconds else 0
        return Reading(
            run.check,
            run.kind,
            self._place.id,
            run.target,
            run.role,
            outcome,
            monotonic_ns(slot, boot),
            wall_ns(slot) + ahead_ns,
            _LASTS_NS,
            samples,
            reason,
        )

    def _traced(self, committed: float, since: float | None, boot: float) -> Iterator[Reading]:
        """Traces that had ended by then, and not by the end of the cycle before."""
        last, before = committed - _TRACE_SECONDS, committed - _TRACE_SECONDS - _CYCLE_SECONDS
        found = list(self._traces.planned(before if since is None else since - _TRACE_SECONDS, last))
        lately = last - STIRRED_SECONDS
        if max(self._history.lasting(last)[0], self._own.lasting(last)[0]) > lately:
            found += self._traces.stirred(before, last)
        for trace in found:
            strain = self._history.at(trace.at)
            if trace.at > boot and strain.measures:
                yield self._reading(self._tracing(trace.role), trace.at, boot, strain, None)

    def _tracing(self, role: str) -> _Run:
        return _Run(_TRACE, _TRACE, role, f"{self._place.id}-{role.replace('_', '-')}", "", 0.0, 0.0)

    def _train(self, run: _Run, slot: float, strain: Strain) -> tuple[Outcome, str, tuple[Sample, ...]]:
        rtt_seconds, lost = _LAN_RTT_SECONDS, 0
        if run.role == "gateway":
            met = strain.meets_gateway
        else:
            hop = run.role == "isp_first_hop"
            met = strain.meets_hop if hop else strain.meets_core and not self._own.at(slot).line_cut
            rtt_seconds = self._place.rtt_seconds
            train = int(slot // run.period)
            lost = self._chance.lost(run.line, train) if met else 0
            if met and strain.lossy:
                lost += strained_losses(self._chance, run.line, train, PACKETS - lost, strain.loss, strain.burst_loss)
                rtt_seconds = round(rtt_seconds + strain.delay_seconds, 3)
        return self._trains[run.check].seen(lost if met else PACKETS, rtt_seconds)

    def _told(self, run: _Run, slot: float, strain: Strain) -> Iterator[Sample]:
        """What the router says of itself, or the supply."""
        if run.check == "ups":
            yield Sample("upsOutputSource", float(ON_BATTERY if strain.on_battery else ON_MAINS))
            return
        yield Sample("phusong_snmp_uptime_seconds", round(slot - self._history.router_boot(slot), 2))
        if strain.line_cut or strain.main_cut:
            return  # No light, no figure.
        name = "phusong_lte_rsrp_dbm" if self._place.wireless else "phusong_optical_rx_dbm"
        yield Sample(name, round(self._place.dbm - strain.fade_db, 2))

    def _traps(self, slot: float) -> Sample:
        total = sum(1 for turn in self._history.battery_turns if self._history.program_start(slot) < turn <= slot)
        return Sample("phusong_snmp_traps_total", float(total), (("trap", "upsTrapOnBattery"),))

    def _trap(self, first: float, committed: float, boot: float) -> Iterator[Reading]:
        """A trap is urgent: its reading is in the cycle in which it came."""
        for turn in self._history.battery_turns:
            at = turn + 0.5
            if committed - _CYCLE_SECONDS < at <= committed and at > first:
                yield self._reading(self._run("traps", "ups", _TRAPS_SECONDS), at, boot, self._history.at(at), None)
