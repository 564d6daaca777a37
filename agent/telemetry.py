"""The agent's own figures as samples of a reading of kind ``agent``; it measures nobody else."""

import resource
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

from agent.spool.queue import Backlog, Gap
from shared.wire.reading import Metric, MetricKind, Outcome, Reading, Sample

KIND = "agent"
_SECOND_NS = 1_000_000_000

METRICS = (
    Metric("phusong_agent_start_timestamp_seconds", MetricKind.GAUGE, "When the agent started, by its own clock."),
    Metric("phusong_agent_runs_total", MetricKind.COUNTER, "Runs of checks by kind and outcome."),
    Metric("phusong_agent_runs_skipped_total", MetricKind.COUNTER, "Slots not used: the run before was still going."),
    Metric("phusong_agent_runs_missed_total", MetricKind.COUNTER, "Slots that passed while the agent was late."),
    Metric(
        "phusong_agent_runs_voided_total", MetricKind.COUNTER, "Runs that say nothing because the agent was at fault."
    ),
    Metric(
        "phusong_agent_readings_dropped_total",
        MetricKind.COUNTER,
        "Readings given up because the spool did not answer.",
    ),
    Metric("phusong_agent_faults_total", MetricKind.COUNTER, "Faults of the agent's own program."),
    Metric("phusong_agent_checks_disabled", MetricKind.GAUGE, "Checks that cannot run on this machine."),
    Metric("phusong_agent_spool_records", MetricKind.GAUGE, "Records that wait for the collector."),
    Metric("phusong_agent_spool_bytes", MetricKind.GAUGE, "Bytes of the records that wait."),
    Metric(
        "phusong_agent_spool_oldest_timestamp_seconds", MetricKind.GAUGE, "When the oldest waiting record was stored."
    ),
    Metric(
        "phusong_agent_spool_lost_records_total",
        MetricKind.COUNTER,
        "Records lost for want of space, or in a damaged file.",
    ),
    Metric("phusong_agent_spool_newest_gap_records", MetricKind.GAUGE, "Records of the gap that was lost last."),
    Metric(
        "phusong_agent_spool_newest_gap_first_timestamp_seconds",
        MetricKind.GAUGE,
        "When the first record of the gap that was lost last was stored, by the agent's own clock.",
    ),
    Metric(
        "phusong_agent_spool_newest_gap_last_timestamp_seconds",
        MetricKind.GAUGE,
        "When the last record of the gap that was lost last was stored, by the agent's own clock.",
    ),
    Metric("phusong_agent_spool_dead_letters", MetricKind.GAUGE, "Records that the collector refused for good."),
    Metric(
        "phusong_agent_spool_corrupt_files", MetricKind.GAUGE, "Spool files ever set aside because they were corrupt."
    ),
    Metric("phusong_agent_spool_durable", MetricKind.GAUGE, "1 where the spool is on disk, 0 where memory stands in."),
    Metric("phusong_agent_uplink_requests_total", MetricKind.COUNTER, "Requests to the collector by result."),
    Metric(
        "phusong_agent_uplink_bytes_total", MetricKind.COUNTER, "Bytes of batches that were sent, headers not counted."
    ),
    Metric(
        "phusong_agent_uplink_month_bytes", MetricKind.GAUGE, "Bytes on the line this month, headers and TLS counted."
    ),
    Metric(
        "phusong_agent_uplink_month_limit_bytes", MetricKind.GAUGE, "The month's budget; absent where there is none."
    ),
    Metric(
        "phusong_agent_clock_synchronised", MetricKind.GAUGE, "1 if the kernel says so, 0 if not; absent if unknown."
    ),
    Metric(
        "phusong_agent_clock_offset_seconds",
        MetricKind.GAUGE,
        "How far the agent's clock is ahead of the true time; absent if unknown.",
    ),
    Metric("phusong_agent_resident_memory_bytes", MetricKind.GAUGE, "Resident memory of the agent."),
    Metric("phusong_agent_cpu_seconds_total", MetricKind.COUNTER, "User and system time of the agent."),
)


@dataclass
class RunTally:
    """What the runner did."""

    runs: dict[tuple[str, Outcome], int] = field(default_factory=dict)
    skipped: int = 0
    missed: int = 0
    voided: int = 0
    dropped: int = 0
    faults: int = 0
    disabled: int = 0

    def count(self, reading: Reading) -> None:
        """Count one run."""
        key = (reading.kind, reading.outcome)
        self.runs[key] = self.runs.get(key, 0) + 1
        self.voided += bool(reading.voided)


