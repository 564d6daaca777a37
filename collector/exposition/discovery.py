"""Prometheus' HTTP service discovery of what the agents measure: the whole list each time, never a part of it."""

from collections.abc import Iterable

from collector.series.latest import Latest


def targets(kind: str, fresh: Iterable[Latest]) -> list[dict[str, object]]:
    """Target groups of one kind of probe: the stable name as target, where and by whom it is measured as labels."""
    found = {
        (latest.reading.site, latest.reading.target, latest.agent) for latest in fresh if latest.reading.kind == kind
    }
    return [
        {"targets": [target], "labels": {"__meta_phusong_site": site, "__meta_phusong_agent": agent}}
        for site, target, agent in sorted(found)
    ]
