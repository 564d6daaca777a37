"""What an agent tells of itself: a loss has an extent, in number and in time."""

from pathlib import Path

from agent.spool.opening import open_sqlite_spool
from agent.spool.queue import DiskSpool, Gap
from agent.spool.quota import SpoolSettings
from agent.telemetry import METRICS, RunTally, SpoolFigures, UplinkFigures, samples

SECOND_NS = 10**9
GAP = "phusong_agent_spool_newest_gap_"


def told(gaps: tuple[Gap, ...], spool: DiskSpool) -> dict[str, float]:
    """The figures of a spool with these gaps, by name."""
    figures = SpoolFigures(spool.backlog(), gaps, 0, 0, durable=True)
    found = samples(0, RunTally(), figures, UplinkFigures({}, 0), synchronised=None)
    assert {sample.name for sample in found} <= {metric.name for metric in METRICS}
    return {sample.name: sample.value for sample in found}


def test_what_the_quota_takes_is_a_gap_of_known_extent(tmp_path: Path) -> None:
    with open_sqlite_spool(tmp_path, SpoolSettings(quota_megabytes=1)) as spool:
        assert not any(name.startswith(GAP) for name in told(tuple(spool.gaps()), spool)), "nothing was lost"
        for number in range(1, 31):
            spool.put(bytes([number]) * 100_000, (1000 + number) * SECOND_NS)
        figures = told(tuple(spool.gaps()), spool)
        kept = spool.oldest(1, 1_000_000)[0]
    lost = kept.sequence - 1

    assert lost > 0
    assert figures["phusong_agent_spool_lost_records_total"] == lost
    assert figures[GAP + "records"] == lost
    assert figures[GAP + "first_timestamp_seconds"] == 1001
    assert figures[GAP + "last_timestamp_seconds"] == 1000 + lost == kept.stored_wall_ns / SECOND_NS - 1


def test_the_newest_gap_is_told_wherever_it_stands_and_one_without_times_has_none(tmp_path: Path) -> None:
    spoiled = Gap(records=7, first_sequence=1, last_sequence=7)
    older, newer = Gap(2, 10, 11, 50 * SECOND_NS, 60 * SECOND_NS), Gap(3, 1, 3, 70 * SECOND_NS, 90 * SECOND_NS)
    with open_sqlite_spool(tmp_path, SpoolSettings()) as spool:
        for gaps in ((older, newer, spoiled), (newer, older)):
            figures = told(gaps, spool)
            extent = [figures[GAP + each] for each in ("records", "first_timestamp_seconds", "last_timestamp_seconds")]
            assert extent == [3, 70, 90]
        assert GAP + "records" not in told((spoiled,), spool)
