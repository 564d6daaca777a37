"""Agents that were never heard are waited for by name, and those that the inventory expects by their site."""

from collector.arrival import Arrival
from collector.exposition.page import page
from collector.inventory.site import Inventory, Site
from collector.journal.memory import MemoryJournal
from collector.judgement.settings import JudgementSettings
from collector.picture import Awaited
from collector.pipeline import Pipeline
from collector.series.settings import SeriesSettings
from collector.series.store import SeriesStore
from shared.wire.reading import Batch, Lane

SECOND_NS = 1_000_000_000


def pipeline() -> Pipeline:
    sites = (
        Site(id="a", name="A", agent_expected=True),
        Site(id="b", name="B", agent_expected=True),
        Site(id="c", name="C"),
    )
    agents = {"of-a": "a", "left": "b", "province": "p"}
    series = SeriesStore(SeriesSettings())
    return Pipeline(
        Inventory(sites), agents, series, MemoryJournal(), settings=JudgementSettings(), build="t", gone={"left"}
    )


def test_never_heard_is_told_since_the_first_look_until_the_first_report() -> None:
    """The site of one whose access was taken away waits for another; where none is expected nobody waits."""
    judged = pipeline()
    first = judged.evaluate(100 * SECOND_NS, 0)
    second = judged.evaluate(200 * SECOND_NS, 100 * SECOND_NS)

    assert set(first.awaited) == set(second.awaited)
    assert set(first.awaited) == {
        Awaited("of-a", "a", 100 * SECOND_NS),
        Awaited("province", "p", 100 * SECOND_NS),
        Awaited("", "b", 100 * SECOND_NS),
    }
    batch = Batch("of-a", "e", "boot", 0, 250 * SECOND_NS, Lane.LIVE, ())
    judged.accept(
        Arrival(agent="of-a", received_wall_ns=250 * SECOND_NS, received_monotonic_ns=0, batch=batch, fresh=())
    )
    judged.know("new", "b")
    later = judged.evaluate(300 * SECOND_NS, 200 * SECOND_NS)
    assert {(one.agent, one.site) for one in later.awaited} == {("new", "b"), ("province", "p")}
    assert b'\nphusong_agent_awaited_since_timestamp_seconds{site="b"} 100\n' in page(first, (), {})
