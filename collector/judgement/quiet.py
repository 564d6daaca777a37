"""Where each agent stands, when it was heard, and how far it has told all it knows; it never asks one."""

from collections.abc import Collection, Iterator, Mapping

from collector.arrival import Arrival
from collector.judgement.folding import Seen
from collector.judgement.scene import Backlog, Blind, Look, Reports
from collector.judgement.settings import JudgementSettings
from shared.wire.reading import Reading

_SECOND_NS = 1_000_000_000
SELF = "agent"
"""Kind of the readings in which agents tell about themselves."""
_SPOOL_OLDEST = "phusong_agent_spool_oldest_timestamp_seconds"


class Quiet:
    """Agents by name."""

    def __init__(self, settings: JudgementSettings) -> None:
        self._settings = settings
        self.where: dict[str, str] = {}
        self._inside: dict[str, list[str]] = {}
        self._heard: dict[str, tuple[int, int]] = {}
        """Wall and monotonic time of the newest batch."""
        self._backlogs: dict[str, Backlog] = {}
        self._told: dict[str, tuple[Backlog | None, ...]] = {}
        """The same by site, kept as it comes: nobody wants to look at ten thousand agents each second for a few."""
        self._begun_monotonic_ns: int | None = None

    def know(self, agent: str, site: str) -> bool:
        """An agent that stands at a site; False where that was known."""
        before = self.where.get(agent)
        if before == site:
            return False
        if before is not None:
            self._inside[before].remove(agent)
            self._sum_up(before)
        self.where[agent] = site
        self._inside.setdefault(site, []).append(agent)
        self._sum_up(site)
        return True

    def agents(self, site: str) -> Collection[str]:
        """Those that stand at a site."""
        return self._inside.get(site, ())

    def heard_ns(self, agent: str) -> int:
        """Wall time of the newest batch, 0 where there was none."""
        return self._heard.get(agent, (0, 0))[0]

    def hear(self, arrival: Arrival) -> None:
        """A batch."""
        wall_ns, monotonic_ns = self._heard.get(arrival.agent, (0, 0))
        self._heard[arrival.agent] = (
            max(wall_ns, arrival.received_wall_ns),
            max(monotonic_ns, arrival.received_monotonic_ns),
        )

    def tell(self, agent: str, reading: Reading, at_ns: int, *, late: bool) -> None:
        """An agent's reading of itself: what it still has to send."""
        if late:
            return
        oldest = [int(sample.value * _SECOND_NS) for sample in reading.samples if sample.name == _SPOOL_OLDEST]
        self._backlogs[agent] = Backlog(at_ns, oldest[-1] if oldest else None)
        self._sum_up(self.where[agent])

    def spool_oldest_ns(self, agent: str) -> int | None:
        """The oldest record that an agent said it still had to send; None where it has none or never said."""
        backlog = self._backlogs.get(agent)
        return backlog.oldest_ns if backlog is not None else None

    def backlogs(self) -> Mapping[str, tuple[Backlog | None, ...]]:
        """By site, of each agent that stands there."""
        return self._told

    def _sum_up(self, site: str) -> None:
        names = self._inside[site]
        if names:
            self._told[site] = tuple(self._backlogs.get(name) for name in names)
        else:
            self._told.pop(site, None)

    def silent(
        self, looks: Mapping[str, Look], observers: Collection[str], now_wall_ns: int, now_monotonic_ns: int
    ) -> dict[str, tuple[str, int]]:
        """Agents which were heard once and long not since, of sites that have been well all that time."""
        limit_ns = int(self._settings.agent_silent_seconds * _SECOND_NS)
        return {
            agent: (site, self._heard[agent][0])
            for agent, site in self._silent(self._settings.agent_silent_seconds, now_monotonic_ns)
            if agent not in observers
            and (look := looks.get(site)) is not None
            and look.seen is Seen.WELL
            and look.fresh
            and now_wall_ns - look.since_ns > limit_ns
        }

    def observers_silent(self, observers: Collection[str], now_monotonic_ns: int) -> Iterator[Blind]:
        """Agents that look at other sites and are not heard."""
        silent = [
            (agent, site)
            for agent, site in self._silent(self._settings.vantage_silent_seconds, now_monotonic_ns)
            if agent in observers
        ]
        for agent, site in silent:
            yield Blind(agent, site, self._heard[agent][0], silent=True, alone=len(silent) == len(observers))

    def reports(self, observers: Collection[str], now_monotonic_ns: int) -> Reports:
        """Whether sites report at all, whoever is silent for longer."""
        since_ns = now_monotonic_ns - int(self._settings.reports_silent_seconds * _SECOND_NS)
        long_begun = self._begun(now_monotonic_ns) < since_ns
        unheard: dict[str, int] = {}
        heard: dict[str, int] = {}
        for agent, site in self.where.items():
            told = self._heard.get(agent)
            if told is None or agent in observers:
                continue
            found = unheard if long_begun and told[1] < since_ns else heard
            found[site] = max(told[0], found.get(site, 0))
        return Reports({site: at_ns for site, at_ns in unheard.items() if site not in heard}, heard)

    def _begun(self, now_monotonic_ns: int) -> int:
        """The time before this program was there to hear does not count."""
        if self._begun_monotonic_ns is None:
            self._begun_monotonic_ns = now_monotonic_ns
        return self._begun_monotonic_ns

    def _silent(self, seconds: float, now_monotonic_ns: int) -> Iterator[tuple[str, str]]:
        since_ns = now_monotonic_ns - int(seconds * _SECOND_NS)
        if self._begun(now_monotonic_ns) >= since_ns:
            return
        for agent, site in self.where.items():
            heard = self._heard.get(agent)
            if heard is not None and heard[1] < since_ns:
                yield agent, site