@dataclass(frozen=True)
class SpoolFigures:
    """How the spool stands."""

    backlog: Backlog
    gaps: tuple[Gap, ...]
    dead_letters: int
    corrupt_files: int
    durable: bool


@dataclass(frozen=True)
class UplinkFigures:
    """What the courier did."""

    requests: Mapping[str, int]
    bytes_sent: int


def samples(
    start_wall_ns: int, tally: RunTally, spool: SpoolFigures | None, uplink: UplinkFigures, synchronised: bool | None
) -> tuple[Sample, ...]:
    """All figures, in the order of :data:`METRICS`; without the spool's where it does not answer."""
    found = [Sample("phusong_agent_start_timestamp_seconds", start_wall_ns / _SECOND_NS)]
    found += [
        Sample("phusong_agent_runs_total", float(count), (("kind", kind), ("outcome", outcome.value)))
        for (kind, outcome), count in sorted(tally.runs.items())
    ]
    found += [
        Sample("phusong_agent_runs_skipped_total", float(tally.skipped)),
        Sample("phusong_agent_runs_missed_total", float(tally.missed)),
        Sample("phusong_agent_runs_voided_total", float(tally.voided)),
        Sample("phusong_agent_readings_dropped_total", float(tally.dropped)),
        Sample("phusong_agent_faults_total", float(tally.faults)),
        Sample("phusong_agent_checks_disabled", float(tally.disabled)),
        *(() if spool is None else _spool_samples(spool)),
        *_uplink_samples(uplink),
    ]
    if synchronised is not None:
        found.append(Sample("phusong_agent_clock_synchronised", float(synchronised)))
    return (*found, *_process_samples())


def clock_samples(offset_ns: int | None) -> tuple[Sample, ...]:
    """How far the clock is off; nothing where that is not known."""
    return () if offset_ns is None else (Sample("phusong_agent_clock_offset_seconds", offset_ns / _SECOND_NS),)


def budget_samples(spent_bytes: int, limit_bytes: int | None) -> tuple[Sample, ...]:
    """What the line cost this month, and what it may."""
    spent = Sample("phusong_agent_uplink_month_bytes", float(spent_bytes))
    return (
        (spent,)
        if limit_bytes is None
        else (spent, Sample("phusong_agent_uplink_month_limit_bytes", float(limit_bytes)))
    )


def _spool_samples(spool: SpoolFigures) -> list[Sample]:
    found = [
        Sample("phusong_agent_spool_records", float(spool.backlog.records)),
        Sample("phusong_agent_spool_bytes", float(spool.backlog.bytes)),
        Sample(
            "phusong_agent_spool_lost_records_total",
            float(sum(gap.records for gap in spool.gaps)),
        ),
        Sample("phusong_agent_spool_dead_letters", float(spool.dead_letters)),
        Sample("phusong_agent_spool_corrupt_files", float(spool.corrupt_files)),
        Sample("phusong_agent_spool_durable", float(spool.durable)),
    ]
    if spool.backlog.oldest_wall_ns is not None:
        oldest = spool.backlog.oldest_wall_ns / _SECOND_NS
        found.append(Sample("phusong_agent_spool_oldest_timestamp_seconds", oldest))
    return [*found, *_newest_gap(spool.gaps)]


def _newest_gap(gaps: tuple[Gap, ...]) -> Iterator[Sample]:
    """Its extent; the older ones were told when they were the newest. Nothing where no gap's times are known."""
    known = [(gap.last_wall_ns, gap.first_wall_ns, gap.records) for gap in gaps if gap.last_wall_ns is not None]
    if not known:
        return
    last_wall_ns, first_wall_ns, records = max(known, key=itemgetter(0))
    yield Sample("phusong_agent_spool_newest_gap_records", float(records))
    if first_wall_ns is not None:
        yield Sample("phusong_agent_spool_newest_gap_first_timestamp_seconds", first_wall_ns / _SECOND_NS)
    yield Sample("phusong_agent_spool_newest_gap_last_timestamp_seconds", last_wall_ns / _SECOND_NS)


def _uplink_samples(uplink: UplinkFigures) -> list[Sample]:
    requests = sorted(uplink.requests.items())
    return [
        *(Sample("phusong_agent_uplink_requests_total", float(n), (("result", result),)) for result, n in requests),
        Sample("phusong_agent_uplink_bytes_total", float(uplink.bytes_sent)),
    ]


def _process_samples() -> list[Sample]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    found = [Sample("phusong_agent_cpu_seconds_total", usage.ru_utime + usage.ru_stime)]
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return found
    return [Sample("phusong_agent_resident_memory_bytes", float(pages * resource.getpagesize())), *found]
