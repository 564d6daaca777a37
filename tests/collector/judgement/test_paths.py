"""Traces from inside tell the access line from the provider's network by the last hop that answered."""

import pytest

from collector.incident import Cause
from collector.judgement.attribution import Span, cause_of, clues_of
from collector.judgement.notes import Notes
from collector.judgement.paths import HOPS
from collector.judgement.settings import JudgementSettings
from shared.wire.reading import Outcome, Reading, Sample

SECOND_NS = 1_000_000_000
FIRST_HOP, CORE, GATEWAY = "isp_first_hop", "province_core", "gateway"
OK, ENDED = Outcome.OK, Outcome.UNREACHABLE
KNOWN = (0, FIRST_HOP, OK, 2)


def cause(*traces: tuple[int, str, Outcome, int], lan: bool | None = None, inside: bool = True) -> Cause:
    """Of an outage from second 100 to 400."""
    notes = Notes(JudgementSettings())
    for at, role, outcome, hops in traces:
        sample = Sample(HOPS, float(hops))
        reading = Reading("path", "path", "s", f"s-{role}", role, outcome, 0, 0, 0, (sample,))
        notes.take(reading, at * SECOND_NS, inside=inside)
    for at in range(100, 400, 10) if lan is not None else ():
        reading = Reading("ping", "icmp", "s", "s-gateway", GATEWAY, OK if lan else Outcome.TIMEOUT, 0, 0, 0)
        notes.take(reading, at * SECOND_NS, inside=True)
    span = Span("s", 100 * SECOND_NS, 400 * SECOND_NS)
    return cause_of(clues_of(span, notes.of("s"), 500 * SECOND_NS))[0]


def test_a_trace_that_ends_at_the_sites_own_router_is_the_access_line() -> None:
    assert cause(KNOWN, (150, CORE, ENDED, 1)) is Cause.ACCESS_LINK


def test_one_that_passes_the_first_hop_is_the_provider() -> None:
    assert cause(KNOWN, (150, CORE, ENDED, 2)) is Cause.ISP
    assert cause(KNOWN, (150, CORE, ENDED, 4), (160, CORE, ENDED, 1)) is Cause.ISP, "the farthest counts"


def test_where_the_provider_begins_must_be_known() -> None:
    assert cause((150, CORE, ENDED, 2)) is Cause.UNKNOWN
    assert cause((150, FIRST_HOP, ENDED, 1)) is Cause.ACCESS_LINK, "it looked for the first hop itself"


@pytest.mark.parametrize(
    "trace", [(50, CORE, ENDED, 1), (450, CORE, ENDED, 1), (150, CORE, ENDED, 0), (150, CORE, Outcome.ERROR, 1)]
)
def test_a_trace_of_another_time_or_that_nobody_answered_says_nothing(trace: tuple[int, str, Outcome, int]) -> None:
    assert cause(KNOWN, trace) is Cause.UNKNOWN


def test_traces_from_elsewhere_say_nothing_of_the_sites_own_line() -> None:
    assert cause(KNOWN, (150, CORE, ENDED, 1), inside=False) is Cause.UNKNOWN


def test_a_router_that_did_not_answer_its_own_lan_is_not_the_line() -> None:
    assert cause(KNOWN, (150, CORE, ENDED, 1), lan=False) is Cause.SITE_LAN
