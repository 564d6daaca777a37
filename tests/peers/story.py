"""A province told second by second: what agents measure goes through the collector's real pipeline, on virtual time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from collector.arrival import Arrival
from collector.incident import Incident
from collector.inventory.site import Inventory, Link, Site
from collector.journal.memory import MemoryJournal
from collector.judgement.settings import JudgementSettings
from collector.picture import Picture, Verdict
from collector.pipeline import Pipeline
from collector.series.latest import Latest
from collector.series.quality import Quality
from collector.series.settings import SeriesSettings
from collector.series.store import SeriesStore
from shared.wire.reading import Batch, ClockQuality, Cycle, Lane, Outcome, Reading, Record, Sample

SECOND_NS = 1_000_000_000
DAWN_NS = 1_790_000_000 * SECOND_NS
PERIOD = 8
LOOK = "look"


def communes(count: int, hubs: int = 2, providers: tuple[str, ...] = ("VNPT", "Viettel")) -> Inventory:
    """Sites named s0, s1 … whose hubs are blocks and whose providers alternate."""
    return Inventory(
        tuple(
            Site(
                id=f"s{number}",
                name=f"Commune {number}",
                hub=f"h{number * hubs // count}",
                power_area=f"p{number * hubs // count}",
                links=(Link(name="main", provider=providers[number % len(providers)], kind="fibre"),),
            )
            for number in range(count)
        )
    )


@dataclass
class Host:
    """A machine with an agent on it."""

    name: str
    site: str
    boot_s: int = -100_000
    online: bool = True
    running: bool = True
    sequence: int = 0
    waiting: list[Record] = field(default_factory=list)

    @property
    def boot_id(self) -> str:
        return f"{self.name}@{self.boot_s}"


class Story:
    """Call :meth:`live` to let time pass; the predicates say what is true meanwhile."""

    def __init__(
        self,
        inventory: Inventory,
        *,
        settings: JudgementSettings | None = None,
        anchors: bool = True,
        inside: bool = False,
    ) -> None:
        self.inventory = inventory
        self.journal = MemoryJournal()
        self.settings = settings or JudgementSettings()
        self.now = 0
        self.down: set[str] = set()
        self.blind = False
        self.deaf: set[str] = set()  # Sites whose reports do not arrive.
        self.anchor = "world"
        self.worked_at: set[str] = set()
        self.worked_on: set[tuple[str, str]] = set()
        """Links, by site and name."""
        self.quality = Quality()
        self.loss = 0.0
        self.lossy: dict[tuple[str, str], float] = {}
        """By site and role, where it is another; the province's look at a site is one at its ``router``."""
        self.anchors = anchors
        self.province = Host("province", "centre")
        self.hosts = {site.id: Host(f"agent-{site.id}", site.id) for site in inventory.sites} if inside else {}
        self.levels: dict[tuple[str, str], bool] = {}
        """What an agent inside reaches, by site and role, where it is not what it seems from outside."""
        self.router_boot = {site.id: -500_000 for site in inventory.sites}
        self.battery: dict[str, bool] = {}
        self.faded: dict[str, float] = {}
        self.ways: dict[tuple[str, str], bool] = {}
        """Whether the province reaches other targets of a site, by site and target; absent where it does not look."""
        self.ways_inside: dict[tuple[str, str], bool] = {}
        """The same of the site's own agent."""
        self.pictures: list[Picture] = []
        self.kept: list[Arrival] | None = None
        """What a collector that starts reads back; kept from when it is a list."""
        self.start_collector()

    def start_collector(self) -> None:
        """A new run of the collector on the same journal."""
        agents = {"province": "centre"} | {host.name: host.site for host in self.hosts.values()}
        self.series = SeriesStore(SeriesSettings())
        self.pipeline = Pipeline(
            self.inventory,
            agents,
            self.series,
            self.journal,
            settings=self.settings,
            build="test",
            maintained=lambda site, now_ns: now_ns + SECOND_NS if site.id in self.worked_at else None,
            worked_on=lambda site, link, now_ns: now_ns + SECOND_NS if (site.id, link) in self.worked_on else None,
            quality=self.quality,
        )
        for arrival in self.kept or ():
            self.pipeline.accept(arrival)

    def live(self, seconds: int, each: Callable[[], None] | None = None) -> None:
        """Let time pass."""
        for _ in range(seconds):
            self.now += 1
            if each is not None:
                each()
            self._province()
            for place, host in enumerate(self.hosts.values()):
                self._commune(host, place)
            self.pictures.append(self.pipeline.evaluate(self.wall_ns, self.now * SECOND_NS))

    @property
    def wall_ns(self) -> int:
        return DAWN_NS + self.now * SECOND_NS

    @property
    def picture(self) -> Picture:
        return self.pictures[-1]

    def verdict(self, site: str) -> Verdict:
        return next(view.verdict for view in self.picture.sites if view.site.id == site)

    def readings(self) -> Iterable[Latest]:
        """Those that count now."""
        return self.series.fresh(self.now * SECOND_NS)

    def incidents(self) -> list[Incident]:
        """Newest versions of all there ever were, by number."""
        numbers = range(1, self.journal.next_number())
        return [self.journal.versions(number)[-1] for number in numbers]

    def _province(self) -> None:
        readings = [
            self._look(site.id, f"{site.id}-router", "router", site.id not in self.down and not self.blind)
            for place, site in enumerate(self.inventory.sites)
            if self.now % PERIOD == place % PERIOD
        ]
        readings += [
            self._look(site, target, "router", good and not self.blind)
            for place, ((site, target), good) in enumerate(self.ways.items())
            if (self.now + 3) % PERIOD == place % PERIOD
        ]
        if self.anchors and self.now % PERIOD == 0:
            readings.append(self._look("centre", self.anchor, "world", not self.blind))
        if self.now % 60 == 7:
            readings += [
                r for s in self.inventory.sites if s.id not in self.down and not self.blind for r in self._devices(s.id)
            ]
        self._send(self.province, readings)

    def _commune(self, host: Host, place: int) -> None:
        if not host.running:
            return
        readings = []
        if (self.now + place) % 30 == 0:
            lost = host.site in self.down
            for role, well in (("access_router", True), ("isp_first_hop", not lost), ("province_core", not lost)):
                told = self.levels.get((host.site, role), well)
                readings.append(self._look(host.site, f"{host.site}-{role}", role, told))
            ways = ((target, good) for (site, target), good in self.ways_inside.items() if site == host.site)
            readings += [self._look(host.site, target, "uplink", good) for target, good in ways]
        if (self.now + place) % 20 == 0:
            oldest = (
                [
                    (DAWN_NS / SECOND_NS)
                    + host.waiting[0].cycle.readings[0].started_monotonic_ns / SECOND_NS
                    + host.boot_s
                ]
                if host.waiting
                else []
            )
            samples = tuple(Sample("phusong_agent_spool_oldest_timestamp_seconds", value) for value in oldest)
            readings.append(self._reading("agent", "agent", host.site, host.name, "agent", Outcome.OK, samples))
        host.online = host.site not in self.down and host.site not in self.deaf
        self._send(host, readings)

    def _devices(self, site: str) -> Iterable[Reading]:
        uptime = Sample("phusong_snmp_uptime_seconds", float(self.now - self.router_boot[site]))
        rx = Sample("phusong_optical_rx_dbm", self.faded.get(site, -18.0))
        yield self._reading("snmp", "snmp", site, f"{site}-router", "router", Outcome.OK, (uptime, rx))
        if site in self.battery:
            source = Sample("upsOutputSource", 5.0 if self.battery[site] else 3.0)
            yield self._reading("ups", "snmp", site, f"{site}-ups", "ups", Outcome.OK, (source,))

    def look_at_all(self) -> None:
        """The province looks at every site in this second."""
        self._send(
            self.province, [self._look(s.id, f"{s.id}-router", "router", good=True) for s in self.inventory.sites]
        )

    def tell_supply(self, site: str) -> None:
        """What the site's supply says, though the site is not reached: over a way of its own."""
        self._send(self.province, [reading for reading in self._devices(site) if reading.role == "ups"])

    def _look(self, site: str, target: str, role: str, good: bool) -> Reading:
        samples: tuple[Sample, ...] = (Sample("phusong_ping_train_sent_packets", 5.0),)
        loss = self.lossy.get((site, role), self.loss)
        samples += (Sample("phusong_ping_train_loss_ratio", loss if good else 1.0),)
        if good:
            samples += (Sample("phusong_ping_train_rtt_median_seconds", 0.012),)
        return self._reading("ping", "icmp", site, target, role, Outcome.OK if good else Outcome.TIMEOUT, samples)

    def _reading(  # noqa: PLR0917 - the record's own fields
        self, check: str, kind: str, site: str, target: str, role: str, outcome: Outcome, samples: tuple[Sample, ...]
    ) -> Reading:
        return Reading(check, kind, site, target, role, outcome, self.now * SECOND_NS, self.wall_ns, 1, samples)

    def _send(self, host: Host, readings: list[Reading]) -> None:
        """Live first; where the line was away, what waited goes behind it."""
        if readings:
            host.sequence += 1
            stamped = tuple(self._stamped(reading, host) for reading in readings)
            host.waiting.append(Record(host.sequence, Cycle(host.boot_id, ClockQuality.SYNCHRONISED, stamped)))
        if not host.online or not host.running or not host.waiting:
            return
        newest, host.waiting = host.waiting, []
        self._deliver(host, Lane.LIVE, newest[-1:])
        self._deliver(host, Lane.HISTORY, newest[:-1])

    def _stamped(self, reading: Reading, host: Host) -> Reading:
        since_boot_ns = (self.now - host.boot_s) * SECOND_NS
        return Reading(
            reading.check,
            reading.kind,
            reading.site,
            reading.target,
            reading.role,
            reading.outcome,
            since_boot_ns,
            reading.started_wall_ns,
            reading.duration_ns,
            reading.samples,
        )

    def _deliver(self, host: Host, lane: Lane, records: list[Record]) -> None:
        if not records:
            return
        batch = Batch(
            host.name, "e", host.boot_id, (self.now - host.boot_s) * SECOND_NS, self.wall_ns, lane, tuple(records)
        )
        arrival = Arrival(
            agent=host.name,
            received_wall_ns=self.wall_ns,
            received_monotonic_ns=self.now * SECOND_NS,
            batch=batch,
            fresh=batch.records,
        )
        if self.kept is not None:
            self.kept.append(arrival)
        self.pipeline.accept(arrival)
