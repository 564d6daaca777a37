"""The collector's own metrics in a registry of its own; it counts and never decides."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, PlatformCollector, ProcessCollector

from collector.arrival import Arrival
from collector.series.store import SeriesTally


class Telemetry:
    """Counters of one collector; two collectors in one process do not share them."""

    def __init__(self, release: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._gauge("phusong_collector_build_info", "The collector's release, always 1.", "version").labels(
            release
        ).set(1)
        self.rejected = self._counter("ingest_rejected", "Batches refused by reason.", "reason")
        self._batches = self._counter("ingest_batches", "Batches stored by lane.", "lane")
        self._records = self._counter("ingest_records", "Records that came, by whether they were new.", "seen")
        self._readings = self._counter("ingest_readings", "New readings stored.")
        self._unused = self._counter(
            "readings_unused", "Readings stored that do not change the present, by why; series over a limit.", "reason"
        )
        self._repaired = self._counter(
            "readings_repaired", "Late readings whose stamps came from a wrong clock and were put right."
        )
        self._evaluation = self._gauge(
            "phusong_collector_evaluation_duration_seconds", "How long the last evaluation took."
        )
        self.evaluation_faults = self._counter("evaluation_faults", "Evaluations that failed.")
        text = "1 while the collector's own clock cannot be right: nothing is forwarded, copied or forgotten."
        self.clock_doubtful = self._gauge("phusong_collector_clock_doubtful", text)
        self._describe_disk()
        self._foreign = self._counter(
            "readings_foreign", "Readings put aside: their sites are not the sender's to tell."
        )
        self._enrolments = self._counter("enrolments", "Join codes that were sent, by what came of them.", "result")
        self.connections = self._gauge("phusong_collector_connections", "Connections that are open.")
        self._connections_refused = self._counter(
            "connections_refused", "Connections ended before their request was answered, by reason.", "reason"
        )
        self._describe_agents()
        self._told = SeriesTally()

    def _describe_disk(self) -> None:
        self.backup_verified = self._gauge(
            "phusong_collector_backup_verified_timestamp_seconds", "When the newest good backup was read back."
        )
        self.backups = self._counter("backups", "Nights by what became of their backup.", "result")
        text = "When the newest backup was restored whole, into a folder beside, and compared with what was there."
        self.backup_restored = self._gauge("phusong_collector_backup_restored_timestamp_seconds", text)
        for result in ("restored", "read_back", "no_room", "failed", "clock_doubtful"):
            self.backups.labels(result)
        self.disk_free = self._gauge("phusong_collector_disk_free_bytes", "What the disk of the state folder has free.")
        text = "What backups and inbox leave free: retention.disk_reserve_megabytes."
        self.disk_reserve = self._gauge("phusong_collector_disk_reserve_bytes", text)
        text = "Batches forgotten before retention.inbox_hours because the disk has no room."
        self.pruned_early = self._counter("inbox_pruned_early", text)

    def _describe_agents(self) -> None:
        text = "1 where two machines seem to hold the agent's key: an operator must accept or revoke it."
        self._suspects = self._gauge("phusong_agent_key_suspected", text, "agent", "site")
        text = "When a screen said last that it drew a fresh frame; for a named one that never did, the start."
        self._screens = self._gauge("phusong_screen_last_ack_timestamp_seconds", text, "screen")
        text = "Share of an agent's records that is in the inbox, by the agent's own statement."
        self._completeness = self._gauge("phusong_agent_completeness_ratio", text, "agent")
        text = "An agent's records that are not in the inbox: soft are still to come, hard are lost."
        self._gap_records = self._gauge("phusong_agent_gap_records", text, "agent", "kind")
        text = "Share of the records of a site's agents that is in the inbox, by their own statements."
        self._site_completeness = self._gauge("phusong_site_completeness_ratio", text, "site")
        text = "Records of a site's agents that are not in the inbox: soft are still to come, hard are lost."
        self._site_gap_records = self._gauge("phusong_site_gap_records", text, "site", "kind")
        text = "Records of an agent's blocks that are here in full number, but not as the agent numbered them."
        self._altered_records = self._gauge("phusong_agent_altered_records", text, "agent")
        text = "Records of a site's agents in blocks that are not what the agents numbered."
        self._site_altered_records = self._gauge("phusong_site_altered_records", text, "site")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"phusong_collector_{name}_total", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self.registry)

    def drawn(self, screen: str, unix_seconds: float) -> None:
        """Note when a screen has drawn a fresh frame."""
        self._screens.labels(screen).set(unix_seconds)

    def refused(self, reason: str) -> None:
        """Count a refused batch."""
        self.rejected.labels(reason).inc()

    def connection_refused(self, reason: str) -> None:
        """Count a connection that was ended."""
        self._connections_refused.labels(reason).inc()

    def foreign(self, readings: int) -> None:
        """Count readings that were not the sender's to tell."""
        self._foreign.inc(readings)

    def enrolment(self, result: str) -> None:
        """Count an answer to a join code."""
        self._enrolments.labels(result).inc()

    def suspected(self, keys: Iterable[tuple[str, str]]) -> None:
        """Note agent and site of the keys that wait for an operator."""
        self._suspects.clear()
        for agent, site in keys:
            self._suspects.labels(agent, site).set(1)

    def balanced(self, agent: str, completeness: float, soft: int, hard: int, altered: int) -> None:
        """Note how complete an agent's records are."""
        self._completeness.labels(agent).set(completeness)
        self._gap_records.labels(agent, "soft").set(soft)
        self._gap_records.labels(agent, "hard").set(hard)
        self._altered_records.labels(agent).set(altered)

    def site_balanced(self, site: str, completeness: float, soft: int, hard: int, altered: int) -> None:
        """Note how complete the records of a site's agents are."""
        self._site_completeness.labels(site).set(completeness)
        self._site_gap_records.labels(site, "soft").set(soft)
        self._site_gap_records.labels(site, "hard").set(hard)
        self._site_altered_records.labels(site).set(altered)

    def arrived(self, arrival: Arrival) -> None:
        """Count what was stored."""
        self._batches.labels(arrival.batch.lane.value).inc()
        self._records.labels("new").inc(len(arrival.fresh))
        self._records.labels("before").inc(len(arrival.batch.records) - len(arrival.fresh))
        self._readings.inc(sum(len(record.cycle.readings) for record in arrival.fresh))

    def evaluated(self, seconds: float, tally: SeriesTally) -> None:
        """Note an evaluation, and what the series did not take since the last."""
        self._evaluation.set(seconds)
        for name in ("late", "unplaced", "voided", "dropped"):
            self._unused.labels(name).inc(getattr(tally, name) - getattr(self._told, name))
            setattr(self._told, name, getattr(tally, name))
        self._repaired.inc(tally.repaired - self._told.repaired)
        self._told.repaired = tally.repaired
