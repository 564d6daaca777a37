"""The page of ``/metrics``: the picture and the fresh series as text; stale values are not on it."""

from collections.abc import Iterable, Iterator, Mapping
from heapq import merge as merge_sorted
from itertools import islice

from collector.exposition.facts import FACTS, facts
from collector.exposition.lines import LINES, lines
from collector.exposition.text import Row, block, head, line, merge
from collector.picture import AgentView, Awaited, Picture, SiteView, State
from collector.series.latest import Latest
from collector.series.names import family_of
from shared.wire.reading import Labels, Metric, MetricKind, Reading

_SECOND_NS = 1_000_000_000
_AGENT = "agent"
_ROWS = 150
"""Written without a pause: less than a millisecond."""

_NAMES = 1000
"""Sorted without a pause."""

Family = tuple[Metric, Iterable[Row]]
_Found = dict[str, str | list[str]]
"""The lines of each family."""


def _gauge(name: str, text: str) -> Metric:
    return Metric(name, MetricKind.GAUGE, text)


SITE_INFO = _gauge("phusong_site_info", "A site of the inventory, always 1.")
SITE_STATUS = _gauge("phusong_site_status", "1 for the state that the site is in, else 0.")
SITE_CODE = _gauge("phusong_site_status_code", "State: 0 up, 1 degraded, 2 down, 3 unknown, 4 maintenance.")
SITE_SINCE = _gauge("phusong_site_status_since_timestamp_seconds", "When the site entered its state.")
EXPECTED = _gauge(
    "phusong_inventory_expected_sites", "Number of sites that the inventory accepted last and the present one have."
)
REPORT = _gauge("phusong_agent_last_report_timestamp_seconds", "When the agent's newest batch came.")
AWAITED = _gauge(
    "phusong_agent_awaited_since_timestamp_seconds", "Since when an agent is waited for that was never heard."
)
OFFSET = _gauge("phusong_agent_clock_offset_seconds", "Agent's wall clock minus the collector's.")
EVALUATION = _gauge("phusong_collector_last_evaluation_timestamp_seconds", "When the state was last judged.")
OWN = (SITE_INFO, SITE_STATUS, SITE_CODE, SITE_SINCE, EXPECTED, REPORT, AWAITED, OFFSET, EVALUATION, *FACTS, *LINES)


def page(picture: Picture | None, fresh: Iterable[Latest], metrics: Mapping[str, Metric]) -> bytes:
    """The whole page of the fleet; without a picture there is nothing to say."""
    return b"".join(drawn(picture, fresh, metrics))


def drawn(picture: Picture | None, fresh: Iterable[Latest], metrics: Mapping[str, Metric]) -> Iterator[bytes]:
    """The page in pieces of about a millisecond's work, some of them empty; the rest must not change meanwhile."""
    if picture is None:
        return
    for metric, rows in _of_picture(picture):
        yield from _written(metric, (line(*row) for row in rows))
    found: _Found = {}
    for _ in _gathered(picture, fresh, metrics, found):
        yield b""
    runs: list[list[str]] = []
    for _ in _ordered(found, runs):
        yield b""
    for name in merge_sorted(*runs):
        metric = metrics.get(name) or Metric(name, MetricKind.UNTYPED, "Not described by its agent.")
        lines_of = found.pop(name)
        yield from _written(metric, (lines_of,) if isinstance(lines_of, str) else lines_of)


def _ordered(names: Iterable[str], runs: list[list[str]]) -> Iterator[None]:
    """Sort some at a time; one agent may send as many names as it may send series."""
    left = iter(names)
    while some := sorted(islice(left, _NAMES)):
        runs.append(some)
        yield


def _written(metric: Metric, lines: Iterable[str]) -> Iterator[bytes]:
    yield head(metric).encode("utf-8", "replace")
    left = iter(lines)
    while some := "".join(islice(left, _ROWS)):
        yield some.encode("utf-8", "replace")


