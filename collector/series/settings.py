"""How long a value counts as fresh and how much one agent may hold."""

from collections.abc import Iterator

import msgspec


class SeriesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Freshness and caps."""

    agent_silent_seconds: float = 60.0
    """An agent that sent nothing for so long has no fresh values, whatever their period."""
    fresh_periods: float = 3.0
    """A value is fresh for so many of its observed periods ..."""
    fresh_least_seconds: float = 30.0
    """... and at least so long."""
    fresh_first_seconds: float = 900.0
    """A value whose period is not known yet is fresh for so long."""
    series_per_agent: int = 20_000
    readings_per_agent: int = 5_000
    """Checks times targets of one agent."""
    metrics_per_agent: int = 2_000
    """Names of metrics that one agent may bring."""
    labels_per_series: int = 16
    label_bytes: int = 512


def series_rules(series: SeriesSettings) -> Iterator[tuple[str, str]]:
    """Place and fault of what types cannot say."""
    for key, value in msgspec.structs.asdict(series).items():
        if isinstance(value, int) and value < 1:
            yield f"$.series.{key}", "must be at least 1"
        elif value <= 0:
            yield f"$.series.{key}", "must be more than 0"
