"""The states of links that are judged apart, as series beside those of their sites; it judges nothing."""

from collections.abc import Iterable, Iterator

from collector.exposition.text import Row, block
from collector.picture import LinkView, SiteView
from shared.wire.reading import Metric, MetricKind

_SECOND_NS = 1_000_000_000
LINK_STATE = Metric(
    "phusong_link_state", MetricKind.GAUGE, "State of a link: 0 up, 1 degraded, 2 down, 3 unknown, 4 maintenance."
)
LINK_SINCE = Metric("phusong_link_state_since_timestamp_seconds", MetricKind.GAUGE, "When the link entered its state.")
LINES = (LINK_STATE, LINK_SINCE)


def lines(views: Iterable[SiteView]) -> Iterator[tuple[Metric, Iterable[Row]]]:
    """The families; a link that the inventory does not tell apart has no row."""
    found = [(block(_labels(view, one)), one.verdict) for view in views for one in view.links]
    yield LINK_STATE, ((LINK_STATE.name, labels, float(verdict.state)) for labels, verdict in found)
    yield LINK_SINCE, ((LINK_SINCE.name, labels, verdict.since_ns / _SECOND_NS) for labels, verdict in found)


def _labels(view: SiteView, one: LinkView) -> tuple[tuple[str, str], ...]:
    site, link = view.site, one.link
    return (
        ("site", site.id),
        ("hub", site.hub),
        ("link", link.name),
        ("provider", link.provider),
        ("kind", link.kind),
    )