def _of_picture(picture: Picture) -> Iterator[Family]:
    sites, agents = picture.sites, picture.agents
    expected = len(sites) if picture.expected_sites is None else picture.expected_sites
    yield SITE_INFO, ((SITE_INFO.name, block(_info(view)), 1.0) for view in sites)
    yield SITE_STATUS, (row for view in sites for row in _states(view))
    yield SITE_CODE, ((SITE_CODE.name, _place(view), float(view.verdict.state)) for view in sites)
    yield SITE_SINCE, ((SITE_SINCE.name, _place(view), view.verdict.since_ns / _SECOND_NS) for view in sites)
    yield from facts(view.site for view in sites)
    yield from lines(sites)
    yield EXPECTED, [(EXPECTED.name, "", float(expected))]
    yield REPORT, (row for view in agents for row in _report(view))
    yield AWAITED, (_awaiting(one) for one in picture.awaited)
    yield OFFSET, (row for view in agents for row in _offset(view))
    yield EVALUATION, [(EVALUATION.name, "", picture.evaluated_at_ns / _SECOND_NS)]


def _place(view: SiteView) -> str:
    return block((("site", view.site.id), ("hub", view.site.hub)))


def _info(view: SiteView) -> Labels:
    site = view.site
    return (
        ("site", site.id),
        ("code", site.code),
        ("name", site.name),
        ("kind", site.kind),
        ("district", site.district),
        ("hub", site.hub),
        ("latitude", "" if site.latitude is None else f"{site.latitude:g}"),
        ("longitude", "" if site.longitude is None else f"{site.longitude:g}"),
    )


def _states(view: SiteView) -> list[Row]:
    return [
        (
            SITE_STATUS.name,
            block((("site", view.site.id), ("hub", view.site.hub), ("state", state.word))),
            float(view.verdict.state is state),
        )
        for state in State
    ]


def _report(view: AgentView) -> list[Row]:
    if view.last_report_ns is None:
        return []
    return [(REPORT.name, block((("agent", view.name), ("site", view.site))), view.last_report_ns / _SECOND_NS)]


def _awaiting(one: Awaited) -> Row:
    return AWAITED.name, block((("agent", one.agent), ("site", one.site))), one.since_ns / _SECOND_NS


def _offset(view: AgentView) -> list[Row]:
    if view.clock_offset_seconds is None:
        return []
    return [(OFFSET.name, block((("agent", view.name), ("site", view.site))), view.clock_offset_seconds)]


def _gathered(
    picture: Picture, fresh: Iterable[Latest], metrics: Mapping[str, Metric], found: _Found
) -> Iterator[None]:
    """Fill in the lines of each family; stops for breath.

    Lines are strings from here on, and a family of one line is that line: hundreds of thousands of tuples or lists
    would keep the garbage collection busy.
    """
    hubs = {view.site.id: view.site.hub for view in picture.sites}
    ours = {metric.name for metric in OWN}
    rows = 0
    for latest in fresh:
        labels = labels_of(latest.agent, latest.reading, hubs)
        for sample in latest.reading.samples:
            name = family_of(sample.name, metrics)
            if name not in ours:
                text = line(sample.name, block(merge(labels, sample.labels)), sample.value)
                before = found.setdefault(name, text)
                if isinstance(before, list):
                    before.append(text)
                elif before is not text:
                    found[name] = [before, text]
        rows += 1 + len(latest.reading.samples)
        if rows >= _ROWS:
            rows = 0
            yield


def labels_of(agent: str, reading: Reading, hubs: Mapping[str, str]) -> Labels:
    """The labels of a reading's samples before the probe's own; ``hubs`` by site."""
    if reading.kind == _AGENT:
        return (("agent", agent), ("site", reading.site))
    return (
        ("site", reading.site),
        ("hub", hubs.get(reading.site, "")),
        ("instance", reading.target),
        ("probe", agent),
        ("module", reading.check),
    )
