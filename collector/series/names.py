"""Names of metrics and labels as Prometheus takes them; it keeps nothing."""

import re
from collections.abc import Mapping

from collector.series.settings import SeriesSettings
from shared.wire.reading import Metric, Sample

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
_HELP_CHARACTERS = 1000
_SUFFIXES = ("_bucket", "_sum", "_count")


def family_of(name: str, metrics: Mapping[str, Metric]) -> str:
    """The family that a sample belongs to: its own name, or that of the histogram it is a part of."""
    if name in metrics:
        return name
    for suffix in _SUFFIXES:
        stem = name.removesuffix(suffix)
        if stem != name and stem in metrics:
            return stem
    return name


def is_valid(sample: Sample, settings: SeriesSettings) -> bool:
    """Whether Prometheus would take the names, and the caps allow the labels."""
    if not _METRIC.fullmatch(sample.name) or len(sample.labels) > settings.labels_per_series:
        return False
    names = [name for name, _ in sample.labels]
    return len(set(names)) == len(names) and all(
        _LABEL.fullmatch(name)
        and not name.startswith("__")
        and len(value.encode(errors="replace")) <= settings.label_bytes
        for name, value in sample.labels
    )


def is_describable(metric: Metric) -> bool:
    """Whether a description is one that a page can carry."""
    return _METRIC.fullmatch(metric.name) is not None and len(metric.help) <= _HELP_CHARACTERS
